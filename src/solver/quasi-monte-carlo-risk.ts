/**
 * Population risk of softmax attention at any one-head (U, v), by randomised quasi-Monte Carlo over (w, x_q) with common points for all parameters and lengths
 * (docs/mathematics.md, section 5). With c the infinite-prompt output and y* = wᵀx_q, E c², E c y* and E y*² are known polynomials: only the difference from
 * the infinite-prompt risk is averaged, and c² and c y* are control variates of that difference, with regression coefficients. In other words, the
 * points have weights 1 + ℓ under which the averages of c² and c y* are exact. For long prompts the coefficients tend to 0; for short ones, or strong
 * scores, a plain difference would take the exact mean of c² from its average over the points, and fall without bound along a flow.
 */
import { lawMoments, secondMoment } from './cumulant.js';
import { matvec, symmetricSqrt, traceOfProduct } from './linear-algebra.js';
import { momentTable } from './moment-table.js';
import { type Merged, taskOf } from './parameters.js';
import { PolynomialRisk } from './polynomial-risk.js';
import type { PopulationRisk, RiskValue } from './population.js';
import type { DenseMatrix, Problem } from './problem.js';
import { gaussianPoints } from './quasi-monte-carlo.js';

const replicates = 8;
const defaultPoints = 8192;
/** Relative standard error that values along a trajectory are refined to, by up to 16 times the points. */
const wantedError = 1e-4;
const refinement = 4;
/** Bounds on all evaluations at points for one trajectory, and on the numbers that hold the points. */
const mostEvaluations = 2 ** 24;
const mostCoordinates = 4e6;

export class QuasiMonteCarloRisk implements PopulationRisk {
  readonly method = 'quasi_monte_carlo';
  private readonly d: number;
  private readonly perReplicate: number;
  /** Row-major points × d: x, Σw; and wᵀΣw + s², wᵀx. */
  private readonly x: Float64Array;
  private readonly sw: Float64Array;
  private readonly power: Float64Array;
  private readonly target: Float64Array;
  private readonly covariance: DenseMatrix;
  private readonly flatCovariance: Float64Array;
  private readonly noise2: number;
  private readonly factor: number;
  /** Risk of predicting 0. */
  private readonly zero: number;
  private readonly control: PolynomialRisk | null;
  private kept: Points | null = null;
  private finer: QuasiMonteCarloRisk | null = null;

  constructor(
    private readonly problem: Problem,
    count = problem.solver.samples ?? defaultPoints,
  ) {
    const task = taskOf(problem);
    const d = task.dimension;
    this.d = d;
    this.covariance = task.covariance;
    this.flatCovariance = Float64Array.from(task.covariance.flat());
    this.noise2 = task.noise ** 2;
    this.factor = task.loss === 'half_squared' ? 0.5 : 1;
    this.perReplicate = Math.max(2, Math.ceil(count / replicates));
    const all = replicates * this.perReplicate;
    this.x = new Float64Array(all * d);
    this.sw = new Float64Array(all * d);
    this.power = new Float64Array(all);
    this.target = new Float64Array(all);
    const { mean, covariance } = lawMoments(task.weights);
    const weightRoot = symmetricSqrt(covariance);
    const tokenRoot = symmetricSqrt(task.covariance);
    for (let r = 0, n = 0; r < replicates; r++) {
      const points = gaussianPoints(2 * d, this.perReplicate, problem.solver.seed, r);
      for (let i = 0; i < this.perReplicate; i++, n++) {
        const x = matvec(tokenRoot, points.subarray(2 * d * i, 2 * d * i + d));
        const w = matvec(weightRoot, points.subarray(2 * d * i + d, 2 * d * (i + 1)));
        for (let k = 0; k < d; k++) w[k]! += mean[k]!;
        const sw = matvec(task.covariance, w);
        let power = this.noise2;
        let target = 0;
        for (let k = 0; k < d; k++) {
          power += w[k]! * sw[k]!;
          target += w[k]! * x[k]!;
        }
        this.x.set(x, n * d);
        this.sw.set(sw, n * d);
        this.power[n] = power;
        this.target[n] = target;
      }
    }
    this.zero = this.factor * (traceOfProduct(task.covariance, secondMoment(task.weights)) + this.noise2);
    const centred = mean.every((m) => m === 0);
    this.control = centred ? new PolynomialRisk({ ...problem, length: Number.POSITIVE_INFINITY }) : null;
  }

