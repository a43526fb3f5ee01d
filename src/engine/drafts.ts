/** Drafts of a plan: what is solved first while somebody types, as exactly as an eye can tell, before the plan itself is. */
import { canBePictured } from '../solver/snapshots.js';
import type { Experiment, Plan, RunSpec } from '../spec/experiment.js';

/** Tolerance of a draft's training. Risks are then off by 1e-6 of their largest value, gaps by up to 1e-3 of theirs in the worst case: a third of a pixel on a linear axis. */
export const draftTolerance = 1e-5;

/** What a draft takes of the time of its run. */
const share = 0.25;

/** Estimated seconds of a run from which on its draft would keep the plan itself waiting. */
const mostSeconds = 0.25;

export interface Draft {
  /** The whole plan, with drafts in the places of some experiments. */
  readonly plan: Plan;
  readonly places: ReadonlySet<number>;
}

export interface DraftOptions {
  /** Whether a draft of an experiment would be looked at. */
  readonly wants: (experiment: Experiment) => boolean;
  /** Whether the result of a run is at hand. */
  readonly isKnown: (hash: string) => boolean;
  /** Seconds that the runs of the plan may take. */
  readonly budget: number;
}

/**
 * Drafts of the experiments whose charts are soon drawn by one: trainings along an exact flow whose tolerance is finer than a draft's, all of them cheap, some not
 * solved yet. Runs of a draft have names of their own, so that no result of one passes for a result of the plan. Null where there is nothing to gain,
 * or where the plan itself would be held by the budget after its draft.
 */
export function draftOf(plan: Plan, { wants, isKnown, budget }: DraftOptions): Draft | null {
  const places = plan.experiments.flatMap((experiment, i) => (wants(experiment) && gains(experiment, isKnown) ? [i] : []));
  if (places.length === 0) return null;
  const costliest = Math.max(...places.flatMap((i) => plan.experiments[i]!.runs.map(secondsOf)));
  // The cheapest runs start first.
  const before = plan.experiments.flatMap(({ runs }) => runs.map(secondsOf)).filter((seconds) => seconds <= costliest);
  if (before.reduce((sum, seconds) => sum + seconds, 0) > budget) return null;
  const drafted = new Set(places);
  const experiments = plan.experiments.map((experiment, i) =>
    drafted.has(i) ? { ...experiment, runs: experiment.runs.map(draftOfRun) } : experiment,
  );
  return { plan: { ...plan, experiments }, places: drafted };
}

const secondsOf = ({ cost }: RunSpec): number => cost.seconds;

function gains({ runs }: Experiment, isKnown: DraftOptions['isKnown']): boolean {
  const isShort = runs.every(({ problem, cost }) => problem.train?.kind === 'gradient_flow' && cost.seconds < mostSeconds);
  return isShort && runs.some((run) => isCoarsened(run) && !isKnown(run.hash));
}

function isCoarsened({ problem: { train } }: RunSpec): boolean {
  return train?.kind === 'gradient_flow' && train.tolerance < draftTolerance;
}

function draftOfRun(run: RunSpec): RunSpec {
  const { problem, hash, cost } = run;
  if (problem.train?.kind !== 'gradient_flow' || !isCoarsened(run)) return run;
  return {
    ...run,
    hash: `${hash}-draft`,
    cost: { ...cost, seconds: share * cost.seconds },
    problem: {
      ...problem,
      train: { ...problem.train, tolerance: draftTolerance },
      ...(canBePictured(problem) ? { withoutSnapshots: true } : {}),
    },
  };
}
