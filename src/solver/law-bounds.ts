/**
 * Asymptotes and certified bounds of softmax attention's errors on plain tokens of any law (docs/mathematics.md, section 4): what stands beside
 * sampled errors where section 3 does not apply.
 */
import { boundedLawBound } from './bounds.js';
import { lawMoments } from './cumulant.js';
import { allScores, empiricalMoments, softmaxInPlace, squaresAbout, weightedMean } from './empirical.js';
import { queriesOf, replicateCount, tiltedPair } from './error-nodes.js';
import { LawGradientBounds } from './law-gradient-bounds.js';
import * as linear from './linear-algebra.js';
import type { DenseMatrix, ErrorQuantity, Law, Problem } from './problem.js';

type MeanQuantity = 'output' | 'value_gradient';

export interface LawBound {
  /** Leading term in 1/L. */
  readonly asymptote: number;
  /** At least the error at every length; NaN where the tokens' support is not bounded. */
  readonly certified: number;
}

/** Bounds of all errors of one problem at any length; both NaN where they are not known. */
export interface ErrorBounds {
  at(quantity: ErrorQuantity, length: number): LawBound;
}

/** Bounds of the output and V-gradient errors. Averages over a query law are by quasi-Monte Carlo unless the law is empirical. */
export class LawBounds {
  private readonly spread: number[] = [];
  private readonly weight: number[] = [];
  private readonly constants: Record<MeanQuantity, number[]> = { output: [], value_gradient: [] };
  private readonly diameter: Record<MeanQuantity, number>;

  constructor(law: Law, U: DenseMatrix, V: DenseMatrix, queries: Iterable<{ readonly z: ArrayLike<number>; readonly weight: number }>) {
    const identity = linear.identity(law.dimension);
    this.diameter = { output: supportDiameter(law, V), value_gradient: supportDiameter(law, identity) };
    const W = { output: linear.matmul(linear.transpose(V), V), value_gradient: identity };
    for (const { z, weight } of queries) {
      const { spread, about } = tiltedAbout(law, linear.matvec(U, z));
      this.spread.push(spread);
      this.weight.push(weight);
      for (const quantity of ['output', 'value_gradient'] as const) this.constants[quantity].push(Math.exp(spread) * about(W[quantity]));
    }
  }

  at(quantity: MeanQuantity, length: number): LawBound {
    if (length === Number.POSITIVE_INFINITY) return { asymptote: 0, certified: 0 };
    const diameter = this.diameter[quantity];
    let asymptote = 0;
    let certified = 0;
    for (const [i, constant] of this.constants[quantity].entries()) {
      asymptote += (this.weight[i]! * constant) / length;
      certified += Number.isFinite(diameter)
        ? this.weight[i]! * boundedLawBound(constant / length, diameter, this.spread[i]!, length)
        : Number.NaN;
    }
    return { asymptote, certified };
  }
}

/** Largest distance ‖V(y − y′)‖, or a bound of it, over the support of a law; Infinity where it is not bounded. */
export function supportDiameter(law: Law, V: DenseMatrix): number {
  if (linear.frobenius(V) === 0) return 0;
  switch (law.kind) {
    case 'gaussian':
      return linear.frobenius(linear.matmul(V, linear.symmetricSqrt(law.covariance))) === 0 ? 0 : Number.POSITIVE_INFINITY;
    case 'independent': {
      const { coordinate } = law;
      if (coordinate.kind === 'gaussian') return coordinate.variance === 0 ? 0 : Number.POSITIVE_INFINITY;
      const side = coordinate.kind === 'rademacher' ? 2 : coordinate.high - coordinate.low;
      const columns = linear.transpose(V).reduce((sum, column) => sum + Math.sqrt(linear.dot(column, column)), 0);
      return side * Math.min(columns, Math.sqrt(law.dimension) * operatorNorm(V));
    }
    case 'sphere':
      return 2 * law.radius * operatorNorm(V);
    case 'affine':
      return supportDiameter(law.base, linear.matmul(V, law.factor));
    case 'mixture': {
      // Two points of different components: through the components' means.
      const parts = law.components.filter((_, k) => law.weights[k]! > 0);
      const sizes = parts.map((part) => supportDiameter(part, V));
      const means = parts.map((part) => linear.matvec(V, lawMoments(part).mean));
      let widest = 0;
      for (let i = 0; i < parts.length; i++) {
        widest = Math.max(widest, sizes[i]!);
        for (let j = 0; j < i; j++) {
          const gap = means[i]!.map((x, k) => x - means[j]![k]!);
          widest = Math.max(widest, sizes[i]! + sizes[j]! + Math.sqrt(linear.dot(gap, gap)));
        }
      }
      return widest;
    }
    case 'empirical': {
      const { mean } = empiricalMoments(law.tokens);
      const squares = squaresAbout(law.tokens, linear.matmul(linear.transpose(V), V), mean);
      return 2 * Math.sqrt(squares.reduce((most, x) => Math.max(most, x), 0));
    }
  }
}

