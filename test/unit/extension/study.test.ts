import assert from 'node:assert/strict';
import type { ChartModel } from '../../../src/chart/index.js';
import { settled } from '../../../src/extension/studies/settled.js';
import { Study, type StudySnapshot } from '../../../src/extension/studies/study.js';
import type { ExperimentOutline, PlanParams } from '../../../src/protocol/language.js';
import type { StaleNote } from '../../../src/protocol/messages.js';
import type { ToSolver } from '../../../src/protocol/solver.js';

function outline(title: string, stale: StaleNote | null = null): ExperimentOutline {
  return { title, line: 1, start: 0, end: 9, titleSpan: { start: 0, end: 1 }, sweeps: [], runs: 1, blocks: [], expectations: [], stale };
}

function plan(version: number, words: string | null, title = 'A'): PlanParams {
  const mistake = { code: 'attn.E207', severity: 'error' as const, message: 'Not defined.', line: 3, start: 1, end: 2 };
  return {
    uri: 'file:///a.attn',
    version,
    plan: words === null ? null : { words },
    diagnostics: words === null ? [mistake] : [],
    outline: [outline(title)],
  };
}

const charts = [{ id: 'one', title: 'One', panels: [] }] as unknown as ChartModel[];

function snapshot(hash: string, more: Partial<StudySnapshot> = {}): StudySnapshot {
  return {
    title: 'A',
    hash,
    charts,
    table: null,
    parameters: null,
    hasParameters: false,
    runs: { total: 1, done: 1, running: 0, failed: 0, cached: 0, fraction: 1, seconds: 1, steps: null, failures: [] },
    expectations: [],
    held: null,
    notes: [],
    findings: [],
    settled: true,
    ...more,
  };
}

function studied(budget = 2) {
  const posted: ToSolver[] = [];
  const clock = { now: 0 };
  const study = new Study('file:///a.attn', { post: (message) => posted.push(message), now: () => clock.now, budget: () => budget });
  const solves = () => posted.flatMap((message) => (message.type === 'solve' ? [message] : []));
  return { study, posted, clock, solves };
}

