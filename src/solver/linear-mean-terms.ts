/** Errors of linear attention on tokens with a mean (docs/mathematics.md, section 3). */
import { lawMoments } from './cumulant.js';
import * as linear from './linear-algebra.js';
import type { DenseMatrix, ErrorQuantity, Problem } from './problem.js';

/**
 * With a token mean m the scores of linear attention are not shift invariant: one token's (aᵀz)z gains
 * (aᵀm)² tr WΓ + 2 (aᵀm) mᵀWb + τ² mᵀWm, and its z zᵀ gains trΓ mᵀWm + ‖m‖² tr WΓ + 2 mᵀWΓm (times ‖z‖²). Only the second
 * moment of the query enters.
 */
export function linearMeanTerms(
  gamma: DenseMatrix,
  m: Float64Array,
  U: DenseMatrix,
  W: DenseMatrix,
  query: NonNullable<Problem['query']>,
): Partial<Record<ErrorQuantity, number>> {
  let second: number[][];
  if (query.kind === 'at') second = linear.outer(query.at, query.at);
  else {
    const { mean, covariance } = lawMoments(query.law);
    second = linear.add(covariance, linear.outer(mean, mean));
  }
  // E a aᵀ.
  const aa = linear.matmul(U, linear.matmul(second, linear.transpose(U)));
  const aaM = linear.matvec(aa, m);
  const mean2 = linear.dot(m, aaM);
  const tau2 = linear.traceOfProduct(aa, gamma);
  const output = (weight: DenseMatrix): number =>
    mean2 * linear.traceOfProduct(weight, gamma) +
    2 * linear.bilinear(m, linear.matmul(weight, gamma), aaM) +
    tau2 * linear.bilinear(m, weight, m);
  const keyQuery =
    linear.trace(gamma) * linear.bilinear(m, W, m) +
    linear.dot(m, m) * linear.traceOfProduct(W, gamma) +
    2 * linear.bilinear(m, linear.matmul(W, gamma), m);
  return { output: output(W), value_gradient: output(linear.identity(m.length)), key_query_gradient: keyQuery * linear.trace(second) };
}
