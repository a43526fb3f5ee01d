/** A worker thread whose solver does what the seed of the problem says. */
import { parentPort, workerData } from 'node:worker_threads';
import { WorkerFlags } from '../../../src/engine/node/flags.js';
import { serve } from '../../../src/engine/node/worker-thread.js';
import type { Problem } from '../../../src/solver/problem.js';
import type { RunResult, SolveEvent } from '../../../src/solver/result.js';
import { result, single } from './experiments.js';

export const behaviour = { steps: 1, stuck: 2, exits: 3, heap: 4, file: 5 } as const;

function* solve(problem: Problem): Generator<SolveEvent, RunResult> {
  yield { kind: 'progress', fraction: 0 };
  switch (problem.solver.seed) {
    case behaviour.steps:
      for (;;) yield { kind: 'progress', fraction: 0.5 };
    case behaviour.stuck:
      for (;;);
    case behaviour.exits:
      return process.exit(7);
    case behaviour.heap: {
      const held: object[] = [];
      for (;;) held.push(Array.from({ length: 1000 }, (_, i) => ({ i })));
    }
    case behaviour.file: {
      const law = problem.setting.kind === 'tokens' ? problem.setting.law : null;
      return result({
        output_error: single(law?.kind === 'empirical' ? law.tokens.data.reduce((sum, value) => sum + value, 0) : Number.NaN),
      });
    }
    default:
      return result({ output_error: single(problem.length) });
  }
}

serve(parentPort!, new WorkerFlags(workerData), solve, new URL('./none.wasm', import.meta.url));
