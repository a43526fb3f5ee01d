/** Squared errors of single prompts and what they are compared with, on plain tokens and in a task (`sampled-errors.ts`). */
import type { KernelModule, PromptSetting } from '../kernels/index.js';
import { AttentionSums, chunkTokens } from './attention-sums.js';
import { cumulant, kernelLimitDerivative, tiltedLawMean } from './cumulant.js';
import { FirstOrderErrors, taskFirstOrders, traceOfForms } from './first-order-errors.js';
import { TaskLimit } from './limit-prompts.js';
import { dot } from './linear-algebra.js';
import type { Merged } from './parameters.js';
import type { ErrorQuantity, Law, Problem, Task } from './problem.js';
import { plainPromptSetting, promptSetting, RecordedPrompts } from './prompt-kernels.js';
import { TaskDraw, WorkingModel } from './prompts.js';
import type { RandomStream } from './random.js';
import { SolverFailure } from './result.js';
import { type Draw, flatten, lawDraw, multiply, taskSampler } from './sampling.js';

/** Errors that have a first order with a known mean. */
export interface FirstOrders {
  output: number;
  value_gradient: number;
}

/** Squared errors of one prompt, for the draw of a stream. */
export interface ErrorSource {
  /** Draws the query (and w) and finds its limit. */
  query(rng: RandomStream): void;
  /** Draws a prompt for this query. */
  prompt(rng: RandomStream): void;
  /** Query and prompt `n` of `count` by the kernels, in order from 0 on; false when they are not there yet, after a few milliseconds of work. Null where the kernels do not apply. */
  readonly take: ((n: number, count: number) => boolean) | null;
  readonly errors: Record<ErrorQuantity, number>;
  /** First orders of the prompt and their means at its query; null without control variates. */
  readonly approximation: FirstOrders | null;
  readonly known: FirstOrders | null;
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
  /** m̂_h − m_h of all heads. */
  private readonly distance: Float64Array;
  private readonly firstOrder: FirstOrderErrors | null;
  readonly approximation: FirstOrders | null;
  readonly take: ErrorSource['take'];
  private limitKnown = false;

  constructor(
    private readonly problem: Problem,
    law: Law,
    private readonly wantKeyQuery: boolean,
    isControlled: boolean,
    module: KernelModule | null,
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
    this.distance = new Float64Array(attention.heads * D);
    const { value, outputs } = this.parameters;
    this.firstOrder = isControlled
      ? new FirstOrderErrors(attention.heads, D, problem.length, {
          cumulant: (tilt) => cumulant(law, tilt, true),
          outputForm: (h, k, M) => traceOfForms(value[h], value[k], outputs, D, M),
          metricForm: (M) => trace(M, D),
        })
      : null;
    this.approximation = isControlled ? { output: 0, value_gradient: 0 } : null;
    const isRecorded = !wantKeyQuery && law.kind !== 'empirical' && (query.kind === 'at' || query.law.kind !== 'empirical');
    this.take = isRecorded ? this.byKernels(plainPromptSetting(problem, law, query), module) : null;
  }

  /** Plain tokens as those of a task with w = 0. */
  private byKernels(setting: PromptSetting, module: KernelModule | null): (n: number, count: number) => boolean {
    const { sums, queryToken, problem } = this;
    const { heads } = problem.attention;
    const D = this.law.dimension;
    const prompts = new RecordedPrompts(setting, problem.solver.seed, 'concentrate', module);
    const { shape } = prompts;
    const keyQuery = new Float64Array(heads * (D + 1) * D);
    for (let h = 0; h < heads; h++) keyQuery.set(this.parameters.keyQuery[h], h * (D + 1) * D);
    const model = { keyQuery, value: new Float64Array(heads * (D + 1)) };
    return (n, count) => {
      const at = prompts.next(n, count, model);
      if (at < 0) return false;
      const { records } = prompts;
      for (let i = 0; i < D; i++) queryToken[i] = records[at + shape.query + i];
      this.tiltByQuery();
      sums.recall(problem.length, records, at + shape.mean, D + 1, (h) => prompts.logMeanWeight(h, at));
      this.compare();
      return true;
    };
  }

  get known(): FirstOrders | null {
    return this.firstOrder?.means ?? null;
  }

  query(rng: RandomStream): void {
    this.drawQuery?.(rng, this.queryToken, 0);
    this.tiltByQuery();
  }

  private tiltByQuery(): void {
    const { sums, queryToken, parameters, problem } = this;
    const D = this.law.dimension;
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
    this.firstOrder?.at(sums.tilt);
    this.limitKnown = this.drawQuery === null;
  }

