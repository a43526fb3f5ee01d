import type { Problem } from './problem.js';

/**
 * A small run through the code that most runs go through: solved while nothing else is to be done yet, it leaves the
 * solver compiled and the tables begun. Its result is thrown away.
 */
export const warmUp: Problem = {
  setting: {
    kind: 'task',
    task: {
      dimension: 2,
      covariance: [
        [1, 0.5],
        [0.5, 1],
      ],
      tokens: null,
      weights: {
        kind: 'gaussian',
        dimension: 2,
        mean: [0, 0],
        covariance: [
          [1, 0],
          [0, 1],
        ],
      },
      noise: 0.1,
      link: 'identity',
      loss: 'half_squared',
    },
  },
  query: null,
  length: 10,
  attention: {
    kernel: 'softmax',
    heads: 1,
    parameters: 'merged',
    keyDimension: 3,
    temperature: 1,
    init: { kind: 'balanced', alpha: 0.1 },
    keyQuery: null,
    value: null,
  },
  train: { kind: 'gradient_flow', time: 4, points: 5, tolerance: 1e-8, extraTimes: [] },
  concentrate: null,
  solver: { method: 'auto', samples: null, precision: 'auto', seed: 0 },
  measures: ['risk', 'parameter_gap', 'gradient_gap'],
  facets: [],
};
