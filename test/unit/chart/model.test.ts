import assert from 'node:assert/strict';
import { combine, studentFactor } from '../../../src/chart/collect.js';
import { chartModels, plainText } from '../../../src/chart/index.js';
import { onScales } from '../../../src/chart/shown.js';
import type { ChartModel, LegendKey, Series } from '../../../src/chart/types.js';
import type { RunOutcome } from '../../../src/engine/results.js';
import { all, grid, make, plot, quantity, scalars, sweep, trajectory } from './fixtures.js';

const inf = Number.POSITIVE_INFINITY;
const labels = (model: ChartModel): string[] =>
  model.panels.flatMap((p) => p.series.map((s) => plainText(s.label).replaceAll('\u00a0', ' ')));
const find = (model: ChartModel, label: string): Series => {
  const found = model.panels.flatMap((p) => p.series).find((s) => plainText(s.label).replaceAll('\u00a0', ' ') === label);
  assert.ok(found !== undefined, `${label} is not among ${labels(model).join('; ')}`);
  return found;
};

describe('chart models', () => {
  it('are plain JSON for every fixture, with distinct ids', () => {
    for (const [name, f] of Object.entries(all)) {
      const models = chartModels(f());
      assert.deepEqual(JSON.parse(JSON.stringify(models)), models, name);
      assert.equal(new Set(models.map((m) => m.id)).size, models.length);
      for (const m of models) {
        const ids = m.panels.flatMap((p) => p.series.map((s) => s.id));
        assert.equal(new Set(ids).size, ids.length, name);
        assert.match(m.id, /^[\p{L}\p{N}-]+$/u);
      }
    }
  });

  it('take colour from the first name, small multiples from sweeps not named', () => {
    const [model] = chartModels(all.flow());
    assert.deepEqual(
      model!.panels.map((p) => plainText(p.title)),
      ['softmax', 'linear'],
    );
    assert.deepEqual(labels(model!).slice(0, 4), ['L = 10', 'L = 100', 'L = 1000', 'L = ∞']);
    assert.deepEqual(
      model!.panels[0]!.series.map((s) => s.style.colour),
      [{ kind: 'ordered', position: 0 }, { kind: 'ordered', position: 0.5 }, { kind: 'ordered', position: 1 }, { kind: 'limit' }],
    );
    assert.deepEqual(
      model!.panels[0]!.series.map((s) => s.isLimit),
      [false, false, false, true],
    );
    assert.equal(plainText(model!.y.label), 'population risk R_L');
    assert.equal(plainText(model!.x.label), 'time t');
  });

  it('take dash from the second name', () => {
    const model = chartModels(all.flow())[2]!;
    assert.equal(model.panels.length, 1);
    assert.deepEqual(labels(model).slice(0, 2), ['L = 10, softmax', 'L = 10, linear']);
    assert.deepEqual(
      model.panels[0]!.series.slice(0, 2).map((s) => s.style.dash),
      [0, 1],
    );
    assert.deepEqual(
      model.legend.map((g) => (g.kind === 'entries' ? g.entries.length : 0)),
      [4, 2],
    );
  });

  it('match runs to lines by their sweep values', () => {
    const result = make({
      title: 'Which is which',
      sweeps: [sweep('a', [1, 2, 3]), sweep('b', ['x', 'y']), sweep('c', [5, 7])],
      plots: [plot([quantity('risk')], 'time', ['c', 'a'])],
      run: ({ a, b, c }) => trajectory([0, 1], { risk: () => (a as number) * 100 + (b === 'x' ? 10 : 20) + (c as number) }),
    });
    const [model] = chartModels(result);
    for (const panel of model!.panels) {
      for (const s of panel.series) {
        const expected = Number(s.at.a) * 100 + (s.at.b === 'x' ? 10 : 20) + Number(s.at.c);
        assert.deepEqual(s.y, [expected, expected]);
        assert.equal(plainText(panel.title), s.at.b);
      }
    }
    assert.equal(model!.panels.flatMap((p) => p.series).length, 12);
  });

  it('put ∞ past the axis and the last value of a training on an axis of L', () => {
    const [model] = chartModels(all.finalRisk());
    const soft = find(model!, 'softmax');
    assert.deepEqual(soft.x, [3, 10, 30, 100, 300, 1000]);
    assert.ok(soft.atInfinity !== null && model!.x.infinity);
    assert.ok(Math.max(...model!.x.domain) < 1500);
    assert.ok(model!.notes.includes('Values at the end of the training.'));
    const last = all.finalRisk().runs[0]!;
    assert.ok(last.status === 'done' && soft.y[0] === last.result.quantities.risk!.value.at(-1));
  });

  it('add the bounds of an error against L: labelled in colours of their own, or thin beside several colours', () => {
    const [one] = chartModels(all.concentrationOne());
    assert.deepEqual(
      one!.panels[0]!.series.map((s) => s.role),
      ['certified', 'asymptote', 'paper', 'value'],
    );
    assert.equal(new Set(one!.panels[0]!.series.map((s) => JSON.stringify(s.style.colour))).size, 4);
    const [three] = chartModels(all.concentration());
    const bounds = three!.panels[0]!.series.filter((s) => s.role !== 'value');
    assert.equal(bounds.length, 9);
    assert.ok(bounds.every((s) => s.style.muted && s.style.weight === 'thin'));
    const dashes = three!.legend.at(-1)!;
    assert.ok(dashes.kind === 'entries');
    assert.deepEqual(
      dashes.entries.map((e) => plainText(e.label)),
      ['certified bound', 'asymptote', "paper's form (fitted)"],
    );
    const rate = chartModels(all.concentration())[1]!;
    assert.ok(rate.panels[0]!.series.every((s) => s.role === 'value'));
  });

  it('show a bound that is plotted by itself as a line of its own', () => {
    const result = make({
      title: 'Bound',
      sweeps: [sweep('L', [1, 10], true)],
      plots: [plot([quantity('output_error', { facet: 'certified' })], 'L', [], 'xy')],
      run: ({ L }) => scalars({ 'output_error.certified': 1 / (L as number), output_error: 0.1 }),
    });
    const [model] = chartModels(result);
    assert.deepEqual(
      model!.panels[0]!.series.map((s) => [s.role, s.quantity, s.y]),
      [['value', 'output_error.certified', [1, 0.1]]],
    );
  });

  it('average repeats, with the 95 % band of the mean', () => {
    const values = [1, 2, 4];
    const result = make({
      title: 'Repeats',
      repeats: 3,
      plots: [plot([quantity('risk')], 'time')],
      run: (_, repeat) => trajectory([0, 1], { risk: (t) => values[repeat]! + t }),
    });
    const [model] = chartModels(result);
    const s = model!.panels[0]!.series[0]!;
    // scipy.stats.t.interval(0.95, 2, loc=numpy.mean([1, 2, 4]), scale=scipy.stats.sem([1, 2, 4]))
    const near = (a: number | null | undefined, b: number): void => assert.ok(Math.abs(a! - b) < 1e-4, `${a} ${b}`);
    near(s.y[0], 2.3333333);
    near(s.lower?.[0], -1.46125);
    near(s.upper?.[0], 6.127916);
    near(s.y[1], 3.3333333);
    assert.deepEqual(model!.notes, ['Means of 3 repeats with 95 % bands.']);
  });

  it('keep the band of a single run, and a mean of what there is', () => {
    const one = { value: 3, lower: 2, upper: 5, count: 1 };
    assert.deepEqual(combine([one, { value: null, lower: null, upper: null, count: 0 }]), one);
    assert.equal(combine([]).value, null);
    // scipy.stats.t.ppf(0.975, [1, 4, 30, 40])
    for (const [n, q] of [
      [2, 12.7062],
      [5, 2.77645],
      [31, 2.04227],
      [41, 2.02108],
    ] as const)
      assert.ok(Math.abs(studentFactor(n) - q) < 2e-3);
  });

  it('leave values ≤ 0 and gaps out, say so, and count runs that failed or are not done', () => {
    const model = onScales(chartModels(all.broken())[0]!);
    assert.deepEqual(model.notes, ['Exact.', '1 of 4 runs failed.', '2 of 4 runs unfinished.', '1 value ≤ 0 left out on the log axis.']);
    const s = find(model, 'rate = 0.01');
    assert.equal(s.y[40], null);
    assert.equal(s.y.filter((v) => v === null).length, 1 + 7);
    assert.equal(find(model, 'rate = 0.1').x.length, 32);
    assert.equal(model.complete, false);
    assert.equal(chartModels(all.single())[0]!.complete, true);
  });

  it('name a line that a log axis cannot show at all, and one that lies under another', () => {
    const gap = onScales(chartModels(all.flow())[1]!);
    assert.deepEqual(gap.notes, [
      'Exact.',
      'Left out on the log axis: L\u00a0=\u00a0∞ (nowhere above 0).',
      '6 values ≤ 0 left out on the log axis.',
    ]);
    const rate = chartModels(all.concentration())[1]!;
    assert.ok(rate.notes.includes('identity lies under kms(0.5).'), rate.notes.join(' '));
    assert.ok(!chartModels(all.flow())[0]!.notes.some((n) => n.includes('under')));
  });

  it('say for every entry of the legend which lines it stands for', () => {
    const stands = (key: LegendKey, s: Series): boolean => {
      if (key.kind === 'sweep') return s.at[key.name] === key.value;
      if (key.kind === 'quantity') return s.quantity === key.key;
      return key.kind === 'role' ? s.role === key.role : s.id === key.id;
    };
    for (const [name, f] of Object.entries(all)) {
      for (const model of chartModels(f())) {
        const series = model.panels.flatMap((p) => p.series);
        for (const { lines } of model.legend.flatMap((g) => g.all)) {
          const drawn = series.some((s) => stands(lines, s)) || model.panels.some((p) => p.references.length > 0);
          assert.ok(drawn, `${name}: ${JSON.stringify(lines)} stands for no line`);
        }
      }
    }
  });

  it('turn many numbers into a ramp and many words into a sample', () => {
    const ramp = chartModels(all.twoHundred())[0]!.legend;
    assert.deepEqual(
      ramp.map((g) => g.kind),
      ['ramp'],
    );
    const positions = chartModels(all.twoHundred())[0]!.panels[0]!.series.map((s) =>
      s.style.colour.kind === 'ordered' ? s.style.colour.position : -1,
    );
    assert.ok(positions.every((p, i) => i === 0 || p > positions[i - 1]!) && positions[0] === 0 && positions.at(-1) === 1);
    const [words] = chartModels(all.categories())[0]!.legend;
    assert.ok(words?.kind === 'entries' && words.entries.length === 10 && words.omitted === 30);
    assert.equal(words.all.length, 40);
    const styles = chartModels(all.categories())[0]!
      .panels[0]!.series.slice(0, 36)
      .map((s) => JSON.stringify([s.style.colour.kind === 'category' && s.style.colour.index % 6, s.style.dash]));
    assert.equal(new Set(styles).size, 36);
  });

  it('tell abbreviated values apart', () => {
    const [model, across] = chartModels(all.longNames());
    assert.deepEqual(new Set(labels(model!)).size, 8);
    assert.deepEqual(across!.x.categories.map(plainText), ['mixture(…)', 'mixture(…) (2)', 'rademacher', 'sphere(1.5)']);
  });

  it('draw values without an axis across the panel, and overlays over the plot they belong to', () => {
    const [model] = chartModels(all.overlaid());
    assert.deepEqual(
      model!.panels[0]!.references.map((r) => r.y),
      [0.06, 0.55],
    );
    assert.deepEqual(labels(model!), ['population risk', 'my training run']);
    assert.equal(find(model!, 'my training run').role, 'overlay');
  });

  it('choose the plot of an overlay by its axis, then by its quantity', () => {
    const overlay = { ...all.overlaid().experiment.overlays[0]!, x: 'step', y: 'training_loss' };
    const result = make({
      title: 'Overlay',
      plots: [plot([quantity('risk')], 'time'), plot([quantity('risk')], 'step'), plot([quantity('training_loss')], 'step')],
      overlays: [overlay],
      run: () => trajectory([0, 1], { risk: () => 1, training_loss: () => 2 }),
    });
    assert.deepEqual(
      chartModels(result).map((m) => labels(m).includes('my training run')),
      [false, false, true],
    );
  });

  it('have the whole axis while a training is under way, and what there is when it is over', () => {
    const train = { kind: 'sgd', steps: 2000, rate: 0.01 } as unknown as NonNullable<
      ReturnType<typeof make>['experiment']['runs'][number]['problem']['train']
    >;
    const result = make({
      title: 'x',
      plots: [plot([quantity('risk')], 'step'), plot([quantity('risk')], 'time')],
      run: () => ({ status: 'waiting' }),
    });
    const runs = result.experiment.runs.map((run) => ({ ...run, problem: { ...run.problem, train } }));
    const soFar = { ...trajectory([0, 0.1], { risk: () => 1 }), axes: { step: [0, 100], time: [0, 1] } };
    const of = (outcome: RunOutcome) =>
      chartModels({ ...result, experiment: { ...result.experiment, runs }, runs: [outcome] }).map(({ x }) => x.domain[1]);
    assert.deepEqual(of({ status: 'running', fraction: 0.05, step: 100, partial: soFar }), [2000, 20]);
    assert.deepEqual(of({ status: 'done', result: soFar, cached: false }), [100, 1]);
  });

  it('divide a plot with too many panels', () => {
    const models = chartModels(all.nine(), { maxPanels: 4 });
    assert.deepEqual(
      models.map((m) => m.panels.length),
      [4, 4, 1],
    );
    assert.deepEqual(
      models.map((m) => m.title.slice(-8)),
      [' (1 of 3)'.slice(-8), '(2 of 3)', '(3 of 3)'],
    );
  });

  it('give several quantities the first channel that is free', () => {
    const run = () => trajectory(grid(0, 1, 3), { risk: () => 1, training_loss: () => 2 });
    const both = [quantity('risk'), quantity('training_loss')];
    const of = (by: string[]) =>
      chartModels(
        make({ title: 'x', sweeps: [sweep('L', [1, inf], true), sweep('k', ['a', 'b'])], plots: [plot(both, 'time', by)], run }),
      )[0]!;
    assert.deepEqual(
      of(['L', 'k']).panels.map((p) => plainText(p.title)),
      ['population risk', 'mini-batch loss'],
    );
    const dashed = of(['L']).panels[0]!.series;
    assert.deepEqual(
      dashed.map((s) => [s.quantity, s.style.dash, s.isLimit]),
      [
        ['risk', 0, false],
        ['training_loss', 1, false],
        ['risk', 0, true],
        ['training_loss', 1, true],
      ],
    );
  });

  it('have every value again on linear axes', () => {
    const whole = chartModels(all.flow())[1]!;
    const [log, linear] = [onScales(whole), onScales(whole, { x: 'linear', y: 'linear' })];
    const entries = (model: ChartModel): string[] => model.legend.flatMap((group) => group.all.map(({ label }) => plainText(label)));
    assert.equal(linear, whole, 'nothing is lost');
    assert.deepEqual(
      [log, linear].map((model) => model.panels.map(({ series }) => series.length)),
      [
        [3, 3],
        [4, 4],
      ],
    );
    assert.equal(entries(linear).length, entries(log).length + 1);
    assert.ok(entries(linear).some((label) => label.includes('∞')));
    assert.deepEqual(linear.notes, ['Exact.']);
    const limit = linear.panels[0]!.series.find(({ isLimit }) => isLimit)!;
    assert.ok(limit.y.every((value) => value === 0));
    assert.ok(log.panels[0]!.series.every(({ y }) => y[0] === null) && linear.panels[0]!.series.every(({ y }) => y[0] === 0));
    const risk = chartModels(all.flow())[0]!;
    assert.equal(onScales(risk), risk);
    assert.deepEqual(onScales(risk, { x: 'log', y: 'linear' }).notes, ['Exact.', '8 values ≤ 0 left out on the log axis.']);
  });

  it('follow the methods of the results', () => {
    const [model] = chartModels(all.rademacher());
    const s = model!.panels[0]!.series.find((x) => x.role === 'value')!;
    assert.equal(s.methodLabel, 'sampled, n = 4096');
    assert.ok(model!.notes.includes('Sampled, n = 4096 prompts; confidence bands.'));
    assert.equal(onScales(model!).x.infinity, false, 'an error of 0 at L = ∞ has no place on a log axis');
  });

  it('tell sampled quantiles from the exact values beside them', () => {
    const sampled = { against: null, value: [0.4], method: 'sampled' as const, samples: 512 };
    const result = make({
      title: 'Quantile',
      sweeps: [sweep('L', [10, 100], true)],
      plots: [plot([quantity('output_error'), quantity('output_error', { facet: 'quantile' })], 'L', [], 'xy')],
      run: ({ L }) => scalars({ output_error: 1 / (L as number), 'output_error.quantile': sampled }),
    });
    assert.deepEqual(chartModels(result)[0]!.notes, ['Exact.', 'Quantiles are sampled, n = 512 prompts.']);
  });

  it('say in words what they show', () => {
    const [model] = chartModels(all.flow());
    assert.match(
      model!.description,
      /^Softmax follows its infinite-prompt limit\. population risk R_L, against time t\. 2 panels, 8 lines\./,
    );
    assert.match(model!.description, /softmax: L\u00a0=\u00a010: from 0\.5200 to 0\.\d+\./);
  });

  it('keep the axis while a chart fills up', () => {
    const whole = all.concentrationOne();
    const start = { ...whole, runs: whole.runs.map((r, i) => (i < 3 ? r : { status: 'waiting' as const })) };
    assert.deepEqual(chartModels(start)[0]!.x.domain, chartModels(whole)[0]!.x.domain);
  });

  it('take 200 runs of 10⁴ points in a few seconds', () => {
    const time = grid(0, 32, 10_000);
    const result = make({
      title: 'Large',
      sweeps: [sweep('L', grid(1, 200, 200), true)],
      plots: [plot([quantity('risk')], 'time', ['L'], 'y')],
      run: ({ L }) => trajectory(time, { risk: (t) => 1 / (1 + t) + 1 / (L as number) }),
    });
    const start = process.cpuUsage().user;
    const [model] = chartModels(result);
    assert.equal(model!.panels[0]!.series.length, 200);
    assert.ok((process.cpuUsage().user - start) / 1e6 < 4);
  });
});
