/**
 * Messages between an editor and its chart panel: closed unions both ways, checked where they arrive (`check.ts`). Plain data that a structured
 * clone carries; models of charts, tables and parameters are known here by their outline only, and the two sides bind their types.
 */

import type { Patch } from './patch.js';

/** Grows with every change that an older side would misread. */
export const protocolVersion = 2;

/** Sweep values by name, as canonical text: what names a curve. */
export type At = Readonly<Record<string, string>>;

/** What any chart model has (`ChartModel` of the chart part). */
export interface ChartOutline {
  readonly id: string;
  readonly title: string;
  readonly panels: readonly unknown[];
}

/** What any table model has: columns of equal length. */
export interface TableOutline {
  readonly columns: readonly unknown[];
  readonly rows: number;
}

/** What any model of recorded parameters has: one entry for each run that has some. */
export interface ParametersOutline {
  readonly runs: readonly unknown[];
}

/** One of the experiments of the file; lines from 1. */
export interface ExperimentEntry {
  readonly title: string;
  readonly line: number;
}

export interface RunFailureNote {
  /** "L = 10, softmax"; empty for the only run. */
  readonly name: string;
  readonly message: string;
  readonly line: number | null;
}

/** Counts add up to `total` with the runs that wait. */
export interface RunsState {
  readonly total: number;
  readonly done: number;
  readonly running: number;
  readonly failed: number;
  /** Of those done, how many were answered without solving. */
  readonly cached: number;
  /** Progress of all runs together, 0 to 1. */
  readonly fraction: number;
  /** Estimate for all of them on one core. */
  readonly seconds: number;
  /** Of all trainings by steps together, while one is under way; else null. */
  readonly steps: { readonly done: number; readonly total: number } | null;
  readonly failures: readonly RunFailureNote[];
}

/** `pending`: its runs are not all there. */
export type ExpectationVerdict = 'holds' | 'fails' | 'undecided' | 'pending';

export interface ExpectationNote {
  readonly text: string;
  readonly verdict: ExpectationVerdict;
  /** One sentence with the measured values; empty while pending. */
  readonly detail: string;
  readonly line: number;
}

/** Why the charts are older than the text: its first error. */
export interface StaleNote {
  readonly message: string;
  readonly code: string | null;
  readonly line: number;
  /** Errors in all. */
  readonly errors: number;
}

/** Runs that wait to be asked for, because they would take longer than the budget for typing. */
export interface HeldBack {
  readonly runs: number;
  /** Estimated seconds of one core. */
  readonly seconds: number;
  readonly budget: number;
}

/** A number of the text that can be dragged. */
export interface SliderModel {
  /** Stable while the same number is meant: `rho`, `train.time`. */
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** On a logarithmic slider a factor is not needed: values are rounded to three digits, or to integers. */
  readonly step: number;
  readonly scale: 'linear' | 'log';
  readonly integer: boolean;
}

/** What an editor has to know of a panel that comes back after a reload. */
export interface PanelIdentity {
  /** Address of the spec. */
  readonly resource: string;
  readonly locked: boolean;
}

/** Everything a panel shows. A panel that was reloaded is rebuilt from one of these. */
export interface PanelContent<
  Chart extends ChartOutline = ChartOutline,
  Table extends TableOutline = TableOutline,
  Parameters extends ParametersOutline = ParametersOutline,
