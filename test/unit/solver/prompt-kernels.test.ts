/** Sampled risks and errors by the kernels against prompts drawn one by one, which share neither draws nor algebra with them. */
import assert from 'node:assert/strict';
import type { KernelModule } from '../../../src/kernels/index.js';
import type { Attention, ErrorQuantity, Law, Problem, Task } from '../../../src/solver/problem.js';
import { RecordedPrompts } from '../../../src/solver/prompt-kernels.js';
import { stream } from '../../../src/solver/random.js';
import { type ErrorEstimates, sampleErrors } from '../../../src/solver/sampled-errors.js';
import { estimateRisk, sampledRisk } from '../../../src/solver/sampled-risk.js';
import { problemOf } from '../../support/problem.js';
import { kernelModule, laws } from '../kernels/support.js';
import { gaussianLaw, kms, randomMatrix, randomVector, taskOfDimension, taskProblem } from './problems.js';
import { drain } from './training-problem.js';

const solver = (samples: number, method: Problem['solver']['method'] = 'auto'): Problem['solver'] => ({
  method,
  samples,
  precision: 'auto',
  seed: 21,
});

const risks: readonly {
  readonly name: string;
  readonly task: Partial<Task>;
  readonly length: number;
  readonly attention?: Partial<Attention>;
}[] = [
  { name: 'one Gaussian head', task: {}, length: 12 },
  { name: 'one Gaussian head, linear attention', task: {}, length: 12, attention: { kernel: 'linear' } },
  { name: 'two heads, squared loss', task: { loss: 'squared' }, length: 12, attention: { heads: 2 } },
  { name: 'two heads, long prompts', task: {}, length: 400, attention: { heads: 2 } },
  { name: 'a link', task: { link: 'tanh' }, length: 9 },
  { name: 'a mixture of tokens, long prompts', task: { tokens: laws.mixture! }, length: 300 },
];

