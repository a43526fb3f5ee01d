/** What the meaning of a spec adds to these features; filled in by a shell. */
import type { Experiment, Expression, Let, Setting, Sweep } from '../generated/ast.js';

export interface Evaluated {
  /** Canonical text of the value, when all runs share it. */
  readonly text: string | null;
  /** Otherwise its value under some of the sweep values: `L = 10`, `0.5`. */
  readonly cases: readonly { readonly where: string; readonly text: string }[];
  /** True when there are more cases. */
  readonly more: boolean;
}

export interface PlacedValue {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface Evaluator {
  /** Null when the expression has a mistake, or has no value of its own. */
  value(node: Expression): Evaluated | null;
  /** The value of a let as its scope sees it. */
  letValue(node: Let): Evaluated | null;
  /** The sub-Gaussian parameter of the law that a setting gives; null when it gives none, or one that is not known from the text. */
  subGaussian(node: Setting): Evaluated | null;
  /** Every value of a sweep with its place; empty when the list has a mistake. */
  sweepValues(node: Sweep): readonly PlacedValue[];
  /** Number of runs; null when a sweep or `repeat` has a mistake. */
  runs(node: Experiment): number | null;
}

/** Knows no values. */
export const noEvaluator: Evaluator = {
  value: () => null,
  letValue: () => null,
  subGaussian: () => null,
  sweepValues: () => [],
  runs: () => null,
};
