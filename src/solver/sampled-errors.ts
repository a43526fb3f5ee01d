/**
 * Distance of a finite prompt from its infinite-prompt limit by sampled prompts (docs/mathematics.md, section 4): any token law, any
 * query law, both kernels against their own limit, plain tokens or a task.
 *
 * With m̂ and Ĉ the attention's mean and its derivative in the tilt (`AttentionSums`), m and C their limits, and heads added up:
 * output ‖Σ_h V_h (m̂_h − m_h)‖², V-gradient Σ_h ‖m̂_h − m_h‖², U-gradient Σ_h ‖V_h (Ĉ_h − C_h)‖²_F ‖z‖².
 */
import { AttentionSums, chunkTokens } from './attention-sums.js';
import { cumulant, kernelLimitDerivative, tiltedLawMean } from './cumulant.js';
import { TaskLimit } from './limit-prompts.js';
import type { Merged } from './parameters.js';
import type { ErrorQuantity, Law, Problem, Task } from './problem.js';
import { TaskDraw, WorkingModel } from './prompts.js';
import { type RandomStream, stream } from './random.js';
import { SolverFailure } from './result.js';
import { RunningMean } from './running-mean.js';
import { type Draw, flatten, lawDraw, multiply, taskSampler } from './sampling.js';
import { studentHalfWidth } from './statistics.js';

export const errorQuantities: readonly ErrorQuantity[] = ['output', 'value_gradient', 'key_query_gradient'];

export interface ErrorEstimate {
  /** Squared error, averaged over the query law (and w in a task). */
  readonly mean: number;
  readonly standardError: number;
  /** Two-sided band of the mean at the asked confidence; never below 0. */
  readonly lower: number;
  readonly upper: number;
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
}

/** Squared errors of one prompt, for the draw of a stream. */
interface ErrorSource {
  /** Draws the query (and w) and finds its limit. */
  query(rng: RandomStream): void;
  /** Draws a prompt for this query. */
  prompt(rng: RandomStream): void;
  readonly errors: Record<ErrorQuantity, number>;
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
  const passes = setting.kind === 'task' || squares > 0 ? (D * D) / 2 : 2 * D;
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

/** Per-head U (D × D, with the temperature inside) and V (D_out × D), row-major. */
interface Parameters {
  readonly keyQuery: readonly Float64Array[];
  readonly value: readonly Float64Array[];
  readonly outputs: number;
}

function plainParameters(problem: Problem): Parameters {
  const { heads, keyQuery, value, temperature } = problem.attention;
  if (keyQuery === null || value === null) {
    throw new SolverFailure('unsupported', 'Concentration on plain tokens needs `key_query` and `value`.', 'attention');
  }
  const U = flatten(keyQuery).map((x) => x / temperature);
  const V = flatten(value);
  return { keyQuery: Array.from({ length: heads }, () => U), value: Array.from({ length: heads }, () => V), outputs: value.length };
}

/** Plain tokens: z_l ~ law, query z. */
class TokensErrors implements ErrorSource {
  readonly errors = { output: 0, value_gradient: 0, key_query_gradient: 0 };
  private readonly law: Law;
  private readonly parameters: Parameters;
  private readonly sums: AttentionSums;
  private readonly drawToken: Draw;
  private readonly drawQuery: Draw | null;
  private readonly queryToken: Float64Array;
  private readonly chunk: Float64Array;
  private readonly limit: Float64Array;
  private readonly derivatives: Float64Array[] = [];
  private readonly fixedDerivative: Float64Array | null;
  private readonly difference: Float64Array;
  private limitKnown = false;

  constructor(
    private readonly problem: Problem,
    law: Law,
    private readonly wantKeyQuery: boolean,
  ) {
    const { query, attention } = problem;
    if (query === null) throw new SolverFailure('unsupported', 'Concentration on plain tokens needs a `query`.', 'query');
    const D = law.dimension;
    this.law = law;
    this.parameters = plainParameters(problem);
    this.sums = new AttentionSums(attention.kernel, attention.heads, D, { slope: false, covariance: wantKeyQuery });
    this.drawToken = lawDraw(law);
    this.drawQuery = query.kind === 'law' ? lawDraw(query.law) : null;
    this.queryToken = query.kind === 'at' ? Float64Array.from(query.at) : new Float64Array(D);
    this.chunk = new Float64Array(chunkTokens * D);
    this.limit = new Float64Array(attention.heads * D);
    this.difference = new Float64Array(D * D);
    this.fixedDerivative = attention.kernel === 'linear' ? kernelLimitDerivative('linear', law, new Float64Array(D)) : null;
  }

  query(rng: RandomStream): void {
    const { sums, queryToken, parameters, problem } = this;
    const D = this.law.dimension;
    this.drawQuery?.(rng, queryToken, 0);
    for (let h = 0; h < problem.attention.heads; h++) multiply(parameters.keyQuery[h], D, D, queryToken, sums.tilt, 0, h * D);
    this.findLimit();
  }

