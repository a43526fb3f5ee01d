/**
 * Convergence uniform over queries: E sup over ‖z‖ ≤ R of ‖T[μ̂_L](z) − T[μ](z)‖², one prompt serving every query (docs/mathematics.md,
 * section 4, "Uniformly in the query"; Bohbot, Letrouit, Peyré and Vialard).
 */
import { cumulant } from './cumulant.js';
import type { Law, Problem } from './problem.js';
import { type RandomStream, stream } from './random.js';
import { type Series, SolverFailure } from './result.js';
import { SkewedMean } from './running-mean.js';
import { flatten, lawDraw, multiply, multiplyTransposed } from './sampling.js';
import { meanBand } from './statistics.js';

/** Longest prompts that are searched. */
export const longestUniform = 1e5;
/** Directions of the first queries, each with its opposite, and how far out they lie. */
const reaches = [1, 1, 1, 0.6, 0.3, 0.1];
const starts = 2 * reaches.length;
const steps = 20;
/** Operations for all prompts of a value. */
const budget = 4e8;

/** Prompts behind a value: what about a second allows. */
export function uniformSamples(dimension: number, length: number): number {
  const prompt = starts * steps * (length * (2 * dimension + 8) + 4 * dimension * dimension);
  return Math.round(Math.min(1000, Math.max(32, budget / prompt)));
}

/** One prompt: its error at any query with its gradient in the query. */
class PromptError {
  readonly gradient: Float64Array;
  private readonly tilt: Float64Array;
  private readonly mean: Float64Array;
  private readonly push: Float64Array;
  private readonly image: Float64Array;
  private readonly scores: Float64Array;
  private readonly pull: Float64Array;

  constructor(
    private readonly law: Law,
    private readonly U: Float64Array,
    private readonly V: Float64Array,
    private readonly outputs: number,
    private readonly length: number,
    readonly tokens: Float64Array,
  ) {
    const D = law.dimension;
    this.gradient = new Float64Array(D);
    this.tilt = new Float64Array(D);
    this.mean = new Float64Array(D);
    this.push = new Float64Array(D);
    this.pull = new Float64Array(D);
    this.image = new Float64Array(outputs);
    this.scores = new Float64Array(length);
  }

  /** ‖V(m̂ − ∇κ)‖² at z; fills `gradient` with 2 Uᵀ(Ĉ − ∇²κ)VᵀV(m̂ − ∇κ). */
  at(z: Float64Array): number {
    const { law, U, V, outputs, length, tokens, tilt, mean, push, pull, image, scores, gradient } = this;
    const D = law.dimension;
    multiply(U, D, D, z, tilt);
    let top = Number.NEGATIVE_INFINITY;
    for (let l = 0; l < length; l++) {
      let s = 0;
      for (let i = 0; i < D; i++) s += tilt[i]! * tokens[l * D + i]!;
      scores[l] = s;
      if (s > top) top = s;
    }
    let total = 0;
    mean.fill(0);
    for (let l = 0; l < length; l++) {
      const p = Math.exp(scores[l]! - top);
      scores[l] = p;
      total += p;
      for (let i = 0; i < D; i++) mean[i]! += p * tokens[l * D + i]!;
    }
    const limit = cumulant(law, tilt, true);
    for (let i = 0; i < D; i++) {
      mean[i]! /= total;
      push[i] = mean[i]! - limit.gradient[i]!;
    }
    multiply(V, outputs, D, push, image);
    let square = 0;
    for (let o = 0; o < outputs; o++) square += image[o]! * image[o]!;
    // VᵀV(m̂ − ∇κ), then what Ĉ and ∇²κ make of it.
    multiplyTransposed(V, outputs, D, image, push);
    pull.fill(0);
    let along = 0;
    for (let i = 0; i < D; i++) along += mean[i]! * push[i]!;
    for (let l = 0; l < length; l++) {
      let t = -along;
      for (let i = 0; i < D; i++) t += tokens[l * D + i]! * push[i]!;
      const weight = (scores[l]! / total) * t;
      for (let i = 0; i < D; i++) pull[i]! += weight * tokens[l * D + i]!;
    }
    for (let i = 0; i < D; i++) {
      let sum = pull[i]!;
      for (let j = 0; j < D; j++) sum -= limit.hessian![i * D + j]! * push[j]!;
      pull[i] = 2 * sum;
    }
    multiplyTransposed(U, D, D, pull, gradient);
    return square;
  }
}

