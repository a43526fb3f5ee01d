/** Tidy CSV: one value per line, one column per sweep. */
import type { RunOutcome } from '../results.js';
import { type Finished, type Provenance, provenanceOf } from './source.js';

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Shortest form that reads back the same; a value that does not exist is an empty field, infinities are inf and -inf. */
function number(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? 'inf' : '-inf';
}

export interface CsvOptions {
  readonly version: string;
  /** Adds the columns hash, seed, tolerance and version, for files that must say where they come from. */
  readonly provenance: boolean;
}

/** Lines as chunks of text, so that a large result is never held as one string. */
export function* csvLines(experiments: readonly Finished[], options: CsvOptions): Generator<string> {
  const sweeps = [...new Set(experiments.flatMap(({ result }) => result.experiment.sweeps.map((sweep) => sweep.name)))];
  const files = new Set(experiments.map(({ file }) => file)).size > 1;
  const titles = experiments.length > 1;
  const repeats = experiments.some(({ result }) => result.experiment.repeats > 1);
  const header = [
    ...(files ? ['file'] : []),
    ...(titles ? ['experiment'] : []),
    ...sweeps,
    ...(repeats ? ['repeat'] : []),
    'axis',
    'axis_value',
    'quantity',
    'value',
    'lower',
    'upper',
    'method',
    ...(options.provenance ? ['hash', 'seed', 'tolerance', 'version'] : []),
  ];
  yield `${header.map(field).join(',')}\n`;
  for (const { file, result } of experiments) {
    const origin = options.provenance ? `,${provenanceFields(provenanceOf(result, options.version))}` : '';
    for (const [index, outcome] of result.runs.entries()) {
      if (outcome.status !== 'done') continue;
      const { at, repeat } = result.experiment.runs[index]!;
      const head = [
        ...(files ? [file] : []),
        ...(titles ? [result.experiment.title] : []),
        ...sweeps.map((name) => sweepText(at[name])),
        ...(repeats ? [String(repeat)] : []),
      ];
      yield runLines(outcome, head.map((text) => `${field(text)},`).join(''), origin);
    }
  }
}

function sweepText(value: { readonly text: string; readonly value: number | null } | undefined): string {
  if (value === undefined) return '';
  return value.value === null ? value.text : number(value.value);
}

function provenanceFields({ hash, seed, tolerance, version }: Provenance): string {
  return [hash, seed, tolerance, version].map(field).join(',');
}

function runLines(outcome: Extract<RunOutcome, { status: 'done' }>, head: string, origin: string): string {
  const { axes, quantities } = outcome.result;
  const lines: string[] = [];
  for (const [key, series] of Object.entries(quantities)) {
    const points = series.against === null ? [] : (axes[series.against] ?? []);
    series.value.forEach((value, i) => {
      const axis = series.against === null ? ',' : `${series.against},${number(points[i])}`;
      lines.push(
        `${head}${axis},${field(key)},${number(value)},${number(series.lower?.[i])},${number(series.upper?.[i])},${series.method}${origin}\n`,
      );
    });
  }
  return lines.join('');
}
