import assert from 'node:assert/strict';
import type { KernelLoader } from '../../../src/kernels/index.js';
import { referenceFor } from '../../../src/solver/flow.js';
import { initialParameters, layoutOf, merge } from '../../../src/solver/parameters.js';
import { populationRisk } from '../../../src/solver/population.js';
import type { Kernel, Problem, Train } from '../../../src/solver/problem.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { trainStochastic } from '../../../src/solver/sgd.js';
import { kernelModule } from '../kernels/support.js';
import { drain, identity, problem } from './training-problem.js';

const seeds = 12;
/** Later this start passes by a saddle, where the noise of SGD grows before it decays. */
const time = 12;
const recorded = 6;

function sgdProblem(kernel: Kernel, length: number, rate: number, seed: number): Problem {
  const steps = Math.round(time / rate);
  const train: Train = {
    kind: 'sgd',
    rate,
    batch: 128,
    steps,
    record: steps / recorded,
    seed,
    momentum: 0,
    beta1: 0.9,
    beta2: 0.999,
    extraSteps: [],
  };
  const d = 2;
  return problem({
    d,
    covariance: identity(d),
    weights: identity(d, 1 / d),
    loss: 'squared',
    length,
    attention: { kernel, parameters: 'factored', init: { kind: 'random', seed: 7, scale: 1 } },
    train,
  });
}

/** Risk at the recorded points of one training. */
function risksOf(p: Problem, kernels: KernelLoader): number[] {
  const layout = layoutOf(p);
  const risk = populationRisk(p);
  return drain(trainStochastic(p, { kernels })).map(({ theta }) => risk.risk(merge(layout, theta)).value);
}

describe('SGD from a random start, along its whole path', () => {
  for (const kernel of ['softmax', 'linear'] as const)
    for (const length of [10, 100])
      it(`scatters around the exact flow: ${kernel}, L = ${length}`, async () => {
        const module = await kernelModule();
        const rate = 0.04;
        const p = sgdProblem(kernel, length, rate, 0);
        const theta = initialParameters(p);
        const points = Array.from({ length: recorded + 1 }, (_, i) => ({ time: (i * time) / recorded, theta }));
        const layout = layoutOf(p);
        const risk = populationRisk(p);
        const flow = drain(referenceFor(p, points)).map((at) => risk.risk(merge(layout, at)).value);
        // Means over seeds differ from the flow in proportion to the rate: twice those at half the rate, less those at the rate, do in its square.
        const means = flow.map(() => new RunningMean());
        for (let seed = 0; seed < seeds; seed++) {
          const coarse = risksOf(sgdProblem(kernel, length, rate, seed), () => module);
          const fine = risksOf(sgdProblem(kernel, length, rate / 2, seeds + seed), () => module);
          means.forEach((mean, i) => {
            mean.add(2 * fine[i]! - coarse[i]!);
          });
        }
        assert.ok(flow.at(-1)! < 0.8 * flow[0]!, `nothing is learned: ${flow}`);
        means.forEach(({ mean, standardError }, i) => {
          const allowed = 5 * standardError + 2e-3 * flow[i]!;
          assert.ok(Math.abs(mean - flow[i]!) <= allowed, `point ${i}: ${mean} ± ${standardError} against ${flow[i]}`);
          assert.ok(standardError <= 0.015 * flow[i]!, `point ${i}: ${standardError} says little`);
        });
      });
});
