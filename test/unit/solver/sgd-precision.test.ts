import assert from 'node:assert/strict';
import type { KernelModule } from '../../../src/kernels/index.js';
import type { Problem, SolverSettings } from '../../../src/solver/problem.js';
import { StochasticTraining } from '../../../src/solver/sgd.js';
import { kernelModule } from '../kernels/support.js';
import { identity, problem } from './training-problem.js';

let module: KernelModule;

/** θ after a few steps from A = scale · I, b = 0.1, and whether it is that of plain TypeScript. */
function end(scale: number, precision: SolverSettings['precision'], batch = 64): Float64Array {
  const made = problem({
    d: 2,
    covariance: identity(2),
    weights: identity(2, 0.5),
    length: 20,
    attention: {
      keyQuery: [
        [scale, 0, 0],
        [0, scale, 0],
        [0, 0, 0],
      ],
      value: [[0, 0, 0.1]],
    },
    train: {
      kind: 'sgd',
      rate: 1e-3,
      batch,
      steps: 4,
      record: 4,
      seed: 11,
      momentum: 0,
      beta1: 0.9,
      beta2: 0.999,
      extraSteps: [],
    },
  });
  const at: Problem = { ...made, solver: { ...made.solver, precision } };
  const run = new StochasticTraining(at, { kernels: () => module });
  while (!run.done) run.work();
  assert.ok(!run.portable);
  return run.parameters;
}

describe('the precision of training', () => {
  before(async function () {
    this.timeout(60_000);
    module = await kernelModule();
  });

  it('is single where scores are mild', () => {
    assert.deepEqual(end(0.7, 'auto'), end(0.7, 'single'));
    assert.notDeepEqual(end(0.7, 'single'), end(0.7, 'double'));
  });

  it('is double where they are sharp on average', () => {
    assert.deepEqual(end(3, 'auto'), end(3, 'double'));
  });

  it('is double for a batch with one prompt whose scores are sharp', () => {
    // The root mean square is 1.4 · 1.35 = 1.9, below the bound for all; some of 200 000 queries are three times as long.
    assert.deepEqual(end(1.35, 'auto', 200_000), end(1.35, 'double', 200_000));
    assert.deepEqual(end(1.35, 'auto', 8), end(1.35, 'single', 8));
  });

  it('is the one that is asked for, with curves that agree to single precision', () => {
    const [single, double] = [end(3, 'single'), end(3, 'double')];
    assert.notDeepEqual(single, double);
    single!.forEach((x, i) => {
      assert.ok(Math.abs(x - double![i]!) < 1e-5, `${i}: ${x}, ${double![i]}`);
    });
  });
});
