import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskCheckpoints, decodeCheckpoint, encodeCheckpoint } from '../../../src/engine/node/checkpoints.js';
import { type EngineEvent, EngineSession } from '../../../src/engine/session.js';
import type { Problem, Train } from '../../../src/solver/problem.js';
import { solve } from '../../../src/solver/solve.js';
import type { FileReference } from '../../../src/spec/experiment.js';
import { experiment, numberValue, plan, problem } from '../../support/engine/experiments.js';
import { inlineHost, MemoryCheckpoints } from '../../support/engine/inline-host.js';

const state = Float64Array.of(1, Number.NaN, -0, 1 / 3, Number.POSITIVE_INFINITY, 5e-324);

describe('checkpoints on disk', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'attn-checkpoints-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('give every bit back', async () => {
    const store = new DiskCheckpoints(folder);
    assert.equal(await store.get('ab'), null);
    await store.put('ab', state);
    assert.deepEqual(readdirSync(join(folder, 'checkpoints')), ['ab.bin']);
    const kept = await store.get('ab');
    assert.ok(kept instanceof Float64Array);
    assert.deepEqual(Buffer.from(kept.buffer), Buffer.from(state.buffer));
    await store.remove('ab');
    assert.equal(await store.get('ab'), null);
  });

  it('are refused when cut short, changed or of another run, and are thrown away', async () => {
    const content = encodeCheckpoint('ab', state);
    assert.deepEqual(decodeCheckpoint('ab', content), state);
    assert.equal(decodeCheckpoint('cd', content), null);
    for (let length = 0; length < content.length; length++) assert.equal(decodeCheckpoint('ab', content.subarray(0, length)), null);
    for (let at = 0; at < content.length; at++) {
      const changed = Uint8Array.from(content);
      changed[at]! ^= 1;
      const found = decodeCheckpoint('ab', changed);
      assert.ok(found === null, `byte ${at}`);
    }
    mkdirSync(join(folder, 'checkpoints'));
    writeFileSync(join(folder, 'checkpoints', 'ab.bin'), 'half of it');
    const store = new DiskCheckpoints(folder);
    assert.equal(await store.get('ab'), 'damaged');
    assert.deepEqual(readdirSync(join(folder, 'checkpoints')), []);
  });

  it('take no name for a path', async () => {
    const store = new DiskCheckpoints(folder);
    await store.put('../../escape', state);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('replace each other whole', async () => {
    const store = new DiskCheckpoints(folder);
    void store.put('ab', new Float64Array(1000));
    void store.put('ab', state);
    await store.flush();
    assert.deepEqual(await store.get('ab'), state);
    assert.equal(readFileSync(join(folder, 'checkpoints', 'ab.bin')).length, encodeCheckpoint('ab', state).length);
  });
});

const train: Train = {
  kind: 'sgd',
  rate: 0.01,
  batch: 40,
  steps: 60,
  record: 7,
  seed: 5,
  momentum: 0.5,
  beta1: 0.9,
  beta2: 0.999,
  extraSteps: [],
};

const training = (over: Partial<typeof train> = {}): Problem<FileReference> =>
  problem(400, {
    setting: {
      kind: 'task',
      task: {
        dimension: 1,
        covariance: [[1]],
        tokens: null,
        weights: { kind: 'gaussian', dimension: 1, mean: [0], covariance: [[1]] },
        noise: 0.3,
        link: 'identity',
        loss: 'half_squared',
      },
    },
    query: null,
    concentrate: null,
    attention: { ...problem(1).attention, keyQuery: null, value: null },
    train: { ...train, ...over } as Train,
    measures: ['risk', 'training_loss'],
  });

const spec = (over: Partial<typeof train> = {}, seconds = 100) =>
  experiment({ sweeps: { L: [numberValue(400)] }, problem: () => training(over), seconds });

