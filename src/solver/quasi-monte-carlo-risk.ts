/**
 * Population risk of softmax attention at any one-head (U, v), by randomised quasi-Monte Carlo over (w, x_q) with common points for all parameters and lengths
 * (docs/mathematics.md, section 5). The infinite-prompt risk, a polynomial, is a control variate: only the difference is averaged.
 */
import { lawMoments } from './cumulant.js';
import { matvec, symmetricSqrt } from './linear-algebra.js';
import { momentTable } from './moment-table.js';
import { type Merged, taskOf } from './parameters.js';
import { PolynomialRisk } from './polynomial-risk.js';
import type { PopulationRisk, RiskValue } from './population.js';
import type { DenseMatrix, Problem } from './problem.js';
import { gaussianPoints } from './quasi-monte-carlo.js';

const replicates = 8;
const defaultPoints = 8192;

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
  private readonly control: PolynomialRisk | null;

  constructor(private readonly problem: Problem) {
    const task = taskOf(problem);
    const d = task.dimension;
    this.d = d;
    this.covariance = task.covariance;
    this.flatCovariance = Float64Array.from(task.covariance.flat());
    this.noise2 = task.noise ** 2;
    this.factor = task.loss === 'half_squared' ? 0.5 : 1;
    this.perReplicate = Math.max(2, Math.ceil((problem.solver.samples ?? defaultPoints) / replicates));
    const count = replicates * this.perReplicate;
    this.x = new Float64Array(count * d);
    this.sw = new Float64Array(count * d);
    this.power = new Float64Array(count);
    this.target = new Float64Array(count);
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
    const centred = mean.every((m) => m === 0);
    this.control = centred ? new PolynomialRisk({ ...problem, length: Number.POSITIVE_INFINITY }) : null;
  }

  risk(m: Merged): RiskValue {
    const means = this.average(m, null, null);
    let mean = 0;
    for (const x of means) mean += x / replicates;
    let spread = 0;
    for (const x of means) spread += (x - mean) ** 2;
    const base = this.control ? this.control.evaluate(m, null, null) : this.factor * this.noise2;
    return { value: base + mean, standardError: Math.sqrt(spread / (replicates * (replicates - 1))) };
  }

  gradient(m: Merged, gU: Float64Array, gv: Float64Array): number {
    const sumU = new Float64Array(gU.length);
    const sumV = new Float64Array(gv.length);
    const means = this.average(m, sumU, sumV);
    let value = this.factor * this.noise2;
    gU.fill(0);
    gv.fill(0);
    if (this.control) value = this.control.evaluate(m, gU, gv);
    for (let i = 0; i < gU.length; i++) gU[i]! += sumU[i]!;
    for (let i = 0; i < gv.length; i++) gv[i]! += sumV[i]!;
    for (const x of means) value += x / replicates;
    return value;
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

  /** Means by replicate of the risk (of its difference from the control), and the averaged gradient where arrays are given. */
  private average(m: Merged, sumU: Float64Array | null, sumV: Float64Array | null): Float64Array {
    const { d, x, sw, power, target, flatCovariance: S, perReplicate, factor } = this;
    const D = d + 1;
    const count = power.length;
    const { U, v } = m;
    const kept = this.control ? 0 : 1;
    const table = momentTable(this.problem.length);
    const softmax = this.problem.attention.kernel === 'softmax';
    const inverseLength = 1 / this.problem.length;
    const moments = new Float64Array(6);
    const means = new Float64Array(replicates);
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
      value += kept * (c - y) ** 2;
      byC += kept * 2 * (c - y);
      means[Math.floor(n / perReplicate)]! += (factor * value) / perReplicate;
      if (sumU === null || sumV === null) continue;
      const scale = factor / count;
      for (let i = 0; i < D; i++) {
        const g = scale * (2 * byTau * ga[i]! + byC * gv[i]!);
        for (let k = 0; k < d; k++) sumU[i * D + k]! += g * x[at + k]!;
        sumV[i]! += scale * (byC * ga[i]! + 2 * byRho * gv[i]!);
      }
    }
    return means;
  }
}
