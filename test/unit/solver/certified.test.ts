import assert from 'node:assert/strict';
import { momentBounds } from '../../../src/solver/bounds.js';
import { errorAverages } from '../../../src/solver/concentration.js';
import { covarianceBounds } from '../../../src/solver/covariance-bounds.js';
import * as linear from '../../../src/solver/linear-algebra.js';
import { participationMoments } from '../../../src/solver/participation.js';
import { type RandomStream, stream } from '../../../src/solver/random.js';
import { of, problem } from './concentration-problem.js';

/** CERTIFIED_CASES=100000 npx mocha test/unit/solver/certified.test.ts */
const cases = Number(process.env.CERTIFIED_CASES ?? 1500);

interface Layer {
  readonly gamma: number[][];
  readonly U: number[][];
  readonly V: number[][];
  readonly z: number[];
}

/** A layer, its tokens and a query at which the scores have the variance τ²; every fourth covariance is singular. */
function randomLayer(rng: RandomStream, index: number, tau2: number): Layer | null {
  const n = 1 + Math.floor(5 * rng.uniform());
  const matrix = (rows: number, columns: number) => Array.from({ length: rows }, () => Array.from({ length: columns }, () => rng.normal()));
  const root = matrix(n, index % 4 === 0 ? Math.max(1, n - 1) : n);
  const stretched = root.map((row) => row.map((x) => x * Math.exp(1.5 * rng.normal())));
  const gamma = linear.matmul(stretched, linear.transpose(stretched));
  const U = matrix(n, n);
  const z = Array.from({ length: n }, () => rng.normal());
  const a = linear.matvec(U, z);
  const now = linear.bilinear(a, gamma, a);
  if (!(now > 0)) return null;
  return { gamma, U: linear.scale(U, Math.sqrt(tau2 / now)), V: matrix(1 + Math.floor(n * rng.uniform()), n), z };
}

describe(`certified errors over ${cases} random layers, queries and lengths`, () => {
  it('are never below the exact ones', function () {
    this.timeout(60_000 + 20 * cases);
    const rng = stream(23, 'test bounds', 0);
    const worst = { output: 0, value_gradient: 0, key_query_gradient: 0 };
    for (let index = 0; index < cases; index++) {
      const length = Math.max(1, Math.round(Math.exp(28 * rng.uniform() ** 1.5)));
      const tau2 = (0.1 + Math.log(length)) * Math.exp(-7 + 9 * rng.uniform());
      const layer = randomLayer(rng, index, tau2);
      if (layer === null) continue;
      const averages = errorAverages(problem(layer.gamma, layer.U, layer.V, layer.z), of)!;
      for (const quantity of of) {
        const { value, relativeError, certified } = averages.at(quantity, length);
        const where = `case ${index}, ${quantity}: L = ${length}, τ² = ${tau2}`;
        assert.ok(certified >= value * (1 - relativeError - 1e-11), `${where}: ${certified} < ${value}`);
        // Where the exact value itself is lost in rounding it says nothing of the bound.
        if (relativeError < 1e-3) worst[quantity] = Math.max(worst[quantity], certified / value);
      }
    }
    assert.ok(worst.output < 50 && worst.value_gradient < 50, JSON.stringify(worst));
    assert.ok(worst.key_query_gradient < 3000, JSON.stringify(worst));
  });
});

/** Scores g_l: Σ p (g − ḡ)² and Σ p² (g − ḡ)² of one prompt. */
function oneCovariance(rng: RandomStream, tau: number, length: number): { variance: number; cross: number } {
  let total = 0;
  let first = 0;
  const g = Float64Array.from({ length }, () => rng.normal());
  const top = g.reduce((a, b) => Math.max(a, b));
  const p = g.map((x) => Math.exp(tau * (x - top)));
  for (let l = 0; l < length; l++) {
    total += p[l];
    first += p[l] * g[l];
  }
  const mean = first / total;
  let variance = 0;
  let cross = 0;
  for (let l = 0; l < length; l++) {
    const share = p[l] / total;
    variance += share * (g[l] - mean) ** 2;
    cross += share * share * (g[l] - mean) ** 2;
  }
  return { variance, cross };
}