describe('a training', () => {
  it('that is stopped goes on from its checkpoint and ends with the same bits', async () => {
    const wanted = await new EngineSession(inlineHost({ solve })).update(plan(spec()));
    const store = new MemoryCheckpoints();
    const interrupted: typeof solve = function* (made, means) {
      const steps = solve(made, means);
      for (;;) {
        const step = steps.next();
        if (step.done) return step.value;
        if (step.value.kind === 'progress' && step.value.fraction > 0.4) first.cancel();
        yield step.value;
      }
    };
    const first = new EngineSession(inlineHost({ solve: interrupted, checkpoints: store }));
    assert.equal((await first.update(plan(spec()))).status, 'cancelled');
    await first.stop();
    assert.equal(store.entries.size, 1);
    const [kept] = store.entries.values();
    assert.ok(kept instanceof Float64Array && kept[0]! > 10 && kept[0]! < 60, `step ${(kept as Float64Array)[0]}`);
    const notices: string[] = [];
    const note = (event: EngineEvent) => event.kind === 'notice' && notices.push(event.notice);
    let fraction = 1;
    const second = new EngineSession(inlineHost({ solve, checkpoints: store }), (event) => {
      note(event);
      if (event.kind === 'run' && event.outcome.status === 'running' && event.outcome.fraction > 0)
        fraction = Math.min(fraction, event.outcome.fraction);
    });
    const got = await second.update(plan(spec()));
    assert.deepEqual(got.experiments, wanted.experiments);
    assert.deepEqual(notices, ['resumed']);
    assert.ok(fraction > 0.15, 'it did not start anew');
    assert.equal(store.entries.size, 0, 'what is done leaves nothing behind');
  });

  it('shows its curves while it runs, and keeps them when it is cancelled', async () => {
    const seen: number[] = [];
    const steps: number[] = [];
    const session: EngineSession = new EngineSession(inlineHost({ solve }), (event) => {
      if (event.kind !== 'run' || event.outcome.status !== 'running') return;
      if (event.outcome.step !== undefined) steps.push(event.outcome.step);
      const { partial } = event.outcome;
      if (partial === null) return;
      seen.push(partial.quantities.risk!.value.length);
      assert.deepEqual(partial.axes.step!.slice(0, 3), [0, 7, 14].slice(0, seen.at(-1)!));
      if (seen.at(-1)! >= 4) session.cancel();
    });
    const answer = await session.update(plan(spec({ batch: 4000 })));
    assert.equal(answer.status, 'cancelled');
    assert.deepEqual([...new Set(seen)], [1, 2, 3, 4]);
    assert.ok(steps.at(-1)! >= 21 && steps.at(-1)! < train.steps);
    const [run] = answer.experiments[0]!.runs;
    assert.ok(run?.status === 'running');
    assert.equal(run.partial?.quantities.training_loss?.value.length, 4);
  });

  it('with a damaged checkpoint starts anew, and says so', async () => {
    const wanted = await new EngineSession(inlineHost({ solve })).update(plan(spec()));
    const store = new MemoryCheckpoints();
    store.entries.set(spec().runs[0]!.hash, 'damaged');
    const notices: string[] = [];
    const session = new EngineSession(inlineHost({ solve, checkpoints: store }), (event) => {
      if (event.kind === 'notice') notices.push(event.notice);
    });
    assert.deepEqual((await session.update(plan(spec()))).experiments, wanted.experiments);
    assert.deepEqual(notices, ['damaged']);
  });

  it('with the checkpoint of a training of another shape starts anew', async () => {
    const wanted = await new EngineSession(inlineHost({ solve })).update(plan(spec()));
    const store = new MemoryCheckpoints();
    store.entries.set(spec().runs[0]!.hash, Float64Array.of(5, 1, 3, 0, 0, 1, 2, 3, 1, 2, 3));
    assert.deepEqual(
      (await new EngineSession(inlineHost({ solve, checkpoints: store })).update(plan(spec()))).experiments,
      wanted.experiments,
    );
  });

  it('that diverges fails at its rate, and keeps the curve until then', async () => {
    const session = new EngineSession(inlineHost({ solve }));
    const made = spec({ rate: 30, steps: 4000, record: 1, momentum: 0 });
    const answer = await session.update(plan({ ...made, settings: { 'train.rate': { start: 0, end: 1, line: 9, column: 1 } } }));
    const [run] = answer.experiments[0]!.runs;
    assert.ok(run?.status === 'failed');
    assert.equal(run.failure.code, 'diverged');
    assert.equal(run.failure.line, 9);
    const losses = run.partial?.quantities.training_loss?.value ?? [];
    assert.ok(losses.length > 1);
    assert.ok(losses.every(Number.isFinite));
    assert.equal(run.partial?.quantities.risk?.value.length, losses.length);
    assert.deepEqual(
      run.partial?.axes.step,
      losses.map((_, i) => i),
    );
  });
});
