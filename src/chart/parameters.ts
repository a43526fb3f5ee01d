/** Recorded parameters as a picture: the matrix of the scores along the training, and its eigenvalues against where they tend. */
import type { ExperimentResult } from '../engine/results.js';
import { resultOf } from './collect.js';
import { namedValue } from './labels.js';
import { joinWith, plain } from './text.js';
import type { Text } from './types.js';

/** The scores of one run at its recorded points. */
export interface ParametersRun {
  readonly name: Text;
  /** Sweep values, canonical text. */
  readonly at: Readonly<Record<string, string>>;
  readonly axis: 'time' | 'step';
  readonly points: readonly number[];
  /** Rows and columns of a matrix. */
  readonly size: number;
  /** A for one head, Σ_h b_h A_h for several. */
  readonly symbol: Text;
  /** For each point, the matrix row by row. */
  readonly matrices: readonly (readonly number[])[];
  /** Largest entry in size over all points: one scale of colours for the whole training. */
  readonly largest: number;
  /** For each point, the eigenvalues of b A, falling. */
  readonly eigenvalues: readonly (readonly number[])[];
  /** Eigenvalues of Σ⁻¹, falling, where those of b A tend with an infinite prompt; null where that is not known. */
  readonly best: readonly number[] | null;
}

export interface ParametersModel {
  readonly runs: readonly ParametersRun[];
}

/** Whether a run has parameters to show, also where a draft has left them out. */
export function hasParameters({ experiment, runs }: ExperimentResult): boolean {
  return runs.some((outcome, i) => {
    const result = resultOf(outcome);
    return result !== null && (result.parameters !== undefined || experiment.runs[i]?.problem.withoutSnapshots === true);
  });
}

const italicA: Text = [{ text: 'A', italic: true }];
const sumOfHeads: Text = [
  { text: 'Σ' },
  { text: 'h', italic: true, script: 'sub' },
  { text: '\u2009b', italic: true },
  { text: 'h', italic: true, script: 'sub' },
  { text: '\u2009A', italic: true },
  { text: 'h', italic: true, script: 'sub' },
];

export function parametersModel({ experiment, runs }: ExperimentResult): ParametersModel {
  return {
    runs: runs.flatMap((outcome, i): ParametersRun[] => {
      const found = resultOf(outcome)?.parameters;
      const run = experiment.runs[i];
      if (found === undefined || run === undefined) return [];
      const words = Object.entries(run.at).map(([name, value]) => namedValue(name, value));
      if (experiment.repeats > 1) words.push(plain(`repeat ${run.repeat}`));
      return [
        {
          name: joinWith(', ', words),
          at: Object.fromEntries(Object.entries(run.at).map(([name, { text }]) => [name, text])),
          axis: found.against,
          points: found.at,
          size: found.size,
          symbol: run.problem.attention.heads === 1 ? italicA : sumOfHeads,
          matrices: found.matrices,
          largest: found.matrices.reduce((most, matrix) => matrix.reduce((m, v) => Math.max(m, Math.abs(v)), most), 0),
          eigenvalues: found.eigenvalues,
          best: found.best,
        },
      ];
    }),
  };
}
