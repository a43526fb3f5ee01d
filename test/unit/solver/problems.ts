/** Problems for the tests of the sampled solver. */
import type { Attention, DenseMatrix, Problem, Task } from '../../../src/solver/problem.js';
import type { RandomStream } from '../../../src/solver/random.js';
import { problemOf } from '../../support/problem.js';

export { identityMatrix, plainAttention, taskOfDimension } from '../../support/problem.js';

/** Σ_ij = ρ^|i−j|. */
export function kms(n: number, rho: number): number[][] {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => rho ** Math.abs(i - j)));
}

export function gaussianLaw(covariance: DenseMatrix, mean: readonly number[] = covariance.map(() => 0)) {
  return { kind: 'gaussian', dimension: covariance.length, mean, covariance } as const;
}

/** Equal weights on points. */
export function fileOf(points: readonly (readonly number[])[]) {
  const columns = points[0].length;
  return {
    kind: 'empirical',
    dimension: columns,
    tokens: { rows: points.length, columns, data: Float64Array.from(points.flat()) },
  } as const;
}

export function taskProblem(task: Task, length: number, attention: Partial<Attention> = {}, over: Partial<Problem> = {}): Problem {
  return problemOf({ kind: 'task', task }, { length, measures: ['risk'], ...over, attention: { ...attention, ...over.attention } });
}

export function randomMatrix(rng: RandomStream, rows: number, columns: number, scale: number): number[][] {
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => scale * rng.normal()));
}

export function randomVector(rng: RandomStream, n: number, scale: number): Float64Array {
  return Float64Array.from({ length: n }, () => scale * rng.normal());
}

/** F Fᵀ/n for an n × rank Gaussian F: singular where rank < n. */
export function randomCovariance(rng: RandomStream, n: number, rank = n, scale = 1): number[][] {
  const f = randomMatrix(rng, n, rank, Math.sqrt(scale / rank));
  return f.map((a) => f.map((b) => a.reduce((sum, x, k) => sum + x * b[k], 0)));
}
