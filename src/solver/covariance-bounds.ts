/**
 * Explicit bounds behind the certified error of the U-gradient (docs/mathematics.md, section 4): of the softmax-weighted variance of
 * the scores and of the size of its cross terms, valid at every length and every τ².
 */
import { LowerTail, momentBounds } from './bounds.js';
import { logNormalCdf } from './special.js';

/** With g_l i.i.d. N(0, 1), p = softmax(τ g) and ḡ = Σ p g. */
export interface CovarianceBounds {
  /** ≥ E (Σ p_l (g_l − ḡ)² − 1)². */
  variance: number;
  /** ≥ E Σ p_l² (g_l − ḡ)². */
  cross: number;
}

/** Below it the plain bound of `concentration.ts` is as good, and τ would vanish in denominators. */
const smallestTau = 1e-5;
/** From here on softmax is a maximum, and what bounds it bounds all sharper ones. */
const largestTau = Math.sqrt(300);
/** ln t = log(L e^{τ²/2}) − v over these v. */
const gaps = Float64Array.from({ length: 22 }, (_, i) => 1e-3 * 1.75 ** i);
/** And t = e^{τx} at x = √(2 log L) + these, about the largest score. */
const offsets = [-2.5, -2, -1.5, -1, -0.75, -0.5, -0.25, 0, 0.5];
/** For the quadrature: eight nodes on a panel where (X/t)³ grows by e^{7.5} leave 2e−8. */
const safety = 1 + 1e-7;
const inverseRoot2Pi = 0.3989422804014327;

/** Gauss–Legendre, 8 nodes on [0, 1]. */
const half = [0.019855071751231884, 0.10166676129318664, 0.2372337950418355, 0.4082826787521751];
const halfWeights = [0.05061426814518813, 0.11119051722668724, 0.15685332293894363, 0.181341891689181];
const unitNodes = Float64Array.from([...half, ...half.map((x) => 1 - x).reverse()]);
const unitWeights = Float64Array.from([...halfWeights, ...halfWeights.slice().reverse()]);

/** Integrals at one threshold t = e^{τx}, h = g − τ, times L. */
interface Threshold {
  readonly x: number;
  /** L E[(X/t)² (h² − 1)²; X ≤ t], the same with h², and L E[(X/t)³ h⁴; X ≤ t]. */
  squareF: number;
  squareH: number;
  fourth: number;
  /** L E[·; X > t] of (h² − 1)², h², h⁴. */
  aboveF: number;
  aboveH: number;
  aboveFourth: number;
  /** Σ_n of L E[min(1, X/t) g^n], n = 0 … 4. */
  readonly moments: Float64Array;
}

/**
 * Bounds for L ≥ 1 scores of variance τ² ≥ 0. Each part is minimised over thresholds t for D = Σ e^{τg}, split into D ≥ t, where
 * p ≤ min(1, e^{τg}/t), and D < t, whose probability is exponentially small: any t gives a bound. `variance` is Infinity where τ² is
 * next to nothing.
 */
