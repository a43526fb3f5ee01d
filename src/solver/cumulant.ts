/**
 * Cumulant generating functions κ(a) = log E e^{aᵀz} of token laws (docs/mathematics.md, section 2). The infinite-prompt
 * limit of softmax attention is V ∇κ(a), and its derivative in a is V ∇²κ(a).
 */
import { allScores, empiricalMoments, softmaxInPlace, tiltedMean, weightedCovariance, weightedMean } from './empirical.js';
import { add, matvec, outer, transposedMatvec } from './linear-algebra.js';
import type { CoordinateLaw, DenseMatrix, EmpiricalTokens, Kernel, Law } from './problem.js';
import { SolverFailure } from './result.js';
import { besselRatio, langevin, logCosh, logSphereMean } from './special.js';

export interface Cumulant {
  /** κ(a). */
  readonly value: number;
  /** ∇κ(a): the mean of the tilted law. */
  readonly gradient: Float64Array;
  /** ∇²κ(a), row-major: the covariance of the tilted law. */
  readonly hessian?: Float64Array;
}

/** κ, ∇κ and, when asked, ∇²κ of a law at a ∈ R^dimension. Throws RangeError when the lengths differ. */
export function cumulant(law: Law, a: ArrayLike<number>, wantHessian = false): Cumulant {
  if (a.length !== law.dimension) throw new RangeError(`a law on R^${law.dimension} cannot be tilted by ${a.length} numbers`);
  switch (law.kind) {
    case 'gaussian':
      return gaussian(law.mean, law.covariance, a, wantHessian);
    case 'independent':
      return independent(law.coordinate, a, wantHessian);
    case 'sphere':
      return sphere(law.radius, a, wantHessian);
    case 'mixture':
      return mixture(
        law.components.map((component) => cumulant(component, a, wantHessian)),
        law.weights,
        wantHessian,
      );
    case 'affine': {
      const inner = cumulant(law.base, transposedMatvec(law.factor, a), wantHessian);
      const gradient = matvec(law.factor, inner.gradient);
      let value = inner.value;
      for (let i = 0; i < gradient.length; i++) {
        gradient[i]! += law.mean[i]!;
        value += law.mean[i]! * a[i]!;
      }
      return inner.hessian === undefined ? { value, gradient } : { value, gradient, hessian: congruence(law.factor, inner.hessian) };
    }
    case 'empirical':
      return empirical(law.tokens, a, wantHessian);
  }
}

/** B H Bᵀ, row-major, for a row-major square H. */
function congruence(B: DenseMatrix, H: Float64Array): Float64Array {
  const rows = B.length;
  const n = B[0]?.length ?? 0;
  const half = new Float64Array(rows * n);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < n; k++) {
      const f = B[i]![k]!;
      if (f !== 0) for (let j = 0; j < n; j++) half[i * n + j]! += f * H[k * n + j]!;
    }
  }
  const out = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += half[i * n + k]! * B[j]![k]!;
      out[i * rows + j] = sum;
    }
  }
  return out;
}

function gaussian(mean: ArrayLike<number>, covariance: DenseMatrix, a: ArrayLike<number>, wantHessian: boolean): Cumulant {
  const gradient = matvec(covariance, a);
  let value = 0;
  for (let i = 0; i < gradient.length; i++) {
    value += a[i]! * (mean[i]! + 0.5 * gradient[i]!);
    gradient[i]! += mean[i]!;
  }
  return wantHessian ? { value, gradient, hessian: Float64Array.from(covariance.flat()) } : { value, gradient };
}

function independent(law: CoordinateLaw, a: ArrayLike<number>, wantHessian: boolean): Cumulant {
  const n = a.length;
  const gradient = new Float64Array(n);
  const hessian = wantHessian ? new Float64Array(n * n) : undefined;
  let value = 0;
  for (let i = 0; i < n; i++) {
    const x = a[i]!;
    let second: number;
    switch (law.kind) {
      case 'gaussian':
        value += 0.5 * law.variance * x * x;
        gradient[i] = law.variance * x;
        second = law.variance;
        break;
      case 'rademacher': {
        value += logCosh(x);
        gradient[i] = Math.tanh(x);
        const e = Math.exp(-2 * Math.abs(x));
        second = (4 * e) / ((1 + e) * (1 + e));
        break;
      }
      case 'uniform': {
        const half = (law.high - law.low) / 2;
        const centre = (law.high + law.low) / 2;
        const f = langevin(half * x);
        value += centre * x + f.value;
        gradient[i] = centre + half * f.first;
        second = half * half * f.second;
        break;
      }
    }
    if (hessian !== undefined) hessian[i * n + i] = second;
  }
  return hessian === undefined ? { value, gradient } : { value, gradient, hessian };
}

