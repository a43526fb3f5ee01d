/** SGD and Adam on fresh prompts every step, as in Boursier and Boyer's experiments (docs/mathematics.md, section 5, "Optimisers"). */
import type { Descent, KernelLoader } from '../kernels/index.js';
import { addRow, type BatchHelp, type BatchSource, batchSource, place, type StochasticTrain } from './batch.js';
import { Divergence, recordedSteps } from './flow.js';
import { Optimiser } from './optimisers.js';
import { emptyMerged, initialParameters, type Layout, layoutOf, merge, pullBack, taskOf } from './parameters.js';
import type { Problem } from './problem.js';
import type { SolveEvent } from './result.js';
import { type Sentence, say } from './sentences.js';
import { decodeState, encodeState, type StochasticPoint, type StochasticState } from './training-state.js';

/** A batch loss this many times the loss of predicting 0 is past recovering. */
const explosion = 1e6;
/** Seconds of work between two events, by the estimates. */
const slice = 0.01;
const mostStepsAtOnce = 10_000;
/** A step of fewer seconds is done before helpers are awake. */
const worthSharing = 1.5e-4;
/** A step of more seconds gains nothing by being taken together with others. */
const worthJoining = 1e-3;

/** How far a training is. Until the next event is asked for, `points` are the recorded ones. */
export type TrainingEvent = Extract<SolveEvent, { kind: 'progress' }> & { readonly points: readonly StochasticPoint[] };

/** What a run may have beside its problem. */
export interface TrainingMeans {
  /** Where an earlier attempt had got to. */
  readonly state?: Float64Array | null;
  /** The compiled kernels; without them plain TypeScript draws the same prompts and makes the same contour sums. */
  readonly kernels?: KernelLoader;
  /** Helpers for this run. */
  readonly help?: BatchHelp | null;
  /** Told what the reader of the result should know. */
  readonly note?: (sentence: Sentence) => void;
}

/** A training run that is advanced piece by piece. Its prompts are those of `batch.ts`. */
export class StochasticTraining {
  readonly points: StochasticPoint[] = [];
  private step = 0;
  /** The step under way has its first blocks. */
  private begun = false;
  /** The step is shared with helpers; the block of it that is ours at the moment, −1 for none. */
  private shared = false;
  private block = -1;
  private sharp = false;
  private readonly train: StochasticTrain;
  private readonly layout: Layout;
  private readonly theta: Float64Array;
  private readonly optimiser: Optimiser;
  private readonly merged: { U: Float64Array; v: Float64Array };
  private readonly source: BatchSource;
  private readonly help: BatchHelp | null;
  /** Takes steps together; null where they are taken one by one. */
  private readonly descent: Descent | null;
  private readonly row: Float64Array;
  private readonly sums: Float64Array;
  private readonly gU: Float64Array;
  private readonly gv: Float64Array;
  private readonly gradient: Float64Array;
  /** Risk of an error e is halves · e²/2. */
  private readonly halves: number;
  private readonly recorded: readonly number[];
  /** The next recorded step, by its place. */
  private next = 0;
  private ceiling: number | null = null;

  constructor(problem: Problem, { state = null, kernels, help = null }: TrainingMeans = {}) {
    this.source = batchSource(problem, kernels);
    const train = problem.train as StochasticTrain;
    this.train = train;
    this.layout = layoutOf(problem);
    this.theta = initialParameters(problem);
    this.optimiser = new Optimiser(train, this.layout.size);
    this.merged = emptyMerged(this.layout);
    this.help = help;
    this.row = new Float64Array(this.source.row);
    this.sums = new Float64Array(this.source.row);
    this.gU = new Float64Array(this.merged.U.length);
    this.gv = new Float64Array(this.merged.v.length);
    this.gradient = new Float64Array(this.layout.size);
    this.halves = taskOf(problem).loss === 'half_squared' ? 1 : 2;
    this.recorded = recordedSteps(train);
    this.descent = this.source.seconds < worthJoining ? this.source.descent(this.lossScale, this.halves / train.batch) : null;
    const known = state === null ? null : decodeState(state, this.layout.size, this.optimiser.second.length);
    if (known !== null) this.restore(known);
  }

  get done(): boolean {
    return this.next === this.recorded.length;
  }

  /** The part of the run that is done, 0 to 1. */
  get fraction(): number {
    return this.done ? 1 : (this.step + (this.begun && !this.shared ? this.source.progress : 0)) / (this.train.steps + 1);
  }

  get steps(): number {
    return this.step;
  }

  /** θ after the steps taken so far. */
  get parameters(): Float64Array {
    return this.theta;
  }

  /** True when the prompts are not those of the WebAssembly kernels, bit for bit. */
  get portable(): boolean {
    return this.source.portable;
  }

  private restore(state: StochasticState): void {
    this.step = state.step;
    this.theta.set(state.theta);
    this.optimiser.first.set(state.first);
    this.optimiser.second.set(state.second);
    this.ceiling = state.ceiling;
    this.points.push(...state.points);
    const later = this.recorded.findIndex((step) => step >= state.step);
    this.next = later < 0 ? this.recorded.length : later;
  }

