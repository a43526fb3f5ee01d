import assert from 'node:assert/strict';
import type { Law } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { SolverFailure } from '../../../src/solver/result.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { lawDraw, linkFunction, multiply, taskSampler } from '../../../src/solver/sampling.js';
import { gaussianLaw, kms, taskOfDimension } from './problems.js';

const singular = [
  [1, 2, 0],
  [2, 4, 0],
  [0, 0, 0],
];
const cube: Law = { kind: 'independent', dimension: 2, coordinate: { kind: 'uniform', low: -3, high: 3 } };

/** Laws with mean, covariance and Σ_i E z_i⁴, worked out by hand. */
const laws: readonly { name: string; law: Law; mean: number[]; covariance: number[][]; fourth: number }[] = [
  {
    name: 'gaussian, diagonal',
    law: gaussianLaw(
      [
        [4, 0],
        [0, 0],
      ],
      [1, -1],
    ),
    mean: [1, -1],
    covariance: [
      [4, 0],
      [0, 0],
    ],
    fourth: 48 + 24 + 1 + 1,
  },
  { name: 'gaussian, singular', law: gaussianLaw(singular), mean: [0, 0, 0], covariance: singular, fourth: 3 + 48 },
  { name: 'gaussian, dense', law: gaussianLaw(kms(2, -0.8)), mean: [0, 0], covariance: kms(2, -0.8), fourth: 6 },
  {
    name: 'independent gaussian',
    law: { kind: 'independent', dimension: 2, coordinate: { kind: 'gaussian', variance: 9 } },
    mean: [0, 0],
    covariance: [
      [9, 0],
      [0, 9],
    ],
    fourth: 2 * 3 * 81,
  },
  {
    name: 'rademacher',
    law: { kind: 'independent', dimension: 2, coordinate: { kind: 'rademacher' } },
    mean: [0, 0],
    covariance: [
      [1, 0],
      [0, 1],
    ],
    fourth: 2,
  },
  {
    name: 'uniform',
    law: cube,
    mean: [0, 0],
    covariance: [
      [3, 0],
      [0, 3],
    ],
    fourth: (2 * 81) / 5,
  },
  // On the sphere of R^3, E z_i⁴ = r⁴ · 3/(3 · 5).
  {
    name: 'sphere',
    law: { kind: 'sphere', dimension: 3, radius: 2 },
    mean: [0, 0, 0],
    covariance: [
      [4 / 3, 0, 0],
      [0, 4 / 3, 0],
      [0, 0, 4 / 3],
    ],
    fourth: (3 * 16) / 5,
  },
  { name: 'sphere of R', law: { kind: 'sphere', dimension: 1, radius: 2 }, mean: [0], covariance: [[4]], fourth: 16 },
  {
    name: 'mixture, weights 1 : 3',
    law: { kind: 'mixture', dimension: 1, components: [gaussianLaw([[0]], [4]), gaussianLaw([[1]], [0])], weights: [1, 3] },
    mean: [1],
    covariance: [[0.25 * 16 + 0.75 - 1]],
    fourth: 0.25 * 256 + 0.75 * 3,
  },
  {
    name: 'empirical',
    law: { kind: 'empirical', dimension: 2, tokens: { rows: 4, columns: 2, data: Float64Array.of(1, 0, 1, 2, -3, 0, 1, 2) } },
    mean: [0, 1],
    covariance: [
      [3, 1],
      [1, 1],
    ],
    fourth: (1 + 1 + 81 + 1) / 4 + (16 + 16) / 4,
  },
  {
    name: 'affine',
    law: { kind: 'affine', dimension: 1, mean: [5], factor: [[1, -1]], base: cube },
    mean: [5],
    covariance: [[6]],
    // z = 5 + t, E t² = 6, E t⁴ = 2 · 81/5 + 6 · 9.
    fourth: 625 + 6 * 25 * 6 + 162 / 5 + 54,
  },
];

