/** Experiments with plausible results, made by hand: the figures of the examples and the hard cases. */
import type { ExperimentResult, RunOutcome } from '../../../src/engine/results.js';
import type { Experiment, Overlay, Plot, QuantityRef, RunSpec, Sweep, SweepValue } from '../../../src/spec/experiment.js';
import { problemOf } from '../../support/problem.js';

export type RunResult = Extract<RunOutcome, { status: 'done' }>['result'];
export type Series = RunResult['quantities'][string];

const range = { start: 0, end: 1, line: 1, column: 1 };

export function quantity(name: QuantityRef['name'], more: Partial<QuantityRef> = {}): QuantityRef {
  return { name, facet: null, form: 'value', threshold: null, ...more };
}

export function plot(quantities: readonly QuantityRef[], against: string, by: readonly string[] = [], log = ''): Plot {
  return { quantities, against, by, logX: log.includes('x'), logY: log.includes('y'), written: true, range };
}

export function sweep(name: string, values: readonly (number | string)[], isLength = false): Sweep {
  const value = (v: number | string): SweepValue =>
    typeof v === 'string' ? { text: v, value: null } : { text: v === Number.POSITIVE_INFINITY ? 'inf' : String(v), value: v };
  return { name, values: values.map(value), range, isLength };
}

const problem: RunSpec['problem'] = problemOf(
  { kind: 'tokens', law: { kind: 'gaussian', dimension: 1, mean: [0], covariance: [[1]] } },
  { length: 10 },
);

export interface Made {
  readonly title: string;
  readonly sweeps?: readonly Sweep[];
  readonly repeats?: number;
  readonly plots: readonly Plot[];
  readonly overlays?: readonly Overlay[];
  /** The outcome of the run with these sweep values: numbers as numbers. */
  readonly run: (at: Readonly<Record<string, number | string>>, repeat: number) => RunOutcome | RunResult;
}

export function make(made: Made): ExperimentResult {
  const sweeps = made.sweeps ?? [];
  const repeats = made.repeats ?? 0;
  const combinations = sweeps.reduce<Record<string, SweepValue>[]>(
    (rows, s) => rows.flatMap((row) => s.values.map((v) => ({ ...row, [s.name]: v }))),
    [{}],
  );
  const runs = combinations.flatMap((at) =>
    Array.from(
      { length: Math.max(1, repeats) },
      (_, repeat): RunSpec => ({ at, repeat, hash: '', problem, cost: { seconds: 0, bytes: 0 } }),
    ),
  );
  const experiment: Experiment = {
    title: made.title,
    range,
    hash: 'a1b2c3',
    sweeps,
    repeats,
    runs,
    measures: [],
    plots: made.plots,
    overlays: made.overlays ?? [],
    expectations: [],
    settings: {},
  };
  const outcomes = runs.map((run): RunOutcome => {
    const at = Object.fromEntries(Object.entries(run.at).map(([k, v]) => [k, v.value ?? v.text]));
    const outcome = made.run(at, run.repeat);
    return 'status' in outcome ? outcome : { status: 'done', result: outcome, cached: false };
  });
  return { experiment, runs: outcomes, expectations: [] };
}

export function trajectory(
  time: readonly number[],
  quantities: Record<string, (t: number) => number>,
  more: Partial<Series> = {},
): RunResult {
  const series = Object.entries(quantities).map(([k, f]): [string, Series] => [
    k,
    { against: 'time', value: time.map(f), method: 'exact', ...more },
  ]);
  return { method: 'exact', axes: { time, step: time.map((t) => t * 1000) }, quantities: Object.fromEntries(series), notes: [] };
}

export function scalars(quantities: Record<string, number | Series>): RunResult {
  const series = Object.entries(quantities).map(([k, v]): [string, Series] => [
    k,
    typeof v === 'number' ? { against: null, value: [v], method: 'exact' } : v,
  ]);
  return { method: 'exact', axes: {}, quantities: Object.fromEntries(series), notes: [] };
}

export const grid = (a: number, b: number, n: number): number[] => Array.from({ length: n }, (_, i) => a + ((b - a) * i) / (n - 1));
export const logGrid = (a: number, b: number, n: number): number[] => grid(Math.log(a), Math.log(b), n).map((v) => Math.round(Math.exp(v)));

