/** Points of laws: draws as functions of normals, queries to average over, and the covariance of laws that are Gaussian. */
import { lawMoments } from './cumulant.js';
import * as linear from './linear-algebra.js';
import type { DenseMatrix, Law } from './problem.js';
import { gaussianPoints } from './quasi-monte-carlo.js';
import { normalCdf } from './special.js';

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
