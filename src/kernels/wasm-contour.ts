/** Contour sums in WebAssembly: hands tables and coordinates to `assembly/contour.ts`. Bit for bit what `PlainContour` gives. */
import type { ContourKernel, ContourTable } from './contour.js';
import { instantiate, type KernelModule } from './wasm.js';

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  contourLayOut(dimension: number, nodes: number): void;
  contourTableAt(): number;
  contourCoordinatesAt(): number;
  contourBegin(half: number, noise: number, accuracy: number): void;
  contourAdvance(pairs: number): number;
  contourMean(): number;
}

/** Doubles of a coordinate, and where in it the sums begin; those of a pair of nodes. */
const stride = 16;
const sumsFrom = 10;
const pairDoubles = 12;

export class WasmContour implements ContourKernel {
  readonly ratio: Float64Array;
  readonly g: Float64Array;
  readonly c: Float64Array;
  mean = 0;
  readonly beta: Float64Array;
  readonly gamma: Float64Array;
  readonly slope: Float64Array;
  private readonly exports: Exports;
  private readonly coordinates: Float64Array;
  private readonly nodes: Float64Array;
  /** What the memory holds of which table. */
  private table: ContourTable | null = null;
  private pairs = 0;

  constructor(
    readonly dimension: number,
    mostNodes: number,
    module: KernelModule,
  ) {
    const made = () => new Float64Array(dimension);
    this.ratio = made();
    this.g = made();
    this.c = made();
    this.beta = made();
    this.gamma = made();
    this.slope = made();
    this.exports = instantiate(module) as Exports;
    const { exports } = this;
    exports.contourLayOut(dimension, mostNodes);
    // The memory does not grow from here on, so that views of it stay good.
    const { buffer } = exports.memory;
    this.coordinates = new Float64Array(buffer, exports.contourCoordinatesAt(), stride * dimension);
    this.nodes = new Float64Array(buffer, exports.contourTableAt(), (pairDoubles * mostNodes) / 2);
  }

  sum(table: ContourTable, half: number, noise: number, accuracy: number): void {
    const { exports, coordinates, dimension, ratio, g, c, beta, gamma, slope } = this;
    for (let i = 0, at = 0; i < dimension; i++, at += stride) {
      coordinates[at] = coordinates[at + 1] = ratio[i];
      coordinates[at + 2] = coordinates[at + 3] = g[i];
      coordinates[at + 4] = coordinates[at + 5] = c[i];
    }
    if (table !== this.table) {
      this.table = table;
      this.pairs = 0;
    }
    this.take(table);
    exports.contourBegin(half, noise, accuracy);
    while (exports.contourAdvance(this.pairs) === 0 && 2 * this.pairs < table.zr.length) {
      while (table.ready < 2 * this.pairs + 2) table.add();
      this.take(table);
    }
    this.mean = exports.contourMean();
    for (let i = 0, at = sumsFrom; i < dimension; i++, at += stride) {
      beta[i] = coordinates[at] + coordinates[at + 1];
      gamma[i] = coordinates[at + 2] + coordinates[at + 3];
      slope[i] = coordinates[at + 4] + coordinates[at + 5];
    }
  }

  /** Copies the pairs of nodes that are made and not here yet. */
  private take(table: ContourTable): void {
    const { nodes } = this;
    const { zr, zi, values } = table;
    for (; 2 * this.pairs + 2 <= table.ready; this.pairs++) {
      for (let lane = 0; lane < 2; lane++) {
        const k = 2 * this.pairs + lane;
        const at = pairDoubles * this.pairs + lane;
        nodes[at] = zr[k];
        nodes[at + 2] = zi[k];
        for (let part = 0; part < 4; part++) nodes[at + 4 + 2 * part] = values[4 * k + part];
      }
    }
  }
}

/** One instance for each dimension: their memory is one page or two, but the room that the host keeps free beside it is large. */
const made = new WeakMap<KernelModule, Map<number, WasmContour>>();

/** The kernel of one dimension. Callers share it, and what it holds is good for one sum. */
export function wasmContour(dimension: number, mostNodes: number, module: KernelModule): WasmContour {
  let byDimension = made.get(module);
  if (!byDimension) {
    byDimension = new Map();
    made.set(module, byDimension);
  }
  let kernel = byDimension.get(dimension);
  if (!kernel) {
    kernel = new WasmContour(dimension, mostNodes, module);
    byDimension.set(dimension, kernel);
  }
  return kernel;
}
