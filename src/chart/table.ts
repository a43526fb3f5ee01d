/** All numbers of an experiment as one wide table: a row for every recorded point of every run, a column for every quantity. */
import type { ExperimentResult } from '../engine/results.js';
import { quantityKey } from '../spec/experiment.js';
import { resultOf } from './collect.js';
import { methodLabel } from './labels.js';

/** Cells of one column, by row. Numbers may be infinite (a prompt length); what does not exist is null. */
export type TableColumn =
  | { readonly kind: 'text'; readonly key: string; readonly label: string; readonly cells: readonly string[] }
  | { readonly kind: 'number'; readonly key: string; readonly label: string; readonly cells: readonly (number | null)[] };

export interface TableModel {
  readonly columns: readonly TableColumn[];
  readonly rows: number;
  /** Rows left out because there are too many to look at; an export has them. */
  readonly omitted: number;
}

export interface TableOptions {
  /** Default 100 000. */
  readonly maxRows?: number;
}

interface Row {
  readonly run: number;
  /** Index on the axis; null for what has no axis. */
  readonly point: number | null;
}

export function tableModel(result: ExperimentResult, options: TableOptions = {}): TableModel {
  const { experiment } = result;
  const results = result.runs.map(resultOf);
  const axes = (['time', 'step'] as const).filter((axis) => results.some((run) => (run?.axes[axis]?.length ?? 0) > 0));
  const all: Row[] = results.flatMap((run, index): Row[] => {
    if (run === null) return [{ run: index, point: null }];
    const length = Math.max(0, ...axes.map((axis) => run.axes[axis]?.length ?? 0));
    return length === 0 ? [{ run: index, point: null }] : Array.from({ length }, (_, point) => ({ run: index, point }));
  });
  const rows = all.slice(0, options.maxRows ?? 100_000);
  const text = (key: string, label: string, of: (row: Row) => string): TableColumn => ({ kind: 'text', key, label, cells: rows.map(of) });
  const numbers = (key: string, label: string, of: (row: Row) => number | null | undefined): TableColumn => ({
    kind: 'number',
    key,
    label,
    cells: rows.map((row) => {
      const value = of(row);
      return value === undefined || Number.isNaN(value) ? null : value;
    }),
  });
  const columns: TableColumn[] = experiment.sweeps.map((sweep) => {
    const at = ({ run }: Row) => experiment.runs[run]?.at[sweep.name];
    return sweep.values.every((value) => value.value !== null)
      ? numbers(sweep.name, sweep.name, (row) => at(row)?.value)
      : text(sweep.name, sweep.name, (row) => at(row)?.text ?? '');
  });
  if (experiment.repeats > 1) columns.push(numbers('repeat', 'repeat', ({ run }) => experiment.runs[run]?.repeat));
  for (const axis of axes) {
    columns.push(numbers(axis, axis, ({ run, point }) => (point === null ? null : results[run]?.axes[axis]?.[point])));
  }
  const keys = new Set(results.flatMap((run) => Object.keys(run?.quantities ?? {})));
  // What the spec asks for comes first, in its order.
  const ordered = [...new Set([...experiment.measures.map(quantityKey), ...keys])].filter((key) => keys.has(key));
  for (const key of ordered) {
    const series = ({ run }: Row) => results[run]?.quantities[key];
    const value = (of: 'value' | 'lower' | 'upper', row: Row): number | undefined => {
      const one = series(row);
      return one?.[of]?.[one.against === null ? 0 : (row.point ?? 0)];
    };
    columns.push(numbers(key, key, (row) => value('value', row)));
    if (results.some((run) => run?.quantities[key]?.lower !== undefined)) {
      columns.push(numbers(`${key} lower`, 'lower', (row) => value('lower', row)));
      columns.push(numbers(`${key} upper`, 'upper', (row) => value('upper', row)));
    }
  }
  columns.push(
    text('method', 'method', ({ run }) => {
      const outcome = result.runs[run];
      const own = results[run] ?? null;
      if (own === null) return outcome?.status === 'failed' ? 'failed' : '';
      const samples = Math.max(0, ...Object.values(own.quantities).map((one) => one.samples ?? 0));
      const label = methodLabel(own.method, samples > 0 ? samples : null, 1);
      return own.method !== 'approximate' && Object.values(own.quantities).some((one) => one.method === 'approximate')
        ? `${label}, ${methodLabel('approximate', null, 1)}`
        : label;
    }),
  );
  return { columns, rows: rows.length, omitted: all.length - rows.length };
}
