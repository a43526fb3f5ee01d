/** What the engine and its workers say to each other: closed unions both ways, plain data that survives a structured clone. */
import type { Problem } from '../solver/problem.js';
import type { RunResult } from '../solver/result.js';
import type { Sentence } from '../solver/sentences.js';
import type { FileReference } from '../spec/experiment.js';
import type { RunFailure } from './results.js';
import type { TeamMemory } from './team.js';

export interface Job {
  readonly id: number;
  readonly problem: Problem<FileReference>;
  /** Where an earlier attempt had got to. */
  readonly state: Float64Array | null;
  /** Where other workers may lend a hand; null for a run that nobody can help with. */
  readonly team: TeamMemory | null;
}

/** Jobs of one batch run in order; a batch is what can be cancelled. */
export interface Batch {
  readonly kind: 'batch';
  readonly batch: number;
  readonly jobs: readonly Job[];
}

/** Nothing is to be solved yet: get ready. */
export interface Warm {
  readonly kind: 'warm';
}

/** Another worker's training: evaluate some of its prompts until it is over. A batch of its own, to be cancelled by itself. */
export interface Assist {
  readonly kind: 'assist';
  readonly batch: number;
  readonly problem: Problem<FileReference>;
  readonly team: TeamMemory;
}

export type ToWorker = Batch | Warm | Assist;

export type FromWorker =
  | { readonly kind: 'started'; readonly job: number }
  /** `step`: steps taken of a training by steps. */
  | { readonly kind: 'progress'; readonly job: number; readonly fraction: number; readonly step: number | null }
  | { readonly kind: 'partial'; readonly job: number; readonly result: RunResult }
  | { readonly kind: 'done'; readonly job: number; readonly result: RunResult }
  /** What `Job.state` may be from now on. It comes for a cancelled job too. */
  | { readonly kind: 'checkpoint'; readonly job: number; readonly state: Float64Array }
  | { readonly kind: 'failed'; readonly job: number; readonly failure: WorkerFailure; readonly partial: RunResult | null }
  /** Nothing of this batch will be heard of again. */
  | { readonly kind: 'ended'; readonly batch: number };

export interface WorkerFailure {
  readonly code: RunFailure['code'];
  readonly message: Sentence;
  readonly setting: string | null;
}
