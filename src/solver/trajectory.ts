/** Everything that is measured along recorded parameters, whatever the optimiser (docs/mathematics.md, section 5). */
import type { KernelLoader } from '../kernels/index.js';
import { BlockRisk, blockApplies, blockOf, hasGaussianTokens, isBlockForm } from './balanced.js';
import { type Baseline, bayesRisk, noiseFloor, oneStepRisk, zeroRisk } from './baselines.js';
import { gradientOf, infinitePrompt, referenceFor, type TrainedPoint, wantsReference } from './flow.js';
import { GeneralRisk } from './general-risk.js';
import { headQuantities } from './head-quantities.js';
import { KnownValues } from './known-values.js';
import { taskLimitQuantities } from './limit-quantities.js';
import { frobenius, inverse, traceOfProduct } from './linear-algebra.js';
import { emptyMerged, type Layout, layoutOf, type Merged, merge, taskOf } from './parameters.js';
import { populationRisk, type RiskValue } from './population.js';
import type { Problem, QuantityName } from './problem.js';
import { condensationSeries, taskCondensation } from './regimes.js';
import type { Axis, Method, Series, SolveEvent } from './result.js';
import { type Sentence, say } from './sentences.js';
import { gronwallEnvelope, informativeHorizon } from './stability.js';

export interface MeasuredTrajectory {
  readonly method: Method;
  readonly axes: Partial<Readonly<Record<Axis, readonly number[]>>>;
  readonly quantities: Readonly<Record<string, Series>>;
  readonly notes?: readonly Sentence[];
}

/** A recorded point of any optimiser; stochastic ones add the loss of their batch. */
export interface MeasuredPoint extends TrainedPoint {
  readonly loss?: number;
  readonly lossError?: number;
}

const order: readonly Method[] = ['approximate', 'exact', 'quasi_monte_carlo', 'sampled', 'fitted'];

/** Of several values; an approximation stands beside what was computed and says nothing of that. */
export function weakest(methods: Iterable<Method>): Method {
  let worst = -1;
  for (const method of methods) worst = Math.max(worst, order.indexOf(method));
  return order[worst] ?? 'exact';
}

/** Half-width of a 95 % band in standard errors of a mean of many prompts. */
const halfWidth = 1.96;

/** A series from values with standard errors; a band where any is positive. */
export function seriesOf(against: Axis | null, values: readonly RiskValue[], method: Method, extra: Partial<Series> = {}): Series {
  const value = values.map((v) => v.value);
  if (!values.some((v) => v.standardError > 0)) return { against, value, method, ...extra };
  return {
    against,
    value,
    method,
    lower: values.map((v) => v.value - halfWidth * v.standardError),
    upper: values.map((v) => v.value + halfWidth * v.standardError),
    standardError: values.map((v) => v.standardError),
    ...extra,
  };
}

function distance(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - y[i]!) ** 2;
  return Math.sqrt(sum);
}

/** (U, v) of θ before the temperature. */
function beforeTemperature(layout: Layout, theta: Float64Array): Merged {
  return merge({ ...layout, temperature: 1 }, theta);
}

/**
 * Measures what `problem.measures` names at the recorded points. Quantities, by name:
 * - `risk`, `excess_risk` (above the noise floor), `bayes_gap` (above the Bayes risk at this length);
 * - `bayes_risk`, `one_step_risk`, `zero_risk`: one value each;
 * - `flow_risk`: risk of the training on the population risk that `referenceFor` answers;
 * - `parameter_gap`, `merged_parameter_gap`: distance of θ, and of (U, v) before the temperature, from the infinite-prompt solution from the same start;
 * - `gradient_gap`: ‖∇R_L(θ) − ∇R_∞(θ)‖ in the trained parameters, at the recorded θ;
 * - `balance`: Σ_h ‖A_h‖²_F − b_h² of the merged blocks before the temperature; `alignment`: cosine between Σ_h b_h A_h (A for one head) and Σ⁻¹;
 * - `condensation`: mean score variance over 2 log L, the largest over the heads;
 * - `effective_tokens`: 1/E P_2, the mean over heads; L for linear attention;
 * - those of `limit-quantities.ts` and `head-quantities.ts`.
 * At L = ∞ the gaps are 0. What `known` has of the points is not measured again. Yields progress.
 */
