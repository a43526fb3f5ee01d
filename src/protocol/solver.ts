/**
 * Messages between an editor and the process that solves: closed unions both ways, plain data that a structured clone carries (numbers may be
 * infinite). Models are known here by their outline only, and the two sides bind their types.
 */
import type { ChartOutline, ExpectationNote, ExportFormat, HeldBack, ParametersOutline, RunsState, TableOutline } from './messages.js';

/** One text whose experiments are solved, by its address; several may be open at once. */
export type StudyId = string;

/** Which models of a study somebody looks at. What nobody looks at is not made. */
export interface Watched {
  readonly experiment: string;
  readonly charts: boolean;
  readonly table: boolean;
  readonly parameters: boolean;
}

/** What is exported; a picture in pixels is made from the SVG. */
export interface ExportRequest {
  readonly experiment: string;
  readonly format: Exclude<ExportFormat, 'png'>;
  /** Id of the chart, for a figure; the first one when null. */
  readonly chart: string | null;
  readonly theme: 'print' | 'light' | 'dark';
  readonly transparent: boolean;
}

/** `name` is a name for the file without its extension; `origin` what its content was made from: hash, seed, method, tolerance, version. */
export interface Exported {
  readonly name: string;
  readonly text: string;
  readonly origin: Readonly<Record<string, string>>;
}

export type ToSolver =
  /**
   * Threads at most for each study that is opened from now on; one for each core when null. `strings`: translations by the English text, null
   * where the editor speaks English.
   */
  | { readonly type: 'configure'; readonly workers: number | null; readonly strings: Readonly<Record<string, string>> | null }
  /**
   * The newest plan of a study, packed as the language server sends it. `keep`: titles of experiments that stay as the plan before had them,
   * because their text has an error now. `budget`: seconds that the runs may take, any when null.
   */
  | {
      readonly type: 'solve';
      readonly study: StudyId;
      readonly revision: number;
      readonly plan: unknown;
      readonly keep: readonly string[];
      readonly budget: number | null;
    }
  | { readonly type: 'watch'; readonly study: StudyId; readonly watched: readonly Watched[] }
  | { readonly type: 'cancel'; readonly study: StudyId }
  | { readonly type: 'close'; readonly study: StudyId }
  | { readonly type: 'export'; readonly request: number; readonly study: StudyId; readonly what: ExportRequest }
  | { readonly type: 'clearCache'; readonly request: number };

/** A result worth a few words beside the block that made it. */
export interface ResultNote {
  /** `train` or `concentrate`. */
  readonly block: string;
  readonly text: string;
  /** The same for each run or length, a line each. */
  readonly details: readonly string[];
}

/** What the runs found out about the spec: a warning at a block, known only after solving. */
export interface FindingNote {
  /** `attn.W510`. */
  readonly code: string;
  readonly message: string;
  /** The experiment itself when null. */
  readonly block: string | null;
}

/** How far an experiment is. Replaces what was said of it before. */
export interface Snapshot<
  Chart extends ChartOutline = ChartOutline,
  Table extends TableOutline = TableOutline,
  Parameters extends ParametersOutline = ParametersOutline,
> {
  readonly title: string;
  readonly hash: string;
  /** Null unless watched. */
  readonly charts: readonly Chart[] | null;
  readonly table: Table | null;
  readonly parameters: Parameters | null;
  readonly hasParameters: boolean;
  readonly runs: RunsState;
  readonly expectations: readonly ExpectationNote[];
  readonly held: HeldBack | null;
  readonly notes: readonly ResultNote[];
  readonly findings: readonly FindingNote[];
  /** Nothing more will come for this plan. */
  readonly settled: boolean;
}

export type FromSolver<
  Chart extends ChartOutline = ChartOutline,
  Table extends TableOutline = TableOutline,
  Parameters extends ParametersOutline = ParametersOutline,
> =
  | {
      readonly type: 'snapshot';
      readonly study: StudyId;
      readonly revision: number;
      readonly snapshot: Snapshot<Chart, Table, Parameters>;
    }
  | { readonly type: 'ended'; readonly study: StudyId; readonly revision: number; readonly status: 'finished' | 'cancelled' | 'held' }
  | ({ readonly type: 'exported'; readonly request: number } & Exported)
  | { readonly type: 'cleared'; readonly request: number; readonly bytes: number }
  | { readonly type: 'failed'; readonly request: number; readonly message: string };

const fromSolver: ReadonlySet<string> = new Set(['snapshot', 'ended', 'exported', 'cleared', 'failed']);
const toSolver: ReadonlySet<string> = new Set(['configure', 'solve', 'watch', 'cancel', 'close', 'export', 'clearCache']);

function hasType(value: unknown, types: ReadonlySet<string>): value is { readonly type: string } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && types.has(value.type);
}

/** Both ends are of one build and share no other channel: the kind of a message decides. */
export function isFromSolver(value: unknown): value is FromSolver {
  return hasType(value, fromSolver) && ('study' in value || 'request' in value);
}

export function isToSolver(value: unknown): value is ToSolver {
  return hasType(value, toSolver);
}
