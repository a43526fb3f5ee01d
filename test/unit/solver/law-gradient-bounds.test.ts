import assert from 'node:assert/strict';
import { errorAverages } from '../../../src/solver/concentration.js';
import { cumulant } from '../../../src/solver/cumulant.js';
import { lawBounds } from '../../../src/solver/law-bounds.js';
import * as linear from '../../../src/solver/linear-algebra.js';
import type { CoordinateLaw, DenseMatrix, Law, Problem } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { sampleErrors } from '../../../src/solver/sampled-errors.js';
import { problemOf } from '../../support/problem.js';
import { fileOf, randomMatrix } from './problems.js';

const quantity = 'key_query_gradient';
const of = [quantity] as const;

const uniform: CoordinateLaw = { kind: 'uniform', low: -0.4, high: 1.7 };
const independent = (coordinate: CoordinateLaw, dimension: number): Law => ({ kind: 'independent', dimension, coordinate });

const problem = (law: Law, U: DenseMatrix, V: DenseMatrix, at: readonly number[], length: number): Problem =>
  problemOf(
    { kind: 'tokens', law },
    {
      query: { kind: 'at', at },
      length,
      attention: { keyQuery: U, value: V },
      concentrate: { of, confidence: 0.95, samples: null },
      solver: { seed: 5 },
      measures: ['key_query_gradient_error'],
      facets: ['certified', 'asymptote'],
    },
  );

