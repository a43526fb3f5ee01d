/** A worker thread: solves the batches it is sent, one after the other. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { MessagePort } from 'node:worker_threads';
import type { EmpiricalTokens } from '../../solver/problem.js';
import type { FileReference } from '../../spec/experiment.js';
import type { ToWorker } from '../messages.js';
import { getReady, runBatch, type WorkerServices } from '../worker-core.js';
import type { WorkerFlags } from './flags.js';

/** Often enough for a progress bar and a chart that moves, seldom enough to cost nothing. */
const reportMilliseconds = 50;

/** The content is checked against the digest that is part of the run's hash: a file changed meanwhile must not pass for the old one. */
export async function readTokens(reference: FileReference): Promise<EmpiricalTokens> {
  const bytes = await readFile(reference.path);
  if (createHash('sha256').update(bytes).digest('hex') !== reference.digest) {
    throw new Error(`${reference.path} has changed since the spec was read.`);
  }
  const { isProblem, parseTable } = await import('../../spec/files/table.js');
  const table = parseTable(reference.path, bytes);
  if (isProblem(table)) throw new Error(`${reference.path} ${table.message}.`);
  return { rows: table.rows, columns: table.columns, data: table.data };
}

export function serve(port: MessagePort, flags: WorkerFlags, solveProblem: WorkerServices['solve']): void {
  let lastReport = 0;
  const services: WorkerServices = {
    solve: solveProblem,
    readTokens,
    post: (message) => port.postMessage(message),
    cancelled: (batch) => flags.isCancelled(batch),
    busyWith: (job) => {
      flags.busy = job;
      lastReport = performance.now();
    },
    reportDue: () => {
      const now = performance.now();
      if (now - lastReport < reportMilliseconds) return false;
      lastReport = now;
      return true;
    },
  };
  let queue = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    queue = queue.then(() => (message.kind === 'warm' ? getReady(services) : runBatch(message, services)));
  });
}
