/**
 * Prompts of Gaussian (x, y) without their tokens, exact in law (docs/mathematics.md, section 5, "Sampling a prompt without its
 * tokens"), for one head. In whitened coordinates e ~ N(0, I) of R^D, the working token is c = B e with B = [[I, 0], [uᵀ, s]],
 * u = Sᵀ w; scores are τ g along e1 and values (c/τ) g + ρ⊥ k along e1 and e2; all other directions enter through two Gaussians.
 */
import { chunkTokens } from './attention-sums.js';
import { dot } from './linear-algebra.js';
import { type TaskDraw, TaskPrompt, type WorkingModel } from './prompts.js';
import type { RandomStream } from './random.js';

/** The plane of score and value in whitened coordinates, and the two Gaussians orthogonal to it. */
abstract class PlanePrompt extends TaskPrompt {
  readonly mean: Float64Array;
  readonly slope: Float64Array;
  protected readonly width: number;
  /** Unit vectors along the score and along the rest of the value; 0 where there is none. */
  protected readonly e1: Float64Array;
  protected readonly e2: Float64Array;
  protected readonly r1: Float64Array;
  protected readonly r2: Float64Array;
  /** τ, c/τ and ρ⊥. */
  protected scoreScale = 0;
  protected along = 0;
  protected across = 0;
  private readonly tilt: Float64Array;

  constructor(
    task: TaskDraw,
    protected readonly length: number,
  ) {
    super(task);
    const D = task.sampler.dimension + 1;
    this.width = D;
    this.mean = new Float64Array(D);
    this.slope = new Float64Array(D);
    this.e1 = new Float64Array(D);
    this.e2 = new Float64Array(D);
    this.r1 = new Float64Array(D);
    this.r2 = new Float64Array(D);
    this.tilt = new Float64Array(D);
  }

  evaluate(rng: RandomStream, model: WorkingModel): number {
    model.tilt(this.task.query, this.tilt);
    this.span(model.value);
    // The Gaussians come before the tokens, so that the tokens of a shorter prompt are a prefix of those of a longer one.
    rng.fillNormal(this.r1);
    rng.fillNormal(this.r2);
    this.orthogonalise(this.r1);
    this.orthogonalise(this.r2);
    this.sample(rng);
    this.unwhiten(this.mean);
    this.unwhiten(this.slope);
    return dot(model.value, this.mean);
  }

  /** Fills `mean` and `slope` in whitened coordinates. */
  protected abstract sample(rng: RandomStream): void;

  private whiten(a: Float64Array, out: Float64Array): void {
    const d = this.width - 1;
    for (let i = 0; i < d; i++) out[i] = a[i] + a[d] * this.task.weights[i];
    out[d] = this.task.sampler.noise * a[d];
  }

  private unwhiten(x: Float64Array): void {
    const d = this.width - 1;
    x[d] = dot(this.task.weights, x) + this.task.sampler.noise * x[d];
  }

  private span(value: Float64Array): void {
    const { e1, e2, width } = this;
    this.whiten(this.tilt, e1);
    this.whiten(value, e2);
    this.scoreScale = Math.sqrt(dot(e1, e1));
    if (this.scoreScale > 0) for (let i = 0; i < width; i++) e1[i] /= this.scoreScale;
    const size = Math.sqrt(dot(e2, e2));
    this.along = dot(e1, e2);
    for (let i = 0; i < width; i++) e2[i] -= this.along * e1[i];
    this.across = Math.sqrt(dot(e2, e2));
    // What rounding leaves of a value parallel to the score is no direction.
    if (this.across <= 1e-13 * size) this.across = 0;
    for (let i = 0; i < width; i++) e2[i] = this.across > 0 ? e2[i] / this.across : 0;
  }

  private orthogonalise(r: Float64Array): void {
    const { e1, e2, width } = this;
    const first = dot(r, e1);
    const second = dot(r, e2);
    for (let i = 0; i < width; i++) r[i] -= first * e1[i] + second * e2[i];
  }
}

/** Softmax: two normals per token. */
export class PairsPrompt extends PlanePrompt {
  private readonly pairs = new Float64Array(2 * chunkTokens);

  protected sample(rng: RandomStream): void {
    const { pairs, scoreScale, along, across } = this;
    let top = -Infinity;
    // Sums of e = exp(score − top) times 1, g, k, t, tg, tk and of e² times 1, t, t².
    let total = 0;
    let g1 = 0;
    let k1 = 0;
    let t1 = 0;
    let tg = 0;
    let tk = 0;
    let square = 0;
    let squareT = 0;
    let squareTT = 0;
    for (let done = 0; done < this.length; done += chunkTokens) {
      const count = Math.min(chunkTokens, this.length - done);
      rng.fillNormal(pairs, 0, 2 * count);
      let chunkTop = top;
      for (let l = 0; l < count; l++) chunkTop = Math.max(chunkTop, scoreScale * pairs[2 * l]);
      if (chunkTop > top) {
        const f = Math.exp(top - chunkTop);
        total *= f;
        g1 *= f;
        k1 *= f;
        t1 *= f;
        tg *= f;
        tk *= f;
        square *= f * f;
        squareT *= f * f;
        squareTT *= f * f;
        top = chunkTop;
      }
      for (let l = 0; l < count; l++) {
        const g = pairs[2 * l];
        const k = pairs[2 * l + 1];
        const e = Math.exp(scoreScale * g - top);
        const t = along * g + across * k;
        const et = e * t;
        total += e;
        g1 += e * g;
        k1 += e * k;
        t1 += et;
        tg += et * g;
        tk += et * k;
        square += e * e;
        squareT += e * et;
        squareTT += et * et;
      }
    }
    const mean = t1 / total;
    const p2 = square / total ** 2;
    const p2u = squareT / total ** 2 - mean * p2;
    const p2uu = squareTT / total ** 2 - mean * (2 * p2u + mean * p2);
    const l11 = Math.sqrt(p2);
    const l21 = p2u / l11;
    const l22 = Math.sqrt(Math.max(0, p2uu - l21 * l21));
    const score = g1 / total;
    const rest = k1 / total;
    this.combine(this.mean, score, rest, l11, 0);
    this.combine(this.slope, tg / total - mean * score, tk / total - mean * rest, l21, l22);
  }

  private combine(out: Float64Array, a: number, b: number, c: number, d: number): void {
    for (let i = 0; i < this.width; i++) out[i] = a * this.e1[i] + b * this.e2[i] + c * this.r1[i] + d * this.r2[i];
  }
}

/** Linear attention: the sums over tokens are a Wishart matrix and Gaussians, whatever the length. */
export class WishartPrompt extends PlanePrompt {
  protected sample(rng: RandomStream): void {
    const { e1, e2, r1, r2, length, scoreScale, along, across } = this;
    const b11 = Math.sqrt(rng.chiSquare(length));
    const b21 = rng.normal();
    const b22 = Math.sqrt(rng.chiSquare(length - 1));
    for (let i = 0; i < this.width; i++) {
      const gz = b11 * (b11 * e1[i] + b21 * e2[i] + r1[i]);
      const kz = b11 * b21 * e1[i] + (b21 * b21 + b22 * b22) * e2[i] + b21 * r1[i] + b22 * r2[i];
      this.mean[i] = (scoreScale * gz) / length;
      this.slope[i] = (along * gz + across * kz) / length;
    }
  }
}
