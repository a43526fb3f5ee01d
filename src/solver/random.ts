/**
 * Random streams named by (seed, purpose, index) and by nothing else: any number of workers, in any order, draws the same bits,
 * and runs that differ in prompt length or kernel alone share their draws.
 *
 * The name is hashed to 128 bits (MurmurHash3_x86_128, A. Appleby), which start the generator sfc32 (C. Doty-Humphrey, PractRand).
 * Normals come from a ziggurat of 256 layers (G. Marsaglia and W. W. Tsang, 2000) fed with 8 bits for the layer and 56 others for
 * the value, so that the two are independent (J. A. Doornik, 2005).
 */

import { streamName } from '../kernels/index.js';

export interface RandomStream {
  /** An integer uniform on 0 … 2³² − 1. */
  uint32(): number;
  /** Uniform on the open interval (0, 1), a multiple of 2⁻⁵³. */
  uniform(): number;
  /** N(0, 1). */
  normal(): number;
  /** The same numbers as calling `normal` for out[from] … out[to − 1]. */
  fillNormal(out: Float64Array, from?: number, to?: number): void;
  /** −1 or 1, equally likely. */
  rademacher(): number;
  /** Exponential with mean 1. */
  exponential(): number;
  /** χ² with k ≥ 0 degrees of freedom, k real; 0 at k = 0. */
  chiSquare(k: number): number;
}

const layers = 256;
/** Right edge of the base strip and common area of the strips, for 256 layers. */
const tailStart = 3.6541528853610088;
const stripArea = 0.00492867323399;

/** edge[j] is the width of layer j (edge[0] the virtual width of the base strip); inside[j] = edge[j + 1] / edge[j]. */
const { edge, inside, height } = zigguratTables();

function zigguratTables(): { edge: Float64Array; inside: Float64Array; height: Float64Array } {
  const density = (x: number): number => Math.exp(-0.5 * x * x);
  const edge = new Float64Array(layers + 1);
  edge[0] = stripArea / density(tailStart);
  edge[1] = tailStart;
  for (let j = 2; j < layers; j++) {
    edge[j] = Math.sqrt(-2 * Math.log(stripArea / edge[j - 1] + density(edge[j - 1])));
  }
  edge[layers] = 0;
  const inside = new Float64Array(layers);
  const height = new Float64Array(layers + 1);
  for (let j = 0; j < layers; j++) inside[j] = edge[j + 1] / edge[j];
  for (let j = 0; j <= layers; j++) height[j] = density(edge[j]);
  return { edge, inside, height };
}

const unit24 = 2 ** -23;
const unit56 = 2 ** -55;

class Sfc32 implements RandomStream {
  private readonly state: Int32Array;

  constructor(state: Int32Array) {
    this.state = state;
  }

  uint32(): number {
    return this.next() >>> 0;
  }

  private next(): number {
    const s = this.state;
    const result = (((s[0] + s[1]) | 0) + s[3]) | 0;
    s[3] = (s[3] + 1) | 0;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = (s[2] + (s[2] << 3)) | 0;
    s[2] = (((s[2] << 21) | (s[2] >>> 11)) + result) | 0;
    return result;
  }

  uniform(): number {
    for (;;) {
      const u = (this.next() >>> 5) * 2 ** -27 + (this.next() >>> 6) * 2 ** -53;
      if (u > 0) return u;
    }
  }

  normal(): number {
    const first = this.next();
    const second = this.next() >>> 0;
    const j = first & 255;
    const u = (first >> 8) * unit24 + second * unit56;
    return Math.abs(u) < inside[j] ? u * edge[j] : this.rare(j, u);
  }

  fillNormal(out: Float64Array, from = 0, to = out.length): void {
    const s = this.state;
    let a = s[0];
    let b = s[1];
    let c = s[2];
    let d = s[3];
    for (let i = from; i < to; i++) {
      const first = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + first) | 0;
      const second = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + second) | 0;
      const j = first & 255;
      const u = (first >> 8) * unit24 + (second >>> 0) * unit56;
      if (Math.abs(u) < inside[j]) {
        out[i] = u * edge[j];
        continue;
      }
      s[0] = a;
      s[1] = b;
      s[2] = c;
      s[3] = d;
      out[i] = this.rare(j, u);
      a = s[0];
      b = s[1];
      c = s[2];
      d = s[3];
    }
    s[0] = a;
    s[1] = b;
    s[2] = c;
    s[3] = d;
  }

  /** The 1 % of draws that fall outside the rectangle of their layer: the tail, or a wedge accepted by the density. */
  private rare(layer: number, position: number): number {
    if (layer === 0) {
      for (;;) {
        const x = this.exponential() / tailStart;
        if (2 * this.exponential() > x * x) return position < 0 ? -(tailStart + x) : tailStart + x;
      }
    }
    const x = position * edge[layer];
    const y = height[layer] + this.uniform() * (height[layer + 1] - height[layer]);
    return y < Math.exp(-0.5 * x * x) ? x : this.normal();
  }

  rademacher(): number {
    return this.next() < 0 ? -1 : 1;
  }

  exponential(): number {
    return -Math.log(this.uniform());
  }

  chiSquare(k: number): number {
    if (k === 0) return 0;
    if (k === 1) return this.normal() ** 2;
    if (k === 2) return 2 * this.exponential();
    // Γ(k/2) by G. Marsaglia and W. W. Tsang (2000), with the boost Γ(α) = Γ(α + 1) U^{1/α} below α = 1.
    const shape = k / 2;
    if (shape < 1) return this.chiSquare(k + 2) * this.uniform() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      // log1p keeps the accuracy of ln v at 10¹² degrees of freedom, where v − 1 is about 10⁻⁶.
      if (Math.log(this.uniform()) < 0.5 * x * x + d * (1 - v + 3 * Math.log1p(c * x))) return 2 * d * v;
    }
  }
}

/**
 * The stream of a name. `seed` and `index` are integers of magnitude at most 2⁵³; `purpose` is a short word (`sgd`, `risk`) that
 * keeps different uses of one seed apart. Throws a RangeError for anything that is not such an integer.
 */
export function stream(seed: number, purpose: string, index: number): RandomStream {
  return new Sfc32(streamName(seed, purpose, index));
}
