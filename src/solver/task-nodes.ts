/**
 * Nodes of the error averages of an in-context task (docs/mathematics.md, sections 3, 5 and 6): tokens N(0, Γ_w) given
 * w, query (x_q, 0), averaged over both.
 */

import { lawMoments } from './cumulant.js';
import { type ErrorNodes, NodeCollector, tokenTraces } from './error-nodes.js';
import { gaussianCovariance, pointCount, replicateCount, Transport } from './law-transport.js';
import * as linear from './linear-algebra.js';
import { nodesOfPolynomials, splitSigns, type Term } from './polynomial-nodes.js';
import type { DenseMatrix, ErrorQuantity, Law, Task } from './problem.js';
import { gaussianPoints } from './quasi-monte-carlo.js';

/** Γ_w = [[Σ, Σw], [wᵀΣ, wᵀΣw + s²]]. */
export function tokenCovariance(task: Task, w: ArrayLike<number>): number[][] {
  const cross = linear.matvec(task.covariance, w);
  const rows = task.covariance.map((row, i) => [...row, cross[i]!]);
  rows.push([...cross, linear.dot(cross, w) + task.noise ** 2]);
  return rows;
}

/** Covariance of a centred Gaussian law of w, else null. */
export function centredWeights(law: Law): DenseMatrix | null {
  const covariance = gaussianCovariance(law);
  if (covariance === null) return null;
  if (law.kind === 'gaussian') return law.mean.every((x) => x === 0) ? covariance : null;
  return law.kind === 'independent' ? covariance : null;
}

export interface Block {
  readonly A: DenseMatrix;
  readonly b: number;
}

/** The block form U = [[A, ·], [0, ·]], v = (0, b): the last column of U meets the query's 0. Null when U or v has another shape. */
export function blockOf(U: DenseMatrix, v: ArrayLike<number>): Block | null {
  const d = U.length - 1;
  for (let j = 0; j < d; j++) if (U[d]![j] !== 0 || v[j] !== 0) return null;
  return { A: U.slice(0, d).map((row) => row.slice(0, d)), b: v[d]! };
}

/** Block form, w ~ N(0, Ω): τ² = xᵀAᵀΣAx does not depend on w, and the averages over w are polynomials in x. Exact. */
export function blockNodes(task: Task, omega: DenseMatrix, { A, b }: Block, of: readonly ErrorQuantity[]): ErrorNodes {
  const sigma = task.covariance;
  const root = linear.symmetricSqrt(sigma);
  const Ax = linear.matmul(A, root);
  // g = ΣAx = Gξ; Γ_w a = (g, wᵀg).
  const G = linear.matmul(sigma, Ax);
  const Gt = linear.transpose(G);
  const form = (middle: DenseMatrix): number[][] => linear.symmetrise(linear.matmul(Gt, linear.matmul(middle, G)));
  const M = linear.symmetrise(linear.matmul(linear.transpose(Ax), G));
  const b2 = b * b;
  const os = linear.matmul(omega, sigma);
  const oso = linear.symmetrise(linear.matmul(os, omega));
  const sigmaTrace = linear.trace(sigma);
  // k = wᵀΣw + s²: its mean and mean square.
  const k1 = linear.trace(os) + task.noise ** 2;
  const k2 = k1 * k1 + 2 * linear.traceOfProduct(os, os);
  const gg = linear.symmetrise(linear.matmul(Gt, G));
  const gOg = form(omega);
  const gOSOg = form(oso);
  const features: Partial<Record<ErrorQuantity, Term[][]>> = {};
  if (of.includes('output')) features.output = [[{ factor: b2 * k1, forms: [] }], [{ factor: b2, forms: [gOg] }]];
  if (of.includes('value_gradient')) {
    features.value_gradient = [[{ factor: sigmaTrace + k1, forms: [] }], [{ factor: 1, forms: [linear.add(gg, gOg)] }]];
  }
  if (of.includes('key_query_gradient')) {
    const one = (factor: number, ...forms: DenseMatrix[]): Term => ({ factor, forms: [sigma, ...forms] });
    const square = linear.add(linear.scale(gOg, k1), gOSOg, 2);
    // w3/b² = (wᵀg)(wᵀΣg) + k(wᵀg)². With Σ = σ̄ + Σ′, its negative part is at most (wᵀΣ′g)²/(4σ̄).
    const mean = sigmaTrace / sigma.length;
    const rest = linear.add(sigma, linear.scale(linear.identity(sigma.length), mean), -1);
    const spread = linear.frobenius(rest) > 1e-14 * mean && mean > 0;
    const slack = spread ? linear.scale(form(linear.matmul(rest, linear.matmul(omega, rest))), 1 / (4 * mean)) : linear.scale(gg, 0);
    const w3 = linear.add(square, form(linear.symmetrise(os)));
    const { positive, negative } = splitSigns(linear.add(w3, slack));
    const trGamma2 = linear.traceOfProduct(linear.matmul(sigma, omega), sigma);
    features.key_query_gradient = [
      [one(b2 * (trGamma2 + k2))],
      [one(b2 * (sigmaTrace * k1 + k2))],
      [one(b2, positive)],
      [one(spread ? b2 : 0, slack), one(linear.frobenius(negative) > 0 ? b2 : 0, negative)],
      [one(b2, linear.add(linear.add(linear.scale(gOg, sigmaTrace), square, 2), linear.scale(gg, k1)))],
      [one(b2, gg, gOg), one(3 * b2, gOg, gOg)],
    ];
  }
  return nodesOfPolynomials({ M, features });
}

