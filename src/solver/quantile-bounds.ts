/** Bounds that hold for one prompt with high probability (docs/mathematics.md, section 4, "With high probability"). */
import { LowerTail } from './bounds.js';
import * as linear from './linear-algebra.js';
import type { DenseMatrix } from './problem.js';
import { logNormalCdf, normalCdf } from './special.js';

const inverseRoot2Pi = 0.3989422804014327;
/** Beyond it the moments of e^{4τg} overflow, and the direct bound says nothing at any length in reach. */
const largestTau2 = 40;

/** Probabilities at which direct bounds are asked for when queries differ, as shares of η. */
const shares = [1, 0.7, 0.4, 0.2, 0.1, 0.03, 0.01];

/**
 * Smallest v with Σ_j w_j P_j(v) ≤ η, where P_j(v) bounds the probability that the error of a prompt at query j exceeds v: the error of a random query's prompt
 * exceeds v with probability η at most. P_j(v) is at most 1, and e_j/(w_j v) with e_j/w_j a bound of the mean error (Markov's inequality query by query), and any
 * probability whose direct bound `direct(j, probability)` is below v. `terms` are the e_j, `weights` sum to `total`.
 */
export function tailQuantile(
  terms: ArrayLike<number>,
  weights: ArrayLike<number>,
  total: number,
  eta: number,
  direct: (j: number, probability: number) => number = () => Number.POSITIVE_INFINITY,
): number {
  let mean = 0;
  for (let j = 0; j < terms.length; j++) mean += terms[j]! / total;
  if (!(mean > 0)) return mean;
  const levels = (terms.length > 1 ? shares : [1]).map((share) => share * eta);
  const steps = Array.from({ length: terms.length }, (_, j) => levels.map((probability) => direct(j, probability)));
  const exceeds = (v: number): boolean => {
    let sum = 0;
    for (let j = 0; j < terms.length; j++) {
      const weight = Math.max(0, weights[j]!);
      let probability = 1;
      const own = steps[j]!;
      for (let k = 0; k < levels.length && own[k]! <= v; k++) probability = levels[k]!;
      sum += Math.min(weight * probability, terms[j]! / v);
    }
    return sum > eta * total * (1 + 1e-12);
  };
  // Markov's inequality for the whole is the upper end.
  let high = mean / eta;
  let low = high * 1e-12;
  for (let i = 0; i < 60 && high / low > 1 + 1e-9; i++) {
    const middle = Math.sqrt(high * low);
    if (exceeds(middle)) low = middle;
    else high = middle;
  }
  return high;
}

/** What the squared error ‖V(Σ p z − Γa)‖² at one query is made of. */
export interface OutputSpread {
  readonly tau2: number;
  /** ‖V Γa‖²/τ²: along the scores. */
  readonly along: number;
  /** Of V Γ_⊥ Vᵀ, Γ_⊥ = Γ − Γaaᵀ Γ/τ²: trace, Frobenius norm and largest eigenvalue. */
  readonly trace: number;
  readonly frobenius: number;
  readonly largest: number;
}

/**
 * The largest of such parts over all queries whose scores have a variance of τ²: what is along the scores is at most the largest eigenvalue of VΓVᵀ, and Γ_⊥ ≤ Γ.
 */
export function widestSpread(gamma: DenseMatrix, V: DenseMatrix): Omit<OutputSpread, 'tau2'> {
  const M = linear.symmetrise(linear.matmul(V, linear.matmul(gamma, linear.transpose(V))));
  const largest = Math.max(0, linear.symmetricEigen(M).values.at(-1) ?? 0);
  return { along: largest, trace: Math.max(0, linear.trace(M)), frobenius: linear.frobenius(M), largest };
}