export function* measureTrajectory(
  problem: Problem,
  points: readonly MeasuredPoint[],
  known: KnownValues = new KnownValues(problem),
): Generator<SolveEvent, MeasuredTrajectory, void> {
  const layout = layoutOf(problem);
  const task = taskOf(problem);
  const wanted = new Set<QuantityName>(problem.measures);
  const against: Axis = points.some((p) => p.step !== undefined) ? 'step' : 'time';
  const axes: Partial<Record<Axis, readonly number[]>> = {
    time: points.map((p) => p.time),
    ...(against === 'step' ? { step: points.map((p) => p.step ?? 0) } : {}),
  };
  const quantities: Record<string, Series> = {};
  const merged = points.map((p) => merge(layout, p.theta));

  if (wanted.has('risk') || wanted.has('excess_risk') || wanted.has('bayes_gap')) {
    const values: RiskValue[] = [];
    for (const [i, point] of points.entries()) {
      values.push(known.risk(point, merged[i]!));
      if (known.method !== 'exact' || i % 16 === 15) yield { kind: 'progress', fraction: values.length / points.length };
    }
    const method = weakest(values.map((v) => v.method ?? known.method));
    if (wanted.has('risk')) quantities.risk = seriesOf(against, values, method);
    if (wanted.has('excess_risk')) {
      const floor = noiseFloor(task);
      quantities.excess_risk = seriesOf(
        against,
        values.map((v) => ({ ...v, value: v.value - floor })),
        method,
      );
    }
    if (wanted.has('bayes_gap')) {
      const bayes = known.baseline(bayesRisk);
      quantities.bayes_gap = seriesOf(
        against,
        values.map((v) => ({ value: v.value - bayes.value, standardError: Math.hypot(v.standardError, bayes.standardError) })),
        weakest([method, bayes.method]),
        bayes.reason ? { reason: bayes.reason } : {},
      );
    }
  }
  if (wanted.has('flow_risk')) quantities.flow_risk = yield* flowRisk(problem, layout, points, against, known.kernels);
  if (wanted.has('training_loss')) {
    const isSampled = points.some((p) => p.loss !== undefined);
    quantities.training_loss = seriesOf(
      against,
      points.map((p) => ({ value: p.loss ?? Number.NaN, standardError: p.lossError ?? 0 })),
      'sampled',
      isSampled ? {} : { reason: 'Only optimisers on fresh prompts have a mini-batch loss.' },
    );
  }
  const baselines: [QuantityName, (p: Problem) => Baseline][] = [
    ['bayes_risk', bayesRisk],
    ['one_step_risk', oneStepRisk],
    ['zero_risk', zeroRisk],
  ];
  for (const [name, baseline] of baselines) {
    if (!wanted.has(name)) continue;
    const value = known.baseline(baseline);
    quantities[name] = seriesOf(null, [value], value.method, {
      ...(value.reason ? { reason: value.reason } : {}),
      ...(value.samples ? { samples: value.samples } : {}),
    });
  }
  const notes: Sentence[] = [];
  if (wantsReference(problem)) Object.assign(quantities, yield* parameterGaps(problem, layout, points, against, wanted, notes));
  if (wanted.has('gradient_gap')) quantities.gradient_gap = yield* gradientGap(problem, layout, points, against, known.kernels);
  if (wanted.has('balance')) {
    const values = points.map((p) => balanceOf(layout, beforeTemperature(layout, p.theta)));
    quantities.balance = { against, value: values, method: 'exact' };
  }
  if (wanted.has('alignment')) {
    const precision = inverse(task.covariance);
    const size = frobenius(precision);
    const value = merged.map((m) => {
      const A = combinedBlock(layout, m);
      const norm = frobenius(A);
      return norm > 0 ? traceOfProduct(A, precision) / (norm * size) : Number.NaN;
    });
    const reason = value.some(Number.isNaN) ? { reason: 'A = 0 has no direction.' } : {};
    quantities.alignment = { against, value, method: 'exact', ...reason };
  }
  if (wanted.has('condensation')) {
    const values = merged.map((m) => taskCondensation(problem, layout, m));
    quantities.condensation = condensationSeries(problem, against, values);
  }
  if (wanted.has('effective_tokens')) quantities.effective_tokens = yield* effectiveTokens(problem, layout, merged, against);
  Object.assign(quantities, taskLimitQuantities(problem, task, merged, against), headQuantities(problem, layout, task, merged, against));
  const method = weakest(Object.values(quantities).map((q) => q.method));
  return { method, axes, quantities, ...(notes.length === 0 ? {} : { notes }) };
}

function headOf(layout: Layout, m: Merged, h: number): Merged {
  const { D } = layout;
  return { U: m.U.subarray(h * D * D, (h + 1) * D * D), v: m.v.subarray(h * D, (h + 1) * D) };
}

function balanceOf(layout: Layout, m: Merged): number {
  let sum = 0;
  for (let h = 0; h < layout.heads; h++) {
    const head = headOf(layout, m, h);
    sum += frobenius(blockOf(head, layout.D)) ** 2 - head.v[layout.D - 1]! ** 2;
  }
  return sum;
}

