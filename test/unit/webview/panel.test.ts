import assert from 'node:assert/strict';
import { chartModels, parametersModel, tableModel } from '../../../src/chart/index.js';
import { contrast } from '../../../src/chart/palette.js';
import { colourIn, coloursIn, distinct, divergent, faded, flattened, type Surroundings } from '../../../webview/colours.js';
import { eigenvalueChart } from '../../../webview/eigenvalue-chart.js';
import { emptyMemory, readMemory, untouched, withChart } from '../../../webview/memory.js';
import { fromTrack, roundedTo, toTrack, trackSteps } from '../../../webview/slider-scale.js';
import { cellText, sortedRows, tabSeparated } from '../../../webview/table-order.js';
import { cancelledText, duration, heldText, progressText, runsText, staleText, verdictsText } from '../../../webview/words.js';
import { solved } from '../../support/webview/content.js';
import { all } from '../chart/fixtures.js';

const runs = { total: 8, done: 8, running: 0, failed: 0, cached: 0, fraction: 1, seconds: 1, steps: null, failures: [] };

describe('memory of the panel', () => {
  it('comes back as it was written', () => {
    const memory = withChart(
      { tab: 'table', experiment: 'A', charts: {}, sort: { column: 'risk', descending: true }, moment: 0.25, run: 3 },
      'A\nrisk',
      { x: { scale: 'log', domain: [1, 2] }, y: {}, hidden: ['a'] },
    );
    assert.deepEqual(readMemory(JSON.parse(JSON.stringify(memory))), memory);
  });

  it('is taken for empty where it makes no sense', () => {
    for (const bad of [null, 5, 'x', [], { tab: 'x', charts: 5, moment: 7, run: -1, sort: { column: 5 } }]) {
      assert.deepEqual(readMemory(bad), emptyMemory);
    }
    const odd = readMemory({ charts: { a: { x: { scale: 'cubic', domain: [2, 1] }, y: { domain: [1, 'b'] }, hidden: [1, 'k'] } } });
    assert.deepEqual(odd.charts.a, { x: {}, y: {}, hidden: ['k'] });
  });

  it('forgets the oldest charts', () => {
    let memory = emptyMemory;
    for (let i = 0; i < 200; i++) memory = withChart(memory, `chart ${i}`, untouched);
    const keys = Object.keys(memory.charts);
    assert.ok(keys.length < 100 && keys.at(-1) === 'chart 199');
  });
});

describe('colours of the panel', () => {
  const themes: Readonly<Record<string, Surroundings>> = {
    light: {
      background: '#ffffff',
      foreground: '#3b3b3b',
      charts: ['#1a85ff', '#d18616', '#388a34', '#652d90', '#bf8803', '#f14c4c'],
      highContrast: false,
      focus: '#005fb8',
      fontFamily: 'x',
    },
    dark: {
      background: '#1f1f1f',
      foreground: '#cccccc',
      charts: ['#3794ff', '#d18616', '#89d185', null, null, null],
      highContrast: false,
      focus: '#0078d4',
      fontFamily: 'x',
    },
    'high contrast': { background: '#000000', foreground: '#ffffff', charts: [], highContrast: true, focus: '#f38518', fontFamily: 'x' },
    odd: {
      background: '#808080',
      foreground: '#000000',
      charts: ['#808080', '#7f7f7f'],
      highContrast: false,
      focus: '#808080',
      fontFamily: 'x',
    },
  };

  for (const [name, around] of Object.entries(themes)) {
    it(`can be told from the background: ${name}`, () => {
      const colours = coloursIn(around);
      const least = around.highContrast ? 4.5 : 3;
      for (const colour of [...colours.categories, ...colours.ramp, colours.neutral, colours.limit]) {
        assert.ok(contrast(colour, around.background) >= least - 0.01, `${colour} on ${around.background}`);
      }
      for (const value of [-1, -0.4, 0, 0.4, 1]) {
        const { fill, ink } = divergent(value, colours);
        assert.ok(contrast(fill, ink) >= 2.9, `${ink} on ${fill}`);
      }
    });
  }

  it('keep what has the contrast', () => {
    assert.equal(distinct('#0000ff', '#ffffff', '#000000', 3), '#0000ff');
    assert.equal(colourIn({ kind: 'category', index: 7 }, coloursIn(themes.dark!)), coloursIn(themes.dark!).categories[1]);
  });

  it('are read as a canvas writes them', () => {
    assert.equal(flattened('#a1b2c3', '#ffffff'), '#a1b2c3');
    assert.equal(flattened('rgba(0, 0, 0, 0.5)', '#ffffff'), '#808080');
    assert.equal(flattened('rgb(1, 2, 3)', '#ffffff'), '#010203');
    assert.equal(flattened('nonsense', '#ffffff'), '#ffffff');
    assert.equal(faded('#102030', 0.5), '#10203080');
  });
});

