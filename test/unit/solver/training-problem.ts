/** Problems of in-context linear regression for the tests of training. */
import type { DenseMatrix, Problem } from '../../../src/solver/problem.js';
import { identityMatrix, problemOf, taskOfDimension } from '../../support/problem.js';
import { kms } from './problems.js';

export { identityMatrix as identity } from '../../support/problem.js';
export { kms } from './problems.js';

export interface Options {
  readonly d?: number;
  readonly covariance?: DenseMatrix;
  readonly weights?: DenseMatrix;
  readonly noise?: number;
  readonly loss?: 'half_squared' | 'squared';
  readonly length?: number;
  readonly attention?: Partial<Problem['attention']>;
  readonly train?: Problem['train'];
  readonly measures?: Problem['measures'];
  readonly samples?: number;
}

export function problem(o: Options = {}): Problem {
  const d = o.d ?? 3;
  const task = taskOfDimension(d, {
    covariance: o.covariance ?? kms(d, 0.5),
    weights: { kind: 'gaussian', dimension: d, mean: new Array<number>(d).fill(0), covariance: o.weights ?? identityMatrix(d) },
    noise: o.noise ?? Math.sqrt(0.1),
    loss: o.loss ?? 'half_squared',
  });
  return problemOf(
    { kind: 'task', task },
    {
      length: o.length ?? 10,
      attention: o.attention ?? {},
      train: o.train ?? { kind: 'gradient_flow', time: 32, points: 33, tolerance: 1e-8, extraTimes: [] },
      solver: { samples: o.samples ?? null },
      measures: o.measures ?? ['risk'],
    },
  );
}

export function drain<T>(generator: Generator<unknown, T, void>): T {
  for (;;) {
    const next = generator.next();
    if (next.done) return next.value;
  }
}

/** Fixed numbers of size about `scale`. */
export function numbers(count: number, scale: number, shift = 0): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => scale * Math.sin(12.9898 * (i + 1 + shift) + i * i));
}

/** Fourth-order central difference. */
export function slope(f: (t: number) => number, h = 1e-4): number {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}
