/** What the curves say at one place: for the crosshair, for the keyboard and in words. */

import { numberText, plainText } from '../../src/chart/text.js';
import type { Axis, Series } from '../../src/chart/types.js';
import * as l10n from '../l10n.js';
import { type Axes, place } from './axes.js';
import type { Across } from './project.js';

/** One point of a curve. `index` is −1 for the point at infinity. */
export interface Reading {
  readonly series: Series;
  readonly index: number;
  readonly y: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface Column {
  /** Infinity at the point behind the axis break. */
  readonly x: number;
  /** 0 to 1 across the plot. */
  readonly position: number;
  readonly readings: readonly Reading[];
}

/** A curve with points elsewhere has no say here: share of the width. */
const reach = 0.03;

export function readingAt(series: Series, index: number): Reading | null {
  if (index < 0) return series.atInfinity === null ? null : { series, index: -1, ...series.atInfinity };
  const y = series.y[index] ?? null;
  return y === null ? null : { series, index, y, lower: series.lower?.[index] ?? null, upper: series.upper?.[index] ?? null };
}

/** The column of points nearest to a position across the plot, of all curves at once; null when no curve has a point. */
export function columnAt(curves: readonly Series[], axes: Axes, layout: Across, position: number): Column | null {
  const where = (x: number): number =>
    x === Number.POSITIVE_INFINITY ? (layout.infinity ?? Number.NaN) : layout.finite * place(axes.x, x);
  const nearest = curves.map((series) => nearestPoint(series, where, position));
  const best = nearest.reduce<Near | null>((a, b) => (b !== null && (a === null || b.distance < a.distance) ? b : a), null);
  if (best === null) return null;
  const x = best.index < 0 ? Number.POSITIVE_INFINITY : best.series.x[best.index]!;
  const readings = curves.flatMap((series) => {
    const own = nearestPoint(series, where, best.position);
    return own === null || own.distance > reach || own.index < 0 !== best.index < 0 ? [] : (readingAt(series, own.index) ?? []);
  });
  return { x, position: best.position, readings };
}

interface Near {
  readonly series: Series;
  readonly index: number;
  readonly position: number;
  readonly distance: number;
}

function nearestPoint(series: Series, where: (x: number) => number, position: number): Near | null {
  let best: Near | null = null;
  const consider = (index: number, x: number): void => {
    const there = where(x);
    const distance = Math.abs(there - position);
    if (distance < (best?.distance ?? Number.POSITIVE_INFINITY) && there >= -1e-9 && there <= 1 + 1e-9) {
      best = { series, index, position: there, distance };
    }
  };
  series.x.forEach((x, index) => {
    if (series.y[index] != null) consider(index, x);
  });
  if (series.atInfinity !== null) consider(-1, Number.POSITIVE_INFINITY);
  return best;
}

/** The curve at a height, among readings of one column; null when none is within `limit` of it. */
export function closest(readings: readonly Reading[], axes: Axes, height: number, limit: number): Reading | null {
  let best: Reading | null = null;
  let least = limit;
  for (const reading of readings) {
    const distance = Math.abs(place(axes.y, reading.y) - height);
    if (distance <= least) {
      best = reading;
      least = distance;
    }
  }
  return best;
}

/**
 * The local exponent d log y / d log x at a point: the parabola through it and its neighbours, at an end the chord. Null at infinity, without a
 * neighbour, and where a logarithm does not exist.
 */
export function localSlope({ x, y }: Pick<Series, 'x' | 'y'>, index: number): number | null {
  const point = (i: number): readonly [number, number] | null => {
    const [at, value] = [x[i] ?? 0, y[i] ?? 0];
    return at > 0 && value > 0 ? [Math.log(at), Math.log(value)] : null;
  };
  const here = point(index);
  if (index < 0 || here === null) return null;
  const chord = (other: readonly [number, number] | null): number | null =>
    other === null || other[0] === here[0] ? null : (other[1] - here[1]) / (other[0] - here[0]);
  const [before, after] = [point(index - 1), point(index + 1)];
  const [left, right] = [chord(before), chord(after)];
  if (left === null || right === null) return left ?? right;
  const [a, b] = [here[0] - before![0], after![0] - here[0]];
  return (left * b + right * a) / (a + b);
}

export function valueText(value: number, digits = 5): string {
  return plainText(numberText(value, digits));
}

/** "0.0812", "0.0812 (0.079 to 0.083)". */
export function bandText({ y, lower, upper }: Pick<Reading, 'y' | 'lower' | 'upper'>): string {
  const value = valueText(y);
  return lower === null || upper === null || lower === upper
    ? value
    : l10n.t('{0} ({1} to {2})', value, valueText(lower, 3), valueText(upper, 3));
}

/** "time t = 12.5", "L = ∞", "softmax". */
export function whereText(axis: Axis, x: number): string {
  if (axis.scale === 'category') return plainText(axis.categories[x] ?? []);
  const label = plainText(axis.label).replace(/ \(10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+\)$/, '');
  return `${label} = ${valueText(x)}`;
}

/** One point in a sentence, for a screen reader. */
export function spoken(reading: Reading, axes: Axes): string {
  const { series, index } = reading;
  const x = index < 0 ? Number.POSITIVE_INFINITY : series.x[index]!;
  const method = series.methodLabel === '' ? '' : `, ${series.methodLabel}`;
  const slope = slopeText(reading, axes);
  const point = l10n.t('{0}: {1} at {2}', plainText(series.label), bandText(reading), whereText(axes.x, x));
  return `${point}${slope === '' ? '' : `, ${slope}`}${method}`;
}

/** "slope −1.00" where both axes are logarithmic, else nothing. */
export function slopeText({ series, index }: Pick<Reading, 'series' | 'index'>, { x, y }: Axes): string {
  const slope = x.scale === 'log' && y.scale === 'log' ? localSlope(series, index) : null;
  return slope === null ? '' : l10n.t('slope {0}', slope.toFixed(2).replace('-', '−'));
}