function sphere(radius: number, a: ArrayLike<number>, wantHessian: boolean): Cumulant {
  const n = a.length;
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.hypot(norm, a[i]!);
  const x = radius * norm;
  const order = n / 2 - 1;
  const value = logSphereMean(order, x);
  // R = I_{n/2}/I_{n/2−1} = x/(n + x R⁺) with R⁺ the ratio of the next order: no division by a vanishing ‖a‖.
  const next = x * besselRatio(order + 1, x);
  const ratio = x / (n + next);
  const perNorm = (radius * radius) / (n + next);
  const gradient = Float64Array.from({ length: n }, (_, i) => perNorm * a[i]!);
  if (!wantHessian) return { value, gradient };
  const along = radius * radius * Math.max(0, (1 + next) / (n + next) - ratio * ratio);
  const hessian = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const direction = norm > 0 ? (a[i]! / norm) * (a[j]! / norm) : 0;
      hessian[i * n + j] = (along - perNorm) * direction + (i === j ? perNorm : 0);
    }
  }
  return { value, gradient, hessian };
}

/** Cumulant of a mixture from those of its components. Weights are non-negative and need not be normalised. */
export function mixture(parts: readonly Cumulant[], weights: ArrayLike<number>, wantHessian: boolean): Cumulant {
  let top = Number.NEGATIVE_INFINITY;
  let total = 0;
  for (let k = 0; k < parts.length; k++) {
    total += weights[k]!;
    if (weights[k]! > 0) top = Math.max(top, Math.log(weights[k]!) + parts[k]!.value);
  }
  const share = parts.map((part, k) => (weights[k]! > 0 ? Math.exp(Math.log(weights[k]!) + part.value - top) : 0));
  const sum = share.reduce((s, q) => s + q, 0);
  const n = parts[0]!.gradient.length;
  const gradient = new Float64Array(n);
  for (let k = 0; k < parts.length; k++) {
    share[k]! /= sum;
    for (let i = 0; i < n; i++) gradient[i]! += share[k]! * parts[k]!.gradient[i]!;
  }
  const value = top + Math.log(sum / total);
  if (!wantHessian) return { value, gradient };
  const hessian = new Float64Array(n * n);
  for (let k = 0; k < parts.length; k++) {
    const part = parts[k]!;
    for (let i = 0; i < n; i++) {
      const di = part.gradient[i]! - gradient[i]!;
      for (let j = 0; j < n; j++) {
        hessian[i * n + j]! += share[k]! * (part.hessian![i * n + j]! + di * (part.gradient[j]! - gradient[j]!));
      }
    }
  }
  return { value, gradient, hessian };
}

function empirical(tokens: EmpiricalTokens, a: ArrayLike<number>, wantHessian: boolean): Cumulant {
  const p = allScores(tokens, a);
  const value = softmaxInPlace(p);
  const gradient = weightedMean(tokens, p);
  return wantHessian ? { value, gradient, hessian: weightedCovariance(tokens, p, gradient) } : { value, gradient };
}

/** A row-major square array as rows. */
export function rowsOf(flat: ArrayLike<number>, n: number): number[][] {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => flat[i * n + j]!));
}

/** Mean and covariance of a law: the derivatives of κ at 0. */
export function lawMoments(law: Law): { mean: Float64Array; covariance: DenseMatrix } {
  if (law.kind === 'gaussian') return { mean: Float64Array.from(law.mean), covariance: law.covariance };
  if (law.kind === 'empirical') {
    const { mean, covariance } = empiricalMoments(law.tokens);
    return { mean: mean.slice(), covariance: rowsOf(covariance, law.dimension) };
  }
  const at0 = cumulant(law, new Float64Array(law.dimension), true);
  return { mean: at0.gradient, covariance: rowsOf(at0.hessian!, law.dimension) };
}

/** E z zᵀ. */
export function secondMoment(law: Law): number[][] {
  const { mean, covariance } = lawMoments(law);
  return add(covariance, outer(mean, mean));
}

/** ∇κ(a) alone, kept for a while where it takes a pass over a file. */
export function tiltedLawMean(law: Law, a: ArrayLike<number>): Float64Array {
  return law.kind === 'empirical' ? tiltedMean(law.tokens, a) : cumulant(law, a).gradient;
}

/**
 * Infinite-prompt limit before V of either kernel at the tilt a = U z: ∇κ(a) for softmax, E[z zᵀ] a for linear attention
 * (scores divided by L). Throws SolverFailure `no_limit` where it is not finite.
 */
export function kernelLimit(kernel: Kernel, law: Law, a: ArrayLike<number>): Float64Array {
  const limit = kernel === 'softmax' ? tiltedLawMean(law, a) : matvec(secondMoment(law), a);
  if (!limit.every(Number.isFinite)) throw new SolverFailure('no_limit', 'The infinite-prompt limit is not finite at this query.');
  return limit;
}

/** Derivative of the limit in a: ∇²κ(a), or E[z zᵀ]; row-major. */
export function kernelLimitDerivative(kernel: Kernel, law: Law, a: ArrayLike<number>): Float64Array {
  return kernel === 'softmax' ? cumulant(law, a, true).hessian! : Float64Array.from(secondMoment(law).flat());
}