describe('a study', () => {
  it('solves nothing while nobody looks, and at once when somebody does', () => {
    const { study, solves } = studied();
    study.receivePlan(plan(1, 'x'));
    assert.equal(solves().length, 0);
    study.addInterest({});
    assert.deepEqual(
      solves().map(({ revision, budget }) => [revision, budget]),
      [[1, 2]],
    );
  });

  it('asks for nothing when a text says nothing new', () => {
    const { study, solves } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    study.receivePlan(plan(2, 'x'));
    assert.equal(solves().length, 1);
    study.receivePlan(plan(3, 'y'));
    assert.equal(solves().length, 2);
  });

  it('drops a version that is older than the last', () => {
    const { study, solves } = studied();
    study.addInterest({});
    study.receivePlan(plan(5, 'new'));
    study.receivePlan(plan(4, 'old'));
    assert.equal(solves().length, 1);
    assert.equal(study.version, 5);
  });

  it('drops results of a plan that is not the newest', () => {
    const { study } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    study.receivePlan(plan(2, 'y'));
    study.receive({ type: 'snapshot', study: study.uri, revision: 1, snapshot: snapshot('x') });
    assert.equal(study.snapshot('A'), null);
    study.receive({ type: 'ended', study: study.uri, revision: 1, status: 'finished' });
    assert.equal(study.busy, true);
    study.receive({ type: 'snapshot', study: study.uri, revision: 2, snapshot: snapshot('y') });
    study.receive({ type: 'ended', study: study.uri, revision: 2, status: 'finished' });
    assert.equal(study.snapshot('A')?.hash, 'y');
    assert.equal(study.busy, false);
  });

  it('keeps the last good result while the text has a mistake, and names the first one', () => {
    const { study, solves } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    study.receive({ type: 'snapshot', study: study.uri, revision: 1, snapshot: snapshot('x') });
    study.receivePlan(plan(2, null));
    assert.deepEqual(study.stale, { message: 'Not defined.', code: 'attn.E207', line: 3, errors: 1 });
    assert.equal(study.snapshot('A')?.charts, charts);
    study.receivePlan(plan(3, 'x'));
    assert.equal(study.stale, null);
    assert.equal(solves().length, 1, 'the text is what it was, and so are its results');
  });

  it('solves what has no error, and keeps the rest as it was', () => {
    const { study, solves } = studied();
    const note = { message: 'Not defined.', code: 'attn.E207', line: 3, errors: 1 };
    study.addInterest({});
    study.receivePlan({ ...plan(1, 'x'), outline: [outline('A'), outline('B')] });
    study.receive({ type: 'snapshot', study: study.uri, revision: 1, snapshot: snapshot('x') });
    const { diagnostics } = plan(2, null);
    study.receivePlan({ ...plan(2, 'y'), diagnostics, outline: [outline('A', note), outline('B')] });
    assert.deepEqual(
      solves().map(({ plan: solved, keep }) => [solved, keep]),
      [
        [{ words: 'x' }, []],
        [{ words: 'y' }, ['A']],
      ],
    );
    assert.deepEqual([study.staleOf('A'), study.staleOf('B')], [note, null]);
    study.receive({ type: 'snapshot', study: study.uri, revision: 2, snapshot: snapshot('z', { title: 'B' }) });
    assert.equal(study.snapshot('A')?.hash, 'x');
    assert.equal(study.snapshot('B')?.hash, 'z');
    // Its title is being typed again.
    study.receivePlan({ ...plan(3, 'y'), diagnostics, outline: [outline('B')] });
    study.receivePlan({ ...plan(4, 'x'), outline: [outline('A'), outline('B')] });
    assert.equal(study.snapshot('A')?.hash, 'x');
  });

  it('follows an experiment whose title is edited', () => {
    const { study } = studied();
    study.addInterest({});
    study.receivePlan({ ...plan(1, 'x'), outline: [outline('A'), outline('B')] });
    study.receive({ type: 'snapshot', study: study.uri, revision: 1, snapshot: snapshot('x') });
    study.receivePlan({ ...plan(2, 'y'), outline: [outline('An'), outline('B')] });
    assert.equal(study.snapshot('An')?.hash, 'x');
    assert.equal(study.snapshot('A'), null);
    study.receivePlan({ ...plan(3, 'z'), outline: [outline('B'), outline('An')] });
    assert.equal(study.snapshot('An')?.hash, 'x', 'moved, not renamed');
  });

  it('runs without a bound when it is asked to, once', () => {
    const { study, solves } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    study.run();
    study.run();
    assert.deepEqual(
      solves().map(({ budget }) => budget),
      [2, null],
    );
  });

  it('remembers that it was asked to run before there was a plan', () => {
    const { study, solves } = studied();
    study.addInterest({});
    study.run();
    study.receivePlan(plan(1, 'x'));
    study.receivePlan(plan(2, 'y'));
    assert.deepEqual(
      solves().map(({ budget }) => budget),
      [null, 2],
    );
  });

  it('stands still while paused, and catches up afterwards', () => {
    const { study, solves } = studied();
    study.addInterest({});
    study.setPaused(true);
    study.receivePlan(plan(1, 'x'));
    study.receivePlan(plan(2, 'y'));
    assert.equal(solves().length, 0);
    study.setPaused(false);
    assert.deepEqual(
      solves().map((message) => message.plan),
      [{ words: 'y' }],
    );
  });

  it('takes what stood for a second as what a new result is compared with', () => {
    const { study, clock } = studied();
    study.addInterest({});
    const arrive = (version: number, hash: string) => {
      study.receivePlan(plan(version, hash));
      study.receive({ type: 'snapshot', study: study.uri, revision: version, snapshot: snapshot(hash, { charts: [...charts] }) });
    };
    arrive(1, 'x');
    const first = study.snapshot('A')?.charts;
    clock.now = 100;
    arrive(2, 'y');
    assert.equal(study.previous('A'), null, 'nobody has seen it');
    clock.now = 5000;
    const second = study.snapshot('A')?.charts;
    arrive(3, 'z');
    assert.equal(study.previous('A'), second);
    assert.notEqual(study.previous('A'), first);
  });

  it('keeps the old curves until the new result has one, or will have none', () => {
    const { study, clock } = studied();
    study.addInterest({});
    const drawn = (...roles: string[]) => [{ id: 'one', panels: [{ series: roles.map((role) => ({ role })) }] }] as unknown as ChartModel[];
    const arrive = (version: number, hash: string, more: Partial<StudySnapshot>) => {
      study.receivePlan(plan(version, hash));
      study.receive({ type: 'snapshot', study: study.uri, revision: version, snapshot: snapshot(hash, more) });
      return [study.snapshot('A')?.charts, study.replacing('A')];
    };
    const [old, empty, fresh] = [drawn('overlay', 'value'), drawn('overlay'), drawn('value')];
    assert.deepEqual(arrive(1, 'x', { charts: empty, settled: false }), [empty, false], 'nothing stood before');
    assert.deepEqual(arrive(1, 'x', { charts: old, hasParameters: true }), [old, false]);
    clock.now = 5000;
    assert.deepEqual(arrive(2, 'y', { charts: empty, settled: false }), [old, true]);
    assert.deepEqual(arrive(3, 'z', { charts: empty, settled: false }), [old, true], 'superseded before it had a curve');
    assert.equal(study.snapshot('A')?.hasParameters, true);
    assert.equal(study.stale, null);
    assert.deepEqual(arrive(3, 'z', { charts: fresh, settled: false }), [fresh, false]);
    assert.equal(study.previous('A'), old);
    assert.deepEqual(arrive(4, 'w', { charts: empty }), [empty, false], 'all runs have failed or are held');
  });

  it('knows that it was cancelled until it is asked again', () => {
    const { study, posted } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    study.run();
    const revision = 2;
    assert.equal(study.cancelled, false);
    study.receive({ type: 'ended', study: study.uri, revision, status: 'cancelled' });
    assert.equal(study.cancelled, true);
    study.receivePlan(plan(2, 'x'));
    assert.equal(study.cancelled, true, 'the same text asks for nothing');
    const before = posted.length;
    study.run();
    assert.equal(study.cancelled, false);
    assert.deepEqual(
      posted.slice(before).map((message) => message.type === 'solve' && [message.plan, message.revision, message.budget]),
      [[{ words: 'x' }, 3, null]],
      'who asks gets the rest',
    );
    study.run();
    assert.equal(posted.length, before + 1, 'what is under way goes on');
    study.receive({ type: 'ended', study: study.uri, revision: 3, status: 'cancelled' });
    study.receivePlan(plan(3, 'y'));
    assert.equal(study.cancelled, false);
  });

  it('tells how long the runs under way still take, from what they have taken, without what the cache had', () => {
    const { study, clock } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    study.run();
    const at = (now: number, fraction: number, running = 1): number | null => {
      clock.now = now;
      const runs = { total: 2, done: 1, running, failed: 0, cached: 1, fraction, seconds: 100, steps: null, failures: [] };
      study.receive({ type: 'snapshot', study: study.uri, revision: 2, snapshot: snapshot('a', { settled: false, runs }) });
      return study.secondsLeft;
    };
    assert.equal(at(0, 0.5, 0), null);
    assert.equal(at(10, 0.5), null);
    assert.equal(at(1000, 0.51), null, 'too early to tell');
    // A tenth of the half that was not in the cache in ten seconds: nine tenths take ninety.
    assert.equal(at(10_010, 0.55), 90);
    assert.equal(at(90_010, 0.98), null, 'at once');
    assert.equal(at(50_010, 0.75), 50);
    study.receive({ type: 'ended', study: study.uri, revision: 2, status: 'finished' });
    assert.equal(study.secondsLeft, null);
  });

  it('goes back to the text when a trial ends', () => {
    const { study, solves } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    study.tryPlan({ words: 'dragged' });
    study.endTrial();
    assert.deepEqual(
      solves().map((message) => message.plan),
      [{ words: 'x' }, { words: 'dragged' }, { words: 'x' }],
    );
  });

  it('tells a new solver everything', () => {
    const { study, posted } = studied();
    study.addInterest({});
    study.watch([{ experiment: 'A', charts: true, table: false, parameters: false }]);
    study.receivePlan(plan(1, 'x'));
    posted.length = 0;
    study.solverRestarted();
    assert.ok(posted.some(({ type }) => type === 'watch'));
    assert.ok(posted.some(({ type }) => type === 'solve'));
  });

  it('starts over, once, what was asked for when the solver ended', () => {
    const { study, solves } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    study.run();
    study.solverRestarted();
    study.solverRestarted();
    study.run();
    study.solverRestarted();
    assert.deepEqual(
      solves().map(({ budget }) => budget),
      [2, null, null, 2, null, null],
    );
    assert.equal(study.busy, true);
  });

  it('keeps what is known while a new solver solves the same again', () => {
    const { study } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    study.receive({ type: 'snapshot', study: study.uri, revision: 1, snapshot: snapshot('h') });
    study.solverRestarted();
    const runs = { total: 1, done: 0, running: 1, failed: 0, cached: 0, fraction: 0.5, seconds: 1, steps: null, failures: [] };
    const partial = [{ id: 'partial', title: 'Partial', panels: [] }] as unknown as ChartModel[];
    study.receive({ type: 'snapshot', study: study.uri, revision: 2, snapshot: snapshot('h', { runs, charts: partial, settled: false }) });
    assert.equal(study.snapshot('A')?.charts, charts);
    assert.equal(study.snapshot('A')?.runs.running, 1);
    study.receive({ type: 'snapshot', study: study.uri, revision: 2, snapshot: snapshot('h', { charts: partial }) });
    assert.equal(study.snapshot('A')?.charts, partial);
  });

  it('keeps the last curves, also of another text, until a new solver has given as many', () => {
    const { study } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    const some = (id: string) => [{ id, title: id, panels: [{ series: [{ role: 'value' }] }] }] as unknown as ChartModel[];
    const told = (revision: number, hash: string, done: number, id: string, settled = false): void => {
      const runs = { total: 4, done, running: 4 - done, failed: 0, cached: 0, fraction: done / 4, seconds: 1, steps: null, failures: [] };
      study.receive({ type: 'snapshot', study: study.uri, revision, snapshot: snapshot(hash, { runs, charts: some(id), settled }) });
    };
    const shown = () => study.snapshot('A')?.charts?.[0]?.id;
    told(1, 'h', 3, 'before');
    study.solverRestarted();
    study.receivePlan(plan(2, 'y'));
    told(3, 'i', 1, 'one');
    assert.equal(shown(), 'before');
    assert.equal(study.replacing('A'), true);
    told(3, 'i', 2, 'two');
    assert.equal(shown(), 'before');
    told(3, 'i', 3, 'three');
    assert.equal(shown(), 'three');
    assert.equal(study.replacing('A'), false);
    // From then on as ever: a new text shows its curves as they come.
    study.receivePlan(plan(3, 'z'));
    told(4, 'j', 1, 'next');
    assert.equal(shown(), 'next');
    study.solverRestarted();
    told(5, 'j', 0, 'held', true);
    assert.equal(shown(), 'held', 'nothing more will come');
  });

  it('does not run again what was done when the solver ended', () => {
    const { study, solves } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    study.run();
    study.receive({ type: 'ended', study: study.uri, revision: 2, status: 'finished' });
    study.solverRestarted();
    assert.deepEqual(
      solves().map(({ budget }) => budget),
      [2, null, 2],
    );
  });

  it('lets the solver forget it when the last one looks away, and starts over when one comes back', () => {
    const { study, posted, solves } = studied();
    const [one, other] = [{}, {}];
    study.addInterest(one);
    study.addInterest(other);
    study.receivePlan(plan(1, 'x'));
    study.dropInterest(one);
    assert.ok(posted.every(({ type }) => type !== 'close'));
    study.dropInterest(other);
    assert.equal(posted.at(-1)?.type, 'close');
    assert.equal(study.busy, false);
    study.addInterest(one);
    assert.equal(solves().length, 2);
  });

  it('forgets experiments that are gone from the text', () => {
    const { study } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    study.receive({ type: 'snapshot', study: study.uri, revision: 1, snapshot: snapshot('x') });
    study.receivePlan({ ...plan(2, 'y'), outline: [] });
    assert.equal(study.snapshot('A'), null);
  });

  it('can be waited for', async () => {
    const { study } = studied();
    study.addInterest({});
    study.receivePlan(plan(1, 'x'));
    const waiting = settled(study, null);
    study.receive({ type: 'ended', study: study.uri, revision: 1, status: 'finished' });
    await waiting;
    study.receivePlan(plan(2, 'y'));
    await assert.rejects(
      settled(study, null, (stop) => stop()),
      /cancelled/,
    );
  });
});
