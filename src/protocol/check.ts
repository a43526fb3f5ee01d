/** Whether a value that arrived is a message: every field that is read later, to the depth that the type of a message knows. */
import type { FromPanel, PanelContent, ToPanel } from './messages.js';

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const text: Check = (value) => typeof value === 'string';
const flag: Check = (value) => typeof value === 'boolean';
const finite: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const notNegative: Check = (value) => finite(value) && (value as number) >= 0;
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const line: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 1;
const bytes: Check = (value) => value instanceof Uint8Array;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const record =
  (shape: Shape): Check =>
  (value) =>
    isRecord(value) && Object.entries(shape).every(([key, check]) => check(value[key]));

const at: Check = (value) => isRecord(value) && Object.values(value).every(text);
const chart = record({ id: text, title: text, panels: Array.isArray });
const tab = oneOf('charts', 'table', 'parameters');

const content: { readonly [Key in keyof PanelContent]: Check } = {
  identity: orNull(record({ resource: text, locked: flag })),
  file: orNull(text),
  experiments: listOf(record({ title: text, line })),
  experiment: count,
  charts: listOf(chart),
  previous: orNull(listOf(chart)),
  table: orNull(record({ columns: Array.isArray, rows: count })),
  parameters: orNull(record({ runs: listOf(isRecord) })),
  hasParameters: flag,
  hasPrevious: flag,
  runs: record({
    total: count,
    done: count,
    running: count,
    failed: count,
    cached: count,
    fraction: finite,
    seconds: finite,
    steps: orNull(record({ done: count, total: count })),
    failures: listOf(record({ name: text, message: text, line: orNull(line) })),
  }),
  expectations: listOf(record({ text, verdict: oneOf('holds', 'fails', 'undecided', 'pending'), detail: text, line })),
  stale: orNull(record({ message: text, code: orNull(text), line, errors: count })),
  held: orNull(record({ runs: count, seconds: anyNumber, budget: anyNumber })),
  cancelled: flag,
  secondsLeft: orNull(notNegative),
  sliders: listOf(
    record({
      id: text,
      label: text,
      value: finite,
      min: finite,
      max: finite,
      step: finite,
      scale: oneOf('linear', 'log'),
      integer: flag,
    }),
  ),
  locked: flag,
  paused: flag,
  replacing: flag,
};

/** An estimate may be infinite, a budget too. */
function anyNumber(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value);
}

const changes: Check = (value) =>
  isRecord(value) && Object.entries(value).every(([key, part]) => Object.hasOwn(content, key) && content[key as keyof PanelContent](part));

const isPatch: Check = (value) => isRecord(value) && ('whole' in value || isRecord(value.parts));

const toPanel: { readonly [Type in ToPanel['type']]: Shape } = {
  state: { version: count, sequence: count, content: record(content) },
  update: { sequence: count, changes, curves: (value) => value === undefined || isPatch(value) },
  highlight: { at: orNull(at) },
  render: { request: count, svg: text, scale: (value) => finite(value) && (value as number) > 0, target: oneOf('bytes', 'clipboard') },
};

const fromPanel: { readonly [Type in FromPanel['type']]: Shape } = {
  ready: { version: count, experiment: orNull(text), tab },
  view: { experiment: orNull(text), tab },
  reveal: { line },
  revealAt: { at },
  run: {},
  cancel: {},
  compare: { on: flag },
  resume: {},
  showSource: {},
  slide: { id: text, value: finite, phase: oneOf('drag', 'commit', 'revert') },
  export: { format: oneOf('svg', 'png', 'csv', 'json', 'pgfplots'), chart: orNull(text) },
  copyFigure: { chart: text },
  copyText: { text },
  rendered: { request: count, png: orNull(bytes), error: orNull(text) },
  problem: { message: text },
};

function fits(value: unknown, messages: Readonly<Record<string, Shape>>): boolean {
  if (!isRecord(value) || typeof value.type !== 'string' || !Object.hasOwn(messages, value.type)) return false;
  return record(messages[value.type]!)(value);
}

export function isToPanel(value: unknown): value is ToPanel {
  return fits(value, toPanel);
}

export function isFromPanel(value: unknown): value is FromPanel {
  return fits(value, fromPanel);
}
