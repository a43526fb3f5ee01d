/** Paths of steepest descent for the density of a quadratic form: saddle points, and contours through them (docs/mathematics.md, section 6). */

/** Eigenvalues by their distinct values. */
export interface Groups {
  /** Distinct positive eigenvalues, decreasing, divided by the largest. */
  readonly ratio: Float64Array;
  readonly multiplicity: Float64Array;
  readonly largest: number;
  /** Group of each coordinate; −1 for a zero eigenvalue. */
  readonly groupOf: Int32Array;
}

const zeroBelow = 1e-300;

export function groupEigenvalues(lambda: ArrayLike<number>): Groups {
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
export class Saddle {
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

/**
 * Nodes log q whose saddle estimate of q g(q) is within e^{−40/relax} of the largest, equally spaced. The spacing resolves the narrowest
 * part of the density that matters: near q its width in log q is √K2/q, and a part e^{−D} below the top may be coarser.
 */
export function nodesAround(saddle: Saddle, groups: Groups, relax: number): { logNodes: number[]; step: number } {
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

/** More nodes than any path needs. */
export const maximumNodes = 8000;

/**
 * The path p̂ + iy − c y² · 2/(1 + √(1 + (2cy/slant)²)), c = K3/6K2, and its step in t = y √K2. A parabola (infinite slant) is what one or a few
 * eigenvalues ask for. Where many small ones meet a few large, the integrand would grow or turn fast along so strong a bend; a hyperbola that
 * ends in a straight line of finite slant is better then: the one with the fewest nodes among those along which the integrand only falls,
 * at a step that its own branch points at y = ±i slant/(2c) and the change of the integrand per step (1.8) allow.
 */
export function pathThrough(saddle: Saddle, groups: Groups, q: number, curve: number, depth: number): { slant: number; step: number } {
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