> {
  /** Kept by the panel in its own state under `identity`, which the editor reads after a reload. Null when nothing is shown. */
  readonly identity: PanelIdentity | null;
  /** Name of the spec for the reader, without its folder; null when nothing is shown. */
  readonly file: string | null;
  readonly experiments: readonly ExperimentEntry[];
  /** Index of the one that is shown; 0 when there is none. */
  readonly experiment: number;
  readonly charts: readonly Chart[];
  /** The charts are older than the runs under way, which have no curve yet. */
  readonly replacing: boolean;
  /** The run that the present one is compared with, drawn behind it; null when nothing is compared. */
  readonly previous: readonly Chart[] | null;
  /** Null unless the panel said that it shows it (`view`). */
  readonly table: Table | null;
  readonly parameters: Parameters | null;
  /** Whether `parameters` would have anything to show. */
  readonly hasParameters: boolean;
  /** Whether there is an earlier run to compare with. */
  readonly hasPrevious: boolean;
  readonly runs: RunsState;
  readonly expectations: readonly ExpectationNote[];
  readonly stale: StaleNote | null;
  readonly held: HeldBack | null;
  /** What was under way was cancelled, and there is no result of all of it. */
  readonly cancelled: boolean;
  /** Until all that is under way is done, as far as can be told; null while little can be. */
  readonly secondsLeft: number | null;
  readonly sliders: readonly SliderModel[];
  /** Follows no other editor. */
  readonly locked: boolean;
  /** Live updates are paused. */
  readonly paused: boolean;
}

export type PanelTab = 'charts' | 'table' | 'parameters';

export type ExportFormat = 'svg' | 'png' | 'csv' | 'json' | 'pgfplots';

export type ToPanel<
  Chart extends ChartOutline = ChartOutline,
  Table extends TableOutline = TableOutline,
  Parameters extends ParametersOutline = ParametersOutline,
> =
  /** Replaces everything: the answer to `ready`, and to a change of the file. */
  | {
      readonly type: 'state';
      readonly version: number;
      readonly sequence: number;
      readonly content: PanelContent<Chart, Table, Parameters>;
    }
  /**
   * What has changed since the last message. Sequences grow; one that does not is dropped. `curves` says what differs in the charts, where that is
   * shorter than the charts are: it fits those of the sequence before.
   */
  | {
      readonly type: 'update';
      readonly sequence: number;
      readonly changes: Partial<PanelContent<Chart, Table, Parameters>>;
      readonly curves?: Patch;
    }
  /** The curves of these sweep values stand out; null ends that. */
  | { readonly type: 'highlight'; readonly at: At | null }
  /** Draws an SVG as PNG, and answers `rendered` or puts it on the clipboard and answers `rendered` without bytes. */
  | {
      readonly type: 'render';
      readonly request: number;
      readonly svg: string;
      /** Pixels for each CSS pixel of the SVG, > 0. */
      readonly scale: number;
      readonly target: 'bytes' | 'clipboard';
    };

export type FromPanel =
  /** The first message of a panel that was loaded. `experiment` and `tab` are what it showed before a reload. */
  | { readonly type: 'ready'; readonly version: number; readonly experiment: string | null; readonly tab: PanelTab }
  /** What is looked at from now on: an experiment by title, and the tab whose model is wanted. */
  | { readonly type: 'view'; readonly experiment: string | null; readonly tab: PanelTab }
  | { readonly type: 'reveal'; readonly line: number }
  /** Back to the text, where its cursor stands. */
  | { readonly type: 'showSource' }
  /** A curve was chosen: its sweep values are looked for in the text. */
  | { readonly type: 'revealAt'; readonly at: At }
  | { readonly type: 'run' }
  | { readonly type: 'cancel' }
  | { readonly type: 'compare'; readonly on: boolean }
  | { readonly type: 'resume' }
  /** A slider moved; `commit` when it was let go, `revert` when the drag was given up. */
  | { readonly type: 'slide'; readonly id: string; readonly value: number; readonly phase: 'drag' | 'commit' | 'revert' }
  | { readonly type: 'export'; readonly format: ExportFormat; readonly chart: string | null }
  | { readonly type: 'copyFigure'; readonly chart: string }
  | { readonly type: 'copyText'; readonly text: string }
  /** `png` is null when the target was the clipboard, or when `error` says why there is none. */
  | { readonly type: 'rendered'; readonly request: number; readonly png: Uint8Array | null; readonly error: string | null }
  /** Something in the panel went wrong; for the log. */
  | { readonly type: 'problem'; readonly message: string };
