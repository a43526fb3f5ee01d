/**
 * Which queries carry a mean error where rare ones govern it: over the variance of their scores, how many there are and how much of the error they
 * carry, with the mark beyond which half of it lies. A chart of its own, which no spec asks for.
 */
import type { ExperimentResult } from '../engine/results.js';
import type { QuantityRef, Sweep } from '../spec/experiment.js';
import { axisTicks, Extent, paddedDomain, sharedExponent } from './axis.js';
import { type Channel, colourRoles, type Level, sweepChannel } from './channels.js';
import { isComplete, type RunResult, resultOf } from './collect.js';
import { evenly } from './evenly.js';
import { namedValue, quantityName } from './labels.js';
import { describe, remarksOf } from './notes.js';
import { concat, joinWith, numberText, plain, rich } from './text.js';
import type { Axis, ChartModel, LegendEntry, LegendGroup, LineStyle, Panel, Series, Text } from './types.js';
import { labelled } from './zones.js';

/** Values of the other sweeps that have a panel. */
const mostPanels = 6;
/** Lengths of a sweep that are drawn, the shortest and the longest among them. */
const mostLengths = 5;
const queriesKey = 'queries';
const queriesStyle: LineStyle = { colour: { kind: 'neutral' }, dash: 1, weight: 'normal', muted: false, markers: false };

type Carriers = NonNullable<RunResult['quantities'][string]['carriers']>;

/** A run whose error rare queries govern. */
interface Carried {
  readonly length: Level | null;
  readonly carriers: Carriers;
}

/** One chart for each error that rare queries govern somewhere. */
export function carrierCharts(result: ExperimentResult): ChartModel[] {
  const { experiment } = result;
  const names = new Set(result.runs.flatMap((run) => carriedOf(resultOf(run)?.quantities ?? {})));
  return [...names].map((key) => {
    const lengths = experiment.sweeps.find(({ isLength }) => isLength);
    const channel = lengths === undefined ? null : sweepChannel(lengths);
    const others = experiment.sweeps.filter((s) => s !== lengths && s.values.length > 1);
    const groups = groupsOf(result, key, channel, others);
    const shown = channel === null ? [] : lengthsOf(channel, [...groups.values()].flat());
    const roles = channel === null ? [] : colourRoles(channel);
    const style = (level: Level | null): LineStyle => ({
      colour: (level === null ? undefined : roles[channel?.levels.indexOf(level) ?? -1]) ?? { kind: 'category', index: 0 },
      dash: 0,
      weight: 'normal',
      muted: false,
      markers: false,
    });
    const panels = evenly([...groups], mostPanels).map(([text, carried]) => panelOf({ key, channel, others, shown, style }, text, carried));
    const x = axisOver('log', panels, (s) => s.x, rich('scores’ variance $τ²$ of a query'));
    const name = quantityName(refOf(key));
    const y = axisOver('linear', panels, (s) => s.y, concat(plain(`queries and ${name}, density in `), rich('log $τ²$')));
    const left = groups.size - panels.length;
    const whole = {
      id: `${key}-carriers`.replaceAll('_', '-'),
      title: experiment.title,
      x,
      y,
      panels: panels.map((panel) => labelled(panel, { x, y })),
      legend: legendOf(key, channel, shown, style),
      notes: [
        'Exact.',
        'Rare queries govern the average. Shaded: the queries that carry half of the error of the longest prompts, with their share of all queries.',
        ...(left === 0 ? [] : [`${panels.length} of ${groups.size} settings.`]),
      ],
      remarks: remarksOf(result),
      written: false,
      complete: isComplete(result),
    };
    return { ...whole, description: describe(whole) };
  });
}

function carriedOf(quantities: Readonly<Record<string, { readonly carriers?: Carriers }>>): string[] {
  return Object.entries(quantities).flatMap(([key, { carriers }]) => (carriers === undefined ? [] : [key]));
}

function refOf(key: string): QuantityRef {
  return { name: key as QuantityRef['name'], facet: null, form: 'value', threshold: null };
}

/** Runs that differ in length alone, by growing length, under the values of the other sweeps. */
function groupsOf(
  { experiment, runs }: ExperimentResult,
  key: string,
  channel: Channel | null,
  others: readonly Sweep[],
): Map<string, Carried[]> {
  const groups = new Map<string, Carried[]>();
  experiment.runs.forEach(({ at, repeat }, i) => {
    const outcome = runs[i];
    const carriers = outcome === undefined ? undefined : resultOf(outcome)?.quantities[key]?.carriers;
    if (carriers === undefined || repeat > 0) return;
    const name = JSON.stringify(others.map((sweep) => at[sweep.name]?.text ?? ''));
    const length = channel?.levels.find((level) => level.key === at[channel.name]?.text) ?? null;
    groups.set(name, [...(groups.get(name) ?? []), { length, carriers }]);
  });
  for (const list of groups.values()) list.sort((a, b) => (a.length?.value?.value ?? 0) - (b.length?.value?.value ?? 0));
  return groups;
}

