/**
 * Functions on [0, ∞) as sums of exponentials, f(q) ≈ Σ_k Re(c_k e^{−p_k q}) with Re p_k ≥ 0 (Beylkin and Monzón 2005): a Gaussian average of such a sum is a sum of
 * Gaussian integrals that cannot grow, wherever q is quadratic (docs/mathematics.md, section 6). Exponents are picked one by one from rays of the right
 * half-plane, each time the one that takes most of what is left (orthogonal matching pursuit), coefficients are least squares.
 */
import { Matrix, QrDecomposition } from 'ml-matrix';

export interface ExponentialSum {
  /** Exponents p_k; the first is 0, the constant. */
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** One row of coefficients for each function: real and imaginary parts. */
  readonly coefficients: readonly { readonly re: Float64Array; readonly im: Float64Array }[];
  /** Largest weighted error at the nodes. */
  readonly error: number;
}

export interface FitOptions {
  /** Weight of the error at every node. */
  readonly weights: Float64Array;
  /** The weighted error is at most this, unless `most` exponents do not reach it. */
  readonly accuracy: number;
  readonly most: number;
  /** The functions live on [0, reach]; what changes faster than e^{−8q} is not resolved. */
  readonly reach: number;
}

/** Angles of the rays, in degrees, and exponents on each, by factors of 2^{1/3}. */
const rays = [0, 30, 50, 65, 75, 82, 85];
const perOctave = 3;
const fastest = 3;

/** Fits functions, given by their values at the nodes q ≥ 0, with common exponents. */
export function fitExponentials(q: Float64Array, values: readonly Float64Array[], options: FitOptions): ExponentialSum {
  const { weights, accuracy, most } = options;
  const pursuit = new Pursuit(q, values, weights, exponentsUpTo(options.reach));
  const chosen: number[] = [];
  while (chosen.length < most && pursuit.error > accuracy) {
    const next = pursuit.pick();
    if (next === null) break;
    chosen.push(next);
  }
  const re = Float64Array.of(0, ...chosen.map((k) => pursuit.re[k]!));
  const im = Float64Array.of(0, ...chosen.map((k) => pursuit.im[k]!));
  return leastSquares(q, values, weights, re, im);
}

function exponentsUpTo(reach: number): { re: Float64Array; im: Float64Array } {
  const lowest = -Math.ceil(Math.log2(reach)) - 1;
  const re: number[] = [];
  const im: number[] = [];
  for (const angle of rays) {
    for (let k = lowest * perOctave; k <= fastest * perOctave; k++) {
      const size = 2 ** (k / perOctave);
      re.push(size * Math.cos((angle * Math.PI) / 180));
      im.push(angle === 0 ? 0 : size * Math.sin((angle * Math.PI) / 180));
    }
  }
  return { re: Float64Array.from(re), im: Float64Array.from(im) };
}

/** Columns that have lost more than this share of their length to what is chosen already are left out. */
const independence = 1e-9;

/** What is left of functions and candidates after the chosen exponentials are projected out. */
class Pursuit {
  readonly re: Float64Array;
  readonly im: Float64Array;
  private readonly residuals: Float64Array[];
  /** Weighted cos and sin parts of each candidate, and their first lengths. */
  private readonly columns: (readonly [Float64Array, Float64Array | null])[];
  private readonly lengths: (readonly [number, number])[];

  constructor(q: Float64Array, values: readonly Float64Array[], weights: Float64Array, exponents: { re: Float64Array; im: Float64Array }) {
    this.re = exponents.re;
    this.im = exponents.im;
    this.residuals = values.map((f) => f.map((x, i) => x * weights[i]!));
    this.columns = Array.from(this.re, (a, k) => {
      const b = this.im[k]!;
      const cosine = q.map((x, i) => weights[i]! * Math.exp(-a * x) * Math.cos(b * x));
      return [cosine, b === 0 ? null : q.map((x, i) => -weights[i]! * Math.exp(-a * x) * Math.sin(b * x))] as const;
    });
    this.lengths = this.columns.map(([x, y]) => [norm(x), y ? norm(y) : 0]);
    this.remove(unit(Float64Array.from(weights)));
  }

