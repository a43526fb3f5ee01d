/** The distance from the infinite-prompt limit as series: exact where section 3 applies, else sampled prompts (docs/mathematics.md, section 4). */
import type { KernelLoader } from '../kernels/index.js';
import { trustLength } from './bounds.js';
import { type ErrorAverages, errorAverages, type LayerParameters } from './concentration.js';
import { type ErrorBounds, lawBounds } from './law-bounds.js';
import type { Merged } from './parameters.js';
import type { Concentrate, ErrorQuantity, Problem } from './problem.js';
import { type Axis, type Carriers, type Method, type Series, weakest } from './result.js';
import { type ErrorEstimates, type QuantileEstimate, sampleErrors } from './sampled-errors.js';
import { type Sentence, say } from './sentences.js';
import { varianceProxy } from './sub-gaussian.js';

/** Parameters at which the errors are measured; null stands for those of plain tokens, which the problem holds. */
export type ErrorPoint = Merged | null;

export interface MeasuredErrors {
  readonly method: Method;
  readonly quantities: Readonly<Record<string, Series>>;
  readonly notes: readonly Sentence[];
}

export type ErrorProgress = { readonly fraction: number; readonly so: MeasuredErrors | null };

const bandReplicates = 2.3646;
const unbounded =
  'several heads, linear attention on tokens that are not Gaussian, links other than the identity and averages over queries on a very large file';
const noCurve = {
  certified: `The certified bound is known for softmax with one head; it is not for ${unbounded}.`,
  certified_quantile: `The certified quantile is known for softmax with one head; it is not for ${unbounded}.`,
  asymptote: `The asymptote is not known here: rare queries make the 1/L term diverge, or one of ${unbounded}.`,
};
const boundFacets: ReadonlySet<string> = new Set(['certified', 'certified_quantile', 'asymptote']);
const noRate = 'The rate needs a finite prompt and a positive error.';

/** Values of one series as they are collected along the points. */
interface Columns {
  value: number[];
  standardError: number[];
  lower: number[];
  upper: number[];
  certified: number[];
  asymptote: number[];
  rate: number[];
  quantile: QuantileEstimate[];
  certified_quantile: number[];
  rare: number[];
  carriers: Carriers | null;
  error: number;
}

/**
 * Errors of `problem.concentrate.of` at every point. Yields progress, with the values so far where there is one point only. `against` is the
 * axis of the points; null for a single value. Throws SolverFailure `no_limit` or `unsupported` as `sampleErrors` does.
 */
