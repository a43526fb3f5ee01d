/**
 * The infinite-prompt limit itself (docs/mathematics.md, sections 2 and 7): its size E‖T[μ](z)‖², and its distance from the limit that Gaussian tokens of
 * the same mean m and covariance Γ would have, E‖T[μ](z) − V(m + ΓUz)‖². Linear attention sees two moments only, and has no such distance.
 */
import { kernelLimit, lawMoments } from './cumulant.js';
import { pointsPerReplicate } from './law-bounds.js';
import { gaussianCovariance, queriesOf, replicateCount } from './law-transport.js';
import { TaskLimit } from './limit-prompts.js';
import * as linear from './linear-algebra.js';
import { fullMomentTable } from './moment-table.js';
import type { Merged } from './parameters.js';
import { allMoments } from './participation.js';
import type { Law, Problem, QuantityName, Task } from './problem.js';
import { TaskDraw, WorkingModel } from './prompts.js';
import { quadraticFormRule } from './quadratic-form.js';
import { stream } from './random.js';
import { type Axis, type Series, SolverFailure } from './result.js';
import { RunningMean } from './running-mean.js';
import { taskSampler } from './sampling.js';
import { studentHalfWidth } from './statistics.js';
import { varianceProxy } from './sub-gaussian.js';
import { lawOfX } from './task-nodes.js';

type Wanted = ReadonlySet<QuantityName>;

/** Of plain tokens, whose parameters the problem holds. Averages over a query law are by quasi-Monte Carlo, or whole where it is a short file. */
export function plainLimitQuantities(problem: Problem): Record<string, Series> {
  const wanted: Wanted = new Set(problem.measures);
  const { setting, attention, query, solver } = problem;
  const out: Record<string, Series> = {};
  if (setting.kind !== 'tokens') return out;
  if (wanted.has('sub_gaussian')) out.sub_gaussian = proxySeries(setting.law);
  if (wanted.has('effective_tokens')) out.effective_tokens = effectiveTokens(problem);
  if (!(wanted.has('limit_norm') || wanted.has('gaussian_gap'))) return out;
  const { keyQuery, value, temperature, heads } = attention;
  if (keyQuery === null || value === null || query === null) {
    throw new SolverFailure('unsupported', 'The limit on plain tokens needs `key_query`, `value` and a `query`.', 'attention');
  }
  const U = linear.scale(keyQuery, 1 / temperature);
  const { mean, covariance } = lawMoments(setting.law);
  const queries =
    query.kind === 'at'
      ? [{ z: query.at, weight: 1 }]
      : [...queriesOf(query.law, solver.seed, Math.max(16, pointsPerReplicate(setting.law)))];
  const isWhole = query.kind === 'at' || isWholeFile(query.law, queries.length);
  const replicates = isWhole ? 1 : replicateCount;
  const norms = new Float64Array(replicates);
  const gaps = new Float64Array(replicates);
  queries.forEach(({ z, weight }, i) => {
    const a = linear.matvec(U, z);
    const limit = kernelLimit(attention.kernel, setting.law, a);
    const image = linear.matvec(value, limit);
    const straight = linear.matvec(covariance, a).map((x, j) => x + mean[j]!);
    const difference = linear.matvec(
      value,
      limit.map((x, j) => x - straight[j]!),
    );
    const replicate = Math.floor((i * replicates) / queries.length);
    // Every head starts from the same parameters, and outputs add up.
    norms[replicate]! += weight * replicates * heads ** 2 * linear.dot(image, image);
    if (attention.kernel === 'softmax') gaps[replicate]! += weight * replicates * heads ** 2 * linear.dot(difference, difference);
  });
  if (wanted.has('limit_norm')) out.limit_norm = replicated(norms);
  if (wanted.has('gaussian_gap')) out.gaussian_gap = replicated(gaps);
  return out;
}

/** 1/E P_2 on plain tokens, over the query law: exact for Gaussian tokens at one query, under a centred Gaussian law or over a short file. */
function effectiveTokens({ setting, attention, query, solver, length }: Problem): Series {
  const one = (value: number, reason?: string): Series => ({
    against: null,
    value: [value],
    method: 'exact',
    ...(reason === undefined ? {} : { reason }),
  });
  if (attention.kernel === 'linear' || length === Number.POSITIVE_INFINITY) return one(length);
  const gamma = setting.kind === 'tokens' ? gaussianCovariance(setting.law) : null;
  if (gamma === null || query === null || attention.keyQuery === null) return one(Number.NaN, 'Known for Gaussian scores only.');
  const U = linear.scale(attention.keyQuery, 1 / attention.temperature);
  const form = linear.symmetrise(linear.matmul(linear.transpose(U), linear.matmul(gamma, U)));
  const table = fullMomentTable(length);
  const value = new Float64Array(allMoments);
  const slope = new Float64Array(allMoments);
  const share = (tau2: number): number => {
    table.full(tau2, value, slope);
    return value[0]!;
  };
  if (query.kind === 'at') return one(1 / share(linear.bilinear(query.at, form, query.at)));
  const spread = gaussianCovariance(query.law);
  if (spread !== null && lawMoments(query.law).mean.every((x) => x === 0)) {
    const root = linear.symmetricSqrt(spread);
    const lambda = Float64Array.from(linear.symmetricEigen(linear.matmul(root, linear.matmul(form, root))).values, (x) => Math.max(0, x));
    if (lambda.every((x) => x === 0)) return one(1 / share(0));
    const rule = quadraticFormRule(lambda);
    return one(1 / rule.q.reduce((sum, q, j) => sum + rule.weight[j]! * share(q), 0));
  }
  const queries = [...queriesOf(query.law, solver.seed)];
  const replicates = isWholeFile(query.law, queries.length) ? 1 : replicateCount;
  const shares = new Float64Array(replicates);
  queries.forEach(({ z, weight }, i) => {
    shares[Math.floor((i * replicates) / queries.length)]! += weight * replicates * share(linear.bilinear(z, form, z));
  });
  return replicated(shares.map((x) => 1 / x));
}

