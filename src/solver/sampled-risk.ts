/** Population risk by sampled prompts, where no exact form exists (docs/mathematics.md, section 7), and as an independent check of it. */
import { ControlledRisk } from './controlled-risk.js';
import { type Merged, taskOf } from './parameters.js';
import type { PopulationRisk } from './population.js';
import type { Problem } from './problem.js';
import { fastestRoute, promptEvaluator, type Route } from './prompt-routes.js';
import { ExplicitPrompt, GradientSum, type PromptEvaluator, WorkingModel } from './prompts.js';
import { stream } from './random.js';
import { RunningMean } from './running-mean.js';
import { taskSampler } from './sampling.js';

/** Tokens are kept between evaluations, instead of being drawn again, while they fit in this many numbers (24 MB). */
const keptNumbers = 3e6;

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

/** A fixed set of prompts, the first `count` of a purpose: every evaluation sees the same ones. */
class CommonPrompts {
  private readonly prompt: PromptEvaluator;
  private readonly model: WorkingModel;
  private kept: { readonly queries: Float64Array; readonly targets: Float64Array; readonly tokens: Float64Array } | null = null;

  constructor(
    private readonly problem: Problem,
    private readonly purpose: string,
    readonly count: number,
    /** Whether the set will be evaluated many times. */
    private readonly keep: boolean,
  ) {
    const task = taskOf(problem);
    const { kernel, heads } = problem.attention;
    const { root, dimension } = taskSampler(task);
    this.model = new WorkingModel(root, dimension, heads);
    this.prompt = promptEvaluator(task, kernel, heads, problem.length);
  }

  /** Calls `visit` with every prompt, evaluated at `m`, and its error without label noise. */
  each(m: Merged, visit: (prompt: PromptEvaluator, error: number) => void): void {
    const { prompt, model, count, problem } = this;
    model.set(m);
    if (this.keep && prompt instanceof ExplicitPrompt && count * problem.length * model.width <= keptNumbers) {
      this.replay(prompt, visit);
      return;
    }
    for (let n = 0; n < count; n++) {
      const rng = stream(problem.solver.seed, this.purpose, n);
      prompt.draw(rng);
      visit(prompt, prompt.evaluate(rng, model) - prompt.target);
    }
  }

  private replay(prompt: ExplicitPrompt, visit: (prompt: PromptEvaluator, error: number) => void): void {
    this.kept ??= this.drawAll(prompt);
    const { queries, targets, tokens } = this.kept;
    const { dimension: d, width: D } = this.model;
    for (let n = 0; n < this.count; n++) {
      prompt.query.set(queries.subarray(n * d, (n + 1) * d));
      visit(prompt, prompt.replay(this.model, prompt.query, tokens, n * this.problem.length * D) - targets[n]);
    }
  }

  private drawAll(prompt: ExplicitPrompt): { queries: Float64Array; targets: Float64Array; tokens: Float64Array } {
    const { count, problem } = this;
    const { dimension: d, width: D } = this.model;
    const queries = new Float64Array(count * d);
    const targets = new Float64Array(count);
    const tokens = new Float64Array(count * problem.length * D);
    for (let n = 0; n < count; n++) {
      const rng = stream(problem.solver.seed, this.purpose, n);
      prompt.draw(rng);
      queries.set(prompt.query, n * d);
      targets[n] = prompt.target;
      prompt.task.tokens(rng, tokens, problem.length, n * problem.length * D);
    }
    return { queries, targets, tokens };
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
 * `gradient` averages over the prompts (seed, 'flow', 0 … n − 1) and is exactly the gradient of the sample average it returns, so that an ODE solver
 * sees a smooth field; `risk` averages over others, (seed, 'risk', …), so that what was fitted to the first is not judged by them,
 * with the risk of the infinite prompt as a control variate where that pays.
 */
export function sampledRisk(problem: Problem): PopulationRisk {
  const task = taskOf(problem);
  const factor = lossFactor(problem);
  const floor = factor * task.noise ** 2;
  const samples = riskSamples(problem);
  const { root, dimension } = taskSampler(task);
  const flow = new CommonPrompts(problem, 'flow', samples.gradient, true);
  const isExplicit = fastestRoute(taskSampler(task), problem.attention.kernel, problem.attention.heads, problem.length) === 'explicit';
  const controlled = isExplicit ? ControlledRisk.of(problem) : null;
  const judge = new CommonPrompts(problem, 'risk', samples.risk, false);
  const sums = new GradientSum(root, dimension, problem.attention.heads);
  return {
    method: 'sampled',
    risk(m) {
      if (controlled !== null) {
        const { mean, standardError } = controlled.meanSquare(m, samples.risk);
        return { value: factor * mean + floor, standardError: factor * standardError };
      }
      const mean = new RunningMean();
      judge.each(m, (_, error) => mean.add(factor * error * error));
      return { value: mean.mean + floor, standardError: mean.standardError };
    },
    gradient(m, gU, gv) {
      let total = 0;
      sums.reset();
      flow.each(m, (prompt, error) => {
        total += error * error;
        sums.add(prompt, error);
      });
      sums.finish((2 * factor) / flow.count, gU, gv);
      return (factor * total) / flow.count + floor;
    },
  };
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
