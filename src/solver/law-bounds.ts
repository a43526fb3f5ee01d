/**
 * Asymptotes, certified bounds and certified quantiles of softmax attention's errors for tokens of any law, on plain tokens and in a task with the identity
 * link (docs/mathematics.md, section 4): what stands beside sampled errors where section 3 does not apply.
 */
import type { LayerParameters } from './concentration.js';
import { largestShare } from './error-nodes.js';
import { GradientBound } from './law-gradient-bound.js';
import { OutputBound, type QueryBound } from './law-output-bound.js';
import { queriesOf, replicateCount, Transport } from './law-transport.js';
import { LayerTokens, type TokenQuery } from './layer-tokens.js';
import * as linear from './linear-algebra.js';
import type { ErrorQuantity, Law, Problem, Query, Task } from './problem.js';
import { tailQuantile } from './quantile-bounds.js';
import { gaussianPoints } from './quasi-monte-carlo.js';
import { studentHalfWidth } from './statistics.js';
import { lawOfX } from './task-nodes.js';

export interface LawBound {
  /** Leading term in 1/L; NaN where a few queries carry it, so that its average diverges or is out of reach. */
  readonly asymptote: number;
  /** At least the error at every length; of an average over sampled queries, the upper end of its 95 % band. */
  readonly certified: number;
}

/** Bounds of all errors of one problem at any length; NaN where they are not known. */
export interface ErrorBounds {
  at(quantity: ErrorQuantity, length: number): LawBound;
  /** What one prompt's error stays below with probability `confidence`, query and prompt drawn anew. */
  quantile(quantity: ErrorQuantity, length: number, confidence: number): number;
}

/** Of the replicates' mean. */
const confidenceOfMean = 0.95;
const unknown: LawBound = { asymptote: Number.NaN, certified: Number.NaN };

/** The average of bounds over queries: all of them, or equal shares in order that are independent estimates. */
class BoundAverage {
  constructor(
    private readonly queries: readonly QueryBound[],
    private readonly replicates: number,
  ) {}

  at(length: number): LawBound {
    if (length === Number.POSITIVE_INFINITY) return { asymptote: 0, certified: 0 };
    const { queries, replicates } = this;
    const leading = queries.reduce((sum, query) => sum + query.weight * query.leading, 0);
    const most = queries.reduce((top, query) => Math.max(top, query.weight * query.leading), 0);
    const isCarried = replicates > 1 && most > largestShare * leading;
    const size = queries.length / replicates;
    const means = new Float64Array(replicates);
    queries.forEach((query, i) => {
      means[Math.floor(i / size)]! += query.weight * replicates * query.certified(length);
    });
    const mean = means.reduce((sum, x) => sum + x, 0) / replicates;
    const squares = means.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    const band =
      replicates > 1 ? studentHalfWidth(confidenceOfMean, replicates - 1) * Math.sqrt(squares / (replicates * (replicates - 1))) : 0;
    return { asymptote: isCarried || !Number.isFinite(leading) ? Number.NaN : leading / length, certified: mean + band };
  }

  quantile(length: number, confidence: number): number {
    if (length === Number.POSITIVE_INFINITY) return 0;
    const { queries } = this;
    const weights = queries.map((query) => query.weight);
    const terms = queries.map((query) => query.weight * query.certified(length));
    return tailQuantile(terms, weights, 1, 1 - confidence, (j, probability) => queries[j]!.quantile(length, probability));
  }
}

/**
 * Bounds under softmax with one head and the identity link; null for anything else. `layer`: the parameters of a task; plain tokens have theirs in the
 * problem. `points`: at how many parameters bounds will be made.
 */
export function lawBounds(problem: Problem, layer: LayerParameters | null = null, points = 1): ErrorBounds | null {
  const { setting, attention, query, solver } = problem;
  if (attention.kernel !== 'softmax' || attention.heads !== 1) return null;
  if (setting.kind === 'task') {
    const { task } = setting;
    if (layer === null || task.link !== 'identity') return null;
    const key = JSON.stringify([lawKey(task), layer, solver.seed, points > 1]);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const bounds = new LazyBounds((quantity) => {
      const count = Math.floor(taskPoints(task, quantity) / (points > 1 ? 4 : 1));
      return count < fewestPoints ? null : new BoundAverage(made(quantity, taskQueries(task, layer, solver.seed, count)), replicateCount);
    });
    const oldest = kept.keys().next().value;
    if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
    if (task.tokens === null || rowsIn(task.tokens) === 0) kept.set(key, bounds);
    return bounds;
  }
  const { keyQuery, value: V, temperature } = attention;
  if (query === null || keyQuery === null || V === null) return null;
  const { law } = setting;
  const fresh = (): ErrorBounds => {
    const tokens = new LayerTokens(law, V);
    const U = linear.scale(keyQuery, 1 / temperature);
    return new LazyBounds((quantity) => plainAverage(quantity, tokens, U, query, solver.seed));
  };
  if (law.kind !== 'empirical') return fresh();
  // Runs that differ in length alone share the passes over their file.
  const { data } = law.tokens;
  const key = JSON.stringify([keyQuery, V, temperature, solver.seed, query.kind === 'at' ? query.at : lawKey(query.law)]);
  const last = lastOf.get(data);
  if (last?.key === key) return last.bounds;
  const bounds = fresh();
  lastOf.set(data, { key, bounds });
  return bounds;
}

/** Averages that are made when they are first asked for. */
class LazyBounds implements ErrorBounds {
  private readonly known = new Map<ErrorQuantity, BoundAverage | null>();

