/** Which queries carry an average error: those with the widest scores (docs/mathematics.md, section 3, "Regimes"). */
import type { CarrierProfile, Carriers } from './result.js';

export interface RareQueries {
  /** λ: largest eigenvalue of Σ_q^{1/2} UᵀΓU Σ_q^{1/2}, at least ½. */
  readonly eigenvalue: number;
  /** ρ = √(1/λ + ¼) − ½: the average error falls as L^{−ρ} up to powers of log L. */
  readonly exponent: number;
}

/** When rare queries govern an average over a Gaussian query (section 3, Regimes); null while the error falls as 1/L. */
export function rareQueries(eigenvalue: number): RareQueries | null {
  return eigenvalue >= 0.5 ? { eigenvalue, exponent: Math.sqrt(1 / eigenvalue + 0.25) - 0.5 } : null;
}

/** An average over queries: variances of the scores, probabilities, and parts of the mean error. */
export interface NodeErrors {
  readonly tau2: Float64Array;
  readonly weight: Float64Array;
  readonly errors: Float64Array;
}

/** Share of the mean error that the queries with the widest scores carry which have the weight `mass` together. */
export function shareOfRarest({ tau2, weight, errors }: NodeErrors, mass: number): number {
  let left = mass;
  let share = 0;
  for (const j of byWidth(tau2)) {
    const own = Math.max(0, weight[j]!);
    // The node at the edge counts in part.
    share += own > 0 ? errors[j]! * Math.min(1, left / own) : errors[j]!;
    left -= own;
    if (!(left > 0)) break;
  }
  return share / sum(errors);
}

/**
 * The queries with the widest scores that together carry `share` of the mean error. Between nodes, which are equally spaced in log τ², half of a node's mass
 * lies on either side of it.
 */
export function carriersOf(nodes: NodeErrors, share: number): Omit<Carriers, 'exponent'> | null {
  const { tau2, weight, errors } = nodes;
  const order = byWidth(tau2);
  const total = sum(errors);
  const wanted = share * total;
  let carried = 0;
  let probability = 0;
  for (const [k, j] of order.entries()) {
    if (carried + errors[j]! >= wanted && errors[j]! > 0) {
      const part = (wanted - carried) / errors[j]!;
      const neighbour = part < 0.5 ? order[k - 1] : order[k + 1];
      const step = neighbour === undefined ? 1 : tau2[neighbour]! / tau2[j]!;
      return {
        tau2: tau2[j]! * step ** Math.abs(part - 0.5),
        probability: probability + part * Math.max(0, weight[j]!),
        profile: carrierProfile(tau2, weight, errors, total),
      };
    }
    carried += errors[j]!;
    probability += Math.max(0, weight[j]!);
  }
  return null;
}

function byWidth(tau2: Float64Array): number[] {
  return Array.from(tau2.keys()).sort((i, j) => tau2[j]! - tau2[i]!);
}

function sum(values: Float64Array): number {
  return values.reduce((total, x) => total + x, 0);
}

/** Points of a profile, and the part of either density's peak below which it is left out. */
const profilePoints = 81;
const profileDepth = 1e-3;

/** Densities in log τ² at the nodes, which are equally spaced there: their weights over the spacing. */
function carrierProfile(tau2: Float64Array, weight: Float64Array, errors: Float64Array, total: number): CarrierProfile {
  const spacing = Math.log(tau2[tau2.length - 1]! / tau2[0]!) / (tau2.length - 1);
  const queries = Array.from(weight, (w) => Math.max(0, w) / spacing);
  const error = Array.from(errors, (x) => x / (total * spacing));
  const peak = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));
  const [most, worst] = [peak(queries), peak(error)];
  const seen = (j: number): boolean => queries[j]! > profileDepth * most || error[j]! > profileDepth * worst;
  const all = Array.from(tau2.keys());
  const [from, to] = [all.findIndex(seen), all.findLastIndex(seen)];
  const stride = Math.ceil((to - from + 1) / profilePoints);
  const kept = all.filter((j) => j >= from && j <= to && (j - from) % stride === 0);
  const pick = (values: ArrayLike<number>): number[] => kept.map((j) => Number(values[j]!.toPrecision(6)));
  return { tau2: pick(tau2), queries: pick(queries), error: pick(error) };
}
