import assert from 'node:assert/strict';
import { cumulant, lawMoments } from '../../../src/solver/cumulant.js';
import { approximateRisk, gainsAndWeights, headQuantities, whyNoApproximation } from '../../../src/solver/head-quantities.js';
import { plainLimitQuantities, taskLimitQuantities } from '../../../src/solver/limit-quantities.js';
import { initialParameters, layoutOf, merge } from '../../../src/solver/parameters.js';
import { populationRisk } from '../../../src/solver/population.js';
import type { Law, Problem, Query } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { lawDraw } from '../../../src/solver/sampling.js';
import { varianceProxy } from '../../../src/solver/sub-gaussian.js';
import { gaussianLaw, identityMatrix, kms, plainAttention, taskOfDimension, taskProblem } from './problems.js';

const rademacher = (dimension: number): Law => ({ kind: 'independent', dimension, coordinate: { kind: 'rademacher' } });
const uniform = (dimension: number, h: number): Law => ({
  kind: 'independent',
  dimension,
  coordinate: { kind: 'uniform', low: -h, high: h },
});
const points = (dimension: number, values: readonly number[]): Law => ({
  kind: 'empirical',
  dimension,
  tokens: { rows: values.length / dimension, columns: dimension, data: Float64Array.from(values) },
});

function tokensProblem(law: Law, query: Query, U: number[][], V: number[][], kernel: 'softmax' | 'linear' = 'softmax'): Problem {
  return {
    ...taskProblem(taskOfDimension(1), 10),
    setting: { kind: 'tokens', law },
    query,
    attention: { ...plainAttention, kernel, keyQuery: U, value: V },
    measures: ['limit_norm', 'gaussian_gap', 'sub_gaussian'],
  };
}

const near = (actual: number, expected: number, error: number): void =>
  assert.ok(Math.abs(actual - expected) <= error, `${actual} is not ${expected} ± ${error}`);

