import assert from 'node:assert/strict';
import { cumulant } from '../../../src/solver/cumulant.js';
import type { Kernel, Law, Problem, Query } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import {
  type ErrorEstimates,
  errorProbabilities,
  errorQuantities,
  errorSamples,
  type SampleErrorsOptions,
  sampleErrors,
} from '../../../src/solver/sampled-errors.js';
import { lawDraw } from '../../../src/solver/sampling.js';
import { gaussianLaw, identityMatrix, kms, plainAttention, randomMatrix, randomVector, taskOfDimension, taskProblem } from './problems.js';

const options: SampleErrorsOptions = { of: errorQuantities, confidence: 0.95, samples: 4000 };

function tokensProblem(
  law: Law,
  query: Query,
  length: number,
  U: number[][],
  V: number[][],
  kernel: Kernel = 'softmax',
  heads = 1,
): Problem {
  return {
    ...taskProblem(taskOfDimension(1), length),
    setting: { kind: 'tokens', law },
    query,
    attention: { ...plainAttention, kernel, heads, keyQuery: U, value: V },
  };
}

function final(generator: Generator<ErrorEstimates, ErrorEstimates>): ErrorEstimates {
  for (;;) {
    const next = generator.next();
    if (next.done) return next.value;
  }
}

describe('sampled distance from the infinite prompt', () => {
  const U = [
    [0.5, 0.2],
    [-0.3, 0.4],
  ];
  const V = [
    [1, 0.5],
    [0, -2],
    [0.3, 0.3],
  ];
  const at = [0.8, -1.1];
  const tilt = [0.5 * 0.8 - 0.2 * 1.1, -0.3 * 0.8 - 0.4 * 1.1];
  const querySquare = 0.64 + 1.21;
  const norm = (x: readonly number[]): number => x.reduce((sum, value) => sum + value * value, 0);
  const times = (m: readonly (readonly number[])[], x: readonly number[]): number[] =>
    m.map((row) => row.reduce((sum, a, i) => sum + a * x[i], 0));

  it('is known at L = 1, where softmax attends to its one token', () => {
    const covariance = kms(2, 0.3);
    const rademacher: Law = { kind: 'independent', dimension: 2, coordinate: { kind: 'rademacher' } };
    const trace = (m: readonly (readonly number[])[]): number => norm(m.flat());
    const b = times(covariance, tilt);
    const th = tilt.map(Math.tanh);
    const columns = (d: readonly number[]): number[][] => V.map((row) => row.map((x, i) => x * d[i]));
    for (const [law, expected] of [
      [
        gaussianLaw(covariance, [3, -1]),
        {
          // E ‖V(z − m − b)‖² = tr VΓVᵀ + ‖Vb‖²; Ĉ = 0.
          output: V.reduce((sum, row) => sum + row.reduce((s, x, i) => s + x * times(covariance, row)[i], 0), 0) + norm(times(V, b)),
          value_gradient: 2 + norm(b),
          key_query_gradient: norm(V.flatMap((row) => times(covariance, row))) * querySquare,
        },
      ],
      [
        rademacher,
        {
          output: trace(V) + norm(times(V, th)),
          value_gradient: 2 + norm(th),
          key_query_gradient: trace(columns(th.map((x) => 1 - x * x))) * querySquare,
        },
      ],
    ] as const) {
      const { estimates, samples, fraction } = final(sampleErrors(tokensProblem(law, { kind: 'at', at }, 1, U, V), null, options));
      assert.equal(samples, 4000);
      assert.equal(fraction, 1);
      for (const quantity of errorQuantities) {
        const { mean, standardError, lower, upper } = estimates[quantity]!;
        assert.ok(
          Math.abs(mean - expected[quantity]) < 4.5 * standardError + 1e-12,
          `${law.kind} ${quantity}: ${mean}, ${expected[quantity]}`,
        );
        // The first two have control variates: Student's quantile for 64 batches.
        const quantile = quantity === 'key_query_gradient' ? 1.95996 : 1.99834;
        // Farther on the long side, where values are skewed.
        const narrow = quantile * standardError;
        assert.ok(upper - mean > 0.999 * narrow - 1e-15 && upper - mean < 1.2 * narrow + 1e-15, `${upper - mean}, ${narrow}`);
        assert.ok(Math.abs(mean - lower - narrow) < 0.15 * narrow + 1e-15, `${mean - lower}, ${narrow}`);
        assert.ok(lower >= 0 && lower <= mean);
      }
    }
  });

  it('is the average of the definition, prompt by prompt', () => {
    const law: Law = { kind: 'independent', dimension: 2, coordinate: { kind: 'uniform', low: -2, high: 2 } };
    const queryLaw = gaussianLaw(identityMatrix(2));
    const length = 70;
    const samples = 12;
    for (const kernel of ['softmax', 'linear'] as const) {
      const problem = tokensProblem(law, { kind: 'law', law: queryLaw }, length, U, V, kernel, 2);
      const { estimates } = final(sampleErrors(problem, null, { ...options, samples }));
      const sums = { output: 0, value_gradient: 0, key_query_gradient: 0 };
      for (let n = 0; n < samples; n++) {
        const rng = stream(0, 'concentrate', n);
        const q = new Float64Array(2);
        lawDraw(queryLaw)(rng, q, 0);
        const a = times(U, Array.from(q));
        const z = Array.from({ length }, () => {
          const out = new Float64Array(2);
          lawDraw(law)(rng, out, 0);
          return Array.from(out);
        });
        const s = z.map((token) => token[0] * a[0] + token[1] * a[1]);
        const total = s.reduce((sum, x) => sum + Math.exp(x), 0);
        const p = s.map((x) => (kernel === 'softmax' ? Math.exp(x) / total : 1 / length));
        const moment = (f: (token: number[], l: number) => number): number => z.reduce((sum, token, l) => sum + p[l] * f(token, l), 0);
        const limit = cumulant(law, a, true);
        const difference = [0, 1].map((i) =>
          kernel === 'softmax' ? moment((token) => token[i]) - limit.gradient[i] : moment((token, l) => s[l] * token[i]) - (4 / 3) * a[i],
        );
        const mean = [0, 1].map((i) => (kernel === 'softmax' ? moment((token) => token[i]) : 0));
        const spread = [0, 1].map((i) =>
          [0, 1].map((j) => {
            const expected = kernel === 'softmax' ? limit.hessian![2 * i + j] : i === j ? 4 / 3 : 0;
            return moment((token) => (token[i] - mean[i]) * (token[j] - mean[j])) - expected;
          }),
        );
        // Two equal heads: the outputs add up, their gradients are two.
        sums.output += norm(times(V, difference).map((x) => 2 * x)) / samples;
        sums.value_gradient += (2 * norm(difference)) / samples;
        const image = V.map((row) => [0, 1].map((j) => row[0] * spread[0][j] + row[1] * spread[1][j]));
        sums.key_query_gradient += (2 * norm(image.flat()) * (q[0] ** 2 + q[1] ** 2)) / samples;
      }
      for (const quantity of errorQuantities) {
        assert.ok(Math.abs(estimates[quantity]!.mean - sums[quantity]) < 1e-11 * (1 + sums[quantity]), `${kernel} ${quantity}`);
      }
    }
  });

  it('of a task is that of plain tokens when w never changes', () => {
    // w fixed: (x, y) is N(0, Γ_w), and the query (x_q, 0) a Gaussian with a singular covariance.
    const w = [0.7, -0.4];
    const sigma = kms(2, 0.5);
    const image = times(sigma, w);
    const gamma = [
      [...sigma[0], image[0]],
      [...sigma[1], image[1]],
      [...image, w[0] * image[0] + w[1] * image[1] + 0.25],
    ];
    const rng = stream(6, 'task', 0);
    const U3 = randomMatrix(rng, 3, 3, 0.35);
    const v = randomVector(rng, 3, 1);
    for (const kernel of ['softmax', 'linear'] as const) {
      const task = taskOfDimension(2, {
        covariance: sigma,
        noise: 0.5,
        weights: gaussianLaw(
          [
            [0, 0],
            [0, 0],
          ],
          w,
        ),
      });
      const inTask = taskProblem(task, 20, { kernel });
      const query: Law = gaussianLaw([
        [...sigma[0], 0],
        [...sigma[1], 0],
        [0, 0, 0],
      ]);
      const plain = tokensProblem(gaussianLaw(gamma), { kind: 'law', law: query }, 20, U3, [Array.from(v)], kernel);
      const one = final(sampleErrors(inTask, { U: Float64Array.from(U3.flat()), v }, { ...options, samples: 6000 }));
      const two = final(sampleErrors({ ...plain, solver: { ...plain.solver, seed: 99 } }, null, { ...options, samples: 6000 }));
      for (const quantity of errorQuantities) {
        const a = one.estimates[quantity]!;
        const b = two.estimates[quantity]!;
        const z = (a.mean - b.mean) / Math.hypot(a.standardError, b.standardError);
        assert.ok(Math.abs(z) < 4.5, `${kernel} ${quantity}: ${a.mean} ± ${a.standardError}, ${b.mean} ± ${b.standardError}`);
      }
    }
  });

  it('is 0 at L = ∞', () => {
    const { estimates } = final(sampleErrors(tokensProblem(gaussianLaw(kms(2, 0.3)), { kind: 'at', at }, Infinity, U, V), null, options));
    for (const quantity of errorQuantities) {
      const { mean, lower, upper, standardError } = estimates[quantity]!;
      assert.deepEqual([mean, lower, upper, standardError], [0, 0, 0, 0]);
    }
  });

  it('streams estimates whose bands tighten, and ends with quantiles', () => {
    const problem = tokensProblem(
      gaussianLaw(identityMatrix(2)),
      {
        kind: 'law',
        law: gaussianLaw([
          [0.3, 0],
          [0, 0.3],
        ]),
      },
      4000,
      U,
      V,
    );
    const generator = sampleErrors(problem, null, { ...options, of: ['output'], samples: 4000 });
    const widths: number[] = [];
    let last: ErrorEstimates;
    for (;;) {
      const next = generator.next();
      last = next.value;
      if (next.done) break;
      assert.equal(last.estimates.output!.quantiles, undefined);
      assert.ok(last.fraction > 0 && last.fraction < 1);
      widths.push(last.estimates.output!.upper - last.estimates.output!.lower);
    }
    const { upper, lower, quantiles } = last.estimates.output!;
    assert.ok(widths.length > 10);
    assert.ok(upper - lower < 0.5 * widths[Math.floor(widths.length / 10)]);
    assert.equal(quantiles!.length, errorProbabilities.length);
    for (let i = 1; i < quantiles!.length; i++) assert.ok(quantiles![i] > quantiles![i - 1]);
    assert.equal(last.estimates.value_gradient, undefined);
  });

  it('has bands that cover the truth as often as they say', () => {
    // L = 1, one dimension, Gaussian: E (z − b)² = 1 + b².
    let covered = 0;
    const trials = 400;
    for (let seed = 0; seed < trials; seed++) {
      const base = tokensProblem(gaussianLaw([[1]]), { kind: 'at', at: [1] }, 1, [[0.5]], [[1]]);
      const problem = { ...base, solver: { ...base.solver, seed } };
      const { lower, upper } = final(sampleErrors(problem, null, { of: ['output'], confidence: 0.9, samples: 300 })).estimates.output!;
      if (lower <= 1.25 && upper >= 1.25) covered++;
    }
    assert.ok(Math.abs(covered / trials - 0.9) < 4 * Math.sqrt(0.09 / trials), `${covered} of ${trials}`);
  });

  it('draws fewer prompts when they are long, or measured often', () => {
    const problem = (length: number): Problem => tokensProblem(gaussianLaw([[1]]), { kind: 'at', at: [1] }, length, [[0.5]], [[1]]);
    assert.ok(errorSamples(problem(1000), ['output'], 1) > errorSamples(problem(100_000), ['output'], 1));
    assert.ok(errorSamples(problem(1000), ['output'], 1) > errorSamples(problem(1000), ['output'], 100));
    assert.equal(errorSamples(problem(1e9), ['output'], 1), 256);
  });
});
