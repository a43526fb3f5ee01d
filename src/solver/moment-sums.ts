/** B2 and γ = 1 − G of one prompt length as sums of exponentials in τ², for averages where τ² is quadratic in Gaussian numbers (docs/mathematics.md, section 6). */
import { type ExponentialSum, fitExponentials } from './exponential-sum.js';
import { GridMoments } from './moment-table.js';

/** Nodes: 0, then equal ratios from 2^−5 on, equal distances where ratios would leave room for an oscillation between two of them, and ratios again. */
const perOctave = 16;
const lowest = 1 / 32;
const spacing = 0.6;
const spacedFrom = 14;
const spacedTo = 96;
/** Ranges of τ² grow by this factor, in octaves. */
const octavesPerRange = 4;
const leastRange = 2;
const mostExponents = 48;
/** Errors are relative to B2 + this, down to which long prompts are resolved. */
const floor = 1e-2;

const samples = new Map<number, { q: number[]; b2: number[]; gamma: number[] }>();
const sums = new Map<string, ExponentialSum>();
const lengthLimit = 64;

/**
 * Coefficients 0 and 1 are those of B2 and γ at length L ≥ 1 for 0 ≤ τ² ≤ `reach` and somewhat beyond, to `accuracy` of B2 + 0.01 where 48 exponents suffice,
 * which for 1e−9 is so up to a reach of some thousands; `error` tells.
 */
export function momentSum(length: number, reach: number, accuracy: number): ExponentialSum {
  const range = Math.max(leastRange, Math.ceil(Math.log2(Math.max(1, reach)) / octavesPerRange));
  const key = `${length} ${range} ${accuracy}`;
  const known = sums.get(key);
  if (known) return known;
  const end = 2 ** (range * octavesPerRange);
  const { q, b2, gamma } = sampled(length, end);
  const count = q.findIndex((x) => x >= end) + 1;
  const B2 = Float64Array.from(b2.slice(0, count));
  const made = fitExponentials(Float64Array.from(q.slice(0, count)), [B2, Float64Array.from(gamma.slice(0, count))], {
    weights: B2.map((x) => 1 / (x + floor)),
    accuracy,
    most: mostExponents,
    reach: end,
  });
  if (sums.size >= lengthLimit) sums.delete(sums.keys().next().value!);
  sums.set(key, made);
  return made;
}

/** Values at the nodes up to `end` and maybe beyond. */
function sampled(length: number, end: number): { q: number[]; b2: number[]; gamma: number[] } {
  let known = samples.get(length);
  if (!known) {
    if (samples.size >= lengthLimit) samples.delete(samples.keys().next().value!);
    known = { q: [0], b2: [1 / length], gamma: [1 / length] };
    samples.set(length, known);
  }
  const moments = new GridMoments(length);
  const out = new Float64Array(4);
  for (let q = known.q.at(-1)!; q < end; ) {
    q = q === 0 ? lowest : q >= spacedFrom && q < spacedTo ? q + spacing : q * 2 ** (1 / perOctave);
    moments.at(q, out);
    known.q.push(q);
    known.b2.push(out[0]!);
    known.gamma.push(out[0]! + 6 * out[1]! - 6 * out[2]!);
  }
  return known;
}
