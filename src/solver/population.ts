/** Population risk of the in-context task and its gradient: exact where it can be, else sampled prompts. */
import type { KernelLoader } from '../kernels/index.js';
import { BlockRisk, blockApplies, blockOf, hasGaussianTokens, isBlockForm } from './balanced.js';
import { lawMoments } from './cumulant.js';
import { GeneralRisk } from './general-risk.js';
import { initialParameters, layoutOf, type Merged, merge, taskOf } from './parameters.js';
import { PolynomialRisk } from './polynomial-risk.js';
import type { Problem } from './problem.js';
import type { Method } from './result.js';
import { sampledRisk } from './sampled-risk.js';

export interface RiskValue {
  readonly value: number;
  /** 0 where the value is exact. */
  readonly standardError: number;
  /** How this value came about, where it differs from the method at the start of the training. */
  readonly method?: Method;
}

export interface PopulationRisk {
  /** Method at the parameters the problem starts from. */
  readonly method: Method;
  risk(m: Merged): RiskValue;
  /** Fills the gradients with respect to U and v, returns the risk. */
  gradient(m: Merged, gU: Float64Array, gv: Float64Array): number;
}

/** Gaussian tokens, zero-mean Gaussian weights, identity link, one head: linear attention and L = ∞ are polynomials. */
function polynomialApplies(problem: Problem): boolean {
  const task = taskOf(problem);
  const { kernel, heads } = problem.attention;
  const polynomial = kernel === 'linear' || problem.length === Number.POSITIVE_INFINITY;
  return polynomial && heads === 1 && task.link === 'identity' && hasGaussianTokens(task) && gaussianWeights(problem) === 'centred';
}

function gaussianWeights(problem: Problem): 'centred' | 'shifted' | null {
  const { weights } = taskOf(problem);
  const gaussian = weights.kind === 'gaussian' || (weights.kind === 'independent' && weights.coordinate.kind === 'gaussian');
  if (!gaussian) return null;
  return lawMoments(weights).mean.every((x) => x === 0) ? 'centred' : 'shifted';
}

/** The risk at block-form parameters by `exact`, at all others by `rest`. */
class BlockOrElse implements PopulationRisk {
  private readonly D: number;
  private readonly gA: Float64Array;
  private restRisk: PopulationRisk | null = null;

  constructor(
    private readonly problem: Problem,
    private readonly exact: BlockRisk,
    readonly method: Method,
    private readonly kernels: KernelLoader | undefined,
  ) {
    this.D = exact.d + 1;
    this.gA = new Float64Array(exact.d * exact.d);
  }

  private get rest(): PopulationRisk {
    this.restRisk ??= withoutBlock(this.problem, this.kernels);
    return this.restRisk;
  }

  risk(m: Merged): RiskValue {
    if (!isBlockForm(m, this.D)) return { method: this.rest.method, ...this.rest.risk(m) };
    const A = blockOf(m, this.D);
    const a = this.exact.diagonalOf(A);
    const b = m.v[this.D - 1]!;
    const value = a ? this.exact.diagonal(a, b, null) : this.exact.general(A, b, null)[0];
    return { value, standardError: 0, method: 'exact' };
  }

  gradient(m: Merged, gU: Float64Array, gv: Float64Array): number {
    const { D, exact, gA } = this;
    const d = D - 1;
    if (!isBlockForm(m, D)) return this.rest.gradient(m, gU, gv);
    const A = blockOf(m, D);
    const b = m.v[d]!;
    gU.fill(0);
    gv.fill(0);
    const a = exact.diagonalOf(A);
    if (a) {
      const out = new Float64Array(D);
      const value = exact.diagonal(a, b, out);
      exact.fromDiagonal(out, gU, D);
      gv[d] = out[d]!;
      return value;
    }
    const [value, gb] = exact.general(A, b, gA);
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) gU[i * D + j] = gA[i * d + j]!;
    gv[d] = gb;
    return value;
  }
}

function withoutBlock(problem: Problem, kernels: KernelLoader | undefined): PopulationRisk {
  const task = taskOf(problem);
  if (polynomialApplies(problem)) {
    const polynomial = new PolynomialRisk(problem);
    return {
      method: 'exact',
      risk: (m) => ({ value: polynomial.evaluate(m, null, null), standardError: 0 }),
      gradient: (m, gU, gv) => polynomial.evaluate(m, gU, gv),
    };
  }
  if (problem.attention.heads === 1 && task.link === 'identity' && hasGaussianTokens(task) && gaussianWeights(problem) !== null)
    return new GeneralRisk(problem);
  return sampledRisk(problem, kernels);
}

/**
 * The population risk of a task by the best method there is: exact at block-form parameters (any symmetric law of w) and, with Gaussian weights, at all
 * others; sampled prompts for other token laws, links and several heads, and where `solver.method` asks for it.
 */
export function populationRisk(problem: Problem, kernels?: KernelLoader): PopulationRisk {
  if (problem.solver.method === 'monte_carlo') return sampledRisk(problem, kernels);
  if (!blockApplies(problem)) return withoutBlock(problem, kernels);
  const layout = layoutOf(problem);
  const start = merge(layout, initialParameters(problem));
  if (!isBlockForm(start, layout.D) && polynomialApplies(problem)) return withoutBlock(problem, kernels);
  const method = isBlockForm(start, layout.D) ? 'exact' : withoutBlock(problem, kernels).method;
  return new BlockOrElse(problem, new BlockRisk(problem, undefined, kernels), method, kernels);
}