  private compare(): void {
    const { sums, limit, parameters, errors, queryToken, difference, distance, firstOrder, approximation } = this;
    const { heads } = this.problem.attention;
    const D = this.law.dimension;
    let square = 0;
    for (let i = 0; i < D; i++) square += queryToken[i] ** 2;
    errors.key_query_gradient = 0;
    for (let i = 0; i < heads * D; i++) distance[i] = sums.mean[i] - limit[i];
    errors.value_gradient = dot(distance, distance);
    errors.output = this.outputSquare();
    if (firstOrder !== null && approximation !== null) {
      for (let h = 0; h < heads; h++) {
        const scale = firstOrder.scale(h, sums.logMeanWeight(h));
        for (let i = h * D; i < (h + 1) * D; i++) distance[i] *= scale;
      }
      approximation.value_gradient = dot(distance, distance);
      approximation.output = this.outputSquare();
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

  /** ‖Σ_h V_h distance_h‖². */
  private outputSquare(): number {
    const { parameters, distance } = this;
    const D = this.law.dimension;
    let square = 0;
    for (let o = 0; o < parameters.outputs; o++) {
      let sum = 0;
      for (let h = 0; h < parameters.value.length; h++) {
        for (let i = 0; i < D; i++) sum += parameters.value[h][o * D + i] * distance[h * D + i];
      }
      square += sum * sum;
    }
    return square;
  }
}

function trace(M: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += M[i * n + i];
  return sum;
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
  private readonly firstOrder: FirstOrderErrors | null;
  readonly approximation: FirstOrders | null;
  readonly take: ErrorSource['take'];

  constructor(
    private readonly problem: Problem,
    task: Task,
    merged: Merged,
    private readonly wantKeyQuery: boolean,
    isControlled: boolean,
    module: KernelModule | null,
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
    this.firstOrder = isControlled ? taskFirstOrders(this.task, this.model, this.taskLimit, problem.length) : null;
    this.approximation = isControlled ? { output: 0, value_gradient: 0 } : null;
    this.take = !wantKeyQuery && task.tokens?.kind !== 'empirical' ? this.byKernels(module) : null;
  }

  private byKernels(module: KernelModule | null): (n: number, count: number) => boolean {
    const { sums, task, model, problem } = this;
    const prompts = new RecordedPrompts(promptSetting(problem), problem.solver.seed, 'concentrate', module);
    const { shape } = prompts;
    return (n, count) => {
      const at = prompts.next(n, count, model);
      if (at < 0) return false;
      const { records } = prompts;
      task.recall(records, at + shape.weights, at + shape.query);
      this.findLimit();
      sums.recall(problem.length, records, at + shape.mean, model.width, (h) => prompts.logMeanWeight(h, at));
      this.compare();
      return true;
    };
  }

  get known(): FirstOrders | null {
    return this.firstOrder?.means ?? null;
  }

  query(rng: RandomStream): void {
    this.task.draw(rng);
    this.findLimit();
  }

  private findLimit(): void {
    const { task, model, sums, limit, derivatives } = this;
    const D = model.width;
    model.tilt(task.query, sums.tilt);
    for (let h = 0; h < model.heads; h++) {
      this.taskLimit.at(task.weights, sums.tilt, h * D, limit, this.wantKeyQuery ? derivatives[h] : null);
    }
    this.firstOrder?.at(sums.tilt);
    this.querySquare = this.squareOfImage(task.query, false);
  }

  prompt(rng: RandomStream): void {
    const { task, sums, problem } = this;
    sums.reset();
    for (let l = 0; l < problem.length; l += chunkTokens) {
      const count = Math.min(chunkTokens, problem.length - l);
      task.tokens(rng, this.chunk, count);
      sums.add(this.chunk, count);
    }
    sums.finish();
    this.compare();
  }

  private compare(): void {
    const { model, sums, errors, firstOrder, approximation } = this;
    const D = model.width;
    let output = 0;
    let firstOutput = 0;
    errors.value_gradient = 0;
    errors.key_query_gradient = 0;
    if (approximation !== null) approximation.value_gradient = 0;
    for (let h = 0; h < model.heads; h++) {
      for (let i = 0; i < D; i++) this.difference[i] = sums.mean[h * D + i] - this.limit[h * D + i];
      const along = dot(model.value.subarray(h * D, (h + 1) * D), this.difference);
      const square = this.squareOfImage(this.difference, true);
      output += along;
      errors.value_gradient += square;
      if (firstOrder !== null && approximation !== null) {
        const scale = firstOrder.scale(h, sums.logMeanWeight(h));
        firstOutput += scale * along;
        approximation.value_gradient += scale * scale * square;
      }
      if (this.wantKeyQuery) errors.key_query_gradient += this.derivativeError(h) * this.querySquare;
    }
    if (approximation !== null) approximation.output = firstOutput * firstOutput;
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

/**
 * `isControlled`: whether to find first orders too, for which softmax and the identity link are needed. `merged` as in `sampleErrors`. Where only means are compared, and
 * tokens are not those of a file, prompts come from the sampling kernels.
 */
export function errorSource(
  problem: Problem,
  merged: Merged | null,
  wantKeyQuery: boolean,
  isControlled: boolean,
  module: KernelModule | null = null,
): ErrorSource {
  const { setting } = problem;
  if (setting.kind === 'tokens') return new TokensErrors(problem, setting.law, wantKeyQuery, isControlled, module);
  if (merged === null) throw new SolverFailure('unsupported', 'Concentration in a task needs its parameters.', 'attention');
  return new TaskErrors(problem, setting.task, merged, wantKeyQuery, isControlled, module);
}
