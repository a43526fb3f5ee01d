/** Batch kernels in tests: whole calls, averages over batches with standard errors, and cases that cover laws, links and heads. */
import { assemble } from '../../../src/kernels/assembly/assemble.js';
import { type BatchKernel, type KernelModule, type PromptSetting, type PromptSums, streamName } from '../../../src/kernels/index.js';
import { taskForms } from '../../../src/solver/law-form.js';
import type { Kernel, Law, Link, Task } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { taskSampler } from '../../../src/solver/sampling.js';
import { gaussianLaw, identityMatrix, kms, taskOfDimension } from '../solver/problems.js';

/** As much of it as is used here. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

let compiled: Promise<KernelModule> | null = null;

/** The module as the sources are now; compiled once. */
export function kernelModule(): Promise<KernelModule> {
  compiled ??= assemble().then((bytes) => new WebAssembly.Module(bytes));
  return compiled;
}

export interface Parameters {
  readonly keyQuery: Float64Array;
  readonly value: Float64Array;
}

/** Parameters in working coordinates with scores of standard deviation about `sharpness`. */
export function parametersFor(kernel: BatchKernel, sharpness: number, seed: number): Parameters {
  const { heads, dimension: d } = kernel.setting;
  const rng = stream(seed, 'parameters', 0);
  const keyQuery = Float64Array.from({ length: heads * (d + 1) * d }, () => (sharpness * rng.normal()) / d);
  return { keyQuery, value: Float64Array.from({ length: heads * (d + 1) }, () => rng.normal()) };
}

export function sumsOf(kernel: BatchKernel, name: Int32Array, first: number, count: number, at: Parameters): PromptSums {
  kernel.begin(name, first, count, at.keyQuery, at.value);
  while (!kernel.advance(1e6));
  const { sums } = kernel;
  return { ...sums, keyQuery: sums.keyQuery.slice(), value: sums.value.slice() };
}

/** Σ error², Σ label², Σ e m, Σ e n gᵀ in one list. */
export function listOf(sums: PromptSums): number[] {
  return [sums.errorSquares, sums.labelSquares, ...sums.value, ...sums.keyQuery];
}

/** Means per prompt of `listOf` over `batches` batches of `count` prompts, with standard errors from the spread of the batches. */
export function averages(kernel: BatchKernel, at: Parameters, seed: number, batches: number, count: number): RunningMean[] {
  const means: RunningMean[] = [];
  for (let k = 0; k < batches; k++) {
    listOf(sumsOf(kernel, streamName(seed, 'averages', k), 0, count, at)).forEach((x, i) => {
      means[i] ??= new RunningMean();
      means[i].add(x / count);
    });
  }
  return means;
}

export interface Case {
  readonly title: string;
  readonly task: Task;
  readonly kernel: Kernel;
  readonly heads: number;
  readonly length: number;
}

export function settingOf({ task, kernel, heads, length }: Case): PromptSetting {
  const forms = taskForms(task, taskSampler(task));
  return { kernel, heads, dimension: task.dimension, length, ...forms, noise: task.noise, link: task.link };
}

const affine: Law = {
  kind: 'affine',
  dimension: 3,
  mean: [0.5, -0.2, 0.1],
  factor: [
    [1, 0.2],
    [0.3, 0.8],
    [-0.4, 0.5],
  ],
  base: { kind: 'independent', dimension: 2, coordinate: { kind: 'uniform', low: -1, high: 2 } },
};
const mixture: Law = {
  kind: 'mixture',
  dimension: 3,
  components: [
    gaussianLaw(kms(3, 0.4), [1, 0, 0]),
    { kind: 'sphere', dimension: 3, radius: 1.5 },
    { kind: 'independent', dimension: 3, coordinate: { kind: 'rademacher' } },
    affine,
  ],
  weights: [0.4, 0.2, 0.3, 0.1],
};
const rng = stream(3, 'points', 0);
const points: Law = {
  kind: 'empirical',
  dimension: 3,
  tokens: { rows: 17, columns: 3, data: Float64Array.from({ length: 51 }, () => rng.normal()) },
};

export const laws: Readonly<Record<string, Law>> = {
  rademacher: { kind: 'independent', dimension: 3, coordinate: { kind: 'rademacher' } },
  uniform: { kind: 'independent', dimension: 3, coordinate: { kind: 'uniform', low: -1, high: 2 } },
  sphere: { kind: 'sphere', dimension: 3, radius: 1.5 },
  mixture,
  points,
};

const base = (d: number, over: Partial<Task> = {}): Task =>
  taskOfDimension(d, { covariance: kms(d, 0.5), weights: gaussianLaw(identityMatrix(d)), noise: 0.3, ...over });

/** Every form of the kernels: plane and explicit, both attentions, odd and even lengths, every base law and link. */
export const cases: readonly Case[] = [
  ...[1, 2, 5, 33, 100].map((length): Case => ({ title: `pairs, L = ${length}`, task: base(3), kernel: 'softmax', heads: 1, length })),
  { title: 'pairs, d = 1', task: base(1), kernel: 'softmax', heads: 1, length: 7 },
  { title: 'pairs, d = 6, without noise', task: base(6, { noise: 0 }), kernel: 'softmax', heads: 1, length: 20 },
  ...[1, 2, 3, 40].map((length): Case => ({ title: `Wishart, L = ${length}`, task: base(4), kernel: 'linear', heads: 1, length })),
  { title: 'two heads, softmax', task: base(3), kernel: 'softmax', heads: 2, length: 35 },
  { title: 'three heads, linear', task: base(2), kernel: 'linear', heads: 3, length: 6 },
  ...Object.entries(laws).map(
    ([name, law]): Case => ({ title: `tokens ${name}`, task: base(3, { tokens: law }), kernel: 'softmax', heads: 1, length: 9 }),
  ),
  ...Object.entries(laws).map(
    ([name, law]): Case => ({ title: `weights ${name}`, task: base(3, { weights: law }), kernel: 'softmax', heads: 1, length: 4 }),
  ),
  ...(['tanh', 'relu', 'sign', 'square'] as Link[]).map(
    (link): Case => ({ title: `link ${link}`, task: base(2, { link }), kernel: 'softmax', heads: 1, length: 8 }),
  ),
];
