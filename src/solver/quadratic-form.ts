/**
 * Averages of f(Q) π(ξ) for Q = Σ λ_i ξ_i², ξ ~ N(0, I), as one-dimensional quadrature (docs/mathematics.md, section 6): the density of Q
 * against a polynomial comes from its Laplace transform, integrated along a parabola through the saddle point.
 */
import type { DenseMatrix } from './problem.js';

export interface QuadraticFormRule {
  /** Nodes, increasing. */
  readonly q: Float64Array;
  /** E f(Q) = Σ_j weight[j] f(q[j]). */
  readonly weight: Float64Array;
  /** E f(Q) ξ_i² = Σ_j first[j * d + i] f(q[j]). */
  readonly first?: Float64Array;
  /** products[m]: weights of E f(Q) Π_N ξᵀNξ over the matrices N of `options.products[m]`. */
  readonly products?: Float64Array[];
}

export interface QuadraticFormOptions {
  readonly first?: boolean;
  /** Each entry: one to three symmetric d × d matrices, in the coordinates where the form is diagonal. */
  readonly products?: readonly (readonly DenseMatrix[])[];
  /** Relative accuracy asked for, 1e-14 to 1e-4; a coarser one uses fewer nodes. Default 1e-14. */
  readonly accuracy?: number;
}

interface Groups {
  /** Distinct positive eigenvalues, decreasing, divided by the largest. */
  readonly ratio: Float64Array;
  readonly multiplicity: Float64Array;
  readonly largest: number;
  /** Group of each coordinate; −1 for a zero eigenvalue. */
  readonly groupOf: Int32Array;
}

const zeroBelow = 1e-300;

function groupEigenvalues(lambda: ArrayLike<number>): Groups {
  const d = lambda.length;
  const order = Array.from({ length: d }, (_, i) => i).sort((i, j) => lambda[j]! - lambda[i]!);
  const groupOf = new Int32Array(d).fill(-1);
  const ratio: number[] = [];
  const multiplicity: number[] = [];
  const largest = d > 0 ? lambda[order[0]!]! : 0;
  if (largest > zeroBelow) {
    for (const i of order) {
      const r = lambda[i]! / largest;
      if (!(r > zeroBelow)) continue;
      const last = ratio.length - 1;
      if (last >= 0 && ratio[last]! - r <= 4e-16 * r) multiplicity[last]!++;
      else {
        ratio.push(r);
        multiplicity.push(1);
      }
      groupOf[i] = ratio.length - 1;
    }
  }
  return { ratio: Float64Array.from(ratio), multiplicity: Float64Array.from(multiplicity), largest, groupOf };
}

/** Saddle point of one q, in the variable v = log(1 + 2 λ_max p), for eigenvalues scaled so that the largest is 1. */
class Saddle {
  v = 0;
  p = 0;
  /** log of e^{pq} Π(1 + 2λ_i p)^{−1/2} at the saddle. */
  logHeight = 0;
  k2 = 0;
  k3 = 0;
  readonly r: Float64Array;
  readonly denominator: Float64Array;

  constructor(private readonly groups: Groups) {
    this.r = new Float64Array(groups.ratio.length);
    this.denominator = new Float64Array(groups.ratio.length);
  }

  /** Finds the saddle of q, starting from the current v. q > 0 (in units of the largest eigenvalue). */
  solve(q: number): void {
    const { ratio, multiplicity } = this.groups;
    const n = ratio.length;
    const logQ = Math.log(q);
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    let v = this.v;
    for (let iteration = 0; iteration < 200; iteration++) {
      const e = Math.exp(v);
      let s = 0;
      let slope = 0;
      for (let g = 0; g < n; g++) {
        const denominator = 1 - ratio[g]! + ratio[g]! * e;
        const term = (multiplicity[g]! * ratio[g]!) / denominator;
        s += term;
        slope += (term * ratio[g]! * e) / denominator;
      }
      const residual = Math.log(s) - logQ;
      if (residual > 0) low = v;
      else high = v;
      let step = (residual * s) / slope;
      if (!(Math.abs(step) <= 2)) step = 2 * Math.sign(residual);
      let next = v + step;
      if (next <= low || next >= high) {
        if (Number.isFinite(low) && Number.isFinite(high)) next = 0.5 * (low + high);
        if (next === low || next === high) break;
      }
      const moved = Math.abs(next - v);
      v = next;
      if (moved <= 1e-9 * (1 + Math.abs(v))) break;
    }
    this.v = v;
    const e = Math.exp(v);
    this.p = 0.5 * Math.expm1(v);
    let log = 0;
    let k2 = 0;
    let k3 = 0;
    for (let g = 0; g < n; g++) {
      const denominator = 1 - ratio[g]! + ratio[g]! * e;
      const r = (2 * ratio[g]!) / denominator;
      this.denominator[g] = denominator;
      this.r[g] = r;
      log += multiplicity[g]! * Math.log(denominator);
      k2 += multiplicity[g]! * r * r;
      k3 += multiplicity[g]! * r * r * r;
    }
    this.k2 = 0.5 * k2;
    this.k3 = k3;
    this.logHeight = this.p * q - 0.5 * log;
  }
}