function combinedBlock(layout: Layout, m: Merged): number[][] {
  const { D, heads } = layout;
  if (heads === 1) return blockOf(m, D);
  const sum = Array.from({ length: D - 1 }, () => new Array<number>(D - 1).fill(0));
  for (let h = 0; h < heads; h++) {
    const head = headOf(layout, m, h);
    const b = head.v[D - 1]!;
    blockOf(head, D).forEach((row, i) => {
      row.forEach((x, j) => {
        sum[i]![j]! += b * x;
      });
    });
  }
  return sum;
}

function* flowRisk(
  problem: Problem,
  layout: Layout,
  points: readonly MeasuredPoint[],
  against: Axis,
  kernels: KernelLoader | undefined,
): Generator<SolveEvent, Series, void> {
  const risk = populationRisk(problem, kernels);
  const values: RiskValue[] = [];
  for (const theta of yield* referenceFor(problem, points, kernels)) {
    values.push(risk.risk(merge(layout, theta)));
    if (risk.method !== 'exact') yield { kind: 'progress', fraction: values.length / points.length };
  }
  return seriesOf(against, values, weakest(values.map((v) => v.method ?? risk.method)));
}

function* parameterGaps(
  problem: Problem,
  layout: Layout,
  points: readonly MeasuredPoint[],
  against: Axis,
  wanted: ReadonlySet<QuantityName>,
  notes: Sentence[],
): Generator<SolveEvent, Record<string, Series>, void> {
  const isDeterministic = problem.train?.kind === 'gradient_flow' || problem.train?.kind === 'gradient_descent';
  const isReference = problem.length === Number.POSITIVE_INFINITY && isDeterministic;
  let references: readonly Float64Array[];
  if (isReference) references = points.map((p) => p.theta);
  else if (points.every((p) => p.reference !== undefined)) references = points.map((p) => p.reference!);
  else references = yield* memoisedReference(problem, points);
  const method = isDeterministic ? weakest([populationRisk(problem).method, populationRisk(infinitePrompt(problem)).method]) : 'exact';
  const out: Record<string, Series> = {};
  if (wanted.has('parameter_gap')) out.parameter_gap = { against, value: points.map((p, i) => distance(p.theta, references[i]!)), method };
  if (problem.facets.includes('envelope')) {
    out['parameter_gap.envelope'] = yield* envelopeSeries(problem, layout, points, references, against, notes);
  }
  if (wanted.has('merged_parameter_gap')) {
    const value = points.map((p, i) => {
      const own = beforeTemperature(layout, p.theta);
      const other = beforeTemperature(layout, references[i]!);
      return Math.hypot(distance(own.U, other.U), distance(own.v, other.v));
    });
    out.merged_parameter_gap = { against, value, method };
  }
  return out;
}

/** The Grönwall envelope, with a note on the horizon until which it says something. */
function* envelopeSeries(
  problem: Problem,
  layout: Layout,
  points: readonly MeasuredPoint[],
  references: readonly Float64Array[],
  against: Axis,
  notes: Sentence[],
): Generator<SolveEvent, Series, void> {
  const none = (reason: string): Series => ({ against, value: points.map(() => Number.NaN), method: 'exact', reason });
  if (problem.length === Number.POSITIVE_INFINITY) return { against, value: points.map(() => 0), method: 'exact' };
  if (problem.train?.kind !== 'gradient_flow' && problem.train?.kind !== 'gradient_descent')
    return none('The envelope is of trainings on the population risk.');
  const gaps = yield* gradientGap(problem, layout, points, against);
  const times = points.map((p) => p.time);
  const own = points.map((p) => p.theta);
  const envelope = gronwallEnvelope(problem, times, gaps.value, own, references);
  if (envelope === null) return none('The envelope needs an exact gradient of the infinite-prompt risk.');
  const horizon = informativeHorizon(envelope.value, times, references);
  const how: Sentence = envelope.isProved
    ? 'a proved bound of the curvature between the trajectories'
    : 'the largest curvature found between the trajectories';
  const until: Sentence =
    horizon === null
      ? 'until the end'
      : horizon === times[0]
        ? 'at no recorded time'
        : say('until time {0}', Number(horizon.toPrecision(3)));
  notes.push(
    say('The Grönwall envelope of the parameter gap uses {0}; it is below the distance that the parameters move {1}.', how, until),
  );
  return { against, value: envelope.value, method: weakest([gaps.method, envelope.isProved ? 'exact' : 'fitted']) };
}

/** References of the last few problems: runs that differ in length or kernel alone share theirs. */
const references = new Map<string, readonly Float64Array[]>();

