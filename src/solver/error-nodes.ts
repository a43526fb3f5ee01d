/**
 * Averages over queries of what the exact errors of Gaussian tokens are made of (docs/mathematics.md, sections 3 and 6): a
 * list of scores' variances τ² with weights, on which every error at every prompt length is a sum.
 */
import { cumulant, lawMoments, rowsOf } from './cumulant.js';
import * as linear from './linear-algebra.js';
import type { DenseMatrix, ErrorQuantity, Law } from './problem.js';
import { quadraticFormRule } from './quadratic-form.js';
import { gaussianPoints } from './quasi-monte-carlo.js';
import { SolverFailure } from './result.js';
import { normalCdf } from './special.js';

/**
 * Weighted features of a query with b = Γa, W = VᵀV, s = ‖z‖², in the order of the fields of `featureCount`:
 * output tr WΓ, bᵀWb; V-gradient trΓ, ‖b‖²; U-gradient s tr WΓ², s trΓ tr WΓ, s m, s n, s w4, s w5, with bᵀWΓb = m − n,
 * m, n ≥ 0, w4 = trΓ bᵀWb + ‖b‖² tr WΓ, w5 = ‖b‖² bᵀWb. Every one is non-negative.
 */
export const featureCount = { output: 2, value_gradient: 2, key_query_gradient: 6 } as const satisfies Record<ErrorQuantity, number>;

export interface ErrorNodes {
  readonly method: 'exact' | 'quasi_monte_carlo';
  /** Equal shares of the nodes, in order, are independent estimates; 1 where the rule is exact. */
  readonly replicates: number;
  readonly tau2: Float64Array;
  /** Probability of each node; sums to `replicates`. */
  readonly weight: Float64Array;
  /** By quantity: one array per feature, weights included. A replicate's weights average over the queries by themselves. */
  readonly features: Partial<Record<ErrorQuantity, readonly Float64Array[]>>;
  /** Limit of L times the error (the asymptote's constant); Infinity where rare queries make it diverge. */
  readonly leading: Partial<Record<ErrorQuantity, number>>;
  /** Largest eigenvalue of Σ_q^{1/2} UᵀΓU Σ_q^{1/2} where the query is centred Gaussian, else null. */
  readonly queryEigenvalue: number | null;
}

/** Traces that do not depend on the query. */
export interface TokenTraces {
  readonly gamma: number;
  readonly wGamma: number;
  readonly wGamma2: number;
}

export function tokenTraces(gamma: DenseMatrix, W: DenseMatrix): TokenTraces {
  const wGamma = linear.matmul(W, gamma);
  return { gamma: linear.trace(gamma), wGamma: linear.trace(wGamma), wGamma2: linear.traceOfProduct(wGamma, gamma) };
}

/** Pointwise features: fills `out` for one query given b = Γa, Wb, Γ b and ‖z‖². */
export function pointFeatures(
  quantity: ErrorQuantity,
  traces: TokenTraces,
  b: ArrayLike<number>,
  Wb: ArrayLike<number>,
  gammaB: ArrayLike<number>,
  squaredQuery: number,
  out: Float64Array,
): void {
  switch (quantity) {
    case 'output':
      out[0] = traces.wGamma;
      out[1] = linear.dot(b, Wb);
      return;
    case 'value_gradient':
      out[0] = traces.gamma;
      out[1] = linear.dot(b, b);
      return;
    case 'key_query_gradient': {
      const w3 = linear.dot(Wb, gammaB);
      const bWb = linear.dot(b, Wb);
      const bb = linear.dot(b, b);
      out[0] = squaredQuery * traces.wGamma2;
      out[1] = squaredQuery * traces.gamma * traces.wGamma;
      out[2] = squaredQuery * Math.max(0, w3);
      out[3] = squaredQuery * Math.max(0, -w3);
      out[4] = squaredQuery * (traces.gamma * bWb + bb * traces.wGamma);
      out[5] = squaredQuery * bb * bWb;
      return;
    }
  }
}

