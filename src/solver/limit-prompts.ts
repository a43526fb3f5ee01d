/**
 * Infinite prompts of a task given its w (docs/mathematics.md, sections 2 and 7), in the working coordinates c = (g, y) of a
 * `TaskSampler`: y = f(uᵀg) + s ε with u = Sᵀw.
 */
import { type Cumulant, cumulant, lawMoments, tiltedLawMean } from './cumulant.js';
import { type LawPoints, lawPoints } from './law-points.js';
import { supportDiameter } from './law-support.js';
import { dot, identity } from './linear-algebra.js';
import type { Kernel, Law, Link, Task } from './problem.js';
import { type TaskDraw, TaskPrompt, type WorkingModel } from './prompts.js';
import type { RandomStream } from './random.js';
import { SolverFailure } from './result.js';
import { flatten, multiply, type TaskSampler } from './sampling.js';
import { logNormalCdf, normalHazard } from './special.js';

/** Under the law of U ~ N(m, n) tilted by e^{q f(U)}: mean and variance of f and U, and their covariance. */
export interface LinkMoments {
  readonly f: number;
  readonly u: number;
  readonly ff: number;
  readonly fu: number;
  readonly uu: number;
}

function noSquareLimit(): SolverFailure {
  return new SolverFailure(
    'no_limit',
    'With the link `square` the infinite-prompt limit does not exist at these parameters: the value of a token grows faster than its softmax weight falls.',
    'prompt.length',
  );
}

/** Throws `no_limit` where E e^{q f(U)} is infinite: the square with 2 q n ≥ 1. n > 0. */
export function linkMoments(link: Link, m: number, n: number, q: number): LinkMoments {
  switch (link) {
    case 'identity':
      return { f: m + q * n, u: m + q * n, ff: n, fu: n, uu: n };
    case 'square': {
      const shrink = 1 - 2 * q * n;
      if (!(shrink > 0)) {
        throw noSquareLimit();
      }
      const u = m / shrink;
      const uu = n / shrink;
      return { f: u * u + uu, u, ff: 2 * uu * uu + 4 * u * u * uu, fu: 2 * u * uu, uu };
    }
    case 'sign':
      return halfLines(n, { weight: -q, mean: m, slope: 0, value: -1 }, { weight: q, mean: m, slope: 0, value: 1 });
    case 'relu':
      return halfLines(
        n,
        { weight: 0, mean: m, slope: 0, value: 0 },
        { weight: q * (m + 0.5 * q * n), mean: m + q * n, slope: 1, value: 0 },
      );
    case 'tanh':
      return tanhMoments(m, n, q);
  }
}

/** A Gaussian of variance n on one side of 0, of log weight `weight`, where f(U) = value + slope · U. */
interface HalfLine {
  readonly weight: number;
  readonly mean: number;
  readonly slope: number;
  readonly value: number;
}

/** A link that is affine on either side of 0 makes two truncated Gaussians. */
function halfLines(n: number, below: HalfLine, above: HalfLine): LinkMoments {
  const root = Math.sqrt(n);
  const parts = [below, above].map((line, k) => {
    const side = k === 0 ? -1 : 1;
    const z = (side * line.mean) / root;
    const logMass = logNormalCdf(z);
    const hazard = normalHazard(z);
    const u = line.mean + side * root * hazard;
    const uu = n * Math.max(0, 1 - z * hazard - hazard * hazard);
    return { logWeight: line.weight + logMass, u, uu, f: line.value + line.slope * u, slope: line.slope };
  });
  const top = Math.max(parts[0].logWeight, parts[1].logWeight);
  const total = parts.reduce((sum, part) => sum + Math.exp(part.logWeight - top), 0);
  const share = parts.map((part) => Math.exp(part.logWeight - top) / total);
  const mean = (of: (part: (typeof parts)[number]) => number): number => share[0] * of(parts[0]) + share[1] * of(parts[1]);
  const f = mean((part) => part.f);
  const u = mean((part) => part.u);
  return {
    f,
    u,
    ff: mean((part) => part.slope ** 2 * part.uu + (part.f - f) ** 2),
    fu: mean((part) => part.slope * part.uu + (part.f - f) * (part.u - u)),
    uu: mean((part) => part.uu + (part.u - u) ** 2),
  };
}

