/**
 * The phases of softmax attention on a finite prompt (docs/mathematics.md, section 3, "Regimes"): how near it is to condensing on a few
 * tokens, along a training and over prompt lengths, and where that happens.
 */
import { lawMoments } from './cumulant.js';
import { DiagonalPoint, type TrainedPoint } from './gradient-fields.js';
import * as linear from './linear-algebra.js';
import { type Layout, type Merged, merge, taskOf } from './parameters.js';
import type { Problem } from './problem.js';
import type { RunWarning, Series } from './result.js';
import { meanScoreVariance } from './score-variance.js';
import { type Sentence, say } from './sentences.js';

/** Mean score variance over 2 log L: errors fall as 1/L below it, slower above; at 1 softmax condenses. */
export const slowedFrom = 1 / 3;

/** E τ² / (2 log L). 0 at L = ∞; NaN for one token. */
export function condensation(variance: number, length: number): number {
  if (length === Number.POSITIVE_INFINITY) return 0;
  return length > 1 ? variance / (2 * Math.log(length)) : Number.NaN;
}

const linearReason = 'Linear attention does not condense.';
const oneToken = 'A prompt of one token holds nothing to condense on.';

/** The largest over the heads, at recorded parameters of a task; null where the variance of the scores is not known. */
export function taskCondensation(problem: Problem, { D, heads }: Layout, m: Merged): number | null {
  const task = taskOf(problem);
  let largest = 0;
  for (let h = 0; h < heads; h++) {
    const U = m.U.subarray(h * D * D, (h + 1) * D * D);
    // With a link the covariance of the labels is another one: only scores that do not see them are known.
    if (task.link !== 'identity' && U.subarray((D - 1) * D, D * D - 1).some((x) => x !== 0)) return null;
    largest = Math.max(largest, meanScoreVariance(task, U));
  }
  return condensation(largest, problem.length);
}

/** The same at a recorded point. */
export function pointCondensation(problem: Problem, layout: Layout, point: TrainedPoint): number | null {
  if (point instanceof DiagonalPoint) return condensation(point.scoreVariance, problem.length);
  return taskCondensation(problem, layout, merge(layout, point.theta));
}

/** The same for plain tokens, averaged over the query law; null where there are no parameters. */
export function plainCondensation({ setting, query, attention, length }: Problem): number | null {
  const { keyQuery, temperature } = attention;
  if (setting.kind !== 'tokens' || query === null || keyQuery === null) return null;
  const { covariance } = lawMoments(setting.law);
  const U = linear.scale(keyQuery, 1 / temperature);
  if (query.kind === 'at') {
    const a = linear.matvec(U, query.at);
    return condensation(linear.bilinear(a, covariance, a), length);
  }
  const { mean, covariance: spread } = lawMoments(query.law);
  const second = linear.add(spread, linear.outer(mean, mean));
  return condensation(linear.traceOfProduct(linear.matmul(linear.matmul(linear.transpose(U), covariance), U), second), length);
}

/** The values as a series, with the reason where there are none. */
export function condensationSeries(problem: Problem, against: Series['against'], values: readonly (number | null)[]): Series {
  const isLinear = problem.attention.kernel === 'linear';
  const value = values.map((x) => (isLinear || x === null ? Number.NaN : x));
  const unknown = 'With this link the variance of the scores is known only while they do not see the labels.';
  const reason = isLinear ? linearReason : problem.length <= 1 ? oneToken : unknown;
  return { against, value, method: 'exact', ...(value.some(Number.isNaN) ? { reason } : {}) };
}

/** The same for charts that show the phases; null where there are none. */
export function phaseSeries(problem: Problem, against: Series['against'], values: readonly (number | null)[]): Series | null {
  if (problem.attention.kernel === 'linear' || problem.length <= 1 || values.includes(null)) return null;
  return condensationSeries(problem, against, values);
}

/**
 * Where a training leaves the region in which the infinite-prompt limit says anything: from the first recorded point where the condensation is
 * at least 1, placed between it and the point before.
 */
export function condensationWarning(problem: Problem, values: readonly (number | null)[], times: readonly number[]): RunWarning | null {
  if (problem.attention.kernel === 'linear' || problem.length <= 1) return null;
  const first = values.findIndex((x) => x !== null && x >= 1);
  if (first < 0) return null;
  const consequence = say('softmax condenses on a few tokens, and the infinite-prompt limit says nothing about {0} tokens', problem.length);
  if (first === 0) {
    const message = say("From the start the scores' mean variance is {0} % of 2 log L: {1}.", (100 * values[0]!).toFixed(0), consequence);
    return { code: 'W510', setting: 'attention', message };
  }
  const [before, after] = [values[first - 1]!, values[first]!];
  const share = after > before ? (1 - before) / (after - before) : 1;
  const time = times[first - 1]! + share * (times[first]! - times[first - 1]!);
  return {
    code: 'W510',
    setting: 'train',
    message: say("At time {0} the scores' mean variance passes 2 log L: from there on {1}.", Number(time.toPrecision(3)), consequence),
  };
}

/** The same of parameters that the spec gives, as a note: whoever chose them may be looking for it. */
export function condensationNotes({ attention, length }: Problem, value: number | null): Sentence[] {
  if (attention.kernel === 'linear' || length <= 1 || value === null || !(value >= 1)) return [];
  return ["The scores' mean variance is above 2 log L: softmax condenses on a few tokens, where the infinite-prompt limit says nothing."];
}
