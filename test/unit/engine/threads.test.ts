import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeHost } from '../../../src/engine/node/host.js';
import { EngineSession, type PlanResult, runPlan } from '../../../src/engine/session.js';
import type { FileReference } from '../../../src/spec/experiment.js';
import { experiment, numberValue, plan, problem, valueIn } from '../../support/engine/experiments.js';

// The numbers are those of `behaviour` in the fake worker.
const steps = 1;
const stuck = 2;
const exits = 3;
const heap = 4;
const file = 5;

const host = (workers: number, limits = {}) =>
  nodeHost({
    workers,
    cache: null,
    script: new URL('../../support/engine/fake-worker.mjs', import.meta.url),

    ...limits,
  });

/** One run for each seed, lengths 1, 2, …. */
const seeds = (...list: number[]) =>
  experiment({
    sweeps: { L: list.map((_, i) => numberValue(i + 1)) },
    problem: (at) => problem(at.L!.value!, { solver: { method: 'auto', samples: null, precision: 'auto', seed: list[at.L!.value! - 1]! } }),
  });

const summary = ({ experiments }: PlanResult) =>
  experiments[0]!.runs.map((run) => (run.status === 'failed' ? run.failure.code : run.status));

describe('worker threads', function () {
  this.timeout(30_000);

  it('solve the runs of a plan', async () => {
    const answer = await runPlan(plan(seeds(0, 0, 0, 0, 0)), host(2));
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((run) => valueIn(answer.experiments[0]!, run, 'output_error')),
      [1, 2, 3, 4, 5],
    );
  });

  for (const [name, seed] of [
    ['between two steps', steps],
    ['in the midst of a step', stuck],
  ] as const) {
    it(`are stopped within 50 ms, ${name}, and serve the next plan`, async () => {
      const session = new EngineSession(host(1));
      try {
        const first = session.update(plan(seeds(seed)));
        while (session.results()[0]?.runs[0]?.status === 'waiting') await new Promise((resolve) => setTimeout(resolve, 5));
        const before = performance.now();
        session.cancel();
        assert.equal((await first).status, 'cancelled');
        assert.ok(performance.now() - before < 50);
        assert.equal((await session.update(plan(seeds(0)))).status, 'finished');
      } finally {
        session.dispose();
      }
    });
  }

  it('that end of themselves fail one run', async () => {
    assert.deepEqual(summary(await runPlan(plan(seeds(0, exits, 0, 0)), host(1))), ['done', 'crashed', 'done', 'done']);
  });

  it('that exhaust their heap fail one run', async () => {
    assert.deepEqual(summary(await runPlan(plan(seeds(0, heap, 0)), host(1, { heapMegabytes: 48 }))), ['done', 'memory', 'done']);
  });

  it('that cannot be started fail every run, and do not start for ever', async () => {
    const missing = nodeHost({ workers: 1, cache: null, script: new URL('./not-there.js', import.meta.url) });
    assert.deepEqual(summary(await runPlan(plan(seeds(0, 0)), missing)), ['crashed', 'crashed']);
  });

  it('read a data file, unless it has changed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'attn-'));
    try {
      const path = join(folder, 'tokens.csv');
      writeFileSync(path, 'x\n1\n2\n4\n');
      const digest = createHash('sha256').update('x\n1\n2\n4\n').digest('hex');
      const spec = (tokens: FileReference) =>
        experiment({
          problem: () =>
            problem(1, {
              setting: { kind: 'tokens', law: { kind: 'empirical', dimension: 1, tokens } },
              solver: { method: 'auto', samples: null, precision: 'auto', seed: file },
            }),
        });
      const good = await runPlan(plan(spec({ path, digest, rows: 3, columns: 1 })), host(1));
      assert.equal(valueIn(good.experiments[0]!, 0, 'output_error'), 7);
      const [changed] = (await runPlan(plan(spec({ path, digest: digest.replace(/./, 'x'), rows: 3, columns: 1 })), host(1)))
        .experiments[0]!.runs;
      assert.match(changed!.status === 'failed' ? changed!.failure.message : '', /tokens\.csv has changed since the spec was read/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
