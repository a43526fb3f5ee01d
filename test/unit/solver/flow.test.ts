import assert from 'node:assert/strict';
import { bayesRisk, oneStepRisk, zeroRisk } from '../../../src/solver/baselines.js';
import { infinitePromptField, isotropicFlow } from '../../../src/solver/closed-form.js';
import { referenceFor, trainDescent, trainFlow } from '../../../src/solver/flow.js';
import { gradientOf, infinitePrompt } from '../../../src/solver/gradient-fields.js';
import { initialParameters, layoutOf, merge } from '../../../src/solver/parameters.js';
import { populationRisk } from '../../../src/solver/population.js';
import type { Problem, QuantityName, Train } from '../../../src/solver/problem.js';
import { SolverFailure } from '../../../src/solver/result.js';
import { sampledRisk } from '../../../src/solver/sampled-risk.js';
import { type MeasuredTrajectory, measureTrajectory } from '../../../src/solver/trajectory.js';
import { drain, identity, kms, type Options, problem } from './training-problem.js';

const inf = Number.POSITIVE_INFINITY;
const flow = (time: number, points = 33, tolerance = 1e-8, extraTimes: number[] = []): Train => ({
  kind: 'gradient_flow',
  time,
  points,
  tolerance,
  extraTimes,
});
const descent = (rate: number, steps: number): Train => ({ kind: 'gradient_descent', rate, steps, record: steps / 4, extraSteps: [] });

function run(o: Options): MeasuredTrajectory & { readonly problem: Problem; readonly theta: Float64Array[] } {
  const p = problem(o);
  const points = drain(p.train!.kind === 'gradient_flow' ? trainFlow(p) : trainDescent(p));
  return { ...drain(measureTrajectory(p, points)), problem: p, theta: points.map((point) => point.theta) };
}

function near(actual: number | undefined, expected: number, relative: number): void {
  assert.ok(Math.abs(actual! - expected) <= relative * Math.abs(expected), `${actual} against ${expected}`);
}

