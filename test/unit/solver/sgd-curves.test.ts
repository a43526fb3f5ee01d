import assert from 'node:assert/strict';
import type { Attention, Problem } from '../../../src/solver/problem.js';
import type { RunResult } from '../../../src/solver/result.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { solve } from '../../../src/solver/solve.js';
import { drain, identity, problem } from './training-problem.js';

const train = {
  kind: 'sgd',
  rate: 0.004,
  batch: 64,
  steps: 1500,
  record: 250,
  seed: 1,
  momentum: 0,
  beta1: 0.9,
  beta2: 0.999,
  extraSteps: [],
} as const;

function grid(length: number, attention: Partial<Attention>, over: object): Problem {
  return problem({
    d: 2,
    weights: identity(2, 0.5),
    loss: 'squared',
    length,
    attention: { keyDimension: 3, ...attention },
    train: { ...train, ...over } as Problem['train'],
    measures: ['risk', 'flow_risk'],
  });
}

const solved = (made: Problem): RunResult => drain(solve(made));

describe('the curves of SGD', () => {
  const cases: readonly (readonly [string, number, Partial<Attention>, object])[] = [
    ['softmax, merged', 12, { init: { kind: 'balanced', alpha: 0.5 } }, {}],
    ['softmax, merged, with momentum', 12, { init: { kind: 'balanced', alpha: 0.5 } }, { momentum: 0.5, rate: 0.002 }],
    ['linear, factored', 12, { kernel: 'linear', parameters: 'factored', init: { kind: 'balanced', alpha: 0.5 } }, {}],
    ['linear, long prompts', 200, { kernel: 'linear', init: { kind: 'balanced', alpha: 0.5 } }, {}],
    ['infinite prompts', Number.POSITIVE_INFINITY, { init: { kind: 'balanced', alpha: 0.5 } }, {}],
  ];
  for (const [name, length, attention, over] of cases) {
    it(`lie on the exact trajectories: ${name}`, function () {
      this.timeout(30_000);
      // Four independent runs: their mean, with Student's t (3 degrees of freedom, 10⁻³ point 10.2), and what a finite step adds.
      const runs = [1, 2, 3, 4].map((seed) => solved(grid(length, attention, { ...over, seed })));
      const flow = runs[0]!.quantities.flow_risk!;
      assert.equal(flow.method, 'exact');
      assert.deepEqual(runs[1]!.quantities.flow_risk, flow);
      const fall = flow.value[0]! - flow.value.at(-1)!;
      assert.ok(fall > 0.2 * flow.value[0]!, 'the training does something');
      flow.value.forEach((exact, i) => {
        const mean = new RunningMean();
        for (const { quantities } of runs) mean.add(quantities.risk!.value[i]!);
        const bound = 10.2 * mean.standardError + 0.01 * fall + 1e-12;
        assert.ok(Math.abs(mean.mean - exact) < bound, `point ${i}: ${mean.mean} ± ${mean.standardError}, exact ${exact}`);
        assert.ok(bound < 0.2 * fall, `the noise hides nothing: ${bound} of ${fall}`);
      });
    });
  }

  it('are beside Adam on the gradient of the population risk', () => {
    const adam = grid(12, { init: { kind: 'balanced', alpha: 0.5 } }, { kind: 'adam', rate: 0.01, batch: 512, steps: 60, record: 20 });
    const { risk, flow_risk: exact } = solved(adam).quantities;
    exact!.value.forEach((value, i) => {
      assert.ok(Math.abs(risk!.value[i]! - value) < 0.05 * value, `${risk!.value[i]}, ${value}`);
    });
    assert.ok(exact!.value[3]! < 0.8 * exact!.value[0]!);
  });

  it('of gradient descent lie on those of the flow at a small rate', () => {
    const made = grid(12, { init: { kind: 'balanced', alpha: 0.5 } }, {});
    const descent: Problem = { ...made, train: { kind: 'gradient_descent', rate: 0.002, steps: 1000, record: 250, extraSteps: [] } };
    const { risk, flow_risk: exact } = solved(descent).quantities;
    exact!.value.forEach((value, i) => {
      assert.ok(Math.abs(risk!.value[i]! - value) < 5e-3 * value);
    });
  });
});
