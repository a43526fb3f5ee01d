/**
 * Stability of the infinite-prompt training (docs/mathematics.md, section 5, "Gaps and stability"; Boursier and Boyer, Theorem 4.3): the
 * Grönwall envelope g₂ t e^{βt} of the parameter gap, with β the Lipschitz constant of ∇R_∞ between the two trajectories.
 */
import { blockApplies, blockOf, isBlockForm } from './balanced.js';
import { secondMoment } from './cumulant.js';
import { gradientOf, infinitePrompt } from './gradient-fields.js';
import { frobenius, matmul, scale, symmetricEigen, symmetricSqrt, transpose } from './linear-algebra.js';
import { type Layout, layoutOf, merge, taskOf } from './parameters.js';
import { populationRisk } from './population.js';
import type { DenseMatrix, Problem } from './problem.js';
import { stream } from './random.js';

export interface Envelope {
  readonly value: readonly number[];
  /** Whether β is a proved bound on the segments between the trajectories, or the largest curvature found there. */
  readonly isProved: boolean;
}

/** Curvatures are looked for at this many of the recorded points. */
const searchedPoints = 12;
const powerSteps = 12;

/**
 * The envelope at the recorded points, from the gradient gaps there and both trajectories. Largest values are those up to a point, so that
 * every point is the horizon of its own. Null where ∇R_∞ is not exact.
 */
export function gronwallEnvelope(
  problem: Problem,
  times: readonly number[],
  gaps: readonly number[],
  own: readonly Float64Array[],
  reference: readonly Float64Array[],
): Envelope | null {
  const layout = layoutOf(problem);
  const isBlock =
    layout.parameters === 'merged' &&
    blockApplies(problem) &&
    [own, reference].every((list) => list.every((theta) => isBlockForm(merge(layout, theta), layout.D)));
  const curvature = isBlock ? blockCurvature(problem, layout) : searchedCurvature(problem, layout, times.length);
  if (curvature === null) return null;
  let beta = 0;
  let gap = 0;
  const value = times.map((time, i) => {
    beta = Math.max(beta, curvature(own[i]!, reference[i]!, i));
    gap = Math.max(gap, gaps[i]!);
    return gap * time * Math.exp(beta * time);
  });
  return { value, isProved: isBlock };
}

type Curvature = (first: Float64Array, second: Float64Array, index: number) => number;

function operatorNorm(M: DenseMatrix): number {
  const { values } = symmetricEigen(matmul(transpose(M), M));
  return Math.sqrt(Math.max(0, values[values.length - 1] ?? 0));
}

/**
 * Bound of ‖∇²R_∞‖ on the segment between two block forms. R_∞ = ½‖F‖², F = S^½(bΣA − I)Σ^½ with S = E wwᵀ, so along (δA, δb) with norms
 * x and y its second derivative is at most (|b|k x + n y)² + 2k‖F‖ x y, k = ‖S^½Σ‖ ‖Σ^½‖, n = ‖S^½ΣAΣ^½‖_F. n and |b| are convex, and between
 * the ends ‖F‖ exceeds theirs by ¼ |Δb| ‖S^½ΣΔAΣ^½‖ at most.
 */
function blockCurvature(problem: Problem, layout: Layout): Curvature {
  const task = taskOf(problem);
  const { D, temperature } = layout;
  const root = symmetricSqrt(task.covariance);
  const left = matmul(symmetricSqrt(secondMoment(task.weights)), task.covariance);
  const target = matmul(symmetricSqrt(secondMoment(task.weights)), root);
  const k = operatorNorm(left) * operatorNorm(root);
  const factor = task.loss === 'squared' ? 2 : 1;
  return (first, second) => {
    const ends = [first, second].map((theta) => {
      const m = merge(layout, theta);
      const product = matmul(matmul(left, blockOf(m, D)), root);
      const b = m.v[D - 1]!;
      return { b, product, residual: frobenius(difference(scale(product, b), target)) };
    });
    const [one, two] = ends as [(typeof ends)[0], (typeof ends)[0]];
    const b = Math.max(Math.abs(one.b), Math.abs(two.b));
    const n = Math.max(frobenius(one.product), frobenius(two.product));
    const F = Math.max(one.residual, two.residual) + 0.25 * Math.abs(one.b - two.b) * frobenius(difference(one.product, two.product));
    const p = (b * b * k * k) / temperature ** 2;
    const q = (b * k * n + k * F) / temperature;
    const r = n * n;
    return factor * (0.5 * (p + r) + Math.sqrt(0.25 * (p - r) ** 2 + q * q));
  };
}

function difference(X: DenseMatrix, Y: DenseMatrix): number[][] {
  return X.map((row, i) => row.map((x, j) => x - Y[i]![j]!));
}

/** The largest ‖∇²R_∞ u‖ that power iteration finds at the ends and the middle of some of the segments; the others take the one before. */
function searchedCurvature(problem: Problem, layout: Layout, count: number): Curvature | null {
  const risk = populationRisk(infinitePrompt(problem));
  if (risk.method !== 'exact') return null;
  const gradient = gradientOf(layout, risk);
  const n = layout.size;
  const rng = stream(problem.solver.seed, 'curvature', 0);
  const direction = Float64Array.from({ length: n }, () => rng.normal());
  const [plus, minus, point] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const every = Math.max(1, Math.floor(count / searchedPoints));
  const at = (theta: Float64Array): number => {
    const step = 1e-4 * Math.max(1e-3, norm(theta));
    let size = 0;
    for (let i = 0; i < powerSteps; i++) {
      const length = norm(direction);
      if (!(length > 0)) return 0;
      const shifted = (sign: number, out: Float64Array): void => {
        for (let j = 0; j < n; j++) point[j] = theta[j]! + (sign * step * direction[j]!) / length;
        gradient(point, out);
      };
      shifted(1, plus);
      shifted(-1, minus);
      for (let j = 0; j < n; j++) direction[j] = (plus[j]! - minus[j]!) / (2 * step);
      size = norm(direction);
    }
    if (!(size > 0)) for (let j = 0; j < n; j++) direction[j] = rng.normal();
    return size;
  };
  let last = 0;
  return (first, second, index) => {
    if (index % every !== 0 && index !== count - 1) return last;
    const middle = first.map((x, j) => 0.5 * (x + second[j]!));
    last = Math.max(at(first), at(second), at(middle));
    return last;
  };
}

function norm(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]!;
  return Math.sqrt(sum);
}

/** The last time until which the envelope is below the distance that the reference has moved; null when it is from the first on. */
export function informativeHorizon(
  envelope: readonly number[],
  times: readonly number[],
  reference: readonly Float64Array[],
): number | null {
  const start = reference[0]!;
  const moved = (theta: Float64Array): number => norm(theta.map((x, i) => x - start[i]!));
  const first = envelope.findIndex((value, i) => i > 0 && !(value <= moved(reference[i]!)));
  return first < 0 ? null : times[first - 1]!;
}