describe('sliders of the panel', () => {
  const linear = { min: 0, max: 1, step: 0.01, scale: 'linear', integer: false } as const;
  const log = { min: 1e-3, max: 1e3, step: 0, scale: 'log', integer: false } as const;
  const whole = { min: 1, max: 64, step: 1, scale: 'linear', integer: true } as const;

  it('give back every value of their steps', () => {
    for (const model of [linear, log, whole]) {
      for (let at = 0; at <= trackSteps(model); at += 7) {
        const value = roundedTo(model, fromTrack(model, at));
        assert.ok(value >= model.min && value <= model.max);
        assert.ok(Math.abs(toTrack(model, value) - at) <= 1, `${at}: ${value}`);
      }
    }
  });

  it('write round numbers', () => {
    assert.equal(roundedTo(linear, 0.30000000000000004), 0.3);
    assert.equal(roundedTo(log, 12.3456), 12.3);
    assert.equal(roundedTo(whole, 7.6), 8);
    assert.equal(roundedTo(linear, 5), 1);
  });

  it('stand at an end for a value outside', () => {
    assert.equal(toTrack(linear, 7), trackSteps(linear));
    assert.equal(toTrack(log, 1e-9), 0);
  });
});

describe('words of the panel', () => {
  it('say how far the runs are', () => {
    assert.equal(runsText(runs, null), '8 runs');
    assert.equal(runsText({ ...runs, total: 1, done: 1 }, null), '1 run');
    assert.equal(runsText({ ...runs, done: 3, running: 2, fraction: 0.417 }, null), '3 of 8 runs, 41 %');
    assert.equal(runsText({ ...runs, done: 6, failed: 2 }, null), '8 runs, 2 failed');
    assert.equal(runsText({ ...runs, done: 0 }, { runs: 8, seconds: 90, budget: 2 }), '0 of 8 runs, waiting');
    assert.equal(runsText({ ...runs, done: 0 }, null, true), '0 of 8 runs, cancelled');
    assert.equal(runsText(runs, null, true), '8 runs');
    assert.equal(runsText({ ...runs, total: 0, done: 0 }, null), '');
    assert.equal(runsText({ ...runs, done: 7, running: 1, fraction: 1 }, null), '7 of 8 runs, 99 %');
  });

  it('say how many steps are done and how long the rest takes', () => {
    assert.equal(progressText({ ...runs, steps: { done: 1200, total: 300_000 } }, 360), '1200 of 300\u202f000 steps, about 6 min left');
    assert.equal(progressText(runs, 45), 'about 45 s left');
    assert.equal(progressText({ ...runs, steps: { done: 5, total: 2000 } }, null), '5 of 2000 steps');
    assert.equal(progressText(runs, null), '');
    assert.match(cancelledText({ ...runs, done: 6, failed: 1 }), /^Cancelled with 1 run open/);
    assert.match(cancelledText({ ...runs, done: 0 }), /^Cancelled with 8 runs open/);
  });

  it('say what is held back and for how long', () => {
    assert.equal(heldText({ runs: 1, seconds: 7200, budget: 2 }), '1 run would take about 2 h, more than the 2 s allowed while typing.');
    assert.equal(heldText({ runs: 8, seconds: 0.1, budget: 0 }), '8 runs wait to be asked for: nothing is solved while typing.');
    assert.match(heldText({ runs: 15, seconds: 1, budget: 2 }), /^15 runs would go beyond the 2 s allowed while typing, with all/);
    assert.deepEqual([0.2, 45, 600, 1e5, 1e6, Number.POSITIVE_INFINITY].map(duration), [
      'under a second',
      '45 s',
      '10 min',
      '28 h',
      '12 days',
      'a very long time',
    ]);
  });

  it('say what is wrong with the text', () => {
    const note = { message: 'x', code: null, line: 3, errors: 3 };
    assert.match(staleText(note, true), /Line 3 and 2 more errors:$/);
    assert.match(staleText({ ...note, errors: 1 }, true), /Line 3:$/);
  });

  it('count verdicts', () => {
    const of = (...verdicts: readonly ('holds' | 'fails' | 'undecided' | 'pending')[]) =>
      verdictsText(verdicts.map((verdict) => ({ text: '', verdict, detail: '', line: 1 })));
    assert.equal(of('holds', 'holds', 'fails'), '2 hold, 1 fails');
    assert.equal(of('holds', 'undecided', 'pending'), '1 holds, 1 undecided, 1 not yet known');
    assert.equal(of(), '');
  });
});