export function* measureErrors(
  problem: Problem,
  concentrate: Concentrate,
  points: readonly ErrorPoint[],
  against: Axis | null,
  kernels?: KernelLoader,
): Generator<ErrorProgress, MeasuredErrors> {
  const { of } = concentrate;
  const columns = new Map(of.map((quantity) => [quantity, emptyColumns()] as const));
  const methods: Method[] = [];
  const notes = new Set<Sentence>();
  let samples = 0;
  const trust = problem.trust ?? [];
  let certifiedAt: CertifiedAt | null = null;
  const wantsBounds = trust.length > 0 || problem.facets.some((facet) => boundFacets.has(facet));
  /** Bounds for any law, where the tokens turn out not to be Gaussian; those of plain tokens, whose parameters are one, are kept. */
  let plain: ErrorBounds | null | undefined;
  const anyLaw = (point: ErrorPoint): ErrorBounds | null => {
    if (!wantsBounds) return null;
    if (point !== null) return lawBounds(problem, layerOf(problem, point), points.length);
    plain ??= lawBounds(problem);
    return plain;
  };
  for (let i = 0; i < points.length; i++) {
    const point = points[i]!;
    if (problem.length === Number.POSITIVE_INFINITY) {
      methods.push('exact');
      for (const quantity of of) addLimit(columns.get(quantity)!);
      if (trust.length > 0) certifiedAt = certifiedBy(averagesAt(problem, of, point), () => anyLaw(point));
      continue;
    }
    const averages = averagesAt(problem, of, point);
    if (trust.length > 0) certifiedAt = certifiedBy(averages, () => anyLaw(point));
    if (averages !== null) {
      methods.push(averages.method);
      for (const quantity of of) addExact(columns.get(quantity)!, averages, quantity, problem);
      if (problem.facets.includes('quantile')) {
        samples = yield* addQuantiles(problem, concentrate, point, columns, points.length, i, kernels);
      }
      if (averages.rare !== null && problem.length !== Number.POSITIVE_INFINITY) notes.add(rareNote(averages.rare.exponent, against));
      if (averages.method !== 'exact') yield { fraction: (i + 1) / points.length, so: null };
      continue;
    }
    methods.push('sampled');
    const options = {
      of,
      confidence: concentrate.confidence,
      samples: concentrate.samples ?? problem.solver.samples,
      points: points.length,
      kernels,
    };
    const sampling = sampleErrors(problem, point, options);
    let step = sampling.next();
    while (!step.done) {
      const so = points.length === 1 ? seriesSoFar(problem, step.value, against) : null;
      yield { fraction: (i + step.value.fraction) / points.length, so };
      step = sampling.next();
    }
    samples = step.value.samples;
    if (Object.values(step.value.estimates).some((estimate) => estimate.isCarriedByFew)) notes.add(fewNote);
    const bounds = anyLaw(point);
    for (const quantity of of) addSampled(columns.get(quantity)!, step.value, quantity, bounds, problem, concentrate.confidence);
  }
  const method = weakest(methods);
  const quantities: Record<string, Series> = {};
  const proxy = problem.facets.includes('paper') ? tokenProxy(problem, averagesAt(problem, of, points[0]!)) : null;
  for (const [quantity, column] of columns) {
    const series = seriesOf(problem, quantity, column, against, method, samples);
    const own = `${quantity}_error`;
    Object.assign(quantities, series, proxy === null ? {} : { [own]: { ...series[own]!, varianceProxy: proxy } });
  }
  if (certifiedAt !== null) Object.assign(quantities, trusted(problem, certifiedAt, points.length));
  return { method, quantities, notes: [...notes] };
}

/**
 * σ² of the tokens: their variance proxy; in a task with Gaussian x that of the mean covariance of (x, y). Null where it is not known, and for
 * files, where it takes many passes over the tokens and only scales the form's constants.
 */
function tokenProxy({ setting }: Problem, averages: ErrorAverages | null): number | null {
  if (setting.kind === 'task') return averages?.sigma2 ?? null;
  return setting.law.kind === 'empirical' ? null : varianceProxy(setting.law).value;
}

/** The layer of one head at a point; undefined for several heads and for plain tokens, whose layer the problem holds. */
function layerOf(problem: Problem, point: ErrorPoint): LayerParameters | undefined {
  if (point === null || problem.attention.heads !== 1) return undefined;
  const D = point.v.length;
  const U = Array.from({ length: D }, (_, i) => Array.from(point.U.subarray(i * D, (i + 1) * D)));
  return { U, V: [Array.from(point.v)] };
}

function emptyColumns(): Columns {
  return {
    value: [],
    standardError: [],
    lower: [],
    upper: [],
    certified: [],
    asymptote: [],
    rate: [],
    quantile: [],
    certified_quantile: [],
    rare: [],
    carriers: null,
    error: 0,
  };
}

/** The limit is at no distance from itself. */
function addLimit(column: Columns): void {
  const { value, standardError, lower, upper, certified, asymptote, certified_quantile } = column;
  for (const list of [value, standardError, lower, upper, certified, asymptote, certified_quantile]) list.push(0);
  column.quantile.push({ value: 0, lower: 0, upper: 0 });
  column.rare.push(Number.NaN);
  column.rate.push(Number.NaN);
}

function addExact(column: Columns, averages: ErrorAverages, quantity: ErrorQuantity, problem: Problem): void {
  const at = averages.at(quantity, problem.length, problem.facets.includes('certified'));
  column.value.push(at.value);
  column.standardError.push(at.standardError);
  column.lower.push(Math.max(0, at.value - bandReplicates * at.standardError));
  column.upper.push(at.value + bandReplicates * at.standardError);
  column.certified.push(at.certified);
  column.asymptote.push(at.asymptote);
  column.rate.push(at.rate);
  if (problem.facets.includes('certified_quantile')) {
    column.certified_quantile.push(averages.certifiedQuantile(quantity, problem.length, problem.concentrate?.confidence ?? 0.95));
  }
  if (problem.facets.includes('rare')) column.rare.push(averages.shareOfRarest(quantity, problem.length, rarest));
  if (problem.train === null) column.carriers = averages.carriers(quantity, problem.length, 0.5);
  column.error = Math.max(column.error, at.relativeError);
}

