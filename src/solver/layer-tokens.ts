/**
 * Tokens as one layer sees them, with what bounds of its errors are made of (docs/mathematics.md, section 4): y = g + s e_D ε, g of any law of section 2 and
 * ε ~ N(0, 1). Plain tokens have s = 0; in a task, given w, g = (x, wᵀx) and s is the noise of the label.
 */
import { type Cumulant, cumulant, rowsOf } from './cumulant.js';
import { allScores, softmaxInPlace, squaresAbout } from './empirical.js';
import { supportDiameter, supportReach } from './law-support.js';
import * as linear from './linear-algebra.js';
import type { DenseMatrix, Law } from './problem.js';
import { type QuarticMoment, quarticMoment } from './quartic-moments.js';

/** What a token is measured by: its value ‖Vy‖², or ‖y‖². */
export type Metric = 'value' | 'token';

interface RowGenerating {
  readonly row: readonly number[];
  readonly thetas: readonly number[];
  readonly up: readonly number[];
  readonly down: readonly number[];
}

/** θ in units of one over the standard deviation. */
const reaches = [0.5, 1, 1.5, 2, 3, 4, 5, 6.5, 8];

export class LayerTokens {
  readonly forms: Readonly<Record<Metric, DenseMatrix>>;
  private readonly diameters = new Map<Metric, number>();
  private readonly quartics = new Map<string, QuarticMoment>();
  private readonly generating = new Map<Metric, readonly RowGenerating[]>();

  /** `noise`: s ≥ 0. */
  constructor(
    readonly law: Law,
    readonly V: DenseMatrix,
    private readonly noise = 0,
  ) {
    this.forms = { value: linear.symmetrise(linear.matmul(linear.transpose(V), V)), token: linear.identity(law.dimension) };
  }

  /** Whether tilted covariances take a pass over a file that is D² for every token. */
  get isFile(): boolean {
    return this.law.kind === 'empirical' && this.noise === 0;
  }

  cumulant(b: ArrayLike<number>, wantHessian = false): Cumulant {
    const found = cumulant(this.law, b, wantHessian);
    if (this.noise === 0) return found;
    const { last, noise } = this;
    const variance = noise * noise;
    const gradient = found.gradient.slice();
    gradient[last]! += variance * b[last]!;
    const value = found.value + 0.5 * variance * b[last]! ** 2;
    if (found.hessian === undefined) return { value, gradient };
    const hessian = found.hessian.slice();
    hessian[hessian.length - 1]! += variance;
    return { value, gradient, hessian };
  }

  private get last(): number {
    return this.law.dimension - 1;
  }

  /** E_b[(y − c)ᵀW(y − c)] under the law tilted by b. A file gives it in a few passes, without ∇²κ. */
  square(metric: Metric, b: Float64Array, c: Float64Array): number {
    const W = this.forms[metric];
    if (this.law.kind === 'empirical' && this.isFile) {
      const p = allScores(this.law.tokens, b);
      softmaxInPlace(p);
      return linear.dot(p, squaresAbout(this.law.tokens, W, c));
    }
    return linear.traceOfProduct(W, this.secondMoment(b, c));
  }

  /** E_b (y − c)(y − c)ᵀ. */
  secondMoment(b: Float64Array, c: Float64Array): DenseMatrix {
    const { gradient, hessian } = this.cumulant(b, true);
    const shift = gradient.map((x, i) => x - c[i]!);
    return linear.add(rowsOf(hessian!, this.law.dimension), linear.outer(shift, shift));
  }

