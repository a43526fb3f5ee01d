/**
 * Averages of B2 and 1 − G over Q = Σ λ_i ξ_i² and all their derivatives in λ, as one sum over some fifty complex nodes: with
 * F(p) = ∫ (f(q) − f(0)) e^{pq} dq, Parseval's formula gives E f(Q) = f(0) + (1/2πi) ∫ F(p) Π(1 + 2λ_i p)^{−1/2} dp. F depends on the prompt length only, so it
 * is tabulated once, and a training trajectory pays for the product alone (docs/mathematics.md, section 6).
 *
 * The path is p = −z/(2λ*), z = cosh(s + iα): a hyperbola between the singularity of F at 0 and the branch points −1/(2λ_i). λ* is a power
 * of two at least max λ_i and ¼ Σ λ_i; α is 45° unless many eigenvalues make the product grow along so flat a path.
 */
import { type ContourKernel, ContourNode, type ContourTable, createContourKernel, type KernelModule } from '../kernels/index.js';
import { GridMoments } from './moment-table.js';

interface Path {
  /** Quadrature steps in s and in log q; log q steps divide log 2, so that every λ* uses the same q. */
  readonly step: number;
  readonly perOctave: number;
  readonly angle: number;
}

/** Cotangent of α, and the step in s where α is 45°. The more factors, the more the product grows within the strip, and the finer the step. */
const paths: readonly Path[] = (
  [
    [1, 0.135],
    [1, 0.1],
    [0.5, 0.135],
    [0.25, 0.135],
    [0.11, 0.135],
  ] as const
).map(([cotangent, fineness]) => {
  const angle = Math.atan2(1, cotangent);
  const strip = Math.PI / 2 - angle;
  return { angle, step: (fineness * strip) / (Math.PI / 4), perOctave: Math.ceil((5 * Math.PI) / 4 / strip) };
});
/**
 * The steps in s as multiples of those above, by the accuracy that averages are wanted to at least: the error of the rule falls as
 * exp(−2π × strip / step), from 1e-15 at the steps above to 1e-8 and 6e-6 at the coarser ones. It is relative to the largest of B2 − B2(0) and of γ − γ(0)
 * near the path, which from `longest` on is far above what their averages are. With many factors the product leaves no room for coarser steps.
 */
const grades = [
  { accuracy: 0, coarser: 1, longest: Number.POSITIVE_INFINITY },
  { accuracy: 1e-8, coarser: 1.35, longest: 1e5 },
  { accuracy: 1e-6, coarser: 1.8, longest: 1e4 },
] as const;
/** Largest dimensions that the two flattest paths serve, whatever the eigenvalues. */
const mostOnPath = [5, 16] as const;

/** More than any path needs; even. */
const maximumNodes = 600;

/** exp(−y z) at the nodes z of one path, y = 2^{n/perOctave}; nothing in it depends on the length. */
class PathNodes {
  readonly zr = new Float64Array(maximumNodes);
  readonly zi = new Float64Array(maximumNodes);
  /** sinh(s + iα) · step / π · (step in log q). */
  readonly jr = new Float64Array(maximumNodes);
  readonly ji = new Float64Array(maximumNodes);
  /** First n of each row; rows hold y exp(−y z). */
  readonly from = new Int32Array(maximumNodes);
  readonly er: Float64Array[] = [];
  readonly ei: Float64Array[] = [];

  constructor(readonly path: Path) {}

  /** Makes row k, the next one. */
  add(k: number): void {
    const { step, perOctave, angle } = this.path;
    const logStep = Math.LN2 / perOctave;
    const s = (k + 0.5) * step;
    const zr = Math.cosh(s) * Math.cos(angle);
    const zi = Math.sinh(s) * Math.sin(angle);
    const factor = (step / Math.PI) * logStep;
    const from = Math.floor((-s - 20) / logStep);
    const width = Math.ceil(Math.log(36 / zr) / logStep) - from + 1;
    this.zr[k] = zr;
    this.zi[k] = zi;
    this.jr[k] = Math.sinh(s) * Math.cos(angle) * factor;
    this.ji[k] = Math.cosh(s) * Math.sin(angle) * factor;
    this.from[k] = from;
    this.er.push(new Float64Array(width));
    this.ei.push(new Float64Array(width));
    fillRow(zr, zi, from, logStep, this.er[k]!, this.ei[k]!);
  }
}

function fillRow(zr: number, zi: number, from: number, logStep: number, er: Float64Array, ei: Float64Array): void {
  for (let n = 0; n < er.length; n++) {
    const y = Math.exp((from + n) * logStep);
    const size = y * Math.exp(-y * zr);
    er[n] = size * Math.cos(y * zi);
    ei[n] = -size * Math.sin(y * zi);
  }
}

const pathNodes = new Map<number, PathNodes>();

