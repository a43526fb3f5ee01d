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
  recordShape,
  requireCall,
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
    queryNormals: number,
    queryWords: number,
  ): void;
  addComponent(of: number, bound: number, base: number, n: number, factorKind: number, rows: number): void;
  meanAt(): number;
  factorAt(): number;
  pointsAt(): number;
  finishLaws(standardTokens: boolean, standardQuery: boolean): void;
  noiseAt(): number;
  keyQueryAt(): number;
  valueAt(): number;
  totalsAt(): number;
  sharpness(): number;
  keepRecords(prompts: number): void;
  recordsAt(): number;
  recorded(): number;
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
  records = new Float64Array(0);
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
    const { kernel, heads, dimension: d, length, link, noise, labelNoise = noise } = setting;
    const forWeights = appetite(setting.weights);
    const forTokens = appetite(setting.tokens);
    const queries = setting.queries ?? setting.tokens;
    const forQueries = appetite(queries);
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
      forQueries.normals,
      forQueries.words,
    );
    if (setting.records === true) exports.keepRecords(blockPrompts);
    this.writeLaw(setting.tokens, 0);
    this.writeLaw(setting.weights, 1);
    if (setting.queries !== undefined) this.writeLaw(setting.queries, 2);
    exports.finishLaws(isStandardNormal(setting.tokens), isStandardNormal(queries));
    this.view(exports.noiseAt(), 2).set([noise, labelNoise]);
    this.look();
  }

  /** Views of the memory, which are good until it grows. */
  private look(): void {
    const { exports, sums } = this;
    this.keyQuery = this.view(exports.keyQueryAt(), sums.keyQuery.length);
    this.value = this.view(exports.valueAt(), sums.value.length);
    if (this.setting.records === true)
      this.records = new Float64Array(exports.memory.buffer, exports.recordsAt(), blockPrompts * recordShape(this.setting).length);
    this.totals = new Float64Array(exports.memory.buffer, exports.totalsAt(), 3 + sums.value.length + sums.keyQuery.length);
  }

  get recorded(): number {
    return this.exports.recorded();
  }

  descent(setting: DescentSetting): Descent {
    const made = new WasmDescent(this.exports, setting, this.setting);
    this.look();
    return made;
  }

  begin(name: Int32Array, first: number, count: number, keyQuery: Float64Array, value: Float64Array): void {
    requireCall(this.setting, first, count);
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

  private writeLaw(law: LawForm, of: number): void {
    const { exports } = this;
    let bound = 0;
    for (const { share, base, baseDimension: n, mean, factor, points } of law) {
      bound += share;
      const diagonal = factor === null ? null : diagonalOf(factor, mean.length, n);
      const kind = factor === null ? 0 : diagonal !== null ? 1 : 2;
      exports.addComponent(of, bound, bases.indexOf(base), n, kind, points === undefined ? 0 : points.length / n);
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
