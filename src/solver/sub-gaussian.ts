/**
 * The variance proxy of a token law: the least σ² with E e^{aᵀ(z − E z)} ≤ e^{σ²‖a‖²/2} for every a. It is the σ² of the rates of Boursier and Boyer
 * (Propositions 3.1 and 3.4), whose σ is the sub-Gaussian parameter.
 */
import { cumulant, lawMoments } from './cumulant.js';
import { dot, symmetricEigen } from './linear-algebra.js';
import type { Law } from './problem.js';
import { stream } from './random.js';

export interface VarianceProxy {
  readonly value: number;
  /** False where it is the largest ratio that an ascent found: at least the top eigenvalue of the covariance, at most the proxy. */
  readonly exact: boolean;
}

/**
 * Gaussian, Rademacher, uniform and spherical laws and their affine images are strictly sub-Gaussian: no direction has a proxy above its variance. (For the
 * sphere, compare the series of E e^{aᵀz} = Σ (x²/4)^k/(k! (D/2)_k), x = r‖a‖, with that of e^{x²/2D}: (D/2)_k ≥ (D/2)^k.) Mixtures and files need not be; their
 * proxy is the supremum of 2 (κ(a) − aᵀm)/‖a‖².
 */
export function varianceProxy(law: Law): VarianceProxy {
  const { mean, covariance } = lawMoments(law);
  const { values, vectors } = symmetricEigen(covariance);
  const top = Math.max(0, values[values.length - 1] ?? 0);
  if (isStrict(law)) return { value: top, exact: true };
  if (top === 0) return { value: 0, exact: true };
  const leading = Float64Array.from(vectors, (row) => row[row.length - 1]!);
  return { value: Math.max(top, largestPart(law), ascend(law, mean, leading, Math.sqrt(top))), exact: false };
}

/** Far out the widest Gaussian part of a mixture alone counts: the ratio tends to its largest variance there. */
function largestPart(law: Law): number {
  if (law.kind !== 'mixture') return 0;
  const parts = law.components.filter((part, k) => law.weights[k]! > 0 && part.kind === 'gaussian');
  return parts.reduce((most, part) => Math.max(most, varianceProxy(part).value), 0);
}

function isStrict(law: Law): boolean {
  switch (law.kind) {
    case 'gaussian':
    case 'independent':
    case 'sphere':
      return true;
    case 'affine':
      return isStrict(law.base);
    case 'mixture':
      return law.components.length === 1 && isStrict(law.components[0]!);
    case 'empirical':
      return false;
  }
}

/** Radii in units of 1/(standard deviation): below, the ratio is the variance; above, it falls as 1/‖a‖ for bounded tokens. */
const radii = Array.from({ length: 25 }, (_, i) => 0.05 * 1.32 ** i);

/**
 * At every radius r the convex function κ(rθ) − rθᵀm is raised by θ ← its gradient's direction, which never lowers it, from the best θ of the radius
 * before. Starts: both signs of the leading direction, and random ones where a pass over the law is cheap.
 */
function ascend(law: Law, mean: Float64Array, leading: Float64Array, deviation: number): number {
  const D = law.dimension;
  const isLarge = law.kind === 'empirical' && law.tokens.rows * D > 1e6;
  const rng = stream(0, 'variance proxy', 0);
  const random = (): Float64Array => normalised(Float64Array.from({ length: D }, () => rng.normal()));
  const starts = [leading, leading.map((x) => -x), ...Array.from({ length: isLarge || D === 1 ? 0 : 6 }, random)];
  let best = 0;
  for (const start of starts) {
    let theta = start;
    for (const unit of isLarge ? radii.filter((_, i) => i % 3 === 0) : radii) {
      const r = unit / deviation;
      let value = 0;
      for (let step = 0; step < (isLarge ? 3 : 12); step++) {
        const at = cumulant(
          law,
          theta.map((x) => r * x),
        );
        const before = value;
        value = (2 * (at.value - r * dot(theta, mean))) / (r * r);
        best = Math.max(best, value);
        if (D === 1 || value <= before * (1 + 1e-9)) break;
        theta = normalised(at.gradient.map((x, i) => x - mean[i]!));
      }
    }
  }
  return best;
}

function normalised(x: Float64Array): Float64Array {
  const norm = Math.sqrt(dot(x, x));
  return norm > 0 ? x.map((value) => value / norm) : x;
}
