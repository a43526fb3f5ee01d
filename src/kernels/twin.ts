/**
 * The batch kernel in plain TypeScript, in double precision: what runs where WebAssembly's SIMD is missing, and what the WebAssembly kernels are
 * tested against. Same random words and same algebra, one prompt at a time; logarithms, exponentials, sines and cosines are those of `Math`.
 */
import { fillNormals, TaskDraws } from './prompt-draws.js';
import {
  type BatchKernel,
  blockPrompts,
  emptySums,
  hasPlaneForm,
  type PromptSetting,
  type PromptSums,
  recordShape,
  requireCall,
} from './setting.js';
import { LaneStream } from './streams.js';

/** Tokens between two looks at the budget. */
const chunkTokens = 32;

/** What a prompt leaves behind: prediction, and its derivatives in v_h and in the tilts; heads × D. */
interface PromptForm {
  prediction: number;
  readonly mean: Float64Array;
  readonly slope: Float64Array;
  readonly sharpness: number;
  /** Yields the number of tokens that were drawn since the last time. */
  evaluate(stream: LaneStream, draws: TaskDraws, keyQuery: Float64Array, value: Float64Array): Generator<number, void>;
}

export class TwinKernel implements BatchKernel {
  readonly arithmetic = 'portable';
  readonly sums: PromptSums;
  readonly records: Float64Array;
  recorded = 0;
  private readonly draws: TaskDraws;
  private readonly form: PromptForm;
  private work: Generator<number, void> | null = null;

  constructor(readonly setting: PromptSetting) {
    this.sums = emptySums(setting);
    this.records = new Float64Array(setting.records === true ? blockPrompts * recordShape(setting).length : 0);
    this.draws = new TaskDraws(setting);
    this.form = hasPlaneForm(setting) ? new PlaneForm(setting) : new ExplicitForm(setting);
  }

  begin(name: Int32Array, first: number, count: number, keyQuery: Float64Array, value: Float64Array): void {
    requireCall(this.setting, first, count);
    this.recorded = 0;
    this.work = this.run(name.slice(), first, count, keyQuery.slice(), value.slice());
  }

  advance(tokens: number): boolean {
    let left = tokens;
    while (this.work !== null && left > 0) {
      const step = this.work.next();
      if (step.done) this.work = null;
      else left -= step.value;
    }
    return this.work === null;
  }

  descent(): null {
    return null;
  }

  private *run(name: Int32Array, first: number, count: number, keyQuery: Float64Array, value: Float64Array): Generator<number, void> {
    const { sums } = this;
    const block = emptySums(this.setting);
    clear(sums);
    for (let from = first; from < first + count; from += blockPrompts) {
      clear(block);
      for (let b = from; b < Math.min(from + blockPrompts, first + count); b++) {
        const stream = new LaneStream(name, b);
        this.draws.task(stream);
        yield* this.form.evaluate(stream, this.draws, keyQuery, value);
        this.collect(block);
        if (this.setting.records === true) this.record();
      }
      addTo(sums, block);
    }
  }

  private record(): void {
    const { setting, records, draws, form } = this;
    const shape = recordShape(setting);
    const at = this.recorded * shape.length;
    records.set(draws.weights, at + shape.weights);
    records.set(draws.query, at + shape.query);
    records.set(form.mean, at + shape.mean);
    if (form instanceof ExplicitForm) {
      records.set(form.top, at + shape.largest);
      records.set(form.total, at + shape.total);
    }
    this.recorded++;
  }

  private collect(to: PromptSums): void {
    const { form, draws } = this;
    const d = this.setting.dimension;
    const { label } = draws;
    const error = form.prediction - label;
    to.errorSquares += error * error;
    to.errorFourths += error ** 4;
    to.labelSquares += label * label;
    to.sharpest = Math.max(to.sharpest, form.sharpness);
    for (let i = 0; i < form.mean.length; i++) {
      to.value[i] += error * form.mean[i];
      const f = error * form.slope[i];
      for (let j = 0; j < d; j++) to.keyQuery[i * d + j] += f * draws.query[j];
    }
  }
}

