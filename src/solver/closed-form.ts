/** The infinite-prompt Bayes solution and flow of in-context linear regression in closed form (docs/mathematics.md, section 5). */
import { matmul, symmetricEigen, traceOfProduct, transpose } from './linear-algebra.js';
import type { DenseMatrix } from './problem.js';

/**
 * The limit of the infinite-prompt flow from a balanced start, which predicts as the Bayes rule does: b = tr(Σ⁻²)^{1/4}, A = Σ⁻¹/b
 * (Boursier and Boyer, Theorem 5.1). Σ positive definite.
 */
export function bayesSolution(covariance: DenseMatrix): { A: DenseMatrix; b: number } {
  const { values, vectors } = symmetricEigen(covariance);
  let trace = 0;
  for (const s of values) trace += 1 / (s * s);
  const b = trace ** 0.25;
  const A = covariance.map((_, i) =>
    covariance.map((_, j) => values.reduce((sum, s, k) => sum + (vectors[i]![k]! * vectors[j]![k]!) / s, 0) / b),
  );
  return { A, b };
}

/**
 * The infinite-prompt gradient field −∇R_∞ at block form, half-squared loss, w ~ N(0, ω I) (docs/mathematics.md, section 5): dA/dt = ω(bΣ² − b²Σ²AΣ),
 * db/dt = ω(tr(AᵀΣ²) − b tr(AᵀΣ²AΣ)). It keeps ‖A‖²_F − b².
 */
export function infinitePromptField(covariance: DenseMatrix, omega: number, A: DenseMatrix, b: number): { A: DenseMatrix; b: number } {
  const square = matmul(covariance, covariance);
  const product = matmul(matmul(square, A), covariance);
  return {
    A: square.map((row, i) => row.map((x, j) => omega * (b * x - b * b * product[i]![j]!))),
    b: omega * (traceOfProduct(transpose(A), square) - b * traceOfProduct(transpose(A), product)),
  };
}

/**
 * The infinite-prompt flow for Σ = I from the balanced start A = α I/√d, b = α, at time t: A = a(t) I, b = √d a(t), the solution of
 * da/dt = ω(√d a − d a³).
 */
export function isotropicFlow(dimension: number, omega: number, alpha: number, time: number): { a: number; b: number } {
  const root = Math.sqrt(dimension);
  const decay = Math.exp(-2 * omega * root * time);
  const start = (alpha * alpha) / dimension;
  const a = Math.sqrt(start / (decay + root * start * (1 - decay)));
  return { a, b: root * a };
}
