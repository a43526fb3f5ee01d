/** Workers that live in the test's own thread, so that a test decides what they solve, when they answer and when they die. */
import type { CacheStore, CheckpointStore, EngineHost, KeptState, WorkerEvents } from '../../../src/engine/host.js';
import type { WorkerServices } from '../../../src/engine/worker-core.js';
import { runBatch } from '../../../src/engine/worker-core.js';
import type { RunResult } from '../../../src/solver/result.js';

export interface InlineHost extends EngineHost {
  spawned: number;
  disposed: number;
  /** The worker that is busy with this job dies. */
  crash(reason: 'crashed' | 'memory'): void;
}

export interface InlineOptions {
  readonly workers?: number;
  readonly cache?: CacheStore | null;
  readonly checkpoints?: CheckpointStore | null;
  readonly solve: WorkerServices['solve'];
  /** Awaited before each message of a worker is handed over, to mix up their order. */
  readonly delay?: () => Promise<void>;
}

export function inlineHost({ workers = 1, cache = null, checkpoints = null, solve, delay = async () => {} }: InlineOptions): InlineHost {
  const alive = new Map<number, { events: WorkerEvents; busy: number | null }>();
  let next = 0;
  const host: InlineHost = {
    workers,
    cache,
    checkpoints,
    sharesMemory: false,
    spawned: 0,
    disposed: 0,
    spawn(events) {
      const id = next++;
      const cancelled = new Set<number>();
      const state = { events, busy: null as number | null };
      alive.set(id, state);
      host.spawned++;
      let messages = Promise.resolve();
      const services: WorkerServices = {
        solve,
        kernels: () => null,
        readTokens: async () => ({ rows: 1, columns: 1, data: new Float64Array([2]) }),
        post: (message) => {
          messages = messages.then(delay).then(() => {
            if (alive.has(id)) events.message(message);
          });
        },
        cancelled: (batch) => cancelled.has(batch) || !alive.has(id),
        busyWith: (job) => {
          if (job !== null) state.busy = job;
        },
        reportDue: () => true,
        curvesDue: () => true,
        makeCurves: (soFar) => soFar(),
        checkpointDue: () => true,
      };
      return {
        post: (message) => {
          if (message.kind === 'batch') void Promise.resolve().then(() => runBatch(message, services));
        },
        cancel: (batch) => void cancelled.add(batch),
        dispose: () => {
          host.disposed++;
          alive.delete(id);
        },
      };
    },
    crash(reason) {
      const [id, state] = [...alive].find(([, { busy }]) => busy !== null)!;
      alive.delete(id);
      state.events.exit({ reason, message: 'The run was cancelled.', job: state.busy });
    },
  };
  return host;
}

export class MemoryCache implements CacheStore {
  readonly entries = new Map<string, RunResult>();
  async get(hash: string): Promise<RunResult | null> {
    return this.entries.get(hash) ?? null;
  }
  async put(hash: string, result: RunResult): Promise<void> {
    this.entries.set(hash, result);
  }
}

export class MemoryCheckpoints implements CheckpointStore {
  readonly entries = new Map<string, KeptState>();
  async get(hash: string): Promise<KeptState> {
    return this.entries.get(hash) ?? null;
  }
  async put(hash: string, kept: Float64Array): Promise<void> {
    this.entries.set(hash, kept);
  }
  async remove(hash: string): Promise<void> {
    this.entries.delete(hash);
  }
}
