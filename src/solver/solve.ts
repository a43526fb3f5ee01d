/** One run from beginning to end: training, what is measured along it, and the distance from the infinite-prompt limit. */
import type { KernelLoader } from '../kernels/index.js';
import { type ErrorPoint, type MeasuredErrors, measureErrors } from './error-series.js';
import { Divergence, trainDescent, trainFlow } from './flow.js';
import { KnownValues } from './known-values.js';
import { plainLimitQuantities } from './limit-quantities.js';
import { initialParameters, type Layout, layoutOf, merge } from './parameters.js';
import type { Problem } from './problem.js';
import {
  condensationNotes,
  condensationSeries,
  condensationWarning,
  phaseSeries,
  plainCondensation,
  pointCondensation,
  slowedFrom,
  taskCondensation,
} from './regimes.js';
import { type Axis, type RunResult, type Series, type SolveEvent, SolverFailure, weakest } from './result.js';
import type { Sentence } from './sentences.js';
import { type TrainingMeans, trainStochastic } from './sgd.js';
import { snapshotsOf } from './snapshots.js';
import { type MeasuredPoint, type MeasuredTrajectory, measureTrajectory } from './trajectory.js';
import { withCurves } from './unfinished-training.js';
import { uniformError } from './uniform-error.js';

/**
 * Solves `problem`: yields progress (0 to 1) and, where prompts are sampled, partial results that tighten; a stochastic training
 * offers its curves so far. Returns the result.
 * Deterministic: the same problem gives the same bits, also from a state that a progress event of it gave (one that does not fit is left
 * out). Throws SolverFailure where the run cannot go on (a training that diverges, a limit that does not exist).
 */
export function* solve(problem: Problem, means: TrainingMeans = {}): Generator<SolveEvent, RunResult> {
  if (problem.setting.kind === 'tokens') return yield* solvePlain(problem, means.kernels);
  const shares = sharesOf(problem);
  const notes: Sentence[] = [];
  const known = new KnownValues(problem, means.kernels);
  let points: readonly MeasuredPoint[];
  try {
    points = yield* within(trainPoints(problem, { ...means, note: (sentence) => notes.push(sentence) }, known), 0, shares.train);
  } catch (error) {
    if (!(error instanceof Divergence)) throw error;
    throw new SolverFailure(error.code, error.message, error.setting, yield* untilDivergence(problem, error.points, known));
  }
  const result = yield* measure(problem, points, known);
  return { ...result, notes: [...notes, ...result.notes] };
}

/** What can still be measured of a training that diverged: the last points may be beyond double precision. */
function* untilDivergence(
  problem: Problem,
  points: readonly MeasuredPoint[],
  known?: KnownValues,
): Generator<SolveEvent, RunResult | null> {
  for (let count = points.length; count > 0; count = Math.floor(count / 2)) {
    try {
      return yield* measure(problem, points.slice(0, count), known);
    } catch (error) {
      if (!(error instanceof SolverFailure)) throw error;
    }
  }
  return null;
}

function* measure(problem: Problem, points: readonly MeasuredPoint[], known?: KnownValues): Generator<SolveEvent, RunResult> {
  const { train, concentrate } = problem;
  const shares = sharesOf(problem);
  const measured = yield* within(measureTrajectory(problem, points, known), shares.train, shares.measure);
  const layout = layoutOf(problem);
  const trajectory = train === null ? fixedLayer(problem, layout, points, measured) : measured;
  const snapshots = train === null || problem.withoutSnapshots ? null : snapshotsOf(problem, layout, points);
  const against: Axis | null = train === null ? null : Object.keys(trajectory.axes).includes('step') ? 'step' : 'time';
  const condensation = condensationAlong(problem, layout, points);
  const phases = condensation === null ? null : phaseSeries(problem, against, condensation);
  const warning =
    condensation === null || train === null
      ? null
      : condensationWarning(
          problem,
          condensation,
          points.map(({ time }) => time),
        );
  const seen = {
    ...(snapshots === null ? {} : { parameters: snapshots }),
    ...(warning === null ? {} : { warnings: [warning] }),
    ...(phases === null ? {} : { condensation: phases }),
  };
  if (concentrate === null) return { ...trajectory, notes: trajectory.notes ?? [], ...seen };
  const at: ErrorPoint[] = points.map((point) => merge(layout, point.theta));
  const errors = yield* errorsFrom(problem, at, against, shares.train + shares.measure, trajectory, known?.kernels);
  return { ...join(trajectory, errors), ...seen };
}

/** Plain tokens have no training: only the limit and the distance from it are measured. */
function* solvePlain(problem: Problem, kernels: KernelLoader | undefined): Generator<SolveEvent, RunResult> {
  const value = plainCondensation(problem);
  const quantities: Record<string, Series> = plainLimitQuantities(problem);
  if (problem.measures.includes('condensation')) quantities.condensation = condensationSeries(problem, null, [value]);
  const method = weakest(Object.values(quantities).map((series) => series.method));
  const before: MeasuredTrajectory = { method, axes: {}, quantities, notes: condensationNotes(problem, value) };
  const result = join(before, yield* errorsFrom(problem, [null], null, 0, before, kernels));
  const uniform = problem.measures.includes('uniform_error') ? yield* uniformSeries(problem) : null;
  const phases = phaseSeries(problem, null, [value]);
  return {
    ...result,
    ...(phases === null ? {} : { condensation: phases }),
    ...(uniform === null
      ? {}
      : { method: weakest([result.method, uniform.method]), quantities: { ...result.quantities, uniform_error: uniform } }),
  };
}

