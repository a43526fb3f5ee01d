/** The legend: what a colour, a dash and a thin line stand for. */
import { axisTicks } from './axis.js';
import type { Channel } from './channels.js';
import { colourRoles, isLimitLevel, manyLevels, rampScale } from './channels.js';
import { facetNames, methodLabel } from './labels.js';
import { concat, plain } from './text.js';
import type { FacetName, LegendEntry, LegendGroup, LegendKey, LineStyle, Panel, Reference } from './types.js';

const base: LineStyle = { colour: { kind: 'neutral' }, dash: 0, weight: 'normal', muted: false, markers: false };

/** Entries shown of a long list of words. */
const sampleSize = 10;

export const facetDash: Readonly<Record<FacetName, number>> = {
  certified: 1,
  asymptote: 2,
  paper: 3,
  quantile: 4,
  certified_quantile: 5,
  rare: 2,
  envelope: 1,
};
const facetOrder = Object.keys(facetDash) as FacetName[];

type Drawn = Pick<Reference, 'at' | 'quantity' | 'style'>;

/** @param panels what is drawn: a value that no line shows has no entry */
export function legendOf(colour: Channel | null, dash: Channel | null, panels: readonly Panel[], muted: boolean): LegendGroup[] {
  const groups: LegendGroup[] = [];
  const series = panels.flatMap((p) => p.series);
  const mains = series.filter((s) => s.role === 'value');
  const values: Drawn[] = [
    ...mains.flatMap((s) => (s.quantity === null ? [] : [{ ...s, quantity: s.quantity }])),
    ...panels.flatMap((p) => p.references),
  ];
  if (colour !== null && colour.levels.length > 1) groups.push(...colourGroup(colour, values));
  if (dash !== null && dash.levels.length > 1) groups.push(...dashGroup(dash, values));
  const facets = facetOrder.flatMap((role) => {
    const shown = series.find((s) => s.role === role);
    if (shown === undefined) return [];
    const style: LineStyle = muted ? { ...base, dash: facetDash[role], weight: 'thin' } : shown.style;
    return [entry(plain(facetNames[role]), style, { kind: 'role', role })];
  });
  if (facets.length > 0) {
    const [only] = mains;
    const main =
      groups.length === 0 && only !== undefined
        ? [entry(plain(only.method === null ? '' : methodLabel(only.method, null, 1)), only.style, { kind: 'role', role: 'value' })]
        : [];
    groups.push(complete([...main, ...facets]));
  }
  const signs = (['positive', 'negative'] as const).flatMap((sign) => {
    const shown = mains.find((s) => s.quantity?.endsWith(`.${sign}`));
    return shown?.quantity == null ? [] : [entry(plain(`${sign} heads`), shown.style, { kind: 'quantity', key: shown.quantity })];
  });
  if (signs.length > 0 && colour === null) groups.push(complete(signs));
  const overlays = new Map<string, LegendEntry>();
  for (const s of series) if (s.role === 'overlay') overlays.set(s.id, entry(s.label, s.style, { kind: 'series', id: s.id }));
  if (overlays.size > 0) groups.push(complete([...overlays.values()]));
  return groups;
}

function entry(label: LegendEntry['label'], style: LineStyle, lines: LegendKey): LegendEntry {
  return { label, short: label, style, lines };
}

function complete(entries: readonly LegendEntry[]): LegendGroup {
  return { kind: 'entries', title: [], entries, omitted: 0, all: entries };
}

function colourGroup(channel: Channel, values: readonly Drawn[]): LegendGroup[] {
  const roles = colourRoles(channel);
  const entries = channel.levels.flatMap((level, i) => {
    const shown = values.find((s) => matches(s, channel, level.key));
    if (shown === undefined) return [];
    const limit = isLimitLevel(channel, level);
    // Categories beyond the palette repeat their colour with another dash: the entry shows what is drawn.
    const dash = channel.ordered ? 0 : Math.floor(i / 6);
    const style: LineStyle = {
      ...base,
      colour: roles[i] ?? base.colour,
      dash,
      weight: limit ? 'heavy' : 'normal',
      markers: shown.style.markers,
    };
    const lines = keyOf(channel, level.key);
    return [{ label: level.label, short: channel.ordered ? level.short : level.label, style, lines, limit }];
  });
  if (entries.length === 0) return [];
  const title = channel.name === 'quantity' || !channel.ordered ? [] : channel.title;
  const scale = rampScale(channel);
  const all = entries.map(({ label, short, style, lines }): LegendEntry => ({ label, short, style, lines }));
  if (scale !== null && scale.high > scale.low) {
    const domain = [scale.low, scale.high] as const;
    const limit = all[entries.findIndex((e) => e.limit)] ?? null;
    const ticks = axisTicks({ scale: scale.scale, domain, categories: [], exponent: 0 }, 4).filter((t) => t.label !== null);
    return [{ kind: 'ramp', title, scale: scale.scale, domain, ticks, limit, all }];
  }
  return [sampled(title, all)];
}

function dashGroup(channel: Channel, values: readonly Drawn[]): LegendGroup[] {
  const entries = channel.levels.flatMap((level, i) => {
    const shown = values.find((s) => matches(s, channel, level.key));
    if (shown === undefined) return [];
    const short = channel.ordered ? concat(level.label) : level.short;
    return [
      {
        label: level.label,
        short,
        style: {
          ...base,
          dash: i,
          weight: isLimitLevel(channel, level) ? ('heavy' as const) : ('normal' as const),
          markers: shown.style.markers,
        },
        lines: keyOf(channel, level.key),
      },
    ];
  });
  if (entries.length === 0) return [];
  return [sampled([], entries)];
}

function sampled(title: LegendEntry['label'], all: readonly LegendEntry[]): LegendGroup {
  const entries = all.length > manyLevels + 3 ? all.slice(0, sampleSize) : all;
  return { kind: 'entries', title, entries, omitted: all.length - entries.length, all };
}

function keyOf(channel: Channel, key: string): LegendKey {
  return channel.name === 'quantity' ? { kind: 'quantity', key } : { kind: 'sweep', name: channel.name, value: key };
}

function matches(series: Drawn, channel: Channel, key: string): boolean {
  return channel.name === 'quantity' ? series.quantity === key : series.at[channel.name] === key;
}