/** Repeatable noise, uniform on (−1, 1). */
export function noise(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

const inf = Number.POSITIVE_INFINITY;
const riskAt = (t: number, length: number, kind: string): number => {
  const floor = 0.05 + (kind === 'softmax' ? 1.1 : 1.7) / (length + 3);
  return floor + (0.52 - Math.min(0.3, floor)) / (1 + (0.21 * t) ** 2.2) ** 1.1;
};

export const flow = (): ExperimentResult =>
  make({
    title: 'Softmax follows its infinite-prompt limit',
    sweeps: [sweep('L', [10, 100, 1000, inf], true), sweep('kind', ['softmax', 'linear'])],
    plots: [
      plot([quantity('risk')], 'time', ['L']),
      plot([quantity('parameter_gap')], 'time', ['L'], 'y'),
      plot([quantity('risk')], 'time', ['L', 'kind']),
    ],
    run: ({ L, kind }) =>
      trajectory(grid(0, 32, 65), {
        risk: (t) => riskAt(t, L as number, kind as string),
        parameter_gap: (t) => (L === inf ? 0 : (t / (1 + t)) * (2 / (L as number)) * (kind === 'softmax' ? 1 : 1.4) * Math.exp(-0.01 * t)),
      }),
  });

export const single = (): ExperimentResult =>
  make({
    title: 'One run',
    plots: [plot([quantity('risk')], 'time')],
    run: () => trajectory(grid(0, 32, 101), { risk: (t) => riskAt(t, 50, 'softmax') }),
  });

export const flowOneKind = (): ExperimentResult =>
  make({
    title: 'Softmax at four prompt lengths',
    sweeps: [sweep('L', [10, 30, 100, inf], true)],
    plots: [plot([quantity('risk')], 'time', ['L'])],
    run: ({ L }) => trajectory(grid(0, 32, 65), { risk: (t) => riskAt(t, L as number, 'softmax') }),
  });

const paperLengths = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000];
export const paperGrid = (): ExperimentResult =>
  make({
    title: 'SGD on fresh prompts, isotropic tokens',
    sweeps: [sweep('L', paperLengths, true), sweep('kind', ['softmax', 'linear'])],
    plots: [plot([quantity('risk')], 'step', ['L'], 'y')],
    run: ({ L, kind }) => {
      const step = grid(0, 300_000, 301);
      const random = noise((L as number) + (kind === 'softmax' ? 1 : 2));
      const value = step.map((s) => 2 * riskAt(s / 6000, L as number, kind as string) * (1 + 0.006 * random()));
      const risk: Series = {
        against: 'step',
        value,
        lower: value.map((v) => v * 0.99),
        upper: value.map((v) => v * 1.01),
        method: 'sampled',
        samples: 16384,
      };
      return { method: 'sampled', axes: { step, time: step.map((s) => s * 1e-3) }, quantities: { risk }, notes: [] };
    },
  });

function concentrated(length: number, size: number): Record<string, number> {
  const exact = (size / length) * (1 - 0.4 / length) * (1 + 3 / Math.sqrt(length));
  return {
    output_error: exact,
    'output_error.certified': Math.min(size * 1.4, exact * (1 + 25 / length ** 0.35)),
    'output_error.asymptote': (size / length) * 1.02,
    'output_error.paper': (size * 1.5 * Math.log(length)) / length ** 0.93,
    'rate of output_error': -1 + 0.3 / Math.sqrt(length),
  };
}

export const concentration = (): ExperimentResult =>
  make({
    title: 'Output and gradient concentration',
    sweeps: [sweep('L', logGrid(2, 1e6, 25), true), sweep('shape', ['identity', 'kms(0.5)', 'condition(8)'])],
    plots: [
      plot([quantity('output_error')], 'L', ['shape'], 'xy'),
      plot([quantity('output_error', { form: 'rate' })], 'L', ['shape'], 'x'),
    ],
    run: ({ L, shape }) =>
      scalars(concentrated(L as number, { identity: 2.3, 'kms(0.5)': 3.5, 'condition(8)': 0.8 }[shape as string] ?? 1)),
  });