  prompt(rng: RandomStream): void {
    const { sums, problem } = this;
    const D = this.law.dimension;
    sums.reset();
    for (let l = 0; l < problem.length; l += chunkTokens) {
      const count = Math.min(chunkTokens, problem.length - l);
      for (let i = 0; i < count; i++) this.drawToken(rng, this.chunk, i * D);
      sums.add(this.chunk, count);
    }
    sums.finish();
    this.compare();
  }

  private findLimit(): void {
    if (this.limitKnown) return;
    const { sums, limit, law, problem } = this;
    const D = law.dimension;
    const { heads } = problem.attention;
    for (let h = 0; h < heads; h++) {
      const tilt = sums.tilt.subarray(h * D, (h + 1) * D);
      if (this.fixedDerivative !== null) {
        this.derivatives[h] = this.fixedDerivative;
        multiply(this.fixedDerivative, D, D, tilt, limit, 0, h * D);
      } else if (this.wantKeyQuery) {
        const { gradient, hessian } = cumulant(law, tilt, true);
        limit.set(gradient, h * D);
        this.derivatives[h] = hessian!;
      } else {
        limit.set(tiltedLawMean(law, tilt), h * D);
      }
    }
    if (!limit.every(Number.isFinite))
      throw new SolverFailure('no_limit', 'The infinite-prompt limit is not finite at this query.', 'query');
    this.limitKnown = this.drawQuery === null;
  }

  private compare(): void {
    const { sums, limit, parameters, errors, queryToken, difference } = this;
    const { heads } = this.problem.attention;
    const D = this.law.dimension;
    let square = 0;
    for (let i = 0; i < D; i++) square += queryToken[i] ** 2;
    errors.value_gradient = 0;
    errors.key_query_gradient = 0;
    for (let i = 0; i < heads * D; i++) errors.value_gradient += (sums.mean[i] - limit[i]) ** 2;
    errors.output = 0;
    for (let o = 0; o < parameters.outputs; o++) {
      let sum = 0;
      for (let h = 0; h < heads; h++) {
        for (let i = 0; i < D; i++) sum += parameters.value[h][o * D + i] * (sums.mean[h * D + i] - limit[h * D + i]);
      }
      errors.output += sum * sum;
    }
    if (!this.wantKeyQuery) return;
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < D * D; i++) difference[i] = sums.covariance[h * D * D + i] - this.derivatives[h][i];
      for (let o = 0; o < parameters.outputs; o++) {
        for (let j = 0; j < D; j++) {
          let sum = 0;
          for (let i = 0; i < D; i++) sum += parameters.value[h][o * D + i] * difference[i * D + j];
          errors.key_query_gradient += sum * sum * square;
        }
      }
    }
  }
}

/** A task: tokens (x, y) given w, query (x_q, 0); in working coordinates z = J c, J = diag(S, 1). */
class TaskErrors implements ErrorSource {
  readonly errors = { output: 0, value_gradient: 0, key_query_gradient: 0 };
  private readonly task: TaskDraw;
  private readonly model: WorkingModel;
  private readonly sums: AttentionSums;
  private readonly taskLimit: TaskLimit;
  private readonly chunk: Float64Array;
  private readonly limit: Float64Array;
  private readonly derivatives: readonly Float64Array[];
  private querySquare = 0;
  private readonly difference: Float64Array;
  private readonly image: Float64Array;

  constructor(
    private readonly problem: Problem,
    task: Task,
    merged: Merged,
    private readonly wantKeyQuery: boolean,
  ) {
    const { kernel, heads } = problem.attention;
    const sampler = taskSampler(task);
    const D = task.dimension + 1;
    this.task = new TaskDraw(sampler);
    this.model = new WorkingModel(sampler.root, task.dimension, heads);
    this.model.set(merged);
    this.sums = new AttentionSums(kernel, heads, D, { slope: false, covariance: wantKeyQuery });
    this.taskLimit = new TaskLimit(task, sampler, kernel);
    this.chunk = new Float64Array(chunkTokens * D);
    this.limit = new Float64Array(heads * D);
    this.derivatives = Array.from({ length: heads }, () => new Float64Array(D * D));
    this.difference = new Float64Array(D);
    this.image = new Float64Array(D);
  }

  query(rng: RandomStream): void {
    const { task, model, sums, limit, derivatives } = this;
    const D = model.width;
    task.draw(rng);
    model.tilt(task.query, sums.tilt);
    for (let h = 0; h < model.heads; h++) this.taskLimit.at(task.weights, sums.tilt, h * D, limit, derivatives[h]);
    this.querySquare = this.squareOfImage(task.query, false);
  }

