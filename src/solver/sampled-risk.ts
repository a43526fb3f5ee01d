/** Population risk by sampled prompts, where no exact form exists (docs/mathematics.md, section 7), and as an independent check of it. */
import type { KernelLoader, KernelModule } from '../kernels/index.js';
import { ControlledRisk } from './controlled-risk.js';
import { type Merged, taskOf } from './parameters.js';
import type { PopulationRisk, RiskValue } from './population.js';
import type { Problem, SolverSettings } from './problem.js';
import { PromptFamily } from './prompt-kernels.js';
import { fastestRoute, promptEvaluator, type Route } from './prompt-routes.js';
import { GradientSum, type PromptEvaluator, WorkingModel } from './prompts.js';
import { stream } from './random.js';
import { RunningMean } from './running-mean.js';
import { taskSampler } from './sampling.js';

/** Multiply-adds of one prompt, up to a factor that depends on the machine only. */
export function promptWork(problem: Problem): number {
  const { kernel, heads } = problem.attention;
  const sampler = taskSampler(taskOf(problem));
  const D = sampler.dimension + 1;
  switch (fastestRoute(sampler, kernel, heads, problem.length)) {
    case 'explicit':
      return problem.length * D * (heads + 1) + 100;
    case 'pairs':
      return 6 * problem.length + 20 * D + 100;
    case 'wishart':
      return 20 * D + 100;
    case 'limit': {
      const { link, tokens } = taskOf(problem);
      // The limit of tanh is a sum over a hundred nodes, that of an empirical law one over its tokens.
      // A link on tokens that are not Gaussian has one over the points of their law.
      const points = tokens?.kind === 'empirical' ? tokens.tokens.rows : link === 'identity' || sampler.normalBase ? 0 : 4096;
      const sum = points > 0 ? points * D * D : link === 'tanh' ? 1500 : 0;
      return heads * (D * D + sum) + 20 * D + 100;
    }
  }
}

/**
 * Prompts behind one gradient and behind one risk: `solver.samples` where it is given, else what about 5 and 20 milliseconds allow, but
 * at least 256 and 1024. A gradient flow evaluates the gradient some hundred times, the risk once at every recorded point.
 */
export function riskSamples(problem: Problem): { readonly gradient: number; readonly risk: number } {
  const { samples } = problem.solver;
  if (samples !== null) return { gradient: samples, risk: samples };
  const work = promptWork(problem);
  const within = (budget: number, least: number, most: number): number => Math.round(Math.min(most, Math.max(least, budget / work)));
  return { gradient: within(1e6, 256, 4096), risk: within(4e6, 1024, 16384) };
}

/** Prompts (seed, purpose, 0 … count − 1) one by one: the infinite ones, and the gradient of those that are drawn without their tokens. */
class CommonPrompts {
  private readonly prompt: PromptEvaluator;

  constructor(
    private readonly problem: Problem,
    private readonly purpose: string,
    readonly count: number,
  ) {
    const { kernel, heads } = problem.attention;
    this.prompt = promptEvaluator(taskOf(problem), kernel, heads, problem.length);
  }

  /** Calls `visit` with every prompt, evaluated at the parameters of `model`, and its error without label noise. */
  each(model: WorkingModel, visit: (prompt: PromptEvaluator, error: number) => void): void {
    const { prompt, count, problem } = this;
    for (let n = 0; n < count; n++) {
      const rng = stream(problem.solver.seed, this.purpose, n);
      prompt.draw(rng);
      visit(prompt, prompt.evaluate(rng, model) - prompt.target);
    }
  }
}

/** The factor of E error² in the risk. */
function lossFactor(problem: Problem): number {
  return taskOf(problem).loss === 'half_squared' ? 0.5 : 1;
}

/**
 * Population risk as an average over prompts named by their index, the same for every parameter, length and kernel: any law and link, any number
 * of heads, both kernels, L = ∞ through the limit. The label's noise is integrated out: it adds ½ s² (s² for the squared loss) exactly.
 *
 * `gradient` averages over the prompts (seed, 'flow', 0 … n − 1) and is, where they are drawn token by token, exactly the gradient of the sample average it returns, so that
 * an ODE solver sees a smooth field; `risk` averages over others, (seed, 'risk', …), so that what was fitted to the first is not judged by them,
 * with the risk of the infinite prompt as a control variate where that pays. Finite prompts come from the sampling kernels, the gradient's in double precision.
 */
export function sampledRisk(problem: Problem, kernels: KernelLoader = () => null): PopulationRisk {
  return new SampledRisk(problem, kernels());
}

class SampledRisk implements PopulationRisk {
  readonly method = 'sampled';
  private readonly factor: number;
  /** What the label's noise adds. */
  private readonly floor: number;
  private readonly samples: { readonly gradient: number; readonly risk: number };
  private readonly model: WorkingModel;
  private readonly total: GradientSum;
  private readonly route: Route;
  private readonly controlled: ControlledRisk | null;
  private flow: PromptFamily | CommonPrompts | null = null;
  private judge: PromptFamily | CommonPrompts | null = null;

