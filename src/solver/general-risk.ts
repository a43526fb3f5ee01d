/**
 * Population risk at any one-head (U, v), by quadrature (docs/mathematics.md, section 6): B2 and γ are sums of exponentials in τ², and given the
 * query's part t̃ along the label's row of U each exponential is a Gaussian integral over everything else; a trapezoidal sum over t̃ remains.
 */
import { type Complex, scaled } from './complex.js';
import { ConditionedLaw, emptyGradient, type WhitenedProblem } from './conditioned-law.js';
import { lawMoments, secondMoment } from './cumulant.js';
import { matmul, matvec, symmetricSqrt, traceOfProduct } from './linear-algebra.js';
import { momentSum } from './moment-sums.js';
import { type Merged, taskOf } from './parameters.js';
import { PolynomialRisk } from './polynomial-risk.js';
import type { PopulationRisk, RiskValue } from './population.js';
import type { DenseMatrix, Problem } from './problem.js';
import { type Coefficients, TiltedMoments } from './tilted-moments.js';

/** Relative accuracy of values, and the coarsest of gradients. */
const sharp = 1e-9;
const coarse = 1e-7;
/** Errors of this share of a value and more are shown. */
const visible = 1e-6;
/** End of the sum over t̃: what lies beyond has a probability of 1e−13. */
const end = 7.5;
/** What a term must be of the risk of predicting 0 to count. */
const negligible = 1e-14;

export class GeneralRisk implements PopulationRisk {
  readonly method = 'exact';
  private readonly d: number;
  private readonly root: DenseMatrix;
  private readonly omega: Float64Array;
  private readonly mean: Float64Array;
  private readonly noise2: number;
  private readonly factor: number;
  /** Risk of predicting 0. */
  private readonly zero: number;
  /** The infinite prompt's risk, where it is a polynomial: then only the distance from it is summed. */
  private readonly limit: PolynomialRisk | null;
  private readonly moments: TiltedMoments;
  /** Bound of what the fit of the moments leaves of the last value. */
  private left = 0;
  /** Of gradients: what the training asks for. */
  private readonly accuracy: number;

  /** Gaussian tokens, Gaussian weights of any mean, one head, identity link; either kernel, any length. */
  constructor(private readonly problem: Problem) {
    const task = taskOf(problem);
    const d = task.dimension;
    this.d = d;
    this.root = symmetricSqrt(task.covariance);
    const { mean, covariance } = lawMoments(task.weights);
    this.omega = Float64Array.from(matmul(this.root, matmul(covariance, this.root)).flat());
    this.mean = matvec(this.root, mean);
    this.noise2 = task.noise ** 2;
    this.factor = task.loss === 'half_squared' ? 0.5 : 1;
    this.zero = this.factor * (traceOfProduct(task.covariance, secondMoment(task.weights)) + this.noise2);
    const centred = mean.every((m) => m === 0);
    this.limit = centred ? new PolynomialRisk({ ...problem, length: Number.POSITIVE_INFINITY }) : null;
    this.moments = new TiltedMoments(d);
    const { train } = problem;
    if (train?.kind === 'gradient_flow') this.accuracy = Math.min(coarse, Math.max(sharp, 0.1 * train.tolerance));
    else this.accuracy = train?.kind === 'sgd' || train?.kind === 'adam' ? coarse : sharp;
  }

  /** Where scores are so strong that the fit of the moments shows beside E c², what it may leave is the error; elsewhere it is 0. */
  risk(m: Merged): RiskValue {
    const value = this.evaluate(m, null, null);
    return { value, standardError: this.left > visible * Math.abs(value) ? this.left : 0 };
  }

  gradient(m: Merged, gU: Float64Array, gv: Float64Array): number {
    return this.evaluate(m, gU, gv);
  }

  /** E B2. */
  meanParticipation(m: Merged): number {
    const laws = lawsOf(this.whitened(m), sharp);
    const sum = momentSum(this.problem.length, reachOf(laws), sharp);
    const [b2] = sum.coefficients;
    let mean = 0;
    for (const { law, weight } of laws) {
      this.moments.start(law);
      for (let k = 0; k < sum.re.length; k++) {
        const [re, im] = this.moments.mass([sum.re[k]!, sum.im[k]!]);
        mean += weight * (re * b2!.re[k]! - im * b2!.im[k]!);
      }
    }
    return mean;
  }

