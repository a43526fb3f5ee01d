/**
 * The Gaussian law of query and weights given the query's part t̃ along the label's row of U, and its way back for gradients (docs/mathematics.md, section 6).
 *
 * In whitened coordinates (x for Σ^{−1/2}x_q, w for Σ^{1/2}w) scores have the variance τ² = ‖n‖² + s²t², n = Bx + tw, with B = Σ^{1/2}AΣ^{1/2} and t = ûᵀx,
 * û = Σ^{1/2}u. Given x's part t̃ along e = û/‖û‖, n is linear in the rest: everything that the risk needs is a polynomial in jointly Gaussian numbers, and τ² is quadratic.
 */
import { symmetricEigen } from './linear-algebra.js';

/** What does not depend on t̃. Matrices are d × d, row-major. */
export interface WhitenedProblem {
  readonly d: number;
  readonly B: Float64Array;
  readonly u: Float64Array;
  readonly v: Float64Array;
  readonly b: number;
  /** Covariance and mean of the whitened weights, variance of the labels' noise. */
  readonly omega: Float64Array;
  readonly mean: Float64Array;
  readonly noise2: number;
}

export interface WhitenedGradient {
  readonly B: Float64Array;
  readonly u: Float64Array;
  readonly v: Float64Array;
  b: number;
}

export function emptyGradient(d: number): WhitenedGradient {
  return { B: new Float64Array(d * d), u: new Float64Array(d), v: new Float64Array(d), b: 0 };
}

/** Unit vector along u; any where u = 0. */
export function directionOf(u: Float64Array): { e: Float64Array; size: number } {
  const size = Math.hypot(...u);
  const e = size > 0 ? u.map((x) => x / size) : u.map((_, i) => (i === 0 ? 1 : 0));
  return { e, size };
}

/** The law, in the frame where Cov(n) is diagonal. */
export class ConditionedLaw {
  /** Columns: the frame. */
  readonly frame: Float64Array;
  /** Eigenvalues of Cov(n). */
  readonly lambda: Float64Array;
  /** Cov(w); Cov(n, x); their product; that and its transpose added. Cov(n, w) is t O. */
  readonly O: Float64Array;
  readonly X: Float64Array;
  readonly M: Float64Array;
  readonly twoM: Float64Array;
  /** O². */
  readonly OO: Float64Array;
  /** Means of n, x and w; v. */
  readonly mu: Float64Array;
  readonly x0: Float64Array;
  readonly w0: Float64Array;
  readonly v: Float64Array;
  readonly t: number;
  private readonly e: Float64Array;
  private readonly size: number;
  private readonly BFrame: Float64Array;