export function covarianceBounds(tau2: number, length: number, out: CovarianceBounds = { variance: 0, cross: 0 }): CovarianceBounds {
  const isLimit = length === Number.POSITIVE_INFINITY;
  // Σ p² (g − ḡ)² is at most the weighted variance, whose mean is at most 1; with one token both are 0.
  out.cross = isLimit || length <= 1 ? 0 : 1;
  out.variance = isLimit ? 0 : length <= 1 ? 1 : Number.POSITIVE_INFINITY;
  if (isLimit || length <= 1 || !(tau2 > smallestTau * smallestTau)) return out;
  const isSharp = !(tau2 < largestTau * largestTau);
  const tau = isSharp ? largestTau : Math.sqrt(tau2);
  let first = Number.POSITIVE_INFINITY;
  let meanFourth = Number.POSITIVE_INFINITY;
  let crossH = Number.POSITIVE_INFINITY;
  let squareAround = 1;
  let fourthAround = Number.POSITIVE_INFINITY;
  const tail = new LowerTail(tau, length - 1);
  const reach = Math.sqrt(2 * Math.log(length)) + 1;
  const restFourth = belowReach(4, reach, tau, length);
  const restSquare = belowReach(2, reach, tau, length);
  for (const at of thresholds(tau, length)) {
    const { x } = at;
    const c = Math.max(0, at.moments[1]! / at.moments[0]!);
    // E[Σ p F; D < t] ≤ P(D′ < t) (sup F on [−G, x] + L E[F; g < −G]), D′ the sum without one token.
    const below = isSharp ? Math.exp((length - 1) * logNormalCdf(x)) : tail.below(tau * x);
    const far = Math.max(c + reach, Math.abs(x - c));
    fourthAround = Math.min(fourthAround, aroundFourth(at.moments, c) + below * (far ** 4 + belowReach(4, reach, c, length)));
    squareAround = Math.min(squareAround, aroundSquare(at.moments, c) + below * (far ** 2 + belowReach(2, reach, c, length)));
    if (isSharp) continue;
    const extreme = Math.max(reach + tau, Math.abs(x - tau));
    const tailFourth = below * (Math.max(1, extreme ** 4) + restFourth);
    const tailSquare = below * (extreme * extreme + restSquare);
    // L |E[X h; X ≤ t]|/t, and that of X (h² − 1) is |x − τ| times it.
    const bias = length * inverseRoot2Pi * Math.exp(-0.5 * x * x);
    const spread = Math.hypot(Math.sqrt(at.squareF), bias * Math.abs(x - tau));
    first = Math.min(first, (spread + Math.sqrt(at.aboveF)) ** 2 + tailFourth);
    crossH = Math.min(crossH, at.squareH + at.aboveH + tailSquare);
    const centred = (fourthRoot(at.fourth) + bias / length ** 0.75) ** 4;
    const sum = bias + fourthRoot(centred + 3 * at.squareH * at.squareH);
    meanFourth = Math.min(meanFourth, (sum + fourthRoot(at.aboveFourth)) ** 4 + tailFourth);
  }
  out.variance = safety * (1 + fourthAround);
  out.cross = safety * squareAround;
  if (isSharp) return out;
  // The weighted variance − 1 is Σ p (h² − 1) − (Σ p h)².
  out.variance = Math.min(out.variance, safety * (Math.sqrt(first) + Math.sqrt(meanFourth)) ** 2);
  // Σ p² (g − ḡ)² is the squared distance of h from Σ p h in ℓ²(p²).
  const third = momentBounds(tau2, length)[3]!;
  out.cross = safety * Math.min(squareAround, (Math.sqrt(crossH) + fourthRoot(third * meanFourth)) ** 2);
  return out;
}

function fourthRoot(x: number): number {
  return Math.sqrt(Math.sqrt(x));
}

/** L E[min(1, X/t) (g − c)²], and to the fourth, from the moments, with what cancellation may lose. */
function aroundFourth(m: Float64Array, c: number): number {
  return m[4]! * (1 + 1e-12) - 4 * c * m[3]! + 6 * c * c * m[2]! - 4 * c ** 3 * m[1]! + c ** 4 * m[0]!;
}

function aroundSquare(m: Float64Array, c: number): number {
  return m[2]! * (1 + 1e-12) - 2 * c * m[1]! + c * c * m[0]!;
}

/** ≥ L E[|g − c|^power; g < −G], c ≥ 0: with g = −G − r the density is at most φ(G) e^{−Gr}. */
function belowReach(power: number, G: number, c: number, length: number): number {
  let term = 1;
  let sum = 0;
  for (let k = 0; k <= power; k++) {
    sum += term * (G + c) ** (power - k);
    // C(n, k) k! = n!/(n − k)!.
    term *= (power - k) / G;
  }
  return (length * inverseRoot2Pi * Math.exp(-0.5 * G * G) * sum) / G;
}

/** Sums over g ≤ y times e^{−ky·τ}: of (h² − 1)², h² (k = 2), h⁴ (k = 3) and g^n (k = 1). */
const sums = 8;