  /**
   * With `evaluations`, the number of values that are wanted in all, and no sample size asked for, more points are taken from the first value on whose
   * standard error is above 1e−4 of it.
   */
  risk(m: Merged, evaluations?: number): RiskValue {
    if (this.finer) return this.finer.risk(m, evaluations);
    const own = this.estimate(m);
    if (evaluations === undefined || this.problem.solver.samples !== null || own.standardError <= wantedError * Math.abs(own.value))
      return own;
    return this.refine(evaluations)?.risk(m, evaluations) ?? own;
  }

  private refine(evaluations: number): QuasiMonteCarloRisk | null {
    const count = refinement * this.power.length;
    const isTooMany = count > 16 * defaultPoints || count * evaluations > mostEvaluations || 2 * count * this.d > mostCoordinates;
    if (!isTooMany) this.finer = new QuasiMonteCarloRisk(this.problem, count);
    return this.finer;
  }

  private estimate(m: Merged): RiskValue {
    const sums = this.average(m, false);
    const fit = this.fit(m, sums, null, null);
    const means = Array.from({ length: replicates }, (_, r) => sums.r[r]! - fit.byP * sums.p[r]! - fit.byQ * sums.q[r]!);
    const mean = average(means);
    let spread = 0;
    for (const x of means) spread += (x - mean) ** 2;
    return {
      value: fit.base + this.factor * (average(sums.r) + fit.correction),
      standardError: this.factor * Math.sqrt(spread / (replicates * (replicates - 1))),
    };
  }

  gradient(m: Merged, gU: Float64Array, gv: Float64Array): number {
    const { d, x, factor } = this;
    const D = d + 1;
    const sums = this.average(m, true);
    const fit = this.fit(m, sums, gU, gv);
    const { points } = this;
    const count = this.power.length;
    const scale = factor / count;
    const r = average(sums.r);
    const p = average(sums.p);
    const q = average(sums.q);
    for (let n = 0, at = 0; n < count; n++, at += D) {
      const c = points.c[n]!;
      const y = this.target[n]!;
      const weight = 1 + fit.weightP * (c * c - p) + fit.weightQ * (c * y - q);
      const residual = points.r[n]! - r - fit.byP * (c * c - p) - fit.byQ * (c * y - q);
      const byTau = weight * points.byTau[n]!;
      const byRho = weight * points.byRho[n]!;
      const byP = fit.weightP * residual - weight * fit.byP;
      const byQ = fit.weightQ * residual - weight * fit.byQ;
      const byC = weight * points.byC[n]! + 2 * c * byP + y * byQ;
      for (let i = 0; i < D; i++) {
        const ga = points.ga[at + i]!;
        const gvi = points.gv[at + i]!;
        const g = scale * (2 * byTau * ga + byC * gvi);
        for (let k = 0; k < d; k++) gU[i * D + k]! += g * x[n * d + k]!;
        gv[i]! += scale * (byC * ga + 2 * byRho * gvi);
      }
    }
    return fit.base + factor * (r + fit.correction);
  }

  /** Regression of r on p and q. Fills the gradients, where given, with those of what is known exactly. */
  private fit(m: Merged, sums: Sums, gU: Float64Array | null, gv: Float64Array | null): Fit {
    gU?.fill(0);
    gv?.fill(0);
    if (this.control === null) return { base: this.zero, correction: 0, byP: 0, byQ: 0, weightP: 0, weightQ: 0 };
    const base = this.control.evaluate(m, gU, gv);
    // c is odd in v: the risks at v and −v hold E c² in their mean and −2 E c y* as half their difference.
    const mirror = gU && gv ? { U: new Float64Array(gU.length), v: new Float64Array(gv.length) } : null;
    const mirrored = this.control.evaluate({ U: m.U, v: m.v.map((x) => -x) }, mirror?.U ?? null, mirror?.v ?? null);
    const missingP = ((base + mirrored) / 2 - this.zero) / this.factor - average(sums.p);
    const missingQ = (mirrored - base) / (4 * this.factor) - average(sums.q);
    const solve = inverseCovariance(sums);
    const [byP, byQ] = solve(sums.rp - average(sums.r) * average(sums.p), sums.rq - average(sums.r) * average(sums.q));
    const [weightP, weightQ] = solve(missingP, missingQ);
    if (gU && gv && mirror) {
      const own = 1 + byP / 2 - byQ / 4;
      const other = byP / 2 + byQ / 4;
      for (let i = 0; i < gU.length; i++) gU[i] = own * gU[i]! + other * mirror.U[i]!;
      for (let i = 0; i < gv.length; i++) gv[i] = own * gv[i]! - other * mirror.v[i]!;
    }
    return { base, correction: byP * missingP + byQ * missingQ, byP, byQ, weightP, weightQ };
  }

