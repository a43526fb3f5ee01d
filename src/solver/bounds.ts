/**
 * Explicit bounds on participation moments and on finite-prompt errors, valid at every length (docs/mathematics.md,
 * section 4), and the fitted form of Boursier and Boyer, Propositions 3.1 and 3.4.
 */
import type { ErrorQuantity } from './problem.js';
import { logNormalCdf } from './special.js';

/** Bounds B̄_2 … B̄_5 at indices 2 … 5. */
export type MomentBounds = Float64Array;

const smallestTau2 = 1e-10;
/** Beyond it the bound is 1: only lengths above e^{150} would say more. */
const vacuousTau2 = 300;
/** ln t = log(L e^{τ²/2}) − v over these v, up to the length's own range. */
const gaps = Float64Array.from({ length: 64 }, (_, i) => 1e-3 * 1.18 ** i);
/** ln c = τ(τ + y); the last is c = ∞. */
const cuts = Float64Array.from([...Array.from({ length: 27 }, (_, i) => -6.5 + 0.5 * i), Number.POSITIVE_INFINITY]);
const logCuts = Float64Array.from(cuts, (y) => (y === Number.POSITIVE_INFINITY ? 0 : logNormalCdf(y)));

/**
 * Upper bounds of E P_k, k = 2 … 5, for L ≥ 1 scores of variance τ² ≥ 0: for every t > 0 and c > 0,
 * L[Φ(−ln t/τ) + e^{k²τ²/2} t^{−k} Φ(ln t/τ − kτ)] + min{Φ(ln t/τ)^L, exp(−(L m_c − t)₊²/(2 L v_c))}, and the plainer form
 * for k = 2, minimised over grids: any grid gives a bound.
 */
export function momentBounds(tau2: number, length: number, out: MomentBounds = new Float64Array(6)): MomentBounds {
  out.fill(1);
  if (length === Number.POSITIVE_INFINITY) return out.fill(0);
  // E P_k does not fall with τ²: what holds at a larger τ² holds here.
  const s2 = Math.max(tau2, smallestTau2);
  if (!(s2 < vacuousTau2) || length <= 1) return out;
  const tau = Math.sqrt(s2);
  const logL = Math.log(length);
  const expected = logL + s2 / 2;
  const lowest = Math.min(-3 * tau, expected - 1e-3);
  const tail = new LowerTail(tau, length);
  for (let i = 0; i < gaps.length; i++) {
    const x = expected - gaps[i]!;
    const below = tail.below(x);
    const large = Math.exp(logL + logNormalCdf(-x / tau));
    if (large < 1) {
      for (let k = 2; k <= 5; k++) {
        const small = Math.exp(logL + 0.5 * k * k * s2 - k * x + logNormalCdf(x / tau - k * tau));
        const bound = large + small + below;
        if (bound < out[k]!) out[k] = bound;
      }
    }
    if (x < lowest) break;
  }
  out[2] = Math.min(out[2]!, plainBound(s2, length));
  // P_5 ≤ P_4 ≤ P_3 ≤ P_2.
  for (let k = 3; k <= 5; k++) out[k] = Math.min(out[k]!, out[k - 1]!);
  return out;
}

/** Bounds of P(D < t) for the sum D of L exponentials of N(0, τ²): L m_c and 1/(2 L v_c) of every cut. */
export class LowerTail {
  private readonly mean = new Float64Array(cuts.length);
  private readonly precision = new Float64Array(cuts.length);

  constructor(
    private readonly tau: number,
    private readonly length: number,
  ) {
    const growth = Math.exp(0.5 * tau * tau);
    for (let i = 0; i < cuts.length; i++) {
      const y = cuts[i]!;
      this.mean[i] = length * growth * Math.exp(logCuts[i]!);
      this.precision[i] = 1 / (2 * length * growth ** 4 * (y === Number.POSITIVE_INFINITY ? 1 : Math.exp(logNormalCdf(y - tau))));
    }
  }

  /** At ln t = x; at most 1. */
  below(x: number): number {
    let exponent = -this.length * logNormalCdf(x / this.tau);
    const t = Math.exp(x);
    for (let i = cuts.length - 1; i >= 0; i--) {
      const above = this.mean[i]! - t;
      if (!(above > 0)) break;
      const candidate = above * above * this.precision[i]!;
      if (candidate > exponent) exponent = candidate;
    }
    return Math.exp(-exponent);
  }
}

