import type { RunSpec } from '../../spec/experiment.js';
import type { ExperimentResult } from '../results.js';

/** The results of one experiment and the file they come from. */
export interface Finished {
  readonly file: string;
  readonly result: ExperimentResult;
}

/** What stands on every exported file beside its content. */
export type Provenance = {
  readonly version: string;
  readonly hash: string;
  /** Seeds and tolerances of the runs, each once; words when they differ from run to run. */
  readonly seed: string;
  readonly method: string;
  readonly tolerance: string;
};

export function provenanceOf(result: ExperimentResult, version: string): Provenance {
  const { experiment, runs } = result;
  const each = (of: (run: RunSpec) => string | null) => {
    const values = [...new Set(experiment.runs.map(of).filter((value) => value !== null))];
    return values.length > 4 ? `${values[0]} to ${values.at(-1)}` : values.join(' ');
  };
  const methods = new Set(runs.flatMap((run) => (run.status === 'done' ? [run.result.method] : [])));
  return {
    version,
    hash: experiment.hash,
    seed: each(({ problem }) => String(problem.train !== null && 'seed' in problem.train ? problem.train.seed : problem.solver.seed)),
    method: [...methods].join(' '),
    tolerance: each(({ problem }) => (problem.train !== null && 'tolerance' in problem.train ? String(problem.train.tolerance) : null)),
  };
}
