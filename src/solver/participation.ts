/**
 * Participation moments: averages of power sums P_k = Σ p_l^k of a softmax p over L independent N(0, τ²) scores
 * (docs/mathematics.md, section 3). Everything the exact part says about finite prompts is a combination of them.
 */

/** E P_2, E P_3, …, E P_2², E P_2 P_3, …: the name lists the indices. All lie in (0, 1]. */
export interface Moments {
  readonly B2: number;
  readonly B3: number;
  readonly B4: number;
  readonly B5: number;
  readonly B22: number;
  readonly B23: number;
  readonly B24: number;
  readonly B33: number;
  readonly B222: number;
  readonly B223: number;
  readonly B2222: number;
  /** Estimated relative error, common to all. */
  readonly error: number;
}

/** Order of the moments in the arrays below. The first six are what a training risk and its gradient need. */
export const momentNames = ['B2', 'B3', 'B22', 'B4', 'B23', 'B222', 'B5', 'B24', 'B33', 'B223', 'B2222'] as const;
export const coreMoments = 6;
export const allMoments = momentNames.length;

/** Largest log τ² range that the quadrature covers; above it 1 − B falls as 1/τ, which continues the value at the end. */
export const largestTau2 = 1e6;
/** Above this length the local power law at this length continues the value. */
export const largestLength = 1e30;

/**
 * φ(x) = E exp(−e^{x+s}) and ψ_k(x) = E e^{k(x+s)} exp(−e^{x+s}), s ~ N(0, τ²), on an equally spaced grid of x: what the
 * moments of every length share. `logPhi` is accurate where φ is near 1 and where it is near 0.
 */
export interface ScoreTransforms {
  readonly tau2: number;
  readonly spacing: number;
  readonly count: number;
  readonly logPhi: Float64Array;
  /** psi[k], k = 1 … order; index 0 is empty. */
  readonly psi: readonly Float64Array[];
  /** Lengths up to exp(logLength) are covered. */
  readonly logLength: number;
}

/** Spacing in x: Γ(k + iω) at ω = 2π/spacing bounds the trapezoidal error, below 1e−14 for k ≤ 8. */
const xSpacing = 0.2;
const gaussianReach = 9;
const upperY = 5;

/**
 * `tau2` > 0, `order` ≤ 8 the largest k, `logLength` the largest log L to be covered. `refine` divides both spacings.
 */