  private evaluate(m: Merged, gU: Float64Array | null, gv: Float64Array | null): number {
    const { d, moments, factor, limit } = this;
    if (!isOfNumbers(m)) {
      // A training that grows without bound ends on what is not a number.
      gU?.fill(Number.NaN);
      gv?.fill(Number.NaN);
      return Number.NaN;
    }
    const wanted = gU !== null && gv !== null;
    const accuracy = wanted ? this.accuracy : sharp;
    const laws = lawsOf(this.whitened(m), accuracy);
    const { terms, error } = this.terms(laws, accuracy);
    const gradient = emptyGradient(d);
    let sum = 0;
    this.left = 0;
    for (const { law, weight } of laws) {
      moments.start(law);
      for (const { p, k } of terms) sum += moments.add(p, weight * factor, k, wanted, negligible * this.zero);
      // Errors of the fit are relative to B2 and γ, which are about 1 at most.
      this.left += weight * factor * error * moments.untilted;
      if (wanted) law.pullBack(moments.gradient, gradient);
    }
    const base = limit ? limit.evaluate(m, gU, gv) : this.zero;
    if (gU && gv) {
      if (!limit) {
        gU.fill(0);
        gv.fill(0);
      }
      const D = d + 1;
      const gA = matmul(this.root, matmul(rowsOf(gradient.B, d), this.root));
      const gu = matvec(this.root, gradient.u);
      const gk = matvec(this.root, gradient.v);
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++) gU[i * D + j]! += gA[i]![j]!;
        gU[d * D + i]! += gu[i]!;
        gv[i]! += gk[i]!;
      }
      gv[d]! += gradient.b;
    }
    return base + sum;
  }

  /**
   * Exponents and what they weigh. With `rest` 1 where the infinite prompt's risk is not known: softmax has r = ρ²B2 − c²γ + 2c y* B2 + rest (c² − 2c y*), linear
   * attention r = (τ²ρ² + c²)/L + rest (c² − 2c y*).
   */
  private terms(laws: readonly WeightedLaw[], accuracy: number): { terms: Term[]; error: number } {
    const { length } = this.problem;
    const rest = this.limit ? 0 : 1;
    if (length === Number.POSITIVE_INFINITY) return { terms: [termOf([0, 0], [0, 0], [rest, 0], [-2 * rest, 0])], error: 0 };
    if (this.problem.attention.kernel === 'linear') {
      const plain = termOf([0, 0], [0, 0], [rest + 1 / length, 0], [-2 * rest, 0]);
      const farthest = laws.at(-1)!.law.meanScoreVariance;
      if (farthest === 0) return { terms: [plain], error: 0 };
      const slopes = slopeAtZero(1 / (8 * farthest)).map(({ p, c }) => termOf(p, scaled(1 / length, c), [0, 0], [0, 0]));
      return { terms: [plain, ...slopes], error: 0 };
    }
    const { re, im, coefficients, error } = momentSum(length, reachOf(laws), accuracy);
    const [b2, gamma] = coefficients;
    const terms = Array.from(re, (x, k) => {
      const b: Complex = [b2!.re[k]!, b2!.im[k]!];
      const own = k === 0 ? rest : 0;
      return termOf([x, im[k]!], b, [own - gamma!.re[k]!, -gamma!.im[k]!], [2 * (b[0] - own), 2 * b[1]]);
    });
    return { terms, error };
  }

  private whitened(m: Merged): WhitenedProblem {
    const { d, root } = this;
    const D = d + 1;
    const A = Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => m.U[i * D + j]!));
    return {
      d,
      B: Float64Array.from(matmul(root, matmul(A, root)).flat()),
      u: matvec(root, m.U.subarray(d * D, d * D + d)),
      v: matvec(root, m.v.subarray(0, d)),
      b: m.v[d]!,
      omega: this.omega,
      mean: this.mean,
      noise2: this.noise2,
    };
  }
}

interface Term {
  readonly p: Complex;
  readonly k: Coefficients;
}

function termOf(p: Complex, rho2: Complex, c2: Complex, cy: Complex): Term {
  return { p, k: { rho2, c2, cy } };
}

/** q ≈ Σ Re(c e^{−pq}) for q well below 1/radius: Cauchy's formula for the slope of −e^{−pq} at p = 0, to 1e−15 by sixteen points of a circle, two at a time. */
function slopeAtZero(radius: number): { p: Complex; c: Complex }[] {
  const half = 8;
  return Array.from({ length: half }, (_, k) => {
    const angle = (Math.PI * (k + 0.5)) / half;
    const size = 1 / (half * radius);
    return { p: [radius * Math.cos(angle), radius * Math.sin(angle)], c: [-size * Math.cos(angle), size * Math.sin(angle)] };
  });
}

interface WeightedLaw {
  readonly law: ConditionedLaw;
  readonly weight: number;
}

/** The laws at the nodes of the sum over y, t̃ = a sinh y > 0; what is averaged is even in t̃. Steps h leave an error of e^{−2π(π/4)/h}, and a thousandth of what is asked is left. */
function lawsOf(problem: WhitenedProblem, accuracy: number): WeightedLaw[] {
  const step = (0.5 * Math.PI ** 2) / Math.log(1e3 / accuracy);
  const unit = new ConditionedLaw(problem, 1);
  // τ² grows as t̃² times this; the moments change where that is about 1.
  let growth = unit.meanScoreVariance;
  for (const x of unit.lambda) growth -= x;
  growth += unit.t ** 2 * problem.omega.reduce((sum, x, at) => sum + (at % (problem.d + 1) === 0 ? x : 0), 0);
  const scale = 1 / Math.sqrt(1 + 2 * Math.max(0, growth));
  const out: WeightedLaw[] = [];
  for (let y = 0.5 * step; ; y += step) {
    const tilde = scale * Math.sinh(y);
    if (tilde > end) return out;
    const weight = ((2 * step * scale) / Math.sqrt(2 * Math.PI)) * Math.cosh(y) * Math.exp(-0.5 * tilde * tilde);
    out.push({ law: new ConditionedLaw(problem, tilde), weight });
  }
}

/** A τ² that is rarely exceeded, up to where double precision ends. */
function reachOf(laws: readonly WeightedLaw[]): number {
  return Math.min(2 ** 44, 4 * laws.at(-1)!.law.meanScoreVariance);
}

function isOfNumbers(m: Merged): boolean {
  return m.U.every((x) => Math.abs(x) < 1e100) && m.v.every((x) => Math.abs(x) < 1e100);
}

function rowsOf(m: Float64Array, d: number): number[][] {
  return Array.from({ length: d }, (_, i) => Array.from(m.subarray(i * d, (i + 1) * d)));
}