  /** E B2 over the points, and its standard error. */
  meanParticipation(m: Merged): RiskValue {
    const { d, perReplicate } = this;
    const means = new Float64Array(replicates);
    const { length } = this.problem;
    const linear = this.problem.attention.kernel === 'linear';
    const table = momentTable(length);
    const moments = new Float64Array(6);
    this.scores(m, (n, tau2) => {
      table.at(linear ? 0 : tau2, moments);
      means[Math.floor(n / perReplicate)]! += moments[0]! / perReplicate;
    });
    let mean = 0;
    for (const x of means) mean += x / replicates;
    let spread = 0;
    for (const x of means) spread += (x - mean) ** 2;
    return { value: mean, standardError: d === 0 ? 0 : Math.sqrt(spread / (replicates * (replicates - 1))) };
  }

  /** τ² at every point. */
  private scores(m: Merged, use: (n: number, tau2: number) => void): void {
    const { d, x, sw, power, flatCovariance: S } = this;
    const D = d + 1;
    const a = new Float64Array(D);
    for (let n = 0; n < power.length; n++) {
      for (let i = 0; i < D; i++) {
        let sum = 0;
        for (let k = 0; k < d; k++) sum += m.U[i * D + k]! * x[n * d + k]!;
        a[i] = sum;
      }
      let tau2 = power[n]! * a[d]! * a[d]!;
      for (let i = 0; i < d; i++) {
        let sum = 2 * sw[n * d + i]! * a[d]!;
        for (let k = 0; k < d; k++) sum += S[i * d + k]! * a[k]!;
        tau2 += a[i]! * sum;
      }
      use(n, Math.max(0, tau2));
    }
  }

  /**
   * Means by replicate of r = ρ²B2 − c²(B2 + 6B3 − 6B22) + 2 c y* B2, the difference from the infinite-prompt risk (with c² − 2 c y* added where that is not
   * known), of p = c² and of q = c y*; and what gradients need of every point, into `points`.
   */
  private average(m: Merged, wantGradient: boolean): Sums {
    const { d, x, sw, power, target, flatCovariance: S, perReplicate } = this;
    const D = d + 1;
    const count = power.length;
    const { U, v } = m;
    const kept = this.control ? 0 : 1;
    const table = momentTable(this.problem.length);
    const softmax = this.problem.attention.kernel === 'softmax';
    const inverseLength = 1 / this.problem.length;
    const moments = new Float64Array(6);
    const sums = emptySums();
    const points = wantGradient ? this.points : null;
    const a = new Float64Array(D);
    const ga = new Float64Array(D);
    const gv = new Float64Array(D);
    const Sv = matvec(this.covariance, v.subarray(0, d));
    const b = v[d]!;
    for (let n = 0; n < count; n++) {
      const at = n * d;
      for (let i = 0; i < D; i++) {
        let sum = 0;
        for (let k = 0; k < d; k++) sum += U[i * D + k]! * x[at + k]!;
        a[i] = sum;
      }
      const ay = a[d]!;
      // Γa into ga, Γv into gv.
      let ga_d = power[n]! * ay;
      let gv_d = power[n]! * b;
      for (let i = 0; i < d; i++) {
        let sum = sw[at + i]! * ay;
        for (let k = 0; k < d; k++) sum += S[i * d + k]! * a[k]!;
        ga[i] = sum;
        gv[i] = Sv[i]! + sw[at + i]! * b;
        ga_d += sw[at + i]! * a[i]!;
        gv_d += sw[at + i]! * v[i]!;
      }
      ga[d] = ga_d;
      gv[d] = gv_d;
      let tau2 = ay * ga_d;
      let c = b * ga_d;
      let rho2 = b * gv_d;
      for (let i = 0; i < d; i++) {
        tau2 += a[i]! * ga[i]!;
        c += v[i]! * ga[i]!;
        rho2 += v[i]! * gv[i]!;
      }
      const y = target[n]!;
      const t2 = Math.max(0, tau2);
      let value: number;
      let byTau: number;
      let byC: number;
      let byRho: number;
      if (softmax) {
        table.at(t2, moments);
        const B2 = moments[0]!;
        const B3 = moments[1]!;
        const B22 = moments[2]!;
        const B4 = moments[3]!;
        const B23 = moments[4]!;
        const B222 = moments[5]!;
        const gamma = B2 + 6 * B3 - 6 * B22;
        value = rho2 * B2 - c * c * gamma + 2 * c * y * B2;
        const dB2 = B2 - 4 * B3 + 3 * B22;
        const dGamma = B2 + 14 * B3 - 9 * B22 - 78 * B4 + 132 * B23 - 60 * B222;
        byTau = rho2 * dB2 - c * c * dGamma + 2 * c * y * dB2;
        byC = -2 * c * gamma + 2 * y * B2;
        byRho = B2;
      } else {
        value = (t2 * rho2 + c * c) * inverseLength;
        byTau = rho2 * inverseLength;
        byC = 2 * c * inverseLength;
        byRho = t2 * inverseLength;
      }
      value += kept * (c * c - 2 * c * y);
      byC += kept * 2 * (c - y);
      const p = c * c;
      const q = c * y;
      const replicate = Math.floor(n / perReplicate);
      sums.r[replicate]! += value / perReplicate;
      sums.p[replicate]! += p / perReplicate;
      sums.q[replicate]! += q / perReplicate;
      sums.pp += (p * p) / count;
      sums.pq += (p * q) / count;
      sums.qq += (q * q) / count;
      sums.rp += (value * p) / count;
      sums.rq += (value * q) / count;
      if (points === null) continue;
      points.byTau[n] = byTau;
      points.byC[n] = byC;
      points.byRho[n] = byRho;
      points.c[n] = c;
      points.r[n] = value;
      points.ga.set(ga, n * D);
      points.gv.set(gv, n * D);
    }
    return sums;
  }

