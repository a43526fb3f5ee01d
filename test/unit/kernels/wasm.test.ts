/** The WebAssembly kernels against the plain TypeScript ones, which draw the same words but use the functions of `Math` and a loop per prompt. */
import assert from 'node:assert/strict';
import { type BatchKernel, createBatchKernel, type KernelModule, type PromptSums, streamName } from '../../../src/kernels/index.js';
import { type Case, cases, kernelModule, listOf, parametersFor, settingOf, sumsOf } from './support.js';

/** The largest difference of the sums over the largest of them. */
function distance(a: PromptSums, b: PromptSums): number {
  const left = listOf(a);
  const right = listOf(b);
  assert.equal(left.length, right.length);
  const size = Math.max(...left.map(Math.abs));
  return Math.max(...left.map((x, i) => Math.abs(x - right[i]!))) / size;
}

describe('WebAssembly kernels', function () {
  this.timeout(120_000);
  let module: KernelModule;
  before(async () => {
    module = await kernelModule();
  });
  const pair = (one: Case) => {
    const setting = settingOf(one);
    return {
      twin: createBatchKernel(setting, 'double', null),
      double: createBatchKernel(setting, 'double', module),
      single: createBatchKernel(setting, 'single', module),
    };
  };
  const byTitle = (title: string): Case => cases.find((one) => one.title === title)!;

  it('say how they compute', () => {
    const { twin, double, single } = pair(cases[0]!);
    assert.deepEqual([twin.arithmetic, double.arithmetic, single.arithmetic], ['portable', 'double', 'single']);
  });

  cases.forEach((one, index) => {
    it(`agree with the plain kernel: ${one.title}`, () => {
      const { twin, double, single } = pair(one);
      const at = parametersFor(twin, 0.8, 40 + index);
      // 61 prompts: two blocks, and a last group of one.
      const reference = sumsOf(twin, streamName(1, 'agree', index), 0, 61, at);
      const inDouble = sumsOf(double, streamName(1, 'agree', index), 0, 61, at);
      const inSingle = sumsOf(single, streamName(1, 'agree', index), 0, 61, at);
      // At L = 1 the spread of the values is 0, and what rounding leaves of it goes through a square root.
      const [forDouble, forSingle] = one.length === 1 && one.kernel === 'softmax' ? [3e-8, 1e-3] : [1e-13, 1e-5];
      assert.ok(distance(reference, inDouble) < forDouble, `${distance(reference, inDouble)} in double precision`);
      assert.ok(distance(reference, inSingle) < forSingle, `${distance(reference, inSingle)} in single precision`);
      assert.ok(Math.abs(inDouble.sharpest - reference.sharpest) < 1e-13 * (1 + reference.sharpest));
      assert.ok(Math.abs(inSingle.sharpest - reference.sharpest) < 1e-5 * (1 + reference.sharpest));
    });
  });

  for (const title of ['pairs, L = 33', 'two heads, softmax', 'tokens mixture']) {
    it(`stay exact where scores are sharp: ${title}`, () => {
      const { twin, double, single } = pair({ ...byTitle(title), length: 3000 });
      // Where a few tokens hold all the weight, the spread of the values is the square root of a small difference of large numbers.
      for (const [sharpness, forDouble, forSingle] of [
        [8, 1e-8, 2e-3],
        [60, 1e-8, 5e-3],
        [400, 1e-8, 0.05],
      ] as const) {
        const at = parametersFor(twin, sharpness, 7);
        const reference = sumsOf(twin, streamName(2, 'sharp', 0), 0, 32, at);
        assert.ok(reference.sharpest > sharpness);
        const d = distance(reference, sumsOf(double, streamName(2, 'sharp', 0), 0, 32, at));
        const s = distance(reference, sumsOf(single, streamName(2, 'sharp', 0), 0, 32, at));
        assert.ok(d < forDouble, `${d} in double precision at ${sharpness}`);
        assert.ok(s < forSingle, `${s} in single precision at ${sharpness}`);
      }
    });
  }

  it('keep long sums in double precision', () => {
    const { twin, double, single } = pair({ ...byTitle('pairs, L = 33'), length: 200_000 });
    const at = parametersFor(twin, 0.8, 8);
    const reference = sumsOf(twin, streamName(3, 'long', 0), 0, 4, at);
    assert.ok(distance(reference, sumsOf(double, streamName(3, 'long', 0), 0, 4, at)) < 1e-12);
    assert.ok(distance(reference, sumsOf(single, streamName(3, 'long', 0), 0, 4, at)) < 3e-6);
  });

  it('draw Wishart matrices at a length of 10¹²', () => {
    const { twin, double, single } = pair({ ...byTitle('Wishart, L = 40'), length: 1e12 });
    const at = parametersFor(twin, 0.8, 9);
    const reference = sumsOf(twin, streamName(4, 'long', 0), 0, 64, at);
    assert.ok(distance(reference, sumsOf(double, streamName(4, 'long', 0), 0, 64, at)) < 1e-13);
    assert.ok(distance(reference, sumsOf(single, streamName(4, 'long', 0), 0, 64, at)) < 1e-5);
  });

  it('give the same bits however a batch is split and however little is done at a time', () => {
    for (const title of ['pairs, L = 33', 'Wishart, L = 40', 'tokens mixture', 'two heads, softmax']) {
      for (const kernel of Object.values(pair(byTitle(title)))) {
        const at = parametersFor(kernel, 0.8, 10);
        const name = streamName(5, 'split', 0);
        const whole = sumsOf(kernel, name, 0, 150, at);
        const pieces = [0, 32, 64, 96, 128].map((first) => sumsOf(kernel, name, first, Math.min(32, 150 - first), at));
        const added = pieces.map(listOf).reduce((sum, piece) => sum.map((x, i) => x + piece[i]!));
        assert.deepEqual(listOf(whole), added, title);
        kernel.begin(name, 0, 150, at.keyQuery, at.value);
        let calls = 0;
        while (!kernel.advance(1)) calls++;
        assert.ok(calls >= 30 || title.startsWith('Wishart'));
        assert.deepEqual(listOf(kernel.sums), listOf(whole), title);
      }
    }
  });

  it('refuse to start within a block', () => {
    const kernels: BatchKernel[] = Object.values(pair(cases[0]!));
    for (const kernel of kernels) {
      const { keyQuery, value } = parametersFor(kernel, 1, 1);
      assert.throws(() => kernel.begin(streamName(1, 'x', 0), 16, 32, keyQuery, value), RangeError);
    }
  });

  it('share w, query and label noise between lengths and kernels', () => {
    const labels = (['softmax', 'linear'] as const).flatMap((kernel) =>
      [3, 50].map((length) => {
        const { double } = pair({ ...byTitle('pairs, L = 33'), kernel, length });
        return sumsOf(double, streamName(6, 'common', 0), 0, 64, parametersFor(double, 1, 2)).labelSquares;
      }),
    );
    assert.equal(new Set(labels).size, 1);
  });
});
