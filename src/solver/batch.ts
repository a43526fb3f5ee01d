/**
 * The fresh prompts of one training step, in blocks. A block is the same numbers wherever and whenever it is evaluated, and the sums of a batch
 * are those of its blocks added in their order: a batch gives the same bits on any number of workers.
 */
import { type BatchKernel, blockPrompts, type Descent, type KernelModule, streamName } from '../kernels/index.js';
import { adamEpsilon } from './optimisers.js';
import { type Merged, taskOf } from './parameters.js';
import type { Problem, Train } from './problem.js';
import { PromptKernels, tokensAtOnce } from './prompt-kernels.js';
import { promptEvaluator } from './prompt-routes.js';
import { GradientSum, type PromptEvaluator, WorkingModel } from './prompts.js';
import { stream } from './random.js';
import { SolverFailure } from './result.js';
import { promptWork } from './sampled-risk.js';
import { taskSampler } from './sampling.js';

export type StochasticTrain = Extract<Train, { kind: 'sgd' | 'adam' }>;

/** Places of a row of sums: Σ error², Σ error⁴, Σ label², the sharpest scores; then the gradients in working coordinates. */
export const place = { squares: 0, fourths: 1, labels: 2, sharpest: 3, gradients: 4 } as const;

/** Blocks of a batch at most: those of a larger batch are of several blocks of the kernels each. */
const mostBlocks = 64;

/** Blocks of a batch, prompts of a block, and the length of a row of sums. */
export function batchShape<E>(problem: Problem<E>): { readonly blocks: number; readonly prompts: number; readonly row: number } {
  const { train, setting, attention } = problem;
  if (setting.kind !== 'task' || (train?.kind !== 'sgd' && train?.kind !== 'adam')) return { blocks: 0, prompts: 0, row: 0 };
  const prompts = blockPrompts * Math.ceil(train.batch / (blockPrompts * mostBlocks));
  const d = setting.task.dimension;
  return { blocks: Math.ceil(train.batch / prompts), prompts, row: place.gradients + attention.heads * (d + 1) ** 2 };
}

export interface BatchSource {
  readonly blocks: number;
  /** Length of a row of sums. */
  readonly row: number;
  /** Estimate for a whole batch on one core. */
  readonly seconds: number;
  /** True when a result is not that of the WebAssembly kernels. */
  readonly portable: boolean;
  /** The next blocks are of step `step` at these parameters; `sharp`: `isTooSharp` has said that they need more precision. */
  prepare(step: number, merged: Merged, sharp: boolean): void;
  /** Starts on `count` blocks from `first` on. */
  begin(first: number, count: number): void;
  /** The part of the blocks begun that is done, about: 0 to 1. */
  readonly progress: number;
  /** Works on for a few milliseconds; true when the sums of the blocks are in out[at] … out[at + row − 1]. */
  advance(out: Float64Array, at: number): boolean;
  /** True when the scores in the sums of a batch are too sharp for how they were computed: it is to be evaluated again. */
  isTooSharp(sums: Float64Array): boolean;
  /** `scale` times the gradients of U (heads × D × D) and v (heads × D) of ½ Σ error², from a row of sums. */
  gradients(sums: Float64Array, scale: number, gU: Float64Array, gv: Float64Array): void;
  /** Whole steps where a training can be left to the kernel, with losses and gradients of these scales; null where it cannot. */
  descent(lossScale: number, gradientScale: number): Descent | null;
}

/** Parameters in working coordinates, and the way back for the gradients. */
abstract class WorkingBatch {
  readonly row: number;
  readonly blocks: number;
  /** Prompts of a block. */
  protected readonly prompts: number;
  protected readonly root: Float64Array;
  protected readonly model: WorkingModel;
  protected readonly sums: GradientSum;

  constructor(
    protected readonly problem: Problem,
    protected readonly train: StochasticTrain,
  ) {
    const { root, dimension } = taskSampler(taskOf(problem));
    const { heads } = problem.attention;
    this.root = root;
    this.model = new WorkingModel(root, dimension, heads);
    this.sums = new GradientSum(root, dimension, heads);
    const { blocks, prompts, row } = batchShape(problem);
    this.row = row;
    this.blocks = blocks;
    this.prompts = prompts;
  }

