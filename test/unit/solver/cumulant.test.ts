import assert from 'node:assert/strict';
import { cumulant, kernelLimit, kernelLimitDerivative, lawMoments } from '../../../src/solver/cumulant.js';
import * as linear from '../../../src/solver/linear-algebra.js';
import type { Law } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';

const gaussian: Law = { kind: 'gaussian', dimension: 2, mean: [0.5, -1], covariance: [[1, 0.4], [0.4, 0.7]] }; // biome-ignore format: a matrix
const singular: Law = { kind: 'gaussian', dimension: 2, mean: [0, 0], covariance: [[1, 2], [2, 4]] }; // biome-ignore format: a matrix
const coordinates = (coordinate: (Law & { kind: 'independent' })['coordinate'], dimension = 2): Law => ({
  kind: 'independent',
  dimension,
  coordinate,
});
const data = Float64Array.from([0.5, 1, -1, 2, 0.25, -0.75, 1.5, 0]);
const laws: Record<string, Law> = {
  gaussian,
  'singular gaussian': singular,
  'gaussian coordinates': coordinates({ kind: 'gaussian', variance: 1.5 }),
  rademacher: coordinates({ kind: 'rademacher' }),
  uniform: coordinates({ kind: 'uniform', low: -1.5, high: 1.5 }),
  'uniform off centre': coordinates({ kind: 'uniform', low: 0, high: 1 }),
  sphere: { kind: 'sphere', dimension: 3, radius: 2 },
  'sphere in one dimension': { kind: 'sphere', dimension: 1, radius: 1.5 },
  mixture: { kind: 'mixture', dimension: 2, components: [gaussian, coordinates({ kind: 'rademacher' })], weights: [0.3, 0.7] },
  affine: {
    kind: 'affine',
    dimension: 2,
    mean: [1, -0.5],
    factor: [[1, 0.5, 0], [-0.25, 2, 1]], // biome-ignore format: a matrix
    base: coordinates({ kind: 'uniform', low: -1, high: 1 }, 3),
  },
  empirical: { kind: 'empirical', dimension: 2, tokens: { rows: 4, columns: 2, data } },
};

const tilt = (law: Law, index: number, size: number): Float64Array => {
  const rng = stream(31, 'test cumulant', index);
  return Float64Array.from({ length: law.dimension }, () => size * rng.normal());
};

