import assert from 'node:assert/strict';
import { errorAverages } from '../../../src/solver/concentration.js';
import * as linear from '../../../src/solver/linear-algebra.js';
import type { DenseMatrix, Law, Problem, Query } from '../../../src/solver/problem.js';
import { outputQuantile, tailQuantile } from '../../../src/solver/quantile-bounds.js';
import { stream } from '../../../src/solver/random.js';
import { sampleErrors } from '../../../src/solver/sampled-errors.js';
import { solve } from '../../../src/solver/solve.js';
import { problem as concentrationProblem, of } from './concentration-problem.js';
import { problem as trainingProblem } from './training-problem.js';

function problem(gamma: DenseMatrix, U: DenseMatrix, V: DenseMatrix, query: Query, length: number): Problem {
  const plain = concentrationProblem(gamma, U, V, null);
  return { ...plain, query, length, solver: { ...plain.solver, seed: 5 } };
}

const gamma = [[1, 0.3, 0], [0.3, 0.8, 0.1], [0, 0.1, 0.5]]; // biome-ignore format: a matrix
const normal = (n: number): Query => ({
  kind: 'law',
  law: { kind: 'gaussian', dimension: n, mean: Array.from({ length: n }, () => 0), covariance: linear.identity(n) },
});

function sampled(p: Problem, confidence: number, samples: number) {
  const steps = sampleErrors(p, null, { of, confidence, samples });
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value.estimates;
}

describe('certified quantiles', () => {
  it('are not below the sampled ones beyond their error, at one query and over queries, for any size of scores', () => {
    const V = [[1, -0.5, 0.2], [0, 1, 1]]; // biome-ignore format: a matrix
    for (const gain of [0.2, 0.7, 1.6]) {
      const U = linear.scale(linear.identity(3), gain);
      for (const query of [{ kind: 'at', at: [1, -1, 0.5] }, normal(3)] satisfies Query[]) {
        for (const [length, confidence] of [
          [3, 0.5],
          [30, 0.9],
          [300, 0.99],
        ]) {
          const p = problem(gamma, U, V, query, length);
          const averages = errorAverages(p, of)!;
          const estimates = sampled(p, confidence, 4000);
          for (const quantity of of) {
            const bound = averages.certifiedQuantile(quantity, length, confidence);
            const { lower, value } = estimates[quantity]!.quantile!;
            assert.ok(bound >= lower, `${quantity}, gain ${gain}, L = ${length}: ${bound} below ${value} (from ${lower})`);
          }
        }
      }
    }
  });

  it('grow with the logarithm of the confidence at one query, far slower than by Markov', () => {
    const p = problem(linear.identity(3), linear.scale(linear.identity(3), 0.5), linear.identity(3), { kind: 'at', at: [1, 0, 0] }, 1);
    const averages = errorAverages(p, of)!;
    for (const quantity of ['output', 'value_gradient'] as const) {
      const near = averages.certifiedQuantile(quantity, 1e7, 1 - 1e-4);
      const far = averages.certifiedQuantile(quantity, 1e7, 1 - 1e-8);
      assert.ok(far < 3 * near, `${far / near}`);
      assert.ok(near < averages.certified(quantity, 1e7) / 1e-4 / 100);
    }
  });

  it('fall as 1/L', () => {
    const spread = { tau2: 1, along: 1, trace: 2, frobenius: Math.SQRT2, largest: 1 };
    const ratio = outputQuantile(spread, 1e8, 1e-3) / outputQuantile(spread, 1e10, 1e-3);
    assert.ok(Math.abs(ratio / 100 - 1) < 0.12, `${ratio}`);
  });

  it('vanish in the limit, and are those of Markov where nothing better is known', () => {
    const p = problem(gamma, linear.identity(3), linear.identity(3), { kind: 'at', at: [3, 3, 3] }, 1);
    const averages = errorAverages(p, of)!;
    assert.equal(averages.certifiedQuantile('output', Number.POSITIVE_INFINITY, 0.9), 0);
    const markov = averages.certified('key_query_gradient', 1000) / 0.1;
    assert.ok(Math.abs(averages.certifiedQuantile('key_query_gradient', 1000, 0.9) / markov - 1) < 1e-6);
  });
});

