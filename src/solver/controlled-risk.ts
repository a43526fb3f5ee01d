/**
 * Sampled risk beside the risk of the infinite prompt, as a control variate (docs/mathematics.md, section 7). With b the limit's error at (w, x_q) and Σ v_hᵀX_h the
 * first order of the prompt's distance from the limit, Y = (b + Σ v_hᵀ(m̂_h − m_h))² is compared with A = η (b + Σ v_hᵀX_h)², whose mean given (w, x_q) is
 * η (b² + E (Σ v_hᵀX_h)²); with a link, whose first order has no mean in closed form, with b² alone.
 */
import { ControlledMean } from './control-variates.js';
import { type FirstOrderErrors, taskFirstOrders } from './first-order-errors.js';
import { TaskLimit } from './limit-prompts.js';
import { dot } from './linear-algebra.js';
import { type Merged, taskOf } from './parameters.js';
import type { Problem } from './problem.js';
import { ExplicitPrompt, TaskDraw, WorkingModel } from './prompts.js';
import { stream } from './random.js';
import { taskSampler } from './sampling.js';

/** Further (w, x_q) for one prompt at most, and the share of its work that they may take. */
const mostFurther = 16;
const furtherShare = 0.3;
/** With fewer the control gives back too little. */
const leastFurther = 2;

/** Risks over the prompts (seed, 'risk', 0 … count − 1), drawn token by token; the further (w, x_q) are (seed, 'risk-queries', …). */
export class ControlledRisk {
  private readonly task: TaskDraw;
  private readonly model: WorkingModel;
  private readonly prompt: ExplicitPrompt;
  private readonly limitOf: TaskLimit;
  private readonly firstOrder: FirstOrderErrors | null;
  private readonly tilt: Float64Array;
  private readonly limit: Float64Array;
  private readonly derivative: Float64Array;

  private constructor(
    private readonly problem: Problem,
    private readonly further: number,
  ) {
    const task = taskOf(problem);
    const { kernel, heads } = problem.attention;
    const sampler = taskSampler(task);
    this.task = new TaskDraw(sampler);
    this.model = new WorkingModel(sampler.root, sampler.dimension, heads);
    this.prompt = new ExplicitPrompt(this.task, kernel, heads, problem.length);
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
  static of(problem: Problem): ControlledRisk | null {
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
    return further >= leastFurther ? new ControlledRisk(problem, further) : null;
  }

  /** E error², without the label's noise, and its standard error. */
  meanSquare(m: Merged, count: number): { readonly mean: number; readonly standardError: number } {
    const { task, model, prompt, firstOrder, problem, further } = this;
    const D = model.width;
    const { seed } = problem.solver;
    const mean = new ControlledMean();
    model.set(m);
    for (let n = 0; n < count; n++) {
      const rng = stream(seed, 'risk', n);
      task.draw(rng);
      const base = this.limitError();
      const known = this.known(base);
      const error = prompt.evaluate(rng, model) - task.target;
      let noise = 0;
      if (firstOrder !== null && Number.isFinite(base)) {
        let first = Math.sqrt(firstOrder.damping) * base;
        for (let h = 0; h < model.heads; h++) {
          let along = 0;
          for (let i = h * D; i < (h + 1) * D; i++) along += model.value[i] * (prompt.mean[i] - this.limit[i]);
          first += firstOrder.scale(prompt.sums, h) * along;
        }
        noise = first * first - known;
      }
      mean.add(error * error, noise, known);
      for (let j = 0; j < further; j++) {
        task.draw(stream(seed, 'risk-queries', n * further + j));
        mean.addFurther(this.known(this.limitError()));
      }
    }
    return mean.estimate();
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
