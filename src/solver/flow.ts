/** Training on the population risk: gradient flow and gradient descent, beside the infinite-prompt solution from the same start. */
import type { KernelLoader } from '../kernels/index.js';
import { BlockRisk, blockApplies, isBlockForm } from './balanced.js';
import { integrate, type VectorField } from './ode.js';
import { Optimiser } from './optimisers.js';
import { emptyMerged, initialParameters, type Layout, layoutOf, merge, pullBack } from './parameters.js';
import { type PopulationRisk, populationRisk } from './population.js';
import type { Problem, Train } from './problem.js';
import { type SolveEvent, SolverFailure } from './result.js';
import { type Sentence, say } from './sentences.js';

export interface TrainedPoint {
  readonly time: number;
  /** Step of a discrete optimiser. */
  readonly step?: number;
  readonly theta: Float64Array;
  /** Infinite-prompt θ at the same time from the same start, where it was solved along. */
  readonly reference?: Float64Array;
}

/** A training that grows without bound, with the points that were recorded before. */
export class Divergence extends SolverFailure {
  constructor(
    message: Sentence,
    setting: string,
    readonly points: readonly TrainedPoint[],
  ) {
    super('diverged', message, setting);
  }
}

/** A gradient field in its own coordinates, with the way back to θ. */
interface Field {
  readonly start: Float64Array;
  gradient(state: Float64Array, out: Float64Array): void;
  theta(state: Float64Array): Float64Array;
}

/** The problem with an infinite prompt: what every gap is measured against. */
export function infinitePrompt(problem: Problem): Problem {
  return problem.length === Number.POSITIVE_INFINITY ? problem : { ...problem, length: Number.POSITIVE_INFINITY };
}

/** Gradient of the population risk in θ. */
export function gradientOf(layout: Layout, risk: PopulationRisk): (theta: Float64Array, out: Float64Array) => number {
  const merged = emptyMerged(layout);
  const gU = new Float64Array(merged.U.length);
  const gv = new Float64Array(merged.v.length);
  return (theta, out) => {
    merge(layout, theta, merged);
    const value = risk.gradient(merged, gU, gv);
    pullBack(layout, theta, gU, gv, out);
    return value;
  };
}

/**
 * Merged parameters whose A is diagonal in Σ's eigenbasis stay so: d + 1 coordinates (a, b) with the Frobenius metric of (A, b). Null where the
 * problem or its start is not of that form.
 */
function diagonalField(problem: Problem, theta: Float64Array, accuracy: number, kernels: KernelLoader | undefined): Field | null {
  const { attention, solver } = problem;
  if (attention.parameters !== 'merged' || solver.method === 'monte_carlo' || !blockApplies(problem)) return null;
  const layout = layoutOf(problem);
  const { D, temperature } = layout;
  const d = D - 1;
  if (!isBlockForm(merge(layout, theta), D)) return null;
  const block = new BlockRisk(problem, accuracy, kernels);
  const diagonal = block.diagonalOf(Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => theta[i * D + j]!)));
  if (!diagonal) return null;
  const start = new Float64Array(D);
  start.set(diagonal);
  start[d] = theta[D * D + d]!;
  return new DiagonalField(block, theta, start, temperature);
}

// Classes, not closures: one and the same code serves every run, and is compiled once.

class DiagonalField implements Field {
  private readonly a: Float64Array;

  constructor(
    private readonly block: BlockRisk,
    private readonly initial: Float64Array,
    readonly start: Float64Array,
    private readonly temperature: number,
  ) {
    this.a = new Float64Array(block.d);
  }

  gradient(state: Float64Array, out: Float64Array): void {
    const { a, block, temperature } = this;
    const d = a.length;
    for (let i = 0; i < d; i++) a[i] = state[i]! / temperature;
    block.diagonal(a, state[d]!, out);
    for (let i = 0; i < d; i++) out[i]! /= temperature;
  }

  theta(state: Float64Array): Float64Array {
    const d = this.a.length;
    const D = d + 1;
    const A = this.block.fromDiagonal(state);
    const out = Float64Array.from(this.initial);
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) out[i * D + j] = A[i]![j]!;
    out[D * D + d] = state[d]!;
    return out;
  }
}

function fieldOf(problem: Problem, theta: Float64Array, accuracy = defaultAccuracy, kernels?: KernelLoader): Field {
  const diagonal = diagonalField(problem, theta, accuracy, kernels);
  return diagonal ?? fullField(problem, theta, kernels);
}

