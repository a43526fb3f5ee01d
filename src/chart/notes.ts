/** Sentences under a figure and for a screen reader. */
import type { ExperimentResult } from '../engine/results.js';
import { type Curve, resultOf } from './collect.js';
import { groupedNotes } from './grouped-notes.js';
import { numberText, plainText } from './text.js';
import type { Axis, ChartModel, MethodName, Panel, Series } from './types.js';
import { zonesText } from './zones.js';

export interface Gathered {
  readonly curves: Curve[];
  readonly facetCurves: Curve[];
}

type Frame = Pick<Axis, 'scale' | 'domain'>;

const many = (n: number, one: string, more = `${one}s`): string => `${n} ${n === 1 ? one : more}`;

export function chartNotes(
  result: ExperimentResult,
  gathered: Gathered,
  panels: readonly Panel[],
  y: Frame,
  acrossSweep: boolean,
): string[] {
  const notes: string[] = [];
  const drawn = panels.flatMap((p) => p.series);
  if (drawn.length > 0) notes.push(...methodNotes(gathered.curves, drawn, exactness(result)));
  notes.push(...hidden(panels, y));
  const failed = result.runs.filter((r) => r.status === 'failed').length;
  const open = result.experiment.runs.length - result.runs.filter((r) => r.status === 'failed' || r.status === 'done').length;
  if (failed > 0) notes.push(`${failed} of ${many(result.experiment.runs.length, 'run')} failed.`);
  if (open > 0) notes.push(`${open} of ${many(result.experiment.runs.length, 'run')} unfinished.`);
  const reason = gathered.curves.find((c) => c.reason !== null && c.y.includes(null))?.reason;
  if (reason != null) notes.push(sentence(reason));
  if (acrossSweep && trained(result)) notes.push('Values at the end of the training.');
  return notes;
}

/** What log axes leave out: lines by their labels, and single values of others. */
export function leftOutNotes(lost: readonly string[], values: number): string[] {
  const names = [...new Set(lost)];
  return [
    ...(names.length > 0 ? [`Left out on the log axis: ${listed(names)} (nowhere above 0).`] : []),
    ...(values > 0 ? [`${many(values, 'value')} ≤ 0 left out on the log axis.`] : []),
  ];
}

/**
 * Lines that lie under another all along: within half a percent of the height of the chart. That a long prompt lies on its limit is what a
 * chart is there to show, and no note.
 */
function hidden(panels: readonly Panel[], y: Frame): string[] {
  const height = (v: number): number => (y.scale === 'log' ? Math.log(v) : v);
  const tolerance = 0.005 * (height(y.domain[1]) - height(y.domain[0]));
  const covers = (above: Series, below: Series): boolean =>
    above.x.length === below.x.length &&
    below.y.every((v, i) => {
      const over = above.y[i] ?? null;
      return v === null || over === null ? v === over : above.x[i] === below.x[i] && Math.abs(height(v) - height(over)) < tolerance;
    });
  const pairs = panels.flatMap((panel) => {
    const lines = panel.series.filter((s) => s.role === 'value');
    if (lines.length > 8) return [];
    return lines.flatMap((below, i) => {
      const above = lines.slice(i + 1).find((s) => s.isLimit === below.isLimit && covers(s, below));
      return above === undefined ? [] : [`${plainText(below.label)} lies under ${plainText(above.label)}.`];
    });
  });
  return [...new Set(pairs)].slice(0, 3);
}

/** At most three names, and how many more. */
function listed(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ');
}

function trained(result: ExperimentResult): boolean {
  return result.runs.some((r) => Object.keys(resultOf(r)?.axes ?? {}).length > 0);
}

/** The coarsest tolerance of flows; null where all are too fine to matter in a figure. */
function coarseTolerance({ experiment }: ExperimentResult): number | null {
  const coarsest = experiment.runs.reduce((most, { problem: { train } }) => {
    return train?.kind === 'gradient_flow' ? Math.max(most, train.tolerance) : most;
  }, 0);
  return coarsest <= 1e-6 ? null : coarsest;
}

