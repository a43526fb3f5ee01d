/**
 * Sums over the nodes of a contour integral: averages over Q = Σ λ_i ξ_i², ξ standard normal, by the Laplace transform of what is averaged
 * (docs/mathematics.md, section 6). The nodes are z, p = −z/(2λ*); a node's weight is Π(1 + 2λ_i p)^{−1/2}.
 *
 * The compiled kernel (`wasm-contour.ts`) does the same operations in the same order, two nodes side by side: both give the same bits.
 */

/** The nodes of one path, and at them the transforms C_B and C_γ of two functions, made one after the other as they are asked for. */
export interface ContourTable {
  readonly zr: Float64Array;
  readonly zi: Float64Array;
  /** Real and imaginary part of C_B, then of C_γ, for each node. */
  readonly values: Float64Array;
  /** Nodes that are made; no more than `zr.length`, which is even. */
  readonly ready: number;
  add(): void;
}

/** One instance serves one dimension; what it is asked for is written to `ratio`, `g` and `c`, and what it finds is good until the next sum. */
export interface ContourKernel {
  /** λ_i/λ*, in [0, 1]. */
  readonly ratio: Float64Array;
  readonly g: Float64Array;
  readonly c: Float64Array;
  /** Σ Im(C_B). */
  readonly mean: number;
  /** Σ Im(C_B h_i) and Σ Im(C_γ h_i), h_i = 1/(1 + 2λ_i p), C with the node's weight. */
  readonly beta: Float64Array;
  readonly gamma: Float64Array;
  /** Σ Im(−p h_i [C_B (noise + Σ_j c_j h_j (1 + 2δ_ij)) − C_γ Σ_j g_j h_j (1 + 2δ_ij)]). */
  readonly slope: Float64Array;
  /** Sums until three nodes in a row weigh less than `accuracy` of the heaviest; `half` is 1/(2λ*). */
  sum(table: ContourTable, half: number, noise: number, accuracy: number): void;
}

/** A node: what a sum over the path needs. */
export class ContourNode {
  /** C_B and C_γ with the node's weight. */
  br = 0;
  bi = 0;
  gr = 0;
  gi = 0;
  /** −p = z/(2λ*): the factor of f′ in place of f. */
  pr = 0;
  pi = 0;
  /** h_i = 1/(1 + 2λ_i p). */
  readonly hr: Float64Array;
  readonly hi: Float64Array;

  constructor(dimension: number) {
    this.hr = new Float64Array(dimension);
    this.hi = new Float64Array(dimension);
  }

  /** Becomes node k; answers |C_B| + |C_γ|, by the sums of their parts. A weight beyond double precision counts as 0. */
  place(table: ContourTable, k: number, ratio: Float64Array, half: number): number {
    const { hr, hi } = this;
    const zr = table.zr[k];
    const zi = table.zi[k];
    // Π(1 − ρ_i z̄), whose factors lie in the upper half-plane: a passage to the lower one is a crossing of the branch cut.
    let xr = 1;
    let xi = 0;
    let sign = 1;
    for (let i = 0; i < ratio.length; i++) {
      const a = 1 - ratio[i] * zr;
      const b = ratio[i] * zi;
      const norm = 1 / (a * a + b * b);
      hr[i] = a * norm;
      hi[i] = b * norm;
      const nr = xr * a - xi * b;
      const ni = xr * b + xi * a;
      if (xi >= 0 && ni < 0) sign = -sign;
      xr = nr;
      xi = ni;
    }
    // Inverse square root of the product, conjugated.
    const size = Math.sqrt(xr * xr + xi * xi);
    const root = Math.sqrt(0.5 * (size + Math.abs(xr)));
    const other = (0.5 * xi) / root;
    const inverse = size < Number.POSITIVE_INFINITY ? sign / size : 0;
    const wr = inverse === 0 ? 0 : inverse * (xr >= 0 ? root : Math.abs(other));
    const wi = inverse === 0 ? 0 : inverse * (xr >= 0 ? other : xi >= 0 ? root : -root);
    const t = table.values;
    const at = 4 * k;
    this.br = wr * t[at] - wi * t[at + 1];
    this.bi = wr * t[at + 1] + wi * t[at];
    this.gr = wr * t[at + 2] - wi * t[at + 3];
    this.gi = wr * t[at + 3] + wi * t[at + 2];
    this.pr = zr * half;
    this.pi = zi * half;
    return Math.abs(this.br) + Math.abs(this.bi) + (Math.abs(this.gr) + Math.abs(this.gi));
  }
}

