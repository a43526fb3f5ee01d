import assert from 'node:assert/strict';
import fc from 'fast-check';
import { chartModels, plainText } from '../../../src/chart/index.js';
import type { Axis, ChartModel, LegendKey, Series } from '../../../src/chart/types.js';
import { untouched } from '../../../webview/memory.js';
import { axesOf, moved, place, ticked, valueAt } from '../../../webview/plot/axes.js';
import { type Cursor, step } from '../../../webview/plot/cursor.js';
import { hiddenBy, keyText, parseKeys } from '../../../webview/plot/legend-keys.js';
import { across, bandOf, polyline, projected } from '../../../webview/plot/project.js';
import { bandText, closest, columnAt, localSlope, readingAt, spoken, whereText } from '../../../webview/plot/reading.js';
import { all } from '../chart/fixtures.js';

const model = (make: () => Parameters<typeof chartModels>[0]): ChartModel => chartModels(make())[0]!;
const flow = model(all.flow);
const risk = model(all.finalRisk);
const size = { width: 400, height: 200 };
const axis = (scale: 'linear' | 'log', low: number, high: number): Axis => ({
  ...flow.x,
  scale,
  domain: [low, high],
});
const line = (changes: Partial<Series>): Series => ({
  ...flow.panels[0]!.series[0]!,
  lower: null,
  upper: null,
  atInfinity: null,
  ...changes,
});

describe('axes of the panel', () => {
  it('are those of the model until the reader says otherwise', () => {
    assert.deepEqual(axesOf(flow, untouched), { x: flow.x, y: flow.y });
    const zoomed = axesOf(flow, { ...untouched, x: { domain: [1, 2] } });
    assert.deepEqual(zoomed.x.domain, [1, 2]);
    assert.deepEqual(zoomed.y, flow.y);
  });

  it('switch scales, with a range and a label of their own', () => {
    const log = axesOf(flow, { ...untouched, y: { scale: 'log' } }).y;
    assert.equal(log.scale, 'log');
    assert.ok(log.domain[0] > 0 && log.domain[0] < log.domain[1]);
    const values = flow.panels.flatMap((p) => p.series.flatMap((s) => s.y.filter((v) => v !== null && v > 0))) as number[];
    assert.ok(values.every((v) => place(log, v) >= 0 && place(log, v) <= 1));
  });

  it('leave the power of ten out of the label of a log axis, and put it back', () => {
    const [base] = chartModels(all.flow());
    const scaled: ChartModel = {
      ...base!,
      y: { ...base!.y, exponent: -6, label: [{ text: 'error (10' }, { text: '−6', script: 'super' }, { text: ')' }] },
    };
    assert.equal(plainText(axesOf(scaled, { ...untouched, y: { scale: 'log' } }).y.label), 'error');
  });

  it('ignore a range that a log axis cannot show', () => {
    const { x } = axesOf(flow, { ...untouched, x: { scale: 'log', domain: [-1, 2] } });
    assert.ok(x.domain[0] > 0);
  });

  it('place values between 0 and 1, and find them again', () => {
    fc.assert(
      fc.property(fc.double({ min: -0.5, max: 1.5, noNaN: true }), fc.boolean(), (at, logarithmic) => {
        const one = logarithmic ? axis('log', 1e-3, 1e4) : axis('linear', -3, 8);
        assert.ok(Math.abs(place(one, valueAt(one, at)) - at) < 1e-9);
      }),
    );
    assert.ok(Number.isNaN(place(axis('log', 1, 10), 0)));
  });

  it('zoom around a point that stays where it is', () => {
    for (const home of [axis('linear', 0, 10), axis('log', 1, 1e4)]) {
      const domain = moved(home, home, 0.3, 0.5, 0)!;
      const now = { ...home, domain };
      assert.ok(Math.abs(place(now, valueAt(home, 0.3)) - 0.3) < 1e-9);
      assert.ok(Math.abs(place(home, domain[1]) - place(home, domain[0]) - 0.5) < 1e-9);
    }
  });

  it('cannot be zoomed or moved to where nothing is', () => {
    const home = axis('linear', 0, 10);
    assert.equal(moved(home, home, 0.5, 1, 3), null);
    assert.equal(moved(home, home, 0.5, 100, 0), null);
    let domain: readonly [number, number] = home.domain;
    for (let i = 0; i < 500; i++) domain = moved({ ...home, domain }, home, 0.5, 0.5, 0) ?? domain;
    assert.ok(domain[1] - domain[0] > 0);
  });

  it('have at least two ticks, however small the chart', () => {
    assert.ok(ticked(flow.y, 20, 40).ticks.length >= 2);
    assert.ok(ticked(flow.x, 4000, 60).ticks.length <= 20);
  });
});

