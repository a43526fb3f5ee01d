/** A worker thread: solves the batches it is sent, one after the other. */
import type { MessagePort } from 'node:worker_threads';
import type { ToWorker, Warm } from '../messages.js';
import { getReady, runAssist, runBatch, type WorkerServices } from '../worker-core.js';
import type { WorkerFlags } from './flags.js';
import { kernelLoader } from './kernels.js';
import { readTokens } from './tokens.js';

/** Often enough for a progress bar and a chart that moves, seldom enough to cost nothing. */
const reportMilliseconds = 50;
/** Milliseconds after an answer until a worker that is not ready yet gets readier. */
const resumeMilliseconds = 100;
/** Curves of an unfinished run: milliseconds between two, and the part of the time that they may take. */
const curves = { every: 300, share: 0.01 };
/** Milliseconds of work that a killed process may lose, and that a cancelled run is not kept for. */
const checkpoints = { every: 10_000, worthKeeping: 1000 };

export function serve(
  port: MessagePort,
  flags: WorkerFlags,
  solveProblem: WorkerServices['solve'],
  kernels: URL,
  keep = checkpoints,
): void {
  let lastReport = 0;
  let lastCheckpoint = 0;
  let nextCurves = 0;
  const services: WorkerServices = {
    solve: solveProblem,
    kernels: kernelLoader(kernels),
    readTokens,
    post: (message) => port.postMessage(message),
    cancelled: (batch) => flags.isCancelled(batch),
    busyWith: (job) => {
      flags.busy = job;
      lastReport = performance.now();
      lastCheckpoint = lastReport;
      nextCurves = lastReport + curves.every;
    },
    reportDue: () => {
      const now = performance.now();
      if (now - lastReport < reportMilliseconds) return false;
      lastReport = now;
      return true;
    },
    curvesDue: () => performance.now() >= nextCurves,
    makeCurves: (soFar) => {
      const start = performance.now();
      const result = soFar();
      const end = performance.now();
      nextCurves = end + Math.max(curves.every, (end - start) / curves.share);
      return result;
    },
    checkpointDue: (ending) => {
      const now = performance.now();
      if (now - lastCheckpoint < (ending ? keep.worthKeeping : keep.every)) return false;
      lastCheckpoint = now;
      return true;
    },
  };
  let queue = Promise.resolve();
  let unanswered = 0;
  const warmUp = new WarmUp(services, () => unanswered === 0);
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'warm') {
      warmUp.start();
      return;
    }
    unanswered++;
    queue = queue
      .then(() => answer(message, services))
      .finally(() => {
        unanswered--;
        warmUp.goOn();
      });
  });
}

/** Gets the worker ready while it has nothing to do, a run in a turn of the event loop. */
class WarmUp {
  private steps: Generator<void, void, void> | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly services: WorkerServices,
    private readonly isIdle: () => boolean,
  ) {}

  start(): void {
    this.steps ??= getReady(this.services);
    this.next(0);
  }

  /** Once what has just been answered is drawn. */
  goOn(): void {
    this.next(resumeMilliseconds);
  }

  private next(wait: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = this.steps === null ? null : setTimeout(() => this.step(), wait);
  }

  private step(): void {
    this.timer = null;
    if (!this.isIdle() || this.steps === null) return;
    if (this.steps.next().done) this.steps = null;
    else this.next(0);
  }
}

function answer(message: Exclude<ToWorker, Warm>, services: WorkerServices): Promise<void> {
  switch (message.kind) {
    case 'batch':
      return runBatch(message, services);
    case 'assist':
      return runAssist(message, services).catch(() => {});
  }
}
