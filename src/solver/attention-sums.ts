import type { Kernel } from './problem.js';

/** Tokens are drawn and summed in chunks of this many: memory does not grow with the prompt. */
export const chunkTokens = 64;

/**
 * Attention over a prompt that arrives in chunks, in one pass and O(D) memory (O(D²) with `covariance`) whatever its length.
 * Softmax keeps the largest score seen and rescales its sums when that grows (M. Milakov and N. Gimelshein, 2018), so nothing
 * overflows. With z_l the tokens, s_l = a_hᵀ z_l and t_l = v_hᵀ z_l, `finish` leaves for every head h, with L the number of tokens:
 *
 * | | softmax, p = softmax(s) | linear |
 * | --- | --- | --- |
 * | `mean[h]` | Σ p z | (1/L) Σ s z |
 * | `slope[h]`, the derivative of v_hᵀ mean[h] in a_h | Σ p (t − Σ p t) z | (1/L) Σ t z |
 * | `covariance[h]`, the derivative of mean[h] in a_h (D × D) | Σ p z zᵀ − mean meanᵀ | (1/L) Σ z zᵀ |
 */
export class AttentionSums {
  /** a_h, heads × D: to be set before the first chunk. */
  readonly tilt: Float64Array;
  /** v_h, heads × D: to be set before the first chunk where `slope` is wanted. */
  readonly value: Float64Array;
  readonly mean: Float64Array;
  readonly slope: Float64Array;
  readonly covariance: Float64Array;
  private readonly largest: Float64Array;
  private readonly total: Float64Array;
  private readonly weight = new Float64Array(chunkTokens);
  private readonly product = new Float64Array(chunkTokens);
  private count = 0;

  constructor(
    readonly kernel: Kernel,
    readonly heads: number,
    readonly width: number,
    private readonly want: { readonly slope: boolean; readonly covariance: boolean },
  ) {
    this.tilt = new Float64Array(heads * width);
    this.value = new Float64Array(heads * width);
    this.mean = new Float64Array(heads * width);
    this.slope = new Float64Array(want.slope ? heads * width : 0);
    this.covariance = new Float64Array(want.covariance ? heads * width * width : 0);
    this.largest = new Float64Array(heads);
    this.total = new Float64Array(heads);
  }

  reset(): void {
    this.count = 0;
    this.largest.fill(-Infinity);
    this.total.fill(0);
    this.mean.fill(0);
    this.slope.fill(0);
    this.covariance.fill(0);
  }

  /** Adds `count` ≤ chunkTokens tokens, row-major, `width` numbers each, from tokens[from]. */
  add(tokens: Float64Array, count: number, from = 0): void {
    this.count += count;
    for (let h = 0; h < this.heads; h++) {
      score(this.tilt, h * this.width, tokens, count, from, this.width, this.weight);
      if (this.kernel === 'softmax') this.exponentiate(h, count);
      this.accumulate(h, tokens, count, from);
    }
  }

  /** Scores into weights exp(score − largest score so far). */
  private exponentiate(h: number, count: number): void {
    const { weight } = this;
    let top = this.largest[h];
    for (let l = 0; l < count; l++) if (weight[l] > top) top = weight[l];
    if (top > this.largest[h]) {
      this.rescale(h, Math.exp(this.largest[h] - top));
      this.largest[h] = top;
    }
    let total = 0;
    for (let l = 0; l < count; l++) {
      const e = Math.exp(weight[l] - top);
      weight[l] = e;
      total += e;
    }
    this.total[h] += total;
  }

  private rescale(h: number, factor: number): void {
    const { width } = this;
    this.total[h] *= factor;
    for (let i = h * width; i < (h + 1) * width; i++) this.mean[i] *= factor;
    if (this.want.slope) for (let i = h * width; i < (h + 1) * width; i++) this.slope[i] *= factor;
    if (this.want.covariance) for (let i = h * width * width; i < (h + 1) * width * width; i++) this.covariance[i] *= factor;
  }

  private accumulate(h: number, tokens: Float64Array, count: number, from: number): void {
    const { weight, product, width } = this;
    const head = h * width;
    addMoments(this.mean, head, weight, tokens, count, from, width);
    if (this.want.slope) {
      score(this.value, head, tokens, count, from, width, product);
      if (this.kernel === 'softmax') for (let l = 0; l < count; l++) product[l] *= weight[l];
      addMoments(this.slope, head, product, tokens, count, from, width);
    }
    if (this.want.covariance) {
      for (let i = 0; i < width; i++) {
        const p = this.kernel === 'softmax' ? weight : null;
        for (let l = 0, at = from + i; l < count; l++, at += width) product[l] = p === null ? tokens[at] : p[l] * tokens[at];
        addMoments(this.covariance, (head + i) * width, product, tokens, count, from, width, i + 1);
      }
    }
  }

  /** Takes mean (heads × `width` numbers, `stride` apart for each head) and log-weights of a prompt of `count` tokens that was summed elsewhere, instead of `add` and `finish`. */
  recall(count: number, mean: Float64Array, from: number, stride: number, logMeanWeight: (h: number) => number): void {
    this.count = count;
    for (let h = 0; h < this.heads; h++) {
      for (let i = 0; i < this.width; i++) this.mean[h * this.width + i] = mean[from + h * stride + i];
      if (this.kernel !== 'softmax') continue;
      this.largest[h] = logMeanWeight(h);
      this.total[h] = count;
    }
  }

  finish(): void {
    for (let h = 0; h < this.heads; h++) this.finishHead(h);
  }

  /** log of (1/L) Σ exp(score) of head h, for softmax; after the last chunk. */
  logMeanWeight(h: number): number {
    return this.largest[h] + Math.log(this.total[h] / this.count);
  }

  private finishHead(h: number): void {
    const { mean, slope, covariance, value, width } = this;
    const head = h * width;
    const softmax = this.kernel === 'softmax';
    const scale = softmax ? 1 / this.total[h] : 1 / this.count;
    let t = 0;
    for (let i = 0; i < width; i++) {
      mean[head + i] *= scale;
      t += value[head + i] * mean[head + i];
    }
    if (this.want.slope) {
      for (let i = 0; i < width; i++) slope[head + i] = slope[head + i] * scale - (softmax ? t * mean[head + i] : 0);
    }
    if (this.want.covariance) {
      for (let i = 0; i < width; i++) {
        for (let j = 0; j <= i; j++) {
          const entry = covariance[(head + i) * width + j] * scale - (softmax ? mean[head + i] * mean[head + j] : 0);
          covariance[(head + i) * width + j] = entry;
          covariance[(head + j) * width + i] = entry;
        }
      }
    }
  }
}

/** out[l] = Σ_i a[start + i] z_l,i. */
function score(a: Float64Array, start: number, tokens: Float64Array, count: number, from: number, width: number, out: Float64Array): void {
  for (let l = 0, at = from; l < count; l++, at += width) {
    let s = 0;
    for (let i = 0; i < width; i++) s += a[start + i] * tokens[at + i];
    out[l] = s;
  }
}

/** to[start + i] += Σ_l weight[l] z_l,i for i below `upTo`. */
function addMoments(
  to: Float64Array,
  start: number,
  weight: Float64Array,
  tokens: Float64Array,
  count: number,
  from: number,
  width: number,
  upTo = width,
): void {
  for (let i = 0; i < upTo; i++) {
    let sum = 0;
    for (let l = 0, at = from + i; l < count; l++, at += width) sum += weight[l] * tokens[at];
    to[start + i] += sum;
  }
}
