import assert from 'node:assert/strict';
import type { KernelModule } from '../../../src/kernels/index.js';
import { errorAverages } from '../../../src/solver/concentration.js';
import { ControlledMean } from '../../../src/solver/control-variates.js';
import { ControlledRisk } from '../../../src/solver/controlled-risk.js';
import { errorSource } from '../../../src/solver/error-sources.js';
import { populationRisk } from '../../../src/solver/population.js';
import type { Law, Problem, Query } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { type ErrorEstimates, sampleErrors } from '../../../src/solver/sampled-errors.js';
import { estimateRisk, sampledRisk } from '../../../src/solver/sampled-risk.js';
import { studentHalfWidth } from '../../../src/solver/statistics.js';
import { kernelModule } from '../kernels/support.js';
import { gaussianLaw, identityMatrix, kms, plainAttention, randomMatrix, randomVector, taskOfDimension, taskProblem } from './problems.js';

const controlled = ['output', 'value_gradient'] as const;
const U = [
  [0.5, 0.2],
  [-0.3, 0.4],
];
const V = [
  [1, 0.5],
  [0, -2],
  [0.3, 0.3],
];
const at: Query = { kind: 'at', at: [0.8, -1.1] };
const anywhere: Query = {
  kind: 'law',
  law: gaussianLaw([
    [0.3, 0],
    [0, 0.3],
  ]),
};
const uniform: Law = { kind: 'independent', dimension: 2, coordinate: { kind: 'uniform', low: -1, high: 2 } };
const rademacher: Law = { kind: 'independent', dimension: 2, coordinate: { kind: 'rademacher' } };
const sphere: Law = { kind: 'sphere', dimension: 2, radius: 1.5 };

function tokensProblem(law: Law, query: Query, length: number, heads = 1, seed = 0): Problem {
  const base = taskProblem(taskOfDimension(1), length);
  return {
    ...base,
    setting: { kind: 'tokens', law },
    query,
    attention: { ...plainAttention, kernel: 'softmax', heads, keyQuery: U, value: V },
    solver: { ...base.solver, seed },
  };
}

function final(generator: Generator<ErrorEstimates, ErrorEstimates>): ErrorEstimates {
  for (;;) {
    const next = generator.next();
    if (next.done) return next.value;
  }
}