/**
 * min over δ of e^{spread}/(L(1 − δ)²) + exp(−L δ²/(2e^{spread})), at most 1: bounds E P_2 with spread = τ² for Gaussian
 * scores and κ(2a) − 2κ(a) for any law.
 */
export function plainBound(spread: number, length: number): number {
  return Math.min(1, penalisedBound(1, 1, spread, length));
}

function penalisedBound(front: number, failure: number, spread: number, length: number): number {
  const effective = length / Math.exp(spread);
  return leastOverThresholds(spread, length, (kept, below) => front / (effective * kept * kept) + failure * below);
}

/**
 * min over δ of total(1 − δ, P, P′), where the sum D of L independent e^{s − κ} has D < (1 − δ)L with a probability of at most
 * P = exp(−Lδ²/(2e^{spread})), and the sum without one of them with at most P′. 0 at L = ∞.
 */
export function leastOverThresholds(
  spread: number,
  length: number,
  total: (kept: number, below: number, belowWithoutOne: number) => number,
): number {
  if (length === Number.POSITIVE_INFINITY) return 0;
  const growth = Math.exp(spread);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 120; i++) {
    const delta = 0.99 * 0.93 ** i;
    const short = Math.max(0, length * delta - 1);
    const belowWithoutOne = short > 0 ? Math.exp((-0.5 * short * short) / ((length - 1) * growth)) : 1;
    const bound = total(1 - delta, Math.exp((-0.5 * length * delta * delta) / growth), belowWithoutOne);
    if (bound < best) best = bound;
  }
  return best;
}

/** Grid of τ² for the tables: spacing 0.01 at 0, growing by 4 %. */
const gridGrowth = 1.04;
const gridUnit = 0.01 / (gridGrowth - 1);

/**
 * Bounds of one length for many τ²: exact bounds on a grid, and between two of its points the smaller of the upper one
 * (E P_k grows with τ²) and the lower one times e^{k(k−1)Δ/2} (d E P_k/dτ² ≤ ½ k(k−1) E P_k): still bounds.
 */
export class BoundTable {
  private readonly rows: MomentBounds[] = [];

  constructor(readonly length: number) {}

  private row(i: number): MomentBounds {
    this.rows[i] ??= momentBounds(gridUnit * (gridGrowth ** i - 1), this.length);
    return this.rows[i]!;
  }

  at(tau2: number, out: MomentBounds): void {
    if (!(tau2 < vacuousTau2)) {
      out.fill(this.length === Number.POSITIVE_INFINITY ? 0 : 1);
      return;
    }
    const i = Math.max(0, Math.floor(Math.log1p(tau2 / gridUnit) / Math.log(gridGrowth) - 1e-9));
    const low = this.row(i);
    const high = this.row(i + 1);
    const step = tau2 - gridUnit * (gridGrowth ** i - 1);
    for (let k = 2; k <= 5; k++) out[k] = Math.min(high[k]!, low[k]! * Math.exp(0.5 * k * (k - 1) * Math.max(0, step)));
  }
}

const boundTables = new Map<number, BoundTable>();

/** The table of a length, kept for the most recent few hundred lengths. */
export function boundTable(length: number): BoundTable {
  let table = boundTables.get(length);
  if (table === undefined) {
    const oldest = boundTables.keys().next().value;
    if (boundTables.size >= 512 && oldest !== undefined) boundTables.delete(oldest);
    table = new BoundTable(length);
    boundTables.set(length, table);
  }
  return table;
}

export interface PaperForm {
  /** c1 · σ⁶ ln L / L^{c2/σ²} (output, V-gradient) or c1 · σ¹² (ln L)² / L^{c2/σ²} (U-gradient). */
  readonly c1: number;
  readonly c2: number;
  /** The form at each length; NaN where it is not meant to hold (L < 2 or L = ∞). */
  readonly values: number[];
}

/**
 * Fits the form of Boursier and Boyer, Propositions 3.1 and 3.4, whose constants the paper leaves open: the (c1, c2), c2 ≥ 0,
 * that dominates the curve at every length ≥ 2 and has the least mean excess in log. `sigma2` is the tokens' variance
 * proxy σ² > 0. Null when fewer than two lengths have a positive finite value.
 */
