import assert from 'node:assert/strict';
import { errorAverages } from '../../../src/solver/concentration.js';
import type { ErrorQuantity, Law, Problem } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import type { RunResult, SolveEvent } from '../../../src/solver/result.js';
import { meanScoreVariance } from '../../../src/solver/score-variance.js';
import { solve } from '../../../src/solver/solve.js';
import { identity, problem as taskProblem } from './training-problem.js';

const inf = Number.POSITIVE_INFINITY;

function run(problem: Problem): { result: RunResult; events: SolveEvent[] } {
  const events: SolveEvent[] = [];
  const steps = solve(problem);
  for (;;) {
    const step = steps.next();
    if (step.done) return { result: step.value, events };
    events.push(step.value);
  }
}

function plain(length: number, law: Law, extra: Partial<Problem> = {}): Problem {
  const base = taskProblem();
  return {
    ...base,
    setting: { kind: 'tokens', law },
    query: { kind: 'at', at: new Array<number>(law.dimension).fill(0.7) },
    length,
    attention: { ...base.attention, keyQuery: identity(law.dimension, 0.5), value: identity(law.dimension) },
    train: null,
    concentrate: { of: ['output', 'value_gradient', 'key_query_gradient'], confidence: 0.95, samples: null },
    measures: ['output_error', 'value_gradient_error', 'key_query_gradient_error'],
    facets: ['certified', 'asymptote', 'rate'],
    ...extra,
  };
}

const gaussian = (d: number): Law => ({ kind: 'gaussian', dimension: d, mean: new Array<number>(d).fill(0), covariance: identity(d) });
const rademacher: Law = { kind: 'independent', dimension: 2, coordinate: { kind: 'rademacher' } };