/** Factor of e^{τ²}/L in the asymptote. */
export function leadingFactor(quantity: ErrorQuantity, f: ArrayLike<number>): number {
  return quantity === 'key_query_gradient' ? f[0]! + f[1]! + 2 * (f[2]! - f[3]!) + f[4]! + f[5]! : f[0]! + f[1]!;
}

/** Collects nodes point by point. */
export class NodeCollector {
  private readonly tau2: number[] = [];
  private readonly weight: number[] = [];
  private readonly features: Record<ErrorQuantity, number[][]>;
  private readonly leading: Record<ErrorQuantity, number> = { output: 0, value_gradient: 0, key_query_gradient: 0 };
  private readonly scratch = new Float64Array(6);

  constructor(private readonly of: readonly ErrorQuantity[]) {
    this.features = { output: [[], []], value_gradient: [[], []], key_query_gradient: [[], [], [], [], [], []] };
  }

  add(
    weight: number,
    tau2: number,
    traces: TokenTraces,
    b: Float64Array,
    Wb: Float64Array,
    gammaB: Float64Array,
    squaredQuery: number,
  ): void {
    this.tau2.push(tau2);
    this.weight.push(weight);
    for (const quantity of this.of) {
      pointFeatures(quantity, traces, b, Wb, gammaB, squaredQuery, this.scratch);
      for (let i = 0; i < featureCount[quantity]; i++) this.features[quantity][i]!.push(weight * this.scratch[i]!);
      this.leading[quantity] += weight * Math.exp(tau2) * leadingFactor(quantity, this.scratch);
    }
  }

  done(method: ErrorNodes['method'], replicates: number): ErrorNodes {
    const features: Partial<Record<ErrorQuantity, Float64Array[]>> = {};
    const leading: Partial<Record<ErrorQuantity, number>> = {};
    for (const quantity of this.of) {
      features[quantity] = this.features[quantity].map((list) => Float64Array.from(list, (x) => x * replicates));
      leading[quantity] = this.leading[quantity];
    }
    return {
      method,
      replicates,
      tau2: Float64Array.from(this.tau2),
      weight: Float64Array.from(this.weight, (x) => x * replicates),
      features,
      leading,
      queryEigenvalue: null,
    };
  }
}

/** Plain tokens: covariance Γ, U (D × D, temperature inside), W = VᵀV, at listed queries with weights that sum to one. */
export function nodesAtQueries(
  gamma: DenseMatrix,
  U: DenseMatrix,
  W: DenseMatrix,
  queries: Iterable<{ readonly z: ArrayLike<number>; readonly weight: number }>,
  of: readonly ErrorQuantity[],
  method: ErrorNodes['method'],
  replicates: number,
): ErrorNodes {
  const collector = new NodeCollector(of);
  const traces = tokenTraces(gamma, W);
  for (const { z, weight } of queries) {
    const a = linear.matvec(U, z);
    const b = linear.matvec(gamma, a);
    collector.add(weight, linear.dot(a, b), traces, b, linear.matvec(W, b), linear.matvec(gamma, b), linear.dot(z, z));
  }
  return collector.done(method, replicates);
}

/** Quasi-Monte Carlo replicates. */
export const replicateCount = 8;

/** Points of a replicate for dimension D: what about a tenth of a second allows; a quarter of it when the layer is one of many. */
export function pointCount(D: number, oneOfMany: boolean): number {
  return Math.max(64, Math.min(oneOfMany ? 512 : 2048, Math.round((oneOfMany ? 1e7 : 4e7) / (D * D * replicateCount))));
}

/** An empirical law of no more tokens than this is summed over whole. */
export function isSummedWhole(law: Law, count: number): law is Extract<Law, { kind: 'empirical' }> {
  return law.kind === 'empirical' && law.tokens.rows <= Math.max(1000, count * replicateCount);
}