  /** E_b of the product of the squares of y − c in two metrics. */
  quartic(first: Metric, second: Metric, b: Float64Array, c: Float64Array): number {
    const key = `${first} ${second}`;
    const [W, M] = [this.forms[first], this.forms[second]];
    let moment = this.quartics.get(key);
    if (moment === undefined) {
      moment = quarticMoment(this.law, W, M);
      this.quartics.set(key, moment);
    }
    const o = c.map((x) => -x);
    const { noise, last } = this;
    if (noise === 0) return moment(b, o);
    // y − c = P + f e with e ~ N(0, 1) and the noise's tilted mean in P: odd powers of e vanish, E e⁴ = 3.
    o[last]! += noise * noise * b[last]!;
    const { gradient, hessian } = cumulant(this.law, b, true);
    const P = gradient.map((x, i) => x + o[i]!);
    const S = linear.add(rowsOf(hessian!, this.law.dimension), linear.outer(P, P));
    const [w, m] = [noise * noise * W[last]![last]!, noise * noise * M[last]![last]!];
    const cross = linear.bilinear(W[last]!, S, M[last]!) * noise * noise;
    return moment(b, o) + w * linear.traceOfProduct(M, S) + m * linear.traceOfProduct(W, S) + 4 * cross + 3 * w * m;
  }

  /** Of the support; Infinity where it is not bounded. */
  diameter(metric: Metric): number {
    let found = this.diameters.get(metric);
    if (found === undefined) {
      const isNoisy = this.noise > 0 && this.forms[metric][this.last]![this.last]! > 0;
      const image = metric === 'value' ? this.V : this.forms.token;
      found = isNoisy ? Number.POSITIVE_INFINITY : supportDiameter(this.law, image);
      this.diameters.set(metric, found);
    }
    return found;
  }

  /**
   * ≥ (E max_l ‖x_l‖^{2k})^{1/k} over L tokens, x = y − c and k ≤ 4, from moment generating functions, for every law. Of one coordinate u,
   * t ↦ e^{θ t^{1/2k}} is convex from t = ((2k − 1)/θ)^{2k} on, so by Jensen's inequality E max u^{2k} ≤ θ^{−2k} log^{2k}(e^{2k−1} + L E e^{θ|u|}) for any
   * θ > 0; coordinates go together by Minkowski's.
   */
  largest(metric: Metric, c: Float64Array, length: number, k: number): number {
    let total = 0;
    for (const { row, thetas, up, down } of this.generatingOf(metric)) {
      const shift = linear.dot(row, c);
      let best = Number.POSITIVE_INFINITY;
      for (const [i, theta] of thetas.entries()) {
        const [plus, minus] = [up[i]! - theta * shift, down[i]! + theta * shift];
        const top = Math.max(plus, minus, 0);
        const mean = Math.exp(plus - top) + Math.exp(minus - top);
        const log = top + Math.log(length * mean + Math.exp(2 * k - 1 - top));
        best = Math.min(best, (log / theta) ** 2);
      }
      total += best;
    }
    return total;
  }

  /** log E e^{±θ vᵀy} for every row v of V, or of I, whose vᵀy varies. */
  private generatingOf(metric: Metric): readonly RowGenerating[] {
    const known = this.generating.get(metric);
    if (known !== undefined) return known;
    const { law } = this;
    const zero = new Float64Array(law.dimension);
    const covariance = this.secondMoment(zero, this.cumulant(zero).gradient);
    const made = (metric === 'value' ? this.V : linear.identity(law.dimension)).flatMap((row) => {
      const deviation = Math.sqrt(Math.max(0, linear.bilinear(row, covariance, row)));
      if (deviation === 0) return [];
      const thetas = reaches.map((t) => t / deviation);
      const at = (sign: number): number[] => thetas.map((theta) => this.cumulant(row.map((x) => sign * theta * x)).value);
      return [{ row, thetas, up: at(1), down: at(-1) }];
    });
    this.generating.set(metric, made);
    return made;
  }

  /** sup aᵀy over the support. */
  reach(a: ArrayLike<number>): number {
    return this.noise > 0 && a[this.last] !== 0 ? Number.POSITIVE_INFINITY : supportReach(this.law, a);
  }
}

/** One query (in a task, with one w) of an average: its tokens, its tilt a = Uz, and its share. */
export interface TokenQuery {
  readonly tokens: LayerTokens;
  readonly a: Float64Array;
  readonly weight: number;
  /** ‖z‖². */
  readonly square: number;
}
