/** Problems for tests: whatever a test does not say is as the language leaves it. */
import type { Attention, EmpiricalTokens, Problem, Setting, SolverSettings, Task } from '../../src/solver/problem.js';

export const plainAttention: Attention = {
  kernel: 'softmax',
  heads: 1,
  parameters: 'merged',
  keyDimension: 1,
  temperature: 1,
  init: { kind: 'balanced', alpha: 0.1 },
  keyQuery: null,
  value: null,
};

export type Changes<E = EmpiricalTokens> = Partial<Omit<Problem<E>, 'attention' | 'solver'>> & {
  readonly attention?: Partial<Attention>;
  readonly solver?: Partial<SolverSettings>;
};

/** One token of one head, nothing trained or measured, but for the changes; the key dimension is that of the tokens. */
export function problemOf<E = EmpiricalTokens>(setting: Setting<E>, { attention, solver, ...changes }: Changes<E> = {}): Problem<E> {
  const keyDimension = setting.kind === 'tokens' ? setting.law.dimension : setting.task.dimension + 1;
  return {
    setting,
    query: null,
    length: 1,
    attention: { ...plainAttention, keyDimension, ...attention },
    train: null,
    concentrate: null,
    solver: { method: 'auto', samples: null, precision: 'auto', seed: 0, ...solver },
    measures: [],
    facets: [],
    ...changes,
  };
}

export function identityMatrix(n: number, factor = 1): number[][] {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? factor : 0)));
}

/** Noiseless linear regression with x and w ~ N(0, I), but for the changes. */
export function taskOfDimension(d: number, over: Partial<Task> = {}): Task {
  return {
    dimension: d,
    covariance: identityMatrix(d),
    tokens: null,
    weights: { kind: 'gaussian', dimension: d, mean: new Array<number>(d).fill(0), covariance: identityMatrix(d) },
    noise: 0,
    link: 'identity',
    loss: 'half_squared',
    ...over,
  };
}