export function scoreTransforms(tau2: number, order: number, logLength: number, refine = 1): ScoreTransforms {
  const tau = Math.sqrt(tau2);
  // The grid of s refines that of x (small τ) or is refined by it (large τ, where all is smooth on the scale of τ).
  const base = xSpacing / refine;
  const fine = Math.max(1, Math.ceil(base / (0.6 * tau)));
  const coarse = Math.max(1, Math.floor(tau / 25));
  const hs = base / fine;
  const hx = base * coarse;
  const stride = fine * coarse;

  // In units of hs. Below x0 the integrand falls at the slope min(2, |x|/τ²) or faster: far enough for e^{−40}.
  const x0 = tau2 > 2 * logLength ? tau * Math.sqrt(2 * logLength) : logLength + tau2 / 2;
  const reach = Math.sqrt(x0 * x0 + 80 * tau2) + 20;
  const firstX = -Math.ceil(reach / hx);
  const lastX = Math.ceil((6 + gaussianReach * tau) / hx);
  const count = lastX - firstX + 1;
  const lowY = Math.floor(-(logLength + 34) / hs);
  const highY = Math.ceil(upperY / hs);
  const lowS = -Math.ceil((gaussianReach * tau) / hs);
  const highS = Math.min(highY - firstX * stride, Math.ceil((gaussianReach * tau + order * tau2) / hs));

  const weight = new Float64Array(highS - lowS + 1);
  for (let i = lowS; i <= highS; i++) weight[i - lowS] = Math.exp((-0.5 * (i * hs) ** 2) / tau2);
  const norm = hs / (tau * Math.sqrt(2 * Math.PI));
  for (let i = 0; i < weight.length; i++) weight[i]! *= norm;
  // Sums of the weights above and below an index: where the functions of y are saturated.
  const above = new Float64Array(weight.length + 1);
  for (let i = weight.length - 1; i >= 0; i--) above[i] = above[i + 1]! + weight[i]!;
  const below = new Float64Array(weight.length + 1);
  for (let i = 0; i < weight.length; i++) below[i + 1] = below[i]! + weight[i]!;

  const logPhi = new Float64Array(count);
  const psi: Float64Array[] = [];
  for (let k = 0; k <= order; k++) psi.push(new Float64Array(k === 0 ? 0 : count));
  const sums = new Float64Array(order + 1);

  // With a small τ the y visited are sparse, and the shared grid of y would be longer than the sum over (x, s).
  const shared = fine <= 40;
  const width = highY - lowY + 1;
  const table = shared ? new Float64Array(width * (order + 2)) : new Float64Array(0);
  if (shared) for (let j = 0; j < width; j++) fillFunctions((lowY + j) * hs, order, table, j * (order + 2));
  const one = new Float64Array(order + 2);

  for (let j = 0; j < count; j++) {
    const x = (firstX + j) * stride;
    const start = Math.max(lowS, lowY - x);
    const end = Math.min(highS, highY - x);
    sums.fill(0);
    let survive = 0;
    for (let i = start; i <= end; i++) {
      const w = weight[i - lowS]!;
      let at = (x + i - lowY) * (order + 2);
      let source = table;
      if (!shared) {
        fillFunctions((x + i) * hs, order, one, 0);
        source = one;
        at = 0;
      }
      sums[0]! += w * source[at]!;
      survive += w * source[at + 1]!;
      for (let k = 1; k <= order; k++) sums[k]! += w * source[at + 1 + k]!;
    }
    // y above the window: 1 − e^{−e^y} is 1; y below it: e^{−e^y} is 1.
    const hit = sums[0]! + above[Math.min(weight.length, Math.max(0, end + 1 - lowS))]!;
    survive += below[Math.max(0, Math.min(weight.length, start - lowS))]!;
    logPhi[j] = hit < 0.5 ? Math.log1p(-hit) : Math.log(survive);
    for (let k = 1; k <= order; k++) psi[k]![j] = sums[k]!;
  }
  return { tau2, spacing: hx, count, logPhi, psi, logLength };
}

/** 1 − e^{−e^y}, e^{−e^y}, then e^{ky} e^{−e^y} for k = 1 … order, at out[at …]. */
function fillFunctions(y: number, order: number, out: Float64Array, at: number): void {
  const u = Math.exp(y);
  const survive = Math.exp(-u);
  out[at] = -Math.expm1(-u);
  out[at + 1] = survive;
  let f = survive;
  for (let k = 1; k <= order; k++) {
    f *= u;
    out[at + 1 + k] = f;
  }
}

/** Parts of every integral I_μ that the moments need. */
const coreParts: readonly (readonly number[])[] = [[2], [3], [2, 2], [4], [3, 2], [5], [2, 2, 2], [4, 2], [6]];
const restParts: readonly (readonly number[])[] = [[3, 3], [3, 2, 2], [4, 3], [5, 2], [7], [2, 2, 2, 2], [4, 2, 2], [4, 4], [6, 2], [8]];
const factorial = [1, 1, 2, 6, 24, 120, 720, 5040, 40320];

/**
 * Fills `value` with the moments in the order of `momentNames` and, when given, `slope` with d log B / d log L, for one
 * length L ≥ 1 (real). All eleven when `all` (the transforms must then reach ψ_8), else the first six (ψ_6).
 * The slope is the derivative of the analytic continuation in L, which the integrals define.
 */
