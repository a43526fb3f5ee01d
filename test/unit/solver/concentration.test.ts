import assert from 'node:assert/strict';
import { type ErrorAverages, errorAverages } from '../../../src/solver/concentration.js';
import { kernelLimit, kernelLimitDerivative } from '../../../src/solver/cumulant.js';
import * as linear from '../../../src/solver/linear-algebra.js';
import type { DenseMatrix, ErrorQuantity, Kernel, Law, Problem, Query, Setting, Task } from '../../../src/solver/problem.js';
import { type RandomStream, stream } from '../../../src/solver/random.js';
import { rareQueries } from '../../../src/solver/rare-queries.js';
import { SolverFailure } from '../../../src/solver/result.js';
import { tokenCovariance } from '../../../src/solver/task-nodes.js';
import { problemOf } from '../../support/problem.js';
import { of } from './concentration-problem.js';

const problem = (setting: Setting, query: Query | null, kernel: Kernel, U: DenseMatrix | null, V: DenseMatrix | null): Problem =>
  problemOf(setting, {
    query,
    attention: { kernel, keyQuery: U, value: V },
    concentrate: { of, confidence: 0.95, samples: null },
    solver: { seed: 3 },
  });

const gaussian = (covariance: DenseMatrix, mean: readonly number[] = covariance.map(() => 0)): Law => ({
  kind: 'gaussian',
  dimension: covariance.length,
  mean,
  covariance,
});
const tokens = (law: Law): Setting => ({ kind: 'tokens', law });

const averages = (p: Problem, layer?: { U: DenseMatrix; V: DenseMatrix }): ErrorAverages => {
  const made = errorAverages(p, of, layer);
  assert.ok(made !== null);
  return made;
};

/** Random symmetric positive semi-definite matrix of a given rank. */
const covariance = (rng: RandomStream, n: number, rank = n): number[][] => {
  const root = Array.from({ length: n }, () => Array.from({ length: rank }, () => rng.normal() / Math.sqrt(rank)));
  return linear.matmul(root, linear.transpose(root));
};
const matrix = (rng: RandomStream, rows: number, columns: number, size: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => (size * rng.normal()) / Math.sqrt(columns)));
const draw = (rng: RandomStream, root: DenseMatrix): Float64Array =>
  linear.matvec(
    root,
    Float64Array.from(root, () => rng.normal()),
  );

/** Squared errors of one sampled prompt, from their definitions. */
function squaredErrors(
  rng: RandomStream,
  kernel: Kernel,
  law: Law & { kind: 'gaussian' },
  root: DenseMatrix,
  U: DenseMatrix,
  V: DenseMatrix,
  z: ArrayLike<number>,
  length: number,
): Record<ErrorQuantity, number> {
  const a = linear.matvec(U, z);
  const n = a.length;
  const rows = Array.from({ length }, () => draw(rng, root).map((x, i) => x + law.mean[i]));
  const weight = kernel === 'softmax' ? rows.map((row) => Math.exp(linear.dot(a, row))) : rows.map((row) => linear.dot(a, row));
  const total = kernel === 'softmax' ? weight.reduce((sum, w) => sum + w, 0) : length;
  const mean = new Float64Array(n);
  rows.forEach((row, l) => {
    for (let i = 0; i < n; i++) mean[i] += (weight[l] / total) * row[i];
  });
  const derivative = linear.identity(n).map((row) => row.map(() => 0));
  rows.forEach((row, l) => {
    const p = kernel === 'softmax' ? weight[l] / total : 1 / length;
    const centre = kernel === 'softmax' ? mean : new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) derivative[i][j] += p * (row[i] - centre[i]) * (row[j] - centre[j]);
  });
  const difference = kernelLimit(kernel, law, a).map((x, i) => mean[i] - x);
  const limit = kernelLimitDerivative(kernel, law, a);
  const change = derivative.map((row, i) => row.map((x, j) => x - limit[i * n + j]));
  const output = linear.matvec(V, difference);
  return {
    output: linear.dot(output, output),
    value_gradient: linear.dot(difference, difference),
    key_query_gradient: linear.frobenius(linear.matmul(V, change)) ** 2 * linear.dot(z, z),
  };
}

/** Compares exact values with sampled ones, |z| < 5. */
function compare(
  sample: (rng: RandomStream) => Record<ErrorQuantity, number>,
  exact: ErrorAverages,
  length: number,
  n: number,
  index: number,
): void {
  const rng = stream(17, 'test concentration', index);
  const sum = { output: 0, value_gradient: 0, key_query_gradient: 0 };
  const square = { ...sum };
  for (let r = 0; r < n; r++) {
    const e = sample(rng);
    for (const quantity of of) {
      sum[quantity] += e[quantity];
      square[quantity] += e[quantity] ** 2;
    }
  }
  for (const quantity of of) {
    const mean = sum[quantity] / n;
    const { value, standardError } = exact.at(quantity, length);
    const error = Math.hypot(Math.sqrt(Math.max(0, square[quantity] / n - mean * mean) / n), standardError) + 1e-9 * value;
    assert.ok(
      Math.abs(mean - value) < 5 * error,
      `case ${index}, ${quantity} at L = ${length}: sampled ${mean} ± ${error}, exact ${value}`,
    );
  }
}