function fullField(problem: Problem, theta: Float64Array, kernels?: KernelLoader): Field {
  const gradient = gradientOf(layoutOf(problem), populationRisk(problem, kernels));
  return { start: theta, gradient, theta: (state) => Float64Array.from(state) };
}

/** Two fields side by side: one step sequence for both, so that the error of their difference is relative to the difference. */
class SideBySide implements Field {
  readonly start: Float64Array;
  // Copies: making a view costs more than the few numbers it spares.
  private readonly states: readonly [Float64Array, Float64Array];
  private readonly gradients: readonly [Float64Array, Float64Array];

  constructor(
    private readonly first: Field,
    private readonly second: Field,
  ) {
    const n = first.start.length;
    const m = second.start.length;
    this.start = new Float64Array(n + m);
    this.start.set(first.start);
    this.start.set(second.start, n);
    this.states = [new Float64Array(n), new Float64Array(m)];
    this.gradients = [new Float64Array(n), new Float64Array(m)];
  }

  gradient(state: Float64Array, out: Float64Array): void {
    const { states, gradients } = this;
    const n = states[0].length;
    const m = states[1].length;
    for (let i = 0; i < n; i++) states[0][i] = state[i]!;
    for (let i = 0; i < m; i++) states[1][i] = state[n + i]!;
    this.first.gradient(states[0], gradients[0]);
    this.second.gradient(states[1], gradients[1]);
    for (let i = 0; i < n; i++) out[i] = gradients[0][i]!;
    for (let i = 0; i < m; i++) out[n + i] = gradients[1][i]!;
  }

  theta(state: Float64Array): Float64Array {
    return this.first.theta(state.subarray(0, this.first.start.length));
  }
}

/** dθ/dt = −∇R(θ). */
class Descent implements VectorField {
  constructor(private readonly field: Field) {}

  evaluate(state: Float64Array, out: Float64Array): void {
    this.field.gradient(state, out);
    for (let i = 0; i < out.length; i++) out[i] = -out[i]!;
  }
}

const needsReference: readonly string[] = ['parameter_gap', 'merged_parameter_gap'];

/** Whether a measure compares with the infinite-prompt solution along the training. */
export function wantsReference(problem: Problem): boolean {
  return problem.measures.some((name) => needsReference.includes(name));
}

/** Recorded times of a gradient flow: `points` from 0 to `time`, and the extra ones. */
export function flowTimes(train: Extract<Train, { kind: 'gradient_flow' }>): number[] {
  const { time, points, extraTimes } = train;
  const grid = Array.from({ length: points }, (_, i) => (points === 1 ? time : (time * i) / (points - 1)));
  return mergeSorted(grid, extraTimes, time);
}

/** Recorded steps of a discrete optimiser: every `record`, the extra ones, and the last. */
export function recordedSteps(train: Exclude<Train, { kind: 'gradient_flow' }>): number[] {
  const grid: number[] = [];
  for (let step = 0; step < train.steps; step += train.record) grid.push(step);
  grid.push(train.steps);
  return mergeSorted(grid, train.extraSteps, train.steps);
}

function mergeSorted(grid: readonly number[], extra: readonly number[], end: number): number[] {
  const all = [...grid, ...extra.filter((x) => x >= 0 && x <= end)].sort((x, y) => x - y);
  return all.filter((x, i) => i === 0 || x > all[i - 1]!);
}

/**
 * Gradient flow dθ/dt = −∇R(θ) at the recorded times. Where a gap is measured at finite length, the infinite-prompt flow is integrated with the
 * same steps. Yields progress; throws `diverged` or `tolerance`. The same bits with and without `kernels`, but for sampled gradients.
 */
export function* trainFlow(problem: Problem, kernels?: KernelLoader): Generator<SolveEvent, TrainedPoint[], void> {
  const { train } = problem;
  if (train?.kind !== 'gradient_flow') throw new SolverFailure('unsupported', 'A gradient flow needs `train gradient_flow`.', 'train');
  const theta = initialParameters(problem);
  const accuracy = Math.min(1e-8, Math.max(1e-14, 1e-3 * train.tolerance));
  const own = fieldOf(problem, theta, accuracy, kernels);
  const withReference = wantsReference(problem) && problem.length !== Number.POSITIVE_INFINITY;
  const other = withReference ? fieldOf(infinitePrompt(problem), theta, accuracy) : null;
  const both = other ? new SideBySide(own, other) : own;
  const points: TrainedPoint[] = [];
  const times = flowTimes(train);
  const flow = integrate(new Descent(both), both.start, { times, tolerance: flowTolerance * train.tolerance });
  let told = 0;
  try {
    for (const { time, state } of flow) {
      const reference = other ? other.theta(state.subarray(own.start.length)) : undefined;
      points.push({ time, theta: both.theta(state), ...(reference ? { reference } : {}) });
      if (points.length - told >= times.length / 20) {
        told = points.length;
        yield { kind: 'progress', fraction: points.length / times.length };
      }
    }
  } catch (error) {
    if (error instanceof SolverFailure && error.code === 'diverged') throw new Divergence(error.message, 'train.time', points);
    throw error;
  }
  return points;
}

