/** The trained layer along its training, in a form that can be looked at. */
import { matmul, symmetricEigen, symmetrise, transpose } from './linear-algebra.js';
import { type Layout, merge, taskOf } from './parameters.js';
import type { DenseMatrix, Problem } from './problem.js';
import type { Axis, ParameterSnapshots } from './result.js';
import type { MeasuredPoint } from './trajectory.js';

/** Snapshots kept at most, and numbers in all of them together. */
const mostPoints = 65;
const mostNumbers = 40_000;
/** A larger matrix is no picture. */
const mostEntries = 64 * 64;

/**
 * The d × d block of the scores at some of the recorded points, the first and the last among them; null when it is too large to look at. With one
 * head it is A itself, and b its scale; with several Σ_h b_h A_h, and the scale is 1. The temperature is inside, as the risk sees it.
 */
export function snapshotsOf(problem: Problem, layout: Layout, points: readonly MeasuredPoint[]): ParameterSnapshots | null {
  const { heads, D } = layout;
  const d = D - 1;
  if (points.length < 2 || d * d > mostEntries) return null;
  const against: Axis = points.some((point) => point.step !== undefined) ? 'step' : 'time';
  const kept = chosen(points.length, Math.max(2, Math.min(mostPoints, Math.floor(mostNumbers / (d * d)))));
  const merged = merge(layout, new Float64Array(layout.size));
  const at: number[] = [];
  const matrices: number[][] = [];
  const scales: number[] = [];
  const eigenvalues: number[][] = [];
  const spectrum = new Spectrum();
  for (const index of kept) {
    const point = points[index]!;
    const { U, v } = merge(layout, point.theta, merged);
    const scale = heads === 1 ? v[d]! : 1;
    const matrix: number[][] = [];
    const entries: number[] = [];
    for (let i = 0; i < d; i++) {
      const row: number[] = [];
      for (let j = 0; j < d; j++) {
        let entry = heads === 1 ? U[i * D + j]! : 0;
        if (heads > 1) for (let h = 0; h < heads; h++) entry += v[h * D + d]! * U[(h * D + i) * D + j]!;
        row.push(entry);
        entries.push(entry);
      }
      matrix.push(row);
    }
    at.push(against === 'step' ? (point.step ?? 0) : point.time);
    matrices.push(entries);
    scales.push(scale);
    eigenvalues.push(falling(spectrum.of(symmetrise(matrix)), scale));
  }
  return { against, at, size: d, matrices, scales, eigenvalues, best: bestEigenvalues(problem) };
}

/** Indices spread evenly over `count` points, with both ends. */
function chosen(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}

/** Eigenvalues of one symmetric matrix after the other: along a flow from a balanced start they share their eigenvectors. */
class Spectrum {
  private basis: DenseMatrix | null = null;

  of(matrix: DenseMatrix): ArrayLike<number> {
    if (this.basis !== null) {
      const turned = matmul(transpose(this.basis), matmul(matrix, this.basis));
      const size = Math.max(...turned.map((row, i) => Math.abs(row[i]!)));
      if (turned.every((row, i) => row.every((x, j) => i === j || Math.abs(x) <= 1e-13 * size))) return turned.map((row, i) => row[i]!);
    }
    const { values, vectors } = symmetricEigen(matrix);
    this.basis = vectors;
    return values;
  }
}

function falling(values: ArrayLike<number>, factor: number): number[] {
  return Array.from(values, (value) => value * factor).sort((a, b) => b - a);
}

/**
 * Eigenvalues of b A = Σ⁻¹, where an infinite prompt predicts as the Bayes rule does (`bayesSolution`). Null where that is not the limit: another link
 * than the identity, or softmax on tokens that are not Gaussian, whose limit is not affine.
 */
function bestEigenvalues(problem: Problem): number[] | null {
  const task = taskOf(problem);
  if (task.link !== 'identity' || (problem.attention.kernel === 'softmax' && task.tokens !== null)) return null;
  const values = Array.from(symmetricEigen(task.covariance).values, (value) => 1 / value);
  return values.every(Number.isFinite) ? falling(values, 1) : null;
}