/**
 * At the tilt a: κ(2a) − 2κ(a), and E_{2a}[(z − ∇κ(a))ᵀ W (z − ∇κ(a))] as a function of W, the expectation under the law tilted by 2a. That is
 * tr W∇²κ(2a) + the square of the shift of the mean; a file gives it in a few passes, without ∇²κ.
 */
function tiltedAbout(law: Law, a: Float64Array): { spread: number; about: (W: DenseMatrix) => number } {
  if (law.kind !== 'empirical') {
    const { spread, shift, covariance } = tiltedPair(law, a);
    return { spread, about: (W) => linear.traceOfProduct(W, covariance) + linear.bilinear(shift, W, shift) };
  }
  const once = allScores(law.tokens, a);
  const twice = once.map((s) => 2 * s);
  const spread = softmaxInPlace(twice) - 2 * softmaxInPlace(once);
  const centre = weightedMean(law.tokens, once);
  return { spread, about: (W) => linear.dot(twice, squaresAbout(law.tokens, W, centre)) };
}

function operatorNorm(V: DenseMatrix): number {
  const { values } = linear.symmetricEigen(linear.matmul(V, linear.transpose(V)));
  return Math.sqrt(Math.max(0, values[values.length - 1] ?? 0));
}

/** Bounds for plain tokens of any law under softmax with one head; null for a task, linear attention or several heads. */
export function lawBounds(problem: Problem): ErrorBounds | null {
  const { setting, attention, query, solver } = problem;
  if (setting.kind !== 'tokens' || query === null || attention.kernel !== 'softmax' || attention.heads !== 1) return null;
  const { keyQuery, value, temperature } = attention;
  if (keyQuery === null || value === null) return null;
  if (setting.law.kind !== 'empirical') return made(problem, setting.law, keyQuery, value);
  // Runs that differ in length alone share the passes over their file.
  const { data } = setting.law.tokens;
  const key = JSON.stringify([keyQuery, value, temperature, solver.seed, query.kind === 'at' ? query.at : lawKey(query.law)]);
  const last = lastOf.get(data);
  if (last?.key === key) return last.bounds;
  const bounds = made(problem, setting.law, keyQuery, value);
  lastOf.set(data, { key, bounds });
  return bounds;
}

/** Made when they are first asked for: the U-gradient's take covariances. */
function made({ attention, query, solver }: Problem, law: Law, keyQuery: DenseMatrix, V: DenseMatrix): ErrorBounds {
  const U = linear.scale(keyQuery, 1 / attention.temperature);
  const queries = (points: number) => (query!.kind === 'at' ? [{ z: query!.at, weight: 1 }] : queriesOf(query!.law, solver.seed, points));
  let means: LawBounds | undefined;
  let gradient: LawGradientBounds | null | undefined;
  return {
    at(quantity, length) {
      if (quantity !== 'key_query_gradient') {
        means ??= new LawBounds(law, U, V, queries(pointsPerReplicate(law)));
        return means.at(quantity, length);
      }
      if (gradient === undefined) {
        const points = gradientPoints(law, V.length);
        const diameters = { tokens: supportDiameter(law, linear.identity(law.dimension)), values: supportDiameter(law, V) };
        gradient = points === 0 && query!.kind === 'law' ? null : LawGradientBounds.make(law, U, V, diameters, queries(points));
      }
      return gradient?.at(length) ?? { asymptote: Number.NaN, certified: Number.NaN };
    },
  };
}

const lastOf = new WeakMap<Float64Array, { readonly key: string; readonly bounds: ErrorBounds }>();

const numbers = new WeakMap<Float64Array, number>();
let count = 0;

/** A text that tells laws apart, with a number in place of each file. */
function lawKey(law: Law): string {
  return JSON.stringify(law, (_, value: unknown) => {
    if (!(value instanceof Float64Array)) return value;
    if (!numbers.has(value)) numbers.set(value, count++);
    return numbers.get(value);
  });
}

/** Fewer where one tilt takes passes through a whole file. */
export function pointsPerReplicate(law: Law): number {
  return law.kind === 'empirical' ? Math.max(4, Math.min(512, Math.round(4e8 / (law.tokens.rows * law.dimension * replicateCount)))) : 512;
}

/** Where every tilt takes covariances; 0 for files of which too few queries could be afforded. */
function gradientPoints(law: Law, outputs: number): number {
  const D = law.dimension;
  const rows = law.kind === 'empirical' ? law.tokens.rows : 0;
  const affordable = Math.round(2e9 / (D * D * (rows + 8 * outputs + 8 * D) * replicateCount));
  return affordable < 4 ? (rows > 0 ? 0 : 4) : Math.min(512, affordable);
}