/** Polynomials of the rule as functions of the complex variances h_i of the tilted coordinates. */
class ProductMoments {
  private readonly d: number;
  private readonly pairs: (Float64Array | null)[][];
  private readonly diagonals: Float64Array[][];
  private readonly allDiagonal: boolean[];

  constructor(
    private readonly products: readonly (readonly DenseMatrix[])[],
    d: number,
  ) {
    this.d = d;
    this.diagonals = products.map((list) => list.map((n) => Float64Array.from({ length: d }, (_, i) => n[i]![i]!)));
    this.allDiagonal = products.map((list) => list.every((n) => n.every((row, i) => row.every((x, j) => i === j || x === 0))));
    this.pairs = products.map((list) => {
      const out: (Float64Array | null)[] = [];
      for (let a = 0; a < list.length; a++)
        for (let b = a + 1; b < list.length; b++) {
          const table = new Float64Array(d * d);
          for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) table[i * d + j] = list[a]![i]![j]! * list[b]![j]![i]!;
          out.push(table);
        }
      return out;
    });
  }

  /** Complex value of product m at h = hr + i hi, into `out` (Isserlis). */
  at(m: number, hr: Float64Array, hi: Float64Array, out: Float64Array): void {
    const list = this.products[m]!;
    const traces: [number, number][] = list.map((_, a) => this.trace(this.diagonals[m]![a]!, hr, hi));
    const [t0, t1, t2] = traces;
    if (list.length === 1) {
      [out[0], out[1]] = t0!;
      return;
    }
    const pair = (index: number, a: number, b: number): [number, number] =>
      this.allDiagonal[m] ? this.trace2(this.diagonals[m]![a]!, this.diagonals[m]![b]!, hr, hi) : this.form(this.pairs[m]![index]!, hr, hi);
    if (list.length === 2) {
      const p = pair(0, 0, 1);
      const t = times(t0!, t1!);
      out[0] = t[0] + 2 * p[0];
      out[1] = t[1] + 2 * p[1];
      return;
    }
    // Pairs come in the order (0,1), (0,2), (1,2).
    const p01 = times(pair(0, 0, 1), t2!);
    const p02 = times(pair(1, 0, 2), t1!);
    const p12 = times(pair(2, 1, 2), t0!);
    const ttt = times(times(t0!, t1!), t2!);
    const cycle = this.cycle(m, hr, hi);
    out[0] = ttt[0] + 2 * (p01[0] + p02[0] + p12[0]) + 8 * cycle[0];
    out[1] = ttt[1] + 2 * (p01[1] + p02[1] + p12[1]) + 8 * cycle[1];
  }

  private trace(n: Float64Array, hr: Float64Array, hi: Float64Array): [number, number] {
    let re = 0;
    let im = 0;
    for (let i = 0; i < this.d; i++) {
      re += n[i]! * hr[i]!;
      im += n[i]! * hi[i]!;
    }
    return [re, im];
  }

  private trace2(n: Float64Array, m: Float64Array, hr: Float64Array, hi: Float64Array): [number, number] {
    let re = 0;
    let im = 0;
    for (let i = 0; i < this.d; i++) {
      const x = n[i]! * m[i]!;
      re += x * (hr[i]! * hr[i]! - hi[i]! * hi[i]!);
      im += 2 * x * hr[i]! * hi[i]!;
    }
    return [re, im];
  }

  private form(table: Float64Array, hr: Float64Array, hi: Float64Array): [number, number] {
    const d = this.d;
    let re = 0;
    let im = 0;
    for (let i = 0; i < d; i++) {
      let sr = 0;
      let si = 0;
      for (let j = 0; j < d; j++) {
        sr += table[i * d + j]! * hr[j]!;
        si += table[i * d + j]! * hi[j]!;
      }
      re += sr * hr[i]! - si * hi[i]!;
      im += sr * hi[i]! + si * hr[i]!;
    }
    return [re, im];
  }

  /** tr(N H M H K H). */
  private cycle(m: number, hr: Float64Array, hi: Float64Array): [number, number] {
    const d = this.d;
    const [n0, n1, n2] = this.products[m]!;
    let re = 0;
    let im = 0;
    for (let i = 0; i < d; i++) {
      for (let k = this.allDiagonal[m] ? i : 0; k < (this.allDiagonal[m] ? i + 1 : d); k++) {
        const closing = n2![k]![i]!;
        if (closing === 0) continue;
        let sr = 0;
        let si = 0;
        for (let j = this.allDiagonal[m] ? i : 0; j < (this.allDiagonal[m] ? i + 1 : d); j++) {
          const x = n0![i]![j]! * n1![j]![k]!;
          sr += x * hr[j]!;
          si += x * hi[j]!;
        }
        const h: [number, number] = [hr[i]! * hr[k]! - hi[i]! * hi[k]!, hr[i]! * hi[k]! + hi[i]! * hr[k]!];
        re += closing * (sr * h[0] - si * h[1]);
        im += closing * (sr * h[1] + si * h[0]);
      }
    }
    return [re, im];
  }
}