export const concentrationOne = (): ExperimentResult =>
  make({
    title: 'Concentration at one covariance',
    sweeps: [sweep('L', logGrid(2, 1e6, 25), true)],
    plots: [plot([quantity('output_error')], 'L', [], 'xy')],
    run: ({ L }) => scalars(concentrated(L as number, 2.3)),
  });

export const rademacher = (): ExperimentResult =>
  make({
    title: 'Rademacher tokens tend to tanh, not to the identity',
    sweeps: [sweep('L', [100, 300, 1000, 3000, 10000, inf], true)],
    plots: [plot([quantity('output_error')], 'L', [], 'xy')],
    run: ({ L }) => {
      const v = L === inf ? 0 : 0.0094 / (L as number);
      return scalars({
        output_error: { against: null, value: [v], lower: [v * 0.92], upper: [v * 1.08], method: 'sampled', samples: 4096 },
        'output_error.asymptote': L === inf ? 0 : 0.0096 / (L as number),
        'output_error.certified': L === inf ? 0 : 0.06 / (L as number),
      });
    },
  });

export const finalRisk = (): ExperimentResult =>
  make({
    title: 'Risk after training, with its limit',
    sweeps: [sweep('L', [3, 10, 30, 100, 300, 1000, inf], true), sweep('kind', ['softmax', 'linear'])],
    plots: [plot([quantity('risk')], 'L', ['kind'], 'x')],
    run: ({ L, kind }) => trajectory(grid(0, 32, 9), { risk: (t) => riskAt(t, L as number, kind as string) }),
  });

export const repeated = (): ExperimentResult =>
  make({
    title: 'Adam from random starts',
    sweeps: [sweep('L', [10, 100], true), sweep('kind', ['softmax', 'linear'])],
    repeats: 5,
    plots: [plot([quantity('risk')], 'step', ['kind', 'L'], 'xy')],
    run: ({ L, kind }, repeat) => {
      const random = noise((L as number) * 10 + repeat + (kind === 'softmax' ? 0 : 999));
      const shift = 1 + 0.1 * random();
      const step = grid(0, 20_000, 201);
      const value = step.map((s) => riskAt((s / 600) * shift, L as number, kind as string) * (1 + 0.01 * random()));
      return {
        method: 'sampled',
        axes: { step },
        quantities: { risk: { against: 'step', value, method: 'sampled', samples: 8192 } },
        notes: [],
      };
    },
  });

export const twoHundred = (): ExperimentResult =>
  make({
    title: 'Two hundred prompt lengths',
    sweeps: [sweep('L', grid(1, 200, 200), true)],
    plots: [plot([quantity('risk')], 'time', ['L'])],
    run: ({ L }) => trajectory(grid(0, 32, 200), { risk: (t) => riskAt(t, L as number, 'softmax') }),
  });

const longValue = (i: number): string =>
  `mixture([gaussian(${i}), rademacher, uniform(-${i}, ${i}), sphere(2)], weights: [0.25, 0.25, 0.25, 0.25])`;
export const longNames = (): ExperimentResult =>
  make({
    title:
      'A title that goes on for far longer than any journal would allow, because somebody wrote down the whole hypothesis with <all> its "conditions" & caveats, 在有限提示下的软注意力机制',
    sweeps: [sweep('law', [longValue(1), longValue(2), 'rademacher', 'sphere(1.5)'])],
    plots: [
      plot([quantity('key_query_gradient_error'), quantity('value_gradient_error')], 'time', ['law'], 'y'),
      plot([quantity('output_error')], 'law'),
    ],
    run: ({ law }) => ({
      ...trajectory(grid(0, 10, 41), {
        key_query_gradient_error: (t) => (1 + (law as string).length / 40) / (1 + t),
        value_gradient_error: (t) => (0.3 + (law as string).length / 90) / (1 + t * t),
        output_error: (t) => (law as string).length / 40 + 1 / (1 + t),
      }),
    }),
  });

export const categories = (): ExperimentResult =>
  make({
    title: 'Forty laws',
    sweeps: [
      sweep(
        'law',
        Array.from({ length: 40 }, (_, i) => `file("tokens-${i}.csv")`),
      ),
    ],
    plots: [plot([quantity('risk')], 'time', ['law'])],
    run: ({ law }) =>
      trajectory(grid(0, 10, 41), {
        risk: (t) => 0.05 + Math.exp(-t / (1 + (law as string).length / 9)) * Number(/\d+/.exec(law as string)?.[0]) * 0.05,
      }),
  });