/** Any U, v and law of w, Gaussian x: randomised quasi-Monte Carlo over (w, x_q). `oneOfMany`: errors along a training, with fewer points for each. */
export function sampledTaskNodes(
  task: Task,
  U: DenseMatrix,
  v: ArrayLike<number>,
  of: readonly ErrorQuantity[],
  seed: number,
  oneOfMany: boolean,
): ErrorNodes {
  const d = task.dimension;
  const root = linear.symmetricSqrt(task.covariance);
  const weights = new Transport(task.weights);
  const W = linear.outer(v, v);
  const collector = new NodeCollector(of);
  const width = d + weights.normals;
  const count = pointCount(d + 1, oneOfMany);
  const z = new Float64Array(d + 1);
  for (let replicate = 0; replicate < replicateCount; replicate++) {
    const points = gaussianPoints(width, count, seed, replicate);
    for (let i = 0; i < count; i++) {
      const point = points.subarray(i * width, (i + 1) * width);
      const gamma = tokenCovariance(task, weights.map(point.subarray(d)));
      z.set(linear.matvec(root, point.subarray(0, d)));
      const a = linear.matvec(U, z);
      const b = linear.matvec(gamma, a);
      const vb = linear.dot(v, b);
      const Wb = Float64Array.from(v, (x) => x * vb);
      const weight = 1 / (count * replicateCount);
      collector.add(weight, linear.dot(a, b), tokenTraces(gamma, W), b, Wb, linear.matvec(gamma, b), linear.dot(z, z));
    }
  }
  return collector.done('quasi_monte_carlo', replicateCount);
}

/** x = Σ^{1/2} C^{−1/2} (g − m), g of the given law with mean m and covariance C. */
export function lawOfX(task: Pick<Task, 'dimension' | 'covariance' | 'tokens'>): Law {
  const { dimension, covariance, tokens } = task;
  const zero = new Array<number>(dimension).fill(0);
  if (tokens === null) return { kind: 'gaussian', dimension, mean: zero, covariance };
  const { mean, covariance: own } = lawMoments(tokens);
  const factor = linear.matmul(linear.symmetricSqrt(covariance), linear.inverseSquareRoot(own));
  return { kind: 'affine', dimension, mean: Array.from(linear.matvec(factor, mean), (x) => -x), factor, base: tokens };
}
