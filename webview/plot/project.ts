/** Curves on a screen: positions 0 to 1 across and up the plot, thinned to what its pixels can show. */
import { simplify, thin } from '../../src/chart/decimate.js';
import type { Axis, Series } from '../../src/chart/types.js';
import { type Axes, place } from './axes.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The plot across: the finite part of the axis, and the place of ∞ behind its break. */
export interface Across {
  /** Share of the width that the finite part takes. */
  readonly finite: number;
  /** Null without a point at infinity. */
  readonly infinity: number | null;
}

export function across(axis: Axis, width: number): Across {
  if (!axis.infinity) return { finite: 1, infinity: null };
  const share = Math.min(0.2, 44 / Math.max(1, width));
  return { finite: 1 - share, infinity: 1 - share * 0.36 };
}

/** NaN where there is no point. */
export interface Projected {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

// Loops over typed arrays below: `from` and `map` with a function take several times as long, and a figure of 200 curves is drawn while one types.

export function projected(series: Pick<Series, 'x' | 'y'>, axes: Axes, finite: number): Projected {
  const x = new Float64Array(series.x.length);
  const y = new Float64Array(series.x.length);
  for (let i = 0; i < x.length; i++) {
    const v = series.y[i] ?? null;
    x[i] = finite * place(axes.x, series.x[i]!);
    y[i] = v === null ? Number.NaN : place(axes.y, v);
  }
  return { x, y };
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A quarter of a pixel of a fine screen. */
const tolerance = 0.2;
const column = 0.5;
/** Straight pieces that are narrower than this, in pixels, look like the curve. */
const narrow = 5;
/** Lines far outside the plot are cut there: a canvas loses precision on huge coordinates. */
const beyond = 20;

/** The points to draw, with NaN between stretches; `whole` keeps them all, for curves that show their points. */
export function polyline(curve: Projected, size: Size, whole: boolean): Point[] {
  const xs = inPixels(curve.x, size.width);
  const ys = inPixels(curve.y, size.height);
  const points: Point[] = [];
  for (const stretch of thin(xs, ys, column)) {
    if (points.length > 0) points.push({ x: points.at(-1)!.x, y: Number.NaN });
    for (const i of whole ? stretch : simplify(xs, ys, stretch, tolerance))
      points.push({ x: bounded(curve.x[i]!), y: bounded(curve.y[i]!) });
  }
  return points;
}

function inPixels(positions: Float64Array, pixels: number): Float64Array {
  const out = new Float64Array(positions.length);
  for (let i = 0; i < out.length; i++) out[i] = bounded(positions[i]!) * pixels;
  return out;
}

/** Whether neighbours within sight stand so far apart that straight pieces would show. */
export function isSparse({ x }: Projected, size: Size): boolean {
  for (let i = 1; i < x.length; i++) {
    if (x[i]! >= 0 && x[i - 1]! <= 1 && (x[i]! - x[i - 1]!) * size.width > narrow) return true;
  }
  return false;
}

function bounded(v: number): number {
  return Math.min(beyond, Math.max(-beyond, v));
}

/** Outline of a confidence band as stretches of (x, low, high). A low end that the axis cannot show is the foot of the plot. */
export function bandOf(series: Series, curve: Projected, axes: Axes, size: Size): readonly (readonly [number, number, number])[][] {
  const { lower, upper } = series;
  if (lower === null || upper === null) return [];
  const high = Float64Array.from(curve.y, (v, i) => {
    const top = upper[i] ?? null;
    return Number.isNaN(v) || top === null || lower[i] == null ? Number.NaN : bounded(place(axes.y, top));
  });
  const low = Float64Array.from(high, (v, i) => {
    const bottom = place(axes.y, lower[i] ?? Number.NaN);
    return Number.isNaN(v) ? Number.NaN : Number.isNaN(bottom) ? -beyond : bounded(bottom);
  });
  const xs = inPixels(curve.x, size.width);
  const highs = inPixels(high, size.height);
  const lows = inPixels(low, size.height);
  const below = thin(xs, lows, column);
  return thin(xs, highs, column).map((stretch, k) => {
    const kept = new Set([...simplify(xs, highs, stretch, tolerance), ...simplify(xs, lows, below[k] ?? [], tolerance)]);
    return [...kept].sort((a, b) => a - b).map((i) => [bounded(curve.x[i]!), low[i]!, high[i]!] as const);
  });
}