describe('exact errors on Gaussian tokens', () => {
  it('agree with prompts sampled from the definition, at one query', () => {
    for (let index = 0; index < 16; index++) {
      const rng = stream(5, 'test concentration cases', index);
      const n = 1 + (index % 4);
      const law = gaussian(
        covariance(rng, n, index % 5 === 4 ? Math.max(1, n - 1) : n),
        index % 3 === 0 ? Array.from({ length: n }, () => rng.normal()) : Array.from({ length: n }, () => 0),
      ) as Law & { kind: 'gaussian' };
      const U = matrix(rng, n, n, 0.8);
      const V = matrix(rng, 1 + (index % 3), n, 1);
      const z = Array.from({ length: n }, () => rng.normal());
      const kernel: Kernel = index % 4 === 3 ? 'linear' : 'softmax';
      const length = [1, 2, 4, 9, 25][index % 5];
      const exact = averages(problem(tokens(law), { kind: 'at', at: z }, kernel, U, V));
      assert.equal(exact.method, 'exact');
      const root = linear.symmetricSqrt(law.covariance);
      compare((r) => squaredErrors(r, kernel, law, root, U, V, z, length), exact, length, 1500, index);
    }
  });

  it('agree with prompts sampled from the definition, averaged over a Gaussian query', () => {
    for (let index = 0; index < 8; index++) {
      const rng = stream(6, 'test concentration cases', index);
      const n = 2 + (index % 2);
      const law = gaussian(covariance(rng, n), index % 2 === 0 ? [] : Array.from({ length: n }, () => rng.normal()));
      const token = (index % 2 === 0 ? gaussian((law as { covariance: DenseMatrix }).covariance) : law) as Law & { kind: 'gaussian' };
      const S = covariance(rng, n);
      const centre = index % 4 === 3 ? Array.from({ length: n }, () => 0.5 * rng.normal()) : Array.from({ length: n }, () => 0);
      // The U-gradient's error has ten factors of the query: a small U keeps the variance of the sample moderate.
      const U = matrix(rng, n, n, 0.35);
      const V = matrix(rng, 2, n, 1);
      const kernel: Kernel = index % 4 === 2 ? 'linear' : 'softmax';
      const length = [1, 3, 8, 20][index % 4];
      const exact = averages(problem(tokens(token), { kind: 'law', law: gaussian(S, centre) }, kernel, U, V));
      assert.equal(exact.method, index % 4 === 3 ? 'quasi_monte_carlo' : 'exact');
      const root = linear.symmetricSqrt(token.covariance);
      const queryRoot = linear.symmetricSqrt(S);
      compare(
        (r) => {
          const z = draw(r, queryRoot).map((x, i) => x + centre[i]);
          return squaredErrors(r, kernel, token, root, U, V, z, length);
        },
        exact,
        length,
        2000,
        100 + index,
      );
    }
  });

  it('agree in one dimension and by quasi-Monte Carlo, for each quantity, kernel and length', () => {
    const rng = stream(7, 'test concentration cases', 0);
    const n = 3;
    const gamma = covariance(rng, n);
    const S = covariance(rng, n);
    const U = matrix(rng, n, n, 0.5);
    const V = matrix(rng, 2, n, 1);
    // The same law written as an affine image is centred too; a mean of 1e−300 sends the query to quasi-Monte Carlo.
    for (const kernel of ['softmax', 'linear'] as const) {
      const exact = averages(problem(tokens(gaussian(gamma)), { kind: 'law', law: gaussian(S) }, kernel, U, V));
      const points = averages(problem(tokens(gaussian(gamma)), { kind: 'law', law: gaussian(S, [1e-300, 0, 0]) }, kernel, U, V));
      assert.deepEqual([exact.method, points.method], ['exact', 'quasi_monte_carlo']);
      for (const quantity of of) {
        for (const length of [1, 2, 30, 1e4, 1e9]) {
          const e = exact.at(quantity, length);
          const p = points.at(quantity, length);
          assert.ok(
            Math.abs(e.value - p.value) < 6 * p.standardError + 1e-12 * e.value,
            `${kernel} ${quantity} at ${length}: ${e.value} against ${p.value} ± ${p.standardError}`,
          );
          assert.ok(p.standardError < 0.2 * p.value, `${quantity} at ${length}: ${p.standardError} of ${p.value}`);
        }
      }
    }
  });

  it('have local rates that agree with differences in L, and −1 for linear attention', () => {
    const rng = stream(8, 'test concentration cases', 0);
    const gamma = covariance(rng, 3);
    const p = problem(
      tokens(gaussian(gamma)),
      { kind: 'law', law: gaussian(linear.identity(3)) },
      'softmax',
      matrix(rng, 3, 3, 0.6),
      matrix(rng, 2, 3, 1),
    );
    const exact = averages(p);
    for (const quantity of of) {
      for (const length of [50, 4000, 1e8]) {
        const step = 1 / 64;
        const up = Math.log(exact.at(quantity, length * (1 + step)).value);
        const down = Math.log(exact.at(quantity, length * (1 - step)).value);
        const difference = (up - down) / (Math.log1p(step) - Math.log1p(-step));
        assert.ok(Math.abs(exact.at(quantity, length).rate - difference) < 3e-4, `${quantity} at ${length}`);
      }
      const other = averages({ ...p, attention: { ...p.attention, kernel: 'linear' } });
      assert.equal(other.at(quantity, 7).rate, -1);
    }
  });

  it('vanish at infinite length and refuse what was not asked for', () => {
    const p = problem(tokens(gaussian(linear.identity(2))), { kind: 'at', at: [1, 2] }, 'softmax', linear.identity(2), linear.identity(2));
    const value = averages(p).at('output', Number.POSITIVE_INFINITY);
    assert.equal(value.value, 0);
    assert.equal(value.certified, 0);
    assert.ok(Number.isNaN(value.rate));
    assert.throws(() => errorAverages(p, ['output'])!.at('value_gradient', 3), RangeError);
    assert.throws(() => averages(p).at('output', 0), RangeError);
  });

  it('fail in words where scores overflow, and condense where they are merely huge', () => {
    const at = (size: number, query: Query) =>
      averages(problem(tokens(gaussian(linear.identity(2))), query, 'softmax', linear.scale(linear.identity(2), size), linear.identity(2)));
    const normal: Query = { kind: 'law', law: gaussian(linear.identity(2)) };
    for (const query of [normal, { kind: 'at', at: [1, 2] } as const]) {
      assert.throws(
        () => at(1e200, query),
        (error) => error instanceof SolverFailure && error.code === 'tolerance',
      );
      const { value, certified } = at(1e5, query).at('output', 100);
      assert.ok(value > 1e8 && certified >= value);
    }
  });

  it('are null where the formulas do not hold', () => {
    const rademacher: Law = { kind: 'independent', dimension: 2, coordinate: { kind: 'rademacher' } };
    const p = problem(tokens(rademacher), { kind: 'at', at: [1, 2] }, 'softmax', linear.identity(2), linear.identity(2));
    assert.equal(errorAverages(p, of), null);
    const heads = problem(
      tokens(gaussian(linear.identity(2))),
      { kind: 'at', at: [1, 2] },
      'softmax',
      linear.identity(2),
      linear.identity(2),
    );
    assert.equal(errorAverages({ ...heads, attention: { ...heads.attention, heads: 2 } }, of), null);
    assert.equal(errorAverages({ ...heads, attention: { ...heads.attention, value: null } }, of), null);
  });

  it('divide the scores by the temperature', () => {
    const p = problem(tokens(gaussian(linear.identity(2))), { kind: 'at', at: [1, 2] }, 'softmax', linear.identity(2), linear.identity(2));
    const halved = problem(
      tokens(gaussian(linear.identity(2))),
      { kind: 'at', at: [1, 2] },
      'softmax',
      linear.scale(linear.identity(2), 0.5),
      linear.identity(2),
    );
    const hot = { ...p, attention: { ...p.attention, temperature: 2 } };
    assert.equal(averages(hot).at('output', 5).value, averages(halved).at('output', 5).value);
  });

  it('average over every token of an empirical query law', () => {
    const gamma = [[1, 0.3], [0.3, 0.5]]; // biome-ignore format: a matrix
    const data = Float64Array.from([1, 2, -0.5, 0.25, 0, 1]);
    const law: Law = { kind: 'empirical', dimension: 2, tokens: { rows: 3, columns: 2, data } };
    const at = (query: Query) =>
      averages(problem(tokens(gaussian(gamma)), query, 'softmax', linear.scale(linear.identity(2), 0.4), linear.identity(2)));
    const whole = at({ kind: 'law', law });
    assert.equal(whole.method, 'exact');
    for (const quantity of of) {
      const parts = [0, 1, 2].map((r) => at({ kind: 'at', at: [data[2 * r], data[2 * r + 1]] }).at(quantity, 6).value);
      const mean = (parts[0] + parts[1] + parts[2]) / 3;
      assert.ok(Math.abs(whole.at(quantity, 6).value - mean) < 1e-12 * mean);
    }
  });
});