describe('the table of all numbers', () => {
  const flow = tableModel(all.flow());
  const heads = flow.columns.map(({ key }) => key);

  it('has a row for every recorded point of every run, sweeps first', () => {
    const { experiment, runs: outcomes } = all.flow();
    assert.deepEqual(
      heads.slice(0, experiment.sweeps.length),
      experiment.sweeps.map(({ name }) => name),
    );
    const points = outcomes.reduce((sum, run) => sum + (run.status === 'done' ? (run.result.axes.time?.length ?? 0) : 1), 0);
    assert.equal(flow.rows, points);
    assert.ok(flow.columns.every(({ cells }) => cells.length === flow.rows));
    assert.equal(heads.at(-1), 'method');
  });

  it('leaves out what is too long to look at, and says so', () => {
    const short = tableModel(all.flow(), { maxRows: 10 });
    assert.deepEqual([short.rows, short.omitted], [10, flow.rows - 10]);
  });

  it('has columns for bands where there are any, and rows for runs that failed', () => {
    assert.ok(tableModel(all.rademacher()).columns.some(({ label }) => label === 'lower'));
    const method = tableModel(all.broken()).columns.at(-1)!;
    assert.ok(method.kind === 'text' && method.cells.includes('failed'));
  });

  it('sorts numbers by size, infinity last, what does not exist after it', () => {
    const model = {
      columns: [{ kind: 'number', key: 'a', label: 'a', cells: [3, null, Number.POSITIVE_INFINITY, 1, 3] }],
      rows: 5,
      omitted: 0,
    } as const;
    assert.deepEqual(sortedRows(model, { column: 'a', descending: false }), [3, 0, 4, 2, 1]);
    assert.deepEqual(sortedRows(model, { column: 'a', descending: true }), [2, 0, 4, 3, 1]);
    assert.deepEqual(sortedRows(model, { column: 'gone', descending: true }), [0, 1, 2, 3, 4]);
    assert.deepEqual(sortedRows(model, null), [0, 1, 2, 3, 4]);
  });

  it('is copied with all digits, one line a row', () => {
    const model = {
      columns: [
        { kind: 'text', key: 'kind', label: 'kind', cells: ['soft\tmax', 'linear'] },
        { kind: 'number', key: 'risk', label: 'risk', cells: [1 / 3, Number.POSITIVE_INFINITY] },
      ],
      rows: 2,
      omitted: 0,
    } as const;
    assert.equal(tabSeparated(model, [1, 0]), 'kind\trisk\nlinear\tinf\nsoft max\t0.3333333333333333\n');
    assert.deepEqual([1 / 3, 1e-9, -2, Number.POSITIVE_INFINITY, null, 1e6].map(cellText), [
      '0.3333333',
      '1.00000e−9',
      '−2',
      '∞',
      '',
      '1000000',
    ]);
  });
});

describe('parameters of a training', () => {
  const text = `experiment "p" { sweep L over [20, inf]
    task linear_regression { dimension = 2, covariance = kms(0.5) } prompt { length = L }
    attention { init = balanced(0.1) } train gradient_flow { time = 4, points = 9 } measure risk }`;

  it('become a model with a picture for every point, and a chart of eigenvalues', () => {
    const [result] = solved(text);
    const { runs: shown } = parametersModel(result!);
    assert.equal(shown.length, 2);
    const [first] = shown;
    assert.deepEqual([first!.points.length, first!.matrices.length, first!.size], [9, 9, 2]);
    assert.ok(first!.matrices.flat().every((value) => Math.abs(value) <= first!.largest));
    const chart = eigenvalueChart(first!);
    assert.equal(chart.panels[0]!.series.length, 2);
    assert.deepEqual(
      chart.panels[0]!.references.map(({ y }) => Number(y.toFixed(6))),
      [2, 0.666667],
    );
    assert.ok(chart.y.domain[0] <= 0 && chart.y.domain[1] >= 2);
  });

  it('are absent without training', () => {
    assert.equal(parametersModel(all.concentration()).runs.length, 0);
    assert.ok(chartModels(all.concentration()).length > 0);
  });
});
