/**
 * What the language server and the editor say to each other beyond the language server protocol. Offsets are UTF-16 units of the text of the
 * version that a message names; lines count from 1. The type of a plan is bound by the two sides.
 */

import type { StaleNote } from './messages.js';

export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** A diagnostic, for those who show it elsewhere than the editor does. */
export interface DiagnosticNote extends TextSpan {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly line: number;
}

/** One value of a sweep. Values made by a range, `linspace` or `logspace` share the place of the call. */
export interface SweepValuePlace extends TextSpan {
  /** Canonical, as in the results: `kms(0.5)`, `1000`, `inf`. */
  readonly text: string;
}

export interface SweepPlace extends TextSpan {
  readonly name: string;
  readonly line: number;
  /** Empty when the list has a mistake. */
  readonly values: readonly SweepValuePlace[];
  /** Where a hint belongs: behind the statement. */
  readonly hint: number;
}

/** A block with live results, `train` or `concentrate`. */
export interface BlockPlace extends TextSpan {
  readonly kind: string;
  readonly line: number;
  /** Where a hint belongs: behind the block when it stands on one line, else behind its `{`. */
  readonly hint: number;
}

export interface ExpectationPlace extends TextSpan {
  /** As `Expectation.text`: white space folded. */
  readonly text: string;
  readonly line: number;
}

/** Where things stand in an experiment, whether it has mistakes or not. */
export interface ExperimentOutline extends TextSpan {
  readonly title: string;
  readonly line: number;
  /** The title with its quotes. */
  readonly titleSpan: TextSpan;
  readonly sweeps: readonly SweepPlace[];
  /** Product of the sweeps and `repeat`; null when it is not known. */
  readonly runs: number | null;
  readonly blocks: readonly BlockPlace[];
  readonly expectations: readonly ExpectationPlace[];
  /** The first of the errors that keep it out of the plan; null when it is in the plan. */
  readonly stale: StaleNote | null;
}

/**
 * Server to editor, after each version that was looked at; a version that is overtaken may be skipped. The plan holds the experiments that have
 * no error and use nothing that has one; it is null when errors leave none. Numbers that JSON does not know cross by `packed`.
 */
export const planNotification = 'attn/plan';
export interface PlanParams {
  readonly uri: string;
  readonly version: number;
  /** `packed(plan)`, or null. */
  readonly plan: unknown;
  readonly diagnostics: readonly DiagnosticNote[];
  readonly outline: readonly ExperimentOutline[];
}

/** A replacement of a range of the text, made for one plan only. */
export interface Replacement extends TextSpan {
  readonly text: string;
}

/**
 * Request: the plan that a version would have with some ranges replaced, as while a slider is dragged. Lines of the plan are those of the text
 * when the replacements hold no line break. Null when the server has moved on to another version, or the file is closed.
 */
export const trialPlanRequest = 'attn/trialPlan';
export interface TrialPlanParams {
  readonly uri: string;
  readonly version: number;
  readonly replacements: readonly Replacement[];
}
export type TrialPlan = Pick<PlanParams, 'version' | 'plan' | 'diagnostics'> | null;

/** A number of the text that can be dragged. */
export interface SliderPlace {
  /** Stable while the same number is meant: `rho`, `train.time`, with the experiment's title in front when it stands in one. */
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly scale: 'linear' | 'log';
  readonly integer: boolean;
  /** What is replaced when the value changes. */
  readonly span: TextSpan;
}

/** Request: the sliders for a place of the text: the number there first, then those of its block or experiment and the lets it uses. */
export const slidersRequest = 'attn/sliders';
export interface SlidersParams {
  readonly uri: string;
  readonly version: number;
  readonly offset: number;
}
export type Sliders = readonly SliderPlace[];

/** Request: what the expression at a place is worth. Null where there is none. */
export const valueRequest = 'attn/value';
export interface ValueParams {
  readonly uri: string;
  readonly version: number;
  readonly offset: number;
}
export type ValueAt = (TextSpan & { readonly text: string }) | null;

/** A slider's value as it is written into the text: three digits at most, integers whole. */
export function sliderText(value: number, integer: boolean): string {
  return integer ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

const words: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY };

/**
 * Plain data as JSON carries it: a number that is not finite becomes `{ number: 'inf' }`, and what stands in several places, as the covariance of
 * all runs does, crosses once. Null stays null.
 */
export function packed(value: unknown): unknown {
  if (value === null) return null;
  const places = new Map<object, number>();
  countPlaces(value, places);
  const shared: unknown[] = [];
  const indices = new Map<object, number>();
  const pack = (part: unknown): unknown => {
    if (typeof part === 'number') {
      return Number.isFinite(part) ? part : { number: Number.isNaN(part) ? 'nan' : part > 0 ? 'inf' : '-inf' };
    }
    if (typeof part !== 'object' || part === null || places.get(part) === 1) return mapped(part, pack);
    let index = indices.get(part);
    if (index === undefined) {
      // What it is made of comes first.
      index = shared.push(mapped(part, pack)) - 1;
      indices.set(part, index);
    }
    return { shared: index };
  };
  const whole = pack(value);
  return { shared, whole };
}

function countPlaces(value: unknown, places: Map<object, number>): void {
  if (typeof value !== 'object' || value === null) return;
  const known = places.get(value) ?? 0;
  places.set(value, known + 1);
  if (known > 0) return;
  // Numbers have no identity, and long lists of them are what plans are made of.
  if (Array.isArray(value) && typeof value[0] === 'number') return;
  for (const part of Object.values(value)) countPlaces(part, places);
}

/** The inverse of `packed`; undefined for what `packed` did not make. */
export function unpacked(value: unknown): unknown {
  if (value === null) return null;
  if (typeof value !== 'object' || !('shared' in value) || !('whole' in value) || !Array.isArray(value.shared)) return undefined;
  const shared: unknown[] = [];
  const unpack = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if ('number' in part && typeof part.number === 'string' && Object.hasOwn(words, part.number)) return words[part.number];
    if ('shared' in part && typeof part.shared === 'number') return shared[part.shared];
    return mapped(part, unpack);
  };
  for (const part of value.shared) shared.push(mapped(part, unpack));
  return unpack(value.whole);
}

function mapped(value: unknown, each: (value: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(each);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, each(part)]));
}