/** The largest error that an ascent within the ball finds from `starts` queries; never above the supremum. */
function supremum(error: PromptError, radius: number, D: number, rng: RandomStream): number {
  let best = 0;
  const z = new Float64Array(D);
  const next = new Float64Array(D);
  const direction = new Float64Array(D);
  for (let start = 0; start < starts; start++) {
    if (start % 2 === 0) for (let i = 0; i < D; i++) direction[i] = rng.normal();
    const size = norm(direction);
    const scale = ((start % 2 === 0 ? 1 : -1) * radius * reaches[start >> 1]!) / size;
    for (let i = 0; i < D; i++) z[i] = scale * direction[i]!;
    let value = error.at(z);
    let slope = error.gradient.slice();
    let step = radius;
    for (let k = 0; k < steps && step > 1e-4 * radius; k++) {
      const steep = norm(slope);
      if (!(steep > 0)) break;
      for (let i = 0; i < D; i++) next[i] = z[i]! + (step * slope[i]!) / steep;
      intoBall(next, radius);
      const candidate = error.at(next);
      if (candidate > value) {
        value = candidate;
        z.set(next);
        slope = error.gradient.slice();
        step = Math.min(radius, 1.5 * step);
      } else step *= 0.4;
    }
    best = Math.max(best, value);
  }
  return best;
}

function norm(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]!;
  return Math.sqrt(sum);
}

function intoBall(z: Float64Array, radius: number): void {
  const size = norm(z);
  if (size > radius) for (let i = 0; i < z.length; i++) z[i]! *= radius / size;
}

/**
 * The error at the problem's length with its band; NaN with a reason where prompts are too long. Yields the share that is done. Throws
 * SolverFailure `unsupported` for anything but softmax with one head on plain tokens.
 */
export function* uniformError(problem: Problem): Generator<number, Series> {
  const { setting, attention, concentrate, length, solver } = problem;
  const { keyQuery, value: V, temperature, kernel, heads } = attention;
  const radius = concentrate?.radius;
  if (setting.kind !== 'tokens' || keyQuery === null || V === null || radius === undefined || kernel !== 'softmax' || heads !== 1) {
    throw new SolverFailure(
      'unsupported',
      'The uniform error is of softmax attention with one head on plain tokens, over a ball of given radius.',
    );
  }
  if (length === Number.POSITIVE_INFINITY) return { against: null, value: [0], method: 'exact' };
  if (length > longestUniform) {
    const reason = `The supremum over queries is searched for prompts of up to ${longestUniform} tokens.`;
    return { against: null, value: [Number.NaN], method: 'sampled', reason };
  }
  const { law } = setting;
  const D = law.dimension;
  const samples = concentrate?.samples ?? solver.samples ?? uniformSamples(D, length);
  const tokens = new Float64Array(length * D);
  const U = flatten(keyQuery).map((x) => x / temperature);
  const error = new PromptError(law, U, flatten(V), V.length, length, tokens);
  const draw = lawDraw(law);
  const mean = new SkewedMean();
  for (let n = 0; n < samples; n++) {
    const rng = stream(solver.seed, 'uniform', n);
    for (let l = 0; l < length; l++) draw(rng, tokens, l * D);
    mean.add(supremum(error, radius, D, rng));
    yield (n + 1) / samples;
  }
  const { lower, upper } = meanBand(mean.mean, mean.standardError, mean.skewness, samples, concentrate?.confidence ?? 0.95);
  return {
    against: null,
    value: [mean.mean],
    method: 'sampled',
    lower: [Math.max(0, lower)],
    upper: [upper],
    standardError: [mean.standardError],
    samples,
  };
}