describe('training', () => {
  // docs/mathematics.md, section 5.
  const reference: [number, number[]][] = [
    [inf, [1.5262968014, 0.5075820424, 0.346936662, 0.1632348436, 0.0811635915, 0.0506187516, 0.050000048]],
    [1000, [1.52633702, 0.53771873, 0.35816917, 0.17877643, 0.09665083, 0.07308032, 0.07175129]],
  ];
  for (const [length, risks] of reference)
    it(`follows the reference trajectory, L = ${length}`, () => {
      const { quantities } = run({ length });
      [0, 1, 2, 4, 8, 16, 32].forEach((t, i) => {
        near(quantities.risk!.value[t], risks[i]!, 1e-6);
      });
      assert.equal(quantities.risk!.method, 'exact');
      assert.equal(quantities.risk!.lower, undefined);
    });

  it('follows the infinite-prompt field and its isotropic solution', () => {
    const step = 1e-3;
    const p = problem({ length: inf, train: flow(step, 2, 1e-12) });
    const [start, end] = drain(trainFlow(p));
    const A = Array.from({ length: 3 }, (_, i) => Array.from({ length: 3 }, (_, j) => start!.theta[4 * i + j]!));
    const field = infinitePromptField(kms(3, 0.5), 1, A, 0.1);
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        const slope = (end!.theta[4 * i + j]! - start!.theta[4 * i + j]!) / step;
        assert.ok(Math.abs(slope - field.A[i]![j]!) < 2e-3 * Math.abs(field.A[i]![j]!) + 1e-6, `${slope} ${field.A[i]![j]}`);
      }
    const [d, omega, alpha] = [4, 0.7, 0.2];
    const iso = problem({
      d,
      length: inf,
      covariance: identity(d),
      weights: identity(d, omega),
      attention: { init: { kind: 'balanced', alpha } },
      train: flow(9, 10),
    });
    for (const { time, theta } of drain(trainFlow(iso))) {
      const { a, b } = isotropicFlow(d, omega, alpha, time);
      near(theta[0], a, 1e-7);
      near(theta[29], b, 1e-7);
    }
  });

  it('tends to b = tr(Σ⁻²)^{1/4} and aligns A with Σ⁻¹ at L = inf', () => {
    const { theta, quantities } = run({ length: inf, train: flow(400, 3), measures: ['alignment', 'excess_risk'] });
    // Σ⁻¹ of kms(0.5): tridiagonal (4, 5, 4)/3 with −2/3 beside.
    near(theta.at(-1)![19], ((16 + 25 + 16) / 9 + 4 * (4 / 9)) ** 0.25, 1e-7);
    near(quantities.alignment!.value.at(-1), 1, 1e-9);
    assert.ok(quantities.excess_risk!.value.at(-1)! < 1e-12);
  });

  it('keeps the balance for linear attention and at L = inf, not for softmax', () => {
    const largest = (o: Options): number => Math.max(...run({ ...o, measures: ['balance'] }).quantities.balance!.value.map(Math.abs));
    assert.ok(largest({ length: inf }) < 1e-8);
    for (const length of [1, 10, 300]) assert.ok(largest({ length, attention: { kernel: 'linear' } }) < 1e-8);
    assert.ok(largest({ length: 10 }) > 0.1);
  });

  it('gaps vanish at L = inf and shrink with L, down to L = 1e12', () => {
    const measures: QuantityName[] = ['parameter_gap', 'gradient_gap', 'merged_parameter_gap'];
    const gaps = [100, 1000, 1e6, 1e12, inf].map((length) => run({ length, measures, train: flow(4, 3) }).quantities);
    for (const name of measures) {
      const last = gaps.map((q) => q[name]!.value.at(-1)!);
      for (let i = 1; i < last.length; i++) assert.ok(last[i]! < last[i - 1]!, `${name}: ${last}`);
      assert.equal(last.at(-1), 0);
      // Both gaps are of first order in 1/L while scores are small.
      assert.ok(last[3]! > 0 && last[3]! < 1e-4);
    }
    assert.equal(gaps[0]!.parameter_gap!.value[0], 0);
  });

  it('the gradient gap is the distance of the two gradients in the trained parameters', () => {
    const measures: QuantityName[] = ['gradient_gap'];
    for (const [length, temperature, rho] of [
      [20, 1, 0.5],
      [300, 2.5, 0.3],
    ] as const) {
      const o: Options = { length, measures, train: flow(4, 5), attention: { temperature }, covariance: kms(3, rho) };
      const { quantities, problem: p, theta } = run(o);
      const layout = layoutOf(p);
      const own = gradientOf(layout, populationRisk(p));
      const other = gradientOf(layout, populationRisk(infinitePrompt(p)));
      theta.forEach((at, i) => {
        const [g, h] = [new Float64Array(at.length), new Float64Array(at.length)];
        own(at, g);
        other(at, h);
        near(quantities.gradient_gap!.value[i], Math.hypot(...g.map((x, j) => x - h[j]!)), 1e-9);
      });
    }
  });

  it('a slow descent follows the flow', () => {
    const flowed = run({ length: 20, train: flow(2, 3, 1e-10) });
    const descended = run({ length: 20, train: descent(1e-4, 20000) });
    near(descended.quantities.risk!.value.at(-1), flowed.quantities.risk!.value.at(-1)!, 1e-4);
    assert.deepEqual(descended.axes.step, [0, 5000, 10000, 15000, 20000]);
  });

  it('factored parameters flow differently and keep the block form exactly', () => {
    const o: Options = { length: 20, train: flow(6, 4), measures: ['risk', 'parameter_gap', 'merged_parameter_gap'] };
    const merged = run(o);
    const factored = run({ ...o, attention: { parameters: 'factored' } });
    assert.equal(factored.method, 'exact');
    near(factored.quantities.risk!.value[0], merged.quantities.risk!.value[0]!, 1e-12);
    assert.ok(Math.abs(factored.quantities.risk!.value.at(-1)! - merged.quantities.risk!.value.at(-1)!) > 1e-4);
    assert.notEqual(factored.quantities.parameter_gap!.value.at(-1), factored.quantities.merged_parameter_gap!.value.at(-1));
  });

  it('a random start decreases the risk, exactly, by the square of the slope', () => {
    const attention = { parameters: 'factored', init: { kind: 'random', seed: 3, scale: 1 } } as const;
    const { quantities } = run({
      d: 2,
      length: 20,
      attention,
      train: flow(6, 4, 1e-8, [1.999, 2.001]),
      measures: ['risk', 'gradient_gap', 'effective_tokens'],
    });
    const risk = quantities.risk!;
    assert.equal(risk.method, 'exact');
    risk.value.forEach((x, i) => {
      if (i > 0) assert.ok(x < risk.value[i - 1]!);
    });
    const p = problem({ d: 2, length: 20, attention, train: flow(2, 2) });
    const theta = drain(trainFlow(p)).at(-1)!.theta;
    const g = new Float64Array(theta.length);
    gradientOf(layoutOf(p), populationRisk(p))(theta, g);
    near(
      (risk.value[1]! - risk.value[3]!) / 0.002,
      g.reduce((sum, x) => sum + x * x, 0),
      1e-5,
    );
    const tokens = quantities.effective_tokens!.value;
    assert.ok(tokens.every((x) => x > 1 && x <= 20));
  });

  it('says that a descent diverges, at its rate', () => {
    const p = problem({ train: descent(5, 100) });
    assert.throws(
      () => drain(trainDescent(p)),
      (e) => e instanceof SolverFailure && e.code === 'diverged' && e.setting === 'train.rate',
    );
  });

  it('references of stochastic optimisers: SGD by the flow, momentum rescales time, Adam by Adam', () => {
    const stochastic = { rate: 0.01, batch: 8, steps: 100, record: 100, seed: 0, beta1: 0.9, beta2: 0.999, extraSteps: [] };
    const at = (train: Train, length = inf): Float64Array => {
      const p = problem({ length, train });
      return drain(referenceFor(p, [{ time: 1, step: 100, theta: initialParameters(p) }]))[0]!;
    };
    const end = (time: number, length = inf): Float64Array => drain(trainFlow(problem({ length, train: flow(time, 2) }))).at(-1)!.theta;
    near(at({ kind: 'sgd', momentum: 0, ...stochastic })[19], end(1)[19]!, 1e-7);
    near(at({ kind: 'sgd', momentum: 0.5, ...stochastic })[19], end(2)[19]!, 1e-7);
    near(at({ kind: 'sgd', momentum: 0, ...stochastic }, 10)[19], end(1, 10)[19]!, 1e-7);
    assert.ok(Math.abs(end(1, 10)[19]! - end(1)[19]!) > 1e-3);
    // The first Adam step moves every moving coordinate by the rate.
    const p = problem({ length: inf, train: { kind: 'adam', momentum: 0, ...stochastic } });
    const [one] = drain(referenceFor(p, [{ time: 0.01, step: 1, theta: initialParameters(p) }]));
    near(one![19]! - 0.1, 0.01, 1e-5);
  });
});

