/** What the participation moments of every length share: transforms of the law of one score (docs/mathematics.md, section 3, "Evaluation"). */

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

    const n = this.highS - this.lowS + 1;
    this.weight = new Float64Array(n);
    this.above = new Float64Array(n + 1);
    this.below = new Float64Array(n + 1);
    fillWeights(this.weight, this.above, this.below, this.lowS, hs, tau2);

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

/** Gaussian weights of the grid of s, and their sums from i up and below i. */
function fillWeights(weight: Float64Array, above: Float64Array, below: Float64Array, lowS: number, hs: number, tau2: number): void {
  const n = weight.length;
  const norm = hs / Math.sqrt(2 * Math.PI * tau2);
  const scale = (-0.5 * hs * hs) / tau2;
  for (let i = 0; i < n; i++) weight[i] = norm * Math.exp(scale * (i + lowS) * (i + lowS));
  for (let i = n - 1; i >= 0; i--) above[i] = above[i + 1]! + weight[i]!;
  for (let i = 0; i < n; i++) below[i + 1] = below[i]! + weight[i]!;
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
  const u = new Float64Array(width);
  for (let j = 0; j < width; j++) u[j] = Math.exp((low + j) * hs);
  for (let j = 0; j < width; j++) functions[0]![j] = -Math.expm1(-u[j]!);
  for (let j = 0; j < width; j++) functions[1]![j] = Math.exp(-u[j]!);
  for (let k = 1; k <= order; k++) multiply(functions[k]!, u, functions[k + 1]!);
  recent = { key, functions };
  return functions;
}

function multiply(f: Float64Array, g: Float64Array, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = f[i]! * g[i]!;
}