describe('quantiles of a run', () => {
  const solved = (p: Problem) => {
    const steps = solve(p);
    for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
  };
  const facets = ['certified', 'quantile', 'certified_quantile'] as const;

  it('are there for tokens that are not Gaussian, sampled below certified', () => {
    const base = problem(linear.identity(2), linear.identity(2), [[1, -1]], normal(2), 50);
    const laws: Law[] = [
      { kind: 'independent', dimension: 2, coordinate: { kind: 'rademacher' } },
      { kind: 'sphere', dimension: 2, radius: 1.5 },
    ];
    for (const law of laws) {
      const p: Problem = {
        ...base,
        setting: { kind: 'tokens', law },
        concentrate: { of: ['output'], confidence: 0.9, samples: 3000 },
        facets,
      };
      const { quantities } = solved(p);
      const { value, lower, upper } = quantities['output_error.quantile'];
      assert.ok(lower![0] < value[0] && value[0] < upper![0]);
      assert.ok(quantities['output_error.certified_quantile'].value[0] >= lower![0]);
      assert.ok(value[0] > quantities.output_error.value[0], 'nine of ten prompts are below more than the mean');
    }
  });

  it('stand beside the exact means of a task, also from a general start', () => {
    for (const init of [
      { kind: 'balanced', alpha: 1 },
      { kind: 'random', seed: 3, scale: 1 },
    ] as const) {
      const base = trainingProblem({ length: 60, attention: { init } });
      const p: Problem = { ...base, train: null, concentrate: { of, confidence: 0.95, samples: 2000 }, facets };
      const { quantities } = solved(p);
      for (const quantity of of) {
        const { lower, samples, method } = quantities[`${quantity}_error.quantile`];
        assert.deepEqual([samples, method], [2000, 'sampled']);
        assert.ok(quantities[`${quantity}_error.certified_quantile`].value[0] >= lower![0], `${quantity}, ${init.kind}`);
      }
    }
  });

  it('are left out for prompts too long to sample', () => {
    const p = problem(linear.identity(2), linear.identity(2), [[1, -1]], { kind: 'at', at: [1, 0] }, 1e7);
    const { quantities } = solved({ ...p, facets });
    const { value, reason } = quantities['output_error.quantile'];
    assert.ok(Number.isNaN(value[0]) && /up to/.test(reason ?? ''));
    assert.ok(quantities['output_error.certified_quantile'].value[0] > 0);
  });
});

describe("Markov's inequality query by query", () => {
  it('finds the level that the queries together exceed with the asked probability', () => {
    // Half of the queries have the mean error 1, half 9: above 9/(2η − …) only the second half counts.
    const v = tailQuantile([0.5, 4.5], [0.5, 0.5], 1, 0.1);
    assert.ok(Math.abs(Math.min(0.5, 0.5 / v) + Math.min(0.5, 4.5 / v) - 0.1) < 1e-8, `${v}`);
    // Rare queries with a huge mean count with their probability at most.
    const rare = tailQuantile([1, 1e6], [0.99, 0.01], 1, 0.5);
    assert.ok(Math.abs(0.01 + 1 / rare - 0.5) < 1e-8, `${rare}`);
    assert.equal(tailQuantile([0, 0], [0.5, 0.5], 1, 0.1), 0);
  });
});

