/**
 * Times SGD on fresh prompts in this process, on one thread, and prints one JSON object in the form of the programs in bench/peers.
 * Options: --length L --kernel softmax|linear --covariance identity|kms --steps N --blocks N --warmup N.
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { kernelLoader } from '../src/engine/node/kernels.js';
import type { Kernel } from '../src/solver/problem.js';
import { StochasticTraining } from '../src/solver/sgd.js';
import { batch, problemOf, rate } from './settings.js';

const { values } = parseArgs({
  options: {
    length: { type: 'string' },
    kernel: { type: 'string', default: 'softmax' },
    covariance: { type: 'string', default: 'identity' },
    steps: { type: 'string', default: '200' },
    blocks: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '20' },
  },
});
const [length, steps, blocks, warmup] = [values.length, values.steps, values.blocks, values.warmup].map(Number) as [
  number,
  number,
  number,
  number,
];
const perBlock = Math.max(1, Math.floor(steps / blocks));
const total = warmup + perBlock * blocks;
const training = new StochasticTraining(
  problemOf({
    kernel: values.kernel as Kernel,
    length,
    covariance: values.covariance === 'kms' ? 'kms' : 'identity',
    parameters: 'factored',
    init: { kind: 'random', seed: 327, scale: 1 },
    train: { kind: 'sgd', rate, batch, steps: total, record: total, seed: 327, momentum: 0, beta1: 0.9, beta2: 0.999, extraSteps: [] },
  }),
  { kernels: kernelLoader(new URL('../dist/kernels.wasm', import.meta.url)) },
);
if (training.portable) throw new Error('dist/kernels.wasm is missing: `npm run build` makes it');

training.takeSteps(warmup);
const times: number[] = [];
for (let block = 0; block < blocks; block++) {
  const from = performance.now();
  training.takeSteps(perBlock);
  times.push((performance.now() - from) / 1000 / perBlock);
}
times.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    peer: 'attn-lab',
    dtype: 'float32',
    threads: 1,
    kernel: values.kernel,
    length,
    batch,
    steps: perBlock * blocks,
    seconds_per_step: times[times.length >> 1],
    least: times[0],
    most: times[times.length - 1],
    resident_bytes: process.memoryUsage().rss,
  }),
);