  gradients(sums: Float64Array, scale: number, gU: Float64Array, gv: Float64Array): void {
    this.sums.take(sums, place.gradients);
    this.sums.finish(scale, gU, gv);
  }
}

/** Finite prompts by the sampling kernels: prompt b of step k is stream b of the family (seed, 'sgd', k), whatever the length and the kernel. */
export class KernelBatch extends WorkingBatch implements BatchSource {
  readonly seconds: number;
  private readonly kernels: PromptKernels;
  private kernel: BatchKernel;
  private name: Int32Array;
  /** Tokens of the blocks begun that are left. */
  private begun = 1;
  private left = 0;
  /** Prompts from here to `end` are not begun. */
  private next = 0;
  private end = 0;
  private isFirst = true;

  constructor(problem: Problem, train: StochasticTrain, module: KernelModule | null) {
    super(problem, train);
    this.kernels = new PromptKernels(problem, problem.solver.precision, module);
    this.kernel = this.kernels.usual;
    this.name = streamName(train.seed, 'sgd', 0);
    this.seconds = train.batch * this.kernels.secondsPerPrompt;
  }

  get portable(): boolean {
    return this.kernel.arithmetic === 'portable';
  }

  get progress(): number {
    return this.begun > 0 ? 1 - this.left / this.begun : 0;
  }

  prepare(step: number, merged: Merged, sharp: boolean): void {
    this.model.set(merged);
    this.name = streamName(this.train.seed, 'sgd', step);
    this.kernel = this.kernels.choose(this.model, sharp);
  }

  begin(first: number, count: number): void {
    this.next = first * this.prompts;
    this.end = Math.min(this.train.batch, (first + count) * this.prompts);
    this.begun = this.kernels.tokensPerPrompt * (this.end - this.next);
    this.left = this.begun;
    this.isFirst = true;
    this.beginKernel();
  }

  /** Blocks of the kernel's own size are summed in one call; larger ones, call by call. */
  private beginKernel(): void {
    const from = this.next;
    this.next = this.prompts === blockPrompts ? this.end : Math.min(this.end, from + this.prompts);
    this.kernel.begin(this.name, from, this.next - from, this.model.keyQuery, this.model.value);
  }

  advance(out: Float64Array, at: number): boolean {
    const { kernel } = this;
    const tokens = tokensAtOnce[kernel.arithmetic];
    // Never the last of them: how many tokens a call takes is about.
    this.left = Math.max(this.left - tokens, 0.01 * this.left);
    if (!kernel.advance(tokens)) return false;
    if (this.isFirst) out.fill(0, at, at + this.row);
    this.isFirst = false;
    const { errorSquares, errorFourths, labelSquares, sharpest, keyQuery, value } = kernel.sums;
    out[at + place.squares] += errorSquares;
    out[at + place.fourths] += errorFourths;
    out[at + place.labels] += labelSquares;
    out[at + place.sharpest] = Math.max(out[at + place.sharpest], sharpest);
    const gradients = at + place.gradients;
    for (let i = 0; i < keyQuery.length; i++) out[gradients + i] += keyQuery[i];
    for (let i = 0; i < value.length; i++) out[gradients + keyQuery.length + i] += value[i];
    if (this.next >= this.end) return true;
    this.beginKernel();
    return false;
  }

  descent(lossScale: number, gradientScale: number): Descent | null {
    // The sums of larger blocks are added up in an order of their own.
    if (this.prompts !== blockPrompts) return null;
    const { parameters, keyDimension, temperature } = this.problem.attention;
    return this.kernels.usual.descent({
      parameters,
      keyDimension,
      temperature,
      root: this.root,
      seed: this.train.seed,
      purpose: 'sgd',
      batch: this.train.batch,
      rule: this.train,
      epsilon: adamEpsilon,
      lossScale,
      gradientScale,
      labelPower: this.kernels.labelPower,
      ...this.kernels.limits,
    });
  }

