/** How sharp a task's attention is, and where double precision ends. */
import { lawMoments, secondMoment } from './cumulant.js';
import { matvec, traceOfProduct } from './linear-algebra.js';
import { layoutOf, type Merged, taskOf } from './parameters.js';
import type { Problem, Task } from './problem.js';
import { SolverFailure } from './result.js';

/** Up to here moments of the attention's output hold four digits. */
const largest = 1e11;

/**
 * E τ² over w and x_q of one head on Gaussian tokens: tr(U_x Σ U_xᵀ Γ̄), with U_x the first d columns of U (D × D, row-major, temperature
 * inside) and Γ̄ the mean over w of Γ_w (docs/mathematics.md, section 5).
 */
export function meanScoreVariance(task: Task, U: ArrayLike<number>): number {
  const { dimension: d, covariance, noise, weights } = task;
  const D = d + 1;
  const cross = matvec(covariance, lawMoments(weights).mean);
  const corner = traceOfProduct(covariance, secondMoment(weights)) + noise ** 2;
  let sum = 0;
  for (let i = 0; i < D; i++) {
    const row = Float64Array.from({ length: d }, (_, k) => U[i * D + k]!);
    const spread = matvec(covariance, row);
    for (let j = 0; j < D; j++) {
      let product = 0;
      for (let k = 0; k < d; k++) product += spread[k]! * U[j * D + k]!;
      sum += product * (i < d && j < d ? covariance[i]![j]! : i === j ? corner : cross[Math.min(i, j)]!);
    }
  }
  return sum;
}

/** The largest over the heads. */
export function largestScoreVariance(problem: Problem, { U }: Merged): number {
  const { D, heads } = layoutOf(problem);
  let most = 0;
  for (let h = 0; h < heads; h++) most = Math.max(most, meanScoreVariance(taskOf(problem), U.subarray(h * D * D, (h + 1) * D * D)));
  return most;
}

/** Throws `tolerance` where the scores' mean variance is such that the exact formulas of softmax at finite length no longer hold in double precision. */
export function requirePrecision(problem: Problem, variance: () => number): void {
  const { kernel } = problem.attention;
  if (kernel === 'linear' || problem.length === Number.POSITIVE_INFINITY) return;
  if (!(variance() <= largest)) {
    throw new SolverFailure(
      'tolerance',
      'The scores have a mean variance above 10¹¹ at these parameters, beyond double precision: attention has long become a hard maximum.',
      'attention',
    );
  }
}