function* memoisedReference(problem: Problem, points: readonly MeasuredPoint[]): Generator<SolveEvent, readonly Float64Array[], void> {
  // At L = ∞ both kernels have one limit on centred Gaussian tokens only.
  const kernel = hasGaussianTokens(taskOf(problem)) ? '' : problem.attention.kernel;
  const key = JSON.stringify([problem.setting, { ...problem.attention, kernel }, problem.train, problem.solver, points.map((p) => p.time)]);
  const known = references.get(key);
  if (known) return known;
  const made = yield* referenceFor(infinitePrompt(problem), points);
  if (references.size >= 8) references.delete(references.keys().next().value!);
  references.set(key, made);
  return made;
}

function* gradientGap(
  problem: Problem,
  layout: Layout,
  points: readonly MeasuredPoint[],
  against: Axis,
  kernels?: KernelLoader,
): Generator<SolveEvent, Series, void> {
  if (problem.length === Number.POSITIVE_INFINITY) return { against, value: points.map(() => 0), method: 'exact' };
  const onDiagonal = diagonalGap(problem, layout, kernels);
  const own = populationRisk(problem, kernels);
  const other = populationRisk(infinitePrompt(problem));
  const ownGradient = gradientOf(layout, own);
  const otherGradient = gradientOf(layout, other);
  const g = new Float64Array(layout.size);
  const h = new Float64Array(layout.size);
  const value: number[] = [];
  for (const p of points) {
    const exact = onDiagonal?.(p.theta) ?? null;
    if (exact === null) {
      ownGradient(p.theta, g);
      otherGradient(p.theta, h);
    }
    value.push(exact ?? distance(g, h));
    if (own.method !== 'exact') yield { kind: 'progress', fraction: value.length / points.length };
  }
  const blockEverywhere = blockApplies(problem) && points.every((p) => isBlockForm(merge(layout, p.theta), layout.D));
  const method =
    problem.solver.method !== 'monte_carlo' && blockEverywhere
      ? 'exact'
      : weakest([own.risk(merge(layout, points.at(-1)!.theta)).method ?? own.method, other.method]);
  return { against, value, method };
}

/**
 * The gradient gap where A is diagonal in the eigenbasis of Σ, which keeps the Frobenius norm: d + 1 numbers in place of two matrices. It answers null at
 * other parameters, and is null for other problems.
 */
function diagonalGap(problem: Problem, layout: Layout, kernels?: KernelLoader): ((theta: Float64Array) => number | null) | null {
  if (layout.parameters !== 'merged' || problem.solver.method === 'monte_carlo' || !blockApplies(problem)) return null;
  const { D, temperature } = layout;
  const own = new BlockRisk(problem, undefined, kernels);
  const other = new BlockRisk(infinitePrompt(problem));
  const g = new Float64Array(D);
  const h = new Float64Array(D);
  const merged = emptyMerged(layout);
  return (theta) => {
    merge(layout, theta, merged);
    const diagonal = isBlockForm(merged, D) ? own.diagonalOf(blockOf(merged, D)) : null;
    if (diagonal === null) return null;
    const b = merged.v[D - 1]!;
    own.diagonal(diagonal, b, g);
    other.diagonal(diagonal, b, h);
    let sum = 0;
    for (let i = 0; i < D - 1; i++) sum += ((g[i]! - h[i]!) / temperature) ** 2;
    return Math.sqrt(sum + (g[D - 1]! - h[D - 1]!) ** 2);
  };
}

function* effectiveTokens(problem: Problem, layout: Layout, merged: readonly Merged[], against: Axis): Generator<SolveEvent, Series, void> {
  const { kernel } = problem.attention;
  if (kernel === 'linear' || problem.length === Number.POSITIVE_INFINITY)
    return { against, value: merged.map(() => problem.length), method: 'exact' };
  const task = taskOf(problem);
  const isLinear = task.link === 'identity';
  const one = { ...problem, attention: { ...problem.attention, heads: 1 } };
  let block: BlockRisk | null = null;
  let general: GeneralRisk | null = null;
  const value: number[] = [];
  for (const m of merged) {
    let mean = 0;
    for (let h = 0; h < layout.heads; h++) {
      const head = headOf(layout, m, h);
      const blindToLabels = isBlockForm({ U: head.U, v: new Float64Array(layout.D) }, layout.D);
      if (!hasGaussianTokens(task) || !(blindToLabels || (isLinear && task.weights.kind === 'gaussian'))) {
        mean = Number.NaN;
      } else if (blindToLabels) {
        block ??= new BlockRisk(one);
        mean += block.meanParticipation(blockOf(head, layout.D)) / layout.heads;
      } else {
        general ??= new GeneralRisk(one);
        mean += general.meanParticipation(head) / layout.heads;
      }
    }
    value.push(1 / mean);
    if (general) yield { kind: 'progress', fraction: value.length / merged.length };
  }
  const reason = value.some(Number.isNaN) ? { reason: 'Known for Gaussian scores only.' } : {};
  return { against, value, method: 'exact', ...reason };
}
