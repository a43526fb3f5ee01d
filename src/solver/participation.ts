/**
 * Participation moments: averages of power sums P_k = Σ p_l^k of a softmax p over L independent N(0, τ²) scores
 * (docs/mathematics.md, section 3). Everything the exact part says about finite prompts is a combination of them.
 */
import { ScoreTransforms } from './score-transforms.js';

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

/** Order of the moments in the arrays below. */
export const momentNames = ['B2', 'B3', 'B22', 'B4', 'B23', 'B222', 'B5', 'B24', 'B33', 'B223', 'B2222'] as const;
/** How many of them are wanted: B2 … B4 make a risk (transforms up to ψ_4), B2 … B222 also its derivative in τ² (ψ_6), all the errors (ψ_8). */
export type MomentCount = 4 | 6 | 11;
export const leadingMoments = 4;
export const coreMoments = 6;
export const allMoments = 11;

/** Largest log τ² range that the quadrature covers; above it 1 − B falls as 1/τ, which continues the value at the end. */
export const largestTau2 = 1e6;
/** Above this length the local power law at this length continues the value. */
export const largestLength = 1e30;

/** Parts of every integral I_μ that the moments need. */
const leadingParts: readonly (readonly number[])[] = [[2], [3], [2, 2], [4]];
const coreParts: readonly (readonly number[])[] = [...leadingParts, [3, 2], [5], [2, 2, 2], [4, 2], [6]];
const restParts: readonly (readonly number[])[] = [[3, 3], [3, 2, 2], [4, 3], [5, 2], [7], [2, 2, 2, 2], [4, 2, 2], [4, 4], [6, 2], [8]];
const factorial = [1, 1, 2, 6, 24, 120, 720, 5040, 40320];

/**
 * Fills `value` with the first `wanted` moments in the order of `momentNames` and, when given, `slope` with d log B / d log L, for one
 * length L ≥ 1 (real). The slope is the derivative of the analytic continuation in L, which the integrals define.
 */
export function momentsOf(
  transforms: ScoreTransforms,
  length: number,
  wanted: MomentCount,
  value: Float64Array,
  slope: Float64Array | null = null,
): void {
  const first = wanted === leadingMoments ? leadingParts : coreParts;
  const count = wanted === allMoments ? coreParts.length + restParts.length : first.length;
  const integrals = new Float64Array(count);
  const slopes = slope === null ? null : new Float64Array(count);
  integrate(transforms, length, first, integrals, slopes);
  if (wanted === allMoments)
    integrate(transforms, length, restParts, integrals.subarray(coreParts.length), slopes?.subarray(coreParts.length) ?? null);
  combine(integrals, wanted, value);
  if (slope !== null && slopes !== null) {
    combine(slopes, wanted, slope);
    for (let i = 0; i < wanted; i++) slope[i]! /= value[i]!;
  }
}

