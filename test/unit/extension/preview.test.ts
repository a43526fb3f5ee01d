import assert from 'node:assert/strict';
import { chartModels } from '../../../src/chart/index.js';
import {
  type Content,
  changesBetween,
  contentOf,
  shownIndex,
  updateBetween,
  type ViewState,
} from '../../../src/extension/preview/content.js';
import { highlightAt } from '../../../src/extension/preview/highlight.js';
import { previewPage } from '../../../src/extension/preview/html.js';
import { SliderDrag } from '../../../src/extension/preview/slider-drag.js';
import { type NewestText, writeValue } from '../../../src/extension/preview/slider-place.js';
import { Study } from '../../../src/extension/studies/study.js';
import { isToPanel } from '../../../src/protocol/check.js';
import { fromChannel, toChannel } from '../../../src/protocol/crossing.js';
import type { ExperimentOutline, Replacement, SliderPlace, TrialPlan } from '../../../src/protocol/language.js';
import { patched } from '../../../src/protocol/patch.js';
import type { ToSolver } from '../../../src/protocol/solver.js';
import { all } from '../chart/fixtures.js';

const places: ExperimentOutline = {
  title: 'A',
  line: 1,
  start: 0,
  end: 100,
  titleSpan: { start: 11, end: 14 },
  sweeps: [
    {
      name: 'L',
      line: 2,
      start: 20,
      end: 40,
      hint: 40,
      values: [
        { text: '10', start: 30, end: 32 },
        { text: 'inf', start: 34, end: 37 },
      ],
    },
    {
      name: 'm',
      line: 3,
      start: 50,
      end: 70,
      hint: 70,
      values: [
        { text: '1', start: 60, end: 70 },
        { text: '2', start: 60, end: 70 },
      ],
    },
  ],
  runs: 4,
  blocks: [],
  expectations: [],
  stale: null,
};

const view: ViewState = { file: 'a.attn', selected: null, index: 0, tab: 'charts', compared: null, sliders: [], locked: false };

function study(): { readonly study: Study; readonly posted: ToSolver[] } {
  const posted: ToSolver[] = [];
  const made = new Study('file:///a.attn', { post: (message) => posted.push(message), now: () => 0, budget: () => 2 });
  made.addInterest({});
  made.receivePlan({ uri: made.uri, version: 1, plan: {}, diagnostics: [], outline: [places, { ...places, title: 'B' }] });
  return { study: made, posted };
}

describe('a preview', () => {
  it('shows the experiment that was chosen, wherever its title goes', () => {
    assert.equal(shownIndex(['A', 'B'], { selected: 'B', index: 0 }), 1);
    assert.equal(shownIndex(['A', 'Renamed'], { selected: 'B', index: 1 }), 1);
    assert.equal(shownIndex(['A'], { selected: 'B', index: 1 }), 0);
    assert.equal(shownIndex([], { selected: null, index: 0 }), 0);
  });

  it('is told everything in a message that passes the check at the boundary, before there is a result too', () => {
    const content = contentOf(study().study, view);
    const message = { type: 'state', version: 1, sequence: 1, content } as const;
    assert.ok(isToPanel(message));
    assert.deepEqual(
      content.experiments.map(({ title }) => title),
      ['A', 'B'],
    );
  });

  it('is told only what has changed', () => {
    const before = contentOf(study().study, view);
    assert.deepEqual(changesBetween(before, { ...before }), {});
    assert.deepEqual(changesBetween(before, { ...before, locked: true }), { locked: true });
    const again: Content = { ...before, runs: { ...before.runs } };
    assert.deepEqual(changesBetween(before, again), {}, 'equal words are no news');
  });

  it('is told what differs in the charts that it has, and of others everything', () => {
    const charts = chartModels(all.flow());
    const before: Content = { ...contentOf(study().study, view), charts };
    assert.equal(updateBetween(before, { ...before, charts: structuredClone(charts) }), null, 'equal charts are no news');
    const moved = charts.map((chart) => ({ ...structuredClone(chart), notes: ['Moved.'] }));
    const update = updateBetween(before, { ...before, locked: true, charts: moved })!;
    assert.deepEqual(update.changes, { locked: true });
    assert.deepEqual(patched(charts, update.curves!), moved);
    assert.deepEqual(updateBetween(before, { ...before, charts: [] }), { changes: { charts: [] } });
    assert.deepEqual(updateBetween({ ...before, charts: [] }, before), { changes: { charts } });
  });

  it('gets infinite prompt lengths through its channel', () => {
    const table = { columns: [{ kind: 'number' as const, cells: [10, Number.POSITIVE_INFINITY, null] }], rows: 3 };
    const message = { type: 'update', sequence: 1, changes: { table } } as const;
    const arrived = fromChannel(JSON.parse(JSON.stringify(toChannel(message))));
    assert.deepEqual(arrived, message);
  });

  it('highlights the curve of the sweep value under the cursor, and none for values that share a place', () => {
    assert.deepEqual(highlightAt([places], 'A', 31), { L: '10' });
    assert.deepEqual(highlightAt([places], 'A', 37), { L: 'inf' });
    assert.equal(highlightAt([places], 'A', 33), null);
    assert.equal(highlightAt([places], 'A', 65), null);
    assert.equal(highlightAt([places], 'B', 31), null);
  });

  it('has a page that runs its own script only', () => {
    const parts = { script: 'x.js', style: 'x.css', cspSource: 'https://source', title: 'a & "b"', language: 'en', strings: undefined };
    const page = previewPage(parts);
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '';
    assert.match(policy, /^default-src 'none'; /);
    assert.doesNotMatch(policy, /unsafe|\*/);
    const nonce = /script-src 'nonce-([\w-]+)'/.exec(policy)?.[1];
    assert.ok(page.includes(`<script nonce="${nonce}" src="x.js">`));
    assert.doesNotMatch(page, / style=|<style|onclick/);
    assert.ok(page.includes('a &amp; &quot;b&quot;'));
    assert.notEqual(previewPage(parts), page, 'a nonce is used once');
    const said = previewPage({ ...parts, strings: { 'Run "it"': 'Exécuter <ceci>' } });
    assert.ok(said.includes('data-strings="{&quot;Run \\&quot;it\\&quot;&quot;:&quot;Exécuter &lt;ceci&gt;&quot;}"'));
  });
});