/**
 * Trapezoidal rule, which converges like exp(−2π a/h) with a the distance to the poles of tanh, π/(2√n) in standard units; the tilt
 * by a bounded function moves the mass by at most |q| √n.
 */
function tanhMoments(m: number, n: number, q: number): LinkMoments {
  const root = Math.sqrt(n);
  const step = Math.max(0.004, Math.min(0.4, 0.25 / root));
  const reach = 9 + Math.min(Math.abs(q) * root, Math.sqrt(2 * Math.abs(q)) + 1);
  const points = Math.ceil(reach / step);
  let total = 0;
  let f1 = 0;
  let x1 = 0;
  let ff = 0;
  let fx = 0;
  let xx = 0;
  for (let k = -points; k <= points; k++) {
    const x = k * step;
    const f = Math.tanh(m + root * x);
    const p = Math.exp(-0.5 * x * x + q * f - Math.abs(q));
    total += p;
    f1 += p * f;
    x1 += p * x;
    ff += p * f * f;
    fx += p * f * x;
    xx += p * x * x;
  }
  const f = f1 / total;
  const x = x1 / total;
  return { f, u: m + root * x, ff: ff / total - f * f, fu: root * (fx / total - f * x), uu: n * (xx / total - x * x) };
}

/** Effective number of sampled points below which a limit is not trusted. */
const fewestPoints = 50;

/** The limit of one kernel as a function of w and the tilt. */
export class TaskLimit {
  private readonly d: number;
  private readonly law: Law | null;
  private readonly lawMean: Float64Array;
  /** Of g, d × d; null for the identity. */
  private readonly lawCovariance: Float64Array | null;
  private readonly inner: Float64Array;

  /** Of a law that is not Gaussian, where a link asks for more than its cumulant. */
  private readonly points: LawPoints | null;
  private readonly share: Float64Array;
  /** The square of x that is not bounded. */
  private readonly growsTooFast: boolean;

  constructor(
    private readonly task: Task,
    private readonly sampler: TaskSampler,
    private readonly kernel: Kernel,
  ) {
    this.d = sampler.dimension;
    this.law = sampler.normalBase ? null : task.tokens;
    this.points = this.law === null || task.link === 'identity' ? null : lawPoints(this.law);
    this.share = new Float64Array(this.points?.count ?? 0);
    this.growsTooFast = this.law !== null && task.link === 'square' && !Number.isFinite(supportDiameter(this.law, identity(this.d)));
    const moments = this.law === null ? null : lawMoments(this.law);
    this.lawMean = moments?.mean ?? new Float64Array(this.d);
    this.lawCovariance = moments === null ? null : flatten(moments.covariance);
    this.inner = new Float64Array(this.d);
  }

  /**
   * Fills `mean` (D numbers from mean[from]) with the limit at the tilt a (D numbers from tilt[from]) and `derivative` (D × D) with its
   * derivative in a, which is null where it is not wanted: for a file it takes far longer; u (d numbers) is Sᵀw.
   */
  at(u: Float64Array, tilt: Float64Array, from: number, mean: Float64Array, derivative: Float64Array | null): void {
    if (this.points === null && this.kernel === 'softmax' && this.task.link === 'identity') {
      this.linear(u, tilt, from, mean, derivative);
      return;
    }
    derivative ??= new Float64Array((this.d + 1) ** 2);
    if (this.points !== null) this.overPoints(this.points, u, tilt, from, mean, derivative);
    else if (this.kernel === 'linear') this.secondMoments(u, tilt, from, mean, derivative);
    else this.linked(u, tilt, from, mean, derivative);
  }

  private linear(u: Float64Array, tilt: Float64Array, from: number, mean: Float64Array, derivative: Float64Array | null): void {
    const { d, inner, law, lawMean } = this;
    const D = d + 1;
    const noise = this.sampler.noise ** 2;
    const q = tilt[from + d];
    for (let i = 0; i < d; i++) inner[i] = tilt[from + i] + q * u[i];
    const tilted = law === null || derivative === null ? null : cumulant(law, inner, true);
    const gradient = tilted?.gradient ?? (law === null ? inner : tiltedLawMean(law, inner));
    mean[from + d] = noise * q;
    for (let i = 0; i < d; i++) {
      mean[from + i] = gradient[i] - lawMean[i];
      mean[from + d] += u[i] * mean[from + i];
    }
    if (derivative === null) return;
    let corner = noise;
    for (let i = 0; i < d; i++) {
      let cross = 0;
      for (let j = 0; j < d; j++) {
        const h = tilted === null ? Number(i === j) : tilted.hessian![i * d + j];
        derivative[i * D + j] = h;
        cross += h * u[j];
      }
      derivative[i * D + d] = cross;
      derivative[d * D + i] = cross;
      corner += u[i] * cross;
    }
    derivative[d * D + d] = corner;
  }