export function fitPaperForm(
  lengths: ArrayLike<number>,
  values: ArrayLike<number>,
  quantity: ErrorQuantity,
  sigma2: number,
): PaperForm | null {
  const power = quantity === 'key_query_gradient' ? 2 : 1;
  const front = 3 * power * Math.log(sigma2);
  const x: number[] = [];
  const y: number[] = [];
  for (let i = 0; i < lengths.length; i++) {
    const L = lengths[i]!;
    const v = values[i]!;
    if (!(L >= 2 && L < Number.POSITIVE_INFINITY && v > 0 && v < Number.POSITIVE_INFINITY)) continue;
    x.push(Math.log(L));
    y.push(Math.log(v) - power * Math.log(Math.log(L)) - front);
  }
  const n = x.length;
  if (n < 2 || !(sigma2 > 0)) return null;
  // Over the lines log c1 − slope · x above all points, the mean excess is least on the hull's edge above the mean of x.
  const centre = x.reduce((sum, v) => sum + v, 0) / n;
  let best: { height: number; slope: number; intercept: number } | null = null;
  const consider = (slope: number): void => {
    if (!(slope >= 0)) return;
    let intercept = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < n; i++) intercept = Math.max(intercept, y[i]! + slope * x[i]!);
    const height = intercept - slope * centre;
    if (best === null || height < best.height) best = { height, slope, intercept };
  };
  consider(0);
  const hull = upperHull(x, y);
  for (let i = 1; i < hull.length; i++) {
    const a = hull[i - 1]!;
    const b = hull[i]!;
    if (b.x > a.x) consider(-(b.y - a.y) / (b.x - a.x));
  }
  const { slope, intercept } = best!;
  return {
    c1: Math.exp(intercept),
    c2: slope * sigma2,
    // ln 1 = 0: at L = 1 the form vanishes.
    values: Array.from(lengths, (L) =>
      L >= 1 && L < Number.POSITIVE_INFINITY
        ? Math.exp(intercept + front + power * Math.log(Math.log(L)) - slope * Math.log(L)) * (1 + 1e-12)
        : Number.NaN,
    ),
  };
}

/** The least c with c/L ≥ value at every finite length; null without a positive finite value. */
export function fitInverseLength(lengths: ArrayLike<number>, values: ArrayLike<number>): PaperForm | null {
  let c1 = 0;
  for (let i = 0; i < lengths.length; i++) {
    const product = lengths[i]! * values[i]!;
    if (Number.isFinite(product)) c1 = Math.max(c1, product);
  }
  if (!(c1 > 0)) return null;
  return { c1, c2: Number.NaN, values: Array.from(lengths, (L) => (Number.isFinite(L) ? (c1 / L) * (1 + 1e-12) : Number.NaN)) };
}

function upperHull(x: readonly number[], y: readonly number[]): { x: number; y: number }[] {
  const points = x.map((v, i) => ({ x: v, y: y[i]! })).sort((a, b) => a.x - b.x || b.y - a.y);
  const hull: { x: number; y: number }[] = [];
  for (const p of points) {
    while (hull.length >= 2) {
      const a = hull[hull.length - 2]!;
      const b = hull[hull.length - 1]!;
      if ((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) < 0) break;
      hull.pop();
    }
    hull.push(p);
  }
  return hull;
}

/** Lengths at which a trust length is tried beyond itself: bounds fall as a rule, but minima over grids need not do so at every step. */
const beyond = Array.from({ length: 24 }, (_, i) => 1.2 ** (i + 1));

/**
 * Smallest integer L ≥ 1 from which on the bound stays below `threshold`, by bisection on [1, 1e15]; Infinity when it does not get there. That
 * it stays below is tried at longer lengths too, and the search goes on behind one where it does not.
 */
export function trustLength(bound: (length: number) => number, threshold: number): number {
  if (!(threshold > 0)) return Number.POSITIVE_INFINITY;
  let low = 0;
  for (;;) {
    let high = Math.max(1, 2 * low);
    while (!(bound(high) < threshold)) {
      low = high;
      high *= 2;
      if (high > 1e15) return Number.POSITIVE_INFINITY;
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (bound(middle) < threshold) high = middle;
      else low = middle;
    }
    const again = beyond.map((factor) => Math.ceil(factor * high)).findLast((length) => !(bound(length) < threshold));
    if (again === undefined) return high;
    low = again;
  }
}
