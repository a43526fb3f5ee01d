import assert from 'node:assert/strict';
import { lawBounds } from '../../../src/solver/law-bounds.js';
import { lawPoints } from '../../../src/solver/law-points.js';
import { TaskLimit } from '../../../src/solver/limit-prompts.js';
import type { Kernel, Law, Link, Problem } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { type ErrorEstimates, sampleErrors } from '../../../src/solver/sampled-errors.js';
import { lawDraw, taskSampler } from '../../../src/solver/sampling.js';
import { gaussianLaw, identityMatrix, kms, plainAttention, taskOfDimension, taskProblem } from './problems.js';

const d = 2;
const rng = stream(9, 'laws', 0);
const laws: Readonly<Record<string, Law>> = {
  gaussian: gaussianLaw(kms(d, 0.5), [0.5, -1]),
  rademacher: { kind: 'independent', dimension: d, coordinate: { kind: 'rademacher' } },
  uniform: { kind: 'independent', dimension: d, coordinate: { kind: 'uniform', low: -1.5, high: 1.5 } },
  sphere: { kind: 'sphere', dimension: d, radius: 1.4 },
  mixture: {
    kind: 'mixture',
    dimension: d,
    weights: [0.3, 0.7],
    components: [gaussianLaw(kms(d, 0.2), [1, 0]), gaussianLaw(identityMatrix(d))],
  },
  'mixture of laws': {
    kind: 'mixture',
    dimension: d,
    weights: [0.5, 0.5],
    components: [
      { kind: 'sphere', dimension: d, radius: 2 },
      { kind: 'independent', dimension: d, coordinate: { kind: 'rademacher' } },
    ],
  },
  affine: {
    kind: 'affine',
    dimension: d,
    mean: [0.2, 0],
    factor: [
      [1, 0.4],
      [0, 0.8],
    ],
    base: { kind: 'independent', dimension: d, coordinate: { kind: 'rademacher' } },
  },
  file: { kind: 'empirical', dimension: d, tokens: { rows: 60, columns: d, data: Float64Array.from({ length: 120 }, () => rng.normal()) } },
};