describe('the share of the rarest queries', () => {
  it('is what drawn queries show, each with its exact error', () => {
    const n = 3;
    const U = linear.scale(linear.identity(n), 0.8);
    const V = linear.identity(n);
    const length = 1e5;
    const averages = errorAverages(problem(gamma, U, V, normal(n), length), ['output'])!;
    const rng = stream(41, 'test rare', 0);
    const drawn = Array.from({ length: 3000 }, () => {
      const z = Array.from({ length: n }, () => rng.normal());
      const a = linear.matvec(U, z);
      const error = errorAverages(problem(gamma, U, V, { kind: 'at', at: z }, length), ['output'])!.at('output', length, false).value;
      return { tau2: linear.bilinear(a, gamma, a), error };
    }).sort((x, y) => y.tau2 - x.tau2);
    const total = drawn.reduce((sum, { error }) => sum + error, 0);
    const batches = 10;
    for (const probability of [0.1, 0.5]) {
      const found = averages.shareOfRarest('output', length, probability);
      // The share in each of ten batches, every tenth query of the ordered list.
      const shares = Array.from({ length: batches }, (_, k) => {
        const own = drawn.filter((_, i) => i % batches === k);
        const top = own.slice(0, Math.round(probability * own.length));
        return top.reduce((sum, { error }) => sum + error, 0) / own.reduce((sum, { error }) => sum + error, 0);
      });
      const mean = shares.reduce((sum, x) => sum + x, 0) / batches;
      const spread = Math.sqrt(shares.reduce((sum, x) => sum + (x - mean) ** 2, 0) / batches);
      assert.ok(total > 0 && Math.abs(found - mean) < 0.02 + 3 * spread, `${probability}: ${found} against ${mean} ± ${spread}`);
    }
    assert.ok(averages.shareOfRarest('output', length, 1) > 1 - 1e-9);
    // The queries that carry a part of it, where λ is above ½: of the drawn ones as many, with that part of the error.
    const half = averages.carriers('output', length, 0.5)!;
    const carriers = Array.from({ length: batches }, (_, k) => {
      const own = drawn.filter((_, i) => i % batches === k);
      const above = own.filter(({ tau2 }) => tau2 > half.tau2);
      const part = above.reduce((sum, { error }) => sum + error, 0) / own.reduce((sum, { error }) => sum + error, 0);
      return { part, fraction: above.length / own.length };
    });
    for (const [name, expected] of [
      ['part', 0.5],
      ['fraction', half.probability],
    ] as const) {
      const values = carriers.map((one) => one[name]);
      const mean = values.reduce((sum, x) => sum + x, 0) / batches;
      const error = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (batches * (batches - 1)));
      assert.ok(Math.abs(mean - expected) < 4 * error + 0.01, `${name}: ${mean} ± ${error}, not ${expected}`);
    }
    assert.ok(Math.abs(averages.shareOfRarest('output', length, half.probability) - 0.5) < 1e-9);
    // The profile: whole densities, of which the part above the mark is what the carriers are.
    const { tau2, queries, error } = half.profile;
    const integral = (density: readonly number[], from: number): number =>
      tau2.slice(1).reduce((sum, t, i) => {
        const [low, high] = [Math.max(Math.log(from), Math.log(tau2[i]!)), Math.log(t)];
        return high <= low ? sum : sum + ((high - low) * (density[i]! + density[i + 1]!)) / 2;
      }, 0);
    assert.ok(tau2.length <= 81 && tau2.every((t, i) => i === 0 || t > tau2[i - 1]!));
    for (const density of [queries, error]) assert.ok(Math.abs(integral(density, tau2[0]!) - 1) < 0.01, `${integral(density, tau2[0]!)}`);
    assert.ok(Math.abs(integral(error, half.tau2) - 0.5) < 0.02, `${integral(error, half.tau2)}`);
    assert.ok(Math.abs(integral(queries, half.tau2) / half.probability - 1) < 0.25, `${integral(queries, half.tau2)}`);
  });

  it('does not exist at one query', () => {
    const p = problem(gamma, linear.identity(3), linear.identity(3), { kind: 'at', at: [1, 0, 0] }, 100);
    assert.ok(Number.isNaN(errorAverages(p, of)!.shareOfRarest('output', 100, 0.01)));
  });
});