/** The parts of the errors along the scores and across them at one query. */
export function spreadsAt(
  gamma: DenseMatrix,
  U: DenseMatrix,
  V: DenseMatrix,
  z: readonly number[],
): Record<'output' | 'value_gradient', OutputSpread> {
  const a = linear.matvec(U, z);
  const b = linear.matvec(gamma, a);
  const tau2 = linear.dot(a, b);
  const across = tau2 > 0 ? linear.add(gamma, linear.scale(linear.outer(b, b), 1 / tau2), -1) : gamma;
  const of = (W: DenseMatrix): OutputSpread => {
    const Wb = linear.matvec(W, b);
    const M = linear.symmetrise(linear.matmul(W, linear.matmul(across, linear.transpose(W))));
    return {
      tau2,
      along: tau2 > 0 ? linear.dot(Wb, Wb) / tau2 : 0,
      trace: Math.max(0, linear.trace(M)),
      frobenius: linear.frobenius(M),
      largest: Math.max(0, linear.symmetricEigen(M).values.at(-1) ?? 0),
    };
  };
  return { output: of(V), value_gradient: of(linear.identity(gamma.length)) };
}

/**
 * v with P(error > v) ≤ η at one query of Gaussian tokens; Infinity where the argument does not reach. Outside events of probability η in all,
 * Σ e^{s} ≥ t, no score exceeds log c, Bernstein's inequality holds for Σ e^{2s} and for Σ e^{s}(g − τ), and Laurent and Massart's for the
 * part across the scores.
 */
export function outputQuantile({ tau2, along, trace, frobenius, largest }: OutputSpread, length: number, eta: number): number {
  if (!(tau2 < largestTau2) || length < 2) return Number.POSITIVE_INFINITY;
  const tau = Math.max(1e-5, Math.sqrt(tau2));
  const u = Math.log(8 / eta);
  const logT = thresholdOf(tau, length, eta / 4);
  const xc = cutOf(length, eta / 4);
  const logC = tau * xc;
  const scale = Math.log(length) - 2 * logT;
  // Σ X² 1{X ≤ c}/t²: mean, and the variance by E X⁴ 1{X ≤ c}.
  const square = Math.exp(scale + 2 * tau2 + logNormalCdf(xc - 2 * tau));
  const fourth = Math.exp(scale - 2 * logT + 8 * tau2 + logNormalCdf(xc - 4 * tau));
  const participation = square + Math.sqrt(2 * u * fourth) + (Math.exp(2 * (logC - logT)) * u) / 3;
  // Σ X h 1{X ≤ c}/t, h = g − τ.
  const bias = length * Math.exp(0.5 * tau2 - logT - 0.5 * (xc - tau) ** 2) * inverseRoot2Pi;
  const spread = Math.exp(scale + 2 * tau2) * tiltedSquare(xc - 2 * tau, tau);
  const peak = Math.max(Math.exp(logC - logT) * Math.max(0, xc - tau), Math.exp(tau2 - 1 - logT) / tau);
  const shift = bias + Math.sqrt(2 * u * spread) + (peak * u) / 3;
  const across = trace + 2 * frobenius * Math.sqrt(u) + 2 * largest * u;
  return (Math.sqrt(along) * shift + Math.sqrt(Math.min(1, participation) * across)) ** 2;
}

/** ln t with P(Σ e^{τg} < t) ≤ η: any value that the bound of the lower tail certifies; here the best to a thousandth. */
function thresholdOf(tau: number, length: number, eta: number): number {
  const tail = new LowerTail(tau, length);
  let high = Math.log(length) + 0.5 * tau * tau;
  let low = -40 * tau;
  while (high - low > 1e-3) {
    const middle = 0.5 * (high + low);
    if (tail.below(middle) <= eta) low = middle;
    else high = middle;
  }
  return low;
}

/** x with L P(g > x) ≤ η. */
function cutOf(length: number, eta: number): number {
  let low = -1;
  let high = 60;
  while (high - low > 1e-6) {
    const middle = 0.5 * (high + low);
    if (Math.log(length) + logNormalCdf(-middle) <= Math.log(eta)) high = middle;
    else low = middle;
  }
  return high;
}

/** ≥ E[(g + τ)²; g ≤ y] for a standard normal g. */
function tiltedSquare(y: number, tau: number): number {
  const probability = normalCdf(y);
  if (y > -3) return (1 + tau * tau) * probability - (y + 2 * tau) * inverseRoot2Pi * Math.exp(-0.5 * y * y);
  // (g + τ)² ≤ 2(g − y)² + 2(y + τ)², and below y the normal falls faster than e^{−|y|r}.
  return probability * (4 / (y * y) + 2 * (y + tau) ** 2);
}