  /** Gaussian g and a link: only the direction of u is tilted by the link. */
  private linked(u: Float64Array, tilt: Float64Array, from: number, mean: Float64Array, derivative: Float64Array): void {
    const { d, inner, task } = this;
    const D = d + 1;
    const noise = this.sampler.noise ** 2;
    const q = tilt[from + d];
    for (let i = 0; i < d; i++) inner[i] = tilt[from + i];
    const n = dot(u, u);
    const m = dot(u, inner);
    const moments = n > 0 ? linkMoments(task.link, m, n, q) : { f: this.sampler.link(0), u: m, ff: 0, fu: 0, uu: 0 };
    const shift = n > 0 ? (moments.u - m) / n : 0;
    const stretch = n > 0 ? (moments.uu - n) / (n * n) : 0;
    const cross = n > 0 ? moments.fu / n : 0;
    for (let i = 0; i < d; i++) {
      mean[from + i] = inner[i] + shift * u[i];
      for (let j = 0; j < d; j++) derivative[i * D + j] = Number(i === j) + stretch * u[i] * u[j];
      derivative[i * D + d] = cross * u[i];
      derivative[d * D + i] = cross * u[i];
    }
    mean[from + d] = moments.f + noise * q;
    derivative[d * D + d] = moments.ff + noise;
  }

  /** κ, ∇κ and ∇²κ of (g, y) given w at a tilt of D numbers, for the identity link; null for others. */
  cumulant(u: Float64Array, tilt: Float64Array): Cumulant | null {
    const { d, law, lawMean, task, sampler, inner } = this;
    if (task.link !== 'identity') return null;
    const gradient = new Float64Array(d + 1);
    const hessian = new Float64Array((d + 1) * (d + 1));
    this.linear(u, tilt, 0, gradient, hessian);
    // `inner` is the tilt of g.
    const value = law === null ? 0.5 * dot(inner, inner) : cumulant(law, inner).value - dot(lawMean, inner);
    return { value: value + 0.5 * (sampler.noise * tilt[d]) ** 2, gradient, hessian };
  }

  /** E y given w. */
  meanOfY(u: Float64Array): number {
    const { task, points, sampler, d } = this;
    if (task.link === 'identity') return 0;
    if (points === null) {
      const n = dot(u, u);
      return n > 0 ? linkMoments(task.link, 0, n, 0).f : sampler.link(0);
    }
    let sum = 0;
    for (let k = 0; k < points.count; k++) {
      let score = 0;
      for (let i = 0; i < d; i++) score += u[i] * points.points[k * d + i];
      sum += sampler.link(score);
    }
    return sum / points.count;
  }

