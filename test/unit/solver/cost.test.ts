import assert from 'node:assert/strict';
import { costOf, estimateCost, hasExactForm, type ProblemSize, whyNotExact } from '../../../src/solver/cost.js';
import type { ErrorQuantity, Law, Problem } from '../../../src/solver/problem.js';
import { problemOf, taskOfDimension } from '../../support/problem.js';

const size: ProblemSize = {
  tokenDimension: 6,
  length: 1000,
  heads: 1,
  parameters: 42,
  kernel: 'softmax',
  exact: false,
  balanced: false,
  evaluations: 1,
  trainingPrompts: 128,
  trainingSteps: 1,
  plane: true,
  points: 1,
  measures: 1,
  errors: 0,
  quantiles: false,
  uniform: false,
  fileValues: 0,
  fileCovariances: 0,
  samples: null,
};

const problem = ({ attention, ...change }: Partial<Problem>): Problem =>
  problemOf(
    { kind: 'task', task: taskOfDimension(2) },
    {
      length: 100,
      train: { kind: 'gradient_flow', time: 1, points: 11, tolerance: 1e-8, extraTimes: [] },
      measures: ['risk'],
      ...change,
      ...(attention === undefined ? {} : { attention }),
    },
  );

describe('cost estimates', () => {
  it('counts the passes over a file', () => {
    const tokens = (rows: number): Problem => ({
      ...problem({ train: null, concentrate: { of: ['output'], confidence: 0.95, samples: null } }),
      setting: { kind: 'tokens', law: { kind: 'empirical', dimension: 256, tokens: { rows, columns: 256, data: new Float64Array(0) } } },
    });
    const [small, large] = [estimateCost(tokens(100)), estimateCost(tokens(50_000))];
    assert.ok(large.seconds - small.seconds > 2 && large.seconds < 30);
    assert.ok(large.bytes > 1e8);
  });

  it('counts covariances over a file, of a task and where gradients in U are compared', () => {
    const file: Law = { kind: 'empirical', dimension: 256, tokens: { rows: 50_000, columns: 256, data: new Float64Array(0) } };
    const asked = (of: ErrorQuantity): number => {
      const task = { ...taskOfDimension(256), tokens: file };
      return estimateCost({
        ...problem({ train: null, concentrate: { of: [of], confidence: 0.95, samples: null } }),
        setting: { kind: 'task', task },
      }).seconds;
    };
    const [output, gradient] = [asked('output'), asked('key_query_gradient')];
    // Thirty-two passes of 1.6 10⁹ products.
    assert.ok(output < 60 && gradient > output + 15 && gradient < output + 300, `${output}, ${gradient}`);
  });

  it('does not depend on the length where the solver is exact, and is less where the risk is a polynomial', () => {
    const finite = estimateCost(problem({ length: 10 }));
    const infinite = estimateCost(problem({ length: Number.POSITIVE_INFINITY }));
    assert.deepEqual(finite, estimateCost(problem({ length: 1e12 })));
    assert.ok(infinite.seconds < finite.seconds);
    const linear = (length: number) => estimateCost(problem({ length, attention: { ...problem({}).attention, kernel: 'linear' } }));
    assert.deepEqual(linear(10), infinite);
    assert.deepEqual(linear(1e12), infinite);
  });

  // Steps of batch 128, d = 5, on one core of a quiet machine: `npm run bench -- --part peers`.
  it('takes a sampled training step for what it was measured at, within a factor of two', () => {
    for (const [length, milliseconds] of [
      [10, 0.018],
      [100, 0.08],
      [1000, 0.7],
    ] as const) {
      const at = { ...size, length };
      const step = costOf(at).seconds - costOf({ ...at, trainingPrompts: 0, trainingSteps: 0 }).seconds;
      assert.ok(step > 0.0005 * milliseconds && step < 0.002 * milliseconds, `${length}: ${step}`);
    }
  });

  it('grows with length, batch, heads, samples and dimension where prompts are sampled', () => {
    const base = costOf(size).seconds;
    for (const change of [{ length: 2000 }, { trainingPrompts: 10_000 }, { heads: 2 }, { tokenDimension: 24 }, { samples: 1e6 }]) {
      assert.ok(costOf({ ...size, ...change }).seconds > 1.2 * base, JSON.stringify(change));
    }
  });

  it('draws no tokens for linear attention in the plane of score and value', () => {
    const linear = { ...size, kernel: 'linear', exact: true } as const;
    assert.equal(costOf({ ...linear, length: 10 }).seconds, costOf({ ...linear, length: 1e9 }).seconds);
  });

  it('holds memory that does not depend on the length or the number of steps', () => {
    assert.equal(costOf({ ...size, length: 1e9 }).bytes, costOf(size).bytes);
    assert.equal(costOf({ ...size, trainingPrompts: 1e12 }).bytes, costOf(size).bytes);
  });

  it('knows what has an exact form', () => {
    assert.equal(hasExactForm(problem({})), true);
    const tokens = { kind: 'tokens', law: { kind: 'sphere', dimension: 2, radius: 1 } } as const;
    assert.equal(whyNotExact(problem({ setting: tokens })), 'the tokens are not Gaussian');
    assert.equal(whyNotExact(problem({ attention: { ...problem({}).attention, heads: 2 } })), 'there are several heads');
  });
});
