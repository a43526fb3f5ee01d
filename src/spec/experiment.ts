/** The meaning of a spec: plain data, JSON-serialisable but for Infinity. Sweeps and repeats are multiplied out. */
import type { FacetName, Problem, QuantityName } from '../solver/problem.js';

/** Offsets in UTF-16 units, lines and columns from 1. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

/** A data file by content: the hash of a run covers `digest`, not `path`. `path` is relative to the root the reader was given. */
export interface FileReference {
  readonly path: string;
  readonly digest: string;
  readonly rows: number;
  readonly columns: number;
}

/** A sweep value: `text` is canonical (`kms(0.5)`, `1000`, `inf`, `softmax`); `value` is there when it is a number. */
export interface SweepValue {
  readonly text: string;
  readonly value: number | null;
}

export interface Sweep {
  readonly name: string;
  readonly values: readonly SweepValue[];
  readonly range: SourceRange;
  /** True when this sweep's values are the prompt lengths. */
  readonly isLength: boolean;
}

/** One of `Q`, `Q.facet`, `rate of Q`, `fitted rate of Q`, `trust_length of Q to V`. */
export interface QuantityRef {
  readonly name: QuantityName;
  readonly facet: FacetName | null;
  readonly form: 'value' | 'rate' | 'fitted_rate' | 'trust_length';
  /** Threshold of trust_length. */
  readonly threshold: number | null;
}

/** The key of a quantity in `RunResult.quantities`. */
export function quantityKey(q: QuantityRef): string {
  const name = q.facet === null ? q.name : `${q.name}.${q.facet}`;
  switch (q.form) {
    case 'value':
      return name;
    case 'rate':
      return `rate of ${name}`;
    case 'fitted_rate':
      return `fitted rate of ${name}`;
    case 'trust_length':
      return `trust_length of ${name} to ${q.threshold}`;
  }
}

export interface Plot {
  readonly quantities: readonly QuantityRef[];
  /** `time`, `step`, or the name of a sweep. */
  readonly against: string;
  readonly by: readonly string[];
  readonly logX: boolean;
  readonly logY: boolean;
  /** False for a plot that the spec does not ask for but a reader would expect. */
  readonly written: boolean;
  readonly range: SourceRange | null;
}

export interface Overlay {
  readonly label: string;
  readonly x: string;
  readonly y: string;
  readonly file: FileReference;
  readonly points: { readonly x: readonly number[]; readonly y: readonly number[] };
  readonly range: SourceRange;
}

/** Picks runs by sweep value (`sweep`, matched by canonical text or to 1e-12 relative) or a point of a trajectory. */
export type AtEntry =
  | { readonly kind: 'sweep'; readonly name: string; readonly value: SweepValue }
  | { readonly kind: 'axis'; readonly axis: 'time' | 'step'; readonly value: number };

export interface QuantityOperand {
  readonly kind: 'quantity';
  readonly factor: number;
  readonly quantity: QuantityRef;
  readonly at: readonly AtEntry[];
}
/** A number for each run (a bound may depend on swept names). */
export interface NumberOperand {
  readonly kind: 'number';
  readonly perRun: readonly number[];
}
export type Operand = QuantityOperand | NumberOperand;

export interface Expectation {
  readonly range: SourceRange;
  /** As written, white space folded. */
  readonly text: string;
  readonly left: QuantityOperand;
  readonly relation:
    | { readonly kind: 'below' | 'above'; readonly right: Operand }
    | { readonly kind: 'between'; readonly low: Operand; readonly high: Operand }
    | { readonly kind: 'within' /** a fraction: 20 % is 0.2 */; readonly fraction: number; readonly right: Operand }
    | { readonly kind: 'decreasing' | 'increasing'; readonly axis: string };
}

/** Seconds of one core and bytes held at once, as estimated before anything is allocated. */
export interface CostEstimate {
  readonly seconds: number;
  readonly bytes: number;
}

export interface RunSpec {
  /** Sweep values in the order of the sweeps. */
  readonly at: Readonly<Record<string, SweepValue>>;
  /** 0 without `repeat`. */
  readonly repeat: number;
  /** SHA-256 (hex) of what the result depends on. */
  readonly hash: string;
  readonly problem: Problem<FileReference>;
  readonly cost: CostEstimate;
}

export interface Experiment {
  readonly title: string;
  readonly range: SourceRange;
  readonly hash: string;
  readonly sweeps: readonly Sweep[];
  readonly repeats: number;
  /** Product of the sweeps, the last sweep fastest, repeats innermost. */
  readonly runs: readonly RunSpec[];
  readonly measures: readonly QuantityRef[];
  readonly plots: readonly Plot[];
  readonly overlays: readonly Overlay[];
  readonly expectations: readonly Expectation[];
  /** Where each setting stands, by path (`train.rate`, `train`), for failures that point at a line. */
  readonly settings: Readonly<Record<string, SourceRange>>;
}

export interface Plan {
  /** Name of the file as the user gave it. */
  readonly file: string;
  readonly experiments: readonly Experiment[];
}
