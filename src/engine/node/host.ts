/** The engine's workers as threads of Node. */
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { say } from '../../solver/sentences.js';
import type { CacheStore, CheckpointStore, EngineHost, WorkerEvents, WorkerExit, WorkerHandle } from '../host.js';
import type { FromWorker } from '../messages.js';
import { WorkerFlags } from './flags.js';

/** A run that does not look at the cancelled flag within this time loses its thread. */
const graceMilliseconds = 25;

export interface NodeHostOptions {
  readonly workers: number;
  readonly cache: CacheStore | null;
  /** None by default. */
  readonly checkpoints?: CheckpointStore | null;
  /** Entry point of a worker thread. */
  readonly script: URL;
  /** Arguments of Node for the thread, such as a loader in tests. */
  readonly execArgv?: readonly string[];
  /** Heap of a thread; Node's own limit by default. Typed arrays are not part of it. */
  readonly heapMegabytes?: number;
}

export function nodeHost(options: NodeHostOptions): EngineHost {
  return {
    workers: Math.max(1, options.workers),
    cache: options.cache,
    checkpoints: options.checkpoints ?? null,
    sharesMemory: true,
    spawn: (events) => {
      const limits = options.heapMegabytes === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: options.heapMegabytes } };
      return spawnThread(options.script, { execArgv: [...(options.execArgv ?? [])], ...limits }, events);
    },
  };
}

function spawnThread(script: URL, options: WorkerOptions, events: WorkerEvents): WorkerHandle {
  const flags = new WorkerFlags();
  const worker = new Worker(script, { ...options, workerData: flags.shared });
  let timer: NodeJS.Timeout | null = null;
  let open: number | null = null;
  let silent = false;
  let cancelled = false;
  let failure: Pick<WorkerExit, 'reason' | 'message'> | null = null;
  const stopTimer = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'ended') {
      open = null;
      stopTimer();
    }
    if (!silent) events.message(message);
  });
  worker.on('error', (error: Error & { code?: string }) => {
    const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    failure = {
      reason: memory ? 'memory' : 'crashed',
      message: memory ? 'The run needs more memory than its worker has.' : say('The worker stopped on an error: {0}', error.message),
    };
  });
  worker.on('exit', (code) => {
    stopTimer();
    if (silent) return;
    const { reason, message }: Pick<WorkerExit, 'reason' | 'message'> = cancelled
      ? { reason: 'cancelled', message: 'The run was cancelled.' }
      : (failure ?? { reason: 'crashed', message: say('The worker stopped with exit code {0}.', code) });
    events.exit({ reason, message, job: flags.busy });
  });
  return {
    post(message) {
      if (message.kind !== 'warm') open = message.batch;
      worker.postMessage(message);
    },
    cancel(batch) {
      if (open !== batch || cancelled) return;
      flags.cancel(batch);
      timer ??= setTimeout(() => {
        cancelled = true;
        void worker.terminate();
      }, graceMilliseconds);
    },
    dispose() {
      silent = true;
      stopTimer();
      void worker.terminate();
    },
  };
}
