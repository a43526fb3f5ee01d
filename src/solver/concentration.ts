/**
 * How far a finite prompt is from its infinite-prompt limit: the exact squared errors of output, V-gradient and U-gradient
 * on Gaussian tokens, at one query or averaged, with their certified bounds, asymptotes and local rates
 * (docs/mathematics.md, sections 3, 4 and 6).
 *
 * Usage: `errorAverages(problem, parameters)` once for each setting and parameters (it is kept, and independent of the
 * length), then `.at(quantity, length)` for every length.
 */
import { type BoundTable, boundTable, momentBounds } from './bounds.js';
import { boundAt, tighten } from './certified-terms.js';
import { lawMoments } from './cumulant.js';
import { type ErrorNodes, nodesAtQueries } from './error-nodes.js';
import { gaussianCovariance, isSummedWhole, pointCount, queriesOf, replicateCount } from './law-transport.js';
import * as linear from './linear-algebra.js';
import { linearMeanTerms } from './linear-mean-terms.js';
import { fullMomentTable } from './moment-table.js';
import { allMoments, momentNames, momentsAt } from './participation.js';
import { gaussianQueryNodes } from './polynomial-nodes.js';
import type { DenseMatrix, ErrorQuantity, Law, Problem } from './problem.js';
import { type OutputSpread, outputQuantile, spreadsAt, tailQuantile, widestSpread } from './quantile-bounds.js';
import { carriersOf, type RareQueries, rareQueries, shareOfRarest } from './rare-queries.js';
import { type Carriers, SolverFailure } from './result.js';
import { ScoreTransforms } from './score-transforms.js';
import { blockNodes, blockOf, centredWeights, sampledTaskNodes } from './task-nodes.js';

export interface ErrorValue {
  /** E‖·‖², squared error at this length. */
  readonly value: number;
  /** Estimated relative numerical error of an exact value (cancellation at large τ² included). */
  readonly relativeError: number;
  /** Of the quasi-Monte Carlo average over queries (and w); 0 where it is exact. */
  readonly standardError: number;
  /** d log value / d log L; NaN at L = ∞. */
  readonly rate: number;
  /** At least `value` at every length, and tending to it; NaN when not asked for. */
  readonly certified: number;
  /** Leading term in 1/L; NaN where rare queries make it diverge. */
  readonly asymptote: number;
}

/** Coefficients of the moments (order of `momentNames`) in the factor of every feature of `ErrorNodes`. */
const factors: Record<ErrorQuantity, readonly Float64Array[]> = (() => {
  const row = (terms: Partial<Record<(typeof momentNames)[number], number>>, scale = 1): Float64Array =>
    Float64Array.from(momentNames, (name) => scale * (terms[name] ?? 0));
  const mean = [row({ B2: 1 }), row({ B2: 1, B3: -6, B22: 6 })];
  const h = { B2: 1, B3: -18, B22: 11, B4: 58, B23: -92, B222: 40 };
  return {
    output: mean,
    value_gradient: mean,
    key_query_gradient: [
      row({ B2: 1, B3: -2, B22: 2 }),
      row({ B2: 1, B3: -2, B22: 1 }),
      row(h, 2),
      row(h, -2),
      row({ B2: 1, B3: -14, B22: 7, B4: 38, B23: -52, B222: 20 }),
      row({ B2: 1, B3: -62, B22: 27, B4: 594, B23: -680, B222: 240, B5: -1580, B24: 2480, B33: 1020, B223: -2880, B2222: 840 }),
    ],
  };
})();

/** Direct quantiles take a search at every node. */
const mostDirect = 1000;
/** With fewer nodes than this the moments are computed at each instead of looked up. */
const fewNodes = 4;

/** Errors of one layer on one token law and query law, at any length. */
export class ErrorAverages {
  /** Whether averages are exact (one-dimensional or one query) or quasi-Monte Carlo. */
  readonly method: 'exact' | 'quasi_monte_carlo';

