import assert from 'node:assert/strict';
import { blockPrompts, createBatchKernel, streamName } from '../../../src/kernels/index.js';
import { trainFlow } from '../../../src/solver/flow.js';
import { taskForms } from '../../../src/solver/law-form.js';
import { layoutOf, merge, pullBack } from '../../../src/solver/parameters.js';
import { populationRisk } from '../../../src/solver/population.js';
import type { Attention, Problem, Task, Train } from '../../../src/solver/problem.js';
import { WorkingModel } from '../../../src/solver/prompts.js';
import { stream } from '../../../src/solver/random.js';
import { SolverFailure } from '../../../src/solver/result.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { taskSampler } from '../../../src/solver/sampling.js';
import { StochasticTraining, trainStochastic } from '../../../src/solver/sgd.js';
import { decodeState, encodeState, type StochasticPoint, type StochasticState } from '../../../src/solver/training-state.js';
import { gaussianLaw, kms, taskOfDimension, taskProblem } from './problems.js';

type Stochastic = Extract<Train, { kind: 'sgd' | 'adam' }>;

const plainTrain: Stochastic = {
  kind: 'sgd',
  rate: 0.01,
  batch: 8,
  steps: 10,
  record: 5,
  seed: 3,
  momentum: 0,
  beta1: 0.9,
  beta2: 0.999,
  extraSteps: [],
};

const task: Task = taskOfDimension(2, {
  covariance: kms(2, 0.4),
  weights: gaussianLaw([
    [0.5, 0],
    [0, 0.5],
  ]),
  noise: 0.3,
});

function problemOf(train: Partial<Stochastic>, attention: Partial<Attention> = {}, length = 6, over: Task = task): Problem {
  return taskProblem(over, length, { init: { kind: 'random', seed: 1, scale: 0.6 }, ...attention }, { train: { ...plainTrain, ...train } });
}

function run(problem: Problem, state: StochasticState | null = null): readonly StochasticPoint[] {
  const generator = trainStochastic(problem, state === null ? {} : { state: encodeState(state) });
  for (;;) {
    const next = generator.next();
    if (next.done) return next.value;
  }
}

/** A state at θ after `step` steps of plain SGD. */
function stateAt(theta: ArrayLike<number>, step = 0): StochasticState {
  return {
    step,
    theta: Float64Array.from(theta),
    first: new Float64Array(theta.length),
    second: new Float64Array(0),
    ceiling: null,
    points: [],
  };
}

/** The gradient of step `step`'s batch at θ, as one step of plain SGD at rate 1 reveals it. */
function batchGradient(problem: Problem, theta: Float64Array, step: number): Float64Array {
  const train = { ...(problem.train as Stochastic), kind: 'sgd' as const, rate: 1, momentum: 0, steps: step + 1 };
  const training = new StochasticTraining({ ...problem, train }, { state: encodeState(stateAt(theta, step)) });
  training.takeSteps(1);
  return theta.map((x, i) => x - training.parameters[i]);
}

/** The mean loss of step 0's batch at θ. */
function batchLoss(problem: Problem, theta: Float64Array): number {
  return run({ ...problem, train: { ...(problem.train as Stochastic), steps: 0 } }, stateAt(theta))[0].loss;
}

