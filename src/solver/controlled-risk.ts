/**
 * Sampled risk beside the risk of the infinite prompt, as a control variate (docs/mathematics.md, section 7). With b the limit's error at (w, x_q) and Σ v_hᵀX_h the
 * first order of the prompt's distance from the limit, Y = (b + Σ v_hᵀ(m̂_h − m_h))² is compared with A = η (b + Σ v_hᵀX_h)², whose mean given (w, x_q) is
 * η (b² + E (Σ v_hᵀX_h)²); with a link, whose first order has no mean in closed form, with b² alone.
 */
import type { KernelModule } from '../kernels/index.js';
import { ControlledMean } from './control-variates.js';
import { type FirstOrderErrors, taskFirstOrders } from './first-order-errors.js';
import { TaskLimit } from './limit-prompts.js';
import { dot } from './linear-algebra.js';
import { type Merged, taskOf } from './parameters.js';
import type { Problem } from './problem.js';
import { promptSetting, RecordedPrompts, secondsOfPrompt } from './prompt-kernels.js';
import { TaskDraw, WorkingModel } from './prompts.js';
import { stream } from './random.js';
import { RunningMean } from './running-mean.js';
import { taskSampler } from './sampling.js';

/** Further (w, x_q) for one prompt at most, and the share of its work that they may take. */
const mostFurther = 16;
const furtherShare = 0.3;
/** With fewer the control gives back too little. */
const leastFurther = 2;

/** Prompts that tell whether the control pays; a risk of fewer is a plain mean. */
const warmUp = 256;
/** Seconds for a multiplication of the control in plain TypeScript, about. */
const secondsForControl = 5e-9;

/** Risks over the prompts (seed, 'risk', 0 … count − 1), drawn token by token; the further (w, x_q) are (seed, 'risk-queries', …). */
export class ControlledRisk {
  private readonly task: TaskDraw;
  private readonly model: WorkingModel;
  private readonly prompts: RecordedPrompts;
  private trial: RecordedPrompts | null = null;
  private readonly limitOf: TaskLimit;
  private readonly firstOrder: FirstOrderErrors | null;
  private readonly tilt: Float64Array;
  private readonly limit: Float64Array;
  private readonly derivative: Float64Array;

  private constructor(
    private readonly problem: Problem,
    private readonly further: number,
    /** How many times the work of a plain prompt one with its control takes, about. */
    private readonly dearness: number,
    private readonly module: KernelModule | null,
  ) {
    const task = taskOf(problem);
    const { kernel, heads } = problem.attention;
    const sampler = taskSampler(task);
    this.task = new TaskDraw(sampler);
    this.model = new WorkingModel(sampler.root, sampler.dimension, heads);
    this.prompts = new RecordedPrompts(promptSetting(problem), problem.solver.seed, 'risk', module);
    this.limitOf = new TaskLimit(task, sampler, kernel);
    this.firstOrder =
      kernel === 'softmax' && task.link === 'identity' ? taskFirstOrders(this.task, this.model, this.limitOf, problem.length) : null;
    const D = this.model.width;
    this.tilt = new Float64Array(heads * D);
    this.limit = new Float64Array(heads * D);
    this.derivative = new Float64Array(D * D);
  }