  /** The state after the last whole step: a step under way starts again. */
  exportState(): Float64Array {
    return encodeState({
      step: this.step,
      theta: this.theta,
      first: this.optimiser.first,
      second: this.optimiser.second,
      ceiling: this.ceiling,
      points: this.points,
    });
  }

  /** Works for about ten milliseconds, on many steps or a part of one. Throws `Divergence` when the loss is no longer finite or 10⁶ times that of predicting 0. */
  work(): void {
    let left = Math.min(mostStepsAtOnce, Math.max(1, Math.floor(slice / this.source.seconds)));
    while (left > 0 && !this.done) {
      left -= this.leap(left);
      if (left === 0) return;
      if (this.advance()) left--;
      else if (this.shared || this.source.seconds > slice) return;
    }
  }

  /** Takes `count` steps; at the last θ, only its loss. */
  takeSteps(count: number): void {
    for (let left = count; left > 0 && !this.done; ) {
      left -= this.leap(left);
      if (left > 0) {
        while (!this.advance());
        left--;
      }
    }
  }

  /** Takes up to `count` whole steps before the next recorded one, where nothing has to be looked at in between; answers how many. */
  private leap(count: number): number {
    const { descent, ceiling, step, optimiser } = this;
    if (descent === null || this.begun || ceiling === null || this.isWorthSharing) return 0;
    const most = Math.min(count, this.recorded[this.next]! - step);
    if (most < 1) return 0;
    const taken = descent.take({ theta: this.theta, first: optimiser.first, second: optimiser.second }, step, most, ceiling);
    this.step += taken;
    return taken;
  }

  private get isWorthSharing(): boolean {
    return this.help !== null && this.source.seconds > worthSharing && this.help.helpers > 0;
  }

  private get lossScale(): number {
    return (0.5 * this.halves) / this.train.batch;
  }

  /** A few milliseconds of the step under way; true when it has been taken. */
  private advance(): boolean {
    if (!this.begun) {
      merge(this.layout, this.theta, this.merged);
      this.sharp = false;
      this.begin();
    }
    if (!(this.shared ? this.advanceShared() : this.source.advance(this.sums, 0))) return false;
    if (this.source.isTooSharp(this.sums)) {
      this.sharp = true;
      this.begin();
      return false;
    }
    this.begun = false;
    this.finishStep();
    return true;
  }

  private begin(): void {
    const { source, help } = this;
    this.begun = true;
    source.prepare(this.step, this.merged, this.sharp);
    this.shared = this.isWorthSharing;
    if (this.shared) help!.offer(this.step, this.sharp, this.merged);
    else source.begin(0, source.blocks);
  }

  private advanceShared(): boolean {
    const { source, row, sums } = this;
    const help = this.help!;
    if (this.block < 0) {
      this.block = help.claim();
      if (this.block >= 0) source.begin(this.block, 1);
    }
    if (this.block >= 0) {
      if (source.advance(row, 0)) {
        help.deliver(this.block, row);
        this.block = -1;
      }
      return false;
    }
    sums.fill(0);
    return help.collect((rows, at) => addRow(sums, rows, at));
  }

  /** Lets the helpers go. */
  close(): void {
    this.help?.close();
  }

  private finishStep(): void {
    const { source, sums, train, halves } = this;
    const unit = this.lossScale;
    const loss = unit * sums[place.squares];
    this.ceiling ??= explosion * Math.max(unit * sums[place.labels], loss) || Number.MAX_VALUE;
    if (!(loss <= this.ceiling)) throw this.divergence(loss);
    if (this.step === this.recorded[this.next]) {
      const spread = Math.max(0, 0.5 * halves * unit * sums[place.fourths] - loss * loss);
      const lossError = train.batch > 1 ? Math.sqrt(spread / (train.batch - 1)) : Number.NaN;
      this.points.push({ time: train.rate * this.step, step: this.step, theta: this.theta.slice(), loss, lossError });
      this.next++;
    }
    if (this.step === train.steps) return;
    source.gradients(sums, halves / train.batch, this.gU, this.gv);
    pullBack(this.layout, this.theta, this.gU, this.gv, this.gradient);
    this.step++;
    this.optimiser.update(this.theta, this.gradient, this.step);
  }

  private divergence(loss: number): Divergence {
    const what: Sentence = Number.isFinite(loss) ? say('reached {0}', loss.toPrecision(3)) : 'is no longer finite';
    const template = 'Training diverged: the mini-batch loss {0} at step {1}. Lower the rate ({2}).';
    const message = say(template, what, this.step, this.train.rate);
    return new Divergence(message, 'train.rate', this.points);
  }
}

/**
 * Trains to the end, from the state of such a run where one is given, and returns the recorded points: every `record` steps, the extra ones and the
 * last. Between two pieces of work it yields how far it is, with the points so far and a way to its state.
 */
export function* trainStochastic(problem: Problem, means: TrainingMeans = {}): Generator<TrainingEvent, readonly StochasticPoint[]> {
  const training = new StochasticTraining(problem, means);
  try {
    while (!training.done) {
      training.work();
      const { fraction, steps: step, points } = training;
      yield { kind: 'progress', fraction, step, points, state: () => training.exportState() };
    }
  } finally {
    training.close();
  }
  if (training.portable) means.note?.('Prompts were drawn without WebAssembly, slowly: results differ from those with it in rounding.');
  return training.points;
}
