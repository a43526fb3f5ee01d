/** Shaded stretches behind the curves of a panel: where their labels stand, and what is said of them. */
import { projection } from './axis.js';
import { textWidth, wrap } from './measure.js';
import { numberText, plain, plainText } from './text.js';
import type { Axis, Panel, Text, Zone } from './types.js';

type Frame = { readonly [name in 'x' | 'y']: Pick<Axis, 'scale' | 'domain'> };

/** Room for a label, as parts of a panel of common size. */
const labelSize = { x: 0.2, y: 0.1 } as const;
/** Places for the label of a zone: at the bottom or the top of one of the x axis, along the top of one of the y axis. */
const places = { x: [0, 1], y: [0, 0.25, 0.5, 0.75, 1] } as const;
/** Lines of a label: one that needs more is not cut off but runs upwards. */
const mostLines = 4;
/** A piece of a curve is looked at in so many places. */
const looks = 8;

/** The panel with the label of each zone where the least of its curves is, as near as can be to where it was wanted. */
export function labelled<P extends Pick<Panel, 'series' | 'zones'>>(panel: P, axes: Frame): P {
  if (panel.zones.length === 0) return panel;
  const x = projection(axes.x, 0, 1);
  const y = projection(axes.y, 0, 1);
  const points = panel.series.flatMap((series) => between(series.x.map((v, i) => ({ x: x(v), y: y(series.y[i] ?? null) }))));
  const zones = panel.zones.map((zone): Zone => {
    const [from, to] = ends(zone, axes, zone.axis === 'x' ? x : y);
    const covered = (place: number): number => {
      const across = place * (1 - labelSize[zone.axis === 'x' ? 'y' : 'x']);
      const along = zone.axis === 'x' ? Math.max(from, (from + to - labelSize.x) / 2) : Math.max(from, to - labelSize.y);
      const [left, bottom] = zone.axis === 'x' ? [along, across] : [across, along];
      const [right, top] = [left + labelSize.x, bottom + labelSize.y];
      return points.filter((p) => p.x >= left && p.x <= right && p.y >= bottom && p.y <= top).length;
    };
    const counts = places[zone.axis].map((place) => ({ place, count: covered(place), away: Math.abs(place - zone.labelAt) }));
    const best = counts.reduce((a, b) => (b.count < a.count || (b.count === a.count && b.away < a.away) ? b : a));
    return { ...zone, labelAt: best.place };
  });
  return { ...panel, zones };
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** The points of a curve with some between each two; none where a value is missing. */
function between(points: readonly Place[]): Place[] {
  return points.flatMap((end, i) => {
    const start = points[i - 1] ?? end;
    const steps = Array.from({ length: looks }, (_, k) => (k + 1) / looks);
    return steps.map((share) => ({ x: start.x + share * (end.x - start.x), y: start.y + share * (end.y - start.y) }));
  });
}

/** The part of a zone that is seen, in the units of `project`, which maps its axis; empty (from > to) when none is. */
export function ends(zone: Zone, axes: Frame, project: (value: number | null) => number): [number, number] {
  const [low, high] = axes[zone.axis].domain;
  const [a, b] = [project(Math.max(low, zone.from ?? low)), project(Math.min(high, zone.to ?? high))];
  return project(low) <= project(high) ? [a, b] : [b, a];
}

/**
 * The label of a zone as its part of the panel has room for it: in lines, or in one line that runs upwards; null where it has room for neither.
 * @param wider the width of the font, in widths of the one that is measured with
 */
export function zoneLabel(
  { label }: Zone,
  size: number,
  width: number,
  height: number,
  wider = 1,
): { readonly lines: readonly Text[]; readonly upwards: boolean } | null {
  const room = (width - 2 * size * 0.4) / wider;
  const longest = plainText(label)
    .split(' ')
    .reduce((most, word) => Math.max(most, textWidth(plain(word), size)), 0);
  const wrapped = longest > room ? [] : wrap(label, size, room, mostLines + 1);
  const lines = wrapped.length > mostLines ? [] : wrapped;
  if (lines.length > 0 && lines.length * size * 1.2 + size * 0.6 <= height) return { lines, upwards: false };
  return width >= size * 1.5 && wider * textWidth(label, size) + size <= height ? { lines: [label], upwards: true } : null;
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