function clear(sums: PromptSums): void {
  sums.errorSquares = 0;
  sums.errorFourths = 0;
  sums.labelSquares = 0;
  sums.sharpest = 0;
  sums.keyQuery.fill(0);
  sums.value.fill(0);
}

function addTo(to: PromptSums, from: PromptSums): void {
  to.errorSquares += from.errorSquares;
  to.errorFourths += from.errorFourths;
  to.labelSquares += from.labelSquares;
  to.sharpest = Math.max(to.sharpest, from.sharpest);
  for (let i = 0; i < to.keyQuery.length; i++) to.keyQuery[i] += from.keyQuery[i];
  for (let i = 0; i < to.value.length; i++) to.value[i] += from.value[i];
}

/** x ← x − beta (v·x) v on the entries from `start`. */
function reflect(x: Float64Array, v: Float64Array, beta: number, start: number): void {
  let dot = 0;
  for (let i = start; i < x.length; i++) dot += v[i] * x[i];
  for (let i = start; i < x.length; i++) x[i] -= beta * dot * v[i];
}

/**
 * Gaussian (x, y), one head (docs/mathematics.md, section 5, "Sampling a prompt without its tokens"): two normals per token, or for linear attention a
 * Wishart draw. A QR factorisation of tilt and value in whitened coordinates (two Householder reflections) gives scores R11 g and values R12 g + R22 k; mean and
 * slope are made in its frame, where the part orthogonal to both is D − 2 plain normals, and reflected back.
 */
class PlaneForm implements PromptForm {
  prediction = 0;
  sharpness = 0;
  readonly mean: Float64Array;
  readonly slope: Float64Array;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private readonly rest: Float64Array;
  private readonly pairs = new Float64Array(2 * chunkTokens);

  constructor(private readonly setting: PromptSetting) {
    const D = setting.dimension + 1;
    this.mean = new Float64Array(D);
    this.slope = new Float64Array(D);
    this.first = new Float64Array(D);
    this.second = new Float64Array(D);
    this.rest = new Float64Array(2 * (D - 2));
  }

  *evaluate(stream: LaneStream, draws: TaskDraws, keyQuery: Float64Array, value: Float64Array): Generator<number, void> {
    const { setting, first, second, rest, mean, slope } = this;
    const { dimension: d, noise } = setting;
    for (let i = 0; i <= d; i++) {
      first[i] = 0;
      for (let j = 0; j < d; j++) first[i] += keyQuery[i * d + j] * draws.query[j];
      second[i] = value[i];
    }
    for (const x of [first, second]) {
      for (let i = 0; i < d; i++) x[i] += x[d] * draws.weights[i];
      x[d] *= noise;
    }
    const [r11, beta1] = reflector(first, 0);
    reflect(second, first, beta1, 0);
    const r12 = second[0];
    const [r22, beta2] = reflector(second, 1);
    fillNormals(stream, rest, rest.length);
    if (setting.kernel === 'softmax') {
      this.sharpness = Math.abs(r11);
      yield* this.softmax(stream, r11, r12, r22);
    } else this.wishart(stream, r11, r12, r22);
    this.prediction = r12 * mean[0] + r22 * mean[1];
    for (const x of [mean, slope]) {
      reflect(x, second, beta2, 1);
      reflect(x, first, beta1, 0);
      let y = noise * x[d];
      for (let i = 0; i < d; i++) y += draws.weights[i] * x[i];
      x[d] = y;
    }
  }

