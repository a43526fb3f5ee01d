import type { Problem } from './problem.js';

const softmax: Problem = {
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
  train: { kind: 'gradient_flow', time: 16, points: 33, tolerance: 1e-5, extraTimes: [] },
  concentrate: null,
  solver: { method: 'auto', samples: null, precision: 'auto', seed: 0 },
  measures: ['risk', 'parameter_gap', 'gradient_gap', 'balance'],
  facets: [],
};

/**
 * Small runs through the code that most runs go through: solved while nothing else is to be done, they leave the solver compiled and the tables begun.
 * Their results are thrown away.
 */
export const warmUps: readonly Problem[] = [
  softmax,
  { ...softmax, attention: { ...softmax.attention, kernel: 'linear' } },
  { ...softmax, length: Number.POSITIVE_INFINITY },
];
