/**
 * What a figure shows, decided once and drawn twice (SVG, panel). Plain JSON: no NaN, no Infinity, no functions, no colours but roles.
 * A value that does not exist or cannot be shown on its axis is null; the point at infinite prompt length stands apart in `atInfinity`.
 */

import type { QuantityRef } from '../spec/experiment.js';

/** A stretch of text in one style. */
export interface Span {
  readonly text: string;
  readonly italic?: true;
  readonly script?: 'sub' | 'super';
}
export type Text = readonly Span[];

export interface Tick {
  readonly value: number;
  /** null: a minor tick. */
  readonly label: Text | null;
}

export interface Axis {
  readonly label: Text;
  /** On a category axis x is the index into `categories`. */
  readonly scale: 'linear' | 'log' | 'category';
  /** Finite, first < second. */
  readonly domain: readonly [number, number];
  readonly categories: readonly Text[];
  /** Values at infinite prompt length stand past an axis break, under a tick ∞. */
  readonly infinity: boolean;
  /** Tick labels count in units of 10^exponent; `label` says so already. */
  readonly exponent: number;
  readonly ticks: readonly Tick[];
}

/** A colour by meaning; `palette.ts` turns it into a colour of a theme. `position` runs from 0 (least) to 1. */
export type ColourRole =
  | { readonly kind: 'ordered'; readonly position: number }
  | { readonly kind: 'category'; readonly index: number }
  | { readonly kind: 'limit' }
  | { readonly kind: 'neutral' };

export type Weight = 'thin' | 'normal' | 'heavy';

/** How a line looks, in roles. `dash` is an index into the palette's patterns, 0 is solid. */
export interface LineStyle {
  readonly colour: ColourRole;
  readonly dash: number;
  readonly weight: Weight;
  /** Drawn paler, behind the rest. */
  readonly muted: boolean;
  readonly markers: boolean;
}

export interface PointAtInfinity {
  readonly y: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Weakest last. `mixed` never occurs: a series takes the weakest method among its points. */
export type MethodName = 'exact' | 'approximate' | 'quasi_monte_carlo' | 'sampled' | 'fitted';

export type FacetName = NonNullable<QuantityRef['facet']>;

export type SeriesRole = 'value' | FacetName | 'overlay';

/** A place on a curve: a ring where the 1/L decay ends, a square where softmax condenses. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly kind: 'ring' | 'square';
}

export interface Series {
  /** Stable between two models of the same experiment: an updated chart recognises its lines by it. */
  readonly id: string;
  readonly label: Text;
  readonly role: SeriesRole;
  /** Key of the quantity in the results; null for an overlay. */
  readonly quantity: string | null;
  /** The sweep values that name this line, canonical text. */
  readonly at: Readonly<Record<string, string>>;
  readonly style: LineStyle;
  /** The line of infinite prompt length. */
  readonly isLimit: boolean;
  readonly method: MethodName | null;
  /** "exact", "sampled, n = 4096", …; empty for an overlay. */
  readonly methodLabel: string;
  readonly samples: number | null;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  /** Few points of a smooth curve: joined by monotone cubics, which pass through every point and add no extremes. */
  readonly smooth: boolean;
  /** Both or none. */
  readonly lower: readonly (number | null)[] | null;
  readonly upper: readonly (number | null)[] | null;
  readonly atInfinity: PointAtInfinity | null;
  /** Where it changes its phase, when the curves of the panel differ in that. */
  readonly marks?: readonly Mark[];
}

/** A value without an axis, drawn across a panel. */
export interface Reference {
  readonly label: Text;
  readonly quantity: string;
  readonly at: Readonly<Record<string, string>>;
  readonly y: number;
  readonly style: LineStyle;
}

/** A stretch of an axis, shaded behind the curves. */
export interface Zone {
  readonly axis: 'x' | 'y';
  /** Null: from the beginning, or to the end, of the axis. */
  readonly from: number | null;
  readonly to: number | null;
  readonly label: Text;
  /** How dark: 0 is the background itself. */
  readonly depth: 0 | 1 | 2;
  /** Where along the other axis the label is least in the way: from 0 at its low end to 1 at its high end. */
  readonly labelAt: number;
}

export interface Panel {
  readonly title: Text;
  readonly series: readonly Series[];
  readonly references: readonly Reference[];
  readonly zones: readonly Zone[];
}

/** The lines that an entry of the legend stands for: those with a sweep value, of a quantity, of a role, or one alone. */
export type LegendKey =
  | { readonly kind: 'sweep'; readonly name: string; readonly value: string }
  | { readonly kind: 'quantity'; readonly key: string }
  | { readonly kind: 'role'; readonly role: SeriesRole }
  | { readonly kind: 'series'; readonly id: string };

export interface LegendEntry {
  /** `L = 10`, for a label that stands alone; `10`, for one under the group's title. */
  readonly label: Text;
  readonly short: Text;
  readonly style: LineStyle;
  readonly lines: LegendKey;
}

export type LegendGroup =
  | {
      readonly kind: 'entries';
      readonly title: Text;
      readonly entries: readonly LegendEntry[];
      /** Entries left out because there are too many to tell apart. */
      readonly omitted: number;
      /** With those left out. */
      readonly all: readonly LegendEntry[];
    }
  | {
      readonly kind: 'ramp';
      readonly title: Text;
      readonly scale: 'linear' | 'log';
      readonly domain: readonly [number, number];
      readonly ticks: readonly Tick[];
      /** The entry of L = ∞, which stands outside the ramp. */
      readonly limit: LegendEntry | null;
      /** What the ramp stands for, one by one, the limit among them. */
      readonly all: readonly LegendEntry[];
    };

export interface ChartModel {
  /** Unique within the experiment, fit for a file name. */
  readonly id: string;
  readonly title: string;
  readonly x: Axis;
  /** Shared by the panels, so that they can be compared. */
  readonly y: Axis;
  readonly panels: readonly Panel[];
  readonly legend: readonly LegendGroup[];
  /** Shown under the figure. */
  readonly notes: readonly string[];
  /** The solver's own sentences; not drawn, but part of the description. */
  readonly remarks: readonly string[];
  /** What the figure shows, in words, for a screen reader. */
  readonly description: string;
  /** False for a chart that the spec did not ask for. */
  readonly written: boolean;
  /** Every run behind the figure is done or has failed. */
  readonly complete: boolean;
}