describe('a slider that is dragged', () => {
  const at = (text: string): Replacement => ({ start: 1, end: 2, text });

  it('asks for one plan at a time, and the newest value wins', async () => {
    const { study: made, posted } = study();
    const asked: string[] = [];
    const answers: ((trial: TrialPlan) => void)[] = [];
    const drag = new SliderDrag(
      {
        trialPlan: (_uri, _version, [replacement]) => {
          asked.push(replacement!.text);
          return new Promise((resolve) => answers.push(resolve));
        },
      },
      () => made,
    );
    for (const value of ['1', '2', '3', '4']) drag.move(at(value), 1);
    assert.deepEqual(asked, ['1']);
    const answer = async (plan: string) => {
      answers.shift()!({ version: 1, plan, diagnostics: [] });
      await new Promise((resolve) => setImmediate(resolve));
    };
    await answer('one');
    assert.deepEqual(asked, ['1', '4']);
    await answer('four');
    assert.deepEqual(
      posted.flatMap((message) => (message.type === 'solve' ? [message.plan] : [])),
      [{}, 'one', 'four'],
    );
  });

  it('drops an answer that comes after the drag has ended', async () => {
    const { study: made, posted } = study();
    let answer: (trial: TrialPlan) => void = () => {};
    const drag = new SliderDrag({ trialPlan: () => new Promise((resolve) => (answer = resolve)) }, () => made);
    drag.move(at('1'), 1);
    drag.revert();
    answer({ version: 1, plan: 'late', diagnostics: [] });
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(posted.every((message) => message.type !== 'solve' || message.plan !== 'late'));
  });

  it('tries no value in a text that is newer than its slider', () => {
    const { study: made } = study();
    const planner = { trialPlan: () => assert.fail('the place is of another text') };
    new SliderDrag(planner, () => made).move(at('1'), 0);
  });
});

describe('the value of a slider that is let go', () => {
  const slider = (start: number, id = 'rho'): SliderPlace => {
    return { id, label: id, value: 0.5, min: 0, max: 1, step: 0.01, scale: 'linear', integer: false, span: { start, end: start + 3 } };
  };
  /** A text whose slider moves one place to the right with each version. */
  class Typed implements NewestText {
    readonly written: Replacement[] = [];
    readonly asked: number[] = [];
    constructor(
      private now: number,
      /** Versions that come while somebody waits. */
      private keys: number,
      private readonly ids: readonly string[] = ['other', 'rho'],
    ) {}
    version(): number {
      return this.now;
    }
    async sliders(version: number, offset: number): Promise<readonly SliderPlace[]> {
      this.asked.push(offset);
      const found = version === this.now ? this.ids.map((id) => slider(9 + version, id)) : [];
      this.type();
      return found;
    }
    async write(replacement: Replacement): Promise<boolean> {
      const { now } = this;
      this.type();
      if (this.now !== now) return false;
      this.written.push(replacement);
      return true;
    }
    private type(): void {
      if (this.keys === 0) return;
      this.keys--;
      this.now++;
    }
  }
  const held = { slider: slider(10), version: 1 };

  it('goes where the slider was made for, in the text that it was made for', async () => {
    const text = new Typed(1, 0);
    assert.equal(await writeValue(held, 0.25, text), true);
    assert.deepEqual([text.written, text.asked], [[{ start: 10, end: 13, text: '0.25' }], []]);
  });

  it('goes where its number is now when a key has come since, however many come meanwhile', async () => {
    for (const keys of [0, 1, 2, 5]) {
      const text = new Typed(3, keys);
      assert.equal(await writeValue(held, 0.25, text), true);
      const start = 12 + keys;
      assert.deepEqual(text.written, [{ start, end: start + 3, text: '0.25' }]);
    }
  });

  it('is told to be lost when its number is gone', async () => {
    const text = new Typed(2, 1, ['other']);
    assert.equal(await writeValue(held, 0.25, text), false);
    assert.deepEqual(text.written, []);
  });
});
