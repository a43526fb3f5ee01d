import assert from 'node:assert/strict';
import { isFromPanel, isToPanel } from '../../../src/protocol/check.js';
import type { FromPanel, ToPanel } from '../../../src/protocol/messages.js';
import { contentOf } from '../../support/webview/content.js';
import { all } from '../chart/fixtures.js';

const content = contentOf([all.flow()], 0, {
  stale: { message: 'no', code: 'attn.E102', line: 3, errors: 1 },
  held: { runs: 2, seconds: Number.POSITIVE_INFINITY, budget: 2 },
  sliders: [{ id: 'rho', label: 'rho', value: 0.5, min: 0, max: 1, step: 0.01, scale: 'linear', integer: false }],
});

const to: readonly ToPanel[] = [
  { type: 'state', version: 1, sequence: 0, content },
  { type: 'update', sequence: 1, changes: { locked: true, charts: content.charts } },
  { type: 'update', sequence: 2, changes: {} },
  { type: 'update', sequence: 3, changes: {}, curves: { parts: { 0: { whole: 1 } } } },
  { type: 'highlight', at: { L: '10' } },
  { type: 'highlight', at: null },
  { type: 'render', request: 1, svg: '<svg/>', scale: 2, target: 'bytes' },
];

const from: readonly FromPanel[] = [
  { type: 'ready', version: 1, experiment: null, tab: 'charts' },
  { type: 'view', experiment: 'A title', tab: 'parameters' },
  { type: 'reveal', line: 1 },
  { type: 'revealAt', at: { L: 'inf' } },
  { type: 'run' },
  { type: 'cancel' },
  { type: 'compare', on: true },
  { type: 'resume' },
  { type: 'showSource' },
  { type: 'slide', id: 'rho', value: 0.25, phase: 'commit' },
  { type: 'export', format: 'pgfplots', chart: null },
  { type: 'copyFigure', chart: 'risk-against-time' },
  { type: 'copyText', text: 'a\tb' },
  { type: 'rendered', request: 1, png: new Uint8Array(3), error: null },
  { type: 'problem', message: 'oh' },
];

describe('messages between editor and panel', () => {
  it('are known on the side they are meant for, and nowhere else', () => {
    for (const message of to) assert.ok(isToPanel(message) && !isFromPanel(message), message.type);
    for (const message of from) assert.ok(isFromPanel(message) && !isToPanel(message), message.type);
  });

  it('are refused when a field is missing or of another kind', () => {
    const spoilt = (message: object): object[] =>
      Object.keys(message).flatMap((key) => [
        { ...message, [key]: Symbol.iterator },
        // An update may have no curves.
        ...(key === 'curves' ? [{ ...message, curves: { parts: 5 } }] : [{ ...message, [key]: undefined }]),
      ]);
    for (const message of to) for (const bad of spoilt(message)) assert.ok(!isToPanel(bad), message.type);
    for (const message of from) for (const bad of spoilt(message)) assert.ok(!isFromPanel(bad), message.type);
  });

  it('are refused when one field of the content is wrong', () => {
    for (const key of Object.keys(content)) {
      for (const bad of [-5.5, Number.NaN, Symbol.iterator]) {
        assert.ok(!isToPanel({ type: 'state', version: 1, sequence: 0, content: { ...content, [key]: bad } }), key);
        assert.ok(!isToPanel({ type: 'update', sequence: 0, changes: { [key]: bad } }), key);
      }
    }
    assert.ok(!isToPanel({ type: 'update', sequence: 0, changes: { unknown: 1 } }));
    const [slider] = content.sliders;
    assert.ok(!isToPanel({ type: 'update', sequence: 0, changes: { sliders: [{ ...slider, value: Number.NaN }] } }));
    assert.ok(
      !isToPanel({ type: 'update', sequence: 0, changes: { expectations: [{ text: '', verdict: 'maybe', detail: '', line: 1 }] } }),
    );
  });

  it('are refused when they are no messages at all', () => {
    for (const bad of [null, undefined, 1, 'state', [], {}, { type: 'toString' }, { type: '__proto__' }, { type: 5 }]) {
      assert.ok(!isToPanel(bad) && !isFromPanel(bad));
    }
  });

  it('hold lines from 1 and finite numbers', () => {
    assert.ok(!isFromPanel({ type: 'reveal', line: 0 }));
    assert.ok(!isFromPanel({ type: 'reveal', line: 1.5 }));
    assert.ok(!isFromPanel({ type: 'slide', id: 'a', value: Number.POSITIVE_INFINITY, phase: 'drag' }));
    assert.ok(!isToPanel({ type: 'render', request: 1, svg: '', scale: 0, target: 'bytes' }));
  });
});
