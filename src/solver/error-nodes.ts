/**
 * Averages over queries of what the exact errors of Gaussian tokens are made of (docs/mathematics.md, sections 3 and 6): a
 * list of scores' variances τ² with weights, on which every error at every prompt length is a sum.
 */
import * as linear from './linear-algebra.js';
import type { DenseMatrix, ErrorQuantity } from './problem.js';

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

/** Share of an asymptote that one of many sampled queries may carry: beyond it the average diverges, or is out of reach of a sample. */
export const largestShare = 0.1;

/** Collects nodes point by point. */
export class NodeCollector {
  private readonly tau2: number[] = [];
  private readonly weight: number[] = [];
  private readonly features: Record<ErrorQuantity, number[][]>;
  private readonly leading: Record<ErrorQuantity, number> = { output: 0, value_gradient: 0, key_query_gradient: 0 };
  private readonly heaviest: Record<ErrorQuantity, number> = { output: 0, value_gradient: 0, key_query_gradient: 0 };
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
      const leading = weight * Math.exp(tau2) * leadingFactor(quantity, this.scratch);
      this.leading[quantity] += leading;
      this.heaviest[quantity] = Math.max(this.heaviest[quantity], leading);
    }
  }

  done(method: ErrorNodes['method'], replicates: number): ErrorNodes {
    const features: Partial<Record<ErrorQuantity, Float64Array[]>> = {};
    const leading: Partial<Record<ErrorQuantity, number>> = {};
    for (const quantity of this.of) {
      features[quantity] = this.features[quantity].map((list) => Float64Array.from(list, (x) => x * replicates));
      // Of points that stand for a law, no few may carry the mean.
      const isCarried = replicates > 1 && this.heaviest[quantity] > largestShare * this.leading[quantity];
      leading[quantity] = isCarried ? Number.POSITIVE_INFINITY : this.leading[quantity];
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