  constructor(
    private readonly nodes: ErrorNodes,
    private readonly kernel: 'softmax' | 'linear',
    /** Largest eigenvalue of the (mean) token covariance: σ² of the paper's form. */
    readonly sigma2: number,
    /** What a mean of the tokens adds to L times the linear kernel's errors. */
    private readonly meanTerms: Partial<Record<ErrorQuantity, number>>,
    /** On plain tokens: what output and V-gradient errors are made of at a query whose scores have a given variance, or the most of it. */
    private readonly spreads: ((quantity: 'output' | 'value_gradient', tau2: number) => OutputSpread) | null = null,
  ) {
    this.method = nodes.method;
  }

  /** Whether no score or weight has overflowed. */
  get finite(): boolean {
    return (
      this.nodes.tau2.every(Number.isFinite) &&
      Object.values(this.nodes.features).every((list) => list.every((f) => f.every(Number.isFinite)))
    );
  }

  /** Rare queries govern the average from λ = ½ up, for softmax and a Gaussian query; else null. */
  get rare(): RareQueries | null {
    const lambda = this.nodes.queryEigenvalue;
    return this.kernel === 'softmax' && lambda !== null ? rareQueries(lambda) : null;
  }

  /** `quantity` must be one of those asked for; `length` an integer ≥ 1 or Infinity. */
  at(quantity: ErrorQuantity, length: number, wantCertified = true): ErrorValue {
    this.featuresOf(quantity);
    if (!(length >= 1)) throw new RangeError(`length must be at least 1, got ${length}`);
    if (length === Number.POSITIVE_INFINITY) {
      return { value: 0, relativeError: 0, standardError: 0, rate: Number.NaN, certified: 0, asymptote: 0 };
    }
    return this.kernel === 'linear' ? this.linearError(quantity, length) : this.softmaxError(quantity, length, wantCertified);
  }

  /** The bound alone, for any length: cheap enough for a search in L. */
  certified(quantity: ErrorQuantity, length: number): number {
    if (this.kernel === 'linear') return this.at(quantity, length).certified;
    const terms = this.certifiedTerms(quantity, length);
    return terms.reduce((sum, x) => sum + x, 0) / this.nodes.replicates;
  }

  /** The bound at every node, weights included. */
  private certifiedTerms(quantity: ErrorQuantity, length: number): Float64Array {
    const { tau2 } = this.nodes;
    const features = this.featuresOf(quantity);
    const table: BoundTable | null = tau2.length > fewNodes ? boundTable(length) : null;
    const terms = new Float64Array(tau2.length);
    for (let j = 0; j < tau2.length; j++) {
      if (table === null) momentBounds(tau2[j]!, length, bounds);
      else table.at(tau2[j]!, bounds);
      terms[j] = boundAt(quantity, features, j, bounds);
    }
    if (quantity === 'key_query_gradient') tighten(features, tau2, length, table, terms);
    return terms;
  }

  private featuresOf(quantity: ErrorQuantity): readonly Float64Array[] {
    const features = this.nodes.features[quantity];
    if (features === undefined) throw new RangeError(`${quantity} was not asked for`);
    return features;
  }

  /** Visits every node with its error, its derivative in log L and what rounding may take, weights included. */
  private eachNode(
    quantity: ErrorQuantity,
    length: number,
    visit: (j: number, value: number, slope: number, rounding: number) => void,
  ): void {
    const { tau2 } = this.nodes;
    const features = this.featuresOf(quantity);
    const rows = factors[quantity];
    const table = tau2.length > fewNodes ? fullMomentTable(length) : null;
    const unit = table === null ? 1e-14 : length <= 1e6 ? 1e-12 : 5e-11;
    for (let j = 0; j < tau2.length; j++) {
      if (table === null) {
        momentsAt(tau2[j]!, length, allMoments, moments, slopes, (t, cap) => new ScoreTransforms(t, 2, 8, cap));
        for (let q = 0; q < allMoments; q++) slopes[q]! *= moments[q]!;
      } else table.full(tau2[j]!, moments, slopes);
      let value = 0;
      let slope = 0;
      let rounding = 0;
      for (let i = 0; i < features.length; i++) {
        const f = features[i]![j]!;
        if (f === 0) continue;
        const row = rows[i]!;
        let factor = 0;
        let derivative = 0;
        let magnitude = 0;
        for (let q = 0; q < allMoments; q++) {
          const c = row[q]!;
          if (c === 0) continue;
          factor += c * moments[q]!;
          derivative += c * slopes[q]!;
          magnitude += Math.abs(c) * (table === null ? moments[q]! : moments[0]!);
        }
        value += f * factor;
        slope += f * derivative;
        rounding += f * magnitude;
      }
      visit(j, value, slope, rounding * unit);
    }
  }

