/**
 * Time and memory of a run, estimated from its sizes alone, before anything is allocated. Crude on purpose: within a factor of
 * ten of the truth is enough to order the runs and to refuse what is out of reach.
 */
import type { Law, Problem, Task } from './problem.js';

export interface Cost {
  /** Seconds of one core. */
  readonly seconds: number;
  /** Bytes held at once. */
  readonly bytes: number;
}

/** What the cost depends on. */
export interface ProblemSize {
  /** Coordinates of a token, D. */
  readonly tokenDimension: number;
  readonly length: number;
  readonly heads: number;
  /** Parameters of the layer, all heads. */
  readonly parameters: number;
  readonly kernel: 'softmax' | 'linear';
  /** A closed form or quadrature gives the population quantities (docs/mathematics.md, sections 3 to 6). */
  readonly exact: boolean;
  /** One-dimensional integrals suffice: balanced start, one head. */
  readonly balanced: boolean;
  readonly evaluations: number;
  /** Prompts drawn by SGD or Adam in all, and steps taken. */
  readonly trainingPrompts: number;
  readonly trainingSteps: number;
  /** Prompts are drawn without their tokens: Gaussian (x, y) and one head (docs/mathematics.md, section 5). */
  readonly plane: boolean;
  /** Points of the trajectory that are kept. */
  readonly points: number;
  readonly measures: number;
  /** Error quantities that concentrate asks for. */
  readonly errors: number;
  /** Quantiles of errors are sampled, whatever form their means have. */
  readonly quantiles: boolean;
  /** The supremum over queries is searched prompt by prompt. */
  readonly uniform: boolean;
  /** Prompts sampled for each value that has no exact form; null is the solver's choice. */
  readonly samples: number | null;
  /** Numbers in the data files that the tokens come from. */
  readonly fileValues: number;
  /** Covariances over all tokens of a file, each a pass with D/2 multiplications for every number. */
  readonly fileCovariances: number;
}

/** Plain TypeScript, f64: one token drawn and weighted (measured, d = 5). */
const secondsPerToken = 63e-9;
/** One prompt, beside its tokens. */
const secondsPerPrompt = 1e-6;
/** The sampling kernels in single precision (measured, d = 5): a token in the plane of score and value, one with all its coordinates, a prompt, a step. */
const kernelSeconds = { planeToken: 5.5e-9, token: 12e-9, prompt: 1.1e-7, step: 4e-6 } as const;
/** One number of a file in one pass over it (measured, 50 000 × 256), and the passes that limits and bounds at 32 queries take. */
const secondsPerFileValue = 1.3e-9;
const filePasses = 230;
/** Queries whose limit's derivative an average over queries takes, at least. */
const derivativeQueries = 32;
/** Gradient of the risk at parameters that are not of block form: a constant and per D² (measured, D = 6 and 21); and the sums of exponentials of one length. */
const generalSeconds = { constant: 1e-3, perSquare: 1e-4, sums: 0.15 } as const;
/** Gradient of a risk that is a polynomial, in its eigenbasis, with what the integrator does beside it (measured, D = 6 and 11). */
const polynomialSeconds = { constant: 1e-6, perDimension: 4e-7 } as const;
/** A gradient flow takes about a hundred steps of twelve stages, and the dense output three more a point. */
const flowEvaluations = 1200;
const flowEvaluationsPerPoint = 4;

/** Prompts behind one value: what a budget in seconds allows, within bounds, unless their number is given. */
function samplesWithin(asked: number | null, seconds: number, perPrompt: number, least: number, most: number): number {
  return asked ?? Math.min(most, Math.max(least, seconds / perPrompt));
}

/** Of SGD or Adam: fresh prompts by the kernels, infinite ones by their limit. */
function trainingSeconds(size: ProblemSize): number {
  const { tokenDimension: D, length, heads, kernel, plane, trainingPrompts, trainingSteps } = size;
  if (!Number.isFinite(length)) return trainingPrompts * secondsPerPrompt * heads * Math.max(1, (D * D) / 36);
  const drawn = plane && kernel === 'linear' ? 0 : length;
  const perToken = plane ? kernelSeconds.planeToken : kernelSeconds.token * heads * Math.max(0.5, D / 6);
  const perPrompt = kernelSeconds.prompt * heads * Math.max(1, (D * D) / 36) + drawn * perToken;
  return trainingPrompts * perPrompt + trainingSteps * (kernelSeconds.step + 1e-8 * size.parameters);
}

