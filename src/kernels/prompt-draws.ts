/** The draws of one prompt in plain TypeScript: same words, same order as the WebAssembly kernels (`assembly/draws.ts`). */
import type { KernelLink, LawForm, PromptSetting } from './setting.js';
import type { LaneStream } from './streams.js';

/** How many normals and how many plain words one vector of a law takes: those of its most demanding component, so that all draws are alike. */
export function appetite(law: LawForm): { readonly normals: number; readonly words: number } {
  let normals = 0;
  let words = 0;
  for (const { base, baseDimension } of law) {
    if (base === 'normal' || base === 'sphere') normals = Math.max(normals, baseDimension);
    else words = Math.max(words, base === 'points' ? 2 : baseDimension);
  }
  return { normals, words: words + (law.length > 1 ? 1 : 0) };
}

/** Fills `out` with normals, two from two words: radius from 31 bits of the first, its sign from the last, half a turn's angle from the second. */
export function fillNormals(stream: LaneStream, out: Float64Array, count: number): void {
  for (let i = 0; i < count; i += 2) {
    const first = stream.next();
    const second = stream.next();
    const size = Math.sqrt(-2 * Math.log(((first >>> 1) + 0.5) * 2 ** -31));
    const radius = (first & 1) === 1 ? -size : size;
    const angle = second * 2 ** -31 * (Math.PI / 2);
    out[i] = radius * Math.cos(angle);
    out[i + 1] = radius * Math.sin(angle);
  }
}

/** One vector of a law from its normals (normals[from] …) and from `words`, into out[at] …. */
export function shapeVector(
  law: LawForm,
  dimension: number,
  normals: Float64Array,
  from: number,
  words: Int32Array,
  out: Float64Array,
  at: number,
): void {
  let next = 0;
  const component = law.length > 1 ? law[choice(law, (words[next++] >>> 0) * 2 ** -32)] : law[0];
  const { base, baseDimension: n, mean, factor, points } = component;
  const b = new Float64Array(n);
  switch (base) {
    case 'normal':
      for (let i = 0; i < n; i++) b[i] = normals[from + i];
      break;
    case 'sphere': {
      let square = 0;
      for (let i = 0; i < n; i++) square += normals[from + i] ** 2;
      for (let i = 0; i < n; i++) b[i] = normals[from + i] / Math.sqrt(square);
      break;
    }
    case 'rademacher':
      for (let i = 0; i < n; i++) b[i] = words[next + i] < 0 ? -1 : 1;
      break;
    case 'uniform':
      for (let i = 0; i < n; i++) b[i] = (words[next + i] + 0.5) * 2 ** -31;
      break;
    case 'points': {
      const rows = points!.length / n;
      const row = Math.floor(((words[next] >>> 0) + ((words[next + 1] >>> 12) + 0.5) * 2 ** -20) * 2 ** -32 * rows);
      for (let i = 0; i < n; i++) b[i] = points![row * n + i];
    }
  }
  for (let i = 0; i < dimension; i++) {
    let sum = mean[i];
    if (factor === null) sum += b[i];
    else for (let j = 0; j < n; j++) sum += factor[i * n + j] * b[j];
    out[at + i] = sum;
  }
}

function choice(law: LawForm, u: number): number {
  let bound = 0;
  for (let k = 0; k < law.length - 1; k++) {
    bound += law[k].share;
    if (u < bound) return k;
  }
  return law.length - 1;
}

export function applyLink(link: KernelLink, u: number): number {
  switch (link) {
    case 'identity':
      return u;
    case 'tanh':
      return Math.tanh(u);
    case 'relu':
      return Math.max(0, u);
    case 'sign':
      return Math.sign(u);
    case 'square':
      return u * u;
  }
}

/** Draws u = Sᵀ w, the query and its label. */
export class TaskDraws {
  readonly weights: Float64Array;
  readonly query: Float64Array;
  label = 0;
  private readonly normals: Float64Array;
  private readonly words: Int32Array;
  private readonly forWeights: { readonly normals: number; readonly words: number };
  private readonly forTokens: { readonly normals: number; readonly words: number };
  private readonly forQuery: { readonly normals: number; readonly words: number };

  constructor(private readonly setting: PromptSetting) {
    const d = setting.dimension;
    this.weights = new Float64Array(d);
    this.query = new Float64Array(d);
    this.forWeights = appetite(setting.weights);
    this.forTokens = appetite(setting.tokens);
    this.forQuery = appetite(setting.queries ?? setting.tokens);
    this.normals = new Float64Array(2 * Math.max(this.forTokens.normals + 1, this.forWeights.normals + this.forQuery.normals + 1));
    this.words = new Int32Array(Math.max(this.forWeights.words, this.forTokens.words, this.forQuery.words));
  }

  private fillWords(stream: LaneStream, count: number): void {
    for (let i = 0; i < count; i++) this.words[i] = stream.next();
  }

  task(stream: LaneStream): void {
    const { setting, forWeights, forQuery, normals, words, weights, query } = this;
    const { dimension: d, noise, labelNoise = noise } = setting;
    fillNormals(stream, normals, forWeights.normals + forQuery.normals + 1);
    this.fillWords(stream, forWeights.words);
    shapeVector(setting.weights, d, normals, 0, words, weights, 0);
    this.fillWords(stream, forQuery.words);
    shapeVector(setting.queries ?? setting.tokens, d, normals, forWeights.normals, words, query, 0);
    this.label = this.respond(query, 0, labelNoise * normals[forWeights.normals + forQuery.normals]);
  }

  /** Two tokens (g, y), D numbers each, into out[at] …. */
  twoTokens(stream: LaneStream, out: Float64Array, at: number): void {
    const { setting, forTokens, normals, words } = this;
    const d = setting.dimension;
    const n = forTokens.normals;
    fillNormals(stream, normals, 2 * (n + 1));
    for (let l = 0; l < 2; l++) {
      const to = at + l * (d + 1);
      this.fillWords(stream, forTokens.words);
      shapeVector(setting.tokens, d, normals, l * (n + 1), words, out, to);
      out[to + d] = this.respond(out, to, setting.noise * normals[l * (n + 1) + n]);
    }
  }

  private respond(g: Float64Array, at: number, noise: number): number {
    let u = 0;
    for (let i = 0; i < this.weights.length; i++) u += this.weights[i] * g[at + i];
    return applyLink(this.setting.link, u) + noise;
  }
}