describe('sampling by the kernels', function () {
  this.timeout(240_000);
  let module: KernelModule;
  before(async () => {
    module = await kernelModule();
  });
  const kernels = (): KernelModule => module;

  risks.forEach(({ name, task, length, attention }, k) => {
    it(`has the risk and gradient of prompts drawn one by one: ${name}`, () => {
      const heads = attention?.heads ?? 1;
      const problem = taskProblem(taskOfDimension(3, { covariance: kms(3, 0.4), noise: 0.4, ...task }), length, attention, {
        solver: solver(8000, 'monte_carlo'),
      });
      const rng = stream(5, 'at', k);
      const m = { U: randomVector(rng, 16 * heads, 0.35), v: randomVector(rng, 4 * heads, 0.8) };
      const risk = sampledRisk(problem, kernels);
      const { value, standardError } = risk.risk(m);
      const plain = estimateRisk(problem, m, length > 100 ? 3000 : 12_000, 77, 'explicit');
      const z = (value - plain.value) / Math.hypot(standardError, plain.standardError);
      assert.ok(standardError > 0 && Math.abs(z) < 4.5, `${value} and ${plain.value}, z = ${z}`);
      const gU = new Float64Array(16 * heads);
      const gv = new Float64Array(4 * heads);
      risk.gradient(m, gU, gv);
      // The family of the gradient is as large as that of the risk; its spread is taken to be that of the other prompts.
      const ratio = Math.sqrt(1 + (length > 100 ? 3000 : 12_000) / 8000);
      gv.forEach((g, i) => {
        assert.ok(Math.abs(g - plain.gv[i]!) < 4.5 * ratio * plain.gvError[i]!, `v ${i}: ${g} and ${plain.gv[i]}`);
      });
      gU.forEach((g, i) => {
        if (i % 4 === 3) assert.equal(g, 0);
        else assert.ok(Math.abs(g - plain.gU[i]!) < 4.5 * ratio * plain.gUError[i]!, `U ${i}: ${g} and ${plain.gU[i]}`);
      });
    });
  });

  it('has the bands of the spread of its prompts', () => {
    const problem = (seed: number): Problem =>
      taskProblem(taskOfDimension(2, { link: 'tanh' }), 6, {}, { solver: { ...solver(400), seed } });
    const rng = stream(6, 'at', 0);
    const m = { U: randomVector(rng, 9, 0.5), v: randomVector(rng, 3, 1) };
    const values = Array.from({ length: 300 }, (_, seed) => sampledRisk(problem(seed), kernels).risk(m));
    const mean = values.reduce((sum, { value }) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, { value, standardError }) => sum + ((value - mean) / standardError) ** 2, 0);
    // χ² with 299 degrees of freedom, and the standard errors' own scatter.
    assert.ok(Math.abs(squares / 299 - 1) < 0.45, `${squares / 299}`);
  });

  it('gives up single precision where scores are sharp', () => {
    const problem = taskProblem(taskOfDimension(2), 40, { heads: 2 }, { solver: solver(500) });
    const m = { U: Float64Array.from({ length: 18 }, (_, i) => (i % 4 === 0 ? 40 : 0)), v: randomVector(stream(7, 'at', 0), 6, 1) };
    const at = (precision: 'auto' | 'double'): number =>
      sampledRisk({ ...problem, solver: { ...problem.solver, precision } }, kernels).risk(m).value;
    assert.equal(at('auto'), at('double'));
  });

  const query: Law = gaussianLaw(kms(3, 0.2), [0.3, 0, -0.2]);
  const rng = stream(8, 'at', 0);
  const U = randomMatrix(rng, 3, 3, 0.4);
  const V = randomMatrix(rng, 2, 3, 0.8);
  const plain = (law: Law, over: Partial<Problem> = {}, attention: Partial<Attention> = {}): Problem =>
    problemOf(
      { kind: 'tokens', law },
      { length: 30, query: { kind: 'law', law: query }, solver: solver(6000), ...over, attention: { keyQuery: U, value: V, ...attention } },
    );
  const inTask = (task: Partial<Task>, attention: Partial<Attention> = {}): Problem =>
    taskProblem(taskOfDimension(3, { covariance: kms(3, 0.4), noise: 0.4, ...task }), 30, attention, { solver: solver(6000) });
  const errors: readonly (readonly [name: string, problem: Problem, heads: number])[] = [
    ['plain Gaussian tokens', plain(gaussianLaw(kms(3, 0.3), [0.5, 0, 0])), 0],
    ['plain tokens of a mixture, one query', plain(laws.mixture!, { query: { kind: 'at', at: [1, -0.5, 0.2] } }), 0],
    ['plain tokens, linear attention, two heads', plain(laws.uniform!, {}, { kernel: 'linear', heads: 2 }), 0],
    ['a task', inTask({}), 1],
    ['a task with two heads and tokens on a sphere', inTask({ tokens: laws.sphere! }, { heads: 2 }), 2],
    ['a task with a link', inTask({ link: 'tanh' }), 1],
  ];
  errors.forEach(([name, problem, heads], k) => {
    it(`has the errors of prompts drawn one by one: ${name}`, () => {
      const at = stream(9, 'at', k);
      const m = heads === 0 ? null : { U: randomVector(at, 16 * heads, 0.35), v: randomVector(at, 4 * heads, 0.8) };
      const estimate = (of: readonly ErrorQuantity[], seed: number): ErrorEstimates =>
        drain(sampleErrors({ ...problem, solver: { ...problem.solver, seed } }, m, { of, confidence: 0.9, samples: 6000, kernels }));
      const two: readonly ErrorQuantity[] = ['output', 'value_gradient'];
      const fast = estimate(two, 1).estimates;
      // With the gradient in U, which needs covariances, prompts are drawn one by one.
      const slow = estimate([...two, 'key_query_gradient'], 2).estimates;
      for (const quantity of two) {
        const [a, b] = [fast[quantity]!, slow[quantity]!];
        const z = (a.mean - b.mean) / Math.hypot(a.standardError, b.standardError);
        assert.ok(Math.abs(z) < 4.5, `${quantity}: ${a.mean} and ${b.mean}, z = ${z}`);
        const [p, q] = [a.quantile!, b.quantile!];
        assert.ok(Math.abs(p.value - q.value) < 2 * (p.upper - p.lower + q.upper - q.lower), `${quantity}: ${p.value} and ${q.value}`);
      }
      assert.deepEqual(estimate(two, 1).estimates, fast);
    });
  });

  it('takes records in order, by parts, and again', () => {
    const task = inTask({});
    const made = new RecordedPrompts(
      {
        kernel: 'softmax',
        heads: 1,
        dimension: 3,
        length: 20_000,
        tokens: [{ share: 1, base: 'normal', baseDimension: 3, mean: new Float64Array(3), factor: null }],
        weights: [{ share: 1, base: 'normal', baseDimension: 3, mean: new Float64Array(3), factor: null }],
        noise: 0,
        link: 'identity',
      },
      task.solver.seed,
      'records',
      module,
    );
    const model = { keyQuery: new Float64Array(12).fill(0.1), value: new Float64Array(4).fill(1) };
    const run = (): number[] => {
      const out: number[] = [];
      let waits = 0;
      made.restart();
      for (let n = 0; n < 40; n++) {
        let at = -1;
        for (; at < 0; waits++) at = made.next(n, 40, model);
        out.push(...made.records.subarray(at, at + made.shape.length));
      }
      assert.ok(waits > 40, 'a prompt takes several calls');
      return out;
    };
    const first = run();
    assert.equal(new Set(first.filter((_, i) => i % made.shape.length === 0)).size, 40);
    assert.deepEqual(run(), first);
  });
});
