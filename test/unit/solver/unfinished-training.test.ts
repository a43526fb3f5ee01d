import assert from 'node:assert/strict';
import type { Problem } from '../../../src/solver/problem.js';
import { type RunResult, SolverFailure } from '../../../src/solver/result.js';
import { solve } from '../../../src/solver/solve.js';
import { problem } from './training-problem.js';

const train = {
  kind: 'sgd',
  rate: 0.02,
  batch: 400,
  steps: 400,
  record: 10,
  seed: 7,
  momentum: 0,
  beta1: 0.9,
  beta2: 0.999,
  extraSteps: [],
} as const;

const made = (over: Partial<Problem> = {}): Problem => ({
  ...problem({ attention: { init: { kind: 'random', seed: 1, scale: 0.4 } }, train, samples: 512 }),
  measures: ['risk', 'training_loss', 'bayes_gap', 'bayes_risk', 'parameter_gap', 'alignment', 'balance'],
  ...over,
});

interface Looked {
  readonly result: RunResult;
  readonly curves: readonly RunResult[];
  readonly steps: readonly number[];
}

/** Solves to the end, looking at the curves so far every `every` events. */
function look(of: Problem, every: number): Looked {
  const curves: RunResult[] = [];
  const taken: number[] = [];
  const steps = solve(of);
  for (let count = 0; ; count++) {
    const step = steps.next();
    if (step.done) return { result: step.value, curves, steps: taken };
    if (step.value.kind !== 'progress') continue;
    if (step.value.step !== undefined) taken.push(step.value.step);
    if (count % every === 0 && step.value.soFar !== undefined) curves.push(step.value.soFar());
  }
}

describe('a stochastic training under way', () => {
  it('has the beginnings of its curves, bit for bit, which only grow', () => {
    const { result, curves, steps } = look(made(), 1);
    assert.ok(curves.length >= 3, `${curves.length} times`);
    let points = 0;
    for (const { axes, quantities, notes } of curves) {
      const count = axes.step!.length;
      assert.ok(count > points && count <= 41);
      points = count;
      assert.deepEqual(notes, []);
      assert.deepEqual(Object.keys(quantities).sort(), ['alignment', 'balance', 'bayes_gap', 'bayes_risk', 'risk', 'training_loss']);
      for (const axis of ['step', 'time'] as const) assert.deepEqual(axes[axis], result.axes[axis]!.slice(0, count));
      for (const [key, series] of Object.entries(quantities)) {
        const whole = result.quantities[key]!;
        assert.equal(series.method, whole.method, key);
        const upTo = series.against === null ? 1 : count;
        assert.deepEqual(series.value, whole.value.slice(0, upTo), key);
        assert.deepEqual(series.standardError, whole.standardError?.slice(0, upTo), key);
      }
    }
    assert.ok(steps.every((step, i) => i === 0 || step >= steps[i - 1]!));
    assert.equal(steps.at(-1), train.steps);
  });

  it('ends with the same bits however often it is looked at', () => {
    assert.deepEqual(look(made(), 1).result, look(made(), Number.POSITIVE_INFINITY).result);
    assert.deepEqual(look(made(), 3).result, look(made(), 1).result);
  });

  it('goes on from a state with the points that were recorded before it', () => {
    const whole = look(made(), Number.POSITIVE_INFINITY).result;
    let state: Float64Array | null = null;
    const first = solve(made());
    for (let step = first.next(); !step.done && state === null; step = first.next()) {
      if (step.value.kind === 'progress' && (step.value.step ?? 0) >= 150) state = step.value.state!();
    }
    first.return(undefined as never);
    const second = solve(made(), { state });
    let early: RunResult | null = null;
    let step = second.next();
    for (; !step.done; step = second.next()) {
      if (step.value.kind === 'progress') early ??= step.value.soFar?.() ?? null;
    }
    assert.equal(early!.axes.step![0], 0);
    assert.deepEqual(early!.quantities.risk!.value, whole.quantities.risk!.value.slice(0, early!.axes.step!.length));
    assert.deepEqual(step.value, whole);
  });

  it('offers nothing where nothing cheap is measured', () => {
    assert.deepEqual(look(made({ measures: ['parameter_gap'] }), 1).curves, []);
  });

  it('that diverges was seen until shortly before', () => {
    const curves: RunResult[] = [];
    const steps = solve(made({ measures: ['training_loss'], train: { ...train, rate: 30, record: 1 } }));
    assert.throws(
      () => {
        for (let step = steps.next(); !step.done; step = steps.next()) {
          if (step.value.kind === 'progress' && step.value.soFar) curves.push(step.value.soFar());
        }
      },
      (error) => {
        assert.ok(error instanceof SolverFailure && error.code === 'diverged' && error.partial !== null);
        const losses = error.partial.quantities.training_loss!.value;
        for (const early of curves) {
          const seen = early.quantities.training_loss!.value;
          assert.deepEqual(seen.slice(0, losses.length), losses.slice(0, seen.length));
        }
        return true;
      },
    );
  });
});