  constructor(
    private readonly problem: Problem,
    private readonly module: KernelModule | null,
  ) {
    const task = taskOf(problem);
    const sampler = taskSampler(task);
    const { kernel, heads } = problem.attention;
    this.factor = lossFactor(problem);
    this.floor = this.factor * task.noise ** 2;
    this.samples = riskSamples(problem);
    this.model = new WorkingModel(sampler.root, sampler.dimension, heads);
    this.total = new GradientSum(sampler.root, sampler.dimension, heads);
    this.route = fastestRoute(sampler, kernel, heads, problem.length);
    this.controlled = this.route === 'explicit' ? ControlledRisk.of(problem, module) : null;
  }

  risk(m: Merged): RiskValue {
    const { factor, floor, samples, model } = this;
    const controlled = this.controlled?.meanSquare(m, samples.risk) ?? null;
    if (controlled !== null) return { value: factor * controlled.mean + floor, standardError: factor * controlled.standardError };
    model.set(m);
    this.judge ??= this.prompts('risk', samples.risk, this.route !== 'limit', this.problem.solver.precision);
    if (this.judge instanceof PromptFamily) {
      const { errorSquares, errorFourths } = this.judge.sums(model);
      const mean = errorSquares / samples.risk;
      const variance = Math.max(0, errorFourths / samples.risk - mean * mean);
      return { value: factor * mean + floor, standardError: factor * Math.sqrt(variance / (samples.risk - 1)) };
    }
    const mean = new RunningMean();
    this.judge.each(model, (_, error) => mean.add(factor * error * error));
    return { value: mean.mean + floor, standardError: mean.standardError };
  }

  gradient(m: Merged, gU: Float64Array, gv: Float64Array): number {
    const { factor, floor, samples, model, total } = this;
    model.set(m);
    // Where prompts are drawn without tokens, the frame that they are drawn in jumps with the parameters.
    this.flow ??= this.prompts('flow', samples.gradient, this.route === 'explicit', 'double');
    let squares = 0;
    if (this.flow instanceof PromptFamily) {
      const sums = this.flow.sums(model);
      squares = sums.errorSquares;
      total.takeSums(sums);
    } else {
      total.reset();
      this.flow.each(model, (prompt, error) => {
        squares += error * error;
        total.add(prompt, error);
      });
    }
    total.finish((2 * factor) / samples.gradient, gU, gv);
    return (factor * squares) / samples.gradient + floor;
  }

  private prompts(
    purpose: string,
    count: number,
    byKernels: boolean,
    precision: SolverSettings['precision'],
  ): PromptFamily | CommonPrompts {
    const { problem, module } = this;
    return byKernels ? new PromptFamily(problem, purpose, count, precision, module) : new CommonPrompts(problem, purpose, count);
  }
}

/** A risk and its gradient in (U, v) of the merged form, each with its standard error. */
export interface RiskEstimate {
  readonly value: number;
  readonly standardError: number;
  readonly gU: Float64Array;
  readonly gUError: Float64Array;
  readonly gv: Float64Array;
  readonly gvError: Float64Array;
}

/** Risk and gradient over the prompts (seed, 'estimate', 0 … samples − 1), with standard errors; `route` as in `promptEvaluator`. */
export function estimateRisk(problem: Problem, m: Merged, samples: number, seed: number, route?: Route): RiskEstimate {
  const task = taskOf(problem);
  const { kernel, heads } = problem.attention;
  const factor = lossFactor(problem);
  const { root, dimension } = taskSampler(task);
  const model = new WorkingModel(root, dimension, heads);
  const prompt = promptEvaluator(task, kernel, heads, problem.length, route);
  const sums = new GradientSum(root, dimension, heads);
  const gU = new Float64Array(m.U.length);
  const gv = new Float64Array(m.v.length);
  const risk = new RunningMean();
  const forU = Array.from(gU, () => new RunningMean());
  const forV = Array.from(gv, () => new RunningMean());
  model.set(m);
  for (let n = 0; n < samples; n++) {
    const rng = stream(seed, 'estimate', n);
    prompt.draw(rng);
    const error = prompt.evaluate(rng, model) - prompt.target;
    risk.add(factor * (error * error + task.noise ** 2));
    sums.reset();
    sums.add(prompt, error);
    sums.finish(2 * factor, gU, gv);
    for (let i = 0; i < gU.length; i++) forU[i].add(gU[i]);
    for (let i = 0; i < gv.length; i++) forV[i].add(gv[i]);
  }
  return {
    value: risk.mean,
    standardError: risk.standardError,
    gU: Float64Array.from(forU, (x) => x.mean),
    gUError: Float64Array.from(forU, (x) => x.standardError),
    gv: Float64Array.from(forV, (x) => x.mean),
    gvError: Float64Array.from(forV, (x) => x.standardError),
  };
}
