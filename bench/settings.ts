/** The setting of Boursier and Boyer's experiments (docs/mathematics.md, section 5, "Optimisers"), as problems for the solver. */
import type { Init, Kernel, Problem, Train } from '../src/solver/problem.js';

export const dimension = 5;
export const batch = 128;
export const rate = 1e-3;
export const steps = 300_000;
/** What `steps` steps of size `rate` amount to. */
export const time = rate * steps;

const indices = Array.from({ length: dimension }, (_, i) => i);
const identity = indices.map((i) => indices.map((j) => (i === j ? 1 : 0)));
const kms = indices.map((i) => indices.map((j) => 0.5 ** Math.abs(i - j)));

export interface Variant {
  readonly kernel: Kernel;
  readonly length: number;
  readonly covariance: 'identity' | 'kms';
  readonly parameters: 'merged' | 'factored';
  readonly init: Init;
  readonly train: Train;
}

export function problemOf({ kernel, length, covariance, parameters, init, train }: Variant): Problem {
  return {
    setting: {
      kind: 'task',
      task: {
        dimension,
        covariance: covariance === 'kms' ? kms : identity,
        tokens: null,
        weights: {
          kind: 'gaussian',
          dimension,
          mean: indices.map(() => 0),
          covariance: identity.map((row) => row.map((x) => x / dimension)),
        },
        noise: Math.sqrt(0.1),
        link: 'identity',
        loss: 'squared',
      },
    },
    query: null,
    length,
    attention: { kernel, heads: 1, parameters, keyDimension: dimension + 1, temperature: 1, init, keyQuery: null, value: null },
    train,
    concentrate: null,
    solver: { method: 'auto', samples: null, precision: 'auto', seed: 0 },
    measures: ['risk'],
    facets: [],
  };
}