/** Queries of any law by quasi-Monte Carlo, `count` points in each replicate, or all of an empirical law's tokens where these are not many more. */
export function* queriesOf(
  law: Law,
  seed: number,
  count = pointCount(law.dimension, false),
): Generator<{ z: ArrayLike<number>; weight: number }> {
  if (isSummedWhole(law, count)) {
    const { rows, columns, data } = law.tokens;
    for (let r = 0; r < rows; r++) yield { z: data.subarray(r * columns, (r + 1) * columns), weight: 1 / rows };
    return;
  }
  const transport = new Transport(law);
  for (let replicate = 0; replicate < replicateCount; replicate++) {
    const points = gaussianPoints(transport.normals, count, seed, replicate);
    for (let i = 0; i < count; i++) {
      const z = transport.map(points.subarray(i * transport.normals, (i + 1) * transport.normals));
      yield { z, weight: 1 / (count * replicateCount) };
    }
  }
}

/** Turns independent standard normals into a draw from a law. */
export class Transport {
  /** How many normals a draw takes. */
  readonly normals: number;
  readonly map: (g: Float64Array) => Float64Array;

  constructor(law: Law) {
    const { normals, map } = transport(law);
    this.normals = normals;
    this.map = map;
  }
}

function transport(law: Law): { normals: number; map: (g: Float64Array) => Float64Array } {
  const n = law.dimension;
  switch (law.kind) {
    case 'gaussian': {
      const root = linear.symmetricSqrt(law.covariance);
      return { normals: n, map: (g) => linear.matvec(root, g).map((x, i) => x + law.mean[i]!) };
    }
    case 'independent': {
      const { coordinate } = law;
      switch (coordinate.kind) {
        case 'gaussian':
          return { normals: n, map: (g) => g.map((x) => Math.sqrt(coordinate.variance) * x) };
        case 'rademacher':
          return { normals: n, map: (g) => g.map((x) => (x < 0 ? -1 : 1)) };
        case 'uniform':
          return { normals: n, map: (g) => g.map((x) => coordinate.low + (coordinate.high - coordinate.low) * normalCdf(x)) };
      }
      break;
    }
    case 'sphere':
      return {
        normals: n,
        map: (g) => {
          const norm = Math.sqrt(linear.dot(g, g));
          return g.map((x) => (law.radius * x) / norm);
        },
      };
    case 'affine': {
      const inner = transport(law.base);
      return { normals: inner.normals, map: (g) => linear.matvec(law.factor, inner.map(g)).map((x, i) => x + law.mean[i]!) };
    }
    case 'mixture': {
      const parts = law.components.map(transport);
      const total = law.weights.reduce((sum, w) => sum + w, 0);
      return {
        normals: 1 + parts.reduce((most, part) => Math.max(most, part.normals), 0),
        map: (g) => {
          let left = normalCdf(g[0]!) * total;
          let k = 0;
          while (k < parts.length - 1 && left >= law.weights[k]!) left -= law.weights[k++]!;
          return parts[k]!.map(g.subarray(1, 1 + parts[k]!.normals));
        },
      };
    }
    case 'empirical': {
      const { rows, columns, data } = law.tokens;
      return {
        normals: 1,
        map: (g) => {
          const r = Math.min(rows - 1, Math.floor(normalCdf(g[0]!) * rows));
          return data.slice(r * columns, (r + 1) * columns);
        },
      };
    }
  }
}

/** Features as polynomials of a centred Gaussian query ξ ~ N(0, I): constants and products of quadratic forms ξᵀNξ. */
export interface PolynomialFeatures {
  /** τ² = ξᵀ M ξ. */
  readonly M: DenseMatrix;
  /** Each feature: a sum of factor · Π ξᵀNξ with positive semi-definite N, none to three of them. */
  readonly features: Partial<Record<ErrorQuantity, readonly Term[][]>>;
}

export interface Term {
  readonly factor: number;
  readonly forms: readonly DenseMatrix[];
}