  private softmaxError(quantity: ErrorQuantity, length: number, wantCertified: boolean): ErrorValue {
    const { tau2, replicates, leading } = this.nodes;
    const means = new Float64Array(replicates);
    const size = tau2.length / replicates;
    let slope = 0;
    let rounding = 0;
    this.eachNode(quantity, length, (j, value, derivative, lost) => {
      means[Math.floor(j / size)]! += value;
      slope += derivative;
      rounding += lost;
    });
    const value = means.reduce((sum, x) => sum + x, 0) / replicates;
    const asymptote = leading[quantity]! / length;
    return {
      value,
      relativeError: value > 0 ? rounding / (replicates * value) : 0,
      standardError: spread(means, value),
      rate: slope / (replicates * value),
      certified: wantCertified ? this.certified(quantity, length) : Number.NaN,
      asymptote: Number.isFinite(asymptote) ? asymptote : Number.NaN,
    };
  }

  /**
   * What one prompt's error stays below with probability `confidence`, query and prompt drawn anew: query by query Markov's inequality on the certified means
   * or, on plain tokens, the direct bound.
   */
  certifiedQuantile(quantity: ErrorQuantity, length: number, confidence: number): number {
    if (length === Number.POSITIVE_INFINITY) return 0;
    const { spreads } = this;
    const { tau2, weight, replicates } = this.nodes;
    const eta = 1 - confidence;
    if (this.kernel === 'linear') return this.at(quantity, length).value / eta;
    const terms = this.certifiedTerms(quantity, length);
    if (quantity === 'key_query_gradient' || spreads === null || tau2.length > mostDirect) {
      return tailQuantile(terms, weight, replicates, eta);
    }
    return tailQuantile(terms, weight, replicates, eta, (j, probability) =>
      outputQuantile(spreads(quantity, tau2[j]!), length, probability),
    );
  }

  /**
   * Share of the mean error that the fraction `probability` of the queries carries, those with the widest scores. NaN at one query and for
   * linear attention.
   */
  shareOfRarest(quantity: ErrorQuantity, length: number, probability: number): number {
    const { tau2, weight, replicates } = this.nodes;
    if (this.kernel === 'linear' || tau2.length <= fewNodes || length === Number.POSITIVE_INFINITY) return Number.NaN;
    return shareOfRarest({ tau2, weight, errors: this.nodeErrors(quantity, length) }, probability * replicates);
  }

  /** The queries with the widest scores that together carry `share` of the mean error, where rare queries govern; else null. */
  carriers(quantity: ErrorQuantity, length: number, share: number): Carriers | null {
    const { rare } = this;
    if (rare === null || length === Number.POSITIVE_INFINITY) return null;
    const { tau2, weight } = this.nodes;
    const found = carriersOf({ tau2, weight, errors: this.nodeErrors(quantity, length) }, share);
    return found === null ? null : { ...found, exponent: rare.exponent };
  }

  /** Every node's part of the mean error, weights included. */
  private nodeErrors(quantity: ErrorQuantity, length: number): Float64Array {
    const errors = new Float64Array(this.nodes.tau2.length);
    this.eachNode(quantity, length, (j, value) => {
      errors[j] = Math.max(0, value);
    });
    return errors;
  }

