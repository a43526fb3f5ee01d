import assert from 'node:assert/strict';
import { draftOf, draftTolerance } from '../../../src/engine/drafts.js';
import type { Setting } from '../../../src/solver/problem.js';
import type { Experiment, FileReference } from '../../../src/spec/experiment.js';
import { experiment, numberValue, plan } from '../../support/engine/experiments.js';
import { taskOfDimension } from '../../support/problem.js';

/** Two flows of 0.1 s at a tolerance. */
function flows(title: string, tolerance: number, seconds = 0.1): Experiment {
  const made = experiment({ title, sweeps: { L: [numberValue(10), numberValue(20)] }, seconds });
  const train = { kind: 'gradient_flow', time: 1, points: 3, tolerance, extraTimes: [] } as const;
  return { ...made, runs: made.runs.map((run) => ({ ...run, problem: { ...run.problem, train } })) };
}

const all = { wants: () => true, isKnown: () => false, budget: 2 };

describe('drafts of a plan', () => {
  it('solve flows coarsely under names of their own, and leave the rest of the plan as it is', () => {
    const whole = plan(flows('A', 1e-8), experiment({ title: 'B', seconds: 0.1 }), flows('C', 1e-4));
    const draft = draftOf(whole, all)!;
    assert.deepEqual([...draft.places], [0]);
    const [first, ...others] = draft.plan.experiments;
    assert.deepEqual(others, whole.experiments.slice(1));
    assert.equal(first!.hash, whole.experiments[0]!.hash);
    first!.runs.forEach(({ hash, problem: { train }, at }, i) => {
      const own = whole.experiments[0]!.runs[i]!;
      assert.notEqual(hash, own.hash);
      assert.deepEqual(at, own.at);
      assert.ok(train?.kind === 'gradient_flow' && train.tolerance === draftTolerance);
      assert.deepEqual({ ...own.problem, train }, first!.runs[i]!.problem);
    });
  });

  it('leave out what nobody looks at in a draft, where there would be any of it', () => {
    const task = (dimension: number): Experiment => {
      const flowing = flows('A', 1e-8);
      const { weights, ...task } = taskOfDimension(dimension);
      assert.ok(weights.kind === 'gaussian');
      const setting: Setting<FileReference> = { kind: 'task', task: { ...task, tokens: null, weights } };
      return { ...flowing, runs: flowing.runs.map((run) => ({ ...run, problem: { ...run.problem, setting } })) };
    };
    const flags = (dimension: number) =>
      draftOf(plan(task(dimension)), all)!.plan.experiments[0]!.runs.map(({ problem }) => problem.withoutSnapshots);
    assert.deepEqual(flags(2), [true, true]);
    assert.deepEqual(flags(65), [undefined, undefined]);
  });

  it('are made only where something is gained', () => {
    const whole = plan(flows('A', 1e-8));
    assert.equal(draftOf(whole, { ...all, wants: () => false }), null, 'nobody looks');
    assert.equal(draftOf(whole, { ...all, isKnown: () => true }), null, 'all is known');
    assert.notEqual(draftOf(whole, { ...all, isKnown: (hash) => hash === whole.experiments[0]!.runs[0]!.hash }), null);
    assert.equal(draftOf(plan(flows('A', draftTolerance)), all), null, 'the text asks for no more');
    assert.equal(draftOf(plan(flows('A', 1e-8, 1)), all), null, 'too long for a draft');
  });

  it('are not made where the plan itself would be held', () => {
    assert.equal(draftOf(plan(flows('A', 1e-8)), { ...all, budget: 0.15 }), null);
    const costlier = experiment({ title: 'B', seconds: 100 });
    assert.notEqual(draftOf(plan(flows('A', 1e-8), costlier), { ...all, budget: 0.25 }), null);
    const cheaper = experiment({ title: 'B', seconds: 0.09 });
    assert.equal(draftOf(plan(flows('A', 1e-8), cheaper), { ...all, budget: 0.25 }), null);
  });
});
