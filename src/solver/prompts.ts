/**
 * One prompt of an in-context task: prediction and its gradient, by drawing tokens in chunks (any law, any heads, both kernels).
 * `gaussian-prompts.ts` and `limit-prompts.ts` answer the same interface without tokens; `prompt-routes.ts` chooses.
 *
 * Everything is in working coordinates c = (g, y), x = S g (`TaskSampler`): with J = diag(S, 1), z = J c, scores (Jᵀ a)ᵀ c.
 */
import { AttentionSums, chunkTokens } from './attention-sums.js';
import { dot } from './linear-algebra.js';
import type { Merged } from './parameters.js';
import type { Kernel } from './problem.js';
import type { RandomStream } from './random.js';
import { multiply, multiplyTransposed, type TaskSampler } from './sampling.js';

/** The diagonal of a square matrix without other entries; null for any other. Its products are the same numbers in a tenth of the time. */
function diagonalOf(root: Float64Array, d: number): Float64Array | null {
  if (!root.every((x, at) => x === 0 || at % (d + 1) === 0)) return null;
  return Float64Array.from({ length: d }, (_, i) => root[i * (d + 1)]!);
}

/** Merged parameters in working coordinates, ready for many prompts. */
export class WorkingModel {
  readonly heads: number;
  /** d, the dimension of x. */
  readonly dimension: number;
  /** D = d + 1. */
  readonly width: number;
  /** Jᵀ U_h[:, 0 … d − 1] S: from g of the query to the tilt; heads × D × d. */
  readonly keyQuery: Float64Array;
  /** Jᵀ v_h; heads × D. */
  readonly value: Float64Array;
  /** U S of one head. */
  private readonly half: Float64Array;
  private readonly diagonal: Float64Array | null;

  constructor(
    private readonly root: Float64Array,
    dimension: number,
    heads: number,
  ) {
    this.diagonal = diagonalOf(root, dimension);
    this.heads = heads;
    this.dimension = dimension;
    this.width = dimension + 1;
    this.half = new Float64Array(this.width * dimension);
    this.keyQuery = new Float64Array(heads * this.width * dimension);
    this.value = new Float64Array(heads * this.width);
  }

  set(m: Merged): void {
    if (this.diagonal === null) this.setByProducts(m);
    else this.setByFactors(m, this.diagonal);
  }

  private setByFactors(m: Merged, diagonal: Float64Array): void {
    const { dimension: d, width: D, keyQuery, value } = this;
    for (let h = 0, from = 0, to = 0; h < this.heads; h++) {
      for (let i = 0; i <= d; i++, from++) {
        const factor = i < d ? diagonal[i]! : 1;
        for (let j = 0; j < d; j++) keyQuery[to++] = factor * (m.U[from++]! * diagonal[j]!);
        value[h * D + i] = factor * m.v[h * D + i]!;
      }
    }
  }

  private setByProducts(m: Merged): void {
    const { dimension: d, width: D, root, keyQuery, value, half } = this;
    for (let h = 0; h < this.heads; h++) {
      const from = h * D * D;
      const to = h * D * d;
      for (let i = 0; i < D; i++) {
        for (let j = 0; j < d; j++) {
          let sum = 0;
          for (let k = 0; k < d; k++) sum += m.U[from + i * D + k]! * root[k * d + j]!;
          half[i * d + j] = sum;
        }
      }
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++) {
          let sum = 0;
          for (let k = 0; k < d; k++) sum += root[k * d + i]! * half[k * d + j]!;
          keyQuery[to + i * d + j] = sum;
        }
        let sum = 0;
        for (let k = 0; k < d; k++) sum += root[k * d + i]! * m.v[h * D + k]!;
        value[h * D + i] = sum;
        keyQuery[to + d * d + i] = half[d * d + i]!;
      }
      value[h * D + d] = m.v[h * D + d]!;
    }
  }

  /** The tilts of all heads (heads × D) for a query whose working coordinates are `query`. */
  tilt(query: Float64Array, out: Float64Array): void {
    multiply(this.keyQuery, this.heads * this.width, this.dimension, query, out);
  }
}

/** Sums of gradients over prompts, kept in working coordinates until `finish`. */
export class GradientSum {
  private readonly keyQuery: Float64Array;
  private readonly value: Float64Array;
  private readonly half: Float64Array;
  private readonly diagonal: Float64Array | null;