  /**
   * A link and g not Gaussian: sums over the points of the law, with weights e^{tilt · (g, f(uᵀg))} for softmax. Throws `no_limit` where the law may be
   * unbounded and the square has a say in the scores, `tolerance` where a sample is left with too few points that count.
   */
  private overPoints(
    { points, count, exact }: LawPoints,
    u: Float64Array,
    tilt: Float64Array,
    from: number,
    mean: Float64Array,
    derivative: Float64Array,
  ): void {
    const { d, share, sampler, kernel } = this;
    const D = d + 1;
    const noise = sampler.noise ** 2;
    const q = tilt[from + d];
    const isSoftmax = kernel === 'softmax';
    if (isSoftmax && q !== 0 && this.growsTooFast) throw noSquareLimit();
    const values = this.values(points, count, u);
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < count; k++) {
      let score = isSoftmax ? q * values[k] : 0;
      if (isSoftmax) for (let i = 0; i < d; i++) score += tilt[from + i] * points[k * d + i];
      share[k] = score;
      if (score > top) top = score;
    }
    let total = 0;
    let squares = 0;
    for (let k = 0; k < count; k++) {
      const e = Math.exp(share[k] - top);
      share[k] = e;
      total += e;
      squares += e * e;
    }
    if (!exact && total * total < fewestPoints * squares) {
      throw new SolverFailure(
        'tolerance',
        'Scores are too sharp here for the infinite-prompt limit of this law with this link, which is a sum over sampled points.',
        'attention',
      );
    }
    const centre = new Float64Array(D);
    const second = new Float64Array(D * D);
    for (let k = 0; k < count; k++) {
      const p = share[k] / total;
      if (p === 0) continue;
      for (let i = 0; i < D; i++) {
        const x = i < d ? points[k * d + i] : values[k];
        centre[i] += p * x;
        for (let j = 0; j <= i; j++) second[i * D + j] += p * x * (j < d ? points[k * d + j] : values[k]);
      }
    }
    for (let i = 0; i < D; i++) {
      for (let j = 0; j <= i; j++) {
        const entry = second[i * D + j] - (isSoftmax ? centre[i] * centre[j] : 0) + (i === d && j === d ? noise : 0);
        derivative[i * D + j] = entry;
        derivative[j * D + i] = entry;
      }
    }
    for (let i = 0; i < D; i++) {
      if (isSoftmax) mean[from + i] = centre[i] + (i === d ? noise * q : 0);
      else {
        let sum = 0;
        for (let j = 0; j < D; j++) sum += derivative[i * D + j] * tilt[from + j];
        mean[from + i] = sum;
      }
    }
  }

  private values(points: Float64Array, count: number, u: Float64Array): Float64Array {
    const { d, sampler } = this;
    const values = new Float64Array(count);
    for (let k = 0; k < count; k++) {
      let score = 0;
      for (let i = 0; i < d; i++) score += u[i] * points[k * d + i];
      values[k] = sampler.link(score);
    }
    return values;
  }

  /** Linear attention: E[c cᵀ] and its product with the tilt. With a link, g is N(0, I), and E g f(uᵀg) = u E[U f(U)]/n. */
  private secondMoments(u: Float64Array, tilt: Float64Array, from: number, mean: Float64Array, derivative: Float64Array): void {
    const { d, inner, lawCovariance, task } = this;
    const D = d + 1;
    if (lawCovariance === null) inner.set(u);
    else multiply(lawCovariance, d, d, u, inner);
    const n = dot(u, inner);
    const moments = n > 0 ? linkMoments(task.link, 0, n, 0) : { f: this.sampler.link(0), u: 0, ff: 0, fu: 0, uu: 0 };
    const cross = n > 0 ? moments.fu / n : 0;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) derivative[i * D + j] = lawCovariance === null ? Number(i === j) : lawCovariance[i * d + j];
      derivative[i * D + d] = cross * inner[i];
      derivative[d * D + i] = cross * inner[i];
    }
    derivative[d * D + d] = moments.ff + moments.f ** 2 + this.sampler.noise ** 2;
    for (let i = 0; i < D; i++) {
      let sum = 0;
      for (let j = 0; j < D; j++) sum += derivative[i * D + j] * tilt[from + j];
      mean[from + i] = sum;
    }
  }
}

/** An infinite prompt: nothing is drawn but w and the query. */
export class LimitPrompt extends TaskPrompt {
  readonly mean: Float64Array;
  readonly slope: Float64Array;
  private readonly limit: TaskLimit;
  private readonly tilt: Float64Array;
  private readonly derivative: Float64Array;

  constructor(
    task: Task,
    drawn: TaskDraw,
    kernel: Kernel,
    private readonly heads: number,
  ) {
    super(drawn);
    const D = drawn.sampler.dimension + 1;
    this.limit = new TaskLimit(task, drawn.sampler, kernel);
    this.mean = new Float64Array(heads * D);
    this.slope = new Float64Array(heads * D);
    this.tilt = new Float64Array(heads * D);
    this.derivative = new Float64Array(D * D);
  }

  evaluate(_rng: RandomStream, model: WorkingModel): number {
    const D = model.width;
    model.tilt(this.task.query, this.tilt);
    for (let h = 0; h < this.heads; h++) {
      this.limit.at(this.task.weights, this.tilt, h * D, this.mean, this.derivative);
      for (let i = 0; i < D; i++) {
        let sum = 0;
        for (let j = 0; j < D; j++) sum += this.derivative[i * D + j] * model.value[h * D + j];
        this.slope[h * D + i] = sum;
      }
    }
    return dot(model.value, this.mean);
  }
}
