/** The sampling kernels for a problem's finite prompts, and the precision that they take (docs/mathematics.md, section 5, "Optimisers"). */
import {
  type BatchKernel,
  blockPrompts,
  createBatchKernel,
  hasPlaneForm,
  type KernelModule,
  type LawForm,
  type PromptSetting,
  type PromptSums,
  recordShape,
  streamName,
} from '../kernels/index.js';
import { lawForm, taskForms } from './law-form.js';
import { taskOf } from './parameters.js';
import type { Law, Problem, SolverSettings } from './problem.js';
import type { WorkingModel } from './prompts.js';
import { taskSampler } from './sampling.js';

/** Scores with a larger standard deviation, or explicit ones of a larger magnitude, are not left to single precision. */
const sharpestInSingle = { plane: 6, explicit: 24 } as const;
/** Where the root mean square of the scores' deviation is above this, some prompt of a batch will be beyond single precision. */
const sharpOnAverage = 2;

/** Prompts of a task as the kernels take them. */
export function promptSetting(problem: Problem): PromptSetting {
  const task = taskOf(problem);
  const { kernel, heads } = problem.attention;
  const forms = taskForms(task, taskSampler(task));
  return { kernel, heads, dimension: task.dimension, length: problem.length, ...forms, noise: task.noise, link: task.link };
}

/** Plain tokens as the kernels take them: with w = 0, y is 0. */
export function plainPromptSetting(problem: Problem, law: Law, query: NonNullable<Problem['query']>): PromptSetting {
  const { kernel, heads } = problem.attention;
  const D = law.dimension;
  const point = (at: Float64Array): LawForm => [
    { share: 1, base: 'points', baseDimension: D, mean: new Float64Array(D), factor: null, points: at },
  ];
  return {
    kernel,
    heads,
    dimension: D,
    length: problem.length,
    tokens: lawForm(law),
    weights: point(new Float64Array(D)),
    queries: query.kind === 'at' ? point(Float64Array.from(query.at)) : lawForm(query.law),
    noise: 0,
    link: 'identity',
  };
}

/** The kernels of a task's prompts in either precision. */
export class PromptKernels {
  readonly setting: PromptSetting;
  /** Tokens of a prompt, those of all heads together; 0 where a prompt is drawn without. */
  readonly tokensPerPrompt: number;
  /** Seconds of a prompt on one core, about. */
  readonly secondsPerPrompt: number;
  /** E|u|² + s²: what the label's coordinate adds to the scores' variance. */
  readonly labelPower: number;
  private readonly plane: boolean;
  private single: BatchKernel | null = null;
  private double: BatchKernel | null = null;

  constructor(
    problem: Problem,
    /** That of `solver.precision`, or one for all. */
    private readonly precision: SolverSettings['precision'],
    private readonly module: KernelModule | null,
    options: Pick<PromptSetting, 'labelNoise'> = {},
  ) {
    const task = taskOf(problem);
    const { length } = problem;
    const { kernel, heads } = problem.attention;
    this.setting = { ...promptSetting(problem), ...options };
    this.plane = hasPlaneForm(this.setting);
    this.labelPower = secondMomentOf(this.setting.weights) + task.noise ** 2;
    this.tokensPerPrompt = this.plane && kernel === 'linear' ? 0 : length * heads;
    this.secondsPerPrompt = secondsOf(this.tokensPerPrompt, this.plane, task.dimension)[this.usual.arithmetic];
  }

  /** The kernel for scores that are not sharp. */
  get usual(): BatchKernel {
    return this.of(this.precision === 'double' ? 'double' : 'single');
  }

  private of(precision: 'single' | 'double'): BatchKernel {
    if (precision === 'single') {
      this.single ??= createBatchKernel(this.setting, 'single', this.module);
      return this.single;
    }
    this.double ??= createBatchKernel(this.setting, 'double', this.module);
    return this.double;
  }

  /** The kernel for these parameters; `sharp`: `isTooSharp` has said that they need more precision. */
  choose(model: WorkingModel, sharp: boolean): BatchKernel {
    if (this.precision !== 'auto') return this.usual;
    return this.of(sharp || this.meanSharpness(model) > sharpOnAverage ** 2 ? 'double' : 'single');
  }

  /** True when sums of this sharpness are too sharp for how `kernel` has computed them. */
  isTooSharp(kernel: BatchKernel, sharpest: number): boolean {
    // What overflowed in single precision is no number: it is looked at again, too.
    return this.precision === 'auto' && kernel.arithmetic === 'single' && !(sharpest < this.limits.sharpest);
  }

  /** Up to where single precision does: the mean square of a head's score deviation, and `sharpest` of a batch; Infinity where the precision is given. */
  get limits(): { readonly sharpestOnAverage: number; readonly sharpest: number } {
    if (this.precision !== 'auto') return { sharpestOnAverage: Number.POSITIVE_INFINITY, sharpest: Number.POSITIVE_INFINITY };
    return { sharpestOnAverage: sharpOnAverage ** 2, sharpest: this.plane ? sharpestInSingle.plane : sharpestInSingle.explicit };
  }

