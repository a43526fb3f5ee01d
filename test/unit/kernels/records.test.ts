/** Records of single prompts, labels without noise, and queries with a law of their own. */
import assert from 'node:assert/strict';
import {
  type BatchKernel,
  createBatchKernel,
  type KernelModule,
  type PromptSetting,
  recordShape,
  streamName,
} from '../../../src/kernels/index.js';
import { applyLink } from '../../../src/kernels/prompt-draws.js';
import { lawForm } from '../../../src/solver/law-form.js';
import { gaussianLaw, kms } from '../solver/problems.js';
import { cases, kernelModule, laws, parametersFor, settingOf } from './support.js';

const options: readonly (readonly [string, Partial<PromptSetting>])[] = [
  ['labels without noise', { labelNoise: 0 }],
  ['queries with their own law', { labelNoise: 0.7, queries: lawForm(gaussianLaw(kms(3, 0.2), [1, 0, -1])) }],
  ['queries of a mixture', { labelNoise: 0, queries: lawForm(laws.mixture!) }],
];
const titles = [
  'pairs, L = 33',
  'Wishart, L = 40',
  'two heads, softmax',
  'three heads, linear',
  'tokens mixture',
  'weights points',
  'link tanh',
];

describe('records of the kernels', function () {
  this.timeout(120_000);
  let module: KernelModule;
  before(async () => {
    module = await kernelModule();
  });

  /** All records of the first `count` prompts, block by block, and Σ error². */
  function recordsOf(kernel: BatchKernel, index: number, count: number): { readonly all: number[]; readonly squares: number } {
    const at = parametersFor(kernel, 0.8, 60 + index);
    const { length } = recordShape(kernel.setting);
    const all: number[] = [];
    let squares = 0;
    for (let first = 0; first < count; first += 32) {
      const now = Math.min(32, count - first);
      kernel.begin(streamName(1, 'records', index), first, now, at.keyQuery, at.value);
      let seen = kernel.recorded;
      assert.equal(seen, 0);
      while (!kernel.advance(50)) {
        assert.ok(kernel.recorded >= seen);
        seen = kernel.recorded;
      }
      assert.equal(kernel.recorded, now);
      all.push(...kernel.records.subarray(0, now * length));
      squares += kernel.sums.errorSquares;
    }
    return { all, squares };
  }

  for (const title of titles) {
    const index = cases.findIndex((one) => one.title === title);
    const one = cases[index]!;
    for (const [what, extra] of options) {
      if (extra.queries !== undefined && one.task.dimension !== 3) continue;
      it(`${title}, ${what}: hold the prompts whose errors are summed`, () => {
        const setting = { ...settingOf(one), ...extra, records: true };
        const { heads, dimension: d } = setting;
        const count = 45;
        const made = recordsOf(createBatchKernel(setting, 'double', module), index, count);
        const plain = recordsOf(createBatchKernel(setting, 'double', null), index, count);
        const shape = recordShape(setting);
        assert.equal(made.all.length, count * shape.length);
        // The largest score and the sum beside it: the chunks in which the largest is found differ, so together.
        const comparable = (all: number[]): number[] =>
          Array.from({ length: count }, (_, n) => all.slice(n * shape.length, (n + 1) * shape.length)).flatMap((record) => [
            ...record.slice(0, shape.largest),
            ...(one.kernel === 'linear'
              ? []
              : Array.from({ length: heads }, (_, h) => record[shape.largest + h]! + Math.log(record[shape.total + h]!))),
          ]);
        const right = comparable(plain.all);
        comparable(made.all).forEach((x, i) => {
          assert.ok(Math.abs(x - right[i]!) < 1e-11 * (1 + Math.abs(right[i]!)), `${i}: ${x} and ${right[i]}`);
        });
        if (extra.labelNoise !== 0) return;
        const { value } = parametersFor(createBatchKernel(setting, 'double', null), 0.8, 60 + index);
        let squares = 0;
        for (let n = 0; n < count; n++) {
          const at = n * shape.length;
          let u = 0;
          for (let i = 0; i < d; i++) u += made.all[at + shape.weights + i]! * made.all[at + shape.query + i]!;
          let error = -applyLink(setting.link, u);
          for (let i = 0; i < heads * (d + 1); i++) error += value[i]! * made.all[at + shape.mean + i]!;
          squares += error * error;
        }
        assert.ok(Math.abs(squares - made.squares) < 1e-10 * squares, `${squares} and ${made.squares}`);
      });
    }
  }

  it('are those of a block at most', () => {
    for (const at of [module, null]) {
      const kernel = createBatchKernel({ ...settingOf(cases[0]!), records: true }, 'double', at);
      const { keyQuery, value } = parametersFor(kernel, 1, 1);
      assert.throws(() => kernel.begin(streamName(1, 'records', 0), 0, 33, keyQuery, value), RangeError);
    }
  });
});
