/** The eigenbasis of a task's covariance and second moment, which several risks are made in. */
import { secondMoment } from './cumulant.js';
import { add, frobenius, matmul, scale, symmetricEigen, symmetricSqrt, transpose } from './linear-algebra.js';
import type { DenseMatrix, Task } from './problem.js';

/** What a task alone decides; several risks are made from every problem. */
export interface Frame {
  /** Σ and E wwᵀ. */
  readonly given: DenseMatrix;
  readonly second: DenseMatrix;
  /** Columns: a basis in which Σ, and E wwᵀ where it commutes with Σ, are diagonal. */
  readonly basis: DenseMatrix;
  /** The same, row-major. */
  readonly flat: Float64Array;
  readonly sigma: Float64Array;
  readonly mu: Float64Array;
  readonly commute: boolean;
  readonly root: DenseMatrix;
  readonly target: DenseMatrix;
}

const frames = new WeakMap<Task, Frame>();
/** Runs that come as messages have tasks of their own, which differ in nothing. */
const recent: Frame[] = [];
const mostRecent = 4;

export function frameOf(task: Task): Frame {
  const known = frames.get(task);
  if (known) return known;
  const frame = frameLike(task);
  frames.set(task, frame);
  return frame;
}

function frameLike({ covariance: given, weights: law }: Task): Frame {
  const second = secondMoment(law);
  const found = recent.find((frame) => isSame(frame.given, given) && isSame(frame.second, second));
  if (found) return found;
  const frame = makeFrame(given, second);
  if (recent.length === mostRecent) recent.shift();
  recent.push(frame);
  return frame;
}

function isSame(a: DenseMatrix, b: DenseMatrix): boolean {
  return a.length === b.length && a.every((row, i) => row.every((x, j) => x === b[i]![j]!));
}

function makeFrame(given: DenseMatrix, second: DenseMatrix): Frame {
  const mixed = add(scale(given, 1 / frobenius(given)), scale(second, 0.6180339887 / (frobenius(second) || 1)));
  const basis = symmetricEigen(mixed).vectors;
  const basisT = transpose(basis);
  const covariance = matmul(basisT, matmul(given, basis));
  const weights = matmul(basisT, matmul(second, basis));
  const root = symmetricSqrt(given);
  return {
    given,
    second,
    basis,
    flat: Float64Array.from(basis.flat()),
    sigma: Float64Array.from(covariance, (row, i) => row[i]!),
    mu: Float64Array.from(weights, (row, i) => row[i]!),
    commute: isDiagonal(covariance, 1e-12) && isDiagonal(weights, 1e-12),
    root,
    target: matmul(root, matmul(second, root)),
  };
}

function isDiagonal(m: DenseMatrix, tolerance: number): boolean {
  const size = frobenius(m);
  return m.every((row, i) => row.every((x, j) => i === j || Math.abs(x) <= tolerance * size));
}