  /** Linear attention: one token's variance over L, exactly; it is its own bound and asymptote. */
  private linearError(quantity: ErrorQuantity, length: number): ErrorValue {
    const { tau2, replicates } = this.nodes;
    const features = this.featuresOf(quantity);
    const means = new Float64Array(replicates);
    const size = tau2.length / replicates;
    for (let j = 0; j < tau2.length; j++) {
      const first = features[0]![j]!;
      const second = features[1]![j]!;
      means[Math.floor(j / size)]! += (quantity === 'key_query_gradient' ? first : tau2[j]! * first) + second;
    }
    const extra = this.meanTerms[quantity] ?? 0;
    for (let r = 0; r < replicates; r++) means[r] = (means[r]! + extra) / length;
    const value = means.reduce((sum, x) => sum + x, 0) / replicates;
    return { value, relativeError: 1e-13, standardError: spread(means, value), rate: -1, certified: value, asymptote: value };
  }
}

const moments = new Float64Array(allMoments);
const slopes = new Float64Array(allMoments);
const bounds = new Float64Array(6);

function spread(means: Float64Array, mean: number): number {
  const n = means.length;
  if (n < 2) return 0;
  return Math.sqrt(means.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n * (n - 1)));
}

/** Parameters at which the errors are measured: one head, the temperature and 1/√k inside U. */
export interface LayerParameters {
  /** D × D. */
  readonly U: DenseMatrix;
  /** D_out × D; 1 × D in a task. */
  readonly V: DenseMatrix;
}

/**
 * The averages for a problem's tokens, task and query, or null where section 3 does not apply (several heads, tokens that
 * are not Gaussian, a link): those are sampled. Throws SolverFailure `tolerance` where scores or weights overflow. `of`: which errors. Plain tokens take their parameters from the problem when
 * none are given; a task needs them. The last few results are kept, so that runs that differ in length share them.
 */
export function errorAverages(problem: Problem, of: readonly ErrorQuantity[], parameters?: LayerParameters): ErrorAverages | null {
  const { setting, attention, query, solver } = problem;
  const layer = parameters ?? explicitParameters(problem);
  if (layer === null || attention.heads !== 1) return null;
  if (setting.kind === 'tokens' && gaussianCovariance(setting.law) === null) return null;
  if (setting.kind === 'task') {
    const { tokens, link } = setting.task;
    if (link !== 'identity' || (tokens !== null && gaussianCovariance(tokens) === null)) return null;
  }
  const key = hasEmpirical(problem) ? null : JSON.stringify([setting, query, attention.kernel, layer, of, solver.seed]);
  const known = key === null ? undefined : kept.get(key);
  if (known !== undefined) return known;
  const made = setting.kind === 'task' ? taskAverages(problem, layer, of) : tokenAverages(problem, setting.law, layer, of);
  if (made?.finite === false) {
    throw new SolverFailure('tolerance', 'The errors at these parameters are beyond double precision.', 'attention.key_query');
  }
  if (key !== null && made !== null) {
    const oldest = kept.keys().next().value;
    if (kept.size >= 64 && oldest !== undefined) kept.delete(oldest);
    kept.set(key, made);
  }
  return made;
}

const kept = new Map<string, ErrorAverages>();

function hasEmpirical({ setting, query }: Problem): boolean {
  const inLaw = (law: Law): boolean =>
    law.kind === 'empirical' || (law.kind === 'affine' && inLaw(law.base)) || (law.kind === 'mixture' && law.components.some(inLaw));
  return (query?.kind === 'law' && inLaw(query.law)) || (setting.kind === 'task' && inLaw(setting.task.weights));
}

/** U and V of plain tokens as the spec gives them, the temperature divided out; null when either is missing. */
export function explicitParameters({ attention }: Problem): LayerParameters | null {
  const { keyQuery, value, temperature } = attention;
  return keyQuery === null || value === null ? null : { U: linear.scale(keyQuery, 1 / temperature), V: value };
}

function topEigenvalue(matrix: DenseMatrix): number {
  const { values } = linear.symmetricEigen(matrix);
  return values.length > 0 ? Math.max(0, values[values.length - 1]!) : 0;
}

