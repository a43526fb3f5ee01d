/**
 * Averages of f(Q) π(ξ) for Q = Σ λ_i ξ_i², ξ ~ N(0, I), as one-dimensional quadrature (docs/mathematics.md, section 6): the density of Q
 * against a polynomial comes from its Laplace transform, integrated along a parabola through the saddle point.
 */
import type { DenseMatrix } from './problem.js';
import { atOrigin, ProductMoments } from './quadratic-moments.js';
import { type Groups, groupEigenvalues, maximumNodes, nodesAround, pathThrough, Saddle } from './quadratic-saddle.js';

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
