/** The keyboard's way through a chart: along a curve, and from curve to curve. */
import type { Series } from '../../src/chart/types.js';

/** `index` is −1 for the point at infinity. */
export interface Cursor {
  readonly series: string;
  readonly index: number;
}

export type Step = 'next' | 'previous' | 'first' | 'last' | 'up' | 'down' | 'forward' | 'back';

/** Points passed over by one long step. */
const stride = 10;

/** Indices of the points that exist, in the order of the axis; the point at infinity is last. */
function stops(series: Series): number[] {
  const finite = series.y.flatMap((y, i) => (y === null ? [] : [i]));
  return series.atInfinity === null ? finite : [...finite, -1];
}

/** Where a step leads; null when there is nothing to stand on. The first step goes to the end of the first curve's start. */
export function step(curves: readonly Series[], at: Cursor | null, direction: Step): Cursor | null {
  const there = curves.filter((series) => stops(series).length > 0);
  const current = there.findIndex((series) => series.id === at?.series);
  if (there.length === 0) return null;
  if (at === null || current < 0) return { series: there[0]!.id, index: stops(there[0]!)[0]! };
  const own = there[current]!;
  if (direction === 'up' || direction === 'down') {
    const next = there[(current + (direction === 'down' ? 1 : there.length - 1)) % there.length]!;
    return { series: next.id, index: nearestStop(next, own, at.index) };
  }
  const list = stops(own);
  const k = Math.max(0, list.indexOf(at.index));
  const to = { next: k + 1, previous: k - 1, first: 0, last: list.length - 1, forward: k + stride, back: k - stride }[direction];
  return { series: own.id, index: list[Math.min(list.length - 1, Math.max(0, to))]! };
}

/** The stop of another curve nearest to where one stands. */
function nearestStop(series: Series, from: Series, index: number): number {
  const list = stops(series);
  if (index < 0) return list.includes(-1) ? -1 : list.at(-1)!;
  const x = from.x[index] ?? 0;
  const finite = list.filter((i) => i >= 0);
  if (finite.length === 0) return -1;
  return finite.reduce((best, i) => (Math.abs(series.x[i]! - x) < Math.abs(series.x[best]! - x) ? i : best));
}
