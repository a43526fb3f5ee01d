/** Bounds of softmax attention's U-gradient error at one query, for tokens of any law (docs/mathematics.md, section 4). */
import { leastOverThresholds } from './bounds.js';
import { rowsOf } from './cumulant.js';
import { bernsteinNorm, leastOverShares, type QueryBound, times } from './law-output-bound.js';
import type { LayerTokens, TokenQuery } from './layer-tokens.js';
import * as linear from './linear-algebra.js';
import type { DenseMatrix } from './problem.js';

/** With w = e^{aᵀy − κ(a)}, x = y − ∇κ(a), C = ∇²κ(a), W = VᵀV and S = E w²xxᵀ; everything but `weight` and `leading` is at ‖z‖ = 1. */
export class GradientBound implements QueryBound {
  readonly weight: number;
  readonly leading: number;
  private readonly tokens: LayerTokens;
  private readonly a: Float64Array;
  private readonly square: number;
  private readonly centre: Float64Array;
  private readonly kappa: number;
  private readonly spread: number;
  /** E w²‖V(xxᵀ − C)‖²_F. */
  private readonly own: number;
  /** tr WS and tr S. */
  private readonly valueSpread: number;
  private readonly tokenSpread: number;
  /** tr WS tr S + 2 tr WS². */
  private readonly pairs: number;
  /** E w⁴‖Vx‖²‖x‖². */
  private readonly single: number;
  /** ‖VC‖_F. */
  private readonly limit: number;

  constructor({ tokens, a, weight, square }: TokenQuery) {
    const once = tokens.cumulant(a, true);
    const [twice, fourfold] = [times(a, 2), times(a, 4)];
    const centre = once.gradient;
    const VC = linear.matmul(tokens.V, rowsOf(once.hessian!, centre.length));
    // E_{2a} xxᵀ.
    const second = tokens.secondMoment(twice, centre);
    const VS = linear.matmul(tokens.V, second);
    this.tokens = tokens;
    this.a = a;
    this.weight = weight;
    this.square = square;
    this.centre = centre;
    this.kappa = once.value;
    this.spread = tokens.cumulant(twice).value - 2 * once.value;
    const growth = Math.exp(this.spread);
    this.limit = linear.frobenius(VC);
    const offset = tokens.quartic('value', 'token', twice, centre) - 2 * inner(VC, VS) + this.limit ** 2;
    this.own = growth * Math.max(0, offset);
    this.leading = square * this.own;
    this.valueSpread = growth * linear.traceOfProduct(tokens.forms.value, second);
    this.tokenSpread = growth * linear.trace(second);
    this.pairs = this.valueSpread * this.tokenSpread + 2 * (growth * linear.frobenius(VS)) ** 2;
    this.single = Math.exp(tokens.cumulant(fourfold).value - 4 * once.value) * tokens.quartic('value', 'token', fourfold, centre);
  }

  /** ≥ ‖VĈ‖²_F: on a bounded support for every prompt. */
  private get widest(): number {
    const values = this.tokens.diameter('value');
    return values === 0 ? 0 : (0.5 * values * this.tokens.diameter('token')) ** 2;
  }

  certified(length: number): number {
    const { tokens, square, centre, spread, own, pairs, single, limit, widest } = this;
    if (square === 0) return 0;
    const isBounded = Number.isFinite(widest);
    // ≥ the square roots of E ‖VĈ‖² and of E ‖VĈ‖⁴.
    const most = isBounded ? widest : tokens.largest('value', centre, length, 4) * tokens.largest('token', centre, length, 4);
    const cap = (Math.sqrt(most) + limit) ** 2;
    const first = Math.sqrt(own / length);
    const second = Math.sqrt(single / length + (1 - 1 / length) * pairs) / length;
    // Beyond double precision nothing better than the cap is known.
    if (!Number.isFinite(first + second) || !Number.isFinite(spread)) return square * cap;
    const found = leastOverThresholds(spread, length, (kept, below) => {
      const failed = Math.sqrt(most * (isBounded ? below : Math.sqrt(below))) + limit * Math.sqrt(below);
      return ((first + second / kept) / kept) ** 2 + failed * failed;
    });
    return square * Math.min(cap, found);
  }

  quantile(length: number, probability: number): number {
    const { tokens, square, a, kappa, spread, own, limit, widest, valueSpread, tokenSpread } = this;
    const cap = (Math.sqrt(widest) + limit) ** 2;
    const heaviest = Math.exp(tokens.reach(a) - kappa);
    if (!Number.isFinite(own) || !Number.isFinite(cap) || !Number.isFinite(heaviest)) return square * cap;
    const [values, all] = [tokens.diameter('value'), tokens.diameter('token')];
    const found = leastOverShares(spread, length, probability, (three, kept) => {
      const one = three / 3;
      const direct = bernsteinNorm(one, length * own, heaviest * (values * all + limit));
      const byValue = bernsteinNorm(one, length * valueSpread, heaviest * values);
      const byToken = bernsteinNorm(one, length * tokenSpread, heaviest * all);
      return ((direct + (byValue * byToken) / (length * kept)) / (length * kept)) ** 2;
    });
    return square * Math.min(cap, found);
  }
}

function inner(A: DenseMatrix, B: DenseMatrix): number {
  return A.reduce((total, row, i) => total + linear.dot(row, B[i]!), 0);
}