describe('risk at the optimum and baselines', () => {
  it('the finite-prompt risk at the optimum falls to the infinite one as L grows', () => {
    const risks = [10, 100, 1e3, 1e4, 1e6, 1e9, inf].map((length) => {
      const p = problem({ length, attention: { init: { kind: 'bayes' } } });
      return populationRisk(p).risk(merge(layoutOf(p), initialParameters(p))).value;
    });
    for (let i = 1; i < risks.length; i++) assert.ok(risks[i]! < risks[i - 1]!);
    near(risks.at(-1), 0.05, 1e-12);
    near(risks.at(-2), 0.05, 1e-5);
  });

  it('Bayes: the noise floor at L = inf, ω(d − L)₊/2 without noise, one dimension by quadrature', () => {
    assert.equal(bayesRisk(problem({ length: inf })).value, 0.5 * 0.1 ** 0.5 * 0.1 ** 0.5);
    const clean = (length: number): number =>
      bayesRisk(problem({ d: 4, covariance: identity(4), weights: identity(4, 0.3), noise: 0, length })).value;
    near(clean(1), 0.45, 1e-12);
    assert.equal(clean(4), 0);
    // d = 1, L = 2, Σ = ω = 1: E s²/(χ²₂ + s²) = s² ∫ ½ e^{−q/2}/(q + s²) dq; python3 -c "from scipy.special import exp1; import math; print(0.1*0.5*math.exp(0.05)*exp1(0.05))"
    const one = bayesRisk(problem({ d: 1, covariance: [[1]], weights: [[1]], length: 2 }));
    const expected = 0.5 * 0.12972151748803065 + 0.05;
    assert.ok(Math.abs(one.value - expected) < 5 * one.standardError, `${one.value} ${expected} ${one.standardError}`);
  });

  it('Bayes lies below every trained risk and one step below predicting 0', () => {
    for (const length of [2, 10, 100]) {
      const p = problem({ length });
      const bayes = bayesRisk(p);
      const { quantities } = run({ length, measures: ['risk', 'bayes_gap', 'zero_risk', 'one_step_risk', 'bayes_risk'] });
      assert.ok(quantities.risk!.value.at(-1)! > bayes.value);
      assert.ok(quantities.bayes_gap!.value.every((x) => x > 0));
      assert.ok(quantities.one_step_risk!.value[0]! < quantities.zero_risk!.value[0]!);
      assert.ok(quantities.bayes_risk!.value[0]! < quantities.one_step_risk!.value[0]!);
      assert.equal(quantities.zero_risk!.against, null);
    }
  });

  it('one gradient step is the best linear attention with A = ηI', () => {
    const p = problem({ length: 6, attention: { kernel: 'linear', init: { kind: 'small_identity', scale: 1 } } });
    const layout = layoutOf(p);
    const theta = initialParameters(p);
    const risk = populationRisk(p);
    let best = inf;
    for (let b = 0; b <= 1; b += 0.0005) {
      theta[19] = b;
      best = Math.min(best, risk.risk(merge(layout, theta)).value);
    }
    near(oneStepRisk(p).value, best, 1e-6);
    near(zeroRisk(p).value, 1.55, 1e-14);
    theta[19] = 0.3;
    const sampled = sampledRisk({ ...p, solver: { ...p.solver, samples: 20000 } }).risk(merge(layout, theta));
    assert.ok(Math.abs(sampled.value - risk.risk(merge(layout, theta)).value) < 5 * sampled.standardError);
  });

  it('an infinite prompt is its own reference', () => {
    const p = problem({ length: inf });
    assert.equal(infinitePrompt(p), p);
  });
});