  prompt(rng: RandomStream): void {
    const { task, model, sums, problem, errors } = this;
    const D = model.width;
    sums.reset();
    for (let l = 0; l < problem.length; l += chunkTokens) {
      const count = Math.min(chunkTokens, problem.length - l);
      task.tokens(rng, this.chunk, count);
      sums.add(this.chunk, count);
    }
    sums.finish();
    let output = 0;
    errors.value_gradient = 0;
    errors.key_query_gradient = 0;
    for (let h = 0; h < model.heads; h++) {
      for (let i = 0; i < D; i++) {
        this.difference[i] = sums.mean[h * D + i] - this.limit[h * D + i];
        output += model.value[h * D + i] * this.difference[i];
      }
      errors.value_gradient += this.squareOfImage(this.difference, true);
      if (this.wantKeyQuery) errors.key_query_gradient += this.derivativeError(h) * this.querySquare;
    }
    errors.output = output * output;
  }

  /** ‖J (Ĉ_h − C_h) Jᵀ v_h‖², where model.value is Jᵀ v_h. */
  private derivativeError(h: number): number {
    const { sums, model, difference } = this;
    const derivative = this.derivatives[h];
    const D = model.width;
    for (let i = 0; i < D; i++) {
      let sum = 0;
      for (let j = 0; j < D; j++) sum += (sums.covariance[(h * D + i) * D + j] - derivative[i * D + j]) * model.value[h * D + j];
      difference[i] = sum;
    }
    return this.squareOfImage(difference, true);
  }

  /** ‖S x‖², or ‖J x‖² when x has its last coordinate too. */
  private squareOfImage(x: Float64Array, whole: boolean): number {
    const { task, model, image } = this;
    const d = model.dimension;
    multiply(task.sampler.root, d, d, x, image);
    let square = whole ? x[d] ** 2 : 0;
    for (let i = 0; i < d; i++) square += image[i] ** 2;
    return square;
  }
}

/** Quantiles come from this many prompts at most, so that memory is bounded. */
const keptErrors = 2 ** 17;
/** Work between two yields: about ten milliseconds. */
const workBetweenYields = 2e6;

/**
 * Samples prompts (seed, 'concentrate', 0 … samples − 1), the same for every length and kernel, and yields the estimates so far about every ten
 * milliseconds of work, then returns the final ones. Where a limit takes a pass over a file, several prompts share a query, and their mean counts as one
 * value. Values are independent, so the bands need nothing but the central limit theorem: where
 * rare queries govern (section 3, "Regimes") they are optimistic. `merged` holds a task's parameters and is null for plain tokens, whose parameters
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
  const means = new Map(of.map((quantity) => [quantity, new RunningMean()] as const));
  const values = new Map(of.map((quantity) => [quantity, new Float64Array(Math.min(samples, keptErrors))] as const));
  const source = problem.length === Infinity ? null : sourceOf(problem, merged, wantKeyQuery);
  const { prompt, limit } = workOf(problem, of);
  const each = Math.max(1, Math.min(promptsPerQuery(problem, of), Math.floor(samples / fewestQueries)));
  let sinceYield = 0;
  for (let n = 0; source !== null && n < samples; ) {
    const rng = stream(problem.solver.seed, 'concentrate', n / each);
    source.query(rng);
    const used = Math.min(each, samples - n);
    const sums = of.map(() => 0);
    for (let j = 0; j < used; j++) {
      source.prompt(rng);
      of.forEach((quantity, i) => {
        sums[i] += source.errors[quantity];
        if (n + j < keptErrors) values.get(quantity)![n + j] = source.errors[quantity];
      });
    }
    of.forEach((quantity, i) => {
      means.get(quantity)!.add(sums[i] / used);
    });
    n += used;
    sinceYield += used * prompt + limit + 1000;
    if (sinceYield > workBetweenYields && n > each && n < samples) {
      sinceYield = 0;
      yield summary(n, n / samples, confidence, means, null);
    }
  }
  if (source === null) for (const mean of means.values()) for (let i = 0; i < 2; i++) mean.add(0);
  return summary(samples, 1, confidence, means, values);
}

function sourceOf(problem: Problem, merged: Merged | null, wantKeyQuery: boolean): ErrorSource {
  if (problem.setting.kind === 'tokens') return new TokensErrors(problem, problem.setting.law, wantKeyQuery);
  if (merged === null) throw new SolverFailure('unsupported', 'Concentration in a task needs its parameters.', 'attention');
  return new TaskErrors(problem, problem.setting.task, merged, wantKeyQuery);
}

function summary(
  samples: number,
  fraction: number,
  confidence: number,
  means: ReadonlyMap<ErrorQuantity, RunningMean>,
  values: ReadonlyMap<ErrorQuantity, Float64Array> | null,
): ErrorEstimates {
  const estimates: Partial<Record<ErrorQuantity, ErrorEstimate>> = {};
  for (const [quantity, { mean, standardError, count }] of means) {
    const half = studentHalfWidth(confidence, count - 1) * standardError;
    const estimate = { mean, standardError, lower: Math.max(0, mean - half), upper: mean + half };
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