export function momentsOf(transforms: ScoreTransforms, length: number, all: boolean, value: Float64Array, slope?: Float64Array): void {
  const parts = all ? [...coreParts, ...restParts] : coreParts;
  const integrals = new Float64Array(parts.length);
  const slopes = slope === undefined ? null : new Float64Array(parts.length);
  integrate(transforms, length, parts, integrals, slopes);
  combine(integrals, all, value);
  if (slope !== undefined && slopes !== null) {
    combine(slopes, all, slope);
    const n = all ? allMoments : coreMoments;
    for (let i = 0; i < n; i++) slope[i]! /= value[i]!;
  }
}

function combine(I: Float64Array, all: boolean, out: Float64Array): void {
  const [I2, I3, I22, I4, I32, I5, I222, I42, I6] = I as unknown as number[];
  out[0] = I2!;
  out[1] = I3!;
  out[2] = I4! + I22!;
  out[3] = I4!;
  out[4] = I5! + I32!;
  out[5] = I6! + 3 * I42! + I222!;
  if (!all) return;
  const [I33, I322, I43, I52, I7, I2222, I422, I44, I62, I8] = I.subarray(9) as unknown as number[];
  out[6] = I5!;
  out[7] = I6! + I42!;
  out[8] = I6! + I33!;
  out[9] = I7! + 2 * I52! + I43! + I322!;
  out[10] = I8! + 4 * I62! + 3 * I44! + 6 * I422! + I2222!;
}

/** I_μ = (L)_r / Γ(k) ∫ ψ_{μ1} … ψ_{μr} φ^{L−r} dx and, in `slopes`, dI_μ/d log L. */
function integrate(
  t: ScoreTransforms,
  length: number,
  parts: readonly (readonly number[])[],
  out: Float64Array,
  slopes: Float64Array | null,
): void {
  const { logPhi, psi, count, spacing } = t;
  let longest = 1;
  for (const mu of parts) longest = Math.max(longest, mu.length);
  const falling = new Float64Array(longest + 1);
  const fallingSlope = new Float64Array(longest + 1);
  falling[0] = 1;
  for (let r = 1; r <= longest; r++) {
    falling[r] = falling[r - 1]! * (length - r + 1);
    fallingSlope[r] = fallingSlope[r - 1]! * (length - r + 1) + falling[r - 1]!;
  }
  const powers = new Float64Array(longest + 1);
  const sum = new Float64Array(parts.length);
  const logSum = new Float64Array(parts.length);
  for (let j = 0; j < count; j++) {
    const lp = logPhi[j]!;
    // Everything to the right is smaller still.
    if ((length - longest) * lp < -700) break;
    for (let r = 1; r <= longest; r++) powers[r] = length === r ? 1 : Math.exp((length - r) * lp);
    for (let q = 0; q < parts.length; q++) {
      const mu = parts[q]!;
      const r = mu.length;
      if (slopes === null && falling[r] === 0) continue;
      let f = powers[r]!;
      for (let i = 0; i < r; i++) f *= psi[mu[i]!]![j]!;
      // φ to a negative power, where both it and ψ have underflowed.
      if (!(f > 0 && f < Infinity)) continue;
      sum[q]! += f;
      if (slopes !== null) logSum[q]! += f * lp;
    }
  }
  for (let q = 0; q < parts.length; q++) {
    const mu = parts[q]!;
    const r = mu.length;
    let k = 0;
    for (const part of mu) k += part;
    const scale = spacing / factorial[k - 1]!;
    out[q] = scale * falling[r]! * sum[q]!;
    if (slopes !== null) slopes[q] = scale * length * (fallingSlope[r]! * sum[q]! + falling[r]! * logSum[q]!);
  }
}

