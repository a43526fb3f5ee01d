/** Averages of the exact errors over a centred Gaussian query in one dimension (docs/mathematics.md, section 6). */
import { type ErrorNodes, tokenTraces } from './error-nodes.js';
import * as linear from './linear-algebra.js';
import type { DenseMatrix, ErrorQuantity } from './problem.js';
import { quadraticFormRule } from './quadratic-form.js';
import { SolverFailure } from './result.js';

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