function last(steps: Generator<ErrorEstimates, ErrorEstimates>): ErrorEstimates {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

const samples = 1500;
const errorOf = (problem: Problem, merged: Parameters<typeof sampleErrors>[1]): { mean: number; standardError: number } =>
  last(sampleErrors(problem, merged, { of: ['output'], confidence: 0.95, samples })).estimates.output!;

describe('every law', function () {
  this.timeout(120_000);

  for (const [name, law] of Object.entries(laws)) {
    it(`${name}: plain tokens go to the limit at the rate of the asymptote`, () => {
      const problem: Problem = {
        ...taskProblem(taskOfDimension(1), 1500),
        setting: { kind: 'tokens', law },
        query: { kind: 'at', at: [0.9, -0.4] },
        attention: { ...plainAttention, keyQuery: kms(d, 0.3), value: identityMatrix(d) },
      };
      const { mean, standardError } = errorOf(problem, null);
      const { asymptote, certified } = lawBounds(problem)!.at('output', 1500);
      // The next term of the expansion is of relative size e^{τ²}/L.
      assert.ok(Math.abs(mean - asymptote) < 4 * standardError + 0.02 * asymptote, `${mean} ± ${standardError} and ${asymptote}`);
      assert.ok(!(certified < mean - 4 * standardError));
    });

    for (const link of ['identity', 'tanh'] as const satisfies readonly Link[]) {
      for (const kernel of ['softmax', 'linear'] as const satisfies readonly Kernel[]) {
        it(`${name}: as the law of x with ${link}, ${kernel} attention goes to its limit as 1/L`, () => {
          const task = taskOfDimension(d, {
            tokens: law,
            link,
            noise: 0.2,
            covariance: kms(d, 0.4),
            weights: gaussianLaw(identityMatrix(d)),
          });
          // The scores see y, so that the tilt of the link counts.
          const merged = { U: Float64Array.from([0.3, 0.1, 0, 0, 0.25, 0, 0.15, -0.1, 0]), v: Float64Array.from([0.3, 0, 1]) };
          const [short, long] = [200, 1600].map((length) => errorOf(taskProblem(task, length, { kernel }), merged));
          const ratio = (8 * long!.mean) / short!.mean;
          const error = ratio * Math.hypot(long!.standardError / long!.mean, short!.standardError / short!.mean);
          assert.ok(Math.abs(ratio - 1) < 4 * error + 0.06, `${ratio} ± ${error}`);
        });
      }
    }
  }
});

describe('a law as points', () => {
  it('is exact for short files and sign vectors', () => {
    assert.ok(lawPoints(laws.file!).exact && lawPoints(laws.rademacher!).exact && !lawPoints(laws.sphere!).exact);
    assert.deepEqual([...lawPoints(laws.rademacher!).points], [-1, -1, 1, -1, -1, 1, 1, 1]);
  });

  it('gives limits that a plain average over draws of the law gives too', () => {
    for (const name of ['uniform', 'sphere', 'mixture', 'affine'] as const) {
      const task = taskOfDimension(d, { tokens: laws[name]!, link: 'tanh', noise: 0.3 });
      const sampler = taskSampler(task);
      const limit = new TaskLimit(task, sampler, 'softmax');
      const u = Float64Array.from([0.7, -0.4]);
      const tilt = Float64Array.from([0.6, 0.5, 0.4]);
      const mean = new Float64Array(3);
      const derivative = new Float64Array(9);
      limit.at(u, tilt, 0, mean, derivative);
      const random = stream(4, `points ${name}`, 0);
      const g = new Float64Array(d);
      let total = 0;
      const sums = [0, 0, 0];
      const n = 200_000;
      for (let k = 0; k < n; k++) {
        sampler.drawBase(random, g, 0);
        const y = Math.tanh(u[0]! * g[0]! + u[1]! * g[1]!) + 0.3 * random.normal();
        const e = Math.exp(tilt[0]! * g[0]! + tilt[1]! * g[1]! + tilt[2]! * y);
        total += e;
        [g[0]!, g[1]!, y].forEach((x, i) => {
          sums[i]! += e * x;
        });
      }
      sums.forEach((sum, i) => {
        assert.ok(Math.abs(sum / total - mean[i]!) < 0.012, `${name} ${i}: ${sum / total} and ${mean[i]}`);
      });
      // The derivative by finite differences.
      const step = 1e-5;
      for (let j = 0; j < 3; j++) {
        const [up, down] = [step, -step].map((h) => {
          const out = new Float64Array(3);
          const moved = tilt.slice();
          moved[j]! += h;
          limit.at(u, moved, 0, out, new Float64Array(9));
          return out;
        });
        for (let i = 0; i < 3; i++) {
          assert.ok(Math.abs((up![i]! - down![i]!) / (2 * step) - derivative[i * 3 + j]!) < 1e-6);
        }
      }
    }
  });

  it('has the same mean in a task whether or not the derivative is wanted', () => {
    for (const [name, law] of Object.entries(laws)) {
      const task = taskOfDimension(d, { tokens: law, noise: 0.3, covariance: kms(d, 0.4) });
      for (const kernel of ['softmax', 'linear'] as const) {
        const limit = new TaskLimit(task, taskSampler(task), kernel);
        const [u, tilt] = [Float64Array.from([0.7, -0.4]), Float64Array.from([0.6, 0.5, 0.4])];
        const [alone, beside] = [new Float64Array(3), new Float64Array(3)];
        limit.at(u, tilt, 0, alone, null);
        limit.at(u, tilt, 0, beside, new Float64Array(9));
        for (let i = 0; i < 3; i++) assert.ok(Math.abs(alone[i]! - beside[i]!) < 1e-14, `${name}, ${kernel}: ${alone} and ${beside}`);
      }
    }
  });

  it('uses draws of the law itself', () => {
    const { points, count } = lawPoints(laws.uniform!);
    const draw = lawDraw(laws.uniform!);
    const x = new Float64Array(d);
    let square = 0;
    for (let i = 0; i < 20_000; i++) {
      draw(rng, x, 0);
      square += x[0]! ** 2 / 20_000;
    }
    let own = 0;
    for (let k = 0; k < count; k++) own += points[k * d]! ** 2 / count;
    assert.ok(Math.abs(own - 0.75) < 1e-3 && Math.abs(square - own) < 0.03);
  });
});