describe('draws of a law', () => {
  laws.forEach(({ name, law, mean, covariance, fourth }, k) => {
    it(`have its moments: ${name}`, () => {
      const draw = lawDraw(law);
      const rng = stream(1, 'law', k);
      const z = new Float64Array(law.dimension + 2).fill(77);
      const first = mean.map(() => new RunningMean());
      const second = covariance.map((row) => row.map(() => new RunningMean()));
      const fourths = new RunningMean();
      for (let n = 0; n < 60_000; n++) {
        draw(rng, z, 1);
        for (let i = 0; i < law.dimension; i++) {
          first[i].add(z[1 + i]);
          for (let j = 0; j < law.dimension; j++) second[i][j].add((z[1 + i] - mean[i]) * (z[1 + j] - mean[j]));
        }
        let sum = 0;
        for (let i = 0; i < law.dimension; i++) sum += z[1 + i] ** 4;
        fourths.add(sum);
      }
      assert.equal(z[0], 77);
      assert.equal(z[law.dimension + 1], 77);
      const near = (found: RunningMean, expected: number): void => {
        assert.ok(
          Math.abs(found.mean - expected) <= 4.5 * found.standardError + 1e-12,
          `${found.mean} ± ${found.standardError}, ${expected} expected`,
        );
      };
      for (let i = 0; i < law.dimension; i++) {
        near(first[i], mean[i]);
        for (let j = 0; j < law.dimension; j++) near(second[i][j], covariance[i][j]);
      }
      near(fourths, fourth);
    });
  });

  it('stay on the support', () => {
    const rng = stream(2, 'support', 0);
    const z = new Float64Array(3);
    const onSphere = lawDraw({ kind: 'sphere', dimension: 3, radius: 0.5 });
    const onPlane = lawDraw(gaussianLaw(singular));
    for (let n = 0; n < 1000; n++) {
      onSphere(rng, z, 0);
      assert.ok(Math.abs(Math.hypot(...z) - 0.5) < 1e-14);
      onPlane(rng, z, 0);
      assert.ok(Math.abs(z[1] - 2 * z[0]) < 1e-7 && Math.abs(z[2]) < 1e-7);
    }
  });
});

describe('tokens of a task', () => {
  const skewed: Law = {
    kind: 'mixture',
    dimension: 2,
    components: [
      gaussianLaw(
        [
          [1, 0.5],
          [0.5, 2],
        ],
        [3, 0],
      ),
      cube,
    ],
    weights: [0.2, 0.8],
  };
  it('are centred, whitened and given the covariance asked for', () => {
    for (const tokens of [
      null,
      skewed,
      cube,
      gaussianLaw(
        [
          [2, 0],
          [0, 5],
        ],
        [7, 7],
      ),
    ]) {
      const sampler = taskSampler(taskOfDimension(2, { covariance: kms(2, 0.6), tokens }));
      const rng = stream(3, 'task', 0);
      const g = new Float64Array(2);
      const x = new Float64Array(2);
      const means = Array.from({ length: 5 }, () => new RunningMean());
      for (let n = 0; n < 40_000; n++) {
        sampler.drawBase(rng, g, 0);
        multiply(sampler.root, 2, 2, g, x);
        [x[0], x[1], x[0] * x[0] - 1, x[1] * x[1] - 1, x[0] * x[1] - 0.6].forEach((value, i) => {
          means[i].add(value);
        });
      }
      for (const mean of means) assert.ok(Math.abs(mean.mean) < 4.5 * mean.standardError);
    }
  });

  it('cannot be whitened when they lie on a line', () => {
    const line: Law = {
      kind: 'affine',
      dimension: 2,
      mean: [0, 0],
      factor: [[1], [2]],
      base: { kind: 'independent', dimension: 1, coordinate: { kind: 'rademacher' } },
    };
    assert.throws(
      () => taskSampler(taskOfDimension(2, { tokens: line })),
      (error) => error instanceof SolverFailure && error.code === 'unsupported' && error.setting === 'task.tokens',
    );
  });

  it('know when (x, y) is Gaussian', () => {
    assert.equal(taskSampler(taskOfDimension(2)).gaussian, true);
    assert.equal(taskSampler(taskOfDimension(2, { tokens: gaussianLaw(kms(2, 0.5)) })).gaussian, true);
    assert.equal(taskSampler(taskOfDimension(2, { tokens: cube })).gaussian, false);
    assert.equal(taskSampler(taskOfDimension(2, { link: 'relu' })).gaussian, false);
  });

  it('have links', () => {
    const at = [-1.5, 0, 2];
    assert.deepEqual(at.map(linkFunction('identity')), at);
    assert.deepEqual(at.map(linkFunction('relu')), [0, 0, 2]);
    assert.deepEqual(at.map(linkFunction('sign')), [-1, 0, 1]);
    assert.deepEqual(at.map(linkFunction('square')), [2.25, 0, 4]);
    assert.deepEqual(at.map(linkFunction('tanh')), at.map(Math.tanh));
  });
});
