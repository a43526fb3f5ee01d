/** Domains, ticks and projections of axes. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { concat, numberText, plain, powerOfTen } from './text.js';
import type { Axis, Text, Tick } from './types.js';

/** Values beyond it are not drawn: differences and squares of them would overflow. */
export const largest = 1e300;
const smallest = 1e-300;

/** Least and greatest of the values that an axis of this scale can show; null when there are none. */
export class Extent {
  low = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;

  constructor(readonly scale: Axis['scale']) {}

  shows(value: number | null): value is number {
    return showable(value, this.scale);
  }

  add(value: number | null): void {
    if (!this.shows(value)) return;
    if (value < this.low) this.low = value;
    if (value > this.high) this.high = value;
  }

  get empty(): boolean {
    return this.low > this.high;
  }
}

export function showable(value: number | null, scale: Axis['scale']): value is number {
  return value !== null && Math.abs(value) <= largest && (scale !== 'log' || value >= smallest);
}

/** Domain with a margin of `margin` (a fraction) on both sides, wide enough when the values are all the same. */
export function paddedDomain(extent: Extent, margin: number): [number, number] {
  if (extent.empty) return extent.scale === 'log' ? [0.1, 1] : [0, 1];
  let { low, high } = extent;
  if (extent.scale === 'log') {
    const [a, b] = [Math.log10(low), Math.log10(high)];
    // At least a tenth of a decade in all: closer still, noise would look like a trend.
    const pad = b - a < 1e-6 ? 0.15 : Math.max((b - a) * margin, margin > 0 ? (0.1 - (b - a)) / 2 : 0);
    return [10 ** Math.max(-300, a - pad), 10 ** Math.min(300, b + pad)];
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low <= size * 1e-9) {
    const pad = size === 0 ? 1 : size * 0.05;
    return [low - pad, high + pad];
  }
  if (margin > 0) {
    const pad = (high - low) * margin;
    // Zero is worth showing when it is near: a loss is read against it.
    if (low >= 0 && low <= 0.4 * high) low = 0;
    else low -= pad;
    if (high <= 0 && high >= 0.4 * low) high = 0;
    else high += pad;
  }
  return [low, high];
}

/** The power of ten that linear tick labels leave to the axis label: 0 for sizes that read well as they are, else a multiple of 3. */
export function sharedExponent(domain: readonly [number, number]): number {
  const size = Math.max(Math.abs(domain[0]), Math.abs(domain[1]));
  if (size === 0 || (size >= 0.02 && size < 2e4)) return 0;
  return Math.floor(Math.log10(size) / 3) * 3;
}

/** About `count` labelled ticks inside the domain, with minor ones on a log axis. */
export function axisTicks(axis: Pick<Axis, 'scale' | 'domain' | 'categories' | 'exponent'>, count: number): Tick[] {
  const n = Math.max(2, Math.round(count));
  if (axis.scale === 'category') return axis.categories.map((label, value) => ({ value, label }));
  return axis.scale === 'log' ? logTicks(axis.domain, n) : linearTicks(axis.domain, n, axis.exponent);
}

function linearTicks(domain: readonly [number, number], count: number, exponent: number): Tick[] {
  const scale = scaleLinear().domain(domain);
  let values = scale.ticks(count);
  // One label tells nothing about the scale.
  for (let more = count + 1; values.length < 2 && more < count + 10; more++) values = scale.ticks(more);
  const unit = 10 ** exponent;
  const step = values.length > 1 ? Math.abs(values[1]! - values[0]!) / unit : 1;
  const digits = Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  return values.map((value) => ({ value, label: signed((value / unit).toFixed(digits)) }));
}

function signed(digits: string): Text {
  return plain(Number(digits) === 0 ? digits.replace('-', '') : digits.replace('-', '−'));
}

/** Decades between labels: with more than a handful, every so many. */
const decadeSteps = [1, 2, 3, 5, 10, 20, 50, 100, 200];

function logTicks(domain: readonly [number, number], count: number): Tick[] {
  const [low, high] = domain;
  if (Math.log10(high / low) < 1.7) return fewDecades(domain, count);
  const from = Math.ceil(Math.log10(low) - 1e-9);
  const to = Math.floor(Math.log10(high) + 1e-9);
  const labels = (step: number): number => Math.floor(to / step) - Math.ceil(from / step) + 1;
  const possible = decadeSteps.filter((s) => labels(s) >= 2);
  const step = possible.find((s) => labels(s) <= count) ?? possible.at(-1);
  if (step === undefined) return fewDecades(domain, count);
  const plainly = from >= -2 && to <= 3;
  const ticks: Tick[] = [];
  for (let k = from - 1; k <= to; k++) {
    const value = power(k);
    if (k >= from && k % step === 0) ticks.push({ value, label: plainly ? numberText(value) : powerOfTen(k) });
    else if (k >= from && step <= 5) ticks.push({ value, label: null });
    if (step === 1)
      for (const m of [2, 3, 4, 5, 6, 7, 8, 9]) if (m * value >= low && m * value <= high) ticks.push({ value: m * value, label: null });
  }
  return ticks;
}

/** 10^k as the parser would read it; a power in binary is off in the last digit. */
function power(k: number): number {
  return Number(`1e${k}`);
}

/** Less than two decades: labels at 1, 2, 5 or, closer still, at an even division. */
function fewDecades(domain: readonly [number, number], count: number): Tick[] {
  const [low, high] = domain;
  const inside = (v: number): boolean => v >= low * (1 - 1e-12) && v <= high * (1 + 1e-12);
  const marks: { value: number; lead: number }[] = [];
  for (let k = Math.floor(Math.log10(low)); k <= Math.ceil(Math.log10(high)); k++) {
    for (const lead of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      const value = Number(`${lead}e${k}`);
      if (inside(value)) marks.push({ value, lead });
    }
  }
  const choices = [[1, 2, 5], [1, 3], [1], [1, 2, 3, 4, 5, 6, 8]].map((leads) => marks.filter((m) => leads.includes(m.lead)));
  const fits = (least: number) => (chosen: typeof marks) => chosen.length >= least && chosen.length <= count + 1;
  const labelled = choices.find(fits(3)) ?? choices.find(fits(2));
  if (labelled !== undefined) return marks.map((m) => ({ value: m.value, label: labelled.includes(m) ? numberText(m.value, 3) : null }));
  const scale = scaleLinear().domain([low, high]);
  let values = scale.ticks(Math.min(count, 3));
  for (let more = 4; values.length < 2 && more < 12; more++) values = scale.ticks(more);
  return values.filter(inside).map((value) => ({ value, label: numberText(value) }));
}

/** Text of a unit 10^exponent behind an axis label. */
export function withExponent(label: Text, exponent: number): Text {
  return exponent === 0 ? label : concat(label, plain(' ('), powerOfTen(exponent), plain(')'));
}

/** Maps the domain of an axis to [from, to]; NaN where the axis cannot show a value. */
export function projection(axis: Pick<Axis, 'scale' | 'domain'>, from: number, to: number): (value: number | null) => number {
  const scale = (axis.scale === 'log' ? scaleLog() : scaleLinear()).domain(axis.domain).range([from, to]);
  return (value) => (showable(value, axis.scale) ? scale(value) : Number.NaN);
}