  private get points(): Points {
    this.kept ??= pointsOf(this.power.length, this.d + 1);
    return this.kept;
  }
}

/** Of every point: r, its derivatives in τ², c and ρ², c itself, and count × D: Γa, Γv. */
interface Points {
  readonly r: Float64Array;
  readonly byTau: Float64Array;
  readonly byC: Float64Array;
  readonly byRho: Float64Array;
  readonly c: Float64Array;
  readonly ga: Float64Array;
  readonly gv: Float64Array;
}

function pointsOf(count: number, D: number): Points {
  const each = (): Float64Array => new Float64Array(count);
  return {
    r: each(),
    byTau: each(),
    byC: each(),
    byRho: each(),
    c: each(),
    ga: new Float64Array(count * D),
    gv: new Float64Array(count * D),
  };
}

/** Means by replicate of r, p and q, and second moments over all points. */
interface Sums {
  readonly r: Float64Array;
  readonly p: Float64Array;
  readonly q: Float64Array;
  pp: number;
  pq: number;
  qq: number;
  rp: number;
  rq: number;
}

function emptySums(): Sums {
  const each = (): Float64Array => new Float64Array(replicates);
  return { r: each(), p: each(), q: each(), pp: 0, pq: 0, qq: 0, rp: 0, rq: 0 };
}

/** What is known exactly (`base`), what the controls add to the mean of r, their coefficients, and the points' weights 1 + weightP (p − p̄) + weightQ (q − q̄). */
interface Fit {
  readonly base: number;
  readonly correction: number;
  readonly byP: number;
  readonly byQ: number;
  readonly weightP: number;
  readonly weightQ: number;
}

function average(means: ArrayLike<number>): number {
  let sum = 0;
  for (let r = 0; r < replicates; r++) sum += means[r]!;
  return sum / replicates;
}

/** Solves with the covariance of (p, q); a trace of ridge keeps it regular where they are proportional. Zero where c is constant. */
function inverseCovariance(sums: Sums): (p: number, q: number) => readonly [number, number] {
  const p = average(sums.p);
  const q = average(sums.q);
  const sp = Math.sqrt(Math.max(0, sums.pp - p * p));
  const sq = Math.sqrt(Math.max(0, sums.qq - q * q));
  if (!(sp > 0 && sq > 0 && Number.isFinite(sp) && Number.isFinite(sq))) return () => [0, 0];
  const own = 1 + 1e-12;
  const cross = (sums.pq - p * q) / (sp * sq);
  const determinant = own * own - cross * cross;
  return (x, y) => {
    const [u, v] = [x / sp, y / sq];
    return [(own * u - cross * v) / determinant / sp, (own * v - cross * u) / determinant / sq];
  };
}
