/** The infinite-prompt Bayes solution and flow of in-context linear regression in closed form (docs/mathematics.md, section 5). */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { DenseMatrix } from './problem.js';

/** Eigenvalues (increasing) and eigenvectors (columns of `vectors`) of a symmetric matrix. */
export function eigenOf(matrix: DenseMatrix): { values: Float64Array; vectors: DenseMatrix } {
  const eigen = new EigenvalueDecomposition(new Matrix(matrix.map((row) => [...row])), { assumeSymmetric: true });
  return { values: Float64Array.from(eigen.realEigenvalues), vectors: eigen.eigenvectorMatrix.to2DArray() };
}

/**
 * The limit of the infinite-prompt flow from a balanced start, which predicts as the Bayes rule does: b = tr(Σ⁻²)^{1/4}, A = Σ⁻¹/b
 * (Boursier and Boyer, Theorem 5.1). Σ positive definite.
 */
export function bayesSolution(covariance: DenseMatrix): { A: DenseMatrix; b: number } {
  const { values, vectors } = eigenOf(covariance);
  let trace = 0;
  for (const s of values) trace += 1 / (s * s);
  const b = trace ** 0.25;
  const A = covariance.map((_, i) =>
    covariance.map((_, j) => values.reduce((sum, s, k) => sum + (vectors[i]![k]! * vectors[j]![k]!) / s, 0) / b),
  );
  return { A, b };
}