export function costOf(size: ProblemSize): Cost {
  const D = size.tokenDimension;
  const tokens = Number.isFinite(size.length) ? size.length : 1;
  const perToken = secondsPerToken * Math.max(1, D / 6) * size.heads;
  const perPrompt = secondsPerPrompt * Math.max(1, (D * D) / 36) + (size.kernel === 'linear' && size.exact ? 0 : tokens * perToken);
  const { samples, points } = size;
  // The budgets of the sampled part: 5 ms a gradient, 20 ms a risk, half a second for all errors.
  const gradient = samplesWithin(samples, 5e-3, perPrompt, 256, 4096) * perPrompt;
  const risk = samplesWithin(samples, 20e-3, perPrompt, 1024, 16_384) * perPrompt;
  const error = samplesWithin(samples, 0.5 / Math.max(1, points), perPrompt, 256, 20_000) * perPrompt;
  const isPolynomial = size.kernel === 'linear' || !Number.isFinite(size.length);
  const perPoint = isPolynomial ? 1e-5 + 1e-8 * D ** 3 : generalSeconds.constant + generalSeconds.perSquare * D * D;
  const evaluations = size.balanced
    ? size.evaluations * (isPolynomial ? polynomialSeconds.constant + polynomialSeconds.perDimension * D : 5e-6 + 2e-6 * D)
    : size.exact
      ? size.evaluations * perPoint + (isPolynomial || size.evaluations === 0 ? 0 : generalSeconds.sums)
      : size.evaluations * gradient + points * risk;
  const setUp = 1e-3 + 1e-8 * D ** 3;
  const concentration =
    size.errors * Math.max(1, points) * ((size.exact ? 2e-3 + 1e-8 * D ** 3 : error) + (size.exact && size.quantiles ? error : 0));
  // A sample size asked for is spent at least once, whatever form the other quantities have.
  const asked = samples === null || size.exact ? 0 : samples * perPrompt;
  const passes = size.errors > 0 ? filePasses * Math.max(1, points) * size.fileValues * secondsPerFileValue : 0;
  const covariances = 0.5 * D * size.fileCovariances * size.fileValues * secondsPerFileValue;
  const uniform = size.uniform ? 1.5 + 32 * 1e-6 * Math.min(tokens, 1e5) * D : 0;
  const seconds = uniform + setUp + evaluations + trainingSeconds(size) + concentration + asked + passes + covariances;
  const matrices = 8 * D * D * 12;
  const state = 8 * size.parameters * 40;
  const recorded = 8 * size.points * (size.measures + 2) * 4;
  return { seconds, bytes: matrices + state + recorded + 1e6 + 16 * size.fileValues };
}