  constructor(private readonly make: (quantity: ErrorQuantity) => BoundAverage | null) {}

  at(quantity: ErrorQuantity, length: number): LawBound {
    return this.average(quantity)?.at(length) ?? unknown;
  }

  quantile(quantity: ErrorQuantity, length: number, confidence: number): number {
    return this.average(quantity)?.quantile(length, confidence) ?? Number.NaN;
  }

  private average(quantity: ErrorQuantity): BoundAverage | null {
    let found = this.known.get(quantity);
    if (found === undefined) {
      found = this.make(quantity);
      this.known.set(quantity, found);
    }
    return found;
  }
}

function made(quantity: ErrorQuantity, queries: Iterable<TokenQuery>): QueryBound[] {
  const bound = (query: TokenQuery): QueryBound =>
    quantity === 'key_query_gradient' ? new GradientBound(query) : new OutputBound(query, quantity === 'output' ? 'value' : 'token');
  return Array.from(queries, bound);
}

function plainAverage(
  quantity: ErrorQuantity,
  tokens: LayerTokens,
  U: LayerParameters['U'],
  query: Query,
  seed: number,
): BoundAverage | null {
  const of = ({ z, weight }: { z: ArrayLike<number>; weight: number }): TokenQuery => ({
    tokens,
    a: linear.matvec(U, z),
    weight,
    square: linear.dot(z, z),
  });
  if (query.kind === 'at') return new BoundAverage(made(quantity, [of({ z: query.at, weight: 1 })]), 1);
  const { law, V } = tokens;
  const points = quantity === 'key_query_gradient' ? gradientPoints(law, V.length) : pointsPerReplicate(law);
  if (points === 0) return null;
  const queries = [...queriesOf(query.law, seed, points)].map(of);
  const isWhole = query.law.kind === 'empirical' && queries.length === query.law.tokens.rows;
  return new BoundAverage(made(quantity, queries), isWhole ? 1 : replicateCount);
}

/** Randomised quasi-Monte Carlo over (w, x_q): the law of (x, wᵀx) is an affine image of that of x. */
function* taskQueries(task: Task, { U, V }: LayerParameters, seed: number, count: number): Generator<TokenQuery> {
  const d = task.dimension;
  const law = lawOfX(task);
  const inputs = new Transport(law);
  const weights = new Transport(task.weights);
  const width = inputs.normals + weights.normals;
  const { base, factor, mean } =
    law.kind === 'affine' ? law : { base: law, factor: linear.identity(d), mean: new Array<number>(d).fill(0) };
  const z = new Float64Array(d + 1);
  for (let replicate = 0; replicate < replicateCount; replicate++) {
    const points = gaussianPoints(width, count, seed, replicate);
    for (let i = 0; i < count; i++) {
      const point = points.subarray(i * width, (i + 1) * width);
      z.set(inputs.map(point.subarray(0, inputs.normals)));
      const w = weights.map(point.subarray(inputs.normals));
      const image: Law = {
        kind: 'affine',
        dimension: d + 1,
        mean: [...mean, linear.dot(w, mean)],
        factor: [...factor, Array.from(linear.transposedMatvec(factor, w))],
        base,
      };
      const tokens = new LayerTokens(image, V, task.noise);
      yield { tokens, a: linear.matvec(U, z), weight: 1 / (count * replicateCount), square: linear.dot(z, z) };
    }
  }
}

/** Of tasks, for runs that differ in length alone; files are not held. */
const kept = new Map<string, ErrorBounds>();
const mostKept = 8;

const lastOf = new WeakMap<Float64Array, { readonly key: string; readonly bounds: ErrorBounds }>();

const numbers = new WeakMap<Float64Array, number>();
let count = 0;

/** A text that tells laws and tasks apart, with a number in place of each file. */
function lawKey(of: Law | Task): string {
  return JSON.stringify(of, (_, value: unknown) => {
    if (!(value instanceof Float64Array)) return value;
    if (!numbers.has(value)) numbers.set(value, count++);
    return numbers.get(value);
  });
}

/** Fewer where one tilt takes passes through a whole file. */
export function pointsPerReplicate(law: Law): number {
  return law.kind === 'empirical' ? Math.max(4, Math.min(512, Math.round(4e8 / (law.tokens.rows * law.dimension * replicateCount)))) : 512;
}

/** An average over fewer points in a replicate is left out. */
const fewestPoints = 4;

/** Where every tilt takes covariances; 0 for files of which too few queries could be afforded. */
function gradientPoints(law: Law, outputs: number): number {
  const D = law.dimension;
  const rows = rowsIn(law);
  const affordable = Math.round(2e9 / (D * D * (rows + 8 * outputs + 8 * D) * replicateCount));
  return affordable < fewestPoints ? (rows > 0 ? 0 : fewestPoints) : Math.min(512, affordable);
}

/** In a task every query has a law of its own. */
function taskPoints(task: Task, quantity: ErrorQuantity): number {
  const D = task.dimension + 1;
  const rows = task.tokens === null ? 0 : rowsIn(task.tokens);
  const passes = quantity === 'key_query_gradient' ? 6 : 3;
  return Math.min(256, Math.floor(3e8 / (passes * (D * D * (rows + 20 * D) + 2e4) * replicateCount)));
}

/** Tokens of the files in a law. */
function rowsIn(law: Law): number {
  switch (law.kind) {
    case 'empirical':
      return law.tokens.rows;
    case 'affine':
      return rowsIn(law.base);
    case 'mixture':
      return law.components.reduce((sum, part) => sum + rowsIn(part), 0);
    default:
      return 0;
  }
}