function times(a: [number, number], b: [number, number]): [number, number] {
  return [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
}

/** E Π ξᵀNξ at h = 1, for a form that is identically zero. */
function atOrigin(products: readonly (readonly DenseMatrix[])[], d: number): Float64Array[] {
  const moments = new ProductMoments(products, d);
  const one = new Float64Array(d).fill(1);
  const zero = new Float64Array(d);
  const out = new Float64Array(2);
  return products.map((_, m) => {
    moments.at(m, one, zero, out);
    return Float64Array.of(out[0]!);
  });
}

/**
 * Quadrature rule for averages over Q = Σ λ_i ξ_i², ξ ~ N(0, I_d); λ_i ≥ 0, not all positive. The weights depend on λ only, so every
 * prompt length shares them. Relative accuracy about `accuracy` for f that is smooth on the scale of log q.
 * docs/mathematics.md, section 6.
 */
export function quadraticFormRule(lambda: ArrayLike<number>, options: QuadraticFormOptions = {}): QuadraticFormRule {
  const d = lambda.length;
  const groups = groupEigenvalues(lambda);
  const products = options.products ?? [];
  const n = groups.ratio.length;
  if (n === 0) {
    return {
      q: Float64Array.of(0),
      weight: Float64Array.of(1),
      ...(options.first ? { first: new Float64Array(d).fill(1) } : {}),
      ...(options.products ? { products: atOrigin(products, d) } : {}),
    };
  }
  // The constants below give 1e-14; errors of both trapezoidal rules and of both cut-offs are exponential in `relax`.
  const relax = 32.2 / -Math.log(Math.min(1e-4, Math.max(options.accuracy ?? 1e-14, 1e-14)));
  const { multiplicity } = groups;
  const { logNodes, step } = nodesAround(new Saddle(groups), groups, relax);
  const q = Float64Array.from(logNodes, (x) => Math.exp(x));
  const weight = new Float64Array(q.length);
  const first = options.first ? new Float64Array(q.length * d) : undefined;
  const productWeights = products.map(() => new Float64Array(q.length));
  if (n === 1 && products.length === 0) {
    chiSquareWeights(q, multiplicity[0]!, weight);
    if (first)
      for (let j = 0; j < q.length; j++)
        for (let i = 0; i < d; i++) first[j * d + i] = weight[j]! * (groups.groupOf[i]! < 0 ? 1 : q[j]! / multiplicity[0]!);
  } else {
    contourWeights(groups, q, step, relax, weight, first, products, productWeights);
  }
  for (let j = 0; j < q.length; j++) q[j]! *= groups.largest;
  return { q, weight, ...(first ? { first } : {}), ...(options.products ? { products: productWeights } : {}) };
}

/**
 * Nodes log q whose saddle estimate of q g(q) is within e^{−40/relax} of the largest, equally spaced. The spacing resolves the narrowest
 * part of the density that matters: near q its width in log q is √K2/q, and a part e^{−D} below the top may be coarser.
 */
function nodesAround(saddle: Saddle, groups: Groups, relax: number): { logNodes: number[]; step: number } {
  let sum = 0;
  for (let g = 0; g < groups.ratio.length; g++) sum += groups.multiplicity[g]! * groups.ratio[g]!;
  const centre = Math.log(sum);
  const depth = 40 / relax;
  saddle.v = 0;
  saddle.solve(sum);
  let step = relax * Math.min(0.2, (0.55 * Math.sqrt(saddle.k2)) / sum);
  for (;;) {
    const heights: number[] = [];
    const widths: number[] = [];
    const nodes: number[] = [];
    let best = Number.NEGATIVE_INFINITY;
    for (const direction of [-1, 1]) {
      saddle.v = 0;
      for (let k = direction < 0 ? 0 : 1; k < 20000; k++) {
        const x = centre + direction * k * step;
        const q = Math.exp(x);
        saddle.solve(q);
        const height = x + saddle.logHeight - 0.5 * Math.log(saddle.k2);
        best = Math.max(best, height);
        if (height < best - depth) break;
        nodes.push(x);
        heights.push(height);
        widths.push(Math.sqrt(saddle.k2) / q);
      }
    }
    let wanted = 0.2 * relax;
    for (let j = 0; j < nodes.length; j++) {
      const left = Math.max(1, depth - (best - heights[j]!));
      wanted = Math.min(wanted, relax * 0.55 * widths[j]! * Math.sqrt(Math.max(1, depth / left)));
    }
    if (wanted > 0.95 * step) {
      const order = nodes.map((_, j) => j).filter((j) => heights[j]! >= best - depth);
      return { logNodes: order.map((j) => nodes[j]!).sort((x, y) => x - y), step };
    }
    step = wanted;
  }
}

/** One distinct eigenvalue (equal to 1): Q is chi-square. The rule's own normalisation replaces 1/Γ(n/2). */
function chiSquareWeights(q: Float64Array, n: number, weight: Float64Array): void {
  const peak = 0.5 * n * Math.log(n) - 0.5 * n;
  let total = 0;
  for (let j = 0; j < q.length; j++) {
    weight[j] = Math.exp(0.5 * n * Math.log(q[j]!) - 0.5 * q[j]! - peak);
    total += weight[j]!;
  }
  for (let j = 0; j < q.length; j++) weight[j]! /= total;
}

function contourWeights(
  groups: Groups,
  q: Float64Array,
  step: number,
  relax: number,
  weight: Float64Array,
  first: Float64Array | undefined,
  products: readonly (readonly DenseMatrix[])[],
  productWeights: Float64Array[],
): void {
  const { ratio, multiplicity, groupOf } = groups;
  const n = ratio.length;
  const d = groupOf.length;
  const saddle = new Saddle(groups);
  const depth = 38 / relax;
  const fr = new Float64Array(n);
  const fi = new Float64Array(n);
  const groupFirst = new Float64Array(n);
  const needVariances = products.length > 0;
  const hr = new Float64Array(needVariances ? d : 0).fill(1);
  const hi = new Float64Array(needVariances ? d : 0);
  const moments = new ProductMoments(products, d);
  const value = new Float64Array(2);
  saddle.v = Math.log(4);
  for (let j = 0; j < q.length; j++) {
    saddle.solve(q[j]!);
    const { r, k2, k3 } = saddle;
    const root = Math.sqrt(k2);
    const curve = k3 / (6 * k2);
    const path = pathThrough(saddle, groups, q[j]!, curve, depth);
    const { slant } = path;
    const dt = path.step * relax;
    const spread = slant === Number.POSITIVE_INFINITY ? 0 : (2 * curve) / slant;
    const scale = (Math.exp(saddle.logHeight) * dt * q[j]! * step) / (Math.PI * root);
    groupFirst.fill(0);
    let total = 0;
    for (let k = 0; k < maximumNodes; k++) {
      const y = ((k + 0.5) * dt) / root;
      const bend = Math.sqrt(1 + (spread * y) ** 2);
      const re = (-2 * curve * y * y) / (1 + bend);
      // Π (1 + r δ): every factor lies in the upper half-plane, so the argument grows by less than π and a passage from the upper to the
      // lower half-plane is one crossing of the branch cut.
      let pr = 1;
      let pi = 0;
      let half = 0;
      let turns = 0;
      let angle = 0;
      for (let g = 0; g < n; g++) {
        const a = 1 + r[g]! * re;
        const b = r[g]! * y;
        fr[g] = a;
        fi[g] = b;
        if (multiplicity[g] === 1) {
          const nr = pr * a - pi * b;
          const ni = pr * b + pi * a;
          if (pi >= 0 && ni < 0) turns++;
          pr = nr;
          pi = ni;
          if ((g & 31) === 31) {
            const size = Math.hypot(pr, pi);
            pr /= size;
            pi /= size;
            half += Math.log(size);
          }
        } else {
          half += 0.5 * multiplicity[g]! * Math.log(a * a + b * b);
          angle += multiplicity[g]! * Math.atan2(b, a);
        }
      }
      const logSize = re * q[j]! - 0.5 * (half + 0.5 * Math.log(pr * pr + pi * pi));
      const phase = y * q[j]! - 0.5 * (angle + Math.atan2(pi, pr) + 2 * Math.PI * turns);
      if (logSize < -depth) break;
      const size = Math.exp(logSize);
      const er = size * Math.cos(phase);
      const ei = size * Math.sin(phase);
      const slope = (2 * curve * y) / bend;
      const wr = er - ei * slope;
      const wi = ei + er * slope;
      total += wr;
      if (first)
        for (let g = 0; g < n; g++) {
          const norm = fr[g]! * fr[g]! + fi[g]! * fi[g]!;
          groupFirst[g]! += (wr * fr[g]! + wi * fi[g]!) / norm;
        }
      if (needVariances) {
        for (let i = 0; i < d; i++) {
          const g = groupOf[i]!;
          if (g < 0) continue;
          const norm = (fr[g]! * fr[g]! + fi[g]! * fi[g]!) * saddle.denominator[g]!;
          hr[i] = fr[g]! / norm;
          hi[i] = -fi[g]! / norm;
        }
        for (let m = 0; m < products.length; m++) {
          moments.at(m, hr, hi, value);
          productWeights[m]![j]! += scale * (wr * value[0]! - wi * value[1]!);
        }
      }
    }
    weight[j] = scale * total;
    if (first)
      for (let i = 0; i < d; i++) {
        const g = groupOf[i]!;
        first[j * d + i] = g < 0 ? weight[j]! : (scale * groupFirst[g]!) / saddle.denominator[g]!;
      }
  }
}

const maximumNodes = 8000;

/**
 * The path p̂ + iy − c y² · 2/(1 + √(1 + (2cy/slant)²)), c = K3/6K2, and its step in t = y √K2. A parabola (infinite slant) is what one or a few
 * eigenvalues ask for. Where many small ones meet a few large, the integrand would grow or turn fast along so strong a bend; a hyperbola that
 * ends in a straight line of finite slant is better then: the one with the fewest nodes among those along which the integrand only falls,
 * at a step that its own branch points at y = ±i slant/(2c) and the change of the integrand per step (1.8) allow.
 */
function pathThrough(saddle: Saddle, groups: Groups, q: number, curve: number, depth: number): { slant: number; step: number } {
  const { r, k2 } = saddle;
  const { multiplicity } = groups;
  const root = Math.sqrt(k2);
  if (r[r.length - 1]! > 0.4 * curve) return { slant: Number.POSITIVE_INFINITY, step: 0.18 };
  let best = { slant: 0.5, step: 0.02 };
  let fewest = maximumNodes;
  for (const slant of slants) {
    const spread = slant === Number.POSITIVE_INFINITY ? 0 : (2 * curve) / slant;
    let step = 0.18 * Math.min(1, (slant * root) / (2 * curve));
    for (let t = 0.9; t < fewest * step; t *= 1.2) {
      const y = t / root;
      const bend = Math.sqrt(1 + (spread * y) ** 2);
      const re = (-2 * curve * y * y) / (1 + bend);
      let log = re * q;
      let slopeR = q;
      let slopeI = 0;
      for (let g = 0; g < r.length; g++) {
        const a = 1 + r[g]! * re;
        const b = r[g]! * y;
        const norm = a * a + b * b;
        const weight = multiplicity[g]!;
        log -= 0.25 * weight * Math.log(norm);
        slopeR -= (0.5 * weight * r[g]! * a) / norm;
        slopeI += (0.5 * weight * r[g]! * b) / norm;
      }
      if (log > 0.5) break;
      if (log < -depth) {
        fewest = t / step;
        best = { slant, step };
        break;
      }
      step = Math.min(step, (1.8 * root) / (Math.hypot(slopeR, slopeI) * Math.hypot(1, (2 * curve * y) / bend)));
    }
    if (fewest < 80) break;
  }
  return best;
}

const slants = [Number.POSITIVE_INFINITY, 2, 1, 0.7, 0.5, 0.3, 0.15, 0.05];
