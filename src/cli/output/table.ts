/** The results as text for people: a row for every setting of the sweeps, the last recorded values, then what was expected. */
import { groupedNotes } from '../../chart/grouped-notes.js';
import type { Finished } from '../../engine/export/source.js';
import { failureCodes } from '../../engine/findings.js';
import { short } from '../../engine/measured.js';
import type { ExperimentResult, Verdict } from '../../engine/results.js';
import type { RunResult, Series } from '../../solver/result.js';
import { studentHalfWidth } from '../../solver/statistics.js';
import { type Experiment, quantityKey } from '../../spec/experiment.js';
import { printable, type Style } from '../terminal.js';

const methodNames: Readonly<Record<RunResult['method'], string>> = {
  exact: 'exact',
  approximate: 'approximation',
  quasi_monte_carlo: 'quasi-Monte Carlo',
  sampled: 'sampled',
  fitted: 'fitted',
};

interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  readonly right: boolean;
}

/** With `brief`, only what did not go well. */
export function table({ file, result }: Finished, style: Style, brief = false): string {
  const { experiment } = result;
  const failures = experiment.runs.flatMap((run, i) => {
    const outcome = result.runs[i]!;
    if (outcome.status !== 'failed') return [];
    const { message, line, code } = outcome.failure;
    return [
      `  ${[style.red('failed'), nameOf(experiment, i), line === null ? '' : `(${file}:${line})`].filter((part) => part !== '').join(' ')}: ${printable(message)} [attn.${failureCodes[code]}, ${code}]${run.repeat > 0 ? ` repeat ${run.repeat}` : ''}`,
    ];
  });
  const expectations = result.expectations
    .filter(({ verdict }) => !brief || verdict !== 'holds')
    .flatMap(({ expectation, verdict, detail }) => [
      `  ${mark(verdict, style)} ${printable(expectation.text)}${verdict === 'holds' ? '' : style.dim(`  (${file}:${expectation.range.line})`)}`,
      `      ${style.dim(printable(detail))}`,
    ]);
  if (brief)
    return failures.length + expectations.length === 0
      ? ''
      : `${[style.bold(printable(experiment.title)), ...failures, ...expectations].join('\n')}\n`;
  const notes = notesOf(result).map((note) => `  ${style.dim(`note: ${printable(note)}`)}`);
  const blocks = [
    [style.bold(printable(experiment.title)), `  ${style.dim(caption(file, result))}`],
    rows(result, style),
    failures,
    notes,
    expectations,
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function mark(verdict: Verdict, style: Style): string {
  switch (verdict) {
    case 'holds':
      return style.green('holds    ');
    case 'fails':
      return style.red('fails    ');
    case 'undecided':
      return style.yellow('undecided');
  }
}

function nameOf(experiment: Experiment, run: number): string {
  const at = Object.entries(experiment.runs[run]!.at).map(([name, value]) => `${name} = ${value.text}`);
  return at.length === 0 ? '' : `[${at.join(', ')}]`;
}

function caption(file: string, { experiment, runs }: ExperimentResult): string {
  const done = runs.flatMap((run) => (run.status === 'done' ? [run] : []));
  const cached = done.filter((run) => run.cached).length;
  const last = lastPoint(done.map((run) => run.result));
  const count = `${experiment.runs.length} run${experiment.runs.length === 1 ? '' : 's'}`;
  return [file, count + (cached === 0 ? '' : ` (${cached} from the cache)`), ...(last === null ? [] : [`values at ${last}`])].join(', ');
}

function lastPoint(results: readonly RunResult[]): string | null {
  const axis = results.some((result) => Object.values(result.quantities).some((series) => series.against === 'step')) ? 'step' : 'time';
  const ends = new Set(results.map((result) => result.axes[axis]?.at(-1)).filter((value) => value !== undefined));
  return ends.size === 1 ? `${axis} = ${short([...ends][0]!)}` : null;
}

function rows({ experiment, runs }: ExperimentResult, style: Style): string[] {
  const cells = new Map<string, number[]>();
  experiment.runs.forEach((run, i) => {
    const name = experiment.sweeps.map((sweep) => run.at[sweep.name]!.text).join('\n');
    const cell = cells.get(name);
    if (cell === undefined) cells.set(name, [i]);
    else cell.push(i);
  });
  const groups = [...cells.values()];
  const results = groups.map((group) =>
    group.flatMap((i) => (runs[i]!.status === 'done' ? [(runs[i] as { result: RunResult }).result] : [])),
  );
  const sweeps = experiment.sweeps.map((sweep): Column => {
    const right = sweep.values.every((value) => value.value !== null);
    return {
      head: printable(sweep.name),
      cells: groups.map((group) => abbreviate(experiment.runs[group[0]!]!.at[sweep.name]!.text)),
      right,
    };
  });
  const quantities = experiment.measures.map((quantity): Column => {
    const key = quantityKey(quantity);
    const text = results.map((group) => valueText(group.flatMap((result) => result.quantities[key] ?? [])));
    // The value is aligned to the right, its error behind it to the left.
    const widest = Math.max(0, ...text.map(({ error }) => error.length));
    return { head: key + ' '.repeat(widest), cells: text.map(({ value, error }) => value + error.padEnd(widest)), right: true };
  });
  const methods: Column = {
    head: 'method',
    cells: results.map((group, i) => {
      if (group.length === 0) return runs[groups[i]![0]!]!.status === 'failed' ? 'failed' : '';
      const [first] = group;
      const samples = Math.max(0, ...Object.values(first!.quantities).map((series) => series.samples ?? 0));
      const isBeside = Object.values(first!.quantities).some(({ method }) => method === 'approximate' && method !== first!.method);
      return [
        methodNames[first!.method],
        ...(samples > 0 ? [`n = ${samples}`] : []),
        ...(group.length > 1 ? [`mean of ${group.length}`] : []),
        ...(isBeside ? [methodNames.approximate] : []),
      ].join(', ');
    }),
    right: false,
  };
  const columns = [...sweeps, ...quantities, methods];
  const widths = columns.map(({ head, cells: texts }) => Math.max(head.length, ...texts.map((text) => text.length)));
  const line = (texts: readonly string[]) =>
    `  ${texts.map((text, i) => (columns[i]!.right ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join('  ')}`.trimEnd();
  return [
    style.dim(line(columns.map(({ head }) => head))),
    ...groups.map((_, row) => line(columns.map(({ cells: texts }) => texts[row]!))),
  ];
}

/** The last value, over repeats the mean, with the half width of its band. */
function valueText(series: readonly Series[]): { value: string; error: string } {
  if (series.length === 0) return { value: '', error: '' };
  const last = series.map(({ value }) => value.at(-1) ?? Number.NaN);
  const mean = last.reduce((sum, value) => sum + value, 0) / last.length;
  if (Number.isNaN(mean)) return { value: '-', error: '' };
  let half = 0;
  if (last.length > 1) {
    const variance = last.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (last.length - 1);
    half = studentHalfWidth(0.95, last.length - 1) * Math.sqrt(variance / last.length);
  } else {
    const { lower, upper } = series[0]!;
    if (lower !== undefined && upper !== undefined) half = ((upper.at(-1) ?? mean) - (lower.at(-1) ?? mean)) / 2;
  }
  return { value: short(mean), error: half > 0 ? ` ±${short(Number(half.toPrecision(2)))}` : '' };
}

const longest = 32;

function abbreviate(text: string): string {
  const shown = printable(text);
  return shown.length <= longest ? shown : `${shown.slice(0, longest - 1)}…`;
}

/** Notes of the runs and reasons of values that do not exist, each once. */
function notesOf({ runs, experiment }: ExperimentResult): string[] {
  const keys = new Set(experiment.measures.map(quantityKey));
  const notes = runs.map((run) => {
    if (run.status !== 'done') return [];
    const reasons = Object.entries(run.result.quantities).flatMap(([key, { reason }]) =>
      keys.has(key) && reason !== undefined ? [`${key}: ${reason}`] : [],
    );
    return [...run.result.notes, ...reasons];
  });
  return groupedNotes(notes).map(({ text, runs: count }) => (count === 1 || runs.length === 1 ? text : `${text} (${count} runs)`));
}
