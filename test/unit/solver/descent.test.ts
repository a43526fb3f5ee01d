/** Gradient descent on the population risk: every step against differences of the risk. */
import assert from 'node:assert/strict';
import type { KernelModule } from '../../../src/kernels/index.js';
import { trainDescent } from '../../../src/solver/flow.js';
import { emptyMerged, layoutOf, merge } from '../../../src/solver/parameters.js';
import { populationRisk } from '../../../src/solver/population.js';
import { kernelModule } from '../kernels/support.js';
import { drain, type Options, problem, slope } from './training-problem.js';

const start = { kind: 'random', seed: 3, scale: 0.8 } as const;
const cases: readonly (readonly [string, Options])[] = [
  ['factored, from a balanced start', { d: 2, attention: { parameters: 'factored' } }],
  ['factored, linear attention, from any start', { d: 2, attention: { parameters: 'factored', kernel: 'linear', init: start } }],
  [
    'factored, key dimension 2',
    { d: 2, loss: 'squared', attention: { parameters: 'factored', kernel: 'linear', keyDimension: 2, init: start } },
  ],
  ['two heads, merged', { d: 2, length: 6, samples: 300, attention: { heads: 2, init: start } }],
  [
    'two heads, factored, linear attention',
    { d: 2, length: 4, samples: 300, attention: { heads: 2, parameters: 'factored', kernel: 'linear', init: start } },
  ],
  ['three heads, factored', { d: 1, length: 5, samples: 300, attention: { heads: 3, parameters: 'factored', init: start } }],
];

describe('gradient descent', function () {
  this.timeout(120_000);
  let module: KernelModule;
  before(async () => {
    module = await kernelModule();
  });

  for (const [title, options] of cases) {
    it(`steps along the differences of the risk: ${title}`, () => {
      const rate = 0.05;
      const made = problem({ ...options, train: { kind: 'gradient_descent', rate, steps: 4, record: 1, extraSteps: [] } });
      const kernels = (): KernelModule => module;
      const points = drain(trainDescent(made, kernels));
      assert.deepEqual(
        points.map((p) => p.step),
        [0, 1, 2, 3, 4],
      );
      const layout = layoutOf(made);
      const risk = populationRisk(made, kernels);
      const { U, v } = emptyMerged(layout);
      // With several heads the descent follows one fixed sample; its value comes with its gradient.
      const value = (theta: Float64Array): number => risk.gradient(merge(layout, theta), U, v);
      for (let k = 0; k < 4; k++) {
        const { theta } = points[k]!;
        const expected = theta.map((x, i) => {
          const moved = theta.slice();
          return (
            x -
            rate *
              slope((h) => {
                moved[i] = x + h;
                return value(moved);
              }, 3e-4)
          );
        });
        const moved = Math.hypot(...expected.map((x, i) => x - theta[i]!));
        const off = Math.hypot(...expected.map((x, i) => x - points[k + 1]!.theta[i]!));
        assert.ok(moved > 1e-4 && off < 1e-7 * (1 + moved), `step ${k}: off by ${off} of ${moved}`);
      }
      assert.ok(value(points[4]!.theta) < value(points[0]!.theta), 'the risk falls');
    });
  }
});
