/** A worker thread: solves the batches it is sent, one after the other. */
import type { MessagePort } from 'node:worker_threads';
import type { ToWorker } from '../messages.js';
import { getReady, runAssist, runBatch, type WorkerServices } from '../worker-core.js';
import type { WorkerFlags } from './flags.js';
import { kernelLoader } from './kernels.js';
import { readTokens } from './tokens.js';

/** Often enough for a progress bar and a chart that moves, seldom enough to cost nothing. */
const reportMilliseconds = 50;
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
  port.on('message', (message: ToWorker) => {
    queue = queue.then(() => answer(message, services));
  });
}

function answer(message: ToWorker, services: WorkerServices): void | Promise<void> {
  switch (message.kind) {
    case 'warm':
      return getReady(services);
    case 'batch':
      return runBatch(message, services);
    case 'assist':
      return runAssist(message, services).catch(() => {});
  }
}
