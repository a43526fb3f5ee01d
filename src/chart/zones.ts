/** Shaded stretches behind the curves of a panel: where their labels stand, and what is said of them. */
import { projection } from './axis.js';
import { textWidth, wrap } from './measure.js';
import { numberText, plain, plainText } from './text.js';
import type { Axis, Panel, Text, Zone } from './types.js';

type Frame = { readonly [name in 'x' | 'y']: Pick<Axis, 'scale' | 'domain'> };

/** The panel with the label of each zone at the end of the other axis where fewer of the points within the zone are. */
export function labelled<P extends Pick<Panel, 'series' | 'zones'>>(panel: P, axes: Frame): P {
  if (panel.zones.length === 0) return panel;
  const x = projection(axes.x, 0, 1);
  const y = projection(axes.y, 0, 1);
  const points = panel.series.flatMap((series) => series.x.map((v, i) => ({ x: x(v), y: y(series.y[i] ?? null) })));
  const zones = panel.zones.map((zone): Zone => {
    const [along, across] = zone.axis === 'x' ? (['x', 'y'] as const) : (['y', 'x'] as const);
    const [from, to] = ends(zone, axes, along === 'x' ? x : y);
    const others = points.filter((p) => p[along] >= from && p[along] <= to && Number.isFinite(p[across])).map((p) => p[across]);
    const high = others.filter((v) => v > 0.75).length;
    const low = others.filter((v) => v < 0.25).length;
    return { ...zone, labelAt: high > low ? 'low' : low > high ? 'high' : zone.labelAt };
  });
  return { ...panel, zones };
}

/** The part of a zone that is seen, in the units of `project`, which maps its axis; empty (from > to) when none is. */
export function ends(zone: Zone, axes: Frame, project: (value: number | null) => number): [number, number] {
  const [low, high] = axes[zone.axis].domain;
  const [a, b] = [project(Math.max(low, zone.from ?? low)), project(Math.min(high, zone.to ?? high))];
  return project(low) <= project(high) ? [a, b] : [b, a];
}

/** The label of a zone as its part of the panel has room for it: in lines, or in one line that runs upwards; null where it has room for neither. */
export function zoneLabel(
  { label }: Zone,
  size: number,
  width: number,
  height: number,
): { readonly lines: readonly Text[]; readonly upwards: boolean } | null {
  const room = width - 2 * size * 0.4;
  const longest = plainText(label)
    .split(' ')
    .reduce((most, word) => Math.max(most, textWidth(plain(word), size)), 0);
  const lines = longest > room ? [] : wrap(label, size, room, 4);
  if (lines.length > 0 && lines.length * size * 1.2 + size * 0.6 <= height) return { lines, upwards: false };
  return width >= size * 1.5 && textWidth(label, size) + size <= height ? { lines: [label], upwards: true } : null;
}

/** "1/L decay up to 2.1, slowed up to 12, then condensed" for a screen reader; empty without zones. */
export function zonesText(zones: readonly Zone[]): string {
  return zones
    .map(({ label, from, to }) => {
      const name = plainText(label);
      if (to !== null) return `${name} up to ${plainText(numberText(to, 3))}`;
      return from === null ? name : `${name} from ${plainText(numberText(from, 3))}`;
    })
    .join(', ');
}