function tokenAverages(problem: Problem, law: Law, { U, V }: LayerParameters, of: readonly ErrorQuantity[]): ErrorAverages | null {
  const { query, attention, solver } = problem;
  const gamma = gaussianCovariance(law);
  if (gamma === null || query === null) return null;
  const W = linear.matmul(linear.transpose(V), V);
  const nodes = queryNodes(gamma, U, W, query.kind === 'at' ? query.at : query.law, of, solver.seed);
  const mean = lawMoments(law).mean;
  const extra = attention.kernel === 'linear' && mean.some((x) => x !== 0) ? linearMeanTerms(gamma, mean, U, W, query) : {};
  const own = query.kind === 'at' ? spreadsAt(gamma, U, V, query.at) : null;
  const most = { output: widestSpread(gamma, V), value_gradient: widestSpread(gamma, linear.identity(gamma.length)) };
  return new ErrorAverages(nodes, attention.kernel, topEigenvalue(gamma), extra, (quantity, tau2) =>
    own === null ? { tau2, ...most[quantity] } : own[quantity],
  );
}

function queryNodes(
  gamma: DenseMatrix,
  U: DenseMatrix,
  W: DenseMatrix,
  query: Law | readonly number[],
  of: readonly ErrorQuantity[],
  seed: number,
): ErrorNodes {
  if (!('kind' in query)) return nodesAtQueries(gamma, U, W, [{ z: query, weight: 1 }], of, 'exact', 1);
  const covariance = gaussianCovariance(query);
  const centred = covariance !== null && lawMoments(query).mean.every((x) => x === 0);
  // Products of three general forms cost D³ at every point of the contour.
  const affordable = !of.includes('key_query_gradient') || gamma.length <= 40;
  if (centred && affordable) return gaussianQueryNodes(gamma, U, W, covariance, of);
  const count = pointCount(query.dimension, false);
  const all = isSummedWhole(query, count);
  return nodesAtQueries(gamma, U, W, queriesOf(query, seed, count), of, all ? 'exact' : 'quasi_monte_carlo', all ? 1 : replicateCount);
}

function taskAverages(problem: Problem, { U, V }: LayerParameters, of: readonly ErrorQuantity[]): ErrorAverages | null {
  if (problem.setting.kind !== 'task') return null;
  const { task } = problem.setting;
  const v = V[0]!;
  const omega = centredWeights(task.weights);
  const block = blockOf(U, v);
  const affordable = !of.includes('key_query_gradient') || task.dimension <= 40;
  const nodes =
    omega !== null && block !== null && affordable
      ? blockNodes(task, omega, block, of)
      : sampledTaskNodes(task, U, v, of, problem.solver.seed, problem.train !== null);
  // E Γ_w.
  const { mean, covariance } = lawMoments(task.weights);
  const cross = linear.matvec(task.covariance, mean);
  const corner = linear.traceOfProduct(task.covariance, linear.add(covariance, linear.outer(mean, mean))) + task.noise ** 2;
  const gamma = [...task.covariance.map((row, i) => [...row, cross[i]!]), [...cross, corner]];
  return new ErrorAverages(nodes, problem.attention.kernel, topEigenvalue(gamma), {});
}

/**
 * E Σ p_l t_l and E (Σ p_l t_l)² for t_l = vᵀz_l, z_l ~ N(0, Γ), scores aᵀz_l: from τ² = aᵀΓa, c = vᵀΓa, ρ² = vᵀΓv.
 * Linear attention: (1/L) Σ (aᵀz_l) t_l in place of the softmax average.
 */
export function outputMoments(
  kernel: 'softmax' | 'linear',
  tau2: number,
  c: number,
  rho2: number,
  length: number,
): { mean: number; square: number } {
  if (kernel === 'linear') return { mean: c, square: c * c + (length === Number.POSITIVE_INFINITY ? 0 : (tau2 * rho2 + c * c) / length) };
  momentsAt(tau2, length, allMoments, moments, slopes, (t, cap) => new ScoreTransforms(t, 2, 8, cap));
  const [B2, B3, B22] = moments as unknown as [number, number, number];
  return { mean: c * (1 - B2), square: rho2 * B2 + c * c * (1 - B2 - 6 * B3 + 6 * B22) };
}
