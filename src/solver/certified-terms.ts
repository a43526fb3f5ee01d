/** Certified bounds of the exact errors at one query: moments' bounds times the features of `ErrorNodes` (docs/mathematics.md, section 4). */
import { type BoundTable, type MomentBounds, momentBounds } from './bounds.js';
import { covarianceBounds } from './covariance-bounds.js';
import type { ErrorQuantity } from './problem.js';

/** Bound of the error at node j from those of E P_k, with the features' weights. */
export function boundAt(quantity: ErrorQuantity, f: readonly Float64Array[], j: number, bounds: MomentBounds): number {
  if (quantity !== 'key_query_gradient') return (f[0]![j]! + f[1]![j]!) * bounds[2]!;
  const m = f[2]![j]!;
  const n = f[3]![j]!;
  const w4 = f[4]![j]!;
  const w5 = f[5]![j]!;
  const c1 = Math.max(0, f[0]![j]! + f[1]![j]! + 2 * (m - n) + w4 + w5);
  return c1 * bounds[2]! + 36 * n * bounds[3]! + (116 * m + 68 * n + 38 * w4 + 594 * w5) * bounds[4]! + 1920 * w5 * bounds[5]!;
}

/** Terms below this share of an equal part of the sum are not worth a closer look. */
const negligible = 0.02;

/**
 * Puts the closer bound of the U-gradient's error in place of the terms that are large. What is large is seen anew as the sum falls, so that
 * what is left of the looser bounds is at most a fiftieth of it.
 */
export function tighten(
  f: readonly Float64Array[],
  tau2: Float64Array,
  length: number,
  table: BoundTable | null,
  terms: Float64Array,
): void {
  const isClose = new Uint8Array(terms.length);
  for (let found = true; found; ) {
    found = false;
    const least = (negligible * terms.reduce((sum, x) => sum + x, 0)) / terms.length;
    for (let j = 0; j < terms.length; j++) {
      if (isClose[j] === 1 || !(terms[j]! > least)) continue;
      isClose[j] = 1;
      found = true;
      if (table === null) momentBounds(tau2[j]!, length, bounds);
      else table.at(tau2[j]!, bounds);
      terms[j] = Math.min(terms[j]!, closerBound(f, j, tau2[j]!, length, bounds));
    }
  }
}

const bounds: MomentBounds = new Float64Array(6);
const covariance = { variance: 0, cross: 0 };

/** From the exact decomposition into the parts along the scores' direction and across it. Infinity where τ² is next to nothing. */
function closerBound(f: readonly Float64Array[], j: number, tau2: number, length: number, bounds: MomentBounds): number {
  const { variance, cross } = covarianceBounds(tau2, length, covariance);
  if (variance === Number.POSITIVE_INFINITY) return variance;
  const third = f[2]![j]! - f[3]![j]!;
  const quartic = f[5]![j]! / (tau2 * tau2);
  const fourth = f[4]![j]! / tau2;
  const mixed = Math.max(0, fourth - 2 * quartic);
  const skew = Math.min(0.5 * mixed, (f[2]![j]! + f[3]![j]!) / tau2 + quartic);
  const across = Math.max(0, f[0]![j]! - (2 * third) / tau2 + quartic) + Math.max(0, f[1]![j]! - fourth + quartic);
  const alongside = Math.max(0, mixed + 2 * (third / tau2 - quartic));
  // What the differences above may have lost.
  const rounding = 1e-14 * (f[0]![j]! + f[1]![j]! + 4 * fourth + 6 * quartic) * (variance + cross + bounds[2]!);
  return variance * quartic + cross * alongside + 2 * skew * Math.sqrt(variance * bounds[3]!) + across * bounds[2]! + rounding;
}