export const broken = (): ExperimentResult =>
  make({
    title: 'Some runs failed',
    sweeps: [sweep('rate', [0.01, 0.1, 1, 10])],
    plots: [plot([quantity('risk')], 'time', ['rate'], 'y')],
    run: ({ rate }) => {
      if (rate === 10)
        return { status: 'failed', failure: { code: 'diverged', message: 'the risk grew without bound', setting: 'train.rate', line: 4 } };
      if (rate === 1) return { status: 'waiting' };
      const whole = trajectory(grid(0, 32, 65), {
        risk: (t) => (t > 10 && t < 14 ? Number.NaN : t === 20 ? 0 : riskAt(t * (rate as number) * 8, 20, 'softmax')),
      });
      if (rate === 0.1) return { status: 'running', fraction: 0.5, partial: { ...whole, axes: { time: grid(0, 15.5, 32) } } };
      return whole;
    },
  });

export const empty = (): ExperimentResult =>
  make({
    title: 'Nothing yet',
    sweeps: [sweep('L', [10, 100], true)],
    plots: [plot([quantity('risk')], 'time', ['L'], 'y'), plot([quantity('output_error')], 'L', [], 'xy')],
    run: () => ({ status: 'waiting' }),
  });

export const constant = (): ExperimentResult =>
  make({
    title: 'A constant and one point',
    plots: [plot([quantity('risk')], 'time'), plot([quantity('balance')], 'time', [], 'y'), plot([quantity('alignment')], 'step')],
    run: () => ({
      method: 'exact',
      axes: { time: [0, 1, 2], step: [7] },
      quantities: {
        risk: { against: 'time', value: [0.25, 0.25, 0.25], method: 'exact' },
        balance: { against: 'time', value: [1e-4, 1e-4, 1e-4], method: 'exact' },
        alignment: { against: 'step', value: [0.5], method: 'exact' },
      },
      notes: [],
    }),
  });

export const overlaid = (): ExperimentResult =>
  make({
    title: 'Flow, baselines and a measured run',
    plots: [plot([quantity('risk'), quantity('bayes_risk'), quantity('zero_risk')], 'time')],
    overlays: [
      {
        label: 'my training run',
        x: 'time',
        y: 'loss',
        file: { path: 'run.csv', digest: '', rows: 60, columns: 2 },
        points: { x: grid(0, 30, 60), y: grid(0, 30, 60).map((t) => riskAt(t * 0.9, 50, 'softmax') + 0.02 * Math.sin(t * 3)) },
        range,
      },
    ],
    run: () => {
      const result = trajectory(grid(0, 32, 101), { risk: (t) => riskAt(t, 50, 'softmax') });
      const one = (value: number): Series => ({ against: null, value: [value], method: 'exact' });
      return { ...result, quantities: { ...result.quantities, bayes_risk: one(0.06), zero_risk: one(0.55) } };
    },
  });

export const nine = (): ExperimentResult =>
  make({
    title: 'Nine covariances as small multiples',
    sweeps: [
      sweep('L', [10, 100, inf], true),
      sweep(
        'rho',
        grid(0.1, 0.9, 9).map((v) => Number(v.toFixed(1))),
      ),
    ],
    plots: [plot([quantity('risk')], 'time', ['L'])],
    run: ({ L, rho }) => trajectory(grid(0, 32, 65), { risk: (t) => riskAt(t * (1.2 - (rho as number)), L as number, 'softmax') }),
  });

export const huge = (): ExperimentResult =>
  make({
    title: 'A huge range',
    plots: [plot([quantity('risk')], 'time', [], 'y'), plot([quantity('risk')], 'time')],
    run: () => trajectory(grid(0, 1, 101), { risk: (t) => 10 ** (280 * t - 200) }),
  });

export const all = {
  flow,
  single,
  flowOneKind,
  paperGrid,
  concentration,
  concentrationOne,
  rademacher,
  finalRisk,
  repeated,
  twoHundred,
  longNames,
  categories,
  broken,
  empty,
  constant,
  overlaid,
  nine,
  huge,
};
