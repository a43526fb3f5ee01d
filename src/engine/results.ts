/** Results of an experiment, as they stand: runs may be missing, partial, failed or done. */
import type { RunResult, SolverFailure } from '../solver/result.js';
import type { Expectation, Experiment } from '../spec/experiment.js';

export interface RunFailure {
  readonly code: SolverFailure['code'] | 'crashed';
  readonly message: string;
  /** Path of the setting that caused it, and its line from 1, where known. */
  readonly setting: string | null;
  readonly line: number | null;
}

export type RunOutcome =
  | { readonly status: 'waiting' }
  /** `step`: steps taken of a training by steps, until it is measured. */
  | { readonly status: 'running'; readonly fraction: number; readonly step?: number; readonly partial: RunResult | null }
  | { readonly status: 'done'; readonly result: RunResult; readonly cached: boolean }
  /** `partial` is what was found before, such as a trajectory up to where it diverged. */
  | { readonly status: 'failed'; readonly failure: RunFailure; readonly partial?: RunResult };

export type Verdict = 'holds' | 'fails' | 'undecided';

export interface ExpectationOutcome {
  readonly expectation: Expectation;
  readonly verdict: Verdict;
  /** One sentence with the measured values that decided it. */
  readonly detail: string;
}

export interface ExperimentResult {
  readonly experiment: Experiment;
  /** Same order as `experiment.runs`. Derived quantities (rates over the sweep, fitted forms) are already in the results. */
  readonly runs: readonly RunOutcome[];
  readonly expectations: readonly ExpectationOutcome[];
}
