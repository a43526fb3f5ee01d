/** Contour sums: compiled against plain, both against the definition summed node by node, and a gradient flow with and without the module. */
import assert from 'node:assert/strict';
import type { KernelModule } from '../../../src/kernels/index.js';
import { trainDescent, trainFlow } from '../../../src/solver/flow.js';
import type { TrainedPoint } from '../../../src/solver/gradient-fields.js';
import type { Problem } from '../../../src/solver/problem.js';
import { QuadraticContour } from '../../../src/solver/quadratic-contour.js';
import { stream } from '../../../src/solver/random.js';
import type { SolveEvent } from '../../../src/solver/result.js';
import { gaussianLaw, identityMatrix, kms, taskOfDimension, taskProblem } from '../solver/problems.js';
import { kernelModule } from './support.js';

interface Request {
  readonly lambda: Float64Array;
  readonly g: Float64Array;
  readonly c: Float64Array;
  readonly noise: number;
  readonly accuracy: number;
}

const dimensions = [1, 2, 5, 16, 20, 60];
const lengths = [2, 1000];

/** λ over five orders of magnitude, also 0; g and c of either sign. */
function requests(d: number, count: number): Request[] {
  const rng = stream(17, 'contour', d);
  return Array.from({ length: count }, (_, k) => {
    const size = 10 ** (2 * rng.uniform() - 1);
    return {
      lambda: Float64Array.from({ length: d }, (_, i) => (k % 4 === 3 && i > 0 ? 0 : size * 10 ** (-3 * rng.uniform() * (k % 3)))),
      g: Float64Array.from({ length: d }, () => rng.normal()),
      c: Float64Array.from({ length: d }, () => rng.normal()),
      noise: rng.uniform(),
      accuracy: k % 2 === 0 ? 1e-14 : 1e-11,
    };
  });
}

function sums(contour: QuadraticContour, { lambda, g, c, noise, accuracy }: Request): number[] {
  const { kernel } = contour;
  kernel.g.set(g);
  kernel.c.set(c);
  assert.ok(contour.sum(lambda, accuracy, noise));
  return [kernel.mean, ...kernel.beta, ...kernel.gamma, ...kernel.slope];
}

/** The same by complex numbers as the definition has them, a term for each pair of coordinates. */
function byDefinition(contour: QuadraticContour, { lambda, g, c, noise, accuracy }: Request): { sum: number[]; size: number[] } {
  const d = lambda.length;
  const sum = new Array<number>(1 + 3 * d).fill(0);
  const size = new Array<number>(1 + 3 * d).fill(0);
  const times = ([a, b]: readonly number[], [x, y]: readonly number[]): number[] => [a! * x! - b! * y!, a! * y! + b! * x!];
  contour.visit(lambda, accuracy, (node) => {
    const B = [node.br, node.bi];
    const G = [node.gr, node.gi];
    const p = [node.pr, node.pi];
    const h = Array.from(lambda, (_, i) => [node.hr[i]!, node.hi[i]!]);
    const add = (at: number, [, imaginary]: readonly number[]): void => {
      sum[at]! += imaginary!;
      size[at]! += Math.abs(imaginary!);
    };
    add(0, B);
    for (let i = 0; i < d; i++) {
      add(1 + i, times(B, h[i]!));
      add(1 + d + i, times(G, h[i]!));
      const own = times(p, h[i]!);
      add(1 + 2 * d + i, times(own, times(B, [noise, 0])));
      for (let j = 0; j < d; j++) {
        const both = times(own, h[j]!).map((x) => x * (i === j ? 3 : 1));
        add(1 + 2 * d + i, times(both, times(B, [c[j]!, 0])));
        add(1 + 2 * d + i, times(both, times(G, [-g[j]!, 0])));
      }
    }
  });
  return { sum, size };
}