const close = (actual: number, expected: number, tolerance: number, label = ''): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${label}: ${actual} is not ${expected}`);

describe('cumulant generating functions', () => {
  for (const [name, law] of Object.entries(laws)) {
    it(`of the law ${name}: gradient and Hessian are its derivatives, and it vanishes at 0`, () => {
      close(cumulant(law, new Float64Array(law.dimension)).value, 0, 1e-15, 'at 0');
      for (const [index, size] of [0, 0.05, 0.7, 3].entries()) {
        const a = tilt(law, index, size);
        const { gradient, hessian } = cumulant(law, a, true);
        const n = law.dimension;
        const h = 1e-4;
        for (let i = 0; i < n; i++) {
          const moved = (step: number) => cumulant(law, a.map((x, j) => (j === i ? x + step : x)), false); // biome-ignore format: one line
          // Fourth-order differences: error h⁴ and rounding 1e−16/h.
          const slope = (8 * (moved(h).value - moved(-h).value) - (moved(2 * h).value - moved(-2 * h).value)) / (12 * h);
          close(slope, gradient[i], 1e-10 * (1 + Math.abs(gradient[i])), `gradient ${i} at size ${size}`);
          for (let j = 0; j < n; j++) {
            const bend =
              (8 * (moved(h).gradient[j] - moved(-h).gradient[j]) - (moved(2 * h).gradient[j] - moved(-2 * h).gradient[j])) / (12 * h);
            close(bend, hessian![i * n + j], 1e-10 * (1 + Math.abs(hessian![i * n + j])), `Hessian ${i}, ${j} at size ${size}`);
          }
        }
      }
    });
  }

  it('are log averages of exp(aᵀz) where those can be added up', () => {
    const a = [0.6, -1.1];
    const corners = [[1, 1], [1, -1], [-1, 1], [-1, -1]]; // biome-ignore format: points
    const sum = corners.reduce((total, z) => total + Math.exp(linear.dot(a, z)) / 4, 0);
    close(cumulant(laws.rademacher, a).value, Math.log(sum), 1e-14);
    let mean = 0;
    for (let r = 0; r < 4; r++) mean += Math.exp(a[0] * data[2 * r] + a[1] * data[2 * r + 1]) / 4;
    close(cumulant(laws.empirical, a).value, Math.log(mean), 1e-14);
    // Uniform on [−1.5, 1.5]²: the midpoint rule in each coordinate.
    const n = 20_000;
    const one = (t: number): number => {
      let total = 0;
      for (let i = 0; i < n; i++) total += Math.exp(t * (-1.5 + (3 * (i + 0.5)) / n)) / n;
      return Math.log(total);
    };
    close(cumulant(laws.uniform, a).value, one(a[0]) + one(a[1]), 1e-8);
    // Sphere of radius 2 in R³: the height is uniform on [−2, 2] (Archimedes).
    close(cumulant(laws.sphere, [0, 0, 0.9]).value, Math.log(Math.sinh(1.8) / 1.8), 1e-14);
    close(cumulant(laws['sphere in one dimension'], [0.8]).gradient[0], 1.5 * Math.tanh(1.2), 1e-14);
    const first = cumulant(gaussian, a).value;
    close(first, 0.5 * a[0] - a[1] + 0.5 * (a[0] ** 2 + 0.8 * a[0] * a[1] + 0.7 * a[1] ** 2), 1e-14);
    close(cumulant(laws.mixture, a).value, Math.log(0.3 * Math.exp(first) + 0.7 * sum), 1e-14);
  });

  it('stay finite under strong tilts', () => {
    for (const [name, law] of Object.entries(laws)) {
      const { value, gradient, hessian } = cumulant(law, new Float64Array(law.dimension).fill(900), true);
      assert.ok(Number.isFinite(value) && [...gradient, ...hessian!].every(Number.isFinite), name);
    }
    assert.equal(cumulant(laws.rademacher, [900, -900]).gradient[1], -1);
  });

  it('refuse a tilt of another dimension', () => {
    assert.throws(() => cumulant(gaussian, [1]), RangeError);
  });
});

describe('moments and limits of laws', () => {
  it('have the means and covariances known in closed form', () => {
    const cases: [string, number[], number[][]][] = [
      ['rademacher', [0, 0], [[1, 0], [0, 1]]], // biome-ignore format: a matrix
      ['uniform off centre', [0.5, 0.5], [[1 / 12, 0], [0, 1 / 12]]], // biome-ignore format: a matrix
      ['sphere', [0, 0, 0], [[4 / 3, 0, 0], [0, 4 / 3, 0], [0, 0, 4 / 3]]], // biome-ignore format: a matrix
      ['affine', [1, -0.5], [[1.25 / 3, 0.75 / 3], [0.75 / 3, (0.0625 + 5) / 3]]], // biome-ignore format: a matrix
    ];
    for (const [name, mean, covariance] of cases) {
      const found = lawMoments(laws[name]);
      for (const [i, x] of mean.entries()) {
        close(found.mean[i], x, 1e-14, name);
        for (const [j, y] of covariance[i].entries()) close(found.covariance[i][j], y, 1e-14, name);
      }
    }
    // Two-point mixture by the law of total variance.
    const { mean, covariance } = lawMoments(laws.mixture);
    close(mean[0], 0.15, 1e-14);
    close(covariance[0][0], 0.3 * (1 + 0.25) + 0.7 - 0.15 ** 2, 1e-14);
    close(covariance[0][1], 0.3 * (0.4 - 0.5) - 0.15 * -0.3, 1e-14);
  });

  it('Rademacher tokens tend to tanh under softmax and to the identity under linear attention', () => {
    const law = coordinates({ kind: 'rademacher' }, 1);
    close(kernelLimit('softmax', law, [2])[0], 0.9640275800758169, 1e-16);
    assert.equal(kernelLimit('linear', law, [2])[0], 2);
  });

  it('linear attention tends to the second moment times the tilt', () => {
    const a = [0.5, 2];
    const limit = kernelLimit('linear', gaussian, a);
    close(limit[0], (1 + 0.25) * 0.5 + (0.4 - 0.5) * 2, 1e-14);
    close(limit[1], (0.4 - 0.5) * 0.5 + (0.7 + 1) * 2, 1e-14);
    const derivative = kernelLimitDerivative('linear', gaussian, a);
    close(linear.dot(derivative.subarray(0, 2), a), limit[0], 1e-14);
  });
});