  private *softmax(stream: LaneStream, r11: number, r12: number, r22: number): Generator<number, void> {
    const { pairs, setting } = this;
    let top = -Infinity;
    // Sums of e = exp(score − top) times 1, g, k, t g, t k, and of e² times 1, t, t².
    const sums = new Float64Array(8);
    for (let done = 0; done < setting.length; done += chunkTokens) {
      const count = Math.min(chunkTokens, setting.length - done);
      fillNormals(stream, pairs, 2 * count);
      let chunkTop = top;
      for (let l = 0; l < count; l++) chunkTop = Math.max(chunkTop, r11 * pairs[2 * l]);
      const f = Math.exp(top - chunkTop);
      for (let i = 0; i < 8; i++) sums[i] *= i < 5 ? f : f * f;
      top = chunkTop;
      for (let l = 0; l < count; l++) {
        const g = pairs[2 * l];
        const k = pairs[2 * l + 1];
        const e = Math.exp(r11 * g - top);
        const t = r12 * g + r22 * k;
        sums[0] += e;
        sums[1] += e * g;
        sums[2] += e * k;
        sums[3] += e * t * g;
        sums[4] += e * t * k;
        sums[5] += e * e;
        sums[6] += e * e * t;
        sums[7] += e * e * t * t;
      }
      yield count;
    }
    const total = sums[0];
    const g = sums[1] / total;
    const k = sums[2] / total;
    const t = r12 * g + r22 * k;
    const p2 = sums[5] / total ** 2;
    const p2u = sums[6] / total ** 2 - t * p2;
    const p2uu = sums[7] / total ** 2 - t * (2 * p2u + t * p2);
    const l11 = Math.sqrt(p2);
    const l21 = p2u / l11;
    this.fill(g, k, sums[3] / total - t * g, sums[4] / total - t * k, l11, l21, Math.sqrt(Math.max(0, p2uu - l21 * l21)));
  }

  private wishart(stream: LaneStream, r11: number, r12: number, r22: number): void {
    const L = this.setting.length;
    const [b11Squared, b21, b22Squared] = bartlett(stream, L);
    const b11 = Math.sqrt(b11Squared);
    const b22 = Math.sqrt(b22Squared);
    const gg = b11Squared / L;
    const gk = (b11 * b21) / L;
    const kk = (b21 * b21 + b22Squared) / L;
    const scale = r11 / L;
    this.fill(r11 * gg, r11 * gk, r12 * gg + r22 * gk, r12 * gk + r22 * kk, scale * b11, (r12 * b11 + r22 * b21) / L, (r22 * b22) / L);
  }

  /** Mean and slope in the frame: two coordinates each, and the orthogonal parts l11 r1 and l21 r1 + l22 r2. */
  private fill(meanG: number, meanK: number, slopeG: number, slopeK: number, l11: number, l21: number, l22: number): void {
    const { mean, slope, rest } = this;
    const n = mean.length - 2;
    mean[0] = meanG;
    mean[1] = meanK;
    slope[0] = slopeG;
    slope[1] = slopeK;
    for (let i = 0; i < n; i++) {
      mean[i + 2] = l11 * rest[i];
      slope[i + 2] = l21 * rest[i] + l22 * rest[n + i];
    }
  }
}

/** Turns x[start] … into the vector v of I − beta v vᵀ, which sends it to r times the first axis; answers [r, beta]. */
function reflector(x: Float64Array, start: number): readonly [r: number, beta: number] {
  let square = 0;
  for (let i = start; i < x.length; i++) square += x[i] * x[i];
  const size = Math.sqrt(square);
  const head = x[start];
  if (size === 0) return [0, 0];
  const r = head < 0 || Object.is(head, -0) ? size : -size;
  x[start] = head - r;
  return [r, 1 / (square + Math.abs(head) * size)];
}

/** b11² ~ χ²_L, b21 ~ N(0, 1), b22² ~ χ²_{L−1}: Bartlett's factor of a Wishart matrix in two dimensions. */
function bartlett(stream: LaneStream, length: number): readonly [number, number, number] {
  const pair = new Float64Array(2);
  fillNormals(stream, pair, 2);
  const b21 = pair[0];
  let first = -1;
  let second = length === 1 ? 0 : -1;
  while (first < 0 || second < 0) {
    fillNormals(stream, pair, 2);
    const u1 = ((stream.next() >>> 0) + 0.5) * 2 ** -32;
    const u2 = ((stream.next() >>> 0) + 0.5) * 2 ** -32;
    if (first < 0) first = chiSquare(length, pair[0], u1);
    if (second < 0) second = chiSquare(length - 1, pair[1], u2);
  }
  return [first, b21, second];
}