  constructor(
    private readonly root: Float64Array,
    private readonly dimension: number,
    private readonly heads: number,
  ) {
    this.diagonal = diagonalOf(root, dimension);
    this.keyQuery = new Float64Array(heads * (dimension + 1) * dimension);
    this.value = new Float64Array(heads * (dimension + 1));
    this.half = new Float64Array((dimension + 1) * dimension);
  }

  /** How many numbers the sums are. */
  get length(): number {
    return this.keyQuery.length + this.value.length;
  }

  addTo(out: Float64Array, at: number): void {
    const { keyQuery, value } = this;
    for (let i = 0; i < keyQuery.length; i++) out[at + i] += keyQuery[i];
    for (let i = 0; i < value.length; i++) out[at + keyQuery.length + i] += value[i];
  }

  /** The sums that `addTo` wrote. */
  take(from: Float64Array, at: number): void {
    const { keyQuery, value } = this;
    for (let i = 0; i < keyQuery.length; i++) keyQuery[i] = from[at + i];
    for (let i = 0; i < value.length; i++) value[i] = from[at + keyQuery.length + i];
  }

  /** The sums that a kernel made. */
  takeSums(sums: { readonly keyQuery: Float64Array; readonly value: Float64Array }): void {
    this.keyQuery.set(sums.keyQuery);
    this.value.set(sums.value);
  }

  reset(): void {
    this.keyQuery.fill(0);
    this.value.fill(0);
  }

  /** Adds `factor` times the gradient of the prediction of the prompt last evaluated. */
  add(prompt: PromptEvaluator, factor: number): void {
    const { mean, slope, query } = prompt;
    const d = this.dimension;
    for (let i = 0; i < this.value.length; i++) {
      this.value[i] += factor * mean[i];
      const f = factor * slope[i];
      const row = i * d;
      for (let j = 0; j < d; j++) this.keyQuery[row + j] += f * query[j];
    }
  }

  /** Writes `scale` times the sums as gradients of U (heads × D × D; the last column is 0, as the query is (x_q, 0)) and v (heads × D). */
  finish(scale: number, gU: Float64Array, gv: Float64Array): void {
    if (this.diagonal === null) this.finishByProducts(scale, gU, gv);
    else this.finishByFactors(scale, this.diagonal, gU, gv);
  }

  private finishByFactors(scale: number, diagonal: Float64Array, gU: Float64Array, gv: Float64Array): void {
    const { dimension: d, keyQuery, value } = this;
    for (let h = 0, from = 0, to = 0, at = 0; h < this.heads; h++) {
      for (let i = 0; i <= d; i++, at++) {
        const factor = i < d ? diagonal[i]! : 1;
        for (let j = 0; j < d; j++) gU[to++] = factor * (scale * (diagonal[j]! * keyQuery[from++]!));
        gU[to++] = 0;
        gv[at] = scale * (factor * value[at]!);
      }
    }
  }

  private finishByProducts(scale: number, gU: Float64Array, gv: Float64Array): void {
    const { dimension: d, root, half, keyQuery, value } = this;
    const D = d + 1;
    for (let h = 0; h < this.heads; h++) {
      const from = h * D * d;
      const to = h * D * D;
      for (let i = 0; i < D; i++) {
        for (let j = 0; j < d; j++) {
          let sum = 0;
          for (let k = 0; k < d; k++) sum += root[j * d + k]! * keyQuery[from + i * d + k]!;
          half[i * d + j] = scale * sum;
        }
        gU[to + i * D + d] = 0;
      }
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++) {
          let sum = 0;
          for (let k = 0; k < d; k++) sum += root[i * d + k]! * half[k * d + j]!;
          gU[to + i * D + j] = sum;
        }
        let sum = 0;
        for (let k = 0; k < d; k++) sum += root[i * d + k]! * value[h * D + k]!;
        gv[h * D + i] = scale * sum;
        gU[to + d * D + i] = half[d * d + i]!;
      }
      gv[h * D + d] = scale * value[h * D + d]!;
    }
  }
}