  /** The largest E τ² of a head, with g of covariance I and E u = 0. */
  private meanSharpness(model: WorkingModel): number {
    if (this.setting.kernel === 'linear') return 0;
    const { keyQuery, heads, dimension: d } = model;
    let largest = 0;
    for (let h = 0, at = 0; h < heads; h++) {
      let sum = 0;
      for (let i = 0; i <= d; i++) {
        let square = 0;
        for (let j = 0; j < d; j++, at++) square += keyQuery[at] * keyQuery[at];
        sum += (i < d ? 1 : this.labelPower) * square;
      }
      largest = Math.max(largest, sum);
    }
    return largest;
  }
}

/**
 * A fixed family of prompts, the first of (seed, purpose): prompt n is stream n, whatever the length and the kernel, so that every evaluation sees the same ones.
 * Labels are without noise.
 */
export class PromptFamily {
  private readonly kernels: PromptKernels;
  private readonly name: Int32Array;

  constructor(
    problem: Problem,
    purpose: string,
    readonly count: number,
    precision: SolverSettings['precision'],
    module: KernelModule | null,
  ) {
    this.kernels = new PromptKernels(problem, precision, module, { labelNoise: 0 });
    this.name = streamName(problem.solver.seed, purpose, 0);
  }

  /** Sums over the family at the parameters of `model`, good until the next call. */
  sums(model: WorkingModel): PromptSums {
    const kernel = this.kernels.choose(model, false);
    const sums = this.run(kernel, model);
    return this.kernels.isTooSharp(kernel, sums.sharpest) ? this.run(this.kernels.choose(model, true), model) : sums;
  }

  private run(kernel: BatchKernel, model: WorkingModel): PromptSums {
    kernel.begin(this.name, 0, this.count, model.keyQuery, model.value);
    while (!kernel.advance(tokensAtOnce[kernel.arithmetic]));
    return kernel.sums;
  }
}

/** Prompts of the family (seed, purpose) one after the other, in double precision, each with its record. */
export class RecordedPrompts {
  readonly shape: ReturnType<typeof recordShape>;
  private readonly kernel: BatchKernel;
  private readonly name: Int32Array;
  /** The block under way, by its first prompt. */
  private begun = -1;

  constructor(setting: PromptSetting, seed: number, purpose: string, module: KernelModule | null) {
    this.kernel = createBatchKernel({ ...setting, labelNoise: 0, records: true }, 'double', module);
    this.shape = recordShape(this.kernel.setting);
    this.name = streamName(seed, purpose, 0);
  }

  /**
   * Where the record of prompt `n` is in `records`, at these parameters in working coordinates; −1 when it is not there yet, after a few milliseconds of work. Prompts are asked
   * for in order, from 0 on, below `count`.
   */
  next(n: number, count: number, { keyQuery, value }: Pick<WorkingModel, 'keyQuery' | 'value'>): number {
    const { kernel, name, shape } = this;
    const place = n % blockPrompts;
    if (place === 0 && this.begun !== n) {
      kernel.begin(name, n, Math.min(blockPrompts, count - n), keyQuery, value);
      this.begun = n;
    }
    if (kernel.recorded <= place) kernel.advance(tokensAtOnce[kernel.arithmetic] / 4);
    return kernel.recorded <= place ? -1 : place * shape.length;
  }

  /** Starts again at prompt 0. */
  restart(): void {
    this.begun = -1;
  }

  get records(): Float64Array {
    return this.kernel.records;
  }

  /** log (1/L) Σ exp(score) of head h of the prompt whose record is at `at`, for softmax. */
  logMeanWeight(h: number, at: number): number {
    const { records, shape, kernel } = this;
    return records[at + shape.largest + h] + Math.log(records[at + shape.total + h] / kernel.setting.length);
  }
}

/** Tokens for each call of a kernel: a few milliseconds. */
export const tokensAtOnce = { single: 400_000, double: 200_000, portable: 60_000 } as const;
/** Seconds for a token, D = 6, and what a prompt costs beside its tokens, in tokens. */
const secondsPerToken = { single: 6e-9, double: 17e-9, portable: 80e-9 } as const;
const tokensPerPrompt = 12;

function secondsOf(tokens: number, plane: boolean, dimension: number): Record<keyof typeof secondsPerToken, number> {
  const count = tokens * (plane ? 1 : dimension / 3 + 1) + tokensPerPrompt;
  const { single, double, portable } = secondsPerToken;
  return { single: count * single, double: count * double, portable: count * portable };
}

/** Seconds of a prompt drawn token by token on one core, about, whether there is a module or not. */
export function secondsOfPrompt(problem: Problem): { readonly single: number; readonly double: number } {
  return secondsOf(problem.length * problem.attention.heads, false, taskOf(problem).dimension);
}

function secondMomentOf(form: PromptSetting['weights']): number {
  let sum = 0;
  for (const { share, mean, factor, baseDimension } of form) {
    let square = factor === null ? baseDimension : 0;
    for (const m of mean) square += m * m;
    for (const f of factor ?? []) square += f * f;
    sum += share * square;
  }
  return sum;
}
