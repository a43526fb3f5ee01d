/** What trajectories are compared with: the Bayes risk at a prompt length, one step of gradient descent, predicting 0 (docs/mathematics.md, section 5). */
import type { KernelLoader } from '../kernels/index.js';
import { hasGaussianTokens } from './balanced.js';
import { lawMoments, secondMoment } from './cumulant.js';
import { matmul, symmetricEigen, symmetricSqrt, trace, traceOfProduct } from './linear-algebra.js';
import { emptyMerged, layoutOf, taskOf } from './parameters.js';
import { populationRisk } from './population.js';
import type { Law, Problem, Task } from './problem.js';
import { stream } from './random.js';
import type { Method } from './result.js';

export interface Baseline {
  /** NaN where it does not exist; `reason` then says why. */
  readonly value: number;
  readonly standardError: number;
  readonly method: Method;
  /** Sampled matrices behind the value. */
  readonly samples?: number;
  readonly reason?: string;
}

const exact = (value: number): Baseline => ({ value, standardError: 0, method: 'exact' });
const missing = (reason: string): Baseline => ({ value: Number.NaN, standardError: 0, method: 'exact', reason });

function lossFactor(task: Task): number {
  return task.loss === 'half_squared' ? 0.5 : 1;
}

/** Risk of the best predictor of y: ½ s² (s² for the squared loss). */
export function noiseFloor(task: Task): number {
  return lossFactor(task) * task.noise ** 2;
}

function isGaussianLaw(law: Law): boolean {
  return law.kind === 'gaussian' || (law.kind === 'independent' && law.coordinate.kind === 'gaussian');
}

/**
 * Risk of the Bayes predictor (ridge regression) that sees L examples: ½ s² E tr[Ω̃ (Ω̃^{1/2} W Ω̃^{1/2} + s² I)^{−1}] + ½ s² with Ω̃ = Σ^{1/2} Ω Σ^{1/2} and
 * W ~ Wishart(I, L). Exact at L = ∞ and, without noise, from L = d on (0) or for equal eigenvalues ω of Ω̃ (½ ω (d − L)); otherwise
 * seeded draws of W (Bartlett), with their standard error.
 */
export function bayesRisk(problem: Problem): Baseline {
  const task = taskOf(problem);
  const factor = lossFactor(task);
  const { length } = problem;
  if (length === Number.POSITIVE_INFINITY) return exact(noiseFloor(task));
  if (task.link !== 'identity' || !hasGaussianTokens(task) || !isGaussianLaw(task.weights))
    return missing('The Bayes risk is known for a linear task with Gaussian tokens and Gaussian weights only.');
  const root = symmetricSqrt(task.covariance);
  const prior = symmetricEigen(matmul(root, matmul(lawMoments(task.weights).covariance, root))).values.map((x) => Math.max(0, x));
  const d = prior.length;
  const largest = prior[d - 1] ?? 0;
  const smallest = prior[0] ?? 0;
  if (task.noise === 0) {
    if (length >= d) return exact(0);
    if (largest - smallest <= 1e-12 * largest) return exact(factor * largest * (d - length));
  }
  // Without noise the regularised form tends to the projection; this is its limit to ten digits.
  const noise2 = Math.max(task.noise ** 2, 1e-11 * largest);
  const samples = problem.solver.samples ?? Math.round(Math.min(20000, Math.max(500, 4e6 / d ** 3)));
  const { mean, standardError } = averageRidge(prior, length, noise2, samples, problem.solver.seed);
  return { value: factor * mean + noiseFloor(task), standardError: factor * standardError, method: 'sampled', samples };
}

/** s² E tr[P (P^{1/2} W P^{1/2} + s²)^{−1}], P = diag(prior), W ~ Wishart(I, L). */
function averageRidge(
  prior: Float64Array,
  length: number,
  noise2: number,
  samples: number,
  seed: number,
): { mean: number; standardError: number } {
  const d = prior.length;
  const roots = prior.map(Math.sqrt);
  const rows = Math.min(d, length);
  // Bartlett: W = T Tᵀ, T lower triangular (d × rows when L < d), χ_{L−i} on its diagonal.
  const T = new Float64Array(d * rows);
  const M = new Float64Array(d * d);
  let mean = 0;
  let spread = 0;
  for (let n = 0; n < samples; n++) {
    const random = stream(seed, 'bayes', n);
    for (let i = 0; i < d; i++)
      for (let j = 0; j < rows; j++) T[i * rows + j] = j < i ? random.normal() : j === i ? Math.sqrt(random.chiSquare(length - i)) : 0;
    for (let i = 0; i < d; i++)
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k < rows; k++) sum += T[i * rows + k]! * T[j * rows + k]!;
        M[i * d + j] = roots[i]! * sum * roots[j]! + (i === j ? noise2 : 0);
      }
    const value = noise2 * weightedInverseTrace(M, prior, d);
    const delta = value - mean;
    mean += delta / (n + 1);
    spread += delta * (value - mean);
  }
  return { mean, standardError: Math.sqrt(spread / (samples * Math.max(1, samples - 1))) };
}

/** Σ weight_i (M⁻¹)_ii for a positive definite M given by its lower triangle, which is overwritten by its Cholesky factor. */
function weightedInverseTrace(M: Float64Array, weight: Float64Array, d: number): number {
  for (let i = 0; i < d; i++)
    for (let j = 0; j <= i; j++) {
      let sum = M[i * d + j]!;
      for (let k = 0; k < j; k++) sum -= M[i * d + k]! * M[j * d + k]!;
      M[i * d + j] = i === j ? Math.sqrt(sum) : sum / M[j * d + j]!;
    }
  // (M⁻¹)_ii is the squared norm of column i of C⁻¹.
  let total = 0;
  const column = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    let norm = 0;
    for (let r = i; r < d; r++) {
      let sum = r === i ? 1 : 0;
      for (let k = i; k < r; k++) sum -= M[r * d + k]! * column[k]!;
      column[r] = sum / M[r * d + r]!;
      norm += column[r]! * column[r]!;
    }
    total += weight[i]! * norm;
  }
  return total;
}

/**
 * Risk of one step of gradient descent from 0 on the prompt's least squares, x_qᵀ (η/L) Σ_l y_l x_l, with the best step η: linear attention with
 * A = η I and b = 1. Gaussian tokens, identity link.
 */
export function oneStepRisk(problem: Problem): Baseline {
  const task = taskOf(problem);
  if (task.link !== 'identity' || !hasGaussianTokens(task))
    return missing('The risk of one gradient step is known for a linear task with Gaussian tokens only.');
  const { covariance: S } = task;
  const M = secondMoment(task.weights);
  const SM = matmul(S, M);
  const SS = matmul(S, S);
  const power = trace(SM) + task.noise ** 2;
  const e = 1 / problem.length;
  const square = (1 + e) * traceOfProduct(matmul(SS, M), S) + e * power * trace(SS);
  const cross = traceOfProduct(SS, M);
  return exact(lossFactor(task) * (power - (cross * cross) / square));
}

/** Risk of predicting 0: ½ E y². */
export function zeroRisk(problem: Problem, kernels?: KernelLoader): Baseline {
  const task = taskOf(problem);
  if (task.link === 'identity')
    return exact(lossFactor(task) * (traceOfProduct(task.covariance, secondMoment(task.weights)) + task.noise ** 2));
  const risk = populationRisk(problem, kernels);
  const { value, standardError } = risk.risk(emptyMerged(layoutOf(problem)));
  return { value, standardError, method: risk.method };
}
