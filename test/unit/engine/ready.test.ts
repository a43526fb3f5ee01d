/** A worker that gets ready while it has nothing to do. */
import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import type { FromWorker } from '../../../src/engine/messages.js';
import { WorkerFlags } from '../../../src/engine/node/flags.js';
import { serve } from '../../../src/engine/node/worker-thread.js';
import type { Problem } from '../../../src/solver/problem.js';
import type { RunResult } from '../../../src/solver/result.js';
import { warmUps } from '../../../src/solver/warm-up.js';
import { problem } from '../../support/engine/experiments.js';

describe('a worker that is told to get ready', () => {
  it('answers a batch before it goes on with that, goes on to the end, and stays ready', async () => {
    const { port1, port2 } = new MessageChannel();
    const solved: Problem[] = [];
    const isWarmUp = (one: Problem): boolean => warmUps.includes(one);
    const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
    const until = (count: number) => new Promise<void>((resolve) => waiting.push({ count, resolve }));
    const answer: RunResult = { method: 'exact', axes: {}, quantities: {}, notes: [] };
    serve(
      port2,
      new WorkerFlags(),
      // biome-ignore lint/correctness/useYield: a run without progress
      function* (asked) {
        solved.push(asked);
        for (const { count, resolve } of waiting) if (solved.length >= count) resolve();
        return answer;
      },
      new URL('file:///no-kernels'),
    );
    try {
      const ended = new Promise<void>((resolve) => {
        port1.on('message', (message: FromWorker) => {
          if (message.kind === 'ended') resolve();
        });
      });
      const begun = until(2);
      port1.postMessage({ kind: 'warm' });
      await begun;
      port1.postMessage({ kind: 'batch', batch: 1, jobs: [{ id: 1, problem: problem(7), state: null, team: null }] });
      await ended;
      const at = solved.findIndex((one) => !isWarmUp(one));
      assert.ok(at >= 2 && at < 90, `${at} runs before the one that was asked for`);
      const rounds = 30;
      await until(rounds * warmUps.length + 1);
      assert.equal(solved.filter((one) => !isWarmUp(one)).length, 1);
      for (const one of warmUps) assert.equal(solved.filter((other) => other === one).length, rounds);
      const again = until(rounds * warmUps.length + 2);
      port1.postMessage({ kind: 'batch', batch: 2, jobs: [{ id: 2, problem: problem(8), state: null, team: null }] });
      await again;
      assert.equal(solved.filter(isWarmUp).length, rounds * warmUps.length);
    } finally {
      port1.close();
    }
  });
});
