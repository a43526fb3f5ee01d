/** Gradients of the kernels against differences of their own losses, and training in single against double precision on the same prompts. */
import assert from 'node:assert/strict';
import { createBatchKernel, type KernelModule, streamName } from '../../../src/kernels/index.js';
import type { Kernel, Problem } from '../../../src/solver/problem.js';
import { StochasticTraining } from '../../../src/solver/sgd.js';
import { gaussianLaw, identityMatrix, kms, taskOfDimension, taskProblem } from '../solver/problems.js';
import { cases, kernelModule, parametersFor, settingOf, sumsOf } from './support.js';

describe('gradients of the kernels', function () {
  this.timeout(120_000);
  let module: KernelModule;
  before(async () => {
    module = await kernelModule();
  });

  // Explicit tokens do not depend on the parameters, so that the sampled loss is a smooth function of them.
  const explicit = cases.filter(({ title }) => /heads|tokens|link/.test(title));
  for (const one of explicit) {
    it(`are those of the sampled loss: ${one.title}`, () => {
      for (const form of [null, module]) {
        const kernel = createBatchKernel(settingOf(one), 'double', form);
        const at = parametersFor(kernel, 0.8, 30);
        const name = streamName(30, 'differences', 0);
        const { keyQuery, value } = sumsOf(kernel, name, 0, 24, at);
        const h = 1e-5;
        for (const [part, gradient] of [
          [at.keyQuery, keyQuery],
          [at.value, value],
        ] as const) {
          for (let i = 0; i < part.length; i += 3) {
            const kept = part[i]!;
            const loss = (x: number): number => {
              part[i] = x;
              return sumsOf(kernel, name, 0, 24, at).errorSquares / 2;
            };
            const difference = (8 * (loss(kept + h) - loss(kept - h)) - (loss(kept + 2 * h) - loss(kept - 2 * h))) / (12 * h);
            part[i] = kept;
            const scale = 1 + Math.abs(difference);
            assert.ok(Math.abs(gradient[i]! - difference) < 1e-6 * scale, `entry ${i}: ${gradient[i]} and ${difference}`);
          }
        }
      }
    });
  }
});

describe('training in single precision', function () {
  this.timeout(120_000);
  let module: KernelModule;
  before(async () => {
    module = await kernelModule();
  });

  for (const [kernel, heads, length, steps] of [
    ['softmax', 1, 20, 20_000],
    ['linear', 1, 20, 20_000],
    ['softmax', 2, 10, 4_000],
  ] as const) {
    it(`stays by that in double precision over ${steps} steps: ${kernel}, ${heads} heads`, () => {
      const d = 3;
      const task = taskOfDimension(d, {
        covariance: kms(d, 0.5),
        weights: gaussianLaw(identityMatrix(d).map((row) => row.map((x) => x / d))),
        noise: Math.sqrt(0.1),
        loss: 'squared',
      });
      const run = (precision: 'single' | 'double'): Float64Array => {
        const problem: Problem = taskProblem(
          task,
          length,
          { kernel: kernel as Kernel, heads, parameters: 'factored', init: { kind: 'random', seed: 5, scale: 1 } },
          {
            train: {
              kind: 'sgd',
              rate: 5e-3,
              batch: 16,
              steps,
              record: steps,
              seed: 9,
              momentum: 0,
              beta1: 0.9,
              beta2: 0.999,
              extraSteps: [],
            },
            solver: { method: 'auto', samples: null, precision, seed: 0 },
          },
        );
        const training = new StochasticTraining(problem, { kernels: () => module });
        while (!training.done) training.work();
        assert.ok(!training.portable);
        return training.parameters;
      };
      const single = run('single');
      const double = run('double');
      let difference = 0;
      let size = 0;
      for (let i = 0; i < double.length; i++) {
        difference += (single[i]! - double[i]!) ** 2;
        size += double[i]! ** 2;
      }
      const relative = Math.sqrt(difference / size);
      assert.ok(relative > 0 && relative < 1e-4, `${relative}`);
    });
  }
});