describe('exact errors in a task', () => {
  const task = (d: number, sigma: DenseMatrix, omega: DenseMatrix, mean?: readonly number[]): Task => ({
    dimension: d,
    covariance: sigma,
    tokens: null,
    weights: gaussian(omega, mean),
    noise: 0.4,
    link: 'identity',
    loss: 'half_squared',
  });

  const sampler = (t: Task, kernel: Kernel, U: DenseMatrix, v: readonly number[], length: number) => {
    const rootX = linear.symmetricSqrt(t.covariance);
    const law = t.weights as Law & { kind: 'gaussian' };
    const rootW = linear.symmetricSqrt(law.covariance);
    return (rng: RandomStream) => {
      const w = draw(rng, rootW).map((x, i) => x + law.mean[i]);
      const gamma = gaussian(tokenCovariance(t, w)) as Law & { kind: 'gaussian' };
      const z = [...draw(rng, rootX), 0];
      return squaredErrors(rng, kernel, gamma, linear.symmetricSqrt(gamma.covariance), U, [v], z, length);
    };
  };

  it('agree with sampled prompts in block form and for general parameters', () => {
    for (let index = 0; index < 6; index++) {
      const rng = stream(9, 'test concentration cases', index);
      const d = 2;
      const mean = index === 5 ? [0.5, -0.25] : undefined;
      const t = task(d, covariance(rng, d), linear.scale(covariance(rng, d), 0.5), mean);
      const block = index % 2 === 0;
      const A = matrix(rng, d, d, 0.4);
      const U = block ? [...A.map((row) => [...row, 3]), [0, 0, -2]] : matrix(rng, d + 1, d + 1, 0.4);
      const v = block ? [0, 0, 0.8] : [0.3, -0.2, 0.7];
      const kernel: Kernel = index === 2 ? 'linear' : 'softmax';
      const length = [2, 5, 12][index % 3];
      const exact = averages(problem({ kind: 'task', task: t }, null, kernel, null, null), { U, V: [v] });
      assert.equal(exact.method, block ? 'exact' : 'quasi_monte_carlo');
      compare(sampler(t, kernel, U, v, length), exact, length, 2000, 200 + index);
    }
  });

  it('agree between block form and quasi-Monte Carlo at every length, certified values above both', () => {
    const rng = stream(10, 'test concentration cases', 1);
    const d = 3;
    const sigma = covariance(rng, d);
    const omega = linear.scale(covariance(rng, d), 0.4);
    const A = matrix(rng, d, d, 0.35);
    const layer = { U: [...A.map((row) => [...row, 0]), [0, 0, 0, 0]], V: [[0, 0, 0, 0.9]] };
    for (const kernel of ['softmax', 'linear'] as const) {
      const exact = averages(problem({ kind: 'task', task: task(d, sigma, omega) }, null, kernel, null, null), layer);
      const points = averages(problem({ kind: 'task', task: task(d, sigma, omega, [1e-300, 0, 0]) }, null, kernel, null, null), layer);
      assert.deepEqual([exact.method, points.method], ['exact', 'quasi_monte_carlo']);
      for (const quantity of of) {
        for (const length of [1, 3, 40, 1e5]) {
          const e = exact.at(quantity, length);
          const p = points.at(quantity, length);
          assert.ok(
            Math.abs(e.value - p.value) < 6 * p.standardError + 1e-12 * e.value,
            `${kernel} ${quantity} at ${length}: ${e.value} against ${p.value} ± ${p.standardError}`,
          );
          assert.ok(e.certified >= e.value * (1 - 1e-9));
        }
      }
    }
  });
});

describe('regimes', () => {
  it('names the exponent of rare queries', () => {
    assert.equal(rareQueries(0.499), null);
    assert.ok(Math.abs(rareQueries(0.5)!.exponent - 1) < 1e-15);
    assert.ok(Math.abs(rareQueries(100)!.exponent * 100 - 1) < 0.02);
  });

  it('sees the rate of a rare-query average approach that exponent, and an asymptote only below λ = ½', () => {
    const at = (lambda: number) =>
      averages(problem(tokens(gaussian([[1]])), { kind: 'law', law: gaussian([[1]]) }, 'softmax', [[Math.sqrt(lambda)]], [[1]]));
    const rare = at(2);
    assert.ok(rare.rare !== null && Math.abs(rare.rare.eigenvalue - 2) < 1e-12);
    assert.ok(Number.isNaN(rare.at('output', 1e6).asymptote));
    assert.ok(Math.abs(rare.at('output', 1e12).rate + rare.rare.exponent) < 0.12, `${rare.at('output', 1e12).rate}`);
    const common = at(0.3);
    assert.equal(common.rare, null);
    const e = common.at('output', 1e12);
    assert.ok(Math.abs(e.value / e.asymptote - 1) < 0.02);
  });
});
