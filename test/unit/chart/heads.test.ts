import assert from 'node:assert/strict';
import { chartModels, tableModel } from '../../../src/chart/index.js';
import { plainText } from '../../../src/chart/text.js';
import type { ChartModel } from '../../../src/chart/types.js';
import type { ExperimentResult } from '../../../src/engine/results.js';
import { grid, make, plot, quantity, sweep, trajectory } from './fixtures.js';

/** Trainings with several heads: half of them end above 0, half below; `H` is their number. */
const trained = (by: readonly string[] = []): ExperimentResult =>
  make({
    title: 'Heads',
    sweeps: [sweep('H', [2, 4])],
    plots: [plot([quantity('gains')], 'time', by), plot([quantity('risk'), quantity('approximate_risk')], 'time', ['H'])],
    run: ({ H }) => {
      const result = trajectory(grid(0, 10, 11), {
        risk: (t) => 1 / (1 + t) + 1 / (H as number),
        approximate_risk: (t) => 0.9 / (1 + t) + 1 / (H as number),
        ...Object.fromEntries(
          Array.from({ length: H as number }, (_, k) => [
            `gains[${k + 1}]`,
            (t: number) => 0.01 + (((H as number) / 2 - k - 0.5) * t) / 10,
          ]),
        ),
      });
      const { approximate_risk } = result.quantities;
      return { ...result, quantities: { ...result.quantities, approximate_risk: { ...approximate_risk!, method: 'approximate' } } };
    },
  });
const heads = (by: readonly string[] = []): ChartModel[] => chartModels(trained(by));

describe('quantities with a value for each head', () => {
  it('have a line for each head, in the colours of positive and of negative heads', () => {
    const [model] = heads();
    assert.deepEqual(
      model!.panels.map(({ title, series }) => [plainText(title), series.map((s) => [plainText(s.label), s.quantity, s.style.colour])]),
      [2, 4].map((count) => [
        `H\u00a0=\u00a0${count}`,
        Array.from({ length: count }, (_, k) => {
          const isPositive = k < count / 2;
          return [`head ${k + 1}`, `gains.${isPositive ? 'positive' : 'negative'}`, { kind: 'category', index: isPositive ? 0 : 1 }];
        }),
      ]),
    );
    assert.deepEqual(
      model!.legend.map(({ all }) => all.map(({ label }) => plainText(label))),
      [['positive heads', 'negative heads']],
    );
  });

  it('leave the colour to a sweep that asks for it', () => {
    const [model] = heads(['H']);
    const [panel] = model!.panels;
    assert.equal(panel!.series.length, 6);
    assert.equal(new Set(panel!.series.map((s) => s.id)).size, 6);
    assert.deepEqual(new Set(panel!.series.map(({ style }) => style.colour.kind)), new Set(['ordered']));
    assert.deepEqual(
      model!.legend.map(({ all }) => all.length),
      [2],
    );
  });

  it('stand beside an approximate risk that is called so, and dashed', () => {
    const [, model] = heads();
    const { series } = model!.panels[0]!;
    for (const s of series) {
      assert.equal(s.methodLabel, s.quantity === 'risk' ? 'exact' : 'approximation');
      assert.equal(s.style.dash, s.quantity === 'risk' ? 0 : 1);
    }
    assert.deepEqual(model!.notes, ['Exact.', 'The approximate risk is an approximation for large dimensions.']);
  });

  it('are in the table with both methods', () => {
    const column = tableModel(trained()).columns.find(({ key }) => key === 'method');
    assert.deepEqual([...new Set<unknown>(column?.cells)], ['exact, approximation']);
  });
});

describe('the note of the method', () => {
  it('tells values of a training on fresh prompts from exact ones', () => {
    const base = make({
      title: 'Adam',
      plots: [plot([quantity('gains')], 'time')],
      run: () => trajectory(grid(0, 10, 11), { 'gains[1]': (t) => t }),
    });
    const train = { kind: 'adam', steps: 10, rate: 0.1 } as unknown as NonNullable<(typeof base.experiment.runs)[0]['problem']['train']>;
    const runs = base.experiment.runs.map((run) => ({ ...run, problem: { ...run.problem, train } }));
    const [model] = chartModels({ ...base, experiment: { ...base.experiment, runs } });
    assert.deepEqual(model!.notes, ['Exact at the parameters of one training on fresh prompts.']);
  });
});
