/** Curves from the outcomes of runs: along a trajectory or across a sweep, repeats averaged. */
import type { ExperimentResult, RunOutcome } from '../engine/results.js';
import type { MethodName, PointAtInfinity } from './types.js';

export type RunResult = Extract<RunOutcome, { status: 'done' }>['result'];

export interface Curve {
  readonly x: number[];
  readonly y: (number | null)[];
  readonly lower: (number | null)[] | null;
  readonly upper: (number | null)[] | null;
  readonly atInfinity: PointAtInfinity | null;
  readonly method: MethodName;
  readonly samples: number | null;
  /** Most repeats behind one value. */
  readonly repeats: number;
  /** Why a value is missing. */
  readonly reason: string | null;
  /** True when the quantity has no axis: one value for the whole trajectory. */
  readonly constant: boolean;
}

interface Estimate {
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly count: number;
}

const none: Estimate = { value: null, lower: null, upper: null, count: 0 };

/** 0.975 quantiles of Student's t with 1, 2, … degrees of freedom (scipy.stats.t.ppf(0.975, n)). */
const studentQuantiles = [
  12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814, 2.20099, 2.17881, 2.16037, 2.14479, 2.13145,
  2.11991, 2.10982, 2.10092, 2.09302, 2.08596, 2.07961, 2.07387, 2.06866, 2.0639, 2.05954, 2.05553, 2.05183, 2.04841, 2.04523, 2.04227,
];

/** Half width of the 95 % band of a mean, in standard errors, from the number of values. */
export function studentFactor(count: number): number {
  return studentQuantiles[count - 2] ?? 1.96 + 2.4 / (count - 1);
}

/** What a run has to show so far. */
export function resultOf(outcome: RunOutcome): RunResult | null {
  if (outcome.status === 'done') return outcome.result;
  return outcome.status === 'running' || outcome.status === 'failed' ? (outcome.partial ?? null) : null;
}

/** Every run is done or has failed. */
export function isComplete({ experiment, runs }: ExperimentResult): boolean {
  return runs.length === experiment.runs.length && runs.every(({ status }) => status === 'done' || status === 'failed');
}

/** One value: itself with its band. Several: their mean with the 95 % band of the mean (Student), as repeats are independent. */
export function combine(values: readonly Estimate[]): Estimate {
  const present = values.filter((v) => v.value !== null);
  const [first] = present;
  if (first === undefined) return none;
  if (present.length === 1) return { ...first, count: 1 };
  const n = present.length;
  const mean = present.reduce((sum, v) => sum + (v.value as number) / n, 0);
  const variance = present.reduce((sum, v) => sum + ((v.value as number) - mean) ** 2, 0) / (n - 1);
  const half = studentFactor(n) * Math.sqrt(variance / n);
  return { value: finite(mean), lower: finite(mean - half), upper: finite(mean + half), count: n };
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

type ResultSeries = RunResult['quantities'][string];

function estimateAt(series: ResultSeries, index: number): Estimate {
  const value = finite(series.value[index]);
  if (value === null) return none;
  return { value, lower: finite(series.lower?.[index]), upper: finite(series.upper?.[index]), count: 1 };
}

const order: readonly MethodName[] = ['exact', 'approximate', 'quasi_monte_carlo', 'sampled', 'fitted'];

export function weakest(first: MethodName, second: MethodName): MethodName {
  return order.indexOf(first) >= order.indexOf(second) ? first : second;
}

interface Cell {
  /** Position on the axis, Infinity allowed; null for a trajectory's own axis. */
  readonly x: number;
  readonly estimate: Estimate;
}

function assemble(cells: readonly Cell[], series: readonly ResultSeries[], constant: boolean): Curve {
  const finiteCells = cells.filter((c) => Number.isFinite(c.x));
  const infinite = cells.find((c) => c.x === Number.POSITIVE_INFINITY)?.estimate;
  const banded = cells.some((c) => c.estimate.lower !== null && c.estimate.upper !== null);
  return {
    x: finiteCells.map((c) => c.x),
    y: finiteCells.map((c) => c.estimate.value),
    lower: banded ? finiteCells.map((c) => c.estimate.lower) : null,
    upper: banded ? finiteCells.map((c) => c.estimate.upper) : null,
    atInfinity: infinite?.value == null ? null : { y: infinite.value, lower: infinite.lower, upper: infinite.upper },
    method: series.map((s) => s.method).reduce(weakest, 'exact'),
    samples: series.reduce<number | null>((least, s) => (s.samples === undefined ? least : Math.min(least ?? s.samples, s.samples)), null),
    repeats: cells.reduce((most, c) => Math.max(most, c.estimate.count), 0),
    reason: series.find((s) => s.reason !== undefined)?.reason ?? null,
    constant,
  };
}

/** What is drawn of a run; undefined when the run does not have it. */
export type Pick = (result: RunResult) => ResultSeries | undefined;

/** A series of the runs along a recorded axis; null when no run has it. Repeats are matched by position and must agree in x. */
export function alongAxis(outcomes: readonly RunOutcome[], pick: Pick, axis: 'time' | 'step'): Curve | null {
  const found = outcomes.flatMap((o) => {
    const result = resultOf(o);
    const series = result === null ? undefined : pick(result);
    return result === null || series === undefined ? [] : [{ series, axis: result.axes[axis] ?? [] }];
  });
  if (found.length === 0) return null;
  const scalars = found.filter((f) => f.series.against === null);
  if (scalars.length === found.length) {
    return assemble(
      [{ x: 0, estimate: combine(scalars.map((f) => estimateAt(f.series, 0))) }],
      scalars.map((f) => f.series),
      true,
    );
  }
  const lines = found.filter((f) => f.series.against !== null);
  const longest = lines.reduce((a, b) => (b.axis.length > a.axis.length ? b : a)).axis;
  const cells = longest.map((x, i) => ({ x, estimate: combine(lines.filter((f) => f.axis[i] === x).map((f) => estimateAt(f.series, i))) }));
  return assemble(
    cells,
    lines.map((f) => f.series),
    false,
  );
}

/** A series across a sweep: its value, or the last of a finished trajectory. */
export function acrossSweep(cells: readonly { readonly x: number; readonly outcomes: readonly RunOutcome[] }[], pick: Pick): Curve | null {
  const seen: ResultSeries[] = [];
  const points = cells.map(({ x, outcomes }) => {
    const estimates = outcomes.flatMap((o) => {
      const result = resultOf(o);
      const series = result === null ? undefined : pick(result);
      if (series === undefined || (series.against !== null && o.status !== 'done')) return [];
      seen.push(series);
      return [estimateAt(series, series.value.length - 1)];
    });
    return { x, estimate: combine(estimates) };
  });
  if (seen.length === 0) return null;
  return assemble(
    [...points].sort((a, b) => a.x - b.x),
    seen,
    false,
  );
}