describe('one run', () => {
  it('on plain Gaussian tokens is exact, with facets', () => {
    const { result } = run(plain(50, gaussian(3)));
    assert.equal(result.method, 'exact');
    for (const name of ['output_error', 'value_gradient_error', 'key_query_gradient_error']) {
      const value = result.quantities[name]!.value[0]!;
      assert.ok(value > 0 && result.quantities[`${name}.certified`]!.value[0]! >= value);
      assert.ok(Math.abs(result.quantities[`rate of ${name}`]!.value[0]! + 1) < 0.2);
    }
  });

  it('agrees with its own sampled route', () => {
    const exact = run(plain(20, gaussian(2))).result;
    const sampled = run(plain(20, gaussian(2), { solver: { method: 'monte_carlo', samples: 4000, precision: 'auto', seed: 3 } })).result;
    assert.equal(sampled.method, 'sampled');
    for (const name of ['output_error', 'value_gradient_error', 'key_query_gradient_error']) {
      const { value, standardError, samples } = sampled.quantities[name]!;
      assert.equal(samples, 4000);
      assert.ok(Math.abs(value[0]! - exact.quantities[name]!.value[0]!) < 5 * standardError![0]!, name);
    }
  });

  it('streams sampled errors with bands that tighten', () => {
    const { events } = run(plain(2000, rademacher, { solver: { method: 'auto', samples: 3000, precision: 'auto', seed: 0 } }));
    const widths = events.flatMap((event) => {
      if (event.kind !== 'partial') return [];
      const { lower, upper } = event.result.quantities.output_error!;
      return [upper![0]! - lower![0]!];
    });
    assert.ok(widths.length > 3);
    assert.ok(widths.at(-1)! < widths[0]!);
  });

  it('at infinite length has no error, exactly', () => {
    const { result } = run(plain(inf, rademacher));
    assert.equal(result.method, 'exact');
    assert.deepEqual(result.quantities.output_error!.value, [0]);
  });

  for (const law of [gaussian(2), rademacher]) {
    it(`finds the smallest length that is certified (${law.kind})`, () => {
      const trust = [{ of: 'output' as ErrorQuantity, threshold: 0.05 }];
      const found = run(plain(10, law, { trust })).result.quantities['trust_length of output_error to 0.05']!.value[0]!;
      assert.ok(Number.isInteger(found) && found > 1);
      const certified = (length: number) => run(plain(length, law)).result.quantities['output_error.certified']!.value[0]!;
      assert.ok(certified(found) < 0.05 && certified(found - 1) >= 0.05);
      assert.equal(run(plain(inf, law, { trust })).result.quantities['trust_length of output_error to 0.05']!.value[0], found);
    });
  }

  it('without training measures a task at its start', () => {
    const { result } = run({ ...taskProblem({ measures: ['risk', 'zero_risk'] }), train: null });
    assert.deepEqual(result.axes, {});
    assert.equal(result.quantities.risk!.against, null);
    assert.equal(result.quantities.risk!.value.length, 1);
  });

  it('refuses scores beyond double precision instead of a wrong exact risk', () => {
    const sharp = (temperature: number) => ({ ...taskProblem({ attention: { temperature } }), train: null });
    assert.ok(run(sharp(1e-5)).result.quantities.risk!.value[0]! > 0);
    assert.throws(() => run(sharp(1e-8)), /beyond double precision/);
  });

  it('knows the mean variance of the scores', () => {
    const { setting } = taskProblem({ d: 2 });
    assert.ok(setting.kind === 'task');
    const U = [0.3, -0.2, 0.9, 0.1, 0.5, 0.4, 0.7, -0.6, 0.2];
    const rng = stream(5, 'test', 0);
    const squares = Array.from({ length: 40_000 }, () => {
      // Σ = kms(0.5) in two dimensions, w ~ N(0, I), s² = 0.1.
      const pair = (): [number, number] => {
        const x = rng.normal();
        return [x, 0.5 * x + Math.sqrt(0.75) * rng.normal()];
      };
      const [w, x, q] = [[rng.normal(), rng.normal()], pair(), pair()];
      const z = [...x, w[0]! * x[0] + w[1]! * x[1] + Math.sqrt(0.1) * rng.normal()];
      return z.reduce((sum, zi, i) => sum + zi * (U[i * 3]! * q[0] + U[i * 3 + 1]! * q[1]), 0) ** 2;
    });
    const mean = squares.reduce((a, b) => a + b, 0) / squares.length;
    const error = Math.sqrt(squares.reduce((a, b) => a + (b - mean) ** 2, 0)) / squares.length;
    assert.ok(Math.abs(mean - meanScoreVariance(setting.task, U)) < 5 * error);
  });

  it('measures errors at every recorded point of a training', () => {
    const base = taskProblem({ length: 40, train: { kind: 'gradient_flow', time: 4, points: 5, tolerance: 1e-8, extraTimes: [] } });
    const problem: Problem = {
      ...base,
      concentrate: { of: ['output'], confidence: 0.95, samples: null },
      measures: ['risk', 'output_error'],
    };
    const { result } = run(problem);
    assert.deepEqual(result.axes.time, [0, 1, 2, 3, 4]);
    const series = result.quantities.output_error!;
    assert.equal(series.against, 'time');
    assert.equal(series.value.length, 5);
    // At the start the balanced layer is A = 0.1 I/√3, b = 0.1: the same errors by the direct call.
    const U = identity(4, 0.1 / Math.sqrt(3));
    U[3]![3] = 0;
    const direct = errorAverages(problem, ['output'], { U, V: [[0, 0, 0, 0.1]] })!.at('output', 40).value;
    assert.ok(Math.abs(series.value[0]! / direct - 1) < 1e-9);
  });

  it('reports progress that only grows', () => {
    const { events } = run(taskProblem({ measures: ['risk', 'gradient_gap', 'parameter_gap'] }));
    const fractions = events.flatMap((event) => (event.kind === 'progress' ? [event.fraction] : []));
    assert.ok(fractions.length > 5);
    assert.ok(fractions.every((fraction, i) => fraction <= 1 && (i === 0 || fraction >= fractions[i - 1]!)));
  });
});
