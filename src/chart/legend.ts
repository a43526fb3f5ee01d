/** The legend: what a colour, a dash and a thin line stand for. */
import { axisTicks } from './axis.js';
import type { Channel } from './channels.js';
import { colourRoles, isLimitLevel, manyLevels, rampScale } from './channels.js';
import { facetNames, methodLabel } from './labels.js';
import { concat, plain } from './text.js';
import type { LegendEntry, LegendGroup, LineStyle, Panel, Reference } from './types.js';

const base: LineStyle = { colour: { kind: 'neutral' }, dash: 0, weight: 'normal', muted: false, markers: false };

/** Entries shown of a long list of words. */
const sampleSize = 10;

export const facetDash = { certified: 1, asymptote: 2, paper: 3 } as const;

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
  const facets = (['certified', 'asymptote', 'paper'] as const).flatMap((role) => {
    const shown = series.find((s) => s.role === role);
    if (shown === undefined) return [];
    const style: LineStyle = muted ? { ...base, dash: facetDash[role], weight: 'thin' } : shown.style;
    return [entry(plain(facetNames[role]), style)];
  });
  if (facets.length > 0) {
    const [only] = mains;
    const main =
      groups.length === 0 && only !== undefined
        ? [entry(plain(only.method === null ? '' : methodLabel(only.method, null, 1)), only.style)]
        : [];
    groups.push({ kind: 'entries', title: [], entries: [...main, ...facets], omitted: 0 });
  }
  const overlays = new Map<string, LegendEntry>();
  for (const s of series) if (s.role === 'overlay') overlays.set(s.id, entry(s.label, s.style));
  if (overlays.size > 0) groups.push({ kind: 'entries', title: [], entries: [...overlays.values()], omitted: 0 });
  return groups;
}

function entry(label: LegendEntry['label'], style: LineStyle): LegendEntry {
  return { label, short: label, style };
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
    return [{ label: level.label, short: channel.ordered ? level.short : level.label, style, limit }];
  });
  if (entries.length === 0) return [];
  const title = channel.name === 'quantity' || !channel.ordered ? [] : channel.title;
  const scale = rampScale(channel);
  const strip = ({ label, short, style }: LegendEntry): LegendEntry => ({ label, short, style });
  if (scale !== null && scale.high > scale.low) {
    const domain = [scale.low, scale.high] as const;
    const limit = entries.find((e) => e.limit);
    const ticks = axisTicks({ scale: scale.scale, domain, categories: [], exponent: 0 }, 4).filter((t) => t.label !== null);
    return [{ kind: 'ramp', title, scale: scale.scale, domain, ticks, limit: limit === undefined ? null : strip(limit) }];
  }
  const shown = entries.length > manyLevels + 3 ? entries.slice(0, sampleSize) : entries;
  return [{ kind: 'entries', title, entries: shown.map(strip), omitted: entries.length - shown.length }];
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
      },
    ];
  });
  if (entries.length === 0) return [];
  const shown = entries.length > manyLevels + 3 ? entries.slice(0, sampleSize) : entries;
  return [{ kind: 'entries', title: [], entries: shown, omitted: entries.length - shown.length }];
}

function matches(series: Drawn, channel: Channel, key: string): boolean {
  return channel.name === 'quantity' ? series.quantity === key : series.at[channel.name] === key;
}