function* uniformSeries(problem: Problem): Generator<SolveEvent, Series> {
  const steps = uniformError(problem);
  let step = steps.next();
  while (!step.done) {
    yield { kind: 'progress', fraction: step.value };
    step = steps.next();
  }
  return step.value;
}

/** Points that are looked at before all of them are. */
const fewPoints = 8;

/** Null where a training stays in the phase of the 1/L decay, as far as a few of its points tell, and where there are no phases. */
function condensationAlong(problem: Problem, layout: Layout, points: readonly MeasuredPoint[]): (number | null)[] | null {
  if (problem.attention.kernel === 'linear') return null;
  const valueAt = (point: MeasuredPoint) => pointCondensation(problem, layout, point);
  const last = points.length - 1;
  const few = Array.from(
    { length: Math.min(fewPoints, last) + 1 },
    (_, i) => points[Math.round((i * last) / Math.max(1, Math.min(fewPoints, last)))]!,
  );
  if (problem.train !== null && !few.some((point) => (valueAt(point) ?? 0) >= slowedFrom)) return null;
  return points.map(valueAt);
}

function isStochastic({ train }: Problem): boolean {
  return train?.kind === 'sgd' || train?.kind === 'adam';
}

function trainPoints(
  problem: Problem,
  means: TrainingMeans,
  known = new KnownValues(problem),
): Generator<SolveEvent, readonly MeasuredPoint[]> {
  switch (problem.train?.kind) {
    case 'gradient_flow':
      return trainFlow(problem, means.kernels);
    case 'gradient_descent':
      return trainDescent(problem, means.kernels);
    case 'sgd':
    case 'adam':
      return withCurves(problem, known, trainStochastic(problem, means));
    default:
      return startOnly(problem);
  }
}

// biome-ignore lint/correctness/useYield: the other kinds of training yield progress
function* startOnly(problem: Problem): Generator<SolveEvent, readonly MeasuredPoint[]> {
  return [{ time: 0, theta: initialParameters(problem) }];
}

/** How the progress bar is shared out; rough, and never past 1. */
function sharesOf(problem: Problem): { readonly train: number; readonly measure: number } {
  const hasErrors = problem.concentrate !== null ? 0.5 : 1;
  const train = problem.train === null ? 0 : isStochastic(problem) ? 0.9 : 0.7;
  return { train: train * hasErrors, measure: (1 - train) * hasErrors };
}

function* within<T>(steps: Generator<SolveEvent, T>, from: number, share: number): Generator<SolveEvent, T> {
  try {
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value;
      yield step.value.kind === 'progress' ? { ...step.value, fraction: from + share * Math.min(1, step.value.fraction) } : step.value;
    }
  } finally {
    // A run that is given up lets its helpers go.
    steps.return(undefined as never);
  }
}

function* errorsFrom(
  problem: Problem,
  points: readonly ErrorPoint[],
  against: Axis | null,
  from: number,
  before: MeasuredTrajectory,
  kernels: KernelLoader | undefined,
): Generator<SolveEvent, MeasuredErrors> {
  const { concentrate } = problem;
  if (concentrate === null) throw new SolverFailure('unsupported', 'Plain tokens need a `concentrate` block.');
  const steps = measureErrors(problem, concentrate, points, against, kernels);
  let step = steps.next();
  while (!step.done) {
    const { fraction, so } = step.value;
    yield so === null ? { kind: 'progress', fraction: from + (1 - from) * fraction } : { kind: 'partial', result: join(before, so) };
    step = steps.next();
  }
  return step.value;
}

function join(trajectory: MeasuredTrajectory, errors: MeasuredErrors): RunResult {
  const quantities = { ...trajectory.quantities, ...errors.quantities };
  return {
    method: weakest([trajectory.method, errors.method]),
    axes: trajectory.axes,
    quantities,
    notes: [...(trajectory.notes ?? []), ...errors.notes],
  };
}

function fixedLayer(problem: Problem, layout: Layout, points: readonly MeasuredPoint[], measured: MeasuredTrajectory): MeasuredTrajectory {
  const value = taskCondensation(problem, layout, merge(layout, points[0]!.theta));
  return { ...withoutAxis(measured), notes: [...(measured.notes ?? []), ...condensationNotes(problem, value)] };
}

/** A single point, the start, is no trajectory. */
function withoutAxis(measured: MeasuredTrajectory): MeasuredTrajectory {
  const quantities: Record<string, Series> = {};
  for (const [key, series] of Object.entries(measured.quantities)) quantities[key] = { ...series, against: null };
  return { ...measured, axes: {}, quantities };
}