const near = (actual: number, expected: number, relative: number, what = ''): void =>
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${what} ${actual} is not ${expected}`);

describe('the U-gradient bound for any law', function () {
  this.timeout(120_000);

  it('has the asymptote of the exact error on Gaussian tokens, and is not below it', () => {
    const gamma = [[1, 0.3], [0.3, 0.6]]; // biome-ignore format: a matrix
    const law: Law = { kind: 'gaussian', dimension: 2, mean: [0, 0], covariance: gamma };
    const p = problem(law, [[0.5, 0.2], [-0.1, 0.4]], [[1, -1], [0.3, 2]], [0.7, 1.1], 100); // biome-ignore format: matrices
    const exact = errorAverages(p, of)!.at(quantity, 100);
    const { asymptote, certified } = lawBounds(p)!.at(quantity, 100);
    near(asymptote, exact.asymptote, 1e-12);
    assert.ok(certified > exact.value);
  });

  it('is not below the error summed over every prompt, and meets it as prompts grow', () => {
    const rng = stream(9, 'test law gradient', 0);
    for (let trial = 0; trial < 60; trial++) {
      // Three points with equal weights: the number of tokens at each is multinomial.
      const n = 1 + (trial % 3);
      const points = randomMatrix(rng, 3, n, 1);
      const U = randomMatrix(rng, n, n, [0.2, 0.6, 1.5][trial % 3]!);
      const V = randomMatrix(rng, 2, n, 1);
      const z = Array.from({ length: n }, () => rng.normal());
      const a = linear.matvec(U, z);
      const law = fileOf(points);
      const limit = cumulant(law, a, true).hessian!;
      for (const L of [1, 2, 7, 40, 150]) {
        const p = problem(law, U, V, z, L);
        const { certified, asymptote } = lawBounds(p)!.at(quantity, L);
        const exact = multinomialError(points, a, V, limit, L) * linear.dot(z, z);
        assert.ok(certified >= exact * (1 - 1e-9), `trial ${trial}, L = ${L}: ${certified} < ${exact}`);
        if (L === 150 && trial % 3 === 0) near(exact, asymptote, 0.5, `trial ${trial}`);
      }
      const far = lawBounds(problem(law, U, V, z, 1e14))!.at(quantity, 1e14);
      assert.ok(far.certified >= far.asymptote && far.certified < 1.001 * far.asymptote, `${far.certified} and ${far.asymptote}`);
    }
  });

  it('is not below the sampled error of random laws, and tends to the asymptote', () => {
    const rng = stream(10, 'test law gradient', 1);
    for (let trial = 0; trial < 24; trial++) {
      const n = 1 + ((trial >> 1) % 4);
      const cube = independent(trial % 2 === 0 ? { kind: 'rademacher' } : uniform, n);
      const image: Law = {
        kind: 'affine',
        dimension: n,
        mean: Array.from({ length: n }, () => rng.normal()),
        factor: randomMatrix(rng, n, n, 0.7),
        base: cube,
      };
      const mixture: Law = { kind: 'mixture', dimension: n, weights: [0.3, 0.7], components: [image, cube] };
      const sphere: Law = { kind: 'sphere', dimension: n, radius: 1.3 };
      const law = [cube, image, mixture, sphere][trial % 4]!; // biome-ignore format: laws
      const U = randomMatrix(rng, n, n, [0.15, 0.4, 1][Math.floor(trial / 8)]!);
      const V = randomMatrix(rng, 1 + (trial % 2), n, 1);
      const z = Array.from({ length: n }, () => rng.normal());
      for (const L of [3, 30, 400]) {
        const p = problem(law, U, V, z, L);
        const { certified, asymptote } = lawBounds(p)!.at(quantity, L);
        const sampling = sampleErrors(p, null, { of, confidence: 0.95, samples: 400 });
        let step = sampling.next();
        while (!step.done) step = sampling.next();
        const { mean, standardError } = step.value.estimates[quantity]!;
        assert.ok(certified >= mean - 4 * standardError, `trial ${trial}, L = ${L}: ${certified} < ${mean} ± ${standardError}`);
        // The next term of the expansion is of relative size e^{spread}/L, with a constant of the fourth moments.
        if (L === 400 && trial < 8)
          assert.ok(
            Math.abs(mean - asymptote) < 5 * standardError + 0.08 * asymptote,
            `trial ${trial}: ${mean} ± ${standardError}, ${asymptote}`,
          );
      }
      const far = lawBounds(problem(law, U, V, z, 1e12))!.at(quantity, 1e12);
      assert.ok(far.certified >= far.asymptote && far.certified < 1.01 * far.asymptote, `${far.certified} and ${far.asymptote}`);
    }
  });

  it('is 0 at L = ∞, and 0 for a query of 0', () => {
    const I = linear.identity(2);
    const cube = lawBounds(problem(independent(uniform, 2), I, I, [1, 0], 10))!;
    assert.deepEqual(cube.at(quantity, Number.POSITIVE_INFINITY), { asymptote: 0, certified: 0 });
    assert.equal(lawBounds(problem(independent(uniform, 2), I, I, [0, 0], 10))!.at(quantity, 10).certified, 0);
  });
});

/** E‖V(Ĉ − C)‖²_F for L tokens, each one of three points. */
function multinomialError(points: readonly number[][], a: Float64Array, V: DenseMatrix, C: Float64Array, L: number): number {
  const n = points[0]!.length;
  const logFactorial = [0];
  for (let k = 1; k <= L; k++) logFactorial.push(logFactorial[k - 1]! + Math.log(k));
  let expected = 0;
  for (let i = 0; i <= L; i++) {
    for (let j = 0; i + j <= L; j++) {
      const counts = [i, j, L - i - j];
      const probability = Math.exp(logFactorial[L]! - counts.reduce((s, k) => s + logFactorial[k]!, 0) - L * Math.log(3));
      const weights = counts.map((k, r) => k * Math.exp(linear.dot(a, points[r]!)));
      const total = weights.reduce((s, w) => s + w, 0);
      const mean = Array.from({ length: n }, (_, c) => weights.reduce((s, w, r) => s + (w * points[r]![c]!) / total, 0));
      const gap = Array.from({ length: n }, (_, c) =>
        Array.from({ length: n }, (_, d) => weights.reduce((s, w, r) => s + (w / total) * (points[r]![c]! - mean[c]!) * (points[r]![d]! - mean[d]!), -C[c * n + d]!)),
      ); // biome-ignore format: sums
      expected += probability * linear.frobenius(linear.matmul(V, gap)) ** 2;
    }
  }
  return expected;
}
