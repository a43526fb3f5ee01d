/** Which name of a plot goes to colour, to dash, to small multiples, and what stands against what. */
import type { Experiment, Plot, QuantityRef, Sweep, SweepValue } from '../spec/experiment.js';
import { quantityKey } from '../spec/experiment.js';
import { namedValue, quantityName, sweepSymbol, valueText } from './labels.js';
import { joinWith, plain } from './text.js';
import type { ColourRole, Text } from './types.js';

/** One value of a channel: a sweep's value, or one of several quantities. */
export interface Level {
  readonly key: string;
  readonly label: Text;
  readonly short: Text;
  /** The sweep value; null for a quantity. */
  readonly value: SweepValue | null;
  readonly quantity: QuantityRef | null;
}

export interface Channel {
  readonly name: string;
  readonly title: Text;
  readonly levels: readonly Level[];
  /** Every value is a number: the order means something. */
  readonly ordered: boolean;
  readonly isLength: boolean;
}

export interface Channels {
  /** Quantities drawn as lines of their own; `facets` belong to them. */
  readonly mains: readonly QuantityRef[];
  readonly facets: readonly QuantityRef[];
  readonly colour: Channel | null;
  readonly dash: Channel | null;
  readonly panels: readonly Channel[];
  /** The sweep on the x axis; null when the axis is time or step. */
  readonly against: Sweep | null;
}

export function channelsOf(experiment: Experiment, plot: Plot): Channels {
  const against = experiment.sweeps.find((s) => s.name === plot.against) ?? null;
  const free = experiment.sweeps.filter((s) => s !== against);
  const named = plot.by.flatMap((name) => free.find((s) => s.name === name) ?? []);
  const others = free.filter((s) => !named.includes(s) && s.values.length > 1);
  const isFacet = (q: QuantityRef): boolean =>
    q.facet !== null && plot.quantities.some((m) => m.facet === null && m.name === q.name && m.form === q.form);
  const mains = plot.quantities.filter((q) => !isFacet(q));
  const lines: Channel[] = named.slice(0, 2).map(sweepChannel);
  const panels = [...named.slice(2), ...others].map(sweepChannel);
  // Several quantities take the first channel that is free.
  if (mains.length > 1) (lines.length < 2 ? lines : panels).push(quantityChannel(mains));
  return { mains, facets: plot.quantities.filter(isFacet), colour: lines[0] ?? null, dash: lines[1] ?? null, panels, against };
}

export function sweepChannel(sweep: Sweep): Channel {
  const seen = new Map<string, number>();
  const distinct = (text: Text): Text => {
    const key = JSON.stringify(text);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count === 1 ? text : joinWith(' ', [text, plain(`(${count})`)]);
  };
  return {
    name: sweep.name,
    title: sweepSymbol(sweep.name),
    ordered: sweep.values.every((v) => v.value !== null),
    isLength: sweep.isLength,
    levels: sweep.values.map((value) => {
      const label = namedValue(sweep.name, value);
      // Two long values may be shortened to the same text.
      const told = value.value === null ? distinct(label) : label;
      return { key: value.text, label: told, short: value.value === null ? told : valueText(value), value, quantity: null };
    }),
  };
}

function quantityChannel(mains: readonly QuantityRef[]): Channel {
  return {
    name: 'quantity',
    title: [],
    ordered: false,
    isLength: false,
    levels: mains.map((q) => ({
      key: quantityKey(q),
      label: plain(quantityName(q)),
      short: plain(quantityName(q)),
      value: null,
      quantity: q,
    })),
  };
}

/** Whether a level is the infinite prompt. */
export function isLimitLevel(channel: Channel | null, level: Level | null): boolean {
  return channel?.isLength === true && level?.value?.value === Number.POSITIVE_INFINITY;
}

export interface OrderedScale {
  readonly scale: 'linear' | 'log';
  readonly low: number;
  readonly high: number;
}

/** More levels than this are shown by a ramp (numbers) or a sample of entries (words). */
export const manyLevels = 9;

/** Position of many numbers on a ramp: by size, logarithmic when they span more than a decade. Null: by rank. */
export function rampScale(channel: Channel): OrderedScale | null {
  const numbers = channel.levels.map((l) => l.value?.value ?? Number.NaN).filter(Number.isFinite);
  if (!channel.ordered || numbers.length < manyLevels) return null;
  const low = numbers.reduce((a, b) => Math.min(a, b));
  const high = numbers.reduce((a, b) => Math.max(a, b));
  return { scale: low > 0 && high / low > 10 ? 'log' : 'linear', low, high };
}

/** The colour of every level. */
export function colourRoles(channel: Channel): ColourRole[] {
  if (!channel.ordered) return channel.levels.map((_, index) => ({ kind: 'category', index }));
  const numbers = channel.levels.map((l) => l.value?.value ?? Number.NaN);
  const sorted = [...new Set(numbers.filter(Number.isFinite))].sort((a, b) => a - b);
  const ramp = rampScale(channel);
  return numbers.map((v) => {
    if (v === Number.POSITIVE_INFINITY) return { kind: 'limit' };
    if (ramp !== null && ramp.high > ramp.low) {
      const position =
        ramp.scale === 'log' ? Math.log(v / ramp.low) / Math.log(ramp.high / ramp.low) : (v - ramp.low) / (ramp.high - ramp.low);
      return { kind: 'ordered', position };
    }
    return { kind: 'ordered', position: sorted.length > 1 ? sorted.indexOf(v) / (sorted.length - 1) : 1 };
  });
}

/** The products of the levels of several channels, the last fastest. */
export function product(channels: readonly Channel[]): Level[][] {
  return channels.reduce<Level[][]>((rows, channel) => rows.flatMap((row) => channel.levels.map((level) => [...row, level])), [[]]);
}