function nodesOf(path: number, grade: number): PathNodes {
  const key = path + paths.length * grade;
  let nodes = pathNodes.get(key);
  if (!nodes) {
    const { angle, step, perOctave } = paths[path]!;
    nodes = new PathNodes({ angle, perOctave, step: step * grades[grade]!.coarser });
    pathNodes.set(key, nodes);
  }
  return nodes;
}

/** B2 − B2(0) and γ − γ(0), γ = 1 − G, on the grid q = 2^{n/perOctave}; NaN marks what has not been asked for yet. */
class SampledMoments {
  readonly b2: Float64Array;
  readonly gamma: Float64Array;
  /** Index of n = 0. */
  readonly origin: number;
  private readonly out = new Float64Array(4);
  private readonly moments: GridMoments;

  constructor(
    private readonly length: number,
    private readonly perOctave: number,
  ) {
    this.moments = new GridMoments(length);
    this.origin = lowestOctave * perOctave;
    const size = (lowestOctave + highestOctave) * perOctave + 1;
    this.b2 = new Float64Array(size).fill(Number.NaN);
    this.gamma = new Float64Array(size).fill(Number.NaN);
  }

  /** Fills the indices from … to (clamped to the grid). */
  ensure(from: number, to: number): void {
    const { b2 } = this;
    for (let index = to; index >= from; index--) if (Number.isNaN(b2[index]!)) this.sample(index);
  }

  private sample(index: number): void {
    const { b2, gamma, out } = this;
    const e = 1 / this.length;
    const q = Math.exp((Math.LN2 * (index - this.origin)) / this.perOctave);
    if (q < 1e-9) {
      // The slopes at τ² = 0, where B2 = 1/L, B3 = B22 = 1/L², B4 = B23 = B222 = 1/L³.
      b2[index] = q * e * (1 - e);
      gamma[index] = q * e * (1 + e * (5 - 6 * e));
      return;
    }
    this.moments.at(q, out);
    b2[index] = out[0]! - e;
    gamma[index] = out[0]! + 6 * out[1]! - 6 * out[2]! - e;
  }
}

/** The grid of q spans 2^−lowestOctave … 2^highestOctave; below it f − f(0) is as good as 0. */
const lowestOctave = 160;
const highestOctave = 60;

/** Transforms of one length along one path at one λ*. */
class Transforms implements ContourTable {
  /** Interleaved: real and imaginary part for B2, then for γ. */
  readonly values = new Float64Array(4 * maximumNodes);
  readonly zr: Float64Array;
  readonly zi: Float64Array;
  /** Rows that are made. */
  ready = 0;

  constructor(
    private readonly nodes: PathNodes,
    private readonly samples: SampledMoments,
    /** log2(2λ*) in steps of the q grid. */
    private readonly shift: number,
  ) {
    this.zr = nodes.zr;
    this.zi = nodes.zi;
  }

  /** Makes the next row. */
  add(): void {
    const row = this.ready;
    const { nodes, samples, values } = this;
    if (row === nodes.er.length) nodes.add(row);
    const offset = nodes.from[row]! + this.shift + samples.origin;
    const first = Math.max(0, -offset);
    const last = Math.min(nodes.er[row]!.length - 1, samples.b2.length - 1 - offset);
    samples.ensure(offset + first, offset + last);
    const jr = nodes.jr[row]!;
    const ji = nodes.ji[row]!;
    const b = 4 * row;
    product(samples.b2, nodes.er[row]!, nodes.ei[row]!, offset, first, last, jr, ji, values, b);
    product(samples.gamma, nodes.er[row]!, nodes.ei[row]!, offset, first, last, jr, ji, values, b + 2);
    this.ready++;
  }
}

/** (jr + i ji) Σ f(offset + n) (er + i ei)(n), to out[at] and out[at + 1]. */
function product(
  f: Float64Array,
  er: Float64Array,
  ei: Float64Array,
  offset: number,
  first: number,
  last: number,
  jr: number,
  ji: number,
  out: Float64Array,
  at: number,
): void {
  let re = 0;
  let im = 0;
  for (let n = first; n <= last; n++) {
    const value = f[offset + n]!;
    re += value * er[n]!;
    im += value * ei[n]!;
  }
  out[at] = re * jr - im * ji;
  out[at + 1] = re * ji + im * jr;
}

/** What one length has tabulated, by path and octave of λ*; it does not depend on the dimension. */
class LengthTables {
  private readonly samples = new Map<number, SampledMoments>();
  private readonly transforms = new Map<number, Transforms>();

  constructor(private readonly length: number) {}

  at(path: number, grade: number, octave: number): Transforms {
    const key = (path + paths.length * grade) * 1e6 + octave;
    let transforms = this.transforms.get(key);
    if (!transforms) {
      const { perOctave } = paths[path]!;
      let samples = this.samples.get(path);
      if (!samples) {
        samples = new SampledMoments(this.length, perOctave);
        this.samples.set(path, samples);
      }
      transforms = new Transforms(nodesOf(path, grade), samples, (octave + 1) * perOctave);
      this.transforms.set(key, transforms);
    }
    return transforms;
  }
}

