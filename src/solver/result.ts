/** What the solver answers. Arrays are plain numbers; NaN marks a value that does not exist and `reason` says why. */
import type { Sentence } from './sentences.js';

/**
 * How a value came about: closed form or one-dimensional integral, a formula that is itself an approximation of unknown error, randomised
 * quasi-Monte Carlo, sampled prompts, or a fit.
 */
export type Method = 'exact' | 'approximate' | 'quasi_monte_carlo' | 'sampled' | 'fitted';

const methods: readonly Method[] = ['approximate', 'exact', 'quasi_monte_carlo', 'sampled', 'fitted'];

/** Of several values; an approximation stands beside what was computed and says nothing of that. */
export function weakest(of: Iterable<Method>): Method {
  let worst = -1;
  for (const method of of) worst = Math.max(worst, methods.indexOf(method));
  return methods[worst] ?? 'exact';
}

export type Axis = 'time' | 'step';

/** The fraction `probability` of the queries, those with a scores' variance above `tau2`, and where they stand among all. */
export interface Carriers {
  readonly tau2: number;
  readonly probability: number;
  /** The error falls as L^−exponent, up to powers of log L. */
  readonly exponent: number;
  readonly profile: CarrierProfile;
}

/** Over growing scores' variances: densities in log τ² (integral 1) of the queries, and of the mean error that they carry. */
export interface CarrierProfile {
  readonly tau2: readonly number[];
  readonly queries: readonly number[];
  readonly error: readonly number[];
}

export interface Series {
  /** The axis of the values; null when there is one value only (its array then has length 1). */
  readonly against: Axis | null;
  readonly value: readonly number[];
  /** Confidence band (sampled) or error bound (quasi-Monte Carlo); absent where the value is exact. */
  readonly lower?: readonly number[];
  readonly upper?: readonly number[];
  readonly method: Method;
  /** Standard error of each value, where `lower` and `upper` are present. */
  readonly standardError?: readonly number[];
  /** Number of sampled prompts behind each value. */
  readonly samples?: number;
  /** Numerical error estimate of an exact value, relative. */
  readonly error?: number;
  readonly reason?: string;
  /** σ², the variance proxy of the tokens, beside an error whose paper's form is asked for. */
  readonly varianceProxy?: number;
  /** The queries with the widest scores that carry half of a mean error: their scores' variance τ² is above `tau2`. Only where rare queries govern. */
  readonly carriers?: Carriers;
  /** Constants of a fitted form, one of each for every value of the axis. */
  readonly fit?: { readonly c1: readonly number[]; readonly c2: readonly number[]; readonly sigma2: number };
}

/** The trained scores at some recorded points (`snapshots.ts`). */
export interface ParameterSnapshots {
  readonly against: Axis;
  readonly at: readonly number[];
  /** d: rows and columns of a matrix. */
  readonly size: number;
  /** For each point, A (one head) or Σ_h b_h A_h (several) row by row. */
  readonly matrices: readonly (readonly number[])[];
  /** For each point, b (one head) or 1. */
  readonly scales: readonly number[];
  /** For each point, the eigenvalues of the symmetric part of scale · matrix, falling. */
  readonly eigenvalues: readonly (readonly number[])[];
  /** Where they tend with an infinite prompt, falling; null where that is not known. */
  readonly best: readonly number[] | null;
}

/** What a run found out that a setting of its should be marked for. */
export interface RunWarning {
  /** Of the catalogue of diagnostics. */
  readonly code: 'W510';
  readonly message: Sentence;
  /** Path of the setting, `train` for a block. */
  readonly setting: string;
}

export interface RunResult {
  /** The weakest method among the quantities that were computed. */
  readonly method: Method;
  /** Recorded times (time = rate × step for the discrete optimisers) and steps; empty without training. */
  readonly axes: Partial<Readonly<Record<Axis, readonly number[]>>>;
  /** By quantity key: `risk`, `output_error`, `output_error.certified`, `rate of output_error`. */
  readonly quantities: Readonly<Record<string, Series>>;
  /** Sentences for the reader: rare queries govern, values left out, tolerance not met. */
  readonly notes: readonly Sentence[];
  readonly warnings?: readonly RunWarning[];
  /**
   * E τ²/(2 log L), as the quantity `condensation`, whether it is measured or not: phases of a chart are made of it. Absent where it is not known,
   * for linear attention, one token, and along a training that stays where errors fall as 1/L.
   */
  readonly condensation?: Series;
  /** Absent without training, and where they are too large to look at. */
  readonly parameters?: ParameterSnapshots;
}

export type FailureCode = 'diverged' | 'no_limit' | 'tolerance' | 'memory' | 'unsupported' | 'cancelled';

/**
 * A run that cannot go on. `setting` is the path of the setting that caused it (`train.rate`), where one did; `partial` is what was found until
 * then, where that is worth showing.
 */
export class SolverFailure extends Error {
  declare readonly message: Sentence;

  constructor(
    readonly code: FailureCode,
    message: Sentence,
    readonly setting: string | null = null,
    readonly partial: RunResult | null = null,
  ) {
    super(message);
    this.name = 'SolverFailure';
  }
}

export type SolveEvent =
  /**
   * `fraction` of the run that is done, 0 to 1, and steps taken of a training by steps. Until the next event is asked for, `state` gives what `solve`
   * needs to go on from here, bit for bit, and `soFar` the curves up to here, where there is more of them than when it was last asked.
   */
  | {
      readonly kind: 'progress';
      readonly fraction: number;
      readonly step?: number;
      readonly state?: () => Float64Array;
      readonly soFar?: () => RunResult;
    }
  | { readonly kind: 'partial'; readonly result: RunResult };