/** Thresholds in rising order with their integrals. */
function thresholds(tau: number, length: number): Threshold[] {
  const logL = Math.log(length);
  const expected = logL + 0.5 * tau * tau;
  // The largest of L scores is hardly ever below −4 or above √(2 log L) + 10, and X³ moves the Gaussian to 3τ.
  const largest = Math.sqrt(2 * logL) + 10;
  const high = Math.max(largest, Math.min(expected / tau, 3 * tau + 11));
  const list: Threshold[] = [];
  const places = [...Array.from(gaps, (gap) => (expected - gap) / tau), ...offsets.map((offset) => largest - 10 + offset)];
  for (const x of places.sort((a, b) => a - b)) {
    if (x > -4 && x < expected / tau)
      list.push({ x, squareF: 0, squareH: 0, fourth: 0, aboveF: 0, aboveH: 0, aboveFourth: 0, moments: new Float64Array(5) });
  }
  const below = new Float64Array(sums);
  const plain = list.map(() => new Float64Array(sums));
  let y = -9;
  for (const [i, at] of list.entries()) {
    y = advance(tau, length, y, Math.min(at.x, high), below, plain[i - 1] ?? null);
    const shrink = Math.exp(-tau * Math.max(0, at.x - y));
    at.squareF = below[0]! * shrink * shrink;
    at.squareH = below[1]! * shrink * shrink;
    at.fourth = below[2]! * shrink * shrink * shrink;
    for (let n = 0; n <= 4; n++) at.moments[n] = below[3 + n]! * shrink;
  }
  advance(tau, length, y, high, below, plain[list.length - 1] ?? null);
  const above = new Float64Array(sums);
  for (let i = list.length - 1; i >= 0; i--) {
    for (let n = 0; n < sums; n++) above[n]! += plain[i]![n]!;
    const at = list[i]!;
    at.aboveF = above[0]!;
    at.aboveH = above[1]!;
    at.aboveFourth = above[2]!;
    for (let n = 0; n <= 4; n++) at.moments[n]! += above[3 + n]!;
  }
  return list;
}

/** Weights of a panel's nodes, and X at them over X at its end. */
const density = new Float64Array(8);
const decay = new Float64Array(8);

/** Carries the sums over g ≤ from on to `to` and adds the plain integrals over the stretch. Gives where they stand. */
function advance(tau: number, length: number, from: number, to: number, below: Float64Array, plain: Float64Array | null): number {
  if (!(to > from)) return from;
  const panels = Math.ceil((to - from) / Math.min(1, 2.5 / tau));
  const width = (to - from) / panels;
  const ratio = Math.exp(-tau * width);
  const scale = length * inverseRoot2Pi * width;
  for (let i = 0; i < 8; i++) {
    density[i] = scale * unitWeights[i]!;
    decay[i] = Math.exp(-tau * width * (1 - unitNodes[i]!));
  }
  for (let p = 0; p < panels; p++) {
    const start = from + p * width;
    let [squareF, squareH, fourth, x0, x1, x2, x3, x4] = [0, 0, 0, 0, 0, 0, 0, 0];
    let [f, hSquare, hFourth, g0, g1, g2, g3, g4] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 8; i++) {
      const g = start + unitNodes[i]! * width;
      const w = density[i]! * Math.exp(-0.5 * g * g);
      const X = decay[i]!;
      const wX = w * X;
      const wXX = wX * X;
      const hh = (g - tau) * (g - tau);
      const F = (hh - 1) * (hh - 1);
      const gg = g * g;
      squareF += wXX * F;
      squareH += wXX * hh;
      fourth += wXX * X * hh * hh;
      x0 += wX;
      x1 += wX * g;
      x2 += wX * gg;
      x3 += wX * gg * g;
      x4 += wX * gg * gg;
      f += w * F;
      hSquare += w * hh;
      hFourth += w * hh * hh;
      g0 += w;
      g1 += w * g;
      g2 += w * gg;
      g3 += w * gg * g;
      g4 += w * gg * gg;
    }
    const two = ratio * ratio;
    carry(below, two, two * ratio, ratio, squareF, squareH, fourth, x0, x1, x2, x3, x4);
    if (plain !== null) carry(plain, 1, 1, 1, f, hSquare, hFourth, g0, g1, g2, g3, g4);
  }
  return to;
}

/** sums ← sums · factors + what is new. */
function carry(
  into: Float64Array,
  two: number,
  three: number,
  one: number,
  squareF: number,
  squareH: number,
  fourth: number,
  m0: number,
  m1: number,
  m2: number,
  m3: number,
  m4: number,
): void {
  into[0] = into[0]! * two + squareF;
  into[1] = into[1]! * two + squareH;
  into[2] = into[2]! * three + fourth;
  into[3] = into[3]! * one + m0;
  into[4] = into[4]! * one + m1;
  into[5] = into[5]! * one + m2;
  into[6] = into[6]! * one + m3;
  into[7] = into[7]! * one + m4;
}
