/** The batch kernel in WebAssembly: hands the setting and the parameters to `assembly/index.ts` and reads its sums. */
import { appetite } from './prompt-draws.js';
import {
  type BatchKernel,
  blockPrompts,
  type Descent,
  type DescentSetting,
  emptySums,
  hasPlaneForm,
  isStandardNormal,
  type LawForm,
  type Precision,
  type PromptSetting,
  type PromptSums,
} from './setting.js';
import { type DescentExports, WasmDescent } from './wasm-descent.js';

/** A compiled `kernels.wasm`. Opaque: only the shell that loads the file knows WebAssembly's own types. */
export type KernelModule = object;

interface Exports extends DescentExports {
  configure(
    isSingle: boolean,
    isLinear: boolean,
    hasPlaneForm: boolean,
    dimension: number,
    heads: number,
    length: number,
    link: number,
    weightNormals: number,
    weightWords: number,
    tokenNormals: number,
    tokenWords: number,
  ): void;
  addComponent(ofTokens: boolean, bound: number, base: number, n: number, factorKind: number, rows: number): void;
  meanAt(): number;
  factorAt(): number;
  pointsAt(): number;
  finishLaws(standardTokens: boolean): void;
  noiseAt(): number;
  keyQueryAt(): number;
  valueAt(): number;
  totalsAt(): number;
  sharpness(): number;
  begin(k0: number, k1: number, k2: number, k3: number, first: number, count: number): void;
  advance(budget: number): number;
}

interface Platform {
  readonly Instance: new (module: KernelModule, imports: object) => { readonly exports: unknown };
}

/** The exports of a fresh instance. */
export function instantiate(module: KernelModule): unknown {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Platform };
  return new WebAssembly.Instance(module, {}).exports;
}

const links = ['identity', 'tanh', 'relu', 'sign', 'square'] as const;
const bases = ['normal', 'rademacher', 'uniform', 'sphere', 'points'] as const;

export class WasmKernel implements BatchKernel {
  readonly arithmetic: Precision;
  readonly sums: PromptSums;
  private readonly exports: Exports;
  private keyQuery!: Float32Array | Float64Array;
  private value!: Float32Array | Float64Array;
  private totals!: Float64Array;

  constructor(
    readonly setting: PromptSetting,
    precision: Precision,
    module: KernelModule,
  ) {
    this.arithmetic = precision;
    this.sums = emptySums(setting);
    this.exports = instantiate(module) as Exports;
    const { exports } = this;
    const { kernel, heads, dimension: d, length, link, noise } = setting;
    const forWeights = appetite(setting.weights);
    const forTokens = appetite(setting.tokens);
    exports.configure(
      precision === 'single',
      kernel === 'linear',
      hasPlaneForm(setting),
      d,
      heads,
      length,
      links.indexOf(link),
      forWeights.normals,
      forWeights.words,
      forTokens.normals,
      forTokens.words,
    );
    this.writeLaw(setting.tokens, true);
    this.writeLaw(setting.weights, false);
    exports.finishLaws(isStandardNormal(setting.tokens));
    this.view(exports.noiseAt(), 1)[0] = noise;
    this.look();
  }

  /** Views of the memory, which are good until it grows. */
  private look(): void {
    const { exports, sums } = this;
    this.keyQuery = this.view(exports.keyQueryAt(), sums.keyQuery.length);
    this.value = this.view(exports.valueAt(), sums.value.length);
    this.totals = new Float64Array(exports.memory.buffer, exports.totalsAt(), 3 + sums.value.length + sums.keyQuery.length);
  }

  descent(setting: DescentSetting): Descent {
    const made = new WasmDescent(this.exports, setting, this.setting);
    this.look();
    return made;
  }

  begin(name: Int32Array, first: number, count: number, keyQuery: Float64Array, value: Float64Array): void {
    if (first % blockPrompts !== 0) throw new RangeError(`prompts start at a multiple of ${blockPrompts}, not at ${first}`);
    // `set` between arrays of different types is slower by far, for so few numbers.
    for (let i = 0; i < this.keyQuery.length; i++) this.keyQuery[i] = keyQuery[i];
    for (let i = 0; i < this.value.length; i++) this.value[i] = value[i];
    this.exports.begin(name[0], name[1], name[2], name[3], first, count);
  }

  advance(tokens: number): boolean {
    if (this.exports.advance(tokens) === 0) return false;
    const { sums, totals } = this;
    const values = this.value.length;
    sums.errorSquares = totals[0];
    sums.errorFourths = totals[1];
    sums.labelSquares = totals[2];
    sums.sharpest = this.exports.sharpness();
    for (let i = 0; i < values; i++) sums.value[i] = totals[3 + i];
    for (let i = 0; i < sums.keyQuery.length; i++) sums.keyQuery[i] = totals[3 + values + i];
    return true;
  }

  private view(at: number, length: number): Float32Array | Float64Array {
    const { buffer } = this.exports.memory;
    return this.arithmetic === 'single' ? new Float32Array(buffer, at, length) : new Float64Array(buffer, at, length);
  }

  private writeLaw(law: LawForm, ofTokens: boolean): void {
    const { exports } = this;
    let bound = 0;
    for (const { share, base, baseDimension: n, mean, factor, points } of law) {
      bound += share;
      const diagonal = factor === null ? null : diagonalOf(factor, mean.length, n);
      const kind = factor === null ? 0 : diagonal !== null ? 1 : 2;
      exports.addComponent(ofTokens, bound, bases.indexOf(base), n, kind, points === undefined ? 0 : points.length / n);
      this.view(exports.meanAt(), mean.length).set(mean);
      const numbers = diagonal ?? factor;
      if (numbers !== null) this.view(exports.factorAt(), numbers.length).set(numbers);
      if (points !== undefined) this.view(exports.pointsAt(), points.length).set(points);
    }
  }
}

/** The diagonal of a square matrix without other entries; null for any other. */
function diagonalOf(factor: Float64Array, rows: number, columns: number): Float64Array | null {
  if (rows !== columns) return null;
  const isDiagonal = factor.every((x, at) => x === 0 || at % (columns + 1) === 0);
  return isDiagonal ? Float64Array.from({ length: rows }, (_, i) => factor[i * (columns + 1)]) : null;
}
