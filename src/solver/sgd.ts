/** SGD and Adam on fresh prompts every step, as in Boursier and Boyer's experiments (docs/mathematics.md, section 5, "Optimisers"). */
import { recordedSteps } from './flow.js';
import { emptyMerged, initialParameters, type Layout, layoutOf, merge, pullBack, taskOf } from './parameters.js';
import type { Problem, Train } from './problem.js';
import { promptEvaluator } from './prompt-routes.js';
import { GradientSum, type PromptEvaluator, WorkingModel } from './prompts.js';
import { stream } from './random.js';
import { type SolveEvent, SolverFailure } from './result.js';
import { taskSampler } from './sampling.js';

type StochasticTrain = Extract<Train, { kind: 'sgd' | 'adam' }>;

export interface StochasticPoint {
  /** rate × step. */
  readonly time: number;
  readonly step: number;
  readonly theta: Float64Array;
  /** Mean loss at θ of the fresh batch that the next step uses, and its standard error from the spread within the batch. */
  readonly loss: number;
  readonly lossError: number;
}

/** Everything a run needs to go on: plain data, and resuming from it gives the bits of a run that was never stopped. */
export interface StochasticState {
  /** Steps taken. */
  readonly step: number;
  readonly theta: readonly number[];
  /** Momentum (SGD) or first moment (Adam), and second moment (Adam). */
  readonly first: readonly number[];
  readonly second: readonly number[];
  /** The loss above which the run counts as diverged; null before the first step. */
  readonly ceiling: number | null;
  readonly points: readonly (Omit<StochasticPoint, 'theta'> & { readonly theta: readonly number[] })[];
}

/** A batch loss this many times the loss of predicting 0 is past recovering. */
const explosion = 1e6;
/** Floating-point work between two events: about ten milliseconds. */
const workBetweenEvents = 2e6;
const adamEpsilon = 1e-8;

/**
 * A training run that is advanced step by step. Step k draws the prompts named (seed, 'sgd', k · batch + b), b = 0 … batch − 1: prompt
 * length and kernel do not enter the name. θ_{k+1} = θ_k − rate · m with m = momentum · m + g (SGD), or Adam with bias correction
 * and ε = 10⁻⁸ (D. P. Kingma and J. Ba, 2015).
 */
export class StochasticTraining {
  readonly points: StochasticPoint[] = [];
  private step = 0;
  private readonly train: StochasticTrain;
  private readonly layout: Layout;
  private readonly theta: Float64Array;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private readonly merged: { U: Float64Array; v: Float64Array };
  private readonly model: WorkingModel;
  private readonly prompt: PromptEvaluator;
  private readonly sums: GradientSum;
  private readonly gU: Float64Array;
  private readonly gv: Float64Array;
  private readonly gradient: Float64Array;
  private readonly halves: number;
  private readonly work: number;
  private readonly recorded: ReadonlySet<number>;
  private ceiling: number | null = null;
  private sinceEvent = 0;

  constructor(problem: Problem, state: StochasticState | null = null) {
    const { train, attention } = problem;
    if (train === null || (train.kind !== 'sgd' && train.kind !== 'adam')) {
      throw new SolverFailure('unsupported', 'Stochastic training needs `train sgd` or `train adam`.', 'train');
    }
    const task = taskOf(problem);
    this.train = train;
    this.layout = layoutOf(problem);
    this.theta = initialParameters(problem);
    this.first = new Float64Array(this.layout.size);
    this.second = new Float64Array(train.kind === 'adam' ? this.layout.size : 0);
    this.merged = emptyMerged(this.layout);
    const { root, dimension } = taskSampler(task);
    this.model = new WorkingModel(root, dimension, attention.heads);
    this.sums = new GradientSum(root, dimension, attention.heads);
    this.prompt = promptEvaluator(task, attention.kernel, attention.heads, problem.length);
    this.gU = new Float64Array(this.merged.U.length);
    this.gv = new Float64Array(this.merged.v.length);
    this.gradient = new Float64Array(this.layout.size);
    this.halves = task.loss === 'half_squared' ? 1 : 2;
    const tokens = Number.isFinite(problem.length) && !(attention.kernel === 'linear' && attention.heads === 1) ? problem.length : 1;
    this.work = (tokens + 10) * attention.heads * (dimension + 1);
    this.recorded = new Set(recordedSteps(train));
    if (state !== null) this.restore(state);
  }

