/** A worker thread with the real solver, without compiled kernels and with a checkpoint every so often. */
import { parentPort, workerData } from 'node:worker_threads';
import { WorkerFlags } from '../../../src/engine/node/flags.js';
import { serve } from '../../../src/engine/node/worker-thread.js';
import { solve } from '../../../src/solver/solve.js';

serve(parentPort!, new WorkerFlags(workerData), solve, new URL('./none.wasm', import.meta.url), { every: 50, worthKeeping: 0 });