/** E (Σ p (g − ḡ)² − 1)² and E Σ p² (g − ḡ)² from the participation moments: the formula of the U-gradient's error in one and two dimensions. */
function exactCovariance(tau2: number, length: number): { variance: number; cross: number } {
  const m = participationMoments(tau2, length);
  const N = m.B2 - 2 * m.B3 + m.B22;
  const q1 = m.B2 - 14 * m.B3 + 7 * m.B22 + 38 * m.B4 - 52 * m.B23 + 20 * m.B222;
  const h = m.B2 - 18 * m.B3 + 11 * m.B22 + 58 * m.B4 - 92 * m.B23 + 40 * m.B222;
  const linearTerms = m.B2 - 62 * m.B3 + 27 * m.B22 + 594 * m.B4 - 680 * m.B23 + 240 * m.B222;
  const e2 = linearTerms - 1580 * m.B5 + 2480 * m.B24 + 1020 * m.B33 - 2880 * m.B223 + 840 * m.B2222;
  return { variance: m.B22 + 2 * N + 2 * h * tau2 + 2 * q1 * tau2 + e2 * tau2 * tau2, cross: N + q1 * tau2 };
}

describe('bounds of the softmax-weighted covariance', () => {
  it('split the error of the U-gradient as the proof says: the split is what prompts show', () => {
    for (const [tau2, length] of [
      [0.5, 4],
      [2, 12],
      [6, 40],
    ]) {
      const rng = stream(24, 'test bounds', length);
      const count = 40_000;
      const sums = [0, 0, 0, 0];
      for (let i = 0; i < count; i++) {
        const { variance, cross } = oneCovariance(rng, Math.sqrt(tau2), length);
        const square = (variance - 1) ** 2;
        for (const [k, x] of [square, square * square, cross, cross * cross].entries()) sums[k] += x / count;
      }
      const exact = exactCovariance(tau2, length);
      for (const [mean, second, expected] of [
        [sums[0], sums[1], exact.variance],
        [sums[2], sums[3], exact.cross],
      ]) {
        const z = (mean - expected) / Math.sqrt((second - mean * mean) / count);
        assert.ok(Math.abs(z) < 4.5, `τ² = ${tau2}, L = ${length}: ${mean} against ${expected}, z = ${z}`);
      }
    }
  });

  it('lie above the exact values, tend to them, and stay near them once softmax condenses', () => {
    for (const length of [2, 3, 10, 1e2, 1e4, 1e6, 1e9, 1e12]) {
      for (const share of [1e-3, 0.03, 0.1, 0.3, 0.6, 1, 1.5, 2, 3]) {
        const tau2 = share * Math.log(length);
        const exact = exactCovariance(tau2, length);
        const bound = covarianceBounds(tau2, length);
        const where = `L = ${length}, τ² = ${share} log L: ${JSON.stringify([bound, exact])}`;
        // The exact variance loses digits to cancellation as τ² grows.
        assert.ok(bound.variance >= exact.variance * (1 - 1e-6) && bound.cross >= exact.cross * (1 - 1e-6), where);
        if (share >= 0.3) assert.ok(bound.variance < 200 * exact.variance, where);
        if (length >= 1e9 && share <= 0.1) {
          assert.ok(bound.variance < 1.02 * exact.variance && bound.cross < 1.02 * exact.cross, where);
        }
      }
    }
  });

  it('know one token, the limit, a hard maximum and flat scores', () => {
    assert.deepEqual(covarianceBounds(1, 1), { variance: 1, cross: 0 });
    assert.deepEqual(covarianceBounds(1, Number.POSITIVE_INFINITY), { variance: 0, cross: 0 });
    // All weight on the largest score: no variance left.
    const hard = covarianceBounds(1e5, 1000);
    assert.ok(hard.variance >= 1 && hard.variance < 3, `${hard.variance}`);
    assert.equal(covarianceBounds(1e-12, 1000).variance, Number.POSITIVE_INFINITY);
  });

  it('make the U-gradient bound ten times closer than the moments alone where softmax condenses', () => {
    const identity = linear.identity(2);
    const z = [Math.sqrt(0.6 * Math.log(1e6)), 0];
    const averages = errorAverages(problem(identity, identity, identity, z), of)!;
    const { value, certified } = averages.at('key_query_gradient', 1e6);
    const tau2 = z[0] ** 2;
    const b = momentBounds(tau2, 1e6);
    const byMoments = tau2 * ((2 + 4 + 2 * tau2 + 4 * tau2 + tau2 ** 2) * b[2] + (116 * tau2 + 38 * 4 * tau2 + 594 * tau2 ** 2) * b[4]);
    assert.ok(certified < byMoments / 10 && certified < 100 * value, `${certified / value}, ${byMoments / value}`);
  });
});