/** The lengths that are drawn: a few of those that occur. */
function lengthsOf({ levels }: Channel, carried: readonly Carried[]): Level[] {
  return evenly(
    levels.filter((level) => carried.some(({ length }) => length === level)),
    mostLengths,
  );
}

/** What the panels of a chart share. */
interface Drawing {
  readonly key: string;
  /** The sweep of the lengths. */
  readonly channel: Channel | null;
  readonly others: readonly Sweep[];
  /** The lengths that are drawn. */
  readonly shown: readonly Level[];
  readonly style: (level: Level | null) => LineStyle;
}

function panelOf({ key, channel, others, shown, style }: Drawing, group: string, carried: readonly Carried[]): Panel {
  const texts = JSON.parse(group) as string[];
  const at = Object.fromEntries(others.map(({ name }, i) => [name, texts[i] ?? '']));
  const title = others.flatMap((sweep, i) => {
    const value = sweep.values.find(({ text }) => text === texts[i]);
    return value === undefined ? [] : [namedValue(sweep.name, value)];
  });
  const longest = carried.at(-1)!;
  const { tau2, probability, exponent, profile } = longest.carriers;
  const line = (name: string, label: Text, look: LineStyle, x: readonly number[], y: readonly number[], own: Level | null): Series => ({
    id: JSON.stringify([name, at, own?.key ?? '']),
    label,
    role: 'value',
    quantity: name,
    at: own === null || channel === null ? at : { ...at, [channel.name]: own.key },
    style: look,
    isLimit: false,
    method: 'exact',
    methodLabel: 'exact',
    samples: null,
    ...refined(x, y),
    smooth: true,
    lower: null,
    upper: null,
    atInfinity: null,
  });
  const errors = carried
    .filter(({ length }) => length === null || shown.includes(length))
    .map(({ length, carriers }) =>
      line(`${key} carried`, length?.label ?? plain('error'), style(length), carriers.profile.tau2, carriers.profile.error, length),
    );
  return {
    title: joinWith(', ', [...title, concat(plain('error ~ '), rich('$L$'), [{ text: `−${exponent.toPrecision(2)}`, script: 'super' }])]),
    series: [line(queriesKey, plain('queries'), queriesStyle, profile.tau2, profile.queries, null), ...errors],
    references: [],
    zones: [
      {
        axis: 'x',
        from: tau2,
        to: null,
        label: concat(numberText(100 * probability, 2), plain('\u00a0%')),
        depth: 1,
        labelAt: 1,
      },
    ],
  };
}

/**
 * Points half way between those of a density, twice over, by cubics through the logarithms of four: at a peak that two points share, the joined ones
 * would be flat.
 */
function refined(x: readonly number[], y: readonly number[], times = 2): { readonly x: readonly number[]; readonly y: readonly number[] } {
  if (times === 0 || x.length < 4) return { x, y };
  const finer = { x: [x[0]!], y: [y[0]!] };
  for (let i = 1; i < x.length; i++) {
    const [a, b, c, d] = [y[i - 2] ?? 0, y[i - 1]!, y[i]!, y[i + 1] ?? 0];
    const cubic = Math.exp((9 * Math.log(b * c) - Math.log(a * d)) / 16);
    finer.x.push(Math.sqrt(x[i - 1]! * x[i]!), x[i]!);
    finer.y.push(Math.min(a, b, c, d) > 0 ? cubic : (b + c) / 2, y[i]!);
  }
  return refined(finer.x, finer.y, times - 1);
}

function axisOver(scale: 'linear' | 'log', panels: readonly Panel[], of: (s: Series) => readonly (number | null)[], label: Text): Axis {
  const extent = new Extent(scale);
  for (const { series } of panels) for (const s of series) for (const v of of(s)) extent.add(v);
  const domain = paddedDomain(extent, scale === 'log' ? 0 : 0.05);
  const axis = { label, scale, domain, categories: [], infinity: false, exponent: scale === 'log' ? 0 : sharedExponent(domain) };
  return { ...axis, ticks: axisTicks(axis, 6) };
}

function legendOf(key: string, channel: Channel | null, shown: readonly Level[], style: (level: Level | null) => LineStyle): LegendGroup[] {
  const group = (title: Text, entries: readonly LegendEntry[]): LegendGroup => ({
    kind: 'entries',
    title,
    entries,
    omitted: 0,
    all: entries,
  });
  const queries = plain('queries');
  const error = plain(`the ${quantityName(refOf(key))} that they carry`);
  const many: LegendEntry = { label: queries, short: queries, style: queriesStyle, lines: { kind: 'quantity', key: queriesKey } };
  if (channel === null || shown.length < 2) {
    const carried = style(shown[0] ?? null);
    return [group([], [many, { label: error, short: error, style: carried, lines: { kind: 'quantity', key: `${key} carried` } }])];
  }
  const entries = shown.map(
    (level): LegendEntry => ({
      label: level.label,
      short: level.short,
      style: style(level),
      lines: { kind: 'sweep', name: channel.name, value: level.key },
    }),
  );
  return [group([], [many]), group(concat(error, plain(', '), channel.title), entries)];
}
