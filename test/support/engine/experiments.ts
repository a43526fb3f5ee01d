/** Experiments and results made by hand. */
import type { ExperimentResult, RunOutcome } from '../../../src/engine/results.js';
import type { Problem } from '../../../src/solver/problem.js';
import type { RunResult, Series } from '../../../src/solver/result.js';
import type {
  AtEntry,
  Expectation,
  Experiment,
  FileReference,
  Operand,
  Plan,
  QuantityOperand,
  QuantityRef,
  RunSpec,
  Sweep,
  SweepValue,
} from '../../../src/spec/experiment.js';
import { problemOf } from '../problem.js';

export const nowhere = { start: 0, end: 0, line: 1, column: 1 };

export function problem(length: number, changes: Partial<Problem<FileReference>> = {}): Problem<FileReference> {
  return problemOf<FileReference>(
    { kind: 'tokens', law: { kind: 'gaussian', dimension: 1, mean: [0], covariance: [[1]] } },
    {
      query: { kind: 'at', at: [1] },
      length,
      attention: { keyQuery: [[1]], value: [[1]] },
      concentrate: { of: ['output'], confidence: 0.95, samples: null },
      measures: ['output_error'],
      ...changes,
    },
  );
}

export function numberValue(value: number): SweepValue {
  return { text: value === Number.POSITIVE_INFINITY ? 'inf' : String(value), value };
}
export function wordValue(text: string): SweepValue {
  return { text, value: null };
}

export function quantity(name: QuantityRef['name'], changes: Partial<QuantityRef> = {}): QuantityRef {
  return { name, facet: null, form: 'value', threshold: null, ...changes };
}

export interface Setup {
  readonly title?: string;
  readonly sweeps?: Readonly<Record<string, readonly SweepValue[]>>;
  readonly repeats?: number;
  readonly expectations?: readonly Expectation[];
  readonly measures?: readonly QuantityRef[];
  readonly problem?: (at: Readonly<Record<string, SweepValue>>, repeat: number) => Problem<FileReference>;
  readonly seconds?: number;
  readonly settings?: Experiment['settings'];
}

/** The sweep called L holds the lengths. Hashes are hexadecimal and name the problem. */
export function experiment(setup: Setup): Experiment {
  const sweeps = Object.entries(setup.sweeps ?? {}).map(
    ([name, values]): Sweep => ({ name, values, range: nowhere, isLength: name === 'L' }),
  );
  let cells: Record<string, SweepValue>[] = [{}];
  for (const { name, values } of sweeps) cells = cells.flatMap((cell) => values.map((value) => ({ ...cell, [name]: value })));
  const repeats = setup.repeats ?? 1;
  const runs = cells.flatMap((at) =>
    Array.from({ length: repeats }, (_, repeat): RunSpec => {
      const made = setup.problem?.(at, repeat) ?? problem(at.L?.value ?? 10);
      const name = JSON.stringify([at, repeat, made, String(made.length)]);
      return {
        at,
        repeat,
        hash: Buffer.from(name).toString('hex').slice(-400),
        problem: made,
        cost: { seconds: setup.seconds ?? 0.01, bytes: 1000 },
      };
    }),
  );
  return {
    title: setup.title ?? 'Made by hand',
    range: { ...nowhere, line: 3 },
    hash: 'e0',
    sweeps,
    repeats,
    runs,
    measures: setup.measures ?? [quantity('output_error')],
    plots: [],
    overlays: [],
    expectations: setup.expectations ?? [],
    settings: setup.settings ?? {},
  };
}

export function plan(...experiments: Experiment[]): Plan {
  return { file: 'hand.attn', experiments };
}

export function single(value: number, changes: Partial<Series> = {}): Series {
  return { against: null, value: [value], method: 'exact', ...changes };
}

/** A sampled value with its 95 % band. */
export function sampled(value: number, standardError: number, samples = 1000): Series {
  const half = 1.96 * standardError;
  return {
    against: null,
    value: [value],
    lower: [value - half],
    upper: [value + half],
    standardError: [standardError],
    samples,
    method: 'sampled',
  };
}

export function result(quantities: Readonly<Record<string, Series>>, axes: RunResult['axes'] = {}): RunResult {
  return { method: Object.values(quantities)[0]?.method ?? 'exact', axes, quantities, notes: [] };
}

export function done(quantities: Readonly<Record<string, Series>>, axes: RunResult['axes'] = {}): RunOutcome {
  return { status: 'done', cached: false, result: result(quantities, axes) };
}

export function valueIn(finished: ExperimentResult, run: number, key: string): number {
  const outcome = finished.runs[run]!;
  if (outcome.status !== 'done') throw new Error(`run ${run} is ${outcome.status}`);
  return outcome.result.quantities[key]!.value[0]!;
}

// Expectations

export function of(ref: QuantityRef, at: readonly AtEntry[] = [], factor = 1): QuantityOperand {
  return { kind: 'quantity', factor, quantity: ref, at };
}
export function at(name: string, value: number | string): AtEntry {
  return { kind: 'sweep', name, value: typeof value === 'number' ? numberValue(value) : wordValue(value) };
}
export function atTime(value: number): AtEntry {
  return { kind: 'axis', axis: 'time', value };
}
/** The same number for each of up to 100 runs. */
export function bound(value: number): Operand {
  return { kind: 'number', perRun: Array.from({ length: 100 }, () => value) };
}
export function expectation(left: QuantityOperand, relation: Expectation['relation']): Expectation {
  return { range: { ...nowhere, line: 9 }, text: 'as the test says', left, relation };
}
