import assert from 'node:assert/strict';
import { GeneralRisk } from '../../../src/solver/general-risk.js';
import { PolynomialRisk } from '../../../src/solver/polynomial-risk.js';
import { populationRisk } from '../../../src/solver/population.js';
import type { Problem } from '../../../src/solver/problem.js';
import { sampledRisk } from '../../../src/solver/sampled-risk.js';
import { averagedRisk } from './averaged-risk.js';
import { assertSlopes } from './risk-slopes.js';
import { kms, numbers, problem } from './training-problem.js';

const inf = Number.POSITIVE_INFINITY;
const weights = [
  [0.8, 0.3, 0],
  [0.3, 0.5, -0.1],
  [0, -0.1, 0.6],
];
const general = { U: numbers(16, 0.25), v: numbers(4, 0.5, 7) };

function blockOf(A: readonly (readonly number[])[], b: number): { U: Float64Array; v: Float64Array } {
  const U = new Float64Array(16);
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) U[4 * i + j] = A[i]![j]!;
  return { U, v: Float64Array.of(0, 0, 0, b) };
}

/** Diagonal in Σ's eigenbasis, and not. */
const commuting = blockOf(
  kms(3, 0.5).map((row, i) => row.map((x, j) => 0.3 * x + (i === j ? 0.2 : 0))),
  0.7,
);
const skew = blockOf(
  [
    [0.5, -0.3, 0.1],
    [0.2, 0.4, 0.3],
    [-0.1, 0.25, 0.6],
  ],
  0.8,
);

const cases: [string, Problem][] = [
  ['softmax, L = 3', problem({ length: 3 })],
  ['softmax, L = 40, squared loss, correlated weights', problem({ length: 40, loss: 'squared', weights })],
  ['softmax, L = 1', problem({ length: 1 })],
  ['softmax, L = inf', problem({ length: inf, weights })],
  ['linear, L = 1', problem({ length: 1, attention: { kernel: 'linear' } })],
  ['linear, L = 20, correlated weights', problem({ length: 20, weights, attention: { kernel: 'linear' } })],
];

/** d = 3: block form keeps the label's row of U, its last column and the first part of v at 0. */
const outsideBlock = (name: 'U' | 'v', i: number): boolean => (name === 'U' ? i >= 12 || i % 4 === 3 : i < 3);

describe('population risk', () => {
  for (const [name, p] of cases) {
    const random = { ...p, attention: { ...p.attention, init: { kind: 'random', seed: 1, scale: 1 } as const } };
    it(`gradients are slopes of the risk: ${name}`, () => {
      assertSlopes(populationRisk(p), commuting, 2e-8, outsideBlock);
      assertSlopes(populationRisk(p), skew, 2e-8, outsideBlock);
      assertSlopes(populationRisk(random), general, 2e-8);
    });

    it(`block form agrees with the integral over all else, with plain averages and with sampled prompts: ${name}`, () => {
      for (const m of [commuting, skew]) {
        const exact = populationRisk(p).risk(m);
        assert.equal(exact.standardError, 0);
        const integrated = new GeneralRisk(p).risk(m).value;
        assert.ok(Math.abs(integrated - exact.value) <= 2e-8 * exact.value, `${exact.value} ${integrated}`);
        const { risk } = averagedRisk(p, m, 1024);
        assert.ok(Math.abs(risk.value - exact.value) <= 6 * risk.error, `${exact.value} ${JSON.stringify(risk)}`);
        const sampled = sampledRisk({ ...p, solver: { ...p.solver, samples: 20000 } }).risk(m);
        assert.ok(Math.abs(sampled.value - exact.value) <= 5 * sampled.standardError, `${exact.value} ${JSON.stringify(sampled)}`);
      }
    });

    it(`a general (U, v) agrees with plain averages and with sampled prompts: ${name}`, () => {
      const { value, standardError } = populationRisk(random).risk(general);
      assert.equal(standardError, 0);
      const { risk } = averagedRisk(p, general);
      assert.ok(Math.abs(risk.value - value) <= 6 * risk.error, `${value} ${JSON.stringify(risk)}`);
      const sampled = sampledRisk({ ...p, solver: { ...p.solver, samples: 20000 } }).risk(general);
      assert.ok(Math.abs(sampled.value - value) <= 5 * sampled.standardError, `${value} ${JSON.stringify(sampled)}`);
    });
  }

  it('the polynomial and the block form are one function where both hold', () => {
    for (const p of cases.filter(([name]) => /linear|inf/.test(name)).map(([, p]) => p))
      for (const m of [commuting, skew])
        assert.ok(Math.abs(new PolynomialRisk(p).evaluate(m, null, null) - populationRisk(p).risk(m).value) < 1e-13);
  });

  it('a squared loss doubles risk and gradient', () => {
    const [half, full] = (['half_squared', 'squared'] as const).map((loss) => {
      const gU = new Float64Array(16);
      const gv = new Float64Array(4);
      return [populationRisk(problem({ loss })).gradient(skew, gU, gv), gU[1]!, gv[3]!];
    });
    half!.forEach((x, i) => {
      assert.ok(Math.abs(full![i]! - 2 * x) < 1e-14);
    });
  });

  it('the block form takes any symmetric law of w by its second moment', () => {
    const p = problem({ length: 7 });
    assert.ok(p.setting.kind === 'task');
    const rademacher = { kind: 'independent', dimension: 3, coordinate: { kind: 'rademacher' } } as const;
    const other: Problem = { ...p, setting: { kind: 'task', task: { ...p.setting.task, weights: rademacher } } };
    assert.ok(Math.abs(populationRisk(other).risk(skew).value - populationRisk(p).risk(skew).value) < 1e-14);
    const sampled = sampledRisk({ ...other, solver: { ...p.solver, samples: 20000 } }).risk(skew);
    assert.ok(Math.abs(sampled.value - populationRisk(other).risk(skew).value) < 5 * sampled.standardError);
  });

  it('names its method', () => {
    const random = { init: { kind: 'random', seed: 1, scale: 1 } } as const;
    assert.equal(populationRisk(problem()).method, 'exact');
    assert.equal(populationRisk(problem({ attention: random })).method, 'exact');
    assert.equal(populationRisk(problem({ attention: random, length: inf })).method, 'exact');
    assert.equal(populationRisk(problem({ attention: { heads: 2 } })).method, 'sampled');
  });
});
