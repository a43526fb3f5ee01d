/** What a panel remembers by itself: where one looked, never what was shown. Read back with distrust, as an older version may have written it. */
import type { PanelTab } from '../src/protocol/messages.js';

export type Range = readonly [number, number];

/** What the reader changed about an axis; absent: as the model says. */
export interface AxisChoice {
  readonly scale?: 'linear' | 'log';
  readonly domain?: Range;
}

export interface ChartChoice {
  readonly x: AxisChoice;
  readonly y: AxisChoice;
  /** Keys of legend entries that are switched off. */
  readonly hidden: readonly string[];
}

export interface TableSort {
  readonly column: string;
  readonly descending: boolean;
}

export interface Memory {
  readonly tab: PanelTab;
  /** Title of the experiment; null: the first. */
  readonly experiment: string | null;
  /** By experiment and chart. */
  readonly charts: Readonly<Record<string, ChartChoice>>;
  readonly sort: TableSort | null;
  /** Point of the training that the parameters are shown at, 0 to 1; and the run. */
  readonly moment: number;
  readonly run: number;
}

export const untouched: ChartChoice = { x: {}, y: {}, hidden: [] };
export const emptyMemory: Memory = { tab: 'charts', experiment: null, charts: {}, sort: null, moment: 1, run: 0 };

/** Charts remembered at most; the oldest are forgotten. */
const mostCharts = 60;

export function withChart(memory: Memory, key: string, choice: ChartChoice): Memory {
  const others = Object.entries(memory.charts).filter(([name]) => name !== key);
  return { ...memory, charts: Object.fromEntries([...others, [key, choice]].slice(-mostCharts)) };
}

export function readMemory(value: unknown): Memory {
  const { tab, experiment, charts, sort, moment, run } = fields(value);
  return {
    tab: tab === 'table' || tab === 'parameters' ? tab : 'charts',
    experiment: typeof experiment === 'string' ? experiment : null,
    charts: Object.fromEntries(Object.entries(fields(charts)).map(([key, choice]) => [key, readChoice(choice)])),
    sort: readSort(sort),
    moment: typeof moment === 'number' && moment >= 0 && moment <= 1 ? moment : 1,
    run: Number.isSafeInteger(run) && (run as number) >= 0 ? (run as number) : 0,
  };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function readChoice(value: unknown): ChartChoice {
  const { x, y, hidden } = fields(value);
  const keys = Array.isArray(hidden) ? hidden.filter((key): key is string => typeof key === 'string') : [];
  return { x: readAxis(x), y: readAxis(y), hidden: keys };
}

function readAxis(value: unknown): AxisChoice {
  const { scale, domain } = fields(value);
  const range = readRange(domain);
  return { ...(scale === 'linear' || scale === 'log' ? { scale } : {}), ...(range === null ? {} : { domain: range }) };
}

function readRange(value: unknown): Range | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [low, high]: unknown[] = value;
  return typeof low === 'number' && typeof high === 'number' && Number.isFinite(low) && Number.isFinite(high) && low < high
    ? [low, high]
    : null;
}

function readSort(value: unknown): TableSort | null {
  const { column, descending } = fields(value);
  return typeof column === 'string' ? { column, descending: descending === true } : null;
}