/** One prompt at a time: `draw` its task, then `evaluate` it. */
export interface PromptEvaluator {
  /** g of the query: x_q = S g. */
  readonly query: Float64Array;
  /** f(wᵀx_q), without noise. */
  readonly target: number;
  /** s ε_q, drawn with the task: the label is target + targetNoise. */
  readonly targetNoise: number;
  /** Working coordinates of the derivatives of the prediction in v_h and in the tilts; heads × D. */
  readonly mean: Float64Array;
  readonly slope: Float64Array;
  /** Draws w, x_q and ε_q, in this order: the same for every length, kernel and route. */
  draw(rng: RandomStream): void;
  /** Draws what the route needs from the same stream and returns the prediction; fills `mean` and `slope`. */
  evaluate(rng: RandomStream, model: WorkingModel): number;
}

/** What all routes share: the draw of the task and the buffers. */
export class TaskDraw {
  /** Sᵀ w: wᵀ x = (Sᵀ w)ᵀ g. */
  readonly weights: Float64Array;
  readonly query: Float64Array;
  target = 0;
  targetNoise = 0;
  private readonly raw: Float64Array;

  constructor(readonly sampler: TaskSampler) {
    this.weights = new Float64Array(sampler.dimension);
    this.query = new Float64Array(sampler.dimension);
    this.raw = new Float64Array(sampler.dimension);
  }

  draw(rng: RandomStream): void {
    const { sampler, weights, query, raw } = this;
    const d = sampler.dimension;
    sampler.drawWeights(rng, raw, 0);
    multiplyTransposed(sampler.root, d, d, raw, weights);
    sampler.drawBase(rng, query, 0);
    this.target = sampler.link(dot(weights, query));
    this.targetNoise = sampler.noise * rng.normal();
  }

  /** Takes u and g of the query, drawn before, from records[at] …. */
  recall(records: Float64Array, weightsAt: number, queryAt: number): void {
    const { sampler, weights, query } = this;
    for (let i = 0; i < weights.length; i++) {
      weights[i] = records[weightsAt + i];
      query[i] = records[queryAt + i];
    }
    this.target = sampler.link(dot(weights, query));
  }

  /** The raw weight vector w of the last draw. */
  get rawWeights(): Float64Array {
    return this.raw;
  }

  /** Draws `count` tokens (g, y), d + 1 numbers each, into out[from]: for each g, then ε. */
  tokens(rng: RandomStream, out: Float64Array, count: number, from = 0): void {
    const { sampler, weights } = this;
    const d = sampler.dimension;
    const D = d + 1;
    if (sampler.normalBase) rng.fillNormal(out, from, from + count * D);
    for (let l = 0, at = from; l < count; l++, at += D) {
      if (!sampler.normalBase) {
        sampler.drawBase(rng, out, at);
        out[at + d] = rng.normal();
      }
      let u = 0;
      for (let i = 0; i < d; i++) u += weights[i] * out[at + i];
      out[at + d] = sampler.link(u) + sampler.noise * out[at + d];
    }
  }
}

/** What all routes have of their task. */
export abstract class TaskPrompt implements PromptEvaluator {
  abstract readonly mean: Float64Array;
  abstract readonly slope: Float64Array;

  constructor(readonly task: TaskDraw) {}

  get query(): Float64Array {
    return this.task.query;
  }
  get target(): number {
    return this.task.target;
  }
  get targetNoise(): number {
    return this.task.targetNoise;
  }

  draw(rng: RandomStream): void {
    this.task.draw(rng);
  }

  abstract evaluate(rng: RandomStream, model: WorkingModel): number;
}

/** Token by token, in chunks. */
export class ExplicitPrompt extends TaskPrompt {
  readonly sums: AttentionSums;
  private readonly chunk: Float64Array;

  constructor(
    task: TaskDraw,
    kernel: Kernel,
    heads: number,
    private readonly length: number,
  ) {
    super(task);
    const D = task.sampler.dimension + 1;
    this.sums = new AttentionSums(kernel, heads, D, { slope: true, covariance: false });
    this.chunk = new Float64Array(chunkTokens * D);
  }

  get mean(): Float64Array {
    return this.sums.mean;
  }
  get slope(): Float64Array {
    return this.sums.slope;
  }

  evaluate(rng: RandomStream, model: WorkingModel): number {
    const { sums, task, chunk, length } = this;
    model.tilt(task.query, sums.tilt);
    sums.value.set(model.value);
    sums.reset();
    for (let l = 0; l < length; l += chunkTokens) {
      const count = Math.min(chunkTokens, length - l);
      task.tokens(rng, chunk, count);
      sums.add(chunk, count);
    }
    sums.finish();
    return dot(model.value, sums.mean);
  }
}