/** What "exact" is followed by: values along a training on fresh prompts are exact at parameters that are themselves a draw. */
function exactness(result: ExperimentResult): string {
  const tolerance = coarseTolerance(result);
  const stochastic = result.experiment.runs.some(({ problem: { train } }) => train?.kind === 'sgd' || train?.kind === 'adam');
  return `${tolerance === null ? '' : ` along a flow with a tolerance of ${plainText(numberText(tolerance, 2))}`}${stochastic ? ' at the parameters of one training on fresh prompts' : ''}`;
}

function methodNotes(curves: readonly Curve[], drawn: readonly Series[], exact: string): string[] {
  const all = drawn.filter((s) => s.role === 'value');
  const values = all.filter((s) => s.method !== 'approximate');
  const methods = new Set<MethodName>(values.flatMap((s) => s.method ?? []));
  const repeats = curves.reduce((most, c) => Math.max(most, c.repeats), 0);
  const banded = values.some((s) => s.lower !== null);
  const notes: string[] = [];
  if (repeats > 1) notes.push(`Means of ${repeats} repeats with 95 % bands.`);
  else if (methods.has('sampled')) notes.push(`Sampled${promptsBehind(values)}${banded ? '; confidence bands' : ''}.`);
  if (methods.has('quasi_monte_carlo')) notes.push(`Quasi-Monte Carlo${banded && repeats <= 1 ? '; error bands' : ''}.`);
  if (methods.has('exact') && repeats <= 1) notes.push(methods.size === 1 ? `Exact${exact}.` : `Lines without a band are exact${exact}.`);
  const quantiles = drawn.filter((s) => s.role === 'quantile' && s.method === 'sampled');
  if (quantiles.length > 0 && !methods.has('sampled')) notes.push(`Quantiles are sampled${promptsBehind(quantiles)}.`);
  if (values.length < all.length) notes.push('The approximate risk is an approximation for large dimensions.');
  return notes;
}

function promptsBehind(series: readonly Series[]): string {
  const counts = series.flatMap((s) => s.samples ?? []);
  if (counts.length === 0) return '';
  const [low, high] = [counts.reduce((a, b) => Math.min(a, b)), counts.reduce((a, b) => Math.max(a, b))];
  return low === high ? `, n = ${low} prompts` : `, n = ${low} to ${high} prompts`;
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** What the solver has to say, once each. */
export function remarksOf(result: ExperimentResult): string[] {
  return groupedNotes(result.runs.map((r) => resultOf(r)?.notes ?? [])).map(({ text }) => text);
}

/** The figure in a few sentences: axes, lines, first and last values of at most eight of them, notes. */
export function describe(model: Omit<ChartModel, 'description'>): string {
  const lines = model.panels.flatMap((p) => p.series.map((s) => ({ panel: plainText(p.title), series: s })));
  const axis = (a: ChartModel['x']): string => `${plainText(a.label)}${a.scale === 'log' ? ', logarithmic' : ''}`;
  const head = `${model.title}. ${axis(model.y)}, against ${axis(model.x)}. ${model.panels.length > 1 ? `${many(model.panels.length, 'panel')}, ` : ''}${many(lines.length, 'line')}.`;
  const values = lines.filter((l) => l.series.role === 'value');
  const told = values.slice(0, 8).map(({ panel, series }) => {
    const shown = series.y.filter((v) => v !== null);
    const ends = [shown[0], shown.length > 1 ? shown.at(-1) : undefined].filter((v) => v !== undefined).map((v) => v.toPrecision(4));
    const limit = series.atInfinity === null ? '' : `, at infinity ${series.atInfinity.y.toPrecision(4)}`;
    return `${panel === '' ? '' : `${panel}: `}${plainText(series.label)}: ${ends.length === 2 ? `from ${ends[0]} to ${ends[1]}` : (ends[0] ?? 'one point')}${limit}.`;
  });
  const rest = values.length > told.length ? [`And ${many(values.length - told.length, 'more line', 'more lines')}.`] : [];
  const background = model.panels.flatMap((p) => {
    const text = zonesText(p.zones);
    return text === '' ? [] : [`Background${plainText(p.title) === '' ? '' : ` of ${plainText(p.title)}`}: ${text}.`];
  });
  return [head, ...told, ...rest, ...background, ...model.notes, ...model.remarks].join(' ');
}