/** Normalisation of order four, Σ of all ways to pick four scores with repetition: E (Σ p)⁴ = 1. Returns the defect. */
function normalisationDefect(t: ScoreTransforms, length: number): number {
  const parts = [[4], [3, 1], [2, 2], [2, 1, 1], [1, 1, 1, 1]];
  const I = new Float64Array(parts.length);
  integrate(t, length, parts, I, null);
  return Math.abs(I[0]! + 4 * I[1]! + 3 * I[2]! + 6 * I[3]! + I[4]! - 1);
}

const exactAtZero = (length: number): Float64Array => {
  const inverse = 1 / length;
  return Float64Array.from([1, 2, 2, 3, 3, 3, 4, 4, 4, 5 - 1, 4], (n) => inverse ** n);
};

/** Length buckets, so that transforms can be shared: log L up to each. */
export function logLengthCap(length: number): number {
  const logLength = Math.log(length);
  return logLength <= 14 ? 14 : logLength <= 28.5 ? 28.5 : 70;
}

/**
 * Moments (order of `momentNames`) and their slopes d log B / d log L at any τ² ≥ 0 and any real L ≥ 1, with the
 * continuation outside the quadrature's range. `transforms` builds or recalls φ and ψ for τ² in (0, largestTau2].
 */
export function momentsAt(
  tau2: number,
  length: number,
  all: boolean,
  value: Float64Array,
  slope: Float64Array,
  transforms: (tau2: number, logLength: number) => ScoreTransforms,
): void {
  const n = all ? allMoments : coreMoments;
  if (length === Infinity) {
    value.fill(0, 0, n);
    slope.fill(-1, 0, n);
    return;
  }
  const L = Math.min(length, largestLength);
  if (tau2 < 1e-18) {
    value.set(exactAtZero(L).subarray(0, n));
    for (let i = 0; i < n; i++) slope[i] = -zeroExponent[i]!;
  } else {
    momentsOf(transforms(Math.min(tau2, largestTau2), logLengthCap(L)), L, all, value, slope);
    if (tau2 > largestTau2) {
      const shrink = Math.sqrt(largestTau2 / tau2);
      for (let i = 0; i < n; i++) value[i] = 1 - (1 - value[i]!) * shrink;
    }
  }
  if (length > largestLength) for (let i = 0; i < n; i++) value[i]! *= (length / largestLength) ** slope[i]!;
}

/** At τ² = 0, B_λ = L^{−Σ(λ_i − 1)}. */
const zeroExponent: readonly number[] = [1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4];

/**
 * Participation moments for L scores of variance τ² (docs/mathematics.md, section 3), to 1e−12 relative for τ² ≤ 400 and
 * L ≤ 1e15. `length`: an integer ≥ 1, a real > 1 (the analytic continuation), or Infinity (all zero). Throws RangeError
 * outside τ² ≥ 0, L ≥ 1. Above τ² = 1e6 or L = 1e30 the values continue as 1 − B ~ 1/τ and as a local power law.
 */
export function participationMoments(tau2: number, length: number): Moments {
  if (!(tau2 >= 0) || !(length >= 1))
    throw new RangeError(`participation moments need tau2 >= 0 and length >= 1, got ${tau2} and ${length}`);
  const value = new Float64Array(allMoments);
  const slope = new Float64Array(allMoments);
  let last: ScoreTransforms | null = null;
  momentsAt(tau2, length, true, value, slope, (t, cap) => {
    last = scoreTransforms(t, 8, cap);
    return last;
  });
  let error = 4e-16;
  if (last !== null) error += normalisationDefect(last, Math.min(length, largestLength));
  if (tau2 > largestTau2) error += 1 / Math.sqrt(largestTau2);
  return asMoments(value, error);
}

export function asMoments(v: ArrayLike<number>, error: number): Moments {
  return {
    B2: v[0]!,
    B3: v[1]!,
    B22: v[2]!,
    B4: v[3]!,
    B23: v[4]!,
    B222: v[5]!,
    B5: v[6]!,
    B24: v[7]!,
    B33: v[8]!,
    B223: v[9]!,
    B2222: v[10]!,
    error,
  };
}