/** The kernel in plain TypeScript. Even and odd nodes have sums of their own, added in the end. */
export class PlainContour implements ContourKernel {
  readonly ratio: Float64Array;
  readonly g: Float64Array;
  readonly c: Float64Array;
  mean = 0;
  readonly beta: Float64Array;
  readonly gamma: Float64Array;
  readonly slope: Float64Array;
  private readonly node: ContourNode;
  /** Sums of the odd nodes. */
  private readonly odd: readonly [beta: Float64Array, gamma: Float64Array, slope: Float64Array];

  constructor(dimension: number) {
    const made = () => new Float64Array(dimension);
    this.ratio = made();
    this.g = made();
    this.c = made();
    this.beta = made();
    this.gamma = made();
    this.slope = made();
    this.odd = [made(), made(), made()];
    this.node = new ContourNode(dimension);
  }

  sum(table: ContourTable, half: number, noise: number, accuracy: number): void {
    const { node, ratio, beta, gamma, slope } = this;
    const [oddBeta, oddGamma, oddSlope] = this.odd;
    for (const sums of [beta, gamma, slope, ...this.odd]) sums.fill(0);
    let even = 0;
    let odd = 0;
    let scale = 0;
    let quiet = 0;
    for (let k = 0; k < table.zr.length && quiet < 3; k += 2) {
      while (table.ready < k + 2) table.add();
      const first = node.place(table, k, ratio, half);
      even += node.bi;
      this.collect(noise, beta, gamma, slope);
      const second = node.place(table, k + 1, ratio, half);
      odd += node.bi;
      this.collect(noise, oddBeta, oddGamma, oddSlope);
      scale = Math.max(scale, first);
      quiet = first <= accuracy * scale ? quiet + 1 : 0;
      scale = Math.max(scale, second);
      quiet = second <= accuracy * scale ? quiet + 1 : 0;
    }
    this.mean = even + odd;
    for (let i = 0; i < ratio.length; i++) {
      beta[i] += oddBeta[i];
      gamma[i] += oddGamma[i];
      slope[i] += oddSlope[i];
    }
  }

  private collect(noise: number, beta: Float64Array, gamma: Float64Array, slope: Float64Array): void {
    const { g, c, node } = this;
    const { hr, hi, br, bi, gr, gi, pr, pi } = node;
    let sgr = 0;
    let sgi = 0;
    let scr = noise;
    let sci = 0;
    for (let i = 0; i < hr.length; i++) {
      sgr += g[i] * hr[i];
      sgi += g[i] * hi[i];
      scr += c[i] * hr[i];
      sci += c[i] * hi[i];
    }
    // −p C_B, −p C_γ, and what all coordinates have in common.
    const Br = br * pr - bi * pi;
    const Bi = br * pi + bi * pr;
    const Gr = gr * pr - gi * pi;
    const Gi = gr * pi + gi * pr;
    const tr = Br * scr - Bi * sci - (Gr * sgr - Gi * sgi);
    const ti = Br * sci + Bi * scr - (Gr * sgi + Gi * sgr);
    for (let i = 0; i < hr.length; i++) {
      const r = hr[i];
      const m = hi[i];
      const cc = 2 * c[i];
      const gg = 2 * g[i];
      const vr = cc * Br - gg * Gr;
      const vi = cc * Bi - gg * Gi;
      const fr = tr + (r * vr - m * vi);
      const fi = ti + (r * vi + m * vr);
      beta[i] += br * m + bi * r;
      gamma[i] += gr * m + gi * r;
      slope[i] += r * fi + m * fr;
    }
  }
}