describe('the infinite-prompt limit as a quantity', () => {
  it('is tanh on Rademacher tokens, and the Gaussian formula is off by what tanh is', () => {
    const at = plainLimitQuantities(tokensProblem(rademacher(1), { kind: 'at', at: [2] }, [[1]], [[1]]));
    near(at.limit_norm!.value[0]!, 0.9640275800758169 ** 2, 1e-14);
    near(at.gaussian_gap!.value[0]!, (2 - 0.9640275800758169) ** 2, 1e-14);
    near(at.sub_gaussian!.value[0]!, 1, 1e-14);
  });

  it('has no distance from itself on Gaussian tokens, and none for linear attention', () => {
    const law = gaussianLaw(kms(3, 0.4), [1, 0, -2]);
    const query: Query = { kind: 'law', law: gaussianLaw(identityMatrix(3)) };
    near(plainLimitQuantities(tokensProblem(law, query, kms(3, 0.2), identityMatrix(3))).gaussian_gap!.value[0]!, 0, 1e-28);
    const linear = plainLimitQuantities(tokensProblem(rademacher(3), query, identityMatrix(3), identityMatrix(3), 'linear'));
    assert.equal(linear.gaussian_gap!.value[0], 0);
    // E‖z‖² = 3: the limit is the query itself.
    near(linear.limit_norm!.value[0]!, 3, 0.01);
  });

  it('averages over a query law', () => {
    // E (h coth(h z) − 1/z − h² z/3)² over z ~ N(0, 1), h = 2, V = 1, by a fine trapezoidal sum.
    let expected = 0;
    for (let i = -8000; i <= 8000; i++) {
      const z = (i + 0.5) / 1000;
      const value = 2 / Math.tanh(2 * z) - 1 / z - (4 * z) / 3;
      expected += (value * value * Math.exp(-0.5 * z * z)) / 1000 / Math.sqrt(2 * Math.PI);
    }
    const { gaussian_gap: gap } = plainLimitQuantities(
      tokensProblem(uniform(1, 2), { kind: 'law', law: gaussianLaw([[1]]) }, [[1]], [[1]]),
    );
    assert.equal(gap!.method, 'quasi_monte_carlo');
    near(gap!.value[0]!, expected, 4 * gap!.standardError![0]! + 1e-9);
    assert.ok(gap!.standardError![0]! < 0.01 * expected);
  });

  it('sums a file of queries whole', () => {
    const law = points(2, [1, 0, 0, 2, -1, 1, 0.5, -0.5]);
    const { gaussian_gap: gap } = plainLimitQuantities(tokensProblem(law, { kind: 'law', law }, identityMatrix(2), identityMatrix(2)));
    assert.equal(gap!.method, 'exact');
    const { mean, covariance } = lawMoments(law);
    let expected = 0;
    for (const z of [
      [1, 0],
      [0, 2],
      [-1, 1],
      [0.5, -0.5],
    ]) {
      const limit = cumulant(law, z).gradient;
      for (let i = 0; i < 2; i++) expected += (limit[i]! - mean[i]! - covariance[i]![0]! * z[0]! - covariance[i]![1]! * z[1]!) ** 2 / 4;
    }
    near(gap!.value[0]!, expected, 1e-13);
  });

  it('comes with the effective number of tokens: exact averages against sampled prompts', () => {
    const law = gaussianLaw(kms(2, 0.5));
    const U = [
      [0.8, 0.2],
      [0, 0.5],
    ];
    const length = 12;
    const queries: Query[] = [
      { kind: 'at', at: [1, -1] },
      { kind: 'law', law: gaussianLaw(identityMatrix(2)) },
      { kind: 'law', law: rademacher(2) },
    ];
    for (const query of queries) {
      const base = tokensProblem(law, query, U, identityMatrix(2));
      const own = plainLimitQuantities({ ...base, length, measures: ['effective_tokens'] }).effective_tokens!.value[0]!;
      const rng = stream(2, `tokens ${JSON.stringify(query)}`, 0);
      const [drawQuery, drawToken] = [query.kind === 'law' ? lawDraw(query.law) : null, lawDraw(law)];
      const z = Float64Array.from(query.kind === 'at' ? query.at : [0, 0]);
      const token = new Float64Array(2);
      let share = 0;
      const n = 40_000;
      for (let k = 0; k < n; k++) {
        drawQuery?.(rng, z, 0);
        let [total, squares] = [0, 0];
        for (let l = 0; l < length; l++) {
          drawToken(rng, token, 0);
          const e = Math.exp((U[0]![0]! * z[0]! + U[0]![1]! * z[1]!) * token[0]! + U[1]![1]! * z[1]! * token[1]!);
          total += e;
          squares += e * e;
        }
        share += squares / (total * total) / n;
      }
      near(own, 1 / share, 0.02 * own);
    }
    const file = plainLimitQuantities({
      ...tokensProblem(rademacher(2), queries[0]!, U, identityMatrix(2)),
      measures: ['effective_tokens'],
    });
    assert.match(file.effective_tokens!.reason!, /Gaussian scores/);
  });

  it('in a task is the prediction at an infinite prompt', () => {
    const task = { ...taskOfDimension(3), tokens: rademacher(3), noise: 0.3 };
    const base = { ...taskProblem(task, 20), measures: ['limit_norm', 'gaussian_gap'] as const };
    const problem: Problem = { ...base, attention: { ...base.attention, init: { kind: 'balanced', alpha: 1.5 } } };
    const layout = layoutOf(problem);
    const m = merge(layout, initialParameters(problem));
    const { limit_norm: norm, gaussian_gap: gap } = taskLimitQuantities(problem, task, () => [m], 'time');
    // Straight from the definition: x Rademacher, A = α I/√3, b = α, ŷ = b wᵀ tanh(A x_q), and b wᵀ A x_q for Gaussian x.
    const rng = stream(5, 'by hand', 0);
    const w = lawDraw(task.weights);
    const weights = new Float64Array(3);
    let square = 0;
    let distance = 0;
    const n = 40_000;
    for (let i = 0; i < n; i++) {
      w(rng, weights, 0);
      let prediction = 0;
      let straight = 0;
      for (let k = 0; k < 3; k++) {
        const a = (1.5 / Math.sqrt(3)) * rng.rademacher();
        prediction += 1.5 * weights[k]! * Math.tanh(a);
        straight += 1.5 * weights[k]! * a;
      }
      square += prediction ** 2 / n;
      distance += (prediction - straight) ** 2 / n;
    }
    near(norm!.value[0]!, square, 5 * norm!.standardError![0]!);
    near(gap!.value[0]!, distance, 5 * gap!.standardError![0]!);
  });
});