describe('curves on the screen', () => {
  const axes = axesOf(flow, untouched);

  it('are thinned to what the pixels can show, ends and extremes kept', () => {
    const x = Array.from({ length: 20_000 }, (_, i) => (i / 20_000) * 32);
    const y = x.map((v, i) => 0.3 + 0.2 * Math.sin(40 * v) + (i === 12_345 ? 0.04 : 0));
    const points = polyline(projected(line({ x, y }), axes, 1), size, false);
    assert.ok(points.length < 4 * 2 * size.width, String(points.length));
    const highest = Math.max(...y.map((v) => place(axes.y, v)));
    assert.ok(Math.abs(Math.max(...points.map((p) => p.y)) - highest) < 1e-9);
  });

  it('break where a value is missing', () => {
    const points = polyline(projected(line({ x: [0, 1, 2, 3, 4], y: [0.1, 0.2, null, 0.3, 0.4] }), axes, 1), size, true);
    assert.equal(points.filter((p) => Number.isNaN(p.y)).length, 1);
    assert.equal(points.length, 5);
  });

  it('leave room for infinity behind the break', () => {
    const { finite, infinity } = across(risk.x, 400);
    assert.ok(risk.x.infinity && finite < infinity! && infinity! < 1);
    assert.deepEqual(across(flow.x, 400), { finite: 1, infinity: null });
  });

  it('have a band that reaches the foot where a log axis has no lower end', () => {
    const logarithmic = axesOf(flow, { ...untouched, y: { scale: 'log' } });
    const series = line({ x: [1, 2], y: [0.1, 0.2], lower: [-1, 0.1], upper: [0.3, 0.4] });
    const [band] = bandOf(series, projected(series, logarithmic, 1), logarithmic, size);
    assert.equal(band!.length, 2);
    assert.ok(band![0]![1] < 0 && band![1]![1] > 0);
  });
});

describe('what the curves say', () => {
  const axes = axesOf(flow, untouched);
  const layout = { finite: 1, infinity: null };
  const curves = flow.panels[0]!.series;

  it('is read from all of them at the nearest point', () => {
    const column = columnAt(curves, axes, layout, 0.5)!;
    assert.equal(column.readings.length, curves.length);
    assert.ok(Math.abs(column.position - 0.5) < 0.02);
    assert.ok(column.readings.every(({ series, index }) => series.x[index] === column.x));
  });

  it('is read at infinity from those that go there', () => {
    const series = risk.panels[0]!.series;
    const column = columnAt(series, axesOf(risk, untouched), { finite: 0.9, infinity: 0.96 }, 1)!;
    assert.equal(column.x, Number.POSITIVE_INFINITY);
    assert.ok(column.readings.every(({ index }) => index === -1));
    assert.match(whereText(risk.x, column.x), /= ∞$/);
  });

  it('is nothing where there is no curve', () => {
    assert.equal(columnAt([], axes, layout, 0.5), null);
    assert.equal(columnAt([line({ x: [1], y: [null] })], axes, layout, 0.5), null);
  });

  it('belongs to the curve under the pointer, when one is near', () => {
    const { readings } = columnAt(curves, axes, layout, 0.9)!;
    const wanted = readings[1]!;
    assert.equal(closest(readings, axes, place(axes.y, wanted.y), 0.04), wanted);
    assert.equal(closest(readings, axes, 5, 0.04), null);
  });

  it('is spoken with its place, its band and its method', () => {
    const series = line({
      x: [10],
      y: [0.08125],
      lower: [0.079],
      upper: [0.083],
      methodLabel: 'sampled, n = 512',
      label: [{ text: 'softmax' }],
    });
    assert.equal(spoken(readingAt(series, 0)!, axes), 'softmax: 0.08125 (0.079 to 0.083) at time t = 10, sampled, n = 512');
    assert.equal(bandText({ y: 0.5, lower: null, upper: null }), '0.5');
  });

  it('has the exponent of a power law on logarithmic axes', () => {
    const x = [2, 5, 30, 100, 1000];
    const power = line({ x, y: x.map((v) => 3 * v ** -1.5) });
    for (let i = 0; i < x.length; i++) assert.ok(Math.abs(localSlope(power, i)! + 1.5) < 1e-12);
    assert.equal(localSlope(line({ x: [1], y: [1] }), 0), null);
    assert.equal(localSlope(power, -1), null);
    assert.equal(localSlope(line({ x: [1, 2], y: [0, 1] }), 0), null);
  });
});

