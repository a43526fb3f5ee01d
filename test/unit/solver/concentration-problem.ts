import * as linear from '../../../src/solver/linear-algebra.js';
import type { DenseMatrix, ErrorQuantity, Problem } from '../../../src/solver/problem.js';
import { problemOf } from '../../support/problem.js';

/** The three errors that concentration is measured by. */
export const of: readonly ErrorQuantity[] = ['output', 'value_gradient', 'key_query_gradient'];

/** Concentration on tokens N(0, Γ) of one softmax head, at one query or for queries N(0, I). */
export const problem = (gamma: DenseMatrix, U: DenseMatrix, V: DenseMatrix, at: readonly number[] | null): Problem => {
  const n = gamma.length;
  const law = (covariance: DenseMatrix) => ({ kind: 'gaussian', dimension: n, mean: covariance.map(() => 0), covariance }) as const;
  return problemOf(
    { kind: 'tokens', law: law(gamma) },
    {
      query: at === null ? { kind: 'law', law: law(linear.identity(n)) } : { kind: 'at', at },
      attention: { keyQuery: U, value: V },
      concentrate: { of, confidence: 0.95, samples: null },
    },
  );
};