describe('control variates', () => {
  let module: KernelModule;
  before(async function () {
    this.timeout(60_000);
    module = await kernelModule();
  });
  const kernels = (): KernelModule => module;

  it('of every law and of tasks have the means that are subtracted', () => {
    const settings: [string, Problem, { U: Float64Array; v: Float64Array } | null][] = (
      [
        gaussianLaw(kms(2, 0.4), [1, -2]),
        uniform,
        rademacher,
        sphere,
        { kind: 'mixture', dimension: 2, weights: [1, 3], components: [gaussianLaw(kms(2, 0.2), [1, 0]), sphere] },
        {
          kind: 'affine',
          dimension: 2,
          mean: [0.5, 1],
          factor: [
            [1, 0.3],
            [0, 0.7],
          ],
          base: rademacher,
        },
      ] as Law[]
    ).flatMap((law) =>
      [1, 2].map((heads) => [`${law.kind}, ${heads}`, tokensProblem(law, anywhere, 7, heads), null] as [string, Problem, null]),
    );
    const rng = stream(8, 'controls', 0);
    for (const tokens of [null, sphere, uniform]) {
      const task = taskOfDimension(2, { covariance: kms(2, 0.3), noise: 0.3, tokens });
      const merged = { U: Float64Array.from(randomMatrix(rng, 6, 3, 0.4).flat()), v: randomVector(rng, 6, 1) };
      settings.push([`task with ${tokens?.kind ?? 'Gaussian'} x`, taskProblem(task, 7, { heads: 2 }), merged]);
    }
    for (const [name, problem, merged] of settings) {
      const source = errorSource(problem, merged, false, true);
      for (const quantity of controlled) {
        const difference = new RunningMean();
        let size = 0;
        for (let n = 0; n < 6000; n++) {
          const draws = stream(1, 'controls', n);
          source.query(draws);
          source.prompt(draws);
          difference.add(source.approximation![quantity] - source.known![quantity]);
          size += source.known![quantity] / 6000;
        }
        const { mean, standardError } = difference;
        assert.ok(Math.abs(mean) < 4 * standardError, `${name}, ${quantity}: ${mean} ± ${standardError}`);
        assert.ok(standardError < 0.1 * size, `${name}, ${quantity}: known to ${standardError} of ${size}`);
      }
    }
  });

  it('leave means unbiased and bands that cover as often as they say', () => {
    // Gaussian tokens are not sampled for their mean: here they are, and the exact mean judges. The long prompts draw further queries.
    const trials = 240;
    for (const [query, length] of [
      [at, 30],
      [anywhere, 300],
    ] as const) {
      const law = gaussianLaw(kms(2, 0.3));
      const exact = errorAverages(tokensProblem(law, query, length), controlled)!;
      const tallies = controlled.map((quantity) => ({
        quantity,
        truth: exact.at(quantity, length).value,
        means: new RunningMean(),
        covered: 0,
      }));
      for (let seed = 0; seed < trials; seed++) {
        const problem = tokensProblem(law, query, length, 1, seed);
        const { estimates } = final(sampleErrors(problem, null, { of: controlled, confidence: 0.9, samples: 320 }));
        for (const tally of tallies) {
          const { mean, lower, upper } = estimates[tally.quantity]!;
          tally.means.add(mean);
          if (lower <= tally.truth && tally.truth <= upper) tally.covered++;
        }
      }
      for (const { quantity, truth, means, covered } of tallies) {
        const z = (means.mean - truth) / means.standardError;
        assert.ok(Math.abs(z) < 4, `${query.kind} ${quantity}: ${means.mean} ± ${means.standardError}, ${truth}`);
        assert.ok(covered / trials > 0.9 - 4 * Math.sqrt(0.09 / trials), `${query.kind} ${quantity}: ${covered} of ${trials}`);
      }
    }
  });

  it('pay', () => {
    for (const [name, law, query, length, least] of [
      ['one query', uniform, at, 30, 1.5],
      ['one query, long prompts', uniform, at, 1000, 20],
      ['any query', sphere, anywhere, 1000, 3],
    ] as const) {
      const problem = tokensProblem(law, query, length);
      const { estimates } = final(sampleErrors(problem, null, { of: ['output'], confidence: 0.95, samples: 2000 }));
      const source = errorSource(problem, null, false, false);
      const plain = new RunningMean();
      for (let n = 0; n < 2000; n++) {
        const rng = stream(0, 'concentrate', n);
        source.query(rng);
        source.prompt(rng);
        plain.add(source.errors.output);
      }
      const ratio = (plain.standardError / estimates.output!.standardError) ** 2;
      assert.ok(ratio > least, `${name}: variance ${ratio} times less`);
      assert.ok(Math.abs(plain.mean - estimates.output!.mean) < 4 * plain.standardError, name);
    }
  });

  it('are left alone where few tokens carry all the weight', () => {
    // Scores of standard deviation 4: the first order has no use, and its tail must not come in.
    const problem = tokensProblem(gaussianLaw(identityMatrix(2)), { kind: 'at', at: [8, -1] }, 20);
    const truth = errorAverages(problem, ['output'])!.at('output', 20).value;
    const { mean, standardError } = final(sampleErrors(problem, null, { of: ['output'], confidence: 0.95, samples: 4000 })).estimates
      .output!;
    assert.ok(Math.abs(mean - truth) < 4 * standardError, `${mean} ± ${standardError}, ${truth}`);
    assert.ok(standardError < 0.05 * truth);
  });

  it('take coefficients from other batches: unbiased although they depend on the draws', () => {
    // Y = C² + C with C − 1 exponential, of mean 0: E Y = Var C = 1. Coefficients from the same few draws would be biased by E C³/n.
    const means = new RunningMean();
    for (let seed = 0; seed < 2000; seed++) {
      const rng = stream(seed, 'batches', 0);
      const controlledMean = new ControlledMean();
      for (let n = 0; n < 256; n++) {
        const c = -Math.log(1 - rng.uniform()) - 1;
        controlledMean.add(c * c + c, c);
      }
      means.add(controlledMean.estimate().mean);
    }
    assert.ok(Math.abs(means.mean - 1) < 4 * means.standardError, `${means.mean} ± ${means.standardError}`);
  });

  it('come beside common draws: neighbours in length and in the parameters differ by less than independent estimates would', () => {
    const options = { of: controlled, confidence: 0.95, samples: 200 };
    const tilted = (factor: number, length: number): Problem => {
      const problem = tokensProblem(uniform, anywhere, length);
      return { ...problem, attention: { ...problem.attention, keyQuery: U.map((row) => row.map((x) => factor * x)) } };
    };
    const estimate = (problem: Problem, seed: number) =>
      final(sampleErrors({ ...problem, solver: { ...problem.solver, seed } }, null, options)).estimates.output!;
    for (const [name, one, other] of [
      ['length', tilted(1, 100), tilted(1, 110)],
      ['parameters', tilted(1, 100), tilted(1.02, 100)],
    ] as const) {
      const differences = new RunningMean();
      const single = new RunningMean();
      for (let seed = 0; seed < 60; seed++) {
        const first = estimate(one, seed).mean;
        single.add(first);
        differences.add(estimate(other, seed).mean - first);
      }
      const ratio = (2 * single.standardError ** 2) / differences.standardError ** 2;
      assert.ok(ratio > 3, `${name}: ${ratio}`);
    }
  });

  it('leave the sampled risk unbiased, with honest bands', () => {
    // Two heads that share U and split v are one head, whose risk is exact.
    const task = taskOfDimension(2, { noise: 0.3 });
    const length = 4000;
    const one = { U: Float64Array.from([0.5, 0.1, 0, 0, 0.4, 0, 0, 0, 0]), v: Float64Array.from([0, 0, 1.1]) };
    const two = { U: Float64Array.from([...one.U, ...one.U]), v: Float64Array.from([0, 0, 0.3, 0, 0, 0.8]) };
    const exact = populationRisk(taskProblem(task, length));
    assert.equal(exact.method, 'exact');
    const truth = exact.risk(one).value;
    const base = taskProblem(task, length, { heads: 2 });
    const means = new RunningMean();
    const trials = 60;
    let covered = 0;
    let plainVariance = 0;
    let variance = 0;
    for (let seed = 0; seed < trials; seed++) {
      const problem = { ...base, solver: { ...base.solver, seed, samples: 256 } };
      const { value, standardError } = sampledRisk(problem, kernels).risk(two);
      means.add(value);
      variance += standardError ** 2;
      if (Math.abs(value - truth) < studentHalfWidth(0.9, 63) * standardError) covered++;
      if (seed < 10) plainVariance += (estimateRisk(problem, two, 256, seed).standardError ** 2 * trials) / 10;
    }
    const z = (means.mean - truth) / means.standardError;
    assert.ok(Math.abs(z) < 4, `${means.mean} ± ${means.standardError}, ${truth}`);
    assert.ok(covered / trials > 0.9 - 4 * Math.sqrt(0.09 / trials), `${covered} of ${trials}`);
    // At this length the control is taken by some seeds and left by others: the choice does not bend the mean.
    assert.ok(plainVariance > variance, `${plainVariance / variance} times less`);
  });

  it('of the sampled risk are taken where they lower the variance by more than they cost', () => {
    const rng = stream(4, 'risk', 0);
    const parameters = (heads: number, d: number, scale: number) => ({
      U: Float64Array.from(randomMatrix(rng, (d + 1) * heads, d + 1, scale).flat()),
      v: randomVector(rng, (d + 1) * heads, 1),
    });
    const heads = taskProblem(taskOfDimension(5), 3000, { heads: 2 });
    const sharp = parameters(2, 5, 0.4);
    assert.equal(ControlledRisk.of(heads, module)!.meanSquare(sharp, 400), null);
    // Then the risk is the plain one, of the prompts that it is said to be of.
    const solver = { ...heads.solver, samples: 400 };
    const { value, standardError } = sampledRisk({ ...heads, solver }, kernels).risk(sharp);
    const plain = estimateRisk(heads, sharp, 400, 5);
    assert.ok(Math.abs(value - plain.value) < 4.5 * Math.hypot(standardError, plain.standardError));
    assert.notEqual(
      ControlledRisk.of(taskProblem(taskOfDimension(2, { tokens: sphere }), 6000), module)!.meanSquare(parameters(1, 2, 0.3), 400),
      null,
    );
  }).timeout(120_000);

  it('leave the sampled risk what independent prompts say, for links, linear attention and other tokens', () => {
    for (const [name, task, length, kernel] of [
      ['tanh', { link: 'tanh' }, 12_000, 'softmax'],
      ['linear', { tokens: sphere }, 2000, 'linear'],
      ['sphere', { tokens: sphere, noise: 0.3 }, 6000, 'softmax'],
    ] as const) {
      const problem = taskProblem(taskOfDimension(2, task), length, { kernel });
      const rng = stream(4, 'risk', 0);
      const merged = { U: Float64Array.from(randomMatrix(rng, 3, 3, 0.3).flat()), v: randomVector(rng, 3, 1) };
      const { value, standardError } = sampledRisk({ ...problem, solver: { ...problem.solver, samples: 1000 } }, kernels).risk(merged);
      const plain = estimateRisk(problem, merged, 1000, 77);
      assert.ok(Math.abs(value - plain.value) < 4 * Math.hypot(standardError, plain.standardError), name);
      assert.ok(standardError ** 2 < plain.standardError ** 2 / 1.5, `${name}: ${plain.standardError / standardError}`);
    }
  });
});
