/** What a quantity comes to for a set of sweep values, over its repeats: the sides of an expectation's comparisons. */
import type { Series } from '../solver/result.js';
import { type AtEntry, type Experiment, type QuantityOperand, quantityKey, type RunSpec, type SweepValue } from '../spec/experiment.js';
import type { RunOutcome } from './results.js';

const matchTolerance = 1e-12;

/** Runs that differ in their repeat alone. */
export interface Cell {
  readonly at: RunSpec['at'];
  /** Names of the sweeps that are prompt lengths. */
  readonly lengths: ReadonlySet<string>;
  readonly runs: readonly number[];
}

/** A measured value before bands of a certain confidence are put around it. */
export interface Measured {
  readonly value: number;
  /** Half widths in units of the normal and of Student's quantile, and an absolute one that no confidence changes. */
  readonly normal: number;
  readonly student: number;
  readonly degrees: number;
  readonly fixed: number;
  readonly sampled: boolean;
  readonly samples: number;
  readonly reason: string | null;
  readonly cell: Cell | null;
  readonly name: string;
  readonly key: string;
  readonly point: string;
}

/** In the order of the runs. */
export function cellsOf(experiment: Experiment): Cell[] {
  const lengths = new Set(experiment.sweeps.filter((sweep) => sweep.isLength).map((sweep) => sweep.name));
  const cells = new Map<string, { at: RunSpec['at']; lengths: ReadonlySet<string>; runs: number[] }>();
  experiment.runs.forEach((run, index) => {
    const name = experiment.sweeps.map((sweep) => run.at[sweep.name]!.text).join('\n');
    const cell = cells.get(name);
    if (cell === undefined) cells.set(name, { at: run.at, lengths, runs: [index] });
    else cell.runs.push(index);
  });
  return [...cells.values()];
}

/** Texts alone for words; numbers up to rounding. */
export function same(a: SweepValue, b: SweepValue): boolean {
  if (a.text === b.text) return true;
  if (a.value === null || b.value === null) return false;
  if (!Number.isFinite(a.value) || !Number.isFinite(b.value)) return a.value === b.value;
  return Math.abs(a.value - b.value) <= matchTolerance * Math.max(Math.abs(a.value), Math.abs(b.value));
}

/** Whether a cell has the sweep values that an expectation names; recorded points are no matter of cells. */
export function matches(cell: Cell, at: readonly AtEntry[]): boolean {
  return at.every((entry) => entry.kind !== 'sweep' || same(cell.at[entry.name]!, entry.value));
}

const exactNumber = {
  normal: 0,
  student: 0,
  degrees: 1,
  fixed: 0,
  sampled: false,
  samples: 0,
  reason: null,
  cell: null,
  key: '',
  point: '',
};

/** A number of the spec. */
export function numberOf(value: number): Measured {
  return { ...exactNumber, value, name: '' };
}

/** No value, and why. */
export function nothing(operand: QuantityOperand, reason: string): Measured {
  return { ...exactNumber, value: Number.NaN, reason, name: quantityKey(operand.quantity) };
}

/** The value of a quantity in a cell: over repeats the mean, with Student's band around it. */
export function measured(operand: QuantityOperand, cell: Cell, runs: readonly RunOutcome[]): Measured {
  const key = quantityKey(operand.quantity);
  const name = operand.factor === 1 ? key : `${short(operand.factor)} * ${key}`;
  const fail = (reason: string): Measured => ({ ...nothing(operand, reason), name, key, cell });
  const axisEntry = operand.at.find((entry) => entry.kind === 'axis');
  const parts: { series: Series; index: number }[] = [];
  for (const run of cell.runs) {
    const outcome = runs[run]!;
    if (outcome.status === 'failed') return fail(`the run failed: ${outcome.failure.message}`);
    if (outcome.status !== 'done') return fail('the run was not finished');
    const series = outcome.result.quantities[key];
    if (series === undefined) return fail('it was not measured');
    const index =
      series.against === null
        ? 0
        : axisEntry === undefined
          ? series.value.length - 1
          : indexAt(outcome.result.axes[axisEntry.axis] ?? [], axisEntry.value);
    if (index < 0) return fail(`${axisEntry!.axis} = ${short(axisEntry!.value)} was not recorded`);
    if (Number.isNaN(series.value[index] ?? Number.NaN)) return fail(series.reason ?? 'it has no value there');
    parts.push({ series, index });
  }
  const count = parts.length;
  const values = parts.map(({ series, index }) => operand.factor * series.value[index]!);
  const value = values.reduce((sum, v) => sum + v, 0) / count;
  const spread = count > 1 ? Math.sqrt(values.reduce((sum, v) => sum + (v - value) ** 2, 0) / (count - 1) / count) : 0;
  const scale = Math.abs(operand.factor);
  const errors = parts.map(({ series, index }) => scale * (series.standardError?.[index] ?? 0));
  const bounds = parts.map(({ series, index }) => {
    if (series.standardError !== undefined || series.lower === undefined || series.upper === undefined)
      return scale * (series.error ?? 0) * Math.abs(series.value[index]!);
    return scale * Math.max(series.upper[index]! - series.value[index]!, series.value[index]! - series.lower[index]!);
  });
  const normal = Math.hypot(...errors) / count;
  return {
    value,
    normal,
    student: spread,
    degrees: Math.max(1, count - 1),
    fixed: bounds.reduce((sum, v) => sum + v, 0) / count,
    sampled: normal > 0 || spread > 0,
    samples: Math.min(...parts.map(({ series }) => series.samples ?? 0)),
    reason: null,
    cell,
    name,
    key,
    point: axisEntry === undefined ? '' : `${axisEntry.axis} = ${short(axisEntry.value)}`,
  };
}

function indexAt(points: readonly number[], value: number): number {
  let best = -1;
  points.forEach((point, i) => {
    if (best < 0 || Math.abs(point - value) < Math.abs(points[best]! - value)) best = i;
  });
  return best >= 0 && Math.abs(points[best]! - value) <= 1e-9 * Math.max(1, Math.abs(value)) ? best : -1;
}

/** Five significant digits, or `digits`, without trailing zeros; powers of ten below 10⁻³ and from 10⁷ up. */
export function short(value: number, digits = 5): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'undefined' : value > 0 ? 'inf' : '-inf';
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return rounded.toExponential().replace('e+', 'e');
  return String(rounded);
}