/** Averages over ξ in one dimension (section 6). Exact. */
export function nodesOfPolynomials({ M, features }: PolynomialFeatures): ErrorNodes {
  requireFinite(M);
  const { values, vectors } = linear.symmetricEigen(M);
  const lambda = Float64Array.from(values, (value) => Math.max(0, value));
  const products: DenseMatrix[][] = [];
  const places: { quantity: ErrorQuantity; feature: number; factor: number; product: number }[] = [];
  const lists = Object.entries(features) as [ErrorQuantity, readonly Term[][]][];
  for (const [quantity, list] of lists) {
    list.forEach((terms, feature) => {
      for (const { factor, forms } of terms) {
        if (factor === 0) continue;
        const product = forms.length === 0 ? -1 : products.push(forms.map((N) => rotated(N, vectors))) - 1;
        places.push({ quantity, feature, factor, product });
      }
    });
  }
  const rule = quadraticFormRule(lambda, { products });
  const out: Partial<Record<ErrorQuantity, Float64Array[]>> = {};
  const leading: Partial<Record<ErrorQuantity, number>> = {};
  for (const [quantity, list] of lists) {
    out[quantity] = list.map(() => new Float64Array(rule.q.length));
    leading[quantity] = 0;
  }
  const top = lambda.length > 0 ? lambda[lambda.length - 1]! : 0;
  // E e^Q π(ξ): ξ becomes N(0, (I − 2 diag λ)^{−1}), with the factor Π(1 − 2λ)^{−1/2}.
  const stretch = Array.from(lambda, (value) => 1 / (1 - 2 * value));
  const height = stretch.reduce((product, value) => product * Math.sqrt(value), 1);
  for (const { quantity, feature, factor, product } of places) {
    const weights = product < 0 ? rule.weight : rule.products![product]!;
    const target = out[quantity]![feature]!;
    // The rule's weights of a non-negative polynomial are non-negative but for rounding.
    for (let j = 0; j < weights.length; j++) target[j]! += factor * Math.max(0, weights[j]!);
    const sign = quantity === 'key_query_gradient' ? (feature === 3 ? -2 : feature === 2 ? 2 : 1) : 1;
    if (top < 0.5) leading[quantity]! += sign * factor * height * (product < 0 ? 1 : gaussianMean(products[product]!, stretch));
  }
  if (top >= 0.5) for (const [quantity] of lists) leading[quantity] = Number.POSITIVE_INFINITY;
  return { method: 'exact', replicates: 1, tau2: rule.q, weight: rule.weight, features: out, leading, queryEigenvalue: top };
}

function requireFinite(matrix: DenseMatrix): void {
  if (!matrix.every((row) => row.every(Number.isFinite))) {
    throw new SolverFailure('tolerance', 'The errors at these parameters are beyond double precision.', 'attention.key_query');
  }
}

/** RᵀNR, with entries that are rounding alone set to 0 so that commuting matrices are seen to be diagonal. */
function rotated(N: DenseMatrix, R: DenseMatrix): DenseMatrix {
  requireFinite(N);
  const rotatedN = linear.symmetrise(linear.matmul(linear.transpose(R), linear.matmul(N, R)));
  let largest = 0;
  for (const row of rotatedN) for (const x of row) largest = Math.max(largest, Math.abs(x));
  return rotatedN.map((row, i) => row.map((x, j) => (i !== j && Math.abs(x) < 4e-15 * largest ? 0 : x)));
}

/** E Π ηᵀNη for η ~ N(0, diag v), up to three forms (Isserlis). */
export function gaussianMean(forms: readonly DenseMatrix[], v: ArrayLike<number>): number {
  const scaled = forms.map((N) => N.map((row) => row.map((x, j) => x * v[j]!)));
  const [A, B, C] = scaled;
  if (A === undefined) return 1;
  if (B === undefined) return linear.trace(A);
  const tA = linear.trace(A);
  const tB = linear.trace(B);
  const AB = linear.matmul(A, B);
  const tAB = linear.trace(AB);
  if (C === undefined) return tA * tB + 2 * tAB;
  const tC = linear.trace(C);
  const tAC = linear.traceOfProduct(A, C);
  const tBC = linear.traceOfProduct(B, C);
  return tA * tB * tC + 2 * (tA * tBC + tB * tAC + tC * tAB) + 8 * linear.traceOfProduct(AB, C);
}