describe('SGD on fresh prompts', () => {
  it('descends the gradient of the loss that it reports', () => {
    const cases: readonly [Partial<Attention>, number, Task][] = [
      [{}, 6, task],
      [{ kernel: 'linear' }, 6, task],
      [{ parameters: 'factored', keyDimension: 2, heads: 2, temperature: 1.7 }, 5, task],
      [{ parameters: 'factored', keyDimension: 3, heads: 2, kernel: 'linear' }, 5, task],
      [{ heads: 2 }, 4, { ...task, link: 'tanh', loss: 'squared' }],
      [{}, 4, { ...task, tokens: { kind: 'independent', dimension: 2, coordinate: { kind: 'rademacher' } } }],
      [{ heads: 2 }, Infinity, task],
      [{ parameters: 'factored', keyDimension: 3, heads: 2 }, Infinity, { ...task, link: 'tanh' }],
      [{}, Infinity, { ...task, tokens: { kind: 'sphere', dimension: 2, radius: 1 } }],
      [{ kernel: 'linear' }, Infinity, { ...task, link: 'relu', loss: 'squared' }],
    ];
    cases.forEach(([attention, length, over], k) => {
      // The two-normal and Wishart forms sample a prompt for one value of the parameters: only explicit prompts stay the same as θ moves.
      const explicit = length === Infinity || (attention.heads ?? 1) > 1 || over.tokens !== null;
      const problem = problemOf({}, explicit ? attention : { ...attention, heads: 2 }, length, over);
      const { size } = layoutOf(problem);
      const rng = stream(9, 'theta', k);
      const theta = Float64Array.from({ length: size }, () => 0.4 * rng.normal());
      const gradient = batchGradient(problem, theta, 0);
      const scale = Math.hypot(...gradient);
      for (let i = 0; i < size; i += 3) {
        const h = 1e-5;
        const at = (by: number): number =>
          batchLoss(
            problem,
            theta.map((x, j) => (j === i ? x + by : x)),
          );
        const slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
        assert.ok(Math.abs(slope - gradient[i]) < 1e-8 * scale, `case ${k}, parameter ${i}: ${gradient[i]}, ${slope} by differences`);
      }
    });
  });

  it('takes the average over the prompts of its batch, block after block', () => {
    const batch = blockPrompts + 7;
    const problem = problemOf({ batch }, { parameters: 'factored', keyDimension: 2 });
    const layout = layoutOf(problem);
    const theta = new StochasticTraining(problem).parameters.slice();
    const sampler = taskSampler(task);
    const { root } = sampler;
    const model = new WorkingModel(root, 2, 1);
    model.set(merge(layout, theta));
    const setting = {
      kernel: 'softmax',
      heads: 1,
      dimension: 2,
      length: 6,
      noise: 0.3,
      link: 'identity',
      ...taskForms(task, sampler),
    } as const;
    const kernel = createBatchKernel(setting, 'double', null);
    const gU = new Float64Array(9);
    const gv = new Float64Array(3);
    let loss = 0;
    const step = 2;
    for (const [first, count] of [
      [0, blockPrompts],
      [blockPrompts, 7],
    ] as const) {
      kernel.begin(streamName(plainTrain.seed, 'sgd', step), first, count, model.keyQuery, model.value);
      while (!kernel.advance(1));
      const { keyQuery, value, errorSquares } = kernel.sums;
      loss += errorSquares / (2 * batch);
      const rootOf = (x: ArrayLike<number>, i: number, at: number, stride: number): number =>
        i === 2 ? x[at + 2 * stride] : root[2 * i] * x[at] + root[2 * i + 1] * x[at + stride];
      for (let i = 0; i < 3; i++) {
        gv[i] += rootOf(value, i, 0, 1) / batch;
        const row = [0, 1].map((j) => rootOf(keyQuery, i, j, 2));
        for (let j = 0; j < 2; j++) gU[3 * i + j] += rootOf(row, j, 0, 1) / batch;
      }
    }
    const expected = new Float64Array(layout.size);
    pullBack(layout, theta, gU, gv, expected);
    const found = batchGradient(problem, theta, step);
    expected.forEach((g, i) => {
      assert.ok(Math.abs(g - found[i]) < 1e-14);
    });
    const points = run({ ...problem, train: { ...plainTrain, batch, steps: 2 } }, stateAt(theta, 2));
    assert.ok(Math.abs(points[0].loss - loss) < 1e-14);
  });

  it('doubles its gradient and loss with the squared loss', () => {
    const half = problemOf({});
    const whole = problemOf({}, {}, 6, { ...task, loss: 'squared' });
    const theta = new StochasticTraining(half).parameters.slice();
    const g = batchGradient(half, theta, 0);
    const twice = batchGradient(whole, theta, 0);
    g.forEach((x, i) => {
      assert.ok(Math.abs(2 * x - twice[i]) < 1e-14);
    });
    assert.ok(Math.abs(2 * batchLoss(half, theta) - batchLoss(whole, theta)) < 1e-13);
  });

  it('carries momentum', () => {
    const problem = problemOf({ momentum: 0.7, rate: 0.2, steps: 3, record: 1 });
    const points = run(problem);
    let velocity = new Float64Array(points[0].theta.length);
    for (let k = 0; k < 3; k++) {
      const g = batchGradient(problem, points[k].theta, k);
      velocity = velocity.map((v, i) => 0.7 * v + g[i]);
      points[k + 1].theta.forEach((x, i) => {
        assert.ok(Math.abs(x - (points[k].theta[i] - 0.2 * velocity[i])) < 1e-14);
      });
    }
  });

  it('is Adam as Kingma and Ba write it', () => {
    const problem = problemOf({ kind: 'adam', rate: 0.05, beta1: 0.8, beta2: 0.95, steps: 3, record: 1 });
    const points = run(problem);
    const gradients = [0, 1, 2].map((k) => batchGradient(problem, points[k].theta, k));
    for (let t = 1; t <= 3; t++) {
      points[t].theta.forEach((x, i) => {
        let m = 0;
        let v = 0;
        for (let k = 0; k < t; k++) {
          m += 0.2 * 0.8 ** (t - 1 - k) * gradients[k][i];
          v += 0.05 * 0.95 ** (t - 1 - k) * gradients[k][i] ** 2;
        }
        const move = (0.05 * (m / (1 - 0.8 ** t))) / (Math.sqrt(v / (1 - 0.95 ** t)) + 1e-8);
        assert.ok(Math.abs(x - (points[t - 1].theta[i] - move)) < 1e-13);
      });
    }
  });

  it('records every so many steps, the extra ones and the last', () => {
    const points = run(problemOf({ steps: 11, record: 4, extraSteps: [3, 8, 10], rate: 0.5e-2 }));
    assert.deepEqual(
      points.map((point) => point.step),
      [0, 3, 4, 8, 10, 11],
    );
    for (const point of points) {
      assert.equal(point.time, point.step * 0.5e-2);
      assert.ok(point.loss > 0 && point.lossError > 0);
    }
  });

  it('goes on bit for bit from a saved state', () => {
    for (const kind of ['sgd', 'adam'] as const) {
      const problem = problemOf({ kind, momentum: 0.5, steps: 9, record: 2 }, { parameters: 'factored', heads: 2 });
      const whole = run(problem);
      const training = new StochasticTraining(problem);
      for (let k = 0; k < 5; k++) training.takeSteps(1);
      const { size } = layoutOf(problem);
      const saved = decodeState(training.exportState(), size, kind === 'adam' ? size : 0);
      assert.equal(saved?.step, 5);
      assert.deepEqual(run(problem, saved), whole);
      assert.deepEqual(run(problem), whole);
    }
  });

  it('reports progress from 0 to 1', () => {
    // Short steps, and steps that are longer than the time between two events.
    for (const [steps, length] of [
      [3000, 10],
      [3, 100_000],
    ] as const) {
      const generator = trainStochastic(problemOf({ steps, batch: 16 }, { heads: 2 }, length));
      const fractions: number[] = [];
      for (const event of generator) if (event.kind === 'progress') fractions.push(event.fraction);
      assert.ok(fractions.length > 5);
      for (let i = 0; i < fractions.length; i++) assert.ok(fractions[i] > (fractions[i - 1] ?? 0) && fractions[i] <= 1);
    }
  });

  it('says when it diverges, and which setting is at fault', () => {
    for (const [kernel, rate] of [
      ['linear', 30],
      ['softmax', 1e5],
    ] as const) {
      assert.throws(
        () => run(problemOf({ rate, steps: 10_000, record: 100 }, { kernel }, 5)),
        (error) =>
          error instanceof SolverFailure && error.code === 'diverged' && error.setting === 'train.rate' && /step \d+/.test(error.message),
      );
    }
  });

  it('follows the closed-form infinite-prompt flow at a small rate', () => {
    // Section 5 with Σ = I, ω = 1 and A = a I: da/dt = b − b²a, db/dt = d (a − b a²).
    const d = 2;
    const steps = 400;
    const rate = 0.01;
    const over = taskOfDimension(d);
    const problem = taskProblem(
      over,
      Infinity,
      { init: { kind: 'balanced', alpha: 0.5 } },
      { train: { ...plainTrain, rate, steps, record: 100, batch: 256 } },
    );
    const points = run(problem);
    let a = 0.5 / Math.sqrt(d);
    let b = 0.5;
    const expected = new Map<number, number[]>([[0, [a, b]]]);
    const fine = 20;
    for (let k = 1; k <= steps * fine; k++) {
      const h = rate / fine;
      const da = b - b * b * a;
      const db = d * (a - b * a * a);
      a += h * da;
      b += h * db;
      if (k % (100 * fine) === 0) expected.set(k / fine, [a, b]);
    }
    for (const point of points) {
      const [ea, eb] = expected.get(point.step)!;
      // Noise of SGD: about √(rate/batch) ≈ 0.006 per unit of gradient noise, which is at most about 2.
      assert.ok(Math.abs(point.theta[0] - ea) < 0.05, `a at ${point.step}: ${point.theta[0]}, ${ea}`);
      assert.ok(Math.abs(point.theta[11] - eb) < 0.05, `b at ${point.step}: ${point.theta[11]}, ${eb}`);
    }
    assert.ok(Math.abs(points[4].theta[11] - 2 ** 0.25) < 0.05);
  });

  it('has batch gradients whose mean is the gradient of the population risk', () => {
    for (const [kernel, length] of [
      ['softmax', 12],
      ['linear', 12],
      ['softmax', Infinity],
    ] as const) {
      const problem = problemOf({ batch: 50 }, { kernel, parameters: 'factored', keyDimension: 2, temperature: 1.3 }, length);
      const layout = layoutOf(problem);
      const rng = stream(14, 'mean', 0);
      const theta = Float64Array.from({ length: layout.size }, () => 0.5 * rng.normal());
      const gU = new Float64Array(9);
      const gv = new Float64Array(3);
      const expected = new Float64Array(layout.size);
      populationRisk(problem).gradient(merge(layout, theta), gU, gv);
      pullBack(layout, theta, gU, gv, expected);
      const means = Array.from(expected, () => new RunningMean());
      for (let step = 0; step < 200; step++) {
        batchGradient(problem, theta, step).forEach((g, i) => {
          means[i].add(g);
        });
      }
      means.forEach(({ mean, standardError }, i) => {
        assert.ok(Math.abs(mean - expected[i]) < 4.5 * standardError + 1e-3 * Math.hypot(...expected), `${kernel} ${length}, ${i}`);
      });
    }
  });

  it('follows the exact gradient flow at a finite length, at a small rate', () => {
    for (const kernel of ['softmax', 'linear'] as const) {
      const start = { kernel, init: { kind: 'balanced', alpha: 0.6 } } as const;
      const rate = 0.01;
      const sgd = problemOf({ rate, steps: 300, record: 100, batch: 200 }, start, 15);
      const flow: Problem = { ...sgd, train: { kind: 'gradient_flow', time: 3, points: 4, tolerance: 1e-8, extraTimes: [] } };
      const generator = trainFlow(flow);
      let next = generator.next();
      while (!next.done) next = generator.next();
      const exact = next.value;
      // Four independent runs: their mean, with Student's t (3 degrees of freedom, 10⁻³ point 10.2) and the O(rate) lag of a discrete step.
      const runs = [1, 2, 3, 4].map((seed) => run({ ...sgd, train: { ...(sgd.train as Stochastic), seed } }));
      exact.forEach(({ theta }, point) => {
        theta.forEach((x, i) => {
          const mean = new RunningMean();
          for (const points of runs) mean.add(points[point].theta[i]);
          assert.ok(Math.abs(mean.mean - x) < 10.2 * mean.standardError + rate, `${kernel}, point ${point}, ${i}: ${mean.mean}, ${x}`);
          assert.ok(10.2 * mean.standardError < 0.2);
        });
      });
      assert.ok(Math.abs(exact[3].theta[11] - exact[0].theta[11]) > 0.1);
    }
  });
});
