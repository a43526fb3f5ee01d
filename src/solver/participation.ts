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

/** Spacing in x: Γ(k + iω) at ω = 2π/spacing bounds the trapezoidal error, below 1e−14 for k ≤ 8. */
const xSpacing = 0.2;
const gaussianReach = 9;
const upperY = 5;
/** Columns of x computed at a time. */
const block = 16;

/**
 * φ(x) = E exp(−e^{x+s}) and ψ_k(x) = E e^{k(x+s)} exp(−e^{x+s}), s ~ N(0, τ²), on an equally spaced grid of x: what the
 * moments of every length share. On equal grids of x and s each is a convolution of a fixed function of y = x + s with
 * Gaussian weights. Columns are computed from the left when first asked for, since long prompts need few of them.
 */
export class ScoreTransforms {
  readonly spacing: number;
  readonly count: number;
  /** log φ, accurate where φ is near 1 and where it is near 0. */
  readonly logPhi: Float64Array;
  /** psi[k], k = firstOrder … order. */
  readonly psi: readonly Float64Array[];
  private ready = 0;
  private readonly hs: number;
  private readonly stride: number;
  private readonly firstX: number;
  private readonly lowS: number;
  private readonly highS: number;
  private readonly highY: number;
  private readonly lowY: Int32Array;
  private readonly weight: Float64Array;
  private readonly above: Float64Array;
  private readonly below: Float64Array;
  /** Functions of y on the shared grid: 1 − e^{−e^y}, e^{−e^y}, e^{ky} e^{−e^y}; null where the y visited are too sparse to share. */
  private readonly functions: readonly Float64Array[] | null;

  /**
   * `tau2` > 0; ψ_k for `firstOrder` ≤ k ≤ `order` ≤ 8; lengths up to exp(`logLength`). `refine` divides both spacings.
   */
  constructor(
    readonly tau2: number,
    readonly firstOrder: number,
    readonly order: number,
    logLength: number,
    refine = 1,
  ) {
    const tau = Math.sqrt(tau2);
    // The grid of s refines that of x (small τ) or is refined by it (large τ, where all is smooth on the scale of τ).
    const base = xSpacing / refine;
    const fine = Math.max(1, Math.ceil(base / (0.6 * tau)));
    const coarse = Math.max(1, Math.floor(tau / 25));
    const hs = base / fine;
    this.hs = hs;
    this.spacing = base * coarse;
    this.stride = fine * coarse;

    // Below −x0 the integrand falls at the slope min(2, |x|/τ²) or faster: far enough for e^{−40}.
    const x0 = tau2 > 2 * logLength ? tau * Math.sqrt(2 * logLength) : logLength + tau2 / 2;
    this.firstX = -Math.ceil((Math.sqrt(x0 * x0 + 80 * tau2) + 20) / this.spacing);
    const lastX = Math.ceil((6 + gaussianReach * tau) / this.spacing);
    this.count = lastX - this.firstX + 1;
    this.highY = Math.ceil(upperY / hs);
    this.lowS = -Math.ceil((gaussianReach * tau) / hs);
    this.highS = Math.min(this.highY - this.firstX * this.stride, Math.ceil((gaussianReach * tau + order * tau2) / hs));
    // e^{ky} at the lower end is e^{−36} of what it is at y = −log L, below which no length looks.
    this.lowY = Int32Array.from({ length: order + 1 }, (_, k) => Math.floor(-(logLength + 3 + 36 / Math.max(1, k)) / hs));

    const norm = hs / (tau * Math.sqrt(2 * Math.PI));
    const n = this.highS - this.lowS + 1;
    this.weight = new Float64Array(n);
    for (let i = 0; i < n; i++) this.weight[i] = norm * Math.exp((-0.5 * ((i + this.lowS) * hs) ** 2) / tau2);
    this.above = new Float64Array(n + 1);
    for (let i = n - 1; i >= 0; i--) this.above[i] = this.above[i + 1]! + this.weight[i]!;
    this.below = new Float64Array(n + 1);
    for (let i = 0; i < n; i++) this.below[i + 1] = this.below[i]! + this.weight[i]!;

    this.logPhi = new Float64Array(this.count);
    this.psi = Array.from({ length: order + 1 }, (_, k) => new Float64Array(k < firstOrder ? 0 : this.count));
    this.functions = fine > 40 ? null : sharedFunctions(hs, this.lowY[0]!, this.highY, order);
  }

  /** Makes the columns 0 … j available. */
  extendTo(j: number): void {
    while (this.ready <= j && this.ready < this.count) {
      const end = Math.min(this.count, this.ready + block);
      for (let column = this.ready; column < end; column++) {
        if (this.functions === null) this.directColumn(column);
        else this.convolve(column, this.functions);
      }
      this.ready = end;
    }
  }