/** N = N₊ − N₋ with both positive semi-definite, of a symmetric N. */
export function splitSigns(N: DenseMatrix): { positive: number[][]; negative: number[][] } {
  requireFinite(N);
  const { values } = linear.symmetricEigen(N);
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const tiny = 1e-13 * largest;
  if (values.length === 0 || values[0]! > -tiny) return { positive: linear.symmetrise(N), negative: linear.scale(N, 0) };
  const positive = linear.symmetricFunction(N, (value) => Math.max(0, value));
  return { positive, negative: linear.add(positive, linear.symmetrise(N), -1) };
}

/** Plain Gaussian tokens (covariance Γ) and a centred Gaussian query of covariance Σ_q. */
export function gaussianQueryNodes(
  gamma: DenseMatrix,
  U: DenseMatrix,
  W: DenseMatrix,
  queryCovariance: DenseMatrix,
  of: readonly ErrorQuantity[],
): ErrorNodes {
  const root = linear.symmetricSqrt(queryCovariance);
  // b = Bξ.
  const A = linear.matmul(U, root);
  const B = linear.matmul(gamma, A);
  const Bt = linear.transpose(B);
  const form = (middle: DenseMatrix): number[][] => linear.symmetrise(linear.matmul(Bt, linear.matmul(middle, B)));
  const traces = tokenTraces(gamma, W);
  const M = linear.symmetrise(linear.matmul(linear.transpose(A), B));
  const bb = linear.symmetrise(linear.matmul(Bt, B));
  const bWb = form(W);
  const features: Partial<Record<ErrorQuantity, Term[][]>> = {};
  for (const quantity of of) {
    switch (quantity) {
      case 'output':
        features.output = [[{ factor: traces.wGamma, forms: [] }], [{ factor: 1, forms: [bWb] }]];
        break;
      case 'value_gradient':
        features.value_gradient = [[{ factor: traces.gamma, forms: [] }], [{ factor: 1, forms: [bb] }]];
        break;
      case 'key_query_gradient': {
        const s = queryCovariance;
        const { positive, negative } = splitSigns(form(linear.symmetrise(linear.matmul(W, gamma))));
        const w4 = linear.add(linear.scale(bWb, traces.gamma), linear.scale(bb, traces.wGamma));
        const one = (factor: number, ...forms: DenseMatrix[]): Term[] => [{ factor, forms: [s, ...forms] }];
        features.key_query_gradient = [
          one(traces.wGamma2),
          one(traces.gamma * traces.wGamma),
          one(1, positive),
          one(linear.frobenius(negative) > 0 ? 1 : 0, negative),
          one(1, w4),
          one(1, bb, bWb),
        ];
        break;
      }
    }
  }
  return nodesOfPolynomials({ M, features });
}

/** Infinite-prompt covariance of the tokens under a Gaussian law or one that reduces to it; null for other laws. */
export function gaussianCovariance(law: Law): DenseMatrix | null {
  switch (law.kind) {
    case 'gaussian':
      return law.covariance;
    case 'independent':
      return law.coordinate.kind === 'gaussian' ? linear.scale(linear.identity(law.dimension), law.coordinate.variance) : null;
    case 'affine':
      return gaussianCovariance(law.base) === null ? null : lawMoments(law).covariance;
    case 'mixture':
      return law.components.length === 1 ? gaussianCovariance(law.components[0]!) : null;
    default:
      return null;
  }
}

/** Tilted mean and covariance at 2a and a, for the asymptote of any law: e^{κ(2a) − 2κ(a)}, the shift of the mean and ∇²κ(2a). */
export function tiltedPair(law: Law, a: Float64Array): { spread: number; shift: Float64Array; covariance: number[][] } {
  const once = cumulant(law, a);
  const twice = cumulant(
    law,
    a.map((x) => 2 * x),
    true,
  );
  return {
    spread: twice.value - 2 * once.value,
    shift: twice.gradient.map((x, i) => x - once.gradient[i]!),
    covariance: rowsOf(twice.hessian!, law.dimension),
  };
}
