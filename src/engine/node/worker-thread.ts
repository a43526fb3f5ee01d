/** A worker thread: solves the batches it is sent, one after the other. */
import type { MessagePort } from 'node:worker_threads';
import type { ToWorker } from '../messages.js';
import { getReady, runBatch, type WorkerServices } from '../worker-core.js';
import type { WorkerFlags } from './flags.js';
import { kernelLoader } from './kernels.js';
import { readTokens } from './tokens.js';

/** Often enough for a progress bar and a chart that moves, seldom enough to cost nothing. */
const reportMilliseconds = 50;
/** Work that a killed process may lose, and work that a cancelled run is not kept for. */
const checkpointMilliseconds = 10_000;
const worthKeepingMilliseconds = 1000;

export function serve(port: MessagePort, flags: WorkerFlags, solveProblem: WorkerServices['solve'], kernels: URL): void {
  let lastReport = 0;
  let lastCheckpoint = 0;
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
    },
    reportDue: () => {
      const now = performance.now();
      if (now - lastReport < reportMilliseconds) return false;
      lastReport = now;
      return true;
    },
    checkpointDue: (ending) => {
      const now = performance.now();
      if (now - lastCheckpoint < (ending ? worthKeepingMilliseconds : checkpointMilliseconds)) return false;
      lastCheckpoint = now;
      return true;
    },
  };
  let queue = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    queue = queue.then(() => (message.kind === 'warm' ? getReady(services) : runBatch(message, services)));
  });
}
