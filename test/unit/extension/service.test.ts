import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { RunOutcome } from '../../../src/engine/results.js';
import { type ServiceHost, SolverService } from '../../../src/extension/solver/service.js';
import { type Models, runsState } from '../../../src/extension/solver/snapshot.js';
import { templates } from '../../../src/extension/templates/templates.js';
import { parseSpec } from '../../../src/language/index.js';
import { isToPanel } from '../../../src/protocol/check.js';
import { packed } from '../../../src/protocol/language.js';
import type { FromSolver } from '../../../src/protocol/solver.js';
import { solve } from '../../../src/solver/solve.js';
import { buildPlan, noFiles } from '../../../src/spec/index.js';
import { inlineHost } from '../../support/engine/inline-host.js';
import { make, plot, quantity, sweep } from '../chart/fixtures.js';

const example = readFileSync(new URL('../../../examples/icl-gradient-flow.attn', import.meta.url), 'utf8');
const title = 'Softmax follows its infinite-prompt limit';

function planOf(text: string): unknown {
  const { plan, diagnostics } = buildPlan(parseSpec(text), { file: 'file:///home/somebody/a%20spec.attn', reader: noFiles });
  assert.deepEqual(diagnostics, []);
  return packed(plan);
}

function served(spy: (hash: string) => void = () => {}, engine = inlineHost({ solve })) {
  const messages: FromSolver[] = [];
  let wake = () => {};
  const host: ServiceHost = {
    version: '1.2.3',
    post: (message) => {
      messages.push(structuredClone(message));
      wake();
    },
    engine: () => engine,
    expect: spy,
    clearCache: async () => 12,
    later: (milliseconds, callback) => {
      const timer = globalThis.setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  };
  const service = new SolverService(host);
  const until = async <Type extends FromSolver['type']>(type: Type): Promise<Extract<FromSolver, { type: Type }>> => {
    for (;;) {
      const found = messages.find((message) => message.type === type);
      if (found !== undefined) return found as Extract<FromSolver, { type: Type }>;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { service, messages, until };
}

const watched = [{ experiment: title, charts: true, table: true, parameters: false }];

describe('the solver of an editor', () => {
  it('has its threads before the first plan, no more than there may be, and gives them back', async () => {
    for (const workers of [1, 2, 64]) {
      const engine = inlineHost({ solve, workers });
      const { service } = served(() => {}, engine);
      await service.receive({ type: 'watch', study: 'a', watched });
      assert.equal(engine.spawned, Math.min(4, workers));
      await service.receive({ type: 'close', study: 'a' });
      assert.equal(engine.disposed, engine.spawned);
    }
  });

  it('answers a plan with charts, a table, verdicts and notes', async () => {
    const { service, messages, until } = served();
    await service.receive({ type: 'watch', study: 'a', watched });
    await service.receive({ type: 'solve', study: 'a', revision: 7, plan: planOf(example), keep: [], budget: 2 });
    const ended = await until('ended');
    assert.deepEqual([ended.status, ended.revision], ['finished', 7]);
    const last = messages.flatMap((message) => (message.type === 'snapshot' ? [message.snapshot] : [])).at(-1)!;
    assert.equal(last.charts?.length, 2);
    assert.ok((last.table?.rows ?? 0) > 8);
    assert.deepEqual(
      last.expectations.map(({ verdict }) => verdict),
      ['holds', 'holds'],
    );
    assert.equal(last.runs.done, 8);
    assert.match(last.notes[0]?.text ?? '', /^final risk 0\.06\d+ … 0\.\d+$/);
    assert.equal(last.settled, true);
    service.dispose();
  });

  it('notes the fitted rate beside a concentration, asked for or not', async () => {
    const { service, messages, until } = served();
    const text = `experiment "C" {
  sweep L over [100, 1000, 10000]
  tokens { dimension = 2, law = gaussian(1) }
  query { at = [0.5, 0] }
  attention { key_query = identity, value = identity }
  prompt { length = L }
  concentrate { of = output }
}
`;
    await service.receive({ type: 'solve', study: 'a', revision: 1, plan: planOf(text), keep: [], budget: null });
    await until('ended');
    const last = messages.flatMap((message) => (message.type === 'snapshot' ? [message.snapshot] : [])).at(-1)!;
    const note = last.notes.find(({ block }) => block === 'concentrate');
    const rate = Number(/^fitted rate of output_error (-?[\d.]+)$/.exec(note?.text.replace('−', '-') ?? '')?.[1]);
    assert.ok(Math.abs(rate + 1) < 0.01, note?.text);
    service.dispose();
  });

  it('holds what is beyond the budget, and says what it would cost', async () => {
    const { service, messages, until } = served();
    await service.receive({ type: 'solve', study: 'a', revision: 1, plan: planOf(example), keep: [], budget: 0 });
    const ended = await until('ended');
    assert.equal(ended.status, 'held');
    const last = messages.flatMap((message) => (message.type === 'snapshot' ? [message.snapshot] : [])).at(-1)!;
    assert.equal(last.held?.runs, 8);
    assert.ok((last.held?.seconds ?? 0) > 0);
    assert.equal(last.charts, null, 'nobody watches');
    service.dispose();
  });

  it('keeps the results of an experiment whose text has an error now', async () => {
    const { service, messages, until } = served();
    const other = example.replace(title, 'Other').replace('rho = 0.5', 'rho = 0.25');
    await service.receive({ type: 'watch', study: 'a', watched });
    await service.receive({ type: 'solve', study: 'a', revision: 1, plan: planOf(example), keep: [], budget: null });
    await until('ended');
    messages.length = 0;
    await service.receive({ type: 'solve', study: 'a', revision: 2, plan: planOf(other), keep: [title], budget: null });
    await until('ended');
    const last = new Map(messages.flatMap((message) => (message.type === 'snapshot' ? [[message.snapshot.title, message.snapshot]] : [])));
    assert.deepEqual([...last.keys()].sort(), ['Other', title].sort());
    assert.equal(last.get(title)?.runs.done, 8);
    assert.equal(last.get(title)?.charts?.length, 2);
    service.dispose();
  });

  it('exports every format with what made it', async () => {
    const { service, messages, until } = served();
    await service.receive({ type: 'solve', study: 'a', revision: 1, plan: planOf(example), keep: [], budget: null });
    await until('ended');
    for (const format of ['svg', 'csv', 'json', 'pgfplots'] as const) {
      const what = { experiment: title, format, chart: null, theme: 'print' as const, transparent: false };
      await service.receive({ type: 'export', request: 1, study: 'a', what });
    }
    const texts = messages.flatMap((message) => (message.type === 'exported' ? [message.text] : []));
    assert.equal(texts.length, 4);
    const hash = messages.flatMap((message) => (message.type === 'snapshot' ? [message.snapshot.hash] : []))[0]!;
    for (const text of texts) {
      assert.ok(text.includes(hash));
      assert.ok(text.includes('1.2.3'));
    }
    // The name of the spec, and not where it lies.
    assert.equal((JSON.parse(texts[2]!) as { experiments: { file: string }[] }).experiments[0]!.file, 'a spec.attn');
    await service.receive({
      type: 'export',
      request: 2,
      study: 'b',
      what: { experiment: 'no', format: 'csv', chart: null, theme: 'print', transparent: false },
    });
    assert.equal(messages.at(-1)?.type, 'failed');
    service.dispose();
  });

  it('gives the results of each template of a new experiment within the budget for typing', async () => {
    for (const { label, text } of templates) {
      const { service, messages, until } = served();
      await service.receive({ type: 'solve', study: 'a', revision: 1, plan: planOf(text), keep: [], budget: 2 });
      const { status } = await until('ended');
      assert.equal(status, 'finished', label);
      const last = messages.flatMap((message) => (message.type === 'snapshot' ? [message.snapshot] : [])).at(-1)!;
      assert.equal(last.runs.failed, 0, label);
      assert.deepEqual(
        last.expectations.filter(({ verdict }) => verdict !== 'holds').map(({ text: said, detail }) => `${label}: ${said}: ${detail}`),
        [],
      );
      service.dispose();
    }
  });

  describe('while somebody types', () => {
    const charts = [{ experiment: title, charts: true, table: false, parameters: false }];
    const ask = (revision: number, text = example, budget: number | null = 2) =>
      ({ type: 'solve', study: 'a', revision, plan: planOf(text), keep: [], budget }) as const;
    const snapshots = (messages: readonly FromSolver[]) =>
      messages.flatMap((message) => (message.type === 'snapshot' ? [message.snapshot as Models] : []));
    const valuesOf = (model: Models | undefined): number[] =>
      (model?.charts ?? []).flatMap(({ panels }) =>
        panels.flatMap(({ series }) => series.flatMap(({ y }) => y.map((value) => value ?? 0))),
      );

    it('draws whole drafts first, says how exact they are, and then what the plan says', async () => {
      const { service, messages, until } = served();
      await service.receive({ type: 'watch', study: 'a', watched: charts });
      await service.receive(ask(1));
      await until('ended');
      const drafts = snapshots(messages).filter(({ settled, runs }) => !settled && runs.done === runs.total);
      const last = snapshots(messages).at(-1)!;
      assert.ok(drafts.length >= 1);
      const draft = drafts.at(-1)!;
      assert.equal(draft.hash, last.hash);
      assert.match(draft.charts![0]!.notes.join(' '), /Exact along a flow with a tolerance of 10⁻⁵\./);
      assert.match(last.charts![0]!.notes.join(' '), /Exact\./);
      assert.deepEqual(
        draft.expectations.map(({ verdict }) => verdict),
        last.expectations.map(({ verdict }) => verdict),
      );
      assert.equal(last.settled, true);
      const [coarse, fine] = [valuesOf(draft), valuesOf(last)];
      assert.equal(coarse.length, fine.length);
      // Of the largest number, as the tolerance of a flow is: eight runs, two quantities.
      const size = Math.max(...fine.map(Math.abs));
      const worst = Math.max(...coarse.map((value, i) => Math.abs(value - fine[i]!)));
      assert.ok(worst > 0 && worst < 1e-4 * size, `${worst}`);
      service.dispose();
    });

    it('no run of an unfinished plan takes a curve of the draft away', async () => {
      const { service, messages, until } = served();
      await service.receive({ type: 'watch', study: 'a', watched: charts });
      await service.receive(ask(1));
      await until('ended');
      const counts = snapshots(messages).map(({ runs }) => runs.done);
      const whole = counts.indexOf(8);
      assert.ok(whole >= 0);
      assert.deepEqual(new Set(counts.slice(whole)), new Set([8]));
      service.dispose();
    });

    it('exports wait for the plan itself', async () => {
      const { service, until } = served();
      await service.receive({ type: 'watch', study: 'a', watched: charts });
      await service.receive(ask(1));
      const what = { experiment: title, format: 'csv', chart: null, theme: 'print', transparent: false } as const;
      void service.receive({ type: 'export', request: 1, study: 'a', what });
      const early = await until('exported');
      const other = served();
      await other.service.receive(ask(1, example, null));
      await other.until('ended');
      void other.service.receive({ type: 'export', request: 1, study: 'a', what });
      assert.equal(early.text, (await other.until('exported')).text);
      assert.match(early.text, /,1e-8,/);
      service.dispose();
      other.service.dispose();
    });

    it('a cancel while a draft stands ends the plan once, and leaves the draft', async () => {
      const { service, messages, until } = served();
      await service.receive({ type: 'watch', study: 'a', watched: charts });
      await service.receive(ask(1));
      while (!snapshots(messages).some(({ runs }) => runs.done === 8)) await until('snapshot').then(() => setTimeout(2));
      await service.receive({ type: 'cancel', study: 'a' });
      const { status } = await until('ended');
      assert.equal(status, 'cancelled');
      assert.equal(snapshots(messages).at(-1)!.runs.done, 8);
      await setTimeout(250);
      assert.equal(messages.filter(({ type }) => type === 'ended').length, 1);
      service.dispose();
    });

    it('there are no drafts of what is asked for by name, of tables, and of what is known', async () => {
      const { service, messages, until } = served();
      const unsettled = () => snapshots(messages).filter(({ settled, runs }) => !settled && runs.done === runs.total).length;
      await service.receive({ type: 'watch', study: 'a', watched: charts });
      await service.receive(ask(1, example, null));
      await until('ended');
      messages.length = 0;
      await service.receive(ask(2, example.replace('log y', '')));
      await until('ended');
      messages.length = 0;
      await service.receive({ type: 'watch', study: 'a', watched });
      await service.receive(ask(3, example.replace('rho = 0.5', 'rho = 0.4')));
      await until('ended');
      assert.equal(unsettled(), 0);
      service.dispose();
    });
  });

  it('is told by a message that a panel accepts', async () => {
    const { service, messages, until } = served();
    await service.receive({ type: 'watch', study: 'a', watched });
    await service.receive({ type: 'solve', study: 'a', revision: 1, plan: planOf(example), keep: [], budget: 2 });
    await until('ended');
    const last = messages.flatMap((message) => (message.type === 'snapshot' ? [message.snapshot] : [])).at(-1)!;
    const { charts, table, runs, expectations, held } = last;
    assert.ok(isToPanel({ type: 'update', sequence: 1, changes: { charts, table, runs, expectations, held } }));
    service.dispose();
  });
});

describe('how far the runs are', () => {
  it('counts the steps of all trainings while one is under way', () => {
    const train = { kind: 'sgd', steps: 2000, rate: 0.1, momentum: 0, batch: 8, record: 10, seed: 1, extraSteps: [] } as const;
    const base = make({
      title: 'Two trainings',
      sweeps: [sweep('L', [10, 20], true)],
      plots: [plot([quantity('risk')], 'step')],
      run: () => ({ status: 'waiting' }),
    });
    const runs = base.experiment.runs.map((run) => ({ ...run, problem: { ...run.problem, train }, cost: { seconds: 30, bytes: 0 } }));
    const of = (...outcomes: readonly RunOutcome[]) =>
      runsState(
        { experiment: { ...base.experiment, runs: runs as unknown as typeof base.experiment.runs }, runs: outcomes, expectations: [] },
        false,
      );
    const done: RunOutcome = { status: 'done', result: { method: 'sampled', axes: {}, quantities: {}, notes: [] }, cached: false };
    const waiting: RunOutcome = { status: 'waiting' };
    const half = of(done, { status: 'running', fraction: 0.45, step: 1000, partial: null });
    assert.deepEqual([half.steps, half.seconds], [{ done: 3000, total: 4000 }, 60]);
    assert.deepEqual(of(waiting, { status: 'running', fraction: 0.1, step: 200, partial: null }).steps, { done: 200, total: 4000 });
    assert.equal(of(done, waiting).steps, null);
  });
});