function combine(I: Float64Array, wanted: MomentCount, out: Float64Array): void {
  const [I2, I3, I22, I4, I32, I5, I222, I42, I6] = I as unknown as number[];
  out[0] = I2!;
  out[1] = I3!;
  out[2] = I4! + I22!;
  out[3] = I4!;
  if (wanted === leadingMoments) return;
  out[4] = I5! + I32!;
  out[5] = I6! + 3 * I42! + I222!;
  if (wanted !== allMoments) return;
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
  // The integral is at least about L^{−k}: what is this much smaller cannot show, and all to the right is smaller still.
  const least = -(45 + 8 * Math.log(length));
  let longest = 1;
  for (const mu of parts) longest = Math.max(longest, mu.length);
  const falling = new Float64Array(longest + 1);
  const fallingSlope = new Float64Array(longest + 1);
  falling[0] = 1;
  for (let r = 1; r <= longest; r++) {
    falling[r] = falling[r - 1]! * (length - r + 1);
    fallingSlope[r] = fallingSlope[r - 1]! * (length - r + 1) + falling[r - 1]!;
  }
  const sum = new Float64Array(parts.length);
  const logSum = new Float64Array(parts.length);
  if (length >= 4 && slopes === null && parts === leadingParts) sumLeading(t, length, least, sum);
  else if (length >= 4 && parts === coreParts) sumCore(t, length, least, sum, logSum, slopes !== null);
  else if (length >= 4 && parts === restParts) sumRest(t, length, least, sum, logSum, slopes !== null);
  else {
    const powers = new Float64Array(longest + 1);
    for (let j = 0; j < count; j++) {
      t.extendTo(j);
      const lp = logPhi[j]!;
      if ((length - longest) * lp < least) break;
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

/** The sums of `integrate` for `leadingParts`, written out: tables spend their time here. */
function sumLeading(t: ScoreTransforms, length: number, least: number, sum: Float64Array): void {
  const { logPhi, count } = t;
  const [, , psi2, psi3, psi4] = t.psi as unknown as Float64Array[];
  let s2 = 0;
  let s3 = 0;
  let s22 = 0;
  let s4 = 0;
  for (let j = 0; j < count; j++) {
    t.extendTo(j);
    const lp = logPhi[j]!;
    if ((length - 2) * lp < least) break;
    const e2 = Math.exp((length - 2) * lp);
    const e1 = e2 * Math.exp(lp);
    const f2 = psi2![j]!;
    s2 += f2 * e1;
    s3 += psi3![j]! * e1;
    s22 += f2 * f2 * e2;
    s4 += psi4![j]! * e1;
  }
  sum[0] = s2;
  sum[1] = s3;
  sum[2] = s22;
  sum[3] = s4;
}

/** The same for `coreParts`. */
function sumCore(t: ScoreTransforms, length: number, least: number, sum: Float64Array, logSum: Float64Array, wantLog: boolean): void {
  const { logPhi, count } = t;
  const [, , psi2, psi3, psi4, psi5, psi6] = t.psi as unknown as Float64Array[];
  let s2 = 0;
  let s3 = 0;
  let s22 = 0;
  let s4 = 0;
  let s32 = 0;
  let s5 = 0;
  let s222 = 0;
  let s42 = 0;
  let s6 = 0;
  for (let j = 0; j < count; j++) {
    t.extendTo(j);
    const lp = logPhi[j]!;
    if ((length - 3) * lp < least) break;
    const phi = Math.exp(lp);
    const e3 = Math.exp((length - 3) * lp);
    const e2 = e3 * phi;
    const e1 = e2 * phi;
    const f2 = psi2![j]!;
    const f3 = psi3![j]!;
    const f4 = psi4![j]!;
    const f2e2 = f2 * e2;
    s2 += f2 * e1;
    s3 += f3 * e1;
    s22 += f2 * f2e2;
    s4 += f4 * e1;
    s32 += f3 * f2e2;
    s5 += psi5![j]! * e1;
    s222 += f2 * f2 * f2 * e3;
    s42 += f4 * f2e2;
    s6 += psi6![j]! * e1;
    if (wantLog) {
      logSum[0]! += f2 * e1 * lp;
      logSum[1]! += f3 * e1 * lp;
      logSum[2]! += f2 * f2e2 * lp;
      logSum[3]! += f4 * e1 * lp;
      logSum[4]! += f3 * f2e2 * lp;
      logSum[5]! += psi5![j]! * e1 * lp;
      logSum[6]! += f2 * f2 * f2 * e3 * lp;
      logSum[7]! += f4 * f2e2 * lp;
      logSum[8]! += psi6![j]! * e1 * lp;
    }
  }
  sum.set([s2, s3, s22, s4, s32, s5, s222, s42, s6]);
}

/** The same for `restParts`. */
function sumRest(t: ScoreTransforms, length: number, least: number, sum: Float64Array, logSum: Float64Array, wantLog: boolean): void {
  const { logPhi, count } = t;
  const [, , psi2, psi3, psi4, psi5, psi6, psi7, psi8] = t.psi as unknown as Float64Array[];
  for (let j = 0; j < count; j++) {
    t.extendTo(j);
    const lp = logPhi[j]!;
    if ((length - 4) * lp < least) break;
    const phi = Math.exp(lp);
    const e4 = Math.exp((length - 4) * lp);
    const e3 = e4 * phi;
    const e2 = e3 * phi;
    const e1 = e2 * phi;
    const f2 = psi2![j]!;
    const f3 = psi3![j]!;
    const f4 = psi4![j]!;
    column[0] = f3 * f3 * e2;
    column[1] = f3 * f2 * f2 * e3;
    column[2] = f4 * f3 * e2;
    column[3] = psi5![j]! * f2 * e2;
    column[4] = psi7![j]! * e1;
    column[5] = f2 * f2 * f2 * f2 * e4;
    column[6] = f4 * f2 * f2 * e3;
    column[7] = f4 * f4 * e2;
    column[8] = psi6![j]! * f2 * e2;
    column[9] = psi8![j]! * e1;
    for (let q = 0; q < 10; q++) sum[q]! += column[q]!;
    if (wantLog) for (let q = 0; q < 10; q++) logSum[q]! += column[q]! * lp;
  }
}

const column = new Float64Array(10);

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
  return logLength <= 7.2 ? 7.2 : logLength <= 14 ? 14 : logLength <= 28.5 ? 28.5 : 70;
}

/**
 * The first n moments (order of `momentNames`) and, unless null, their slopes d log B / d log L at any τ² ≥ 0 and any real L ≥ 1, with the
 * continuation outside the quadrature's range. `transforms` builds or recalls φ and ψ for τ² in (0, largestTau2].
 */
export function momentsAt(
  tau2: number,
  length: number,
  n: MomentCount,
  value: Float64Array,
  slope: Float64Array | null,
  transforms: (tau2: number, logLength: number) => ScoreTransforms,
): void {
  if (length === Infinity) {
    value.fill(0, 0, n);
    slope?.fill(-1, 0, n);
    return;
  }
  const far = length > largestLength;
  const slopes = slope ?? (far ? new Float64Array(n) : null);
  const L = Math.min(length, largestLength);
  if (tau2 < 1e-18) {
    value.set(exactAtZero(L).subarray(0, n));
    if (slopes !== null) for (let i = 0; i < n; i++) slopes[i] = -zeroExponent[i]!;
  } else {
    momentsOf(transforms(Math.min(tau2, largestTau2), logLengthCap(L)), L, n, value, slopes);
    if (tau2 > largestTau2) condense(tau2, n, value);
  }
  if (far && slopes !== null) for (let i = 0; i < n; i++) value[i]! *= (length / largestLength) ** slopes[i]!;
}

/**
 * Carries moments at the largest τ² of the quadrature on to a larger one: 1 − B ~ 1/τ, since a second score within 1 of the largest is that rare.
 * E(Σ p_l s_l)²/τ² = B2 + τ²G tends to the second moment of the largest of L normals and stands still, so that G ~ 1/τ², far below the 1 − B that it is
 * a difference of: B3, B22 and B222 follow from G, B2 and the derivatives' identities.
 */
function condense(tau2: number, n: MomentCount, value: Float64Array): void {
  const still = value[0]! + largestTau2 * (1 - value[0]! - 6 * value[1]! + 6 * value[2]!);
  const shrink = Math.sqrt(largestTau2 / tau2);
  for (let i = 0; i < n; i++) value[i] = 1 - (1 - value[i]!) * shrink;
  const B2 = value[0]!;
  const slopeB2 = (1 - B2) / (2 * tau2);
  const G = (still - B2) / tau2;
  const B3 = (G - 1 + 3 * B2 - 2 * slopeB2) / 2;
  const B22 = (slopeB2 - B2 + 4 * B3) / 3;
  value[1] = B3;
  value[2] = B22;
  if (n < coreMoments) return;
  const slopeG = -(G + slopeB2) / tau2;
  value[5] = (slopeG + B2 + 14 * B3 - 9 * B22 - 78 * value[3]! + 132 * value[4]!) / 60;
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
  let last: ScoreTransforms | null = null;
  momentsAt(tau2, length, allMoments, value, null, (t, cap) => {
    last = new ScoreTransforms(t, 1, 8, cap);
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