  constructor(
    readonly problem: WhitenedProblem,
    readonly tilde: number,
  ) {
    const { d, B, u, omega } = problem;
    const { e, size } = directionOf(u);
    const t = size * tilde;
    this.size = size;
    this.t = t;
    const Be = apply(d, B, e);
    const rest = B.map((x, at) => x - Be[Math.floor(at / d)]! * e[at % d]!);
    const covariance = product(d, rest, rest, false, true);
    for (let i = 0; i < d * d; i++) covariance[i]! += t * t * omega[i]!;
    const { values, vectors } = symmetricEigen(
      Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => 0.5 * (covariance[i * d + j]! + covariance[j * d + i]!))),
    );
    this.lambda = Float64Array.from(values, (x) => Math.max(0, x));
    this.frame = Float64Array.from(vectors.flat());
    this.O = this.turned(omega);
    this.X = this.turned(rest);
    this.BFrame = this.turned(B);
    this.M = product(d, this.X, this.O);
    this.twoM = this.M.map((x, at) => x + this.M[(at % d) * d + Math.floor(at / d)]!);
    this.OO = product(d, this.O, this.O);
    this.e = apply(d, this.frame, e, true);
    this.w0 = apply(d, this.frame, problem.mean, true);
    this.v = apply(d, this.frame, problem.v, true);
    this.x0 = this.e.map((x) => tilde * x);
    const alongE = apply(d, this.BFrame, this.e);
    this.mu = alongE.map((x, i) => tilde * x + t * this.w0[i]!);
  }

  /** E τ². */
  get meanScoreVariance(): number {
    let sum = this.problem.noise2 * this.t * this.t;
    for (let i = 0; i < this.lambda.length; i++) sum += this.lambda[i]! + this.mu[i]! ** 2;
    return sum;
  }

  /** FᵀmF. */
  private turned(m: Float64Array): Float64Array {
    const { d } = this.problem;
    return product(d, product(d, this.frame, m, true), this.frame);
  }

  /** Adds the gradient in B, u, v and b of what has these derivatives in the law's own quantities. `into.b` takes `own.b`. */
  pullBack(own: LawGradient, into: WhitenedGradient): void {
    const { problem, frame, O, X, BFrame, e, tilde, t, size } = this;
    const { d } = problem;
    // M = XO.
    const gX = own.X.slice();
    const throughM = product(d, own.M, O, false, true);
    const gC = own.C.map((x, at) => 0.5 * (x + own.C[(at % d) * d + Math.floor(at / d)]!));
    let gt = own.t;
    for (let i = 0; i < d * d; i++) {
      gX[i]! += throughM[i]!;
      gt += 2 * t * gC[i]! * O[i]!;
    }
    for (let i = 0; i < d; i++) gt += own.mu[i]! * this.w0[i]!;
    // X = BΠ, C = BΠBᵀ + t²O, Π = 1 − eeᵀ.
    const CX = product(d, gC, X);
    const gXe = apply(d, gX, e);
    const gB = gX.map((x, at) => {
      const [i, j] = [Math.floor(at / d), at % d];
      return x - gXe[i]! * e[j]! + 2 * CX[at]! + tilde * own.mu[i]! * e[j]!;
    });
    const sum = gX.slice();
    const CB = product(d, gC, BFrame);
    for (let i = 0; i < d * d; i++) sum[i]! += CB[i]!;
    const gP = product(d, BFrame, sum, true);
    const Bmu = apply(d, BFrame, own.mu, true);
    const left = apply(d, gP, e);
    const right = apply(d, gP, e, true);
    const ge = Float64Array.from({ length: d }, (_, i) => tilde * (Bmu[i]! + own.x0[i]!) - left[i]! - right[i]!);
    const back = product(d, product(d, frame, gB), frame, false, true);
    for (let i = 0; i < d * d; i++) into.B[i]! += back[i]!;
    let along = 0;
    for (let i = 0; i < d; i++) along += ge[i]! * e[i]!;
    const gu = ge.map((x, i) => tilde * gt * e[i]! + (size > 0 ? (x - along * e[i]!) / size : 0));
    const u = apply(d, frame, gu);
    const v = apply(d, frame, own.v);
    for (let i = 0; i < d; i++) {
      into.u[i]! += u[i]!;
      into.v[i]! += v[i]!;
    }
    into.b += own.b;
  }
}

/** Derivatives in the quantities of a law, in its frame: C stands for Cov(n); t where it shows beside Cov(n) and μ. */
export interface LawGradient {
  readonly X: Float64Array;
  readonly M: Float64Array;
  readonly C: Float64Array;
  readonly mu: Float64Array;
  readonly x0: Float64Array;
  readonly v: Float64Array;
  b: number;
  t: number;
}

export function emptyLawGradient(d: number): LawGradient {
  const matrix = (): Float64Array => new Float64Array(d * d);
  const vector = (): Float64Array => new Float64Array(d);
  return { X: matrix(), M: matrix(), C: matrix(), mu: vector(), x0: vector(), v: vector(), b: 0, t: 0 };
}

/** A B of square row-major matrices, each transposed where asked. */
function product(d: number, A: Float64Array, B: Float64Array, transposeA = false, transposeB = false): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++)
    for (let j = 0; j < d; j++) {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += A[transposeA ? k * d + i : i * d + k]! * B[transposeB ? j * d + k : k * d + j]!;
      out[i * d + j] = sum;
    }
  return out;
}

function apply(d: number, A: Float64Array, x: Float64Array, isTransposed = false): Float64Array {
  const out = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += A[isTransposed ? j * d + i : i * d + j]! * x[j]!;
    out[i] = sum;
  }
  return out;
}
