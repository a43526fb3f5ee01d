/** Entry point of a worker thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { solve } from '../../solver/solve.js';
import { type SharedFlags, WorkerFlags } from './flags.js';
import { serve } from './worker-thread.js';

if (parentPort === null) throw new Error('This file runs in a worker thread.');
serve(parentPort, new WorkerFlags(workerData as SharedFlags), solve, new URL('./kernels.wasm', import.meta.url));