/** Longest prompts of which quantiles are sampled beside exact means. */
const longestSampled = 1e5;
const noQuantile: QuantileEstimate = { value: Number.NaN, lower: Number.NaN, upper: Number.NaN };

/** Quantiles have no exact form: prompts are sampled for them. Gives their number. */
function* addQuantiles(
  problem: Problem,
  concentrate: Concentrate,
  point: ErrorPoint,
  columns: ReadonlyMap<ErrorQuantity, Columns>,
  points: number,
  index: number,
  kernels: KernelLoader | undefined,
): Generator<ErrorProgress, number> {
  if (problem.length > longestSampled) {
    for (const column of columns.values()) column.quantile.push(noQuantile);
    return 0;
  }
  const { of, confidence } = concentrate;
  const sampling = sampleErrors(problem, point, {
    of,
    confidence,
    samples: concentrate.samples ?? problem.solver.samples,
    points,
    kernels,
  });
  let step = sampling.next();
  while (!step.done) {
    yield { fraction: (index + step.value.fraction) / points, so: null };
    step = sampling.next();
  }
  for (const [quantity, column] of columns) column.quantile.push(step.value.estimates[quantity]?.quantile ?? noQuantile);
  return step.value.samples;
}

function addSampled(
  column: Columns,
  estimates: ErrorEstimates,
  quantity: ErrorQuantity,
  bounds: ErrorBounds | null,
  { length, facets }: Problem,
  confidence: number,
): void {
  const estimate = estimates.estimates[quantity]!;
  column.value.push(estimate.mean);
  column.standardError.push(estimate.standardError);
  column.lower.push(estimate.lower);
  column.upper.push(estimate.upper);
  const bound = bounds === null ? null : bounds.at(quantity, length);
  column.certified.push(bound?.certified ?? Number.NaN);
  column.asymptote.push(bound?.asymptote ?? Number.NaN);
  const wantsQuantile = bounds !== null && facets.includes('certified_quantile');
  column.certified_quantile.push(wantsQuantile ? bounds.quantile(quantity, length, confidence) : Number.NaN);
  column.quantile.push(estimate.quantile ?? noQuantile);
  column.rare.push(Number.NaN);
  column.rate.push(Number.NaN);
}

function seriesSoFar(problem: Problem, estimates: ErrorEstimates, against: Axis | null): MeasuredErrors {
  const quantities: Record<string, Series> = {};
  for (const quantity of Object.keys(estimates.estimates) as ErrorQuantity[]) {
    const column = emptyColumns();
    addSampled(column, estimates, quantity, null, problem, 0.95);
    Object.assign(quantities, seriesOf(problem, quantity, column, against, 'sampled', estimates.samples));
  }
  return { method: 'sampled', quantities, notes: [] };
}

/** The error itself and the facets that the problem asks for. The paper's form and a sampled rate need the whole sweep and come later. */
function seriesOf(
  problem: Problem,
  quantity: ErrorQuantity,
  column: Columns,
  against: Axis | null,
  method: Method,
  samples: number,
): Record<string, Series> {
  const name = `${quantity}_error`;
  const hasBand = column.standardError.some((error) => error > 0);
  const out: Record<string, Series> = {};
  out[name] = {
    against,
    value: column.value,
    method,
    ...(hasBand ? { lower: column.lower, upper: column.upper, standardError: column.standardError } : {}),
    ...(method === 'sampled' ? { samples } : {}),
    ...(column.error > 0 ? { error: column.error } : {}),
    ...(against === null && column.carriers !== null ? { carriers: column.carriers } : {}),
  };
  for (const facet of ['certified', 'asymptote'] as const) {
    if (!problem.facets.includes(facet)) continue;
    const value = column[facet];
    const reason = value.some(Number.isNaN)
      ? { reason: method === 'sampled' ? noCurve[facet] : 'Rare queries make the 1/L term diverge.' }
      : {};
    out[`${name}.${facet}`] = { against, value, method: method === 'sampled' ? 'exact' : method, ...reason };
  }
  Object.assign(out, tailSeries(problem, name, column, against, method, samples));
  if (problem.facets.includes('rate') && method !== 'sampled') {
    const reason = column.rate.some(Number.isNaN) ? { reason: noRate } : {};
    out[`rate of ${name}`] = { against, value: column.rate, method, ...reason };
  }
  return out;
}

