/** How far a training is from the one on infinite prompts: gaps of the parameters and of the gradient, and the Grönwall envelope of the former. */
import type { KernelLoader } from '../kernels/index.js';
import { blockApplies, hasGaussianTokens, isBlockForm } from './balanced.js';
import { referenceFor } from './flow.js';
import { distance, gradientOf, infinitePrompt, onDiagonal, type TrainedPoint } from './gradient-fields.js';
import { type Layout, type Merged, merge, taskOf } from './parameters.js';
import { populationRisk } from './population.js';
import type { Problem, QuantityName } from './problem.js';
import { type Axis, type Series, type SolveEvent, weakest } from './result.js';
import { type Sentence, say } from './sentences.js';
import { gronwallEnvelope, informativeHorizon } from './stability.js';

/** (U, v) of θ before the temperature. */
export function beforeTemperature(layout: Layout, theta: Float64Array): Merged {
  return merge({ ...layout, temperature: 1 }, theta);
}

/** `parameter_gap`, its envelope and `merged_parameter_gap`, as `measureTrajectory` says. */
export function* parameterGaps(
  problem: Problem,
  layout: Layout,
  points: readonly TrainedPoint[],
  against: Axis,
  wanted: ReadonlySet<QuantityName>,
  notes: Sentence[],
): Generator<SolveEvent, Record<string, Series>, void> {
  const isDeterministic = problem.train?.kind === 'gradient_flow' || problem.train?.kind === 'gradient_descent';
  const isReference = problem.length === Number.POSITIVE_INFINITY && isDeterministic;
  const diagonal = onDiagonal(points);
  const wantsEnvelope = problem.facets.includes('envelope');
  // One and the same number for merged parameters.
  const found = isReference ? points.map(() => 0) : diagonal?.flatMap((point) => point.distance ?? []);
  const distances = found?.length === points.length ? found : null;
  let references: readonly Float64Array[] = [];
  if (distances === null || wantsEnvelope) {
    if (isReference) references = points.map((p) => p.theta);
    else if (points.every((p) => p.reference !== undefined)) references = points.map((p) => p.reference!);
    else references = yield* memoisedReference(problem, points);
  }
  const isExact = !isDeterministic || diagonal !== null;
  const method = isExact ? 'exact' : weakest([populationRisk(problem).method, populationRisk(infinitePrompt(problem)).method]);
  const out: Record<string, Series> = {};
  if (wanted.has('parameter_gap')) {
    out.parameter_gap = { against, value: distances ?? points.map((p, i) => distance(p.theta, references[i]!)), method };
  }
  if (wantsEnvelope) {
    out['parameter_gap.envelope'] = yield* envelopeSeries(problem, layout, points, references, against, notes);
  }
  if (wanted.has('merged_parameter_gap')) {
    const between = (p: TrainedPoint, i: number): number => {
      const own = beforeTemperature(layout, p.theta);
      const other = beforeTemperature(layout, references[i]!);
      return Math.hypot(distance(own.U, other.U), distance(own.v, other.v));
    };
    out.merged_parameter_gap = { against, value: distances ?? points.map(between), method };
  }
  return out;
}

/** The Grönwall envelope, with a note on the horizon until which it says something. */
function* envelopeSeries(
  problem: Problem,
  layout: Layout,
  points: readonly TrainedPoint[],
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

function* memoisedReference(problem: Problem, points: readonly TrainedPoint[]): Generator<SolveEvent, readonly Float64Array[], void> {
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

export function* gradientGap(
  problem: Problem,
  layout: Layout,
  points: readonly TrainedPoint[],
  against: Axis,
  kernels?: KernelLoader,
): Generator<SolveEvent, Series, void> {
  if (problem.length === Number.POSITIVE_INFINITY) return { against, value: points.map(() => 0), method: 'exact' };
  const limit = infinitePrompt(problem);
  const diagonal = onDiagonal(points);
  if (diagonal !== null) {
    const field = diagonal[0]!.fieldOf(limit);
    return { against, value: diagonal.map((point) => point.gradientGap(field)), method: 'exact' };
  }
  const own = populationRisk(problem, kernels);
  const other = populationRisk(limit);
  const ownGradient = gradientOf(layout, own);
  const otherGradient = gradientOf(layout, other);
  const g = new Float64Array(layout.size);
  const h = new Float64Array(layout.size);
  const value: number[] = [];
  for (const p of points) {
    ownGradient(p.theta, g);
    otherGradient(p.theta, h);
    value.push(distance(g, h));
    if (own.method !== 'exact') yield { kind: 'progress', fraction: value.length / points.length };
  }
  const blockEverywhere = blockApplies(problem) && points.every((p) => isBlockForm(merge(layout, p.theta), layout.D));
  const method =
    problem.solver.method !== 'monte_carlo' && blockEverywhere
      ? 'exact'
      : weakest([own.risk(merge(layout, points.at(-1)!.theta)).method ?? own.method, other.method]);
  return { against, value, method };
}
