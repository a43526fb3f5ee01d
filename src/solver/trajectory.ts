/** Everything that is measured along recorded parameters, whatever the optimiser (docs/mathematics.md, section 5). */
import type { KernelLoader } from '../kernels/index.js';
import { BlockRisk, blockOf, hasGaussianTokens, isBlockForm } from './balanced.js';
import { type Baseline, bayesRisk, noiseFloor, oneStepRisk, zeroRisk } from './baselines.js';
import { referenceFor, wantsReference } from './flow.js';
import { beforeTemperature, gradientGap, parameterGaps } from './gaps.js';
import { GeneralRisk } from './general-risk.js';
import { onDiagonal, type TrainedPoint } from './gradient-fields.js';
import { headQuantities } from './head-quantities.js';
import { KnownValues } from './known-values.js';
import { taskLimitQuantities } from './limit-quantities.js';
import { frobenius, inverse, traceOfProduct } from './linear-algebra.js';
import { type Layout, layoutOf, type Merged, merge, taskOf } from './parameters.js';
import { populationRisk, type RiskValue } from './population.js';
import type { Problem, QuantityName } from './problem.js';
import { condensationSeries, pointCondensation } from './regimes.js';
import { type Axis, type Method, type Series, type SolveEvent, weakest } from './result.js';
import type { Sentence } from './sentences.js';

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
  const diagonal = onDiagonal(points);
  let made: readonly Merged[] | null = null;
  const merged = (): readonly Merged[] => {
    made ??= points.map((p) => merge(layout, p.theta));
    return made;
  };

  if (wanted.has('risk') || wanted.has('excess_risk') || wanted.has('bayes_gap')) {
    const values: RiskValue[] = [];
    for (const [i, point] of points.entries()) {
      values.push(known.risk(point, () => merged()[i]!));
      if (i % 16 === 15 || (diagonal === null && known.method !== 'exact')) {
        yield { kind: 'progress', fraction: values.length / points.length };
      }
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
    const value = diagonal?.map((point) => point.balance) ?? points.map((p) => balanceOf(layout, beforeTemperature(layout, p.theta)));
    quantities.balance = { against, value, method: 'exact' };
  }
  if (wanted.has('alignment')) {
    const precision = inverse(task.covariance);
    const size = frobenius(precision);
    const value = merged().map((m) => {
      const A = combinedBlock(layout, m);
      const norm = frobenius(A);
      return norm > 0 ? traceOfProduct(A, precision) / (norm * size) : Number.NaN;
    });
    const reason = value.some(Number.isNaN) ? { reason: 'A = 0 has no direction.' } : {};
    quantities.alignment = { against, value, method: 'exact', ...reason };
  }
  if (wanted.has('condensation')) {
    const values = points.map((point) => pointCondensation(problem, layout, point));
    quantities.condensation = condensationSeries(problem, against, values);
  }
  if (wanted.has('effective_tokens')) quantities.effective_tokens = yield* effectiveTokens(problem, layout, merged(), against);
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
