import assert from 'node:assert/strict';
import type { Attention, Law, Task } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { estimateRisk, riskSamples, sampledRisk } from '../../../src/solver/sampled-risk.js';
import { kms, randomVector, taskOfDimension, taskProblem } from './problems.js';

const sphere: Law = { kind: 'sphere', dimension: 2, radius: 1 };
const rademacher: Law = { kind: 'independent', dimension: 2, coordinate: { kind: 'rademacher' } };

const cases: readonly { name: string; task: Partial<Task>; length: number; attention?: Partial<Attention> }[] = [
  { name: 'a link', task: { link: 'tanh', noise: 0.2 }, length: 5 },
  { name: 'a link, linear attention', task: { link: 'relu', noise: 0.2 }, length: 5, attention: { kernel: 'linear' } },
  { name: 'two heads', task: {}, length: 70, attention: { heads: 2 } },
  { name: 'two heads, linear attention, squared loss', task: { loss: 'squared' }, length: 3, attention: { heads: 2, kernel: 'linear' } },
  { name: 'tokens on a sphere', task: { tokens: sphere, noise: 0.1 }, length: 9 },
  { name: 'Rademacher tokens, no limit to the prompt', task: { tokens: rademacher, noise: 0.1 }, length: Infinity },
  { name: 'a link, no limit to the prompt', task: { link: 'sign' }, length: Infinity },
  { name: 'a prompt too long to be kept', task: { link: 'tanh' }, length: 10_000, attention: { heads: 1 } },
];

describe('sampled population risk', () => {
  cases.forEach(({ name, task, length, attention }, k) => {
    it(`has the gradient that differences of it give: ${name}`, () => {
      const samples = length === 10_000 ? 120 : 60;
      const problem = taskProblem(taskOfDimension(2, { covariance: kms(2, 0.5), ...task }), length, attention, {
        solver: { method: 'auto', samples, precision: 'auto', seed: 8 },
      });
      const heads = attention?.heads ?? 1;
      const rng = stream(1, 'at', k);
      const m = { U: randomVector(rng, 9 * heads, 0.4), v: randomVector(rng, 3 * heads, 0.8) };
      const risk = sampledRisk(problem);
      assert.equal(risk.method, 'sampled');
      const gU = new Float64Array(9 * heads);
      const gv = new Float64Array(3 * heads);
      const other = { gU: gU.slice(), gv: gv.slice() };
      const value = risk.gradient(m, gU, gv);
      assert.equal(risk.gradient(m, other.gU, other.gv), value);
      assert.deepEqual(other, { gU, gv });
      const scale = Math.hypot(...gU, ...gv);
      const scratch = { gU: gU.slice(), gv: gv.slice() };
      const slope = (array: Float64Array, i: number): number => {
        const start = array[i];
        const h = 1e-4;
        const at = (x: number): number => {
          array[i] = x;
          return risk.gradient(m, scratch.gU, scratch.gv);
        };
        const s = (8 * (at(start + h) - at(start - h)) - (at(start + 2 * h) - at(start - 2 * h))) / (12 * h);
        array[i] = start;
        return s;
      };
      const stride = length === 10_000 ? 5 : 1;
      for (let i = 0; i < gU.length; i += stride) {
        // The query is (x_q, 0): the last column of U is not seen.
        if (i % 3 === 2) assert.equal(gU[i], 0);
        else assert.ok(Math.abs(slope(m.U, i) - gU[i]) < 1e-8 * scale, `U ${i}`);
      }
      for (let i = 0; i < gv.length; i += stride) assert.ok(Math.abs(slope(m.v, i) - gv[i]) < 1e-8 * scale, `v ${i}`);
    });
  });

  it('judges by other prompts than it descends on', () => {
    const problem = taskProblem(
      taskOfDimension(2, { link: 'tanh' }),
      5,
      {},
      { solver: { method: 'auto', samples: 500, precision: 'auto', seed: 1 } },
    );
    const rng = stream(2, 'at', 0);
    const m = { U: randomVector(rng, 9, 0.4), v: randomVector(rng, 3, 0.8) };
    const risk = sampledRisk(problem);
    const fitted = risk.gradient(m, new Float64Array(9), new Float64Array(3));
    const { value, standardError } = risk.risk(m);
    assert.notEqual(value, fitted);
    assert.ok(standardError > 0);
    assert.ok(Math.abs(value - fitted) < 4.5 * Math.SQRT2 * standardError);
    const estimate = estimateRisk(problem, m, 20_000, 5);
    assert.ok(Math.abs(value - estimate.value) < 4.5 * Math.hypot(standardError, estimate.standardError));
  });

  it('is that of predicting 0 at v = 0, with the noise exactly in it', () => {
    for (const [loss, factor] of [
      ['half_squared', 0.5],
      ['squared', 1],
    ] as const) {
      const problem = taskProblem(
        taskOfDimension(2, {
          noise: 3,
          loss,
          covariance: [
            [2, 0],
            [0, 0.5],
          ],
        }),
        4,
        { heads: 2 },
      );
      const { value, standardError } = sampledRisk(problem).risk({ U: new Float64Array(18).fill(0.2), v: new Float64Array(6) });
      // E (wᵀx)² = tr Σ.
      assert.ok(Math.abs(value - factor * (2.5 + 9)) < 4.5 * standardError);
      assert.ok(standardError < 0.1 * factor);
    }
  });

  it('takes the number of prompts asked for, else one that falls with their length', () => {
    const task = taskOfDimension(2, { link: 'tanh' });
    const at = (length: number): { gradient: number; risk: number } => riskSamples(taskProblem(task, length));
    assert.deepEqual(riskSamples(taskProblem(task, 5, {}, { solver: { method: 'auto', samples: 77, precision: 'auto', seed: 1 } })), {
      gradient: 77,
      risk: 77,
    });
    assert.ok(at(10).risk > at(1000).risk && at(1000).risk >= at(1e6).risk);
    assert.deepEqual(at(1e9), { gradient: 256, risk: 1024 });
    assert.ok(at(Infinity).gradient > 256);
  });
});
