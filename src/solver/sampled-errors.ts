/**
 * Distance of a finite prompt from its infinite-prompt limit by sampled prompts (docs/mathematics.md, section 4): any token law, any
 * query law, both kernels against their own limit, plain tokens or a task.
 *
 * With m̂ and Ĉ the attention's mean and its derivative in the tilt (`AttentionSums`), m and C their limits, and heads added up:
 * output ‖Σ_h V_h (m̂_h − m_h)‖², V-gradient Σ_h ‖m̂_h − m_h‖², U-gradient Σ_h ‖V_h (Ĉ_h − C_h)‖²_F ‖z‖².
 */
import type { KernelLoader } from '../kernels/index.js';
import { ControlledMean } from './control-variates.js';
import { errorSource } from './error-sources.js';
import type { Merged } from './parameters.js';
import type { ErrorQuantity, Problem } from './problem.js';
import { stream } from './random.js';
import { isCarriedByFew, meanBand } from './statistics.js';

export const errorQuantities: readonly ErrorQuantity[] = ['output', 'value_gradient', 'key_query_gradient'];

export interface ErrorEstimate {
  /** Squared error, averaged over the query law (and w in a task). */
  readonly mean: number;
  readonly standardError: number;
  /** Two-sided band of the mean at the asked confidence; never below 0. */
  readonly lower: number;
  readonly upper: number;
  /** Whether a few prompts carry the mean, so that rarer and larger errors may be missing from it. */
  readonly isCarriedByFew: boolean;
  /** Quantiles of the squared error of one prompt, at `errorProbabilities`; in the last estimate only. */
  readonly quantiles?: readonly number[];
  /** Its quantile at the asked confidence, with the band of the order statistics; in the last estimate only. */
  readonly quantile?: QuantileEstimate;
}

export interface QuantileEstimate {
  readonly value: number;
  /** 95 % band; Infinity where there are too few prompts for an upper end. */
  readonly lower: number;
  readonly upper: number;
}

export const errorProbabilities: readonly number[] = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

export interface ErrorEstimates {
  readonly samples: number;
  /** 0 to 1. */
  readonly fraction: number;
  readonly estimates: Partial<Readonly<Record<ErrorQuantity, ErrorEstimate>>>;
}

export interface SampleErrorsOptions {
  readonly of: readonly ErrorQuantity[];
  /** Confidence of the bands, in (0, 1). */
  readonly confidence: number;
  /** Number of prompts; null for `errorSamples`. */
  readonly samples: number | null;
  /** At how many parameter values the errors will be measured: the automatic number is for all of them. */
  readonly points?: number;
  /** The compiled kernels; without them plain TypeScript draws the same prompts. */
  readonly kernels?: KernelLoader | undefined;
}

/** Work of one prompt and of one limit, in multiplications; `file`, the part of the limit that goes through a file. */
function workOf(
  problem: Problem,
  of: readonly ErrorQuantity[],
): { readonly prompt: number; readonly limit: number; readonly file: number } {
  const { setting, attention, length } = problem;
  const D = setting.kind === 'task' ? setting.task.dimension + 1 : setting.law.dimension;
  const squares = of.includes('key_query_gradient') ? (attention.heads * D * D) / 2 : 0;
  const law = setting.kind === 'tokens' ? setting.law : setting.task.tokens;
  const isLinked = setting.kind === 'task' && setting.task.link !== 'identity';
  const passes = isLinked || squares > 0 ? (D * D) / 2 : 2 * D;
  // One fixed query has one limit.
  const file = law?.kind === 'empirical' && problem.query?.kind !== 'at' ? law.tokens.rows * passes : 0;
  return {
    prompt: (length === Infinity ? 0 : length * (D * (attention.heads + 1) + squares + 4)) + 100,
    limit: attention.heads * (D * D + file),
    file: attention.heads * file,
  };
}

/** Fewest queries that an average over queries rests on. */
const fewestQueries = 32;

