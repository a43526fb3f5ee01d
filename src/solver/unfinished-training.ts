/** Curves of a stochastic training while it runs: what is cheap to measure at the points that are recorded so far. */
import type { KnownValues } from './known-values.js';
import { layoutOf, merge } from './parameters.js';
import type { Problem, QuantityName } from './problem.js';
import { type RunResult, type SolveEvent, SolverFailure } from './result.js';
import type { TrainingEvent } from './sgd.js';
import type { StochasticPoint } from './training-state.js';
import { measureTrajectory } from './trajectory.js';

/** Of these, all but the risk at the points takes no time worth speaking of. */
const ofTheRisk: readonly QuantityName[] = ['risk', 'excess_risk', 'bayes_gap'];
const cheap: readonly QuantityName[] = [...ofTheRisk, 'training_loss', 'bayes_risk', 'one_step_risk', 'zero_risk', 'balance', 'alignment'];

/**
 * The events of a training with a way to the curves so far. Their risk has to be known in the end anyway: it is found between two pieces of work,
 * one point at a time, and kept in `known`, so that the whole takes no longer.
 */
export function* withCurves(
  problem: Problem,
  known: KnownValues,
  training: Generator<TrainingEvent, readonly StochasticPoint[]>,
): Generator<SolveEvent, readonly StochasticPoint[]> {
  const early: Problem = { ...problem, measures: problem.measures.filter((name) => cheap.includes(name)), facets: [] };
  const needsRisk = early.measures.some((name) => ofTheRisk.includes(name));
  const layout = layoutOf(problem);
  let measured = 0;
  let shown = 0;
  // A risk that cannot be found fails the run when it has ended, not its training.
  let isStuck = false;
  const measureNext = (points: readonly StochasticPoint[]): void => {
    if (!needsRisk) measured = points.length;
    const point = points[measured];
    if (point === undefined || isStuck) return;
    try {
      known.risk(point, () => merge(layout, point.theta));
      measured++;
    } catch (error) {
      if (!(error instanceof SolverFailure)) throw error;
      isStuck = true;
    }
  };
  try {
    for (let step = training.next(); ; step = training.next()) {
      if (step.done) return step.value;
      const { points, ...event } = step.value;
      measureNext(points);
      const hasNews = early.measures.length > 0 && measured > shown;
      const soFar = (): RunResult => {
        shown = measured;
        return curvesOf(early, points.slice(0, measured), known);
      };
      yield hasNews ? { ...event, soFar } : event;
    }
  } finally {
    training.return([]);
  }
}

function curvesOf(problem: Problem, points: readonly StochasticPoint[], known: KnownValues): RunResult {
  const steps = measureTrajectory(problem, points, known);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return { ...step.value, notes: step.value.notes ?? [] };
}
