import assert from 'node:assert/strict';
import { bilinear, matvec, symmetricSqrt } from '../../../src/solver/linear-algebra.js';
import { initialParameters, layoutOf, merge } from '../../../src/solver/parameters.js';
import type { Problem } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { condensation, plainCondensation, taskCondensation } from '../../../src/solver/regimes.js';
import { solve } from '../../../src/solver/solve.js';
import { tokenCovariance } from '../../../src/solver/task-nodes.js';
import { identity, problem as trainingProblem } from './training-problem.js';

function solved(problem: Problem) {
  const steps = solve(problem);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

describe('condensation', () => {
  it('is the mean variance of the scores over 2 log L, as drawn queries and weights show', () => {
    const problem = trainingProblem({ length: 50, attention: { init: { kind: 'random', seed: 4, scale: 1.5 } } });
    const layout = layoutOf(problem);
    const m = merge(layout, initialParameters(problem));
    assert.ok(problem.setting.kind === 'task');
    const { task } = problem.setting;
    const d = task.dimension;
    const D = d + 1;
    const U = Array.from({ length: D }, (_, i) => Array.from(m.U.subarray(i * D, (i + 1) * D)));
    const rng = stream(31, 'test regimes', 0);
    const root = symmetricSqrt(task.covariance);
    const values = Array.from({ length: 40_000 }, () => {
      const w = Array.from({ length: d }, () => rng.normal());
      const x = matvec(
        root,
        Array.from({ length: d }, () => rng.normal()),
      );
      const a = matvec(U, [...x, 0]);
      return bilinear(a, tokenCovariance(task, w), a) / (2 * Math.log(50));
    });
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length ** 2);
    const found = taskCondensation(problem, layout, m)!;
    assert.ok(Math.abs(found - mean) < 4.5 * deviation, `${found} against ${mean} ± ${deviation}`);
  });

  it('of plain tokens averages over the query, its mean included', () => {
    const base = trainingProblem({ length: 100 });
    const plain = (query: Problem['query']): Problem => ({
      ...base,
      setting: { kind: 'tokens', law: { kind: 'independent', dimension: 2, coordinate: { kind: 'rademacher' } } },
      query,
      attention: { ...base.attention, temperature: 2, keyQuery: [[2, 0], [0, 4]], value: [[1, 0]] }, // biome-ignore format: a matrix
    });
    const at = plainCondensation(plain({ kind: 'at', at: [1, 1] }))!;
    assert.ok(Math.abs(at - (1 + 4) / (2 * Math.log(100))) < 1e-14);
    const law = { kind: 'gaussian', dimension: 2, mean: [3, 0], covariance: [[1, 0], [0, 0.5]] } as const; // biome-ignore format: a law
    const averaged = plainCondensation(plain({ kind: 'law', law }))!;
    assert.ok(Math.abs(averaged - (10 + 4 * 0.5) / (2 * Math.log(100))) < 1e-14);
  });

  it('is 0 in the limit, and nothing for one token', () => {
    assert.equal(condensation(7, Number.POSITIVE_INFINITY), 0);
    assert.ok(Number.isNaN(condensation(7, 1)));
  });
});

describe('the warning that softmax condenses', () => {
  const measured = (length: number, kernel: 'softmax' | 'linear' = 'softmax'): Problem => {
    const train = { kind: 'gradient_flow', time: 16, points: 17, tolerance: 1e-8, extraTimes: [] } as const;
    return trainingProblem({ length, attention: { kernel }, d: 20, covariance: identity(20), noise: 0, train, measures: ['condensation'] });
  };

  it('comes at the training with the time at which the curve passes 1', () => {
    const { warnings, quantities, axes } = solved(measured(4));
    assert.equal(warnings?.length, 1);
    const [{ code, setting, message }] = warnings;
    assert.deepEqual([code, setting], ['W510', 'train']);
    const time = Number(/At time (\S+) /.exec(message)?.[1]);
    const { value } = quantities.condensation;
    const after = value.findIndex((x) => x >= 1);
    assert.ok(after > 0 && axes.time![after - 1] <= time && time <= axes.time![after] * 1.005, `${time}`);
  });

  it('does not come for long prompts, the limit and linear attention', () => {
    for (const problem of [measured(1000), measured(Number.POSITIVE_INFINITY), measured(4, 'linear')]) {
      assert.equal(solved(problem).warnings, undefined);
    }
  });

  it('is a note where nothing is trained: the parameters are as the spec has them', () => {
    const base = measured(4);
    const fixed: Problem = { ...base, train: null, attention: { ...base.attention, init: { kind: 'balanced', alpha: 4 } } };
    const { warnings, notes } = solved(fixed);
    assert.equal(warnings, undefined);
    assert.match(notes.join(), /above 2 log L/);
    assert.deepEqual(solved({ ...fixed, length: 1e9 }).notes, []);
  });

  it('comes at the layer where the training begins beyond', () => {
    const base = measured(4);
    const [{ setting, message }] = solved({ ...base, attention: { ...base.attention, init: { kind: 'balanced', alpha: 4 } } }).warnings!;
    assert.equal(setting, 'attention');
    assert.match(message, /^From the start/);
  });

  it('and phases for charts, whatever is measured: with a training that leaves the 1/L decay, at fixed parameters, not elsewhere', () => {
    const base = measured(4);
    const unmeasured = solved({ ...base, measures: ['risk'] });
    assert.equal(unmeasured.quantities.condensation, undefined);
    assert.deepEqual(unmeasured.condensation!.value, solved(base).quantities.condensation!.value);
    assert.equal(unmeasured.condensation!.against, 'time');
    const fixed = { ...base, train: null };
    assert.deepEqual(solved(fixed).condensation, { against: null, method: 'exact', value: solved(fixed).quantities.condensation!.value });
    assert.deepEqual(solved({ ...fixed, length: Number.POSITIVE_INFINITY }).condensation?.value, [0]);
    const none: Problem[] = [measured(4, 'linear'), { ...fixed, length: 1 }, measured(1e9)];
    for (const problem of none) assert.equal(solved(problem).condensation, undefined);
  });
});
