import assert from 'node:assert/strict';
import { chartModels, toPgfplots, toSvg } from '../../../src/chart/index.js';
import { textWidth } from '../../../src/chart/measure.js';
import { plain, plainText } from '../../../src/chart/text.js';
import type { ChartModel } from '../../../src/chart/types.js';
import { zoneLabel } from '../../../src/chart/zones.js';
import { grid, logGrid, make, plot, quantity, type Series, scalars, sweep, trajectory } from './fixtures.js';

const inf = Number.POSITIVE_INFINITY;
const condensed = (value: number): { readonly condensation: Series } => ({
  condensation: { against: null, value: [value], method: 'exact' },
});

/** An error over the prompt length at a scores' variance, as a run that does not measure its condensation gives it. */
const overLengths = (tau2: readonly number[], lengths = logGrid(2, 1e6, 12)): ReturnType<typeof make> =>
  make({
    title: 'Phases',
    sweeps: [sweep('L', [...lengths, inf], true), sweep('τ', tau2)],
    plots: [plot([quantity('output_error')], 'L', ['τ'], 'xy')],
    run: ({ L, τ }) => ({
      ...scalars({ output_error: L === inf ? 0 : Math.exp(τ as number) / (L as number) }),
      ...condensed(L === inf ? 0 : (τ as number) / (2 * Math.log(L as number))),
    }),
  });

const zonesOf = (model: ChartModel | undefined): [string, number | null, number | null, number][] =>
  model!.panels[0]!.zones.map(({ label, from, to, depth }) => [plainText(label), from, to, depth]);