/** What is said of single prompts and of rare queries. */
function tailSeries(
  problem: Problem,
  name: string,
  column: Columns,
  against: Axis | null,
  method: Method,
  samples: number,
): Record<string, Series> {
  const out: Record<string, Series> = {};
  const missing = (values: readonly number[], reason: string) => (values.some(Number.isNaN) ? { reason } : {});
  if (problem.facets.includes('quantile')) {
    const value = column.quantile.map((one) => one.value);
    out[`${name}.quantile`] = {
      against,
      value,
      method: problem.length === Number.POSITIVE_INFINITY ? 'exact' : 'sampled',
      lower: column.quantile.map((one) => one.lower),
      upper: column.quantile.map((one) => one.upper),
      samples,
      ...missing(value, `Quantiles are sampled, for prompts of up to ${longestSampled} tokens.`),
    };
  }
  if (problem.facets.includes('certified_quantile')) {
    const value = column.certified_quantile;
    out[`${name}.certified_quantile`] = {
      against,
      value,
      method: method === 'sampled' ? 'exact' : method,
      ...missing(value, noCurve.certified_quantile),
    };
  }
  if (problem.facets.includes('rare')) {
    const value = column.rare;
    out[`${name}.rare`] = {
      against,
      value,
      method: method === 'sampled' ? 'exact' : method,
      ...missing(value, 'Who carries the average is known for softmax on Gaussian tokens, a law of queries and a finite prompt.'),
    };
  }
  return out;
}

/** The queries whose share `.rare` is. */
const rarest = 0.01;

function rareNote(exponent: number, against: Axis | null): Sentence {
  const shown = exponent.toPrecision(3);
  return against === null
    ? say(
        'Rare queries govern the average: the error falls as L^−{0}, up to powers of log L, not as 1/L. `.rare` is the share that the hundredth with the widest scores carries.',
        shown,
      )
    : say(
        'Rare queries govern the average at some recorded points: the error falls as L^−{0}, up to powers of log L, not as 1/L. `.rare` is the share that the hundredth with the widest scores carries.',
        shown,
      );
}

const fewNote: Sentence =
  'A few of the sampled prompts carry a mean: rarer and larger errors may be missing from it and from its band. More `samples`, or smaller scores, help.';

function averagesAt(problem: Problem, of: readonly ErrorQuantity[], point: ErrorPoint): ErrorAverages | null {
  return problem.solver.method === 'monte_carlo' ? null : errorAverages(problem, of, layerOf(problem, point));
}

/** A certified bound of an error at any length; NaN where there is none. */
type CertifiedAt = (quantity: ErrorQuantity, length: number) => number;

function certifiedBy(averages: ErrorAverages | null, anyLaw: () => ErrorBounds | null): CertifiedAt {
  if (averages !== null) return (quantity, length) => averages.certified(quantity, length);
  const bounds = anyLaw();
  return (quantity, length) => bounds?.at(quantity, length).certified ?? Number.NaN;
}

/** Trust lengths do not depend on the run's own length; along a training they are those of the last point. */
function trusted(problem: Problem, certified: CertifiedAt, points: number): Record<string, Series> {
  const out: Record<string, Series> = {};
  for (const { of, threshold } of problem.trust ?? []) {
    const hasBound = !Number.isNaN(certified(of, 1));
    const length = hasBound ? trustLength((candidate) => certified(of, candidate), threshold) : Number.NaN;
    const reason = !hasBound
      ? noCurve.certified
      : length === Number.POSITIVE_INFINITY
        ? `The certified bound is not below ${threshold} at any length up to 1e15.`
        : points > 1
          ? 'At the last recorded point.'
          : null;
    const value = [Number.isFinite(length) ? length : Number.NaN];
    out[`trust_length of ${of}_error to ${threshold}`] = { against: null, value, method: 'exact', ...(reason === null ? {} : { reason }) };
  }
  return out;
}
