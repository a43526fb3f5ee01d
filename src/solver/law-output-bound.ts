/** Bounds of softmax attention's output and V-gradient errors at one query, for tokens of any law (docs/mathematics.md, section 4). */
import { leastOverThresholds } from './bounds.js';
import type { LayerTokens, Metric, TokenQuery } from './layer-tokens.js';
import * as linear from './linear-algebra.js';

/** Bounds of one error at one query, at any length. */
export interface QueryBound {
  /** Share of the query in the average. */
  readonly weight: number;
  /** L times the asymptote. */
  readonly leading: number;
  /** ≥ the mean error of prompts of `length` tokens, for every length ≥ 1. */
  certified(length: number): number;
  /** v with P(error of one prompt > v) ≤ `probability`; Infinity where nothing better than Markov's inequality is known. */
  quantile(length: number, probability: number): number;
}

/** A bound within this factor of the asymptote is not worth a closer look. */
const closeEnough = 1.5;
/** Shares of the probability of failure that the numerator's deviation takes; the denominator's takes the rest. */
const shares = [0.5, 0.9];

/**
 * Smallest bound over ways to split `probability` between the numerator and the sum of the weights: `numerator` gives, for its own probability, a bound of the
 * error where that sum is `kept` of its mean.
 */
export function leastOverShares(
  spread: number,
  length: number,
  probability: number,
  numerator: (probability: number, kept: number) => number,
): number {
  let best = Number.POSITIVE_INFINITY;
  for (const share of shares) {
    const kept = 1 - Math.sqrt((2 * Math.exp(spread) * Math.log(1 / ((1 - share) * probability))) / length);
    if (kept > 0) best = Math.min(best, numerator(share * probability, kept));
  }
  return best;
}

/**
 * t that the norm of a sum of independent centred vectors exceeds with `probability` at most: their norms are below `largest`, their squares' means add up to
 * `squares` (Pinelis and Sakhanenko's form of Bernstein's inequality).
 */
export function bernsteinNorm(probability: number, squares: number, largest: number): number {
  const u = Math.log(2 / probability);
  const shift = (u * largest) / 3;
  return shift + Math.sqrt(shift * shift + 2 * u * squares);
}

/** With w = e^{aᵀy − κ(a)}, x = y − ∇κ(a), S = E w²xxᵀ, all of x in the metric of the error. */
export class OutputBound implements QueryBound {
  readonly weight: number;
  readonly leading: number;
  private readonly tokens: LayerTokens;
  private readonly a: Float64Array;
  private readonly centre: Float64Array;
  private readonly kappa: number;
  /** κ(2a) − 2κ(a). */
  private readonly spread: number;
  private plainSquare: number | undefined;
  private tail: { readonly pairs: number; readonly single: number; readonly largest: number; readonly direction: number } | undefined;

  constructor(
    { tokens, a, weight }: TokenQuery,
    private readonly metric: Metric,
  ) {
    const once = tokens.cumulant(a);
    const twice = times(a, 2);
    this.tokens = tokens;
    this.a = a;
    this.weight = weight;
    this.centre = once.gradient;
    this.kappa = once.value;
    this.spread = tokens.cumulant(twice).value - 2 * once.value;
    this.leading = Math.exp(this.spread) * tokens.square(metric, twice, this.centre);
  }

  certified(length: number): number {
    const { tokens, metric, centre, spread, leading } = this;
    const diameter = tokens.diameter(metric);
    const isBounded = Number.isFinite(diameter);
    const largest = (): number => (isBounded ? diameter * diameter : tokens.largest(metric, centre, length, 2));
    if (!Number.isFinite(leading)) return largest();
    // Of all tokens, whichever the prompt attends to.
    this.plainSquare ??= tokens.square(metric, new Float64Array(centre.length), centre);
    const sum = length * this.plainSquare;
    const least = (cap: number): number => {
      const found = leastOverThresholds(spread, length, (kept, below, belowWithoutOne) => {
        const failed = Math.min(cap * (isBounded ? below : Math.sqrt(below)), sum * belowWithoutOne);
        return leading / (length * kept * kept) + failed;
      });
      return Math.min(cap, sum, found);
    };
    // The largest of many tokens matters, and is worth its work, where the prompt is not long enough for the rest.
    const without = isBounded ? Number.POSITIVE_INFINITY : least(Number.POSITIVE_INFINITY);
    return without < closeEnough * (leading / length) ? without : Math.min(without, least(largest()));
  }

  quantile(length: number, probability: number): number {
    const { spread, leading, tokens, metric } = this;
    const diameter = tokens.diameter(metric);
    if (!Number.isFinite(leading)) return diameter * diameter;
    this.tail ??= this.tailMoments();
    const { pairs, single, largest, direction } = this.tail;
    const fourth = ((1 - 1 / length) * pairs + single / length) / (length * length);
    const typical = Math.sqrt(length * leading);
    const found = leastOverShares(spread, length, probability, (own, kept) => {
      const byMoments = Math.sqrt(fourth / own) / (kept * kept);
      if (!Number.isFinite(largest)) return byMoments;
      const u = Math.log(1 / own);
      const about = typical + Math.sqrt(2 * u * (length * direction + 2 * largest * typical)) + (largest * u) / 3;
      const norm = Math.min(about, bernsteinNorm(own, length * leading, largest));
      return Math.min(byMoments, (norm / (length * kept)) ** 2);
    });
    return Math.min(found, diameter * diameter);
  }

  /** (tr S)² + 2 tr S², E w⁴‖x‖⁴, sup w‖x‖ and ‖S‖_F, which is at least the variance in any direction. */
  private tailMoments(): { pairs: number; single: number; largest: number; direction: number } {
    const { tokens, a, metric, centre, kappa, spread, leading } = this;
    const fourfold = times(a, 4);
    const single = Math.exp(tokens.cumulant(fourfold).value - 4 * kappa) * tokens.quartic(metric, metric, fourfold, centre);
    const largest = Math.exp(tokens.reach(a) - kappa) * tokens.diameter(metric);
    // A file gives S in a pass that is D² for every token: its trace stands for its norms.
    if (tokens.isFile) return { pairs: 3 * leading * leading, single, largest, direction: leading };
    const second = linear.scale(tokens.secondMoment(times(a, 2), centre), Math.exp(spread));
    const S = metric === 'value' ? linear.matmul(tokens.V, linear.matmul(second, linear.transpose(tokens.V))) : second;
    const direction = linear.frobenius(S);
    return { pairs: leading * leading + 2 * direction * direction, single, largest, direction };
  }
}

export function times(a: Float64Array, factor: number): Float64Array {
  return a.map((x) => factor * x);
}
