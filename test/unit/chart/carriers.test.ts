import assert from 'node:assert/strict';
import { chartModels, toPgfplots, toSvg } from '../../../src/chart/index.js';
import { plainText } from '../../../src/chart/text.js';
import { logGrid, make, plot, quantity, scalars, sweep } from './fixtures.js';

/** Densities in log τ² of log-normal shape: the queries at 1, the error they carry farther out the longer the prompt. */
const bell = (x: number, at: number, width: number): number =>
  Math.exp(-0.5 * (Math.log(x / at) / width) ** 2) / (width * Math.sqrt(2 * Math.PI));
const tau2 = Array.from({ length: 30 }, (_, i) => 0.05 * 1.3 ** i);

const rare = (lambdas: readonly number[]): ReturnType<typeof make> =>
  make({
    title: 'Rare queries',
    sweeps: [sweep('L', logGrid(10, 1e6, 9), true), sweep('λ', lambdas)],
    plots: [plot([quantity('output_error')], 'L', ['λ'], 'xy')],
    run: ({ L, λ }) => {
      const at = 1 + Math.log10(L as number);
      const profile = { tau2, queries: tau2.map((x) => bell(x, 1, 0.7)), error: tau2.map((x) => bell(x, at, 0.5)) };
      const carriers = { tau2: at, probability: 0.02, exponent: 0.618, profile };
      const series = { against: null, value: [1 / Math.sqrt(L as number)], method: 'exact' } as const;
      return scalars({ output_error: (λ as number) < 0.5 ? series : { ...series, carriers } });
    },
  });

describe('the chart of who carries an error', () => {
  it('is there where rare queries govern, with a panel for each of their settings', () => {
    assert.equal(chartModels(rare([0.1])).length, 1);
    const [, model] = chartModels(rare([0.1, 1, 3]));
    assert.equal(model!.written, false);
    assert.deepEqual(
      model!.panels.map(({ title }) => plainText(title)),
      ['λ\u00a0=\u00a01, error ~ L^−0.62', 'λ\u00a0=\u00a03, error ~ L^−0.62'],
    );
    assert.equal(chartModels(rare([0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3]))[1]!.panels.length, 6);
  });

  it('draws the queries and, at a few lengths, the error that they carry, and marks where half of it begins at the longest', () => {
    const [, model] = chartModels(rare([1]));
    const { series, zones } = model!.panels[0]!;
    assert.deepEqual(
      series.map(({ at }) => at.L),
      [undefined, '10', '178', '3162', '56234', '1000000'],
    );
    assert.deepEqual(
      zones.map(({ axis, from, to, label }) => [axis, from, to, plainText(label)]),
      [['x', 7, null, '2\u00a0%']],
    );
    for (const { x, y } of series) {
      let sum = 0;
      for (let i = 1; i < x.length; i++) sum += (Math.log(x[i]! / x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
      assert.ok(Math.abs(sum - 1) < 0.01, `a density: ${sum}`);
    }
  });

  it('puts points between those of the profile where the density is, not on straight pieces between them', () => {
    const [, model] = chartModels(rare([1]));
    const { x, y } = model!.panels[0]!.series.at(-1)!;
    assert.ok(x.length > 3 * tau2.length);
    x.forEach((v, i) => {
      const exact = bell(v, 7, 0.5);
      if (exact > 1e-3) assert.ok(Math.abs(y[i]! / exact - 1) < 1e-6, `at ${v}: ${y[i]}, not ${exact}`);
    });
  });

  it('is drawn and exported as every other chart', () => {
    const [, model] = chartModels(rare([1, 3]));
    assert.match(toSvg(model!), />2\u00a0%</);
    assert.equal(toPgfplots(model!).match(/\\addplot/g)?.length, 12);
    assert.match(model!.description, /Rare queries govern the average/);
  });
});