describe('the variance proxy', () => {
  it('is the largest variance of strictly sub-Gaussian laws', () => {
    near(varianceProxy(uniform(2, 3)).value, 3, 1e-12);
    near(varianceProxy({ kind: 'sphere', dimension: 4, radius: 2 }).value, 1, 1e-12);
    near(varianceProxy(gaussianLaw(kms(2, 0.5))).value, 1.5, 1e-12);
  });

  it('is never below the ratio anywhere', () => {
    const laws: Law[] = [
      rademacher(2),
      uniform(2, 1.5),
      { kind: 'sphere', dimension: 2, radius: 1.3 },
      points(2, [3, 0, 0, 0.5, -0.2, 0.1, 0, -0.6, -0.3, 0]),
      {
        kind: 'mixture',
        dimension: 2,
        weights: [0.95, 0.05],
        components: [
          gaussianLaw(kms(2, 0.2)),
          gaussianLaw([
            [4, 0],
            [0, 1],
          ]),
        ],
      },
    ];
    const rng = stream(1, 'proxy', 0);
    for (const law of laws) {
      const { value } = varianceProxy(law);
      const { mean } = lawMoments(law);
      for (let i = 0; i < 4000; i++) {
        const size = 10 ** (3 * rng.uniform() - 2);
        const angle = 2 * Math.PI * rng.uniform();
        const a = [size * Math.cos(angle), size * Math.sin(angle)];
        const ratio = (2 * (cumulant(law, a).value - a[0]! * mean[0]! - a[1]! * mean[1]!)) / (size * size);
        assert.ok(ratio <= value * (1 + 5e-3), `${law.kind}: ${ratio} at ${a} above ${value}`);
      }
    }
  });

  it('of a biased coin is known', () => {
    // (1 − 2p)/(2 log((1 − p)/p)) (Kearns and Saul), p = 0.1 and steps of 1.
    const coin = points(1, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    near(varianceProxy(coin).value, 0.8 / (2 * Math.log(9)), 2e-3);
  });
});

describe('several heads', () => {
  it('have gains and weights, and an approximate risk that is exact where it should be', () => {
    const d = 40;
    const omega = identityMatrix(d).map((row) => row.map((x) => x / d));
    const task = { ...taskOfDimension(d), weights: gaussianLaw(omega), noise: 0.3 };
    const base = taskProblem(task, 400);
    const problem: Problem = { ...base, attention: { ...base.attention, init: { kind: 'balanced', alpha: 0.9 } } };
    const layout = layoutOf(problem);
    const m = merge(layout, initialParameters(problem));
    const { gain, weight } = gainsAndWeights(layout, m);
    near(gain[0]!, 0.9 / Math.sqrt(d), 1e-14);
    near(weight[0]!, 0.9, 1e-14);
    assert.equal(whyNoApproximation(task), null);
    assert.match(whyNoApproximation({ ...task, covariance: kms(d, 0.5) })!, /covariance identity/);
    // At L = ∞ it is the risk; at a finite length it is near it.
    const limit = { ...problem, length: Number.POSITIVE_INFINITY };
    near(approximateRisk(limit, task, gain, weight), populationRisk(limit).risk(m).value, 1e-12);
    const risk = populationRisk(problem).risk(m).value;
    near(approximateRisk(problem, task, gain, weight), risk, 0.02 * risk);
  });

  it('gives the gain and the weight of each head, numbered by falling gain at the end', () => {
    const base = taskProblem(taskOfDimension(3), 20);
    const problem: Problem = {
      ...base,
      attention: { ...base.attention, heads: 4, init: { kind: 'random', seed: 3, scale: 1 } },
      measures: ['gains', 'head_weights', 'largest_gain', 'least_gain', 'largest_head_weight', 'approximate_risk'],
    };
    const layout = layoutOf(problem);
    assert.ok(problem.setting.kind === 'task');
    const starts = [5, 9].map((seed) =>
      merge(layout, initialParameters({ ...problem, attention: { ...problem.attention, init: { kind: 'random', seed, scale: 1 } } })),
    );
    const found = headQuantities(problem, layout, problem.setting.task, () => starts, 'step');
    const at = (name: string, point: number): number[] => [1, 2, 3, 4].map((k) => found[`${name}[${k}]`]!.value[point]!);
    assert.equal(found['gains[5]'], undefined);
    assert.deepEqual([found.gains, found.largest_gain!.method, found.approximate_risk!.method], [undefined, 'exact', 'approximate']);
    assert.deepEqual(
      at('gains', 1),
      [...at('gains', 1)].sort((a, b) => b - a),
    );
    for (const [point, m] of starts.entries()) {
      const { gain, weight } = gainsAndWeights(layout, m);
      const pairs = gain.map((g, h) => [g, weight[h]!]);
      const same = at('gains', point).map((g, k) => [g, at('head_weights', point)[k]!]);
      const sorted = (list: number[][]) => [...list].sort((a, b) => a[0]! - b[0]!);
      assert.deepEqual(sorted(same), sorted(pairs), 'a head keeps its weight');
      assert.equal(Math.max(...at('gains', point)), found.largest_gain!.value[point]);
      assert.equal(Math.min(...at('gains', point)), found.least_gain!.value[point]);
    }
  });
});