/** A query whose limit takes a pass over a file is used for several prompts, so that the limits cost no more than the prompts. */
function promptsPerQuery(problem: Problem, of: readonly ErrorQuantity[]): number {
  const { prompt, file } = workOf(problem, of);
  return Math.max(1, Math.min(64, Math.round(file / prompt)));
}

/** Prompts for one value of the parameters, out of what about half a second allows for all; at least 256, and 32 for each that a query is used for. */
export function errorSamples(problem: Problem, of: readonly ErrorQuantity[], points: number): number {
  const { prompt, limit } = workOf(problem, of);
  const each = promptsPerQuery(problem, of);
  return Math.round(Math.min(20_000, Math.max(256, fewestQueries * each, 1e8 / points / (prompt + limit / each))));
}

/** Work of a first order at one query, in multiplications (`FirstOrderErrors.at`); 0 where there is none. */
function firstOrderWork({ attention, setting, length }: Problem, fileWork: number): number {
  const law = setting.kind === 'tokens' ? setting.law : setting.task.tokens;
  if (attention.kernel === 'linear' || length === Infinity || fileWork > 0) return 0;
  if (setting.kind === 'task' && setting.task.link !== 'identity') return 0;
  const { heads } = attention;
  const D = setting.kind === 'task' ? setting.task.dimension + 1 : setting.law.dimension;
  const tilts = 2 * heads + (heads * (heads + 1)) / 2;
  // Affine images and mixtures of them carry a matrix from one side to the other.
  const each = law?.kind === 'affine' || law?.kind === 'mixture' ? D * D * D : 0.5 * D * D;
  return tilts * (each + 300) + ((heads * (heads + 1)) / 8) * D * D * Math.max(1, attention.value?.length ?? 1);
}

/** Quantiles come from this many prompts at most, so that memory is bounded. */
const keptErrors = 2 ** 17;
/** Most further queries for one prompt, and the share of its work that they may take: they lower what of the variance the queries are behind. */
const mostFurther = 16;
const furtherShare = 0.2;
/** A control may take this share of the work of the prompt it is for; what is dearer pays back too little. */
const dearestControl = 0.5;
/** Work between two yields: about ten milliseconds. */
const workBetweenYields = 2e6;

/**
 * Samples prompts (seed, 'concentrate', 0 … samples − 1), the same for every length and kernel, and yields the estimates so far about every ten
 * milliseconds of work, then returns the final ones. Where a limit takes a pass over a file, several prompts share a query, and their mean counts as one
 * value. Where the first order of an error is known in closed form and is cheap, it is a control variate (`ControlledMean`). Values are independent, and the bands are corrected
 * for their skewness; where rare queries govern (section 3, "Regimes") they are still optimistic, and say so. `merged` holds a task's parameters and is null for plain tokens, whose parameters
 * are `attention.keyQuery` and `attention.value`. At L = ∞ every error is 0. Throws SolverFailure `no_limit` or `unsupported` where there is no
 * limit to compare with.
 */