  get done(): boolean {
    return this.points.length > 0 && this.points[this.points.length - 1].step === this.train.steps;
  }

  /** θ after the steps taken so far. */
  get parameters(): Float64Array {
    return this.theta;
  }

  private restore(state: StochasticState): void {
    this.step = state.step;
    this.theta.set(state.theta);
    this.first.set(state.first);
    this.second.set(state.second);
    this.ceiling = state.ceiling;
    for (const point of state.points) this.points.push({ ...point, theta: Float64Array.from(point.theta) });
  }

  /** To be called between steps (when the generator of `advance` has ended). */
  exportState(): StochasticState {
    return {
      step: this.step,
      theta: Array.from(this.theta),
      first: Array.from(this.first),
      second: Array.from(this.second),
      ceiling: this.ceiling,
      points: this.points.map((point) => ({ ...point, theta: Array.from(point.theta) })),
    };
  }

  /**
   * Takes one step; at the last θ, only its loss. Yields the fraction of the run that is done, about every ten milliseconds of work, also within
   * a step. Throws `diverged` when the loss or θ is no longer finite, or the loss is 10⁶ times that of predicting 0.
   */
  *advance(): Generator<number, void> {
    const { train, prompt, model, sums } = this;
    merge(this.layout, this.theta, this.merged);
    model.set(this.merged);
    sums.reset();
    let total = 0;
    let squares = 0;
    let labels = 0;
    for (let b = 0; b < train.batch; b++) {
      const rng = stream(train.seed, 'sgd', this.step * train.batch + b);
      prompt.draw(rng);
      const label = prompt.target + prompt.targetNoise;
      const error = prompt.evaluate(rng, model) - label;
      sums.add(prompt, error);
      const loss = 0.5 * this.halves * error * error;
      total += loss;
      squares += loss * loss;
      labels += 0.5 * this.halves * label * label;
      this.sinceEvent += this.work;
      if (this.sinceEvent > workBetweenEvents) {
        this.sinceEvent = 0;
        yield (this.step + (b + 1) / train.batch) / (train.steps + 1);
      }
    }
    const loss = total / train.batch;
    const spread = Math.max(0, squares / train.batch - loss * loss);
    this.ceiling ??= explosion * Math.max(labels / train.batch, loss) || Number.MAX_VALUE;
    this.check(loss);
    if (this.recorded.has(this.step)) {
      const lossError = train.batch > 1 ? Math.sqrt(spread / (train.batch - 1)) : Number.NaN;
      this.points.push({ time: train.rate * this.step, step: this.step, theta: this.theta.slice(), loss, lossError });
    }
    if (this.step < train.steps) {
      sums.finish(this.halves / train.batch, this.gU, this.gv);
      pullBack(this.layout, this.theta, this.gU, this.gv, this.gradient);
      this.step++;
      this.update();
    }
  }

  private check(loss: number): void {
    if (loss <= this.ceiling!) return;
    const what = Number.isFinite(loss) ? `reached ${loss.toPrecision(3)}` : 'is no longer finite';
    throw new SolverFailure(
      'diverged',
      `Training diverged: the mini-batch loss ${what} at step ${this.step}. Lower the rate (${this.train.rate}).`,
      'train.rate',
    );
  }

  private update(): void {
    const { train, theta, first, second, gradient } = this;
    if (train.kind === 'sgd') {
      for (let i = 0; i < theta.length; i++) {
        first[i] = train.momentum * first[i] + gradient[i];
        theta[i] -= train.rate * first[i];
      }
      return;
    }
    const { beta1, beta2, rate } = train;
    const correct1 = 1 - beta1 ** this.step;
    const correct2 = 1 - beta2 ** this.step;
    for (let i = 0; i < theta.length; i++) {
      first[i] = beta1 * first[i] + (1 - beta1) * gradient[i];
      second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i];
      theta[i] -= (rate * (first[i] / correct1)) / (Math.sqrt(second[i] / correct2) + adamEpsilon);
    }
  }
}

/** Trains to the end, from `state` where one is given, and returns the recorded points: every `record` steps, the extra ones and the last. */
export function* trainStochastic(
  problem: Problem,
  state: StochasticState | null = null,
): Generator<SolveEvent, readonly StochasticPoint[]> {
  const training = new StochasticTraining(problem, state);
  while (!training.done) {
    for (const fraction of training.advance()) yield { kind: 'progress', fraction };
  }
  return training.points;
}