/** One trial of G. Marsaglia and W. W. Tsang (2000) for χ² with k ≥ 1 degrees of freedom; −1 when it is rejected. At k = 1, x². */
function chiSquare(k: number, x: number, u: number): number {
  if (k === 1) return x * x;
  const d = k / 2 - 1 / 3;
  const step = x / Math.sqrt(9 * d);
  if (step <= -1) return -1;
  const v = (1 + step) ** 3;
  // log1p keeps the accuracy of ln v at 10¹² degrees of freedom, where v − 1 is about 10⁻⁶.
  return Math.log(u) < 0.5 * x * x + d * (1 - v + 3 * Math.log1p(step)) ? 2 * d * v : -1;
}

/** Any law, any link, any number of heads: token by token, keeping the largest score seen (M. Milakov and N. Gimelshein, 2018). */
class ExplicitForm implements PromptForm {
  prediction = 0;
  sharpness = 0;
  readonly mean: Float64Array;
  readonly slope: Float64Array;
  private readonly tilt: Float64Array;
  readonly top: Float64Array;
  readonly total: Float64Array;
  private readonly tokens: Float64Array;
  private readonly scores = new Float64Array(chunkTokens);

  constructor(private readonly setting: PromptSetting) {
    const D = setting.dimension + 1;
    this.mean = new Float64Array(setting.heads * D);
    this.slope = new Float64Array(setting.heads * D);
    this.tilt = new Float64Array(setting.heads * D);
    this.top = new Float64Array(setting.heads);
    this.total = new Float64Array(setting.heads);
    this.tokens = new Float64Array(chunkTokens * D);
  }

  *evaluate(stream: LaneStream, draws: TaskDraws, keyQuery: Float64Array, value: Float64Array): Generator<number, void> {
    const { setting, tilt, mean, slope, tokens } = this;
    const { dimension: d, heads, length } = setting;
    const D = d + 1;
    for (let i = 0; i < heads * D; i++) {
      tilt[i] = 0;
      for (let j = 0; j < d; j++) tilt[i] += keyQuery[i * d + j] * draws.query[j];
    }
    mean.fill(0);
    slope.fill(0);
    this.total.fill(0);
    this.top.fill(-Infinity);
    this.sharpness = 0;
    for (let done = 0; done < length; done += chunkTokens) {
      const count = Math.min(chunkTokens, length - done);
      for (let l = 0; l < count; l += 2) draws.twoTokens(stream, tokens, l * D);
      for (let h = 0; h < heads; h++) this.add(h, count, value);
      yield count * heads;
    }
    this.prediction = 0;
    for (let h = 0; h < heads; h++) this.prediction += this.finish(h * D, setting.kernel === 'softmax' ? this.total[h] : length, value);
  }

  private add(h: number, count: number, value: Float64Array): void {
    const { setting, tokens, tilt, scores, mean, slope } = this;
    const D = setting.dimension + 1;
    const head = h * D;
    const softmax = setting.kernel === 'softmax';
    let top = this.top[h];
    for (let l = 0; l < count; l++) {
      let s = 0;
      for (let i = 0; i < D; i++) s += tilt[head + i] * tokens[l * D + i];
      scores[l] = s;
      top = Math.max(top, s);
      if (softmax) this.sharpness = Math.max(this.sharpness, Math.abs(s));
    }
    if (softmax) {
      const f = Math.exp(this.top[h] - top);
      this.top[h] = top;
      this.total[h] *= f;
      for (let i = head; i < head + D; i++) {
        mean[i] *= f;
        slope[i] *= f;
      }
    }
    for (let l = 0; l < count; l++) {
      const p = softmax ? Math.exp(scores[l] - top) : scores[l];
      let t = 0;
      for (let i = 0; i < D; i++) t += value[head + i] * tokens[l * D + i];
      const q = softmax ? p * t : t;
      this.total[h] += p;
      for (let i = 0; i < D; i++) {
        mean[head + i] += p * tokens[l * D + i];
        slope[head + i] += q * tokens[l * D + i];
      }
    }
  }

  private finish(head: number, total: number, value: Float64Array): number {
    const { setting, mean, slope } = this;
    const D = setting.dimension + 1;
    let t = 0;
    for (let i = head; i < head + D; i++) {
      mean[i] /= total;
      t += value[i] * mean[i];
    }
    for (let i = head; i < head + D; i++) slope[i] = slope[i] / total - (setting.kernel === 'softmax' ? t * mean[i] : 0);
    return t;
  }
}
