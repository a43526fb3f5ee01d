/** Training on the population risk: gradient flow and gradient descent, beside the infinite-prompt solution from the same start. */

import type { KernelLoader } from '../kernels/index.js';
import { type Field, fieldOf, fullField, infinitePrompt, recorder, SideBySide, type TrainedPoint } from './gradient-fields.js';
import { integrate, type VectorField } from './ode.js';
import { Optimiser } from './optimisers.js';
import { initialParameters } from './parameters.js';
import type { Problem, Train } from './problem.js';
import { type SolveEvent, SolverFailure } from './result.js';
import { type Sentence, say } from './sentences.js';

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
  const accuracy = averagesFor(train.tolerance);
  const own = fieldOf(problem, theta, accuracy, kernels);
  const withReference = wantsReference(problem) && problem.length !== Number.POSITIVE_INFINITY;
  const other = withReference ? fieldOf(infinitePrompt(problem), theta, accuracy) : null;
  const both = other ? new SideBySide(own, other) : own;
  const record = recorder(own, other);
  const points: TrainedPoint[] = [];
  const times = flowTimes(train);
  const flow = integrate(new Descent(both), both.start, { times, tolerance: flowTolerance * train.tolerance });
  let told = 0;
  try {
    for (const { time, state } of flow) {
      points.push(record(time, undefined, state));
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

/** Accuracy of averages: three digits finer than the flow, that its steps and differences of flows do not see it, or one where it is for the eye. */
function averagesFor(tolerance: number): number {
  return tolerance < coarse ? Math.max(1e-14, 1e-3 * tolerance) : Math.min(1e-6, 0.1 * tolerance);
}

const coarse = 1e-5;

/** Local errors add up along a flow, so each step is held to a tenth of what is asked of the whole. */
const flowTolerance = 0.1;

/** Gradient descent θ ← θ − rate · ∇R(θ) on the population risk, beside the infinite-prompt one where a gap is measured. */
export function* trainDescent(problem: Problem, kernels?: KernelLoader): Generator<SolveEvent, TrainedPoint[], void> {
  const { train } = problem;
  if (train?.kind !== 'gradient_descent')
    throw new SolverFailure('unsupported', 'Gradient descent needs `train gradient_descent`.', 'train');
  const theta = initialParameters(problem);
  const own = fieldOf(problem, theta, undefined, kernels);
  const other = wantsReference(problem) && problem.length !== Number.POSITIVE_INFINITY ? fieldOf(infinitePrompt(problem), theta) : null;
  const both = other ? new SideBySide(own, other) : own;
  const record = recorder(own, other);
  const state = both.start.slice();
  const gradient = new Float64Array(state.length);
  const wanted = recordedSteps(train);
  const points: TrainedPoint[] = [];
  for (let step = 0; ; step++) {
    if (wanted[points.length] === step) points.push(record(train.rate * step, step, state));
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
  const field = fieldOf(problem, theta, undefined, kernels);
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
  const state = field.start.slice();
  const gradient = new Float64Array(state.length);
  const optimiser = new Optimiser(train, state.length);
  const out: Float64Array[] = [];
  const last = points.at(-1)?.step ?? 0;
  for (let step = 0; out.length < points.length; step++) {
    while (out.length < points.length && (points[out.length]!.step ?? 0) <= step) out.push(state.slice());
    if (step % 4096 === 4095) yield { kind: 'progress', fraction: step / last };
    field.gradient(state, gradient);
    optimiser.update(state, gradient, step + 1);
  }
  return out;
}