/** The sizes of a problem. */
export function sizeOf<E>(problem: Problem<E>): ProblemSize {
  const { attention, setting, train } = problem;
  const D = setting.kind === 'task' ? setting.task.dimension + 1 : setting.law.dimension;
  const perHead = attention.parameters === 'merged' ? D * D + D : 2 * attention.keyDimension * D + D * D + D;
  const stochastic = train !== null && (train.kind === 'sgd' || train.kind === 'adam');
  const points =
    train === null
      ? 1
      : train.kind === 'gradient_flow'
        ? train.points + train.extraTimes.length
        : Math.ceil(train.steps / train.record) + 1 + train.extraSteps.length;
  // Plain tokens have errors, and no risk to evaluate.
  const evaluations =
    train === null
      ? Number(setting.kind === 'task')
      : train.kind === 'gradient_flow'
        ? flowEvaluations + flowEvaluationsPerPoint * points
        : train.kind === 'gradient_descent'
          ? train.steps
          : points;
  return {
    tokenDimension: D,
    length: problem.length,
    heads: attention.heads,
    parameters: perHead * attention.heads,
    kernel: attention.kernel,
    exact: problem.solver.method !== 'monte_carlo' && hasExactForm(problem),
    balanced: setting.kind === 'task' && isBalanced(problem),
    evaluations: evaluations + (problem.measures.includes('gradient_gap') ? points : 0),
    trainingPrompts: stochastic ? train.steps * train.batch : 0,
    trainingSteps: stochastic ? train.steps : 0,
    plane: attention.heads === 1 && setting.kind === 'task' && setting.task.link === 'identity' && isGaussianTask(setting.task),
    points,
    measures: problem.measures.length,
    errors: problem.concentrate?.of.length ?? 0,
    quantiles: problem.facets.includes('quantile'),
    uniform: problem.measures.includes('uniform_error'),
    samples: problem.concentrate?.samples ?? problem.solver.samples,
    fileValues: fileValues(setting.kind === 'tokens' ? setting.law : setting.task.tokens),
    fileCovariances: fileCovariances(problem, points),
  };
}

/** A task whitens its tokens; then the derivatives of the limits, where the U-gradient is compared with them or a link's points are summed over. */
function fileCovariances<E>({ setting, concentrate, query }: Problem<E>, points: number): number {
  const whitening = setting.kind === 'task' ? 1 : 0;
  if (concentrate === null) return whitening;
  const isLinked = setting.kind === 'task' && setting.task.link !== 'identity';
  if (!isLinked && !concentrate.of.includes('key_query_gradient')) return whitening;
  return whitening + (query?.kind === 'at' ? 1 : derivativeQueries * Math.max(1, points));
}

function fileValues<E>(law: Law<E> | null): number {
  switch (law?.kind) {
    case 'empirical': {
      const tokens: unknown = law.tokens;
      return typeof tokens === 'object' && tokens !== null && 'rows' in tokens && typeof tokens.rows === 'number'
        ? tokens.rows * law.dimension
        : 0;
    }
    case 'mixture':
      return law.components.reduce((sum, part) => sum + fileValues(part), 0);
    case 'affine':
      return fileValues(law.base);
    default:
      return 0;
  }
}

/** Estimated time and memory of `problem`. */
export function estimateCost<E>(problem: Problem<E>): Cost {
  return costOf(sizeOf(problem));
}

/**
 * True where no prompts need be sampled: Gaussian tokens and, in a task, Gaussian weights, the identity link and one head
 * (docs/mathematics.md, sections 3 to 6).
 */
export function hasExactForm<E>(problem: Problem<E>): boolean {
  return whyNotExact(problem) === null;
}

/** The first reason why prompts must be sampled, as a clause; null when they need not be. */
export function whyNotExact<E>(problem: Problem<E>): string | null {
  const { setting, query, attention } = problem;
  if (attention.heads > 1) {
    return 'there are several heads';
  }
  if (setting.kind === 'tokens') {
    if (!isGaussian(setting.law)) {
      return 'the tokens are not Gaussian';
    }
    return query?.kind === 'law' && !isGaussian(query.law) ? 'the query is not Gaussian' : null;
  }
  if (!isGaussianTask(setting.task)) {
    return 'the tokens are not Gaussian';
  }
  if (setting.task.link !== 'identity') {
    return `the link is ${setting.task.link}`;
  }
  return isGaussian(setting.task.weights) ? null : 'the weights are not Gaussian';
}

function isGaussian<E>(law: Law<E>): boolean {
  return law.kind === 'gaussian' || (law.kind === 'affine' && isGaussian(law.base));
}

function isGaussianTask<E>({ tokens }: Task<E>): boolean {
  return tokens === null || isGaussian(tokens);
}

function isBalanced<E>(problem: Problem<E>): boolean {
  const { attention, train } = problem;
  const free =
    attention.keyQuery === null && attention.value === null && (attention.init.kind === 'balanced' || attention.init.kind === 'bayes');
  return hasExactForm(problem) && attention.parameters === 'merged' && free && train?.kind !== 'sgd' && train?.kind !== 'adam';
}
