/**
 * Sums over all tokens of an empirical law. A file of 50 000 embeddings in dimension 256 is 13 million numbers, so every sum is one pass over
 * them, quadratic forms of all tokens are kept beside the tokens, and nothing D × D is formed for each token where it can be avoided.
 */
import type { DenseMatrix, EmpiricalTokens } from './problem.js';

/** What is known of one set of tokens; gone with it. */
interface Known {
  moments?: { readonly mean: Float64Array; readonly covariance: Float64Array };
  readonly quadratics: Map<string, Float64Array>;
  readonly means: Map<string, Float64Array>;
}

const known = new WeakMap<Float64Array, Known>();
const keptMeans = 512;
const keptQuadratics = 4;

function knownOf({ data }: EmpiricalTokens): Known {
  let found = known.get(data);
  if (found === undefined) {
    found = { quadratics: new Map(), means: new Map() };
    known.set(data, found);
  }
  return found;
}

/** out[r] = aᵀ z_r for every token. */
export function allScores({ rows, columns, data }: EmpiricalTokens, a: ArrayLike<number>, out = new Float64Array(rows)): Float64Array {
  const direction = Float64Array.from(a);
  const even = columns & ~3;
  for (let r = 0, at = 0; r < rows; r++, at += columns) {
    // Four sums that do not wait for each other.
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = 0; i < even; i += 4) {
      s0 += direction[i]! * data[at + i]!;
      s1 += direction[i + 1]! * data[at + i + 1]!;
      s2 += direction[i + 2]! * data[at + i + 2]!;
      s3 += direction[i + 3]! * data[at + i + 3]!;
    }
    for (let i = even; i < columns; i++) s0 += direction[i]! * data[at + i]!;
    out[r] = s0 + s1 + (s2 + s3);
  }
  return out;
}

/** Turns scores into softmax weights that sum to one; returns log (1/N) Σ e^{score}. */
export function softmaxInPlace(scores: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const s of scores) top = Math.max(top, s);
  let sum = 0;
  for (let r = 0; r < scores.length; r++) {
    const e = Math.exp(scores[r]! - top);
    scores[r] = e;
    sum += e;
  }
  for (let r = 0; r < scores.length; r++) scores[r]! /= sum;
  return top + Math.log(sum / scores.length);
}

/** Σ_r p_r z_r. */
export function weightedMean({ rows, columns, data }: EmpiricalTokens, p: Float64Array): Float64Array {
  const mean = new Float64Array(columns);
  for (let r = 0, at = 0; r < rows; r++, at += columns) {
    const weight = p[r]!;
    if (weight === 0) continue;
    for (let i = 0; i < columns; i++) mean[i]! += weight * data[at + i]!;
  }
  return mean;
}

/** Tokens whose products are added at a time, so that the matrix is read and written a quarter as often. */
const together = 4;

/** Σ_r p_r (z_r − mean)(z_r − mean)ᵀ, row-major. */
export function weightedCovariance({ rows, columns, data }: EmpiricalTokens, p: Float64Array, mean: Float64Array): Float64Array {
  const out = new Float64Array(columns * columns);
  const [first, second, third, fourth] = Array.from({ length: together }, () => new Float64Array(columns)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const centred = [first, second, third, fourth];
  const weights = new Float64Array(together);
  let count = 0;
  const flush = (): void => {
    for (let k = count; k < together; k++) weights[k] = 0;
    count = 0;
    for (let i = 0; i < columns; i++) {
      const f0 = weights[0]! * first[i]!;
      const f1 = weights[1]! * second[i]!;
      const f2 = weights[2]! * third[i]!;
      const f3 = weights[3]! * fourth[i]!;
      const row = i * columns;
      for (let j = 0; j <= i; j++) out[row + j]! += f0 * first[j]! + f1 * second[j]! + (f2 * third[j]! + f3 * fourth[j]!);
    }
  };
  for (let r = 0, at = 0; r < rows; r++, at += columns) {
    if (p[r] === 0) continue;
    const token = centred[count]!;
    for (let i = 0; i < columns; i++) token[i] = data[at + i]! - mean[i]!;
    weights[count++] = p[r]!;
    if (count === together) flush();
  }
  flush();
  for (let i = 0; i < columns; i++) for (let j = 0; j < i; j++) out[j * columns + i] = out[i * columns + j]!;
  return out;
}

/** Mean and covariance of the tokens, computed once. */
export function empiricalMoments(tokens: EmpiricalTokens): { readonly mean: Float64Array; readonly covariance: Float64Array } {
  const kept = knownOf(tokens);
  if (kept.moments === undefined) {
    const p = new Float64Array(tokens.rows).fill(1 / tokens.rows);
    const mean = weightedMean(tokens, p);
    kept.moments = { mean, covariance: weightedCovariance(tokens, p, mean) };
  }
  return kept.moments;
}

/** The softmax-weighted mean of all tokens at the tilt a. The last few hundred are kept: runs that differ in length alone ask for the same ones. */
export function tiltedMean(tokens: EmpiricalTokens, a: ArrayLike<number>): Float64Array {
  const { means } = knownOf(tokens);
  const key = Array.prototype.join.call(a, ' ');
  const kept = means.get(key);
  if (kept !== undefined) return kept;
  const p = allScores(tokens, a);
  softmaxInPlace(p);
  const mean = weightedMean(tokens, p);
  if (means.size >= keptMeans) means.delete(means.keys().next().value!);
  means.set(key, mean);
  return mean;
}

/** z_rᵀ W z_r for every token and a symmetric W. */
export function quadratics(tokens: EmpiricalTokens, W: DenseMatrix): Float64Array {
  const { rows, columns, data } = tokens;
  const kept = knownOf(tokens).quadratics;
  const flat = Float64Array.from(W.flat());
  const key = flat.join(' ');
  const found = kept.get(key);
  if (found !== undefined) return found;
  const isDiagonal = W.every((row, i) => row.every((x, j) => i === j || x === 0));
  const out = new Float64Array(rows);
  for (let r = 0, at = 0; r < rows; r++, at += columns) {
    let total = 0;
    for (let i = 0; i < columns; i++) {
      const row = i * columns;
      let sum = flat[row + i]! * data[at + i]!;
      // W is symmetric: its lower triangle counts twice.
      if (!isDiagonal) for (let j = 0; j < i; j++) sum += 2 * flat[row + j]! * data[at + j]!;
      total += sum * data[at + i]!;
    }
    out[r] = total;
  }
  if (kept.size >= keptQuadratics) kept.delete(kept.keys().next().value!);
  kept.set(key, out);
  return out;
}

/** (z_r − m)ᵀ W (z_r − m) for every token, at least 0. */
export function squaresAbout(tokens: EmpiricalTokens, W: DenseMatrix, m: ArrayLike<number>): Float64Array {
  const Wm = W.map((row) => row.reduce((sum, x, i) => sum + x * m[i]!, 0));
  const constant = Wm.reduce((sum, x, i) => sum + x * m[i]!, 0);
  const own = quadratics(tokens, W);
  const out = allScores(tokens, Wm);
  for (let r = 0; r < out.length; r++) out[r] = Math.max(0, own[r]! - 2 * out[r]! + constant);
  return out;
}