function isWholeFile(law: Law, count: number): boolean {
  return law.kind === 'empirical' && law.tokens.rows === count;
}

function replicated(values: Float64Array): Series {
  if (values.length === 1) return { against: null, value: [values[0]!], method: 'exact' };
  const mean = new RunningMean();
  for (const value of values) mean.add(value);
  return banded(null, [mean], 'quasi_monte_carlo', 0.95);
}

function banded(
  against: Axis | null,
  means: readonly RunningMean[],
  method: Series['method'],
  confidence: number,
  samples?: number,
): Series {
  const half = means.map((mean) => studentHalfWidth(confidence, mean.count - 1) * mean.standardError);
  return {
    against,
    value: means.map((mean) => mean.mean),
    method,
    ...(half.some((h) => h > 0)
      ? {
          lower: means.map((mean, i) => Math.max(0, mean.mean - half[i]!)),
          upper: means.map((mean, i) => mean.mean + half[i]!),
          standardError: means.map((mean) => mean.standardError),
        }
      : {}),
    ...(samples === undefined ? {} : { samples }),
  };
}

function proxySeries(law: Law): Series {
  const { value, exact } = varianceProxy(law);
  return { against: null, value: [value], method: 'exact', ...(exact ? {} : { reason: 'The largest value that an ascent found.' }) };
}

const samplesOfLimit = 4096;

/** Of a task, along a trajectory: the squared prediction at L = ∞, and its squared distance from the affine one. Draws (w, x_q) alone, the same at every point. */
export function taskLimitQuantities(problem: Problem, task: Task, merged: () => readonly Merged[], against: Axis): Record<string, Series> {
  const wanted: Wanted = new Set(problem.measures);
  const out: Record<string, Series> = {};
  if (wanted.has('sub_gaussian')) out.sub_gaussian = proxySeries(lawOfX(task));
  if (!(wanted.has('limit_norm') || wanted.has('gaussian_gap'))) return out;
  const { kernel, heads } = problem.attention;
  const sampler = taskSampler(task);
  const limit = new TaskLimit(task, sampler, kernel);
  const moments = new TaskLimit(task, sampler, 'linear');
  const draw = new TaskDraw(sampler);
  const d = task.dimension;
  const D = d + 1;
  const model = new WorkingModel(sampler.root, d, heads);
  const tilt = new Float64Array(heads * D);
  const own = new Float64Array(heads * D);
  const second = new Float64Array(heads * D);
  const derivative = new Float64Array(D * D);
  const isStraight = kernel === 'linear' || sampler.gaussian;
  const norms: RunningMean[] = [];
  const gaps: RunningMean[] = [];
  for (const m of merged()) {
    model.set(m);
    const norm = new RunningMean();
    const gap = new RunningMean();
    for (let n = 0; n < samplesOfLimit; n++) {
      draw.draw(stream(problem.solver.seed, 'limit', n));
      model.tilt(draw.query, tilt);
      let prediction = 0;
      let straight = 0;
      const meanOfY = limit.meanOfY(draw.weights);
      for (let h = 0; h < heads; h++) {
        limit.at(draw.weights, tilt, h * D, own, derivative);
        moments.at(draw.weights, tilt, h * D, second, derivative);
        for (let i = 0; i < D; i++) {
          prediction += model.value[h * D + i]! * own[h * D + i]!;
          straight += model.value[h * D + i]! * second[h * D + i]!;
        }
        // Mean plus covariance times tilt, from the second moment.
        straight += model.value[h * D + d]! * meanOfY * (1 - meanOfY * tilt[h * D + d]!);
      }
      if (!Number.isFinite(prediction)) {
        throw new SolverFailure('no_limit', 'The infinite-prompt limit is not finite at these parameters.', 'prompt.length');
      }
      norm.add(prediction ** 2);
      gap.add(isStraight ? 0 : (prediction - straight) ** 2);
    }
    norms.push(norm);
    gaps.push(gap);
  }
  if (wanted.has('limit_norm')) out.limit_norm = banded(against, norms, 'sampled', 0.95, samplesOfLimit);
  if (wanted.has('gaussian_gap')) {
    out.gaussian_gap = isStraight
      ? { against, value: norms.map(() => 0), method: 'exact' }
      : banded(against, gaps, 'sampled', 0.95, samplesOfLimit);
  }
  return out;
}