describe('the phases behind a chart', () => {
  it('end over the prompt length where e^(τ²/2) and e^(3τ²/2) stand, between the lengths that were run', () => {
    for (const tau2 of [2.3, 4, 5.5]) {
      const [one, two, three, ...more] = zonesOf(chartModels(overLengths([tau2]))[0]);
      assert.deepEqual([one![0], two![0], three![0], more.length], ['condensed', 'slowed', '1/L decay', 0]);
      assert.deepEqual([one![1], three![2]], [null, null]);
      for (const [end, exact] of [
        [one![2], Math.exp(tau2 / 2)],
        [two![2], Math.exp(1.5 * tau2)],
      ] as const) {
        assert.ok(Math.abs(end! / exact - 1) < 1e-9, `${end}, not ${exact}`);
      }
      assert.deepEqual([two![1], three![1]], [one![2], two![2]]);
    }
  });

  it('are not drawn where all is in the first', () => {
    const [model] = chartModels(overLengths([0.1]));
    assert.deepEqual(zonesOf(model), []);
    assert.equal(model!.panels[0]!.series[0]!.marks, undefined);
    assert.equal(zonesOf(chartModels(overLengths([4, 4.0001]))[0]).length, 3);
  });

  it('are marked on each curve where the curves differ in them', () => {
    const [model] = chartModels(overLengths([2.3, 4]));
    assert.deepEqual(zonesOf(model), []);
    for (const [i, tau2] of [2.3, 4].entries()) {
      const { marks } = model!.panels[0]!.series[i]!;
      assert.deepEqual(
        marks?.map(({ kind }) => kind),
        ['square', 'ring'],
      );
      // On a curve that is straight on these axes.
      for (const { x, y } of marks!) assert.ok(Math.abs((y * x) / Math.exp(tau2) - 1) < 1e-9);
      assert.ok(Math.abs(marks![0]!.x / Math.exp(tau2 / 2) - 1) < 1e-9 && Math.abs(marks![1]!.x / Math.exp(1.5 * tau2) - 1) < 1e-9);
    }
    assert.ok(model!.notes.some((note) => note.startsWith('Ring:')));
    const [svg, latex] = [toSvg(model!), toPgfplots(model!)];
    assert.equal(svg.match(/<circle [^>]*fill="#ffffff"/g)?.length, 2);
    assert.equal(svg.match(/<rect [^>]*fill="#ffffff" stroke/g)?.length, 2);
    assert.equal(latex.match(/mark=square\*/g)?.length, 2);
  });

  it('end where the runs that are done end', () => {
    const base = overLengths([4]);
    const model = (done: (i: number) => boolean) =>
      chartModels({ ...base, runs: base.runs.map((run, i) => (done(i) ? run : { status: 'waiting' })) })[0]!;
    const whole = zonesOf(model(() => true));
    const lengths = logGrid(2, 1e6, 12);
    const part = zonesOf(model((i) => i >= 1 && i < 9));
    assert.deepEqual([part[0]![1], part.at(-1)![2]], [lengths[1], lengths[8]]);
    assert.ok(Math.abs(part[1]![1]! / whole[1]![1]! - 1) < 1e-9, 'the boundaries are the same');
    // A gap in between changes nothing.
    assert.deepEqual(
      zonesOf(model((i) => i % 2 === 0 || i > 9)).map(([label, , to]) => [label, to === null ? null : Number(to.toPrecision(9))]),
      whole.map(([label, , to]) => [label, to === null ? null : Number(to.toPrecision(9))]),
    );
  });

  it('leave a chart alone whose error rare queries govern', () => {
    const base = overLengths([4]);
    const carriers = { tau2: 3, probability: 0.1, exponent: 0.5, profile: { tau2: [1, 2], queries: [1, 0], error: [0, 1] } };
    const runs = base.runs.map((run) => {
      if (run.status !== 'done') return run;
      const { output_error } = run.result.quantities;
      return { ...run, result: { ...run.result, quantities: { output_error: { ...output_error!, carriers } } } };
    });
    assert.deepEqual(zonesOf(chartModels({ ...base, runs })[0]), []);
  });

  it('follow a training, and say so in words', () => {
    const values = (t: number): number => 0.05 * t;
    const result = make({
      title: 'Training',
      plots: [plot([quantity('effective_tokens')], 'time'), plot([quantity('condensation')], 'time'), plot([quantity('risk')], 'time')],
      run: () => trajectory(grid(0, 32, 9), { effective_tokens: (t) => 40 - t, condensation: values, risk: (t) => 1 / (1 + t) }),
    });
    const [tokens, condensation, risk] = chartModels(result);
    const zones = zonesOf(tokens);
    assert.deepEqual(
      zones.map(([label, , to]) => [label, to === null ? null : Number(to.toFixed(6))]),
      [
        ['1/L decay', 6.666667],
        ['slowed', 20],
        ['condensed', null],
      ],
    );
    assert.match(tokens!.description, /Background: 1\/L decay up to 6\.67, slowed up to 20, condensed from 20\./);
    assert.ok(tokens!.notes.some((note) => note.startsWith('Shaded:')));
    assert.deepEqual(
      condensation!.panels[0]!.zones.map(({ axis, from }) => [axis, from]),
      [
        ['y', null],
        ['y', 1 / 3],
        ['y', 1],
      ],
    );
    assert.deepEqual(zonesOf(risk), []);
  });

  it('are in the picture of each kind, behind the curves, and legible where they are narrow', () => {
    const [model] = chartModels(overLengths([4]));
    for (const theme of ['print', 'light', 'dark'] as const) {
      const svg = toSvg(model!, { theme });
      const fills = new Set([...svg.matchAll(/<rect [^>]*fill="(#[0-9a-f]{6})"/g)].map((m) => m[1]));
      assert.equal(fills.size, 3, 'background, slowed and condensed');
      for (const word of ['slowed', 'condensed', 'decay']) assert.ok(svg.includes(word), word);
      assert.ok(svg.lastIndexOf('<rect') < svg.indexOf('<title>', svg.indexOf('<g>')), 'before the curves');
    }
    const narrow = toSvg(model!, { size: { width: 150 } });
    assert.match(narrow, /rotate\(-90[^>]*>condensed</);
    const latex = toPgfplots(model!);
    assert.equal(latex.match(/\\fill\[black!/g)?.length, 2);
    assert.ok(latex.indexOf('\\fill') < latex.indexOf('\\addplot'));
    assert.equal(latex.match(/\\node\[/g)?.length, 3);
  });

  it('have their names where no curve runs', () => {
    const result = make({
      title: 'Condensation',
      sweeps: [sweep('L', logGrid(10, 1e12, 45), true), sweep('τ', [1, 2, 3, 4, 6])],
      plots: [plot([quantity('condensation')], 'L', ['τ'], 'xy')],
      run: ({ L, τ }) => scalars({ condensation: (τ as number) ** 2 / (2 * Math.log(L as number)) }),
    });
    const svg = toSvg(chartModels(result)[0]!);
    const curves = [...svg.matchAll(/<g><title>[^<]*<\/title><path d="([^"]*)"/g)].map(([, d]) =>
      [...d!.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const),
    );
    assert.equal(curves.length, 5);
    for (const name of ['decay', 'slowed', 'condensed']) {
      const [, x, y, size] = new RegExp(`<text x="([\\d.]+)" y="([\\d.]+)" font-size="([\\d.]+)"[^>]*>[^\\n]*${name}`)
        .exec(svg)!
        .map(Number);
      const right = x! + textWidth(plain(name), size!);
      for (const curve of curves) {
        for (const [i, [x1, y1]] of curve.slice(1).entries()) {
          const [x0, y0] = curve[i]!;
          for (let share = 0; share <= 1; share += 0.05) {
            const [px, py] = [x0 + share * (x1 - x0), y0 + share * (y1 - y0)];
            assert.ok(px < x! || px > right || py < y! - 0.74 * size! || py > y!, `a curve through “${name}”`);
          }
        }
      }
    }
  });

  it('have their whole name, upwards where it is narrow, or none', () => {
    const zone = { axis: 'x', from: null, to: null, label: plain('0.25\u00a0% of queries'), depth: 1, labelAt: 1 } as const;
    const shown = (width: number, wider?: number): string | null => {
      const label = zoneLabel(zone, 10, width, 100, wider);
      return label === null ? null : `${label.lines.map(plainText).join('|')}${label.upwards ? ' upwards' : ''}`;
    };
    const whole = plainText(zone.label);
    for (let width = 5; width < 150; width++)
      assert.equal((shown(width) ?? whole).replaceAll('|', ' ').replace(/ upwards$/, ''), whole, `${width}`);
    assert.equal(shown(150), whole);
    assert.match(shown(60)!, /\|/);
    assert.match(shown(40)!, /upwards$/);
    // A wider font has less room.
    assert.equal(shown(60, 1.6), null);
    assert.match(shown(80, 2)!, /\|.*\|/);
    assert.equal(shown(10), null);
  });
});