  get error(): number {
    let largest = 0;
    for (const r of this.residuals) for (const x of r) largest = Math.max(largest, Math.abs(x));
    return largest;
  }

  /** The candidate that takes most of the residuals, which is projected out; null when none is independent of those before. */
  pick(): number | null {
    let best = 0;
    let chosen: number | null = null;
    for (let k = 0; k < this.columns.length; k++) {
      const gain = this.gain(k);
      if (gain > best) {
        best = gain;
        chosen = k;
      }
    }
    if (chosen === null) return null;
    const [x, y] = this.columns[chosen]!;
    const [wasX, wasY] = this.lengths[chosen]!;
    if (norm(x) > independence * wasX) this.remove(unit(Float64Array.from(x)));
    if (y && norm(y) > independence * wasY) this.remove(unit(Float64Array.from(y)));
    return chosen;
  }

  /** What projecting candidate k out takes from the sum of the residuals' squares. */
  private gain(k: number): number {
    const [x, y] = this.columns[k]!;
    const [wasX, wasY] = this.lengths[k]!;
    const xx = inner(x, x);
    const isX = xx > (independence * wasX) ** 2;
    const slope = isX && y ? inner(x, y) / xx : 0;
    const yy = y ? inner(y, y) - slope * slope * xx : 0;
    const isY = yy > (independence * wasY) ** 2;
    let gain = 0;
    for (const r of this.residuals) {
      const xr = isX ? inner(x, r) : 0;
      if (isX) gain += (xr * xr) / xx;
      if (y && isY) gain += (inner(y, r) - slope * xr) ** 2 / yy;
    }
    return gain;
  }

  private remove(b: Float64Array): void {
    for (const r of this.residuals) subtract(r, b);
    for (const [x, y] of this.columns) {
      subtract(x, b);
      if (y) subtract(y, b);
    }
  }
}

function inner(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

function norm(x: Float64Array): number {
  return Math.sqrt(inner(x, x));
}

function unit(x: Float64Array): Float64Array {
  const size = norm(x);
  for (let i = 0; i < x.length; i++) x[i]! /= size;
  return x;
}

/** x − (x·b) b, in place. */
function subtract(x: Float64Array, b: Float64Array): void {
  const along = inner(x, b);
  for (let i = 0; i < x.length; i++) x[i]! -= along * b[i]!;
}

function leastSquares(
  q: Float64Array,
  values: readonly Float64Array[],
  weights: Float64Array,
  re: Float64Array,
  im: Float64Array,
): ExponentialSum {
  const rows = Array.from(q, (x, i) => {
    const row: number[] = [];
    for (let k = 0; k < re.length; k++) {
      const size = weights[i]! * Math.exp(-re[k]! * x);
      row.push(size * Math.cos(im[k]! * x));
      if (im[k] !== 0) row.push(size * Math.sin(im[k]! * x));
    }
    return row;
  });
  const matrix = new Matrix(rows);
  const wanted = new Matrix(rows.map((_, i) => values.map((f) => weights[i]! * f[i]!)));
  const solution = new QrDecomposition(matrix).solve(wanted);
  const missed = Matrix.sub(matrix.mmul(solution), wanted);
  const coefficients = values.map((_, f) => {
    const out = { re: new Float64Array(re.length), im: new Float64Array(re.length) };
    for (let k = 0, at = 0; k < re.length; k++) {
      out.re[k] = solution.get(at++, f);
      if (im[k] !== 0) out.im[k] = solution.get(at++, f);
    }
    return out;
  });
  return { re, im, coefficients, error: Math.max(missed.max(), -missed.min()) };
}

/** Σ_k Re(c_k e^{−p_k q}) of one of the fitted functions. */
export function evaluateSum(sum: ExponentialSum, index: number, q: number): number {
  const c = sum.coefficients[index]!;
  let total = 0;
  for (let k = 0; k < sum.re.length; k++) {
    const angle = sum.im[k]! * q;
    total += Math.exp(-sum.re[k]! * q) * (c.re[k]! * Math.cos(angle) + c.im[k]! * Math.sin(angle));
  }
  return total;
}
