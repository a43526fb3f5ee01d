/** What several heads do (docs/mathematics.md, section 7): their gains and weights, and the known approximation of their risk. */
import { hasGaussianTokens } from './balanced.js';
import { lawMoments } from './cumulant.js';
import type { Layout, Merged } from './parameters.js';
import type { Problem, QuantityName, Task } from './problem.js';
import type { Axis, Series } from './result.js';

/** γ_h = tr A_h / d, with A_h the block of U_h on x, and μ_h = the last entry of v_h; the temperature is inside γ_h. */
export function gainsAndWeights({ D, heads }: Layout, m: Merged): { readonly gain: number[]; readonly weight: number[] } {
  const gain: number[] = [];
  const weight: number[] = [];
  for (let h = 0; h < heads; h++) {
    let trace = 0;
    for (let i = 0; i < D - 1; i++) trace += m.U[(h * D + i) * D + i]!;
    gain.push(trace / (D - 1));
    weight.push(m.v[h * D + D - 1]!);
  }
  return { gain, weight };
}

/**
 * ½(1 + s² − 2μᵀγ + μᵀ(γγᵀ + (1+s²)/L · exp(d γγᵀ))μ), entrywise exponential; twice that for the squared loss. It is meant for Σ = I, w ~ N(0, I/d),
 * U_h = γ_h I on x and a large d; an approximation, drawn beside the computed risk and never used in its place.
 */
export function approximateRisk(problem: Problem, task: Task, gain: readonly number[], weight: readonly number[]): number {
  const { dimension: d, noise } = task;
  const total = 1 + noise ** 2;
  let sum = total;
  for (let h = 0; h < gain.length; h++) {
    sum -= 2 * weight[h]! * gain[h]!;
    for (let k = 0; k < gain.length; k++) {
      const product = gain[h]! * gain[k]!;
      const excess = problem.attention.kernel === 'softmax' ? Math.exp(d * product) : 1 + d * product;
      sum += weight[h]! * weight[k]! * (product + (problem.length === Number.POSITIVE_INFINITY ? 0 : (total / problem.length) * excess));
    }
  }
  return (task.loss === 'half_squared' ? 0.5 : 1) * sum;
}

/** Why the approximation does not apply, as a sentence; null where it does. */
export function whyNoApproximation(task: Task): string | null {
  const isIdentity = task.covariance.every((row, i) => row.every((x, j) => x === Number(i === j)));
  const omega = lawMoments(task.weights);
  const isUsual =
    omega.mean.every((x) => x === 0) &&
    omega.covariance.every((row, i) => row.every((x, j) => Math.abs(x - Number(i === j) / task.dimension) <= 1e-12));
  return isIdentity && isUsual && task.link === 'identity' && hasGaussianTokens(task)
    ? null
    : 'The approximation is for Gaussian tokens of covariance identity, weights gaussian(1/d) and no link.';
}

const headQuantityNames: readonly QuantityName[] = [
  'gains',
  'head_weights',
  'largest_gain',
  'least_gain',
  'largest_head_weight',
  'least_head_weight',
  'approximate_risk',
];

/**
 * `gains[1]`, `gains[2]`, …, `head_weights[1]`, …, `largest_gain`, `least_gain`, `largest_head_weight`, `least_head_weight` and `approximate_risk` along a trajectory.
 * Heads are numbered by falling gain at the last point, as which one a training makes positive is up to its start.
 */
export function headQuantities(
  problem: Problem,
  layout: Layout,
  task: Task,
  merged: () => readonly Merged[],
  against: Axis,
): Record<string, Series> {
  const wanted = new Set<QuantityName>(problem.measures);
  if (!headQuantityNames.some((name) => wanted.has(name))) return {};
  const heads = merged().map((m) => gainsAndWeights(layout, m));
  const out: Record<string, Series> = {};
  const add = (name: QuantityName, of: (at: (typeof heads)[number]) => number): void => {
    if (wanted.has(name)) out[name] = { against, value: heads.map(of), method: 'exact' };
  };
  const last = heads.at(-1)?.gain ?? [];
  const order = Array.from(last.keys()).sort((a, b) => last[b]! - last[a]!);
  order.forEach((head, i) => {
    if (wanted.has('gains')) out[`gains[${i + 1}]`] = { against, value: heads.map(({ gain }) => gain[head]!), method: 'exact' };
    if (wanted.has('head_weights'))
      out[`head_weights[${i + 1}]`] = { against, value: heads.map(({ weight }) => weight[head]!), method: 'exact' };
  });
  add('largest_gain', ({ gain }) => Math.max(...gain));
  add('least_gain', ({ gain }) => Math.min(...gain));
  add('largest_head_weight', ({ weight }) => Math.max(...weight));
  add('least_head_weight', ({ weight }) => Math.min(...weight));
  if (wanted.has('approximate_risk')) {
    const reason = whyNoApproximation(task);
    const value = heads.map(({ gain, weight }) => (reason === null ? approximateRisk(problem, task, gain, weight) : Number.NaN));
    out.approximate_risk = { against, value, method: 'approximate', ...(reason === null ? {} : { reason }) };
  }
  return out;
}
