import assert from 'node:assert/strict';
import { evaluateSum } from '../../../src/solver/exponential-sum.js';
import { GeneralRisk } from '../../../src/solver/general-risk.js';
import { momentSum } from '../../../src/solver/moment-sums.js';
import { GridMoments } from '../../../src/solver/moment-table.js';
import { PolynomialRisk } from '../../../src/solver/polynomial-risk.js';
import type { Problem } from '../../../src/solver/problem.js';
import { averagedRisk } from './averaged-risk.js';
import { assertSlopes } from './risk-slopes.js';
import { kms, numbers, problem } from './training-problem.js';

const inf = Number.POSITIVE_INFINITY;
const general = { U: numbers(16, 0.25), v: numbers(4, 0.5, 7) };

function scaled(factor: number): { U: Float64Array; v: Float64Array } {
  return { U: general.U.map((x) => factor * x), v: general.v };
}

/** The same with weights of mean (0.4, −0.2, 0.3). */
function shifted(p: Problem): Problem {
  assert.ok(p.setting.kind === 'task');
  const { task } = p.setting;
  assert.ok(task.weights.kind === 'gaussian');
  return { ...p, setting: { kind: 'task', task: { ...task, weights: { ...task.weights, mean: [0.4, -0.2, 0.3] } } } };
}

describe('moments as sums of exponentials', () => {
  for (const length of [1, 2, 10, 1000, 1e6])
    for (const reach of [200, 4000])
      it(`L = ${length} up to τ² = ${reach}`, () => {
        const sum = momentSum(length, reach, 1e-9);
        const moments = new GridMoments(length);
        const out = new Float64Array(4);
        // Between the nodes of the fit, and up to its end.
        for (let i = 0; i <= 97; i++) {
          const q = i < 20 ? i / 19 : reach ** ((i - 19) / 78);
          moments.at(q, out);
          const allowed = 4e-8 * (out[0]! + 0.1);
          assert.ok(Math.abs(evaluateSum(sum, 0, q) - out[0]!) <= allowed, `B2 at ${q}: ${evaluateSum(sum, 0, q)} against ${out[0]}`);
          const gamma = out[0]! + 6 * out[1]! - 6 * out[2]!;
          assert.ok(Math.abs(evaluateSum(sum, 1, q) - gamma) <= 10 * allowed, `γ at ${q}: ${evaluateSum(sum, 1, q)} against ${gamma}`);
        }
      });
});

describe('risk at any parameters, by quadrature', () => {
  it('is the polynomial where that is known: linear attention and the infinite prompt, through weights whose mean is not quite 0', () => {
    // A mean of 1e−12 takes the route for shifted weights, and changes the risk by less than is asked.
    const nudged = (p: Problem): Problem => {
      assert.ok(p.setting.kind === 'task');
      const { task } = p.setting;
      assert.ok(task.weights.kind === 'gaussian');
      return { ...p, setting: { kind: 'task', task: { ...task, weights: { ...task.weights, mean: [1e-12, 0, 0] } } } };
    };
    for (const p of [
      problem({ length: inf }),
      problem({ length: 1, attention: { kernel: 'linear' } }),
      problem({ length: 20, attention: { kernel: 'linear' }, covariance: kms(3, 0.3) }),
    ]) {
      const expected = new PolynomialRisk(p).evaluate(general, null, null);
      const value = new GeneralRisk(nudged(p)).risk(general).value;
      assert.ok(Math.abs(value - expected) <= 1e-9 * expected, `${value} against ${expected}`);
    }
  });

  it('is an average of plain values for weights with a mean, both kernels', () => {
    for (const p of [
      problem({ length: 7 }),
      problem({ length: inf, loss: 'squared' }),
      problem({ length: 7, attention: { kernel: 'linear' } }),
    ].map(shifted)) {
      const { risk } = averagedRisk(p, general);
      const { value } = new GeneralRisk(p).risk(general);
      assert.ok(Math.abs(value - risk.value) <= 5 * risk.error, `${value} against ${JSON.stringify(risk)}`);
      assertSlopes(new GeneralRisk(p), scaled(1), 1e-8);
    }
  });

  it('and so it is for scores of any strength, and down to weights and labels that hardly matter', () => {
    const U = general.U.map((x, i) => (i >= 12 ? 1e-5 * x : x));
    for (const p of [problem({ length: 10 }), problem({ length: 300, noise: 0 })])
      for (const m of [scaled(0.1), scaled(4), scaled(40), { U, v: general.v }]) {
        const { risk, participation } = averagedRisk(p, m);
        const exact = new GeneralRisk(p);
        const { value } = exact.risk(m);
        assert.ok(Math.abs(value - risk.value) <= 5 * risk.error, `${value} against ${JSON.stringify(risk)}`);
        const mean = exact.meanParticipation(m);
        assert.ok(Math.abs(mean - participation.value) <= 5 * participation.error, `${mean} against ${JSON.stringify(participation)}`);
      }
  });

  it('has the slopes of its values, at strong scores and where the labels hardly matter too', () => {
    assertSlopes(new GeneralRisk(problem({ length: 1000 })), scaled(4), 2e-7);
    assertSlopes(
      new GeneralRisk(problem({ length: 20, noise: 0 })),
      { U: general.U.map((x, i) => (i >= 12 ? 1e-3 * x : x)), v: general.v },
      1e-6,
    );
  });

  it('goes through u = 0 smoothly', () => {
    const p = problem({ length: 10 });
    const at = (size: number): number =>
      new GeneralRisk(p).risk({ U: general.U.map((x, i) => (i >= 12 ? size * x : x)), v: general.v }).value;
    const here = at(0);
    const slopes = [1e-3, -1e-3].map((size) => (at(size) - here) / size);
    assert.ok(Math.abs(slopes[0]! - slopes[1]!) <= 1e-2 * Math.abs(slopes[0]!) + 1e-3, JSON.stringify(slopes));
    const gU = new Float64Array(16);
    const gv = new Float64Array(4);
    new GeneralRisk(p).gradient({ U: general.U.map((x, i) => (i >= 12 ? 1e-4 * x : x)), v: general.v }, gU, gv);
    let along = 0;
    for (let i = 12; i < 15; i++) along += gU[i]! * general.U[i]!;
    assert.ok(Math.abs(along - (slopes[0]! + slopes[1]!) / 2) <= 1e-3, `${along} ${slopes}`);
  });

  it('gives gradients as accurate as the training asks for', () => {
    const gradientAt = (tolerance: number): Float64Array => {
      const train = { kind: 'gradient_flow', time: 1, points: 2, tolerance, extraTimes: [] } as const;
      const gU = new Float64Array(16);
      new GeneralRisk(problem({ length: 300, train })).gradient(general, gU, new Float64Array(4));
      return gU;
    };
    const [loose, tight] = [gradientAt(1e-4), gradientAt(1e-9)];
    const difference = Math.hypot(...loose.map((x, i) => x - tight[i]!));
    assert.ok(difference > 0 && difference < 1e-5 * Math.hypot(...tight), `${difference}`);
  });

  it('is not a number where the parameters are none', () => {
    const m = { U: general.U.map(() => Number.NaN), v: general.v };
    assert.ok(Number.isNaN(new GeneralRisk(problem()).risk(m).value));
  });
});