  /**
   * Null where the limit may not exist or is dear beside a prompt (a square, a file or a sum over points, short prompts), and for relu, where it was measured not to
   * pay.
   */
  static of(problem: Problem, module: KernelModule | null): ControlledRisk | null {
    const task = taskOf(problem);
    const { kernel, heads } = problem.attention;
    const sampler = taskSampler(task);
    const isLinked = task.link !== 'identity';
    if (!Number.isFinite(problem.length) || task.link === 'square' || task.link === 'relu' || task.tokens?.kind === 'empirical')
      return null;
    if (isLinked && !sampler.normalBase) return null;
    const D = sampler.dimension + 1;
    const carried = task.tokens?.kind === 'affine' || task.tokens?.kind === 'mixture' ? D * D * D : 0.5 * D * D;
    const each = carried + (task.link === 'tanh' ? 3000 : 300);
    const tilts = kernel === 'softmax' && !isLinked ? 3 * heads + (heads * (heads + 1)) / 2 : heads;
    const control = tilts * each;
    const prompt = problem.length * (D * (heads + 1) + 4) + 100;
    const further = Math.min(mostFurther, Math.floor((furtherShare * prompt) / control));
    if (further < leastFurther) return null;
    const { single, double } = secondsOfPrompt(problem);
    const dearness = (double + (1 + further) * control * secondsForControl) / single;
    return new ControlledRisk(problem, further, dearness, module);
  }

  /**
   * E error², without the label's noise, and its standard error; null where the control lowers the variance by less than it makes prompts dearer. That is told by prompts of their
   * own, (seed, 'risk-trial', …), so that the choice does not bend the mean.
   */
  meanSquare(m: Merged, count: number): { readonly mean: number; readonly standardError: number } | null {
    if (count < warmUp) return null;
    this.trial ??= new RecordedPrompts(promptSetting(this.problem), this.problem.solver.seed, 'risk-trial', this.module);
    const trial = this.average(m, warmUp, this.trial, 'risk-trial-queries');
    if (!(trial.standardError ** 2 * this.dearness < trial.plainError ** 2)) return null;
    return this.average(m, count, this.prompts, 'risk-queries');
  }

  private average(
    m: Merged,
    count: number,
    prompts: RecordedPrompts,
    furtherPurpose: string,
  ): { readonly mean: number; readonly standardError: number; readonly plainError: number } {
    const { task, model, firstOrder, problem, further } = this;
    const D = model.width;
    const { seed } = problem.solver;
    const { shape } = prompts;
    const mean = new ControlledMean();
    const plain = new RunningMean();
    model.set(m);
    prompts.restart();
    for (let n = 0; n < count; n++) {
      let at = -1;
      while (at < 0) at = prompts.next(n, count, model);
      const { records } = prompts;
      task.recall(records, at + shape.weights, at + shape.query);
      const base = this.limitError();
      const known = this.known(base);
      let error = -task.target;
      for (let i = 0; i < model.value.length; i++) error += model.value[i] * records[at + shape.mean + i];
      let noise = 0;
      if (firstOrder !== null && Number.isFinite(base)) {
        let first = Math.sqrt(firstOrder.damping) * base;
        for (let h = 0; h < model.heads; h++) {
          let along = 0;
          for (let i = h * D; i < (h + 1) * D; i++) along += model.value[i] * (records[at + shape.mean + i] - this.limit[i]);
          first += firstOrder.scale(h, prompts.logMeanWeight(h, at)) * along;
        }
        noise = first * first - known;
      }
      plain.add(error * error);
      mean.add(error * error, noise, known);
      for (let j = 0; j < further; j++) {
        task.draw(stream(seed, furtherPurpose, n * further + j));
        mean.addFurther(this.known(this.limitError()));
      }
    }
    return { ...mean.estimate(), plainError: plain.standardError };
  }

  /** b at the task's (w, x_q); leaves tilts, limits and first orders there. */
  private limitError(): number {
    const { task, model, tilt, limit, limitOf, firstOrder, derivative } = this;
    model.tilt(task.query, tilt);
    for (let h = 0; h < model.heads; h++) limitOf.at(task.weights, tilt, h * model.width, limit, derivative);
    firstOrder?.at(tilt);
    return dot(model.value, limit) - task.target;
  }

  /** 0 where the limit overflows: like the damping, that depends on (w, x_q) alone. */
  private known(base: number): number {
    const { firstOrder } = this;
    if (!Number.isFinite(base * base)) return 0;
    return firstOrder === null ? base * base : firstOrder.damping * base * base + firstOrder.means.output;
  }
}
