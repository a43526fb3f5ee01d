/** The scales of a plot: positions 0 to 1, with ticks that are placed beforehand. */
import { type Chart, LinearScale, type LinearScaleOptions, type Tick } from 'chart.js';
import { plainText } from '../../src/chart/text.js';
import type { Axis } from '../../src/chart/types.js';
import { type Colours, faded } from '../colours.js';
import { ticked } from './axes.js';

declare module 'chart.js' {
  interface CartesianScaleTypeRegistry {
    placed: { options: LinearScaleOptions };
  }
}

const tickSpacing = { x: 64, y: 38 } as const;
const fontSize = 11;
/** Room left of the plot for tick labels: the same for all panels, so that they stand in line. */
const gutter = 50;

export interface Placed {
  /** 0 to 1 along the axis. */
  readonly value: number;
  /** Empty for a minor tick. */
  readonly label: string;
  readonly major: boolean;
}

/**
 * @param pixels length of the axis
 * @param share what its finite part takes of it
 * @param infinity the place of ∞, null without one
 */
export function placedTicks(axis: Axis, name: 'x' | 'y', pixels: number, share: number, infinity: number | null): Placed[] {
  const { ticks, domain } = ticked(axis, pixels * share, tickSpacing[name]);
  const position = (value: number): number => {
    const [low, high] = domain;
    const at = axis.scale === 'log' ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return at * share;
  };
  const shown = ticks
    .map(({ value, label }) => ({ value: position(value), label: label === null ? '' : plainText(label), major: label !== null }))
    .filter(({ value }) => value > -1e-6 && value < share + 1e-6);
  return infinity === null ? shown : [...shown, { value: infinity, label: '∞', major: true }];
}

/** The same words in the same order, wherever they stand: an axis takes the same room with either. */
export function sayTheSame(a: readonly Placed[], b: readonly Placed[]): boolean {
  return a.length === b.length && a.every(({ label, major }, i) => label === b[i]!.label && major === b[i]!.major);
}

/** chart.js measures labels at each update. Ticks that only move need none of that. */
export class PlacedScale extends LinearScale {
  static override id = 'placed';
  /** What chart.js remembers of where lines and labels are, until it updates the scale. */
  declare protected _gridLineItems: unknown;
  declare protected _labelItems: unknown;

  /** New places for the ticks that there are. */
  move(ticks: readonly Placed[]): void {
    let moved = false;
    for (const [i, tick] of this.ticks.entries()) {
      const { value } = ticks[i]!;
      moved ||= tick.value !== value;
      tick.value = value;
    }
    if (!moved) return;
    this._gridLineItems = null;
    this._labelItems = null;
  }
}

/** The scale of that name. */
export function scaleOf(chart: Chart<'line', unknown>, name: 'x' | 'y'): PlacedScale | null {
  const scale = chart.scales[name];
  return scale instanceof PlacedScale ? scale : null;
}

export function scaleOptions(axis: Axis, name: 'x' | 'y', ticks: () => readonly Placed[], colours: Colours) {
  return {
    type: 'placed' as const,
    min: 0,
    max: 1,
    afterBuildTicks: (scale: { ticks: Tick[] }) => {
      // Its own: chart.js writes into them.
      scale.ticks = ticks().map((tick) => ({ ...tick }));
    },
    afterFit: (scale: { width: number }) => {
      if (name === 'y') scale.width = gutter;
    },
    border: { display: true, color: colours.axis, width: 1 },
    grid: {
      drawOnChartArea: name === 'y',
      color: (context: { tick?: { major?: boolean } }) => (context.tick?.major === true ? colours.grid : 'transparent'),
      tickColor: (context: { tick?: { major?: boolean } }) => (context.tick?.major === true ? colours.axis : faded(colours.axis, 0.5)),
      tickLength: 4,
      lineWidth: 1,
    },
    ticks: {
      autoSkip: axis.scale === 'category',
      maxRotation: axis.scale === 'category' ? 40 : 0,
      color: colours.quiet,
      font: { family: colours.fontFamily, size: fontSize },
      callback: (_value: unknown, index: number, all: readonly { label?: unknown }[]) => {
        const label = all[index]?.label;
        return typeof label === 'string' ? label : '';
      },
    },
  };
}