const tables = new Map<number, LengthTables>();
const tableLimit = 64;

function tablesOf(length: number): LengthTables {
  let made = tables.get(length);
  if (!made) {
    if (tables.size >= tableLimit) tables.delete(tables.keys().next().value!);
    made = new LengthTables(length);
    tables.set(length, made);
  }
  return made;
}

/**
 * Averages over Q for one prompt length L (an integer ≥ 1). E f(Q) = f(0) + Σ Im(φC); a factor ξ_i² is a factor h_i, ξ_i²ξ_j² is h_i h_j (1 + 2δ_ij), and f′
 * in place of f a factor −p. f(0) = 1/L for both B2 and γ = 1 − G.
 */
export class QuadraticContour {
  /** Sums the averages that `sum` makes; its g and c are for the caller to write. */
  readonly kernel: ContourKernel;
  private readonly tables: LengthTables;
  private readonly node: ContourNode;
  private readonly ratio: Float64Array;

  /** With a module the sums are made by its kernel, which gives the same bits. */
  constructor(
    readonly length: number,
    readonly dimension: number,
    module: KernelModule | null = null,
  ) {
    this.kernel = createContourKernel(dimension, maximumNodes, module);
    this.node = new ContourNode(dimension);
    this.ratio = new Float64Array(dimension);
    this.tables = tablesOf(length);
  }

  /** Visits the nodes of the path for the eigenvalues λ ≥ 0 until their weight is below `accuracy`. Nothing to visit when λ = 0. */
  visit(lambda: Float64Array, accuracy: number, use: (node: ContourNode) => void): void {
    const { ratio, node } = this;
    const octave = octaveOf(lambda);
    if (octave === null) return;
    const transforms = this.tableFor(lambda, octave, accuracy);
    const half = 0.5 / 2 ** octave;
    let scale = 0;
    let quiet = 0;
    for (let k = 0; k < maximumNodes && quiet < 3; k++) {
      if (k === transforms.ready) transforms.add();
      const weight = node.place(transforms, k, ratio, half);
      use(node);
      scale = Math.max(scale, weight);
      quiet = weight <= accuracy * scale ? quiet + 1 : 0;
    }
  }

  /** Leaves the kernel's sums for λ ≥ 0, up to that `accuracy`; false when λ = 0, where there is nothing to sum. */
  sum(lambda: Float64Array, accuracy: number, noise: number): boolean {
    const { kernel, ratio } = this;
    const octave = octaveOf(lambda);
    if (octave === null) return false;
    const transforms = this.tableFor(lambda, octave, accuracy);
    for (let i = 0; i < ratio.length; i++) kernel.ratio[i] = ratio[i]!;
    kernel.sum(transforms, 0.5 / 2 ** octave, noise, accuracy);
    return true;
  }

  /** Also sets the ratios λ_i/λ*. */
  private tableFor(lambda: Float64Array, octave: number, accuracy: number): Transforms {
    const { ratio } = this;
    const star = 2 ** octave;
    for (let i = 0; i < ratio.length; i++) ratio[i] = lambda[i]! / star;
    const path = this.choosePath();
    let grade = path === 0 ? grades.length - 1 : 0;
    while (grades[grade]!.accuracy > accuracy || grades[grade]!.longest < this.length) grade--;
    return this.tables.at(path, grade, octave);
  }

  /** The flattest path along which the product grows by less than e². */
  private choosePath(): number {
    if (this.dimension <= mostOnPath[0]) return 0;
    if (this.dimension <= mostOnPath[1]) return 1;
    for (let path = 1; path < paths.length - 1; path++) {
      const { angle } = paths[path]!;
      let worst = 0;
      for (let s = 0; s < 30; s += 0.4) {
        const zr = Math.cosh(s) * Math.cos(angle);
        const zi = Math.sinh(s) * Math.sin(angle);
        let log = 0;
        for (const r of this.ratio) log -= 0.25 * Math.log((1 - r * zr) ** 2 + (r * zi) ** 2);
        worst = Math.max(worst, log);
        if (log < -40) break;
      }
      if (worst < 2) return path;
    }
    return paths.length - 1;
  }
}

/** log2 λ*, an integer; null when λ = 0. */
function octaveOf(lambda: Float64Array): number | null {
  let largest = 0;
  let sum = 0;
  for (let i = 0; i < lambda.length; i++) {
    largest = Math.max(largest, lambda[i]!);
    sum += lambda[i]!;
  }
  if (!(largest > 1e-200)) return null;
  return Math.ceil(Math.log2(Math.max(largest, 0.25 * sum)) - 1e-9);
}
