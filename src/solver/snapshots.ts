/** The trained layer along its training, in a form that can be looked at. */
import { symmetricEigen, symmetrise, transpose } from './linear-algebra.js';
import { type Layout, merge, taskOf } from './parameters.js';
import type { Problem } from './problem.js';
import type { Axis, ParameterSnapshots } from './result.js';
import type { MeasuredPoint } from './trajectory.js';

/** Snapshots kept at most, and numbers in all of them together. */
const mostPoints = 65;
const mostNumbers = 40_000;
/** A larger matrix is no picture. */
const mostEntries = 64 * 64;

/** Whether a training of the problem can have snapshots, be they wanted or not. */
export function canBePictured({ train, setting }: Pick<Problem<unknown>, 'train' | 'setting'>): boolean {
  return train !== null && setting.kind === 'task' && setting.task.dimension ** 2 <= mostEntries;
}

/**
 * The d × d block of the scores at some of the recorded points, the first and the last among them; null when it is too large to look at. With one
 * head it is A itself, and b its scale; with several Σ_h b_h A_h, and the scale is 1. The temperature is inside, as the risk sees it.
 */
export function snapshotsOf(problem: Problem, layout: Layout, points: readonly MeasuredPoint[]): ParameterSnapshots | null {
  const { heads, D } = layout;
  const d = D - 1;
  if (points.length < 2 || !canBePictured(problem)) return null;
  const against: Axis = points.some((point) => point.step !== undefined) ? 'step' : 'time';
  const kept = chosen(points.length, Math.max(2, Math.min(mostPoints, Math.floor(mostNumbers / (d * d)))));
  const merged = merge(layout, new Float64Array(layout.size));
  const at: number[] = [];
  const matrices: number[][] = [];
  const scales: number[] = [];
  const eigenvalues: number[][] = [];
  const spectrum = new Spectrum(d);
  for (const index of kept) {
    const point = points[index]!;
    const { U, v } = merge(layout, point.theta, merged);
    const scale = heads === 1 ? v[d]! : 1;
    const entries: number[] = [];
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        let entry = heads === 1 ? U[i * D + j]! : 0;
        if (heads > 1) for (let h = 0; h < heads; h++) entry += v[h * D + d]! * U[(h * D + i) * D + j]!;
        entries.push(entry);
      }
    }
    at.push(against === 'step' ? (point.step ?? 0) : point.time);
    matrices.push(entries);
    scales.push(scale);
    eigenvalues.push(falling(spectrum.of(entries), scale));
  }
  return { against, at, size: d, matrices, scales, eigenvalues, best: bestEigenvalues(problem) };
}

/** Indices spread evenly over `count` points, with both ends. */
function chosen(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}

/** Eigenvalues of the symmetric part of one matrix after the other: along a flow from a balanced start they share their eigenvectors. */
class Spectrum {
  /** Eigenvectors of the last matrix that had to be decomposed, a row each. */
  private basis: Float64Array | null = null;
  private readonly image: Float64Array;

  constructor(private readonly d: number) {
    this.image = new Float64Array(d);
  }

  /** `entries` row by row. */
  of(entries: readonly number[]): ArrayLike<number> {
    const { d } = this;
    const found = this.inBasis(entries);
    if (found !== null) return found;
    const rows = Array.from({ length: d }, (_, i) => entries.slice(i * d, (i + 1) * d));
    const { values, vectors } = symmetricEigen(symmetrise(rows));
    this.basis = Float64Array.from(transpose(vectors).flat());
    return values;
  }

  /** The diagonal in the basis; null where the matrix is not diagonal there. */
  private inBasis(entries: readonly number[]): Float64Array | null {
    const { basis, image, d } = this;
    if (basis === null) return null;
    const diagonal = new Float64Array(d);
    let size = 0;
    let off = 0;
    for (let k = 0; k < d; k++) {
      for (let i = 0; i < d; i++) {
        let sum = 0;
        for (let j = 0; j < d; j++) sum += (entries[i * d + j]! + entries[j * d + i]!) * basis[k * d + j]!;
        image[i] = 0.5 * sum;
      }
      for (let l = 0; l < d; l++) {
        let sum = 0;
        for (let i = 0; i < d; i++) sum += basis[l * d + i]! * image[i]!;
        if (l === k) diagonal[k] = sum;
        else off = Math.max(off, Math.abs(sum));
      }
      size = Math.max(size, Math.abs(diagonal[k]!));
    }
    return off <= 1e-13 * size ? diagonal : null;
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