describe('the keyboard on a chart', () => {
  const first = line({ id: 'first', x: [0, 1, 2, 3], y: [1, null, 3, 4] });
  const second = line({ id: 'second', x: [0.5, 2.1], y: [1, 2], atInfinity: { y: 3, lower: null, upper: null } });
  const walk = (from: Cursor | null, ...path: readonly Parameters<typeof step>[2][]): Cursor | null =>
    path.reduce<Cursor | null>((at, direction) => step([first, second], at, direction), from);

  it('starts at the first point of the first curve', () => {
    assert.deepEqual(walk(null, 'next'), { series: 'first', index: 0 });
  });

  it('passes over gaps and stops at the ends', () => {
    assert.deepEqual(walk(null, 'next', 'next'), { series: 'first', index: 2 });
    assert.deepEqual(walk(null, 'next', 'last', 'next', 'forward'), { series: 'first', index: 3 });
    assert.deepEqual(walk(null, 'next', 'previous', 'back'), { series: 'first', index: 0 });
  });

  it('goes to the nearest point of the next curve, and around', () => {
    assert.deepEqual(walk({ series: 'first', index: 2 }, 'down'), { series: 'second', index: 1 });
    assert.deepEqual(walk({ series: 'first', index: 2 }, 'down', 'down'), { series: 'first', index: 2 });
    assert.deepEqual(walk({ series: 'first', index: 2 }, 'up'), { series: 'second', index: 1 });
  });

  it('reaches infinity last', () => {
    assert.deepEqual(walk({ series: 'second', index: 0 }, 'last'), { series: 'second', index: -1 });
    assert.deepEqual(walk({ series: 'second', index: -1 }, 'previous'), { series: 'second', index: 1 });
    assert.deepEqual(walk({ series: 'second', index: -1 }, 'down'), { series: 'first', index: 3 });
  });

  it('has nowhere to go without curves, and starts over when its curve is gone', () => {
    assert.equal(step([], null, 'next'), null);
    assert.deepEqual(step([first], { series: 'gone', index: 3 }, 'next'), { series: 'first', index: 0 });
  });
});

describe('switches of the legend', () => {
  const keys = flow.legend.flatMap((group) => group.all.map(({ lines }) => lines));

  it('hide the lines they stand for', () => {
    const lines = flow.panels.flatMap((panel) => panel.series);
    const [key] = keys as [LegendKey & { kind: 'sweep' }];
    const hidden = lines.filter((series) => hiddenBy([key], series));
    assert.ok(hidden.length > 0 && hidden.length < lines.length);
    assert.ok(hidden.every((series) => series.at[key.name] === key.value));
  });

  it('are kept as text and read back as far as they still exist', () => {
    assert.deepEqual(parseKeys([keyText(keys[1]!), 'nonsense'], keys), [keys[1]]);
  });
});
