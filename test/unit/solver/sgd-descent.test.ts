import assert from 'node:assert/strict';
import type { KernelModule } from '../../../src/kernels/index.js';
import { WasmDescent } from '../../../src/kernels/wasm-descent.js';
import type { Problem, SolverSettings } from '../../../src/solver/problem.js';
import { StochasticTraining } from '../../../src/solver/sgd.js';
import { kernelModule } from '../kernels/support.js';
import { identity, kms, type Options, problem } from './training-problem.js';

type Rule = Extract<Problem['train'], { kind: 'sgd' | 'adam' }>;

const steps = 150;

interface Made extends Options {
  readonly rule?: Partial<Rule>;
  readonly precision?: SolverSettings['precision'];
}

function made(o: Made, record: number): Problem {
  const train: Rule = {
    kind: 'sgd',
    rate: 0.02,
    batch: 70,
    steps,
    record,
    seed: 2 ** 40 + 5,
    momentum: 0.7,
    beta1: 0.9,
    beta2: 0.999,
    extraSteps: [],
    ...o.rule,
  };
  const plain = problem({ ...o, train });
  return { ...plain, solver: { ...plain.solver, precision: o.precision ?? 'auto' } };
}

describe('steps taken together', function () {
  this.timeout(120_000);
  let module: KernelModule;
  /** Steps that were taken together, since it was last set to 0. */
  let taken = 0;
  const { take } = WasmDescent.prototype;
  before(async () => {
    module = await kernelModule();
    WasmDescent.prototype.take = function (...args) {
      const done = take.apply(this, args);
      taken += done;
      return done;
    };
  });
  after(() => {
    WasmDescent.prototype.take = take;
  });

  /** A training that is recorded at every step takes them one by one. */
  const train = (o: Made, record: number, kernels: KernelModule | null = module): StochasticTraining => {
    const run = new StochasticTraining(made(o, record), { kernels: () => kernels });
    while (!run.done) run.work();
    return run;
  };

  const start = { kind: 'random', seed: 3, scale: 1 } as const;
  const cases: readonly (readonly [title: string, o: Made])[] = [
    ['factored', { d: 5, attention: { parameters: 'factored', init: start } }],
    [
      'factored, squared loss, another key dimension',
      { d: 4, loss: 'squared', attention: { parameters: 'factored', keyDimension: 3, init: start } },
    ],
    ['factored, one coordinate', { d: 1, attention: { parameters: 'factored', init: start } }],
    ['factored, two heads', { d: 3, length: 5, attention: { parameters: 'factored', heads: 2, init: start, temperature: 1.5 } }],
    ['merged', { d: 3 }],
    [
      'merged, uncorrelated tokens',
      {
        d: 2,
        covariance: [
          [2, 0],
          [0, 0.5],
        ],
        attention: { temperature: 0.8 },
      },
    ],
    ['merged, three heads, tokens one by one', { d: 2, length: 4, covariance: identity(2), attention: { heads: 3, init: start } }],
    ['linear attention, factored', { d: 5, attention: { kernel: 'linear', parameters: 'factored', init: start } }],
    ['Adam, factored', { d: 5, attention: { parameters: 'factored', init: start }, rule: { kind: 'adam', rate: 3e-3 } }],
    ['Adam, merged, two heads', { d: 2, attention: { heads: 2, init: start }, rule: { kind: 'adam', rate: 3e-3 } }],
    ['double precision', { d: 5, attention: { parameters: 'factored', init: start }, precision: 'double' }],
    ['a batch of many blocks', { d: 3, length: 3, rule: { batch: 2000, steps: 20 } }],
    [
      'scores that are sharp now and then',
      {
        d: 2,
        covariance: identity(2),
        weights: identity(2, 0.5),
        attention: {
          keyQuery: [
            [1.3, 0, 0],
            [0, 1.3, 0],
            [0, 0, 0],
          ],
          value: [[0, 0, 0.1]],
        },
        rule: { rate: 1e-3, batch: 2000, steps: 60 },
      },
    ],
  ];
  for (const [title, o] of cases) {
    it(`have the bits of single ones: ${title}`, () => {
      const single = train(o, 1);
      taken = 0;
      const together = train(o, steps);
      assert.deepEqual(together.parameters, single.parameters);
      assert.deepEqual(together.points.at(-1), single.points.at(-1));
      assert.ok(taken > 0.8 * (o.rule?.steps ?? steps) && taken < (o.rule?.steps ?? steps), `${taken} were`);
      assert.notDeepEqual(together.parameters, new StochasticTraining(made(o, 1)).parameters);
    });
  }

  it('have the bits of a training that stopped on its way', () => {
    const o: Made = {
      d: 4,
      covariance: kms(4, 0.3),
      attention: { parameters: 'factored', init: start },
      rule: { kind: 'adam', rate: 1e-3 },
    };
    const whole = train(o, steps);
    const begun = new StochasticTraining(made(o, steps), { kernels: () => module });
    begun.takeSteps(61);
    assert.equal(begun.steps, 61);
    const again = new StochasticTraining(made(o, steps), { kernels: () => module, state: begun.exportState() });
    while (!again.done) again.work();
    assert.deepEqual(again.parameters, whole.parameters);
    assert.deepEqual(again.points, whole.points);
  });

  it('end where the training diverges, at the step that single ones name', () => {
    const o: Made = { d: 3, rule: { rate: 4, momentum: 0 } };
    const said = (record: number): string => {
      try {
        train(o, record);
      } catch (error) {
        return (error as Error).message;
      }
      return 'did not diverge';
    };
    assert.match(said(1), /diverged: .* at step \d+/);
    assert.equal(said(steps), said(1));
  });
});
