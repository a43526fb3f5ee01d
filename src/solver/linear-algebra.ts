/** Small dense linear algebra on plain row-major arrays, over ml-matrix. */
import { CholeskyDecomposition, EigenvalueDecomposition, LuDecomposition, Matrix } from 'ml-matrix';
import type { DenseMatrix } from './problem.js';
import { SolverFailure } from './result.js';

export function identity(n: number): number[][] {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
}

export function diagonal(entries: ArrayLike<number>): number[][] {
  const n = entries.length;
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? entries[i]! : 0)));
}

export function transpose(a: DenseMatrix): number[][] {
  const columns = a[0]?.length ?? 0;
  return Array.from({ length: columns }, (_, j) => a.map((row) => row[j]!));
}

export function matmul(a: DenseMatrix, b: DenseMatrix): number[][] {
  const columns = b[0]?.length ?? 0;
  return a.map((row) => {
    const out = new Array<number>(columns).fill(0);
    for (let k = 0; k < row.length; k++) {
      const f = row[k]!;
      const other = b[k]!;
      if (f !== 0) for (let j = 0; j < columns; j++) out[j]! += f * other[j]!;
    }
    return out;
  });
}

export function matvec(a: DenseMatrix, x: ArrayLike<number>): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) {
    const row = a[i]!;
    let sum = 0;
    for (let j = 0; j < row.length; j++) sum += row[j]! * x[j]!;
    out[i] = sum;
  }
  return out;
}

/** aᵀ x. */
export function transposedMatvec(a: DenseMatrix, x: ArrayLike<number>): Float64Array {
  const out = new Float64Array(a[0]?.length ?? 0);
  for (let i = 0; i < a.length; i++) {
    const row = a[i]!;
    const f = x[i]!;
    for (let j = 0; j < row.length; j++) out[j]! += row[j]! * f;
  }
  return out;
}

export function dot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** xᵀ A y. */
export function bilinear(x: ArrayLike<number>, a: DenseMatrix, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const row = a[i]!;
    let inner = 0;
    for (let j = 0; j < row.length; j++) inner += row[j]! * y[j]!;
    sum += x[i]! * inner;
  }
  return sum;
}

export function add(a: DenseMatrix, b: DenseMatrix, factor = 1): number[][] {
  return a.map((row, i) => row.map((x, j) => x + factor * b[i]![j]!));
}

export function scale(a: DenseMatrix, factor: number): number[][] {
  return a.map((row) => row.map((x) => x * factor));
}

export function outer(x: ArrayLike<number>, y: ArrayLike<number>): number[][] {
  return Array.from(x, (a) => Array.from(y, (b) => a * b));
}

export function symmetrise(a: DenseMatrix): number[][] {
  return a.map((row, i) => row.map((x, j) => 0.5 * (x + a[j]![i]!)));
}

export function trace(a: DenseMatrix): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]![i]!;
  return sum;
}

/** tr(A B) without the product. */
export function traceOfProduct(a: DenseMatrix, b: DenseMatrix): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) sum += a[i]![j]! * b[j]![i]!;
  return sum;
}

export function frobenius(a: DenseMatrix): number {
  let sum = 0;
  for (const row of a) for (const x of row) sum += x * x;
  return Math.sqrt(sum);
}

export interface SymmetricEigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** Columns are orthonormal eigenvectors: A = vectors · diag(values) · vectorsᵀ. */
  readonly vectors: number[][];
}

/** Eigendecomposition of a symmetric matrix; of its symmetric part where rounding has broken the symmetry. Throws SolverFailure `tolerance` unless all entries are finite. */
export function symmetricEigen(a: DenseMatrix): SymmetricEigen {
  const n = a.length;
  if (n === 0) return { values: new Float64Array(0), vectors: [] };
  // The iteration would not end.
  if (!a.every((row) => row.every(Number.isFinite))) {
    throw new SolverFailure('tolerance', 'A matrix overflows at these parameters: they are beyond double precision.');
  }
  const decomposition = new EigenvalueDecomposition(new Matrix(symmetrise(a)), { assumeSymmetric: true });
  const raw = decomposition.realEigenvalues;
  const order = raw.map((_, i) => i).sort((i, j) => raw[i]! - raw[j]!);
  const columns = decomposition.eigenvectorMatrix;
  return {
    values: Float64Array.from(order, (i) => raw[i]!),
    vectors: Array.from({ length: n }, (_, row) => order.map((column) => columns.get(row, column))),
  };
}

/** f(A) for a symmetric A, through its eigenvalues. */
export function symmetricFunction(a: DenseMatrix, f: (value: number) => number): number[][] {
  const { values, vectors } = symmetricEigen(a);
  const mapped = Array.from(values, f);
  const n = a.length;
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += vectors[i]![k]! * mapped[k]! * vectors[j]![k]!;
      return sum;
    }),
  );
}

/** The symmetric square root of a positive semi-definite matrix; eigenvalues that rounding made negative count as 0. */
export function symmetricSqrt(a: DenseMatrix): number[][] {
  return symmetricFunction(a, (value) => Math.sqrt(Math.max(0, value)));
}

/** Inverse of a square matrix. Throws RangeError when it is singular. */
export function inverse(a: DenseMatrix): number[][] {
  const lu = new LuDecomposition(new Matrix(a.map((row) => [...row])));
  if (lu.isSingular()) throw new RangeError('singular matrix');
  return lu.solve(Matrix.eye(a.length)).to2DArray();
}

/** Solution x of A x = b. Throws RangeError when A is singular. */
export function solve(a: DenseMatrix, b: ArrayLike<number>): Float64Array {
  const lu = new LuDecomposition(new Matrix(a.map((row) => [...row])));
  if (lu.isSingular()) throw new RangeError('singular matrix');
  return Float64Array.from(lu.solve(Matrix.columnVector(Array.from(b))).to1DArray());
}

/** Lower Cholesky factor of a positive definite matrix. Throws RangeError when it is not. */
export function cholesky(a: DenseMatrix): number[][] {
  const decomposition = new CholeskyDecomposition(new Matrix(a.map((row) => [...row])));
  if (!decomposition.isPositiveDefinite()) throw new RangeError('not positive definite');
  return decomposition.lowerTriangularMatrix.to2DArray();
}

/** Whether a symmetric matrix has no eigenvalue below −tolerance · its largest. */
export function isPositiveSemidefinite(a: DenseMatrix, tolerance = 1e-10): boolean {
  const { values } = symmetricEigen(a);
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return values.every((value) => value >= -tolerance * largest);
}

/** A^{−1/2} of a positive definite matrix. Throws RangeError when it is not. */
export function inverseSquareRoot(a: DenseMatrix): number[][] {
  const { values } = symmetricEigen(a);
  if (values.length > 0 && !(values[0]! > 1e-14 * values[values.length - 1]!)) throw new RangeError('not positive definite');
  return symmetricFunction(a, (value) => 1 / Math.sqrt(value));
}
