/** Recorded parameters as a picture: the matrix of the scores along the training, and its eigenvalues against where they should arrive. */
import type { Text } from './types.js';

/** The parameters of one run at its recorded points. */
export interface ParametersRun {
  readonly name: Text;
  readonly at: Readonly<Record<string, string>>;
  readonly axis: 'time' | 'step';
  readonly points: readonly number[];
  /** Number of rows and columns of A. */
  readonly size: number;
  /** For each point, A row by row. */
  readonly matrices: readonly (readonly number[])[];
  /** For each point, the eigenvalues of the symmetric part of A, falling. */
  readonly eigenvalues: readonly (readonly number[])[];
  /** Eigenvalues of the best A of an infinite prompt, falling, scaled to the b of each point; null where there is none. */
  readonly best: readonly (readonly number[])[] | null;
}

export interface ParametersModel {
  readonly runs: readonly ParametersRun[];
}