  isTooSharp(sums: Float64Array): boolean {
    return this.kernels.isTooSharp(this.kernel, sums[place.sharpest]);
  }
}

/** Adds a row of sums to those before it. */
export function addRow(total: Float64Array, rows: Float64Array, at: number): void {
  const sharpest = Math.max(total[place.sharpest], rows[at + place.sharpest]);
  for (let i = 0; i < total.length; i++) total[i] += rows[at + i];
  total[place.sharpest] = sharpest;
}

/** Multiply-adds a second in plain TypeScript, about. */
const workPerSecond = 2e8;

/** Infinite prompts by their limit, in double precision: prompt b of step k is named (seed, 'sgd', k · batch + b). */
export class LimitBatch extends WorkingBatch implements BatchSource {
  readonly portable = false;
  private readonly prompt: PromptEvaluator;
  private step = 0;
  private first = 0;
  private next = 0;
  private end = 0;
  readonly seconds: number;

  constructor(problem: Problem, train: StochasticTrain) {
    super(problem, train);
    const { kernel, heads } = problem.attention;
    this.prompt = promptEvaluator(taskOf(problem), kernel, heads, problem.length);
    this.seconds = (train.batch * promptWork(problem)) / workPerSecond;
  }

  get progress(): number {
    return (this.next - this.first) / (this.end - this.first);
  }

  prepare(step: number, merged: Merged, _sharp: boolean): void {
    this.model.set(merged);
    this.step = step;
  }

  begin(first: number, count: number): void {
    this.first = first * this.prompts;
    this.next = this.first;
    this.end = Math.min(this.train.batch, (first + count) * this.prompts);
  }

  advance(out: Float64Array, at: number): boolean {
    if (this.next === this.first) out.fill(0, at, at + this.row);
    const from = this.next;
    this.next = Math.min(this.end, from + this.prompts);
    this.block(from, this.next, out, at);
    return this.next >= this.end;
  }

  /** Adds the sums of prompts from … end − 1. */
  private block(from: number, end: number, out: Float64Array, at: number): void {
    const { train, prompt, model, sums } = this;
    sums.reset();
    for (let b = from; b < end; b++) {
      const rng = stream(train.seed, 'sgd', this.step * train.batch + b);
      prompt.draw(rng);
      const label = prompt.target + prompt.targetNoise;
      const error = prompt.evaluate(rng, model) - label;
      sums.add(prompt, error);
      out[at + place.squares] += error * error;
      out[at + place.fourths] += error ** 4;
      out[at + place.labels] += label * label;
    }
    sums.addTo(out, at + place.gradients);
  }

  isTooSharp(): boolean {
    return false;
  }

  descent(): null {
    return null;
  }
}

/** Where the prompts of a training come from. Throws `unsupported` for any other problem. */
export function batchSource(problem: Problem, kernels: () => KernelModule | null = () => null): BatchSource {
  const { train } = problem;
  if (train === null || (train.kind !== 'sgd' && train.kind !== 'adam')) {
    throw new SolverFailure('unsupported', 'Stochastic training needs `train sgd` or `train adam`.', 'train');
  }
  return problem.length === Number.POSITIVE_INFINITY ? new LimitBatch(problem, train) : new KernelBatch(problem, train, kernels());
}

/** Other workers that evaluate blocks of a training's batches. */
export interface BatchHelp {
  /** How many there are at the moment. */
  readonly helpers: number;
  /** Offers all blocks of a batch. */
  offer(step: number, sharp: boolean, merged: Merged): void;
  /** A block that nobody has; −1 when there is none. */
  claim(): number;
  /** The sums of a block that was claimed. */
  deliver(block: number, row: Float64Array): void;
  /** Waits for a few milliseconds; true when all blocks are there: their rows have been added in their order. */
  collect(add: (rows: Float64Array, at: number) => void): boolean;
  /** The training is over. */
  close(): void;
}