/** Local errors add up along a flow, so each step is held to a tenth of what is asked of the whole. */
const flowTolerance = 0.1;

/** What averages leave out where no tolerance is asked for. */
const defaultAccuracy = 1e-12;

/** Gradient descent θ ← θ − rate · ∇R(θ) on the population risk, beside the infinite-prompt one where a gap is measured. */
export function* trainDescent(problem: Problem, kernels?: KernelLoader): Generator<SolveEvent, TrainedPoint[], void> {
  const { train } = problem;
  if (train?.kind !== 'gradient_descent')
    throw new SolverFailure('unsupported', 'Gradient descent needs `train gradient_descent`.', 'train');
  const theta = initialParameters(problem);
  const own = fieldOf(problem, theta, defaultAccuracy, kernels);
  const other = wantsReference(problem) && problem.length !== Number.POSITIVE_INFINITY ? fieldOf(infinitePrompt(problem), theta) : null;
  const both = other ? new SideBySide(own, other) : own;
  const state = Float64Array.from(both.start);
  const gradient = new Float64Array(state.length);
  const wanted = recordedSteps(train);
  const points: TrainedPoint[] = [];
  for (let step = 0; ; step++) {
    if (wanted[points.length] === step) {
      const reference = other ? other.theta(state.subarray(own.start.length)) : undefined;
      points.push({ time: train.rate * step, step, theta: both.theta(state), ...(reference ? { reference } : {}) });
    }
    if (step === train.steps) return points;
    if (step % 256 === 255) yield { kind: 'progress', fraction: step / train.steps };
    both.gradient(state, gradient);
    let bounded = true;
    for (let i = 0; i < state.length; i++) {
      state[i]! -= train.rate * gradient[i]!;
      bounded &&= Math.abs(state[i]!) < 1e8;
    }
    if (!bounded)
      throw new Divergence(say('Gradient descent grows without bound at step {0}: the rate is too large.', step + 1), 'train.rate', points);
  }
}

/**
 * θ of a training on the population risk of `problem`, from its start, at each of the recorded points of an optimiser. SGD is compared with the gradient
 * flow at time = rate × step / (1 − momentum), Adam with Adam on the gradient of the population risk.
 */
export function* referenceFor(
  problem: Problem,
  points: readonly TrainedPoint[],
  kernels?: KernelLoader,
): Generator<SolveEvent, Float64Array[], void> {
  const { train } = problem;
  const theta = initialParameters(problem);
  if (train?.kind === 'adam') return yield* deterministicAdam(train, fullField(problem, theta, kernels), points);
  const field = fieldOf(problem, theta, defaultAccuracy, kernels);
  const stretch = train?.kind === 'sgd' ? 1 / (1 - train.momentum) : 1;
  const times = points.map((p) => p.time * stretch);
  const out: Float64Array[] = [];
  for (const { state } of integrate(new Descent(field), field.start, { times, tolerance: 1e-9 })) {
    out.push(field.theta(state));
    if (out.length % 64 === 0) yield { kind: 'progress', fraction: out.length / times.length };
  }
  return out;
}

/** Adam on an exact gradient. Its step is not invariant under rotations, so it runs in θ itself. */
function* deterministicAdam(
  train: Extract<Train, { kind: 'sgd' | 'adam' }>,
  field: Field,
  points: readonly TrainedPoint[],
): Generator<SolveEvent, Float64Array[], void> {
  const state = Float64Array.from(field.start);
  const gradient = new Float64Array(state.length);
  const optimiser = new Optimiser(train, state.length);
  const out: Float64Array[] = [];
  const last = points.at(-1)?.step ?? 0;
  for (let step = 0; out.length < points.length; step++) {
    while (out.length < points.length && (points[out.length]!.step ?? 0) <= step) out.push(Float64Array.from(state));
    if (step % 4096 === 4095) yield { kind: 'progress', fraction: step / last };
    field.gradient(state, gradient);
    optimiser.update(state, gradient, step + 1);
  }
  return out;
}
