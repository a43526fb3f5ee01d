/** What the engine needs from the place it runs in. Node's version is in `node/`; a test or a browser brings its own. */
import type { RunResult } from '../solver/result.js';
import type { Sentence } from '../solver/sentences.js';
import type { FromWorker, ToWorker } from './messages.js';

/** Why a worker is gone. `job` is the job it was busy with, where that is known. */
export interface WorkerExit {
  readonly reason: 'crashed' | 'memory' | 'cancelled';
  readonly message: Sentence;
  readonly job: number | null;
}

export interface WorkerHandle {
  post(message: ToWorker): void;
  /** Stops this batch soon: between two steps of a run, or by ending the worker, which is then reported as an exit. */
  cancel(batch: number): void;
  /** Ends the worker; nothing is reported afterwards. */
  dispose(): void;
}

export interface WorkerEvents {
  message(message: FromWorker): void;
  exit(exit: WorkerExit): void;
}

/** Results by content hash. Neither call may reject: a cache that does not work is an empty one. */
export interface CacheStore {
  get(hash: string): Promise<RunResult | null>;
  put(hash: string, result: RunResult): Promise<void>;
}

/** The state of an unfinished training; null where there is none. */
export type KeptState = Float64Array | 'damaged' | null;

/** States of unfinished trainings by content hash. No call may reject, and they take effect in the order they are made. */
export interface CheckpointStore {
  get(hash: string): Promise<KeptState>;
  put(hash: string, state: Float64Array): Promise<void>;
  remove(hash: string): Promise<void>;
}

export interface EngineHost {
  /** At most this many workers at once; at least 1. */
  readonly workers: number;
  readonly cache: CacheStore | null;
  readonly checkpoints: CheckpointStore | null;
  /** Workers run at the same time and see the same shared memory: one training may use several. */
  readonly sharesMemory: boolean;
  spawn(events: WorkerEvents): WorkerHandle;
}
