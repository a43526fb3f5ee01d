/** Random laws of every kind for the tests of the solver. */
import type { Law } from '../../../src/solver/problem.js';
import type { RandomStream } from '../../../src/solver/random.js';
import { gaussianLaw, randomCovariance, randomMatrix, randomVector } from './problems.js';

export function pick<T>(rng: RandomStream, of: readonly T[]): T {
  return of[Math.floor(rng.uniform() * of.length)];
}

/** A law on R^d: any kind, affine images and mixtures of others up to two deep. */
export function tokenLaw(rng: RandomStream, d: number, depth = 0): Law {
  const kinds = ['gaussian', 'rademacher', 'uniform', 'coordinates', 'sphere', 'empirical', 'affine', 'mixture'];
  switch (pick(rng, depth > 1 ? kinds.slice(0, 6) : kinds)) {
    case 'rademacher':
      return { kind: 'independent', dimension: d, coordinate: { kind: 'rademacher' } };
    case 'uniform': {
      const high = 0.5 + rng.uniform();
      return { kind: 'independent', dimension: d, coordinate: { kind: 'uniform', low: -high, high } };
    }
    case 'coordinates':
      return { kind: 'independent', dimension: d, coordinate: { kind: 'gaussian', variance: 0.3 + rng.uniform() } };
    case 'sphere':
      return { kind: 'sphere', dimension: d, radius: 0.5 + rng.uniform() };
    case 'empirical': {
      const rows = 2 + Math.floor(6 * rng.uniform());
      return { kind: 'empirical', dimension: d, tokens: { rows, columns: d, data: randomVector(rng, rows * d, 1) } };
    }
    case 'affine': {
      const inner = 1 + Math.floor(3 * rng.uniform());
      const mean = Array.from({ length: d }, () => rng.normal());
      return { kind: 'affine', dimension: d, mean, factor: randomMatrix(rng, d, inner, 0.6), base: tokenLaw(rng, inner, depth + 1) };
    }
    case 'mixture': {
      const components = Array.from({ length: 3 }, () => tokenLaw(rng, d, depth + 1));
      return { kind: 'mixture', dimension: d, components, weights: [0.2, 0.5, 0.3] };
    }
    default:
      return gaussianLaw(
        randomCovariance(rng, d, 1 + Math.floor(d * rng.uniform())),
        Array.from({ length: d }, () => rng.normal()),
      );
  }
}