function drain<T>(steps: Generator<SolveEvent, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

describe('contour sums', function () {
  this.timeout(60_000);
  let module: KernelModule;
  before(async () => {
    module = await kernelModule();
  });

  for (const d of dimensions) {
    it(`are the same bits compiled and plain, d = ${d}`, () => {
      // Lengths take turns: all of one dimension share the compiled kernel, whose memory holds one table at a time.
      const pairs = lengths.map((length) => [new QuadraticContour(length, d), new QuadraticContour(length, d, module)] as const);
      for (const request of requests(d, 6)) {
        for (const [plain, compiled] of pairs) {
          const expected = sums(plain, request);
          assert.ok(expected.every(Number.isFinite));
          assert.deepEqual(sums(compiled, request), expected);
        }
      }
    });

    it(`keep to the accuracy they are asked for, d = ${d}`, () => {
      for (const length of lengths) {
        const contour = new QuadraticContour(length, d, module);
        for (const request of requests(d, 12)) {
          const fine = sums(contour, { ...request, accuracy: 1e-15 });
          // Averages of B2 and 1 − G and of their products with ξ²: numbers of one size.
          const size = Math.max(...fine.slice(0, 1 + 2 * d).map(Math.abs), 1e-3);
          for (const accuracy of [1e-11, 1e-8, 1e-6]) {
            const coarse = sums(contour, { ...request, accuracy });
            for (let i = 0; i < 1 + 2 * d; i++) {
              const off = Math.abs(coarse[i]! - fine[i]!) / size;
              // What is left out decays slowly.
              assert.ok(off <= 10 * accuracy, `L = ${length}, accuracy ${accuracy}, sum ${i}: off by ${off}`);
            }
          }
        }
      }
    });

    it(`are those of the definition, d = ${d}`, () => {
      for (const length of lengths) {
        const contour = new QuadraticContour(length, d, module);
        // Far beyond what is asked for: the kernel may take one node more, which −p makes count.
        for (const request of requests(d, 3).map((one) => ({ ...one, accuracy: 1e-30 }))) {
          const { sum, size } = byDefinition(contour, request);
          sums(contour, request).forEach((x, i) => {
            const off = Math.abs(x - sum[i]!);
            assert.ok(off <= 1e-13 * size[i]!, `L = ${length}, sum ${i}: ${x} against ${sum[i]}`);
          });
        }
      }
    });
  }

  it('go on to where weights are beyond double precision', () => {
    const request: Request = { ...requests(40, 1)[0]!, lambda: new Float64Array(40).fill(0.2), accuracy: 0 };
    const expected = sums(new QuadraticContour(10, 40), request);
    assert.ok(expected.every(Number.isFinite));
    assert.deepEqual(sums(new QuadraticContour(10, 40, module), request), expected);
  });

  it('have nothing to sum at λ = 0', () => {
    const contour = new QuadraticContour(10, 3, module);
    assert.equal(contour.sum(new Float64Array(3), 1e-14, 1), false);
  });

  it('give a gradient flow the same bits with and without the module', () => {
    for (const length of [2, 10, 1000]) {
      for (const kind of ['gradient_flow', 'gradient_descent'] as const) {
        const task = taskOfDimension(5, { covariance: kms(5, 0.5), weights: gaussianLaw(identityMatrix(5)), noise: 0.3 });
        const train: Problem['train'] = { kind: 'gradient_flow', time: 8, points: 9, tolerance: 1e-8, extraTimes: [] };
        const descent: Problem['train'] = { kind: 'gradient_descent', rate: 0.05, steps: 100, record: 20, extraSteps: [] };
        const problem = taskProblem(task, length, {}, { train: kind === 'gradient_flow' ? train : descent, measures: ['parameter_gap'] });
        const run = kind === 'gradient_flow' ? trainFlow : trainDescent;
        let asked = 0;
        const compiled = drain(
          run(problem, () => {
            asked++;
            return module;
          }),
        );
        assert.ok(asked > 0);
        const seen = (points: readonly TrainedPoint[]) => points.map(({ time, theta, reference }) => ({ time, theta, reference }));
        assert.deepEqual(seen(compiled), seen(drain(run(problem))));
      }
    }
  });
});