export function* sampleErrors(
  problem: Problem,
  merged: Merged | null,
  options: SampleErrorsOptions,
): Generator<ErrorEstimates, ErrorEstimates> {
  const { of, confidence } = options;
  const samples = options.samples ?? errorSamples(problem, of, options.points ?? 1);
  const wantKeyQuery = of.includes('key_query_gradient');
  const means = new Map(of.map((quantity) => [quantity, new ControlledMean()] as const));
  const values = new Map(of.map((quantity) => [quantity, new Float64Array(Math.min(samples, keptErrors))] as const));
  const { prompt, limit, file } = workOf(problem, of);
  const control = firstOrderWork(problem, file);
  const isFixed = problem.query?.kind === 'at';
  const isControlled =
    control > 0 && (isFixed || control < dearestControl * prompt) && of.some((quantity) => quantity !== 'key_query_gradient');
  const further = isControlled && !isFixed ? Math.min(mostFurther, Math.floor((furtherShare * prompt) / (control + limit))) : 0;
  const source = problem.length === Infinity ? null : errorSource(problem, merged, wantKeyQuery, isControlled, options.kernels?.() ?? null);
  const each = Math.max(1, Math.min(promptsPerQuery(problem, of), Math.floor(samples / fewestQueries)));
  let sinceYield = 0;
  for (let n = 0; source !== null && n < samples; ) {
    const used = Math.min(each, samples - n);
    const rng = source.take === null ? stream(problem.solver.seed, 'concentrate', n / each) : null;
    if (rng !== null) source.query(rng);
    const sums = of.map(() => 0);
    const approximate = of.map(() => 0);
    for (let j = 0; j < used; j++) {
      if (rng !== null) source.prompt(rng);
      else while (!source.take!(n + j, samples)) if (n > each) yield summary(n, n / samples, confidence, means, null);
      of.forEach((quantity, i) => {
        sums[i] += source.errors[quantity];
        if (quantity !== 'key_query_gradient') approximate[i] += source.approximation?.[quantity] ?? 0;
        if (n + j < keptErrors) values.get(quantity)![n + j] = source.errors[quantity];
      });
    }
    of.forEach((quantity, i) => {
      const known = quantity === 'key_query_gradient' ? 0 : (source.known?.[quantity] ?? 0);
      means.get(quantity)!.add(sums[i] / used, approximate[i] / used - known, known);
    });
    for (let j = 0; j < further; j++) {
      source.query(stream(problem.solver.seed, 'concentrate-queries', (n / each) * further + j));
      of.forEach((quantity) => {
        if (quantity !== 'key_query_gradient') means.get(quantity)!.addFurther(source.known![quantity]);
      });
    }
    n += used;
    sinceYield += used * prompt + (1 + further) * (limit + control) + 1000;
    if (sinceYield > workBetweenYields && n > each && n < samples) {
      sinceYield = 0;
      yield summary(n, n / samples, confidence, means, null);
    }
  }
  if (source === null) for (const mean of means.values()) for (let i = 0; i < 2; i++) mean.add(0);
  return summary(samples, 1, confidence, means, values);
}

function summary(
  samples: number,
  fraction: number,
  confidence: number,
  means: ReadonlyMap<ErrorQuantity, ControlledMean>,
  values: ReadonlyMap<ErrorQuantity, Float64Array> | null,
): ErrorEstimates {
  const estimates: Partial<Record<ErrorQuantity, ErrorEstimate>> = {};
  for (const [quantity, controlled] of means) {
    const { mean, standardError, parts, skewness } = controlled.estimate();
    const { count } = controlled;
    const { lower, upper } = meanBand(mean, standardError, skewness, parts, confidence);
    const estimate = { mean, standardError, lower: Math.max(0, lower), upper, isCarriedByFew: isCarriedByFew(skewness, parts) };
    if (values === null) {
      estimates[quantity] = estimate;
      continue;
    }
    const sorted = values.get(quantity)!.slice().sort();
    const at = errorProbabilities.map((p) => orderStatistic(sorted, p));
    estimates[quantity] = { ...estimate, quantiles: at, quantile: quantileOf(sorted, confidence, Math.min(count, sorted.length)) };
  }
  return { samples, fraction, estimates };
}

function orderStatistic(sorted: Float64Array, p: number): number {
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.floor(p * sorted.length)))];
}

/** The band holds for any law: the number of values below a quantile is binomial. Of `independent` values, fewer where prompts share a query. */
function quantileOf(sorted: Float64Array, p: number, independent: number): QuantileEstimate {
  const half = 1.96 * Math.sqrt((p * (1 - p)) / independent);
  return {
    value: orderStatistic(sorted, p),
    lower: p - half <= 0 ? 0 : orderStatistic(sorted, p - half),
    upper: p + half >= 1 ? Number.POSITIVE_INFINITY : orderStatistic(sorted, p + half),
  };
}