  private convolve(column: number, functions: readonly Float64Array[]): void {
    const { weight, lowS, highS, highY, lowY } = this;
    const x = (this.firstX + column) * this.stride;
    const offset = x - lowY[0]!;
    const end = Math.min(highS, highY - x);
    const start = Math.max(lowS, lowY[0]! - x);
    // y above the window: 1 − e^{−e^y} is 1; y below it: e^{−e^y} is 1.
    if (x < 0) {
      const hit = correlate(weight, functions[0]!, start, end, lowS, offset);
      this.logPhi[column] = Math.log1p(-hit - this.above[clamp(end + 1 - lowS, weight.length)]!);
    } else {
      const survive = correlate(weight, functions[1]!, start, end, lowS, offset);
      this.logPhi[column] = Math.log(Math.max(1e-300, survive + this.below[clamp(start - lowS, weight.length)]!));
    }
    let k = this.firstOrder;
    for (; k + 1 <= this.order; k += 2) {
      correlatePair(weight, functions[k + 1]!, functions[k + 2]!, Math.max(lowS, lowY[k]! - x), end, lowS, offset, pair);
      this.psi[k]![column] = pair[0]!;
      this.psi[k + 1]![column] = pair[1]!;
    }
    if (k === this.order) this.psi[k]![column] = correlate(weight, functions[k + 1]!, Math.max(lowS, lowY[k]! - x), end, lowS, offset);
  }

  /** The same sums for a small τ, a few dozen s around each x. */
  private directColumn(column: number): void {
    const x = (this.firstX + column) * this.stride;
    let hit = 0;
    let survive = 0;
    for (let i = this.lowS; i <= this.highS; i++) {
      const w = this.weight[i - this.lowS]!;
      const u = Math.exp((x + i) * this.hs);
      let f = Math.exp(-u);
      hit -= w * Math.expm1(-u);
      survive += w * f;
      for (let k = 1; k <= this.order; k++) {
        f *= u;
        if (k >= this.firstOrder) this.psi[k]![column]! += w * f;
      }
    }
    this.logPhi[column] = x < 0 ? Math.log1p(-hit) : Math.log(Math.max(1e-300, survive));
  }
}

const pair = new Float64Array(2);

function clamp(i: number, top: number): number {
  return Math.max(0, Math.min(top, i));
}

/** Σ_i weight(i) f(x + i) for start ≤ i ≤ end. */
function correlate(weight: Float64Array, f: Float64Array, start: number, end: number, lowS: number, offset: number): number {
  let sum = 0;
  for (let i = start; i <= end; i++) sum += weight[i - lowS]! * f[i + offset]!;
  return sum;
}

function correlatePair(
  weight: Float64Array,
  f: Float64Array,
  g: Float64Array,
  start: number,
  end: number,
  lowS: number,
  offset: number,
  out: Float64Array,
): void {
  let a = 0;
  let b = 0;
  for (let i = start; i <= end; i++) {
    const w = weight[i - lowS]!;
    a += w * f[i + offset]!;
    b += w * g[i + offset]!;
  }
  out[0] = a;
  out[1] = b;
}

/** The grid of y is the same for all τ above a third: it is kept. */
let recent: { readonly key: string; readonly functions: Float64Array[] } | null = null;

function sharedFunctions(hs: number, low: number, high: number, order: number): Float64Array[] {
  const key = `${hs} ${low} ${high} ${order}`;
  if (recent?.key === key) return recent.functions;
  const width = high - low + 1;
  const functions = Array.from({ length: order + 2 }, () => new Float64Array(width));
  for (let j = 0; j < width; j++) {
    const u = Math.exp((low + j) * hs);
    let f = Math.exp(-u);
    functions[0]![j] = -Math.expm1(-u);
    functions[1]![j] = f;
    for (let k = 1; k <= order; k++) {
      f *= u;
      functions[k + 1]![j] = f;
    }
  }
  recent = { key, functions };
  return functions;
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
export function momentsOf(
  transforms: ScoreTransforms,
  length: number,
  all: boolean,
  value: Float64Array,
  slope: Float64Array | null = null,
): void {
  const count = all ? coreParts.length + restParts.length : coreParts.length;
  const integrals = new Float64Array(count);
  const slopes = slope === null ? null : new Float64Array(count);
  integrate(transforms, length, coreParts, integrals, slopes);
  if (all) integrate(transforms, length, restParts, integrals.subarray(coreParts.length), slopes?.subarray(coreParts.length) ?? null);
  combine(integrals, all, value);
  if (slope !== null && slopes !== null) {
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
  if (length >= 4 && parts === coreParts) sumCore(t, length, least, sum, logSum, slopes !== null);
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

/** The sums of `integrate` for `coreParts`, written out: tables spend their time here. */
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
 * Moments (order of `momentNames`) and, unless null, their slopes d log B / d log L at any τ² ≥ 0 and any real L ≥ 1, with the
 * continuation outside the quadrature's range. `transforms` builds or recalls φ and ψ for τ² in (0, largestTau2].
 */
export function momentsAt(
  tau2: number,
  length: number,
  all: boolean,
  value: Float64Array,
  slope: Float64Array | null,
  transforms: (tau2: number, logLength: number) => ScoreTransforms,
): void {
  const n = all ? allMoments : coreMoments;
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
    momentsOf(transforms(Math.min(tau2, largestTau2), logLengthCap(L)), L, all, value, slopes);
    if (tau2 > largestTau2) {
      const shrink = Math.sqrt(largestTau2 / tau2);
      for (let i = 0; i < n; i++) value[i] = 1 - (1 - value[i]!) * shrink;
    }
  }
  if (far && slopes !== null) for (let i = 0; i < n; i++) value[i]! *= (length / largestLength) ** slopes[i]!;
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
  momentsAt(tau2, length, true, value, null, (t, cap) => {
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
