/** The parts of the WebAssembly kernels that only tests call by themselves. */
import type { KernelModule } from '../../../src/kernels/index.js';
import { instantiate } from '../../../src/kernels/wasm.js';

interface PartExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  allocate(bytes: number): number;
  startStreams(name: number, lane: number): void;
  fillWords(to: number, count: number): void;
  normals32(to: number, pairs: number): void;
  normals64(to: number, pairs: number): void;
  powers32(at: number, count: number): void;
  powers64(at: number, count: number): void;
  functions32(from: number, to: number, count: number): void;
  functions64(from: number, to: number, count: number): void;
}

/** Lane vectors (four words or numbers) that are made at a time. */
const vectors = 4096;

export class Parts {
  private readonly exports: PartExports;
  private readonly name: number;
  private readonly input: number;
  private readonly output: number;

  constructor(module: KernelModule) {
    this.exports = instantiate(module) as PartExports;
    this.name = this.exports.allocate(16);
    this.input = this.exports.allocate(32 * vectors);
    this.output = this.exports.allocate(3 * 32 * vectors);
  }

  start(name: Int32Array, lane: number): void {
    new Int32Array(this.exports.memory.buffer, this.name, 4).set(name);
    this.exports.startStreams(this.name, lane);
  }

  /** The next words of the four streams, `count` ≤ 4096 from each: word l of all lanes comes before word l + 1 of any. */
  words(count: number): Int32Array {
    this.exports.fillWords(this.output, count);
    return new Int32Array(this.exports.memory.buffer, this.output, 4 * count).slice();
  }

  /** `count` ≤ 4096 normals (an even number) of each of the four streams, in the same order. */
  normals(precision: 'single' | 'double', count: number): Float32Array | Float64Array {
    const { buffer } = this.exports.memory;
    if (precision === 'single') {
      this.exports.normals32(this.output, count / 2);
      return new Float32Array(buffer, this.output, 4 * count).slice();
    }
    this.exports.normals64(this.output, count / 2);
    return new Float64Array(buffer, this.output, 4 * count).slice();
  }

  /** 2^x of up to 16384 (single) or 8192 (double) numbers, a multiple of four. */
  powers(x: Float32Array | Float64Array): Float32Array | Float64Array {
    const { buffer } = this.exports.memory;
    if (x instanceof Float32Array) {
      const at = new Float32Array(buffer, this.output, x.length);
      at.set(x);
      this.exports.powers32(this.output, x.length / 4);
      return at.slice();
    }
    const at = new Float64Array(buffer, this.output, x.length);
    at.set(x);
    this.exports.powers64(this.output, x.length / 2);
    return at.slice();
  }

  /** Of up to 16384 words, a multiple of four: squared radius, sine and cosine (see `functions32` in `assembly/index.ts`). */
  functions(precision: 'single' | 'double', words: Int32Array): { radius: number[]; sine: number[]; cosine: number[] } {
    const { buffer } = this.exports.memory;
    new Int32Array(buffer, this.input, words.length).set(words);
    this.exports[precision === 'single' ? 'functions32' : 'functions64'](this.input, this.output, words.length / 4);
    const n = words.length;
    const all = precision === 'single' ? new Float32Array(buffer, this.output, 3 * n) : new Float64Array(buffer, this.output, 3 * n);
    return {
      radius: Array.from(all.subarray(0, n)),
      sine: Array.from(all.subarray(n, 2 * n)),
      cosine: Array.from(all.subarray(2 * n)),
    };
  }
}
