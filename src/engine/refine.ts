/** More samples for expectations that the bands do not decide. */
import type { Problem } from '../solver/problem.js';
import type { Experiment, FileReference } from '../spec/experiment.js';
import type { WantedSamples } from './expectations.js';
import type { RunOutcome } from './results.js';

export interface RefinedRun {
  readonly run: number;
  /** The run's hash with the number of samples, under which the result is kept. */
  readonly hash: string;
  readonly problem: Problem<FileReference>;
  readonly seconds: number;
}

const growth = 4;
const rounds = 3;
/** Seconds of one core, by the estimates, so that the same spec is always refined alike. */
const leastBudget = 5;
const budgetPerRun = 8;

/**
 * The runs to solve again with four times the samples, none when three rounds or the budget are used up. A number of samples that the spec
 * gives is kept: it is the reader's own budget.
 */
export function refine(
  experiment: Experiment,
  runs: readonly RunOutcome[],
  wanted: readonly WantedSamples[],
  state: { readonly round: number; readonly spent: number },
): RefinedRun[] {
  if (state.round >= rounds || wanted.length === 0) return [];
  const estimated = experiment.runs.reduce((sum, run) => sum + run.cost.seconds, 0);
  const budget = Math.max(leastBudget, budgetPerRun * estimated);
  const factor = growth ** (state.round + 1);
  const refined = new Map<number, RefinedRun>();
  let spent = state.spent;
  for (const { runs: indices, key } of wanted) {
    for (const run of indices) {
      const outcome = runs[run]!;
      const spec = experiment.runs[run]!;
      if (outcome.status !== 'done' || refined.has(run)) continue;
      const { solver, concentrate } = spec.problem;
      if (solver.samples !== null || (concentrate !== null && concentrate.samples !== null)) continue;
      const used = outcome.result.quantities[key]?.samples ?? 0;
      if (used === 0) continue;
      const samples = growth * used;
      const seconds = factor * spec.cost.seconds;
      if (spent + seconds > budget) continue;
      spent += seconds;
      const problem = { ...spec.problem, solver: { ...solver, samples } };
      refined.set(run, { run, hash: `${spec.hash}-${samples}`, problem, seconds });
    }
  }
  return [...refined.values()];
}
