import assert from 'node:assert/strict';
import { cumulant } from '../../../src/solver/cumulant.js';
import { LayerTokens } from '../../../src/solver/layer-tokens.js';
import * as linear from '../../../src/solver/linear-algebra.js';
import type { CoordinateLaw, DenseMatrix, Law } from '../../../src/solver/problem.js';
import { quarticMoment, tiltedCoordinate } from '../../../src/solver/quartic-moments.js';
import { stream } from '../../../src/solver/random.js';
import { langevinDerivatives } from '../../../src/solver/special.js';
import { fileOf, gaussianLaw, randomMatrix, randomVector } from './problems.js';

const uniform: CoordinateLaw = { kind: 'uniform', low: -0.4, high: 1.7 };
const independent = (coordinate: CoordinateLaw, dimension: number): Law => ({ kind: 'independent', dimension, coordinate });

const near = (actual: number, expected: number, relative: number, what = ''): void =>
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${what} ${actual} is not ${expected}`);

/** Points of equal weight on the unit sphere of R^n: signs, angles, and on the sphere of R³ a grid of heights and angles (Archimedes). */
function spherePoints(n: number): number[][] {
  if (n === 1) return [[1], [-1]];
  const angles = Array.from({ length: 64 }, (_, j) => (2 * Math.PI * (j + 0.5)) / 64);
  if (n === 2) return angles.map((t) => [Math.cos(t), Math.sin(t)]);
  const heights = Array.from({ length: 3000 }, (_, i) => (2 * (i + 0.5)) / 3000 - 1);
  return heights.flatMap((u) => angles.map((t) => [Math.sqrt(1 - u * u) * Math.cos(t), Math.sqrt(1 - u * u) * Math.sin(t), u]));
}

describe('fourth moments of tilted laws', () => {
  it('of one coordinate are the derivatives of its cumulant generating function', () => {
    const h = 1e-3;
    for (const coordinate of [{ kind: 'rademacher' }, { kind: 'gaussian', variance: 0.7 }, uniform] as const) {
      const law = independent(coordinate, 1);
      const variance = (t: number): number => cumulant(law, [t], true).hessian![0]!;
      for (const t of [-3, -0.6, -0.45, 0, 0.2, 0.47, 0.5, 2.5, 8]) {
        const found = tiltedCoordinate(coordinate, t);
        const at = cumulant(law, [t], true);
        near(found.mean, at.gradient[0]!, 1e-14);
        near(found.variance, at.hessian![0]!, 1e-14);
        assert.ok(Math.abs(found.third - (variance(t + h) - variance(t - h)) / (2 * h)) < 1e-6, `third at ${t}`);
        assert.ok(Math.abs(found.fourth - (variance(t + h) - 2 * variance(t) + variance(t - h)) / (h * h)) < 2e-6, `fourth at ${t}`);
      }
    }
  });

  it('do not jump where the series of the uniform law ends', () => {
    const [below, above] = [langevinDerivatives(0.5 - 1e-12), langevinDerivatives(0.5)];
    assert.ok(Math.abs(below.third - above.third) < 1e-11 && Math.abs(below.fourth - above.fourth) < 1e-11);
  });

  it('are those of a sum over all points, for every way to write a law', () => {
    const rng = stream(3, 'test quartic', 0);
    const corners = Array.from({ length: 8 }, (_, c) => [c & 1, (c >> 1) & 1, c >> 2].map((bit) => 2 * bit - 1));
    const signs = independent({ kind: 'rademacher' }, 3);
    const factor = randomMatrix(rng, 2, 3, 0.8);
    const mean = [0.3, -0.5];
    const image = (points: readonly number[][]): number[][] =>
      points.map((g) => Array.from(linear.matvec(factor, g), (x, i) => x + mean[i]!));
    const loose = randomMatrix(rng, 8, 2, 1);
    const pairs: [Law, Law][] = [
      [signs, fileOf(corners)],
      [{ kind: 'affine', dimension: 2, mean, factor, base: signs }, fileOf(image(corners))],
      [{ kind: 'affine', dimension: 2, mean, factor, base: fileOf(corners) }, fileOf(image(corners))],
      [
        { kind: 'mixture', dimension: 2, weights: [2, 2, 0], components: [{ kind: 'affine', dimension: 2, mean, factor, base: signs }, fileOf(loose), fileOf(loose)] },
        fileOf([...image(corners), ...loose]),
      ],
    ]; // biome-ignore format: pairs
    for (const [law, listed] of pairs) {
      const n = law.dimension;
      const V = randomMatrix(rng, 2, n, 1);
      const W = linear.matmul(linear.transpose(V), V);
      const root = randomMatrix(rng, 2, n, 1);
      const M = linear.matmul(linear.transpose(root), root);
      const b = Float64Array.from({ length: n }, () => rng.normal());
      const o = Float64Array.from({ length: n }, () => rng.normal());
      if (listed.kind !== 'empirical') assert.fail();
      const { rows, data } = listed.tokens;
      let total = 0;
      let sum = 0;
      for (let r = 0; r < rows; r++) {
        const y = data.subarray(r * n, (r + 1) * n);
        const x = y.map((value, i) => value + o[i]!);
        const weight = Math.exp(linear.dot(b, y));
        total += weight;
        sum += weight * linear.bilinear(x, W, x) * linear.bilinear(x, M, x);
      }
      near(quarticMoment(law, W, M)(b, o), sum / total, 1e-12, law.kind);
      near(quarticMoment(listed, W, M)(b, o), sum / total, 1e-12, 'file');
    }
  });

  it('of uniform coordinates are those of a fine grid of points', () => {
    const points: number[][] = [];
    const side = 300;
    for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) points.push([i, j].map((k) => -0.4 + (2.1 * (k + 0.5)) / side));
    const W = [[1, 0.4], [0.4, 2]]; // biome-ignore format: a matrix
    const b = Float64Array.from([0.7, -1.9]);
    const o = Float64Array.from([0.1, -0.8]);
    // The midpoint rule's error is of second order in 1/300.
    near(quarticMoment(independent(uniform, 2), W)(b, o), quarticMoment(fileOf(points), W)(b, o), 1e-4);
  });

  it('on a sphere are those of points all over it, and of affine images and mixtures with it', () => {
    const rng = stream(3, 'test quartic', 1);
    for (const n of [1, 2, 3]) {
      const sphere: Law = { kind: 'sphere', dimension: n, radius: 1.3 };
      const points = spherePoints(n).map((y) => y.map((x) => 1.3 * x));
      const factor = randomMatrix(rng, 2, n, 0.9);
      const mean = [0.4, -0.3];
      const image: Law = { kind: 'affine', dimension: 2, mean, factor, base: sphere };
      const moved = points.map((y) => Array.from(linear.matvec(factor, y), (x, i) => x + mean[i]!));
      for (const [law, listed] of [
        [sphere, points],
        [image, moved],
        [{ kind: 'mixture', dimension: 2, weights: [0.4, 0.6], components: [image, image] }, moved],
      ] as [Law, number[][]][]) {
        const D = law.dimension;
        const square = (root: DenseMatrix) => linear.matmul(linear.transpose(root), root);
        const W = square(randomMatrix(rng, 2, D, 1));
        const M = square(randomMatrix(rng, 2, D, 1));
        const o = randomVector(rng, D, 1);
        for (const size of [0, 0.1, 1.5, 8]) {
          const b = randomVector(rng, D, size);
          // The midpoint rule in the height is of second order.
          near(quarticMoment(law, W, M)(b, o), quarticMoment(fileOf(listed), W, M)(b, o), n === 3 ? 2e-4 : 1e-10, `R^${n}, ${law.kind}`);
        }
      }
    }
  });

  it('in high dimensions on a sphere stay accurate: its law is nearly Gaussian', () => {
    const n = 400;
    const sphere: Law = { kind: 'sphere', dimension: n, radius: Math.sqrt(n) };
    const along = linear.identity(n).map((row, i) => row.map((x) => (i === 0 ? x : 0)));
    const b = new Float64Array(n);
    // E y₁⁴ = 3n²/(n(n + 2)).
    near(quarticMoment(sphere, along, along)(b, new Float64Array(n)), (3 * n) / (n + 2), 1e-10);
  });

  it('of tokens with noise in the last coordinate are those of the law with that noise in it', () => {
    const rng = stream(3, 'test quartic', 2);
    const covariance = [[1, 0.3, 0.2], [0.3, 0.7, 0], [0.2, 0, 0.4]]; // biome-ignore format: a matrix
    const noisy = covariance.map((row, i) => row.map((x, j) => x + (i === 2 && j === 2 ? 0.49 : 0)));
    const V = randomMatrix(rng, 2, 3, 1);
    const inside = new LayerTokens(gaussianLaw(noisy, [1, 2, -1]), V);
    const beside = new LayerTokens(gaussianLaw(covariance, [1, 2, -1]), V, 0.7);
    const [b, c] = [randomVector(rng, 3, 1), randomVector(rng, 3, 1)];
    for (const [first, second] of [['value', 'value'], ['value', 'token'], ['token', 'token']] as const) {
      near(beside.quartic(first, second, b, c), inside.quartic(first, second, b, c), 1e-12, `${first}, ${second}`);
      near(beside.square(first, b, c), inside.square(first, b, c), 1e-12, first);
    } // biome-ignore format: pairs
    near(beside.cumulant(b).value, inside.cumulant(b).value, 1e-12);
    assert.deepEqual([beside.diameter('value'), beside.reach(b)], [Infinity, Infinity]);
  });
});

describe('the largest of many tokens', () => {
  it('is bounded, and not by much more than it is', () => {
    const rng = stream(3, 'test quartic', 3);
    const laws: Law[] = [
      gaussianLaw([[1, 0], [0, 4]]),
      { kind: 'mixture', dimension: 2, weights: [0.9, 0.1], components: [gaussianLaw([[1, 0], [0, 1]]), gaussianLaw([[9, 0], [0, 1]], [5, 0])] },
    ]; // biome-ignore format: laws
    const draw = (law: Law): number[] => {
      if (law.kind === 'mixture') return draw(law.components[rng.uniform() < 0.9 ? 0 : 1]!);
      if (law.kind !== 'gaussian') assert.fail();
      return law.mean.map((m, i) => m + Math.sqrt(law.covariance[i]![i]!) * rng.normal());
    };
    for (const law of laws) {
      const tokens = new LayerTokens(law, linear.identity(2));
      const c = Float64Array.from([0.5, -0.5]);
      for (const length of [1, 10, 300]) {
        let [square, fourth] = [0, 0];
        const count = 400;
        for (let i = 0; i < count; i++) {
          let most = 0;
          for (let l = 0; l < length; l++)
            most = Math.max(
              most,
              draw(law).reduce((sum, x, k) => sum + (x - c[k]!) ** 2, 0),
            );
          square += most / count;
          fourth += (most * most) / count;
        }
        const bound = tokens.largest('token', c, length, 2);
        assert.ok(bound > square && bound > Math.sqrt(fourth), `L = ${length}: ${bound}, ${square}, ${Math.sqrt(fourth)}`);
        assert.ok(bound < 25 * square, `L = ${length}: ${bound}, ${square}`);
      }
    }
  });
});
