/**
 * Asymptote and certified bound of softmax attention's U-gradient error on plain tokens of any law whose fourth moments are known
 * (docs/mathematics.md, section 4).
 */
import { leastOverFailures } from './bounds.js';
import { cumulant, rowsOf } from './cumulant.js';
import * as linear from './linear-algebra.js';
import type { DenseMatrix, Law } from './problem.js';
import { quarticMoment } from './quartic-moments.js';

/** What the bound at one query is made of, with w = e^{aᵀy − κ(a)}, x = y − ∇κ(a), W = VᵀV and S = E w²xxᵀ. */
interface AtQuery {
  /** Probability of the query times ‖z‖². */
  readonly factor: number;
  /** κ(2a) − 2κ(a). */
  readonly spread: number;
  /** E w²‖V(xxᵀ − C)‖²: L times the asymptote. */
  readonly leading: number;
  /** tr WS tr S + 2 tr WS². */
  readonly pairs: number;
  /** E w⁴‖Vx‖²‖x‖². */
  readonly single: number;
  /** A bound of ‖V(Ĉ − C)‖_F; Infinity where the support is not bounded. */
  readonly most: number;
}

export class LawGradientBounds {
  private readonly queries: AtQuery[] = [];

  private constructor(private readonly bounded: boolean) {}

  /**
   * `diameters`: of the support and of its image under V. Null for laws whose fourth moments are not known (`quarticMoment`).
   */
  static make(
    law: Law,
    U: DenseMatrix,
    V: DenseMatrix,
    diameters: { readonly tokens: number; readonly values: number },
    queries: Iterable<{ readonly z: ArrayLike<number>; readonly weight: number }>,
  ): LawGradientBounds | null {
    const W = linear.symmetrise(linear.matmul(linear.transpose(V), V));
    const quartic = quarticMoment(law, W);
    if (quartic === null) return null;
    const widest = diameters.values === 0 ? 0 : diameters.values * diameters.tokens;
    const bounds = new LawGradientBounds(Number.isFinite(widest));
    for (const { z, weight } of queries) {
      const a = linear.matvec(U, z);
      const tilt = (times: number): Float64Array => a.map((x) => times * x);
      const once = cumulant(law, a, true);
      const twice = cumulant(law, tilt(2), true);
      const fourfold = cumulant(law, tilt(4)).value;
      const centre = once.gradient.map((x) => -x);
      const shift = twice.gradient.map((x, i) => x - once.gradient[i]!);
      const VC = linear.matmul(V, rowsOf(once.hessian!, law.dimension));
      // E_{2a} xxᵀ.
      const second = linear.add(rowsOf(twice.hessian!, law.dimension), linear.outer(shift, shift));
      const VS = linear.matmul(V, second);
      const spread = twice.value - 2 * once.value;
      const growth = Math.exp(spread);
      const ofC = linear.frobenius(VC);
      const offset = quartic(tilt(2), centre) - 2 * inner(VC, VS) + ofC * ofC;
      bounds.queries.push({
        factor: weight * linear.dot(z, z),
        spread,
        leading: growth * Math.max(0, offset),
        pairs: growth * growth * (linear.traceOfProduct(W, second) * linear.trace(second) + 2 * linear.frobenius(VS) ** 2),
        single: Math.exp(fourfold - 4 * once.value) * quartic(tilt(4), centre),
        most: 0.5 * widest + ofC,
      });
    }
    return bounds;
  }

  /** `certified` is at least the error at every length ≥ 1, and tends to the asymptote; NaN where the tokens' support is not bounded. */
  at(length: number): { readonly asymptote: number; readonly certified: number } {
    if (length === Number.POSITIVE_INFINITY) return { asymptote: 0, certified: 0 };
    let asymptote = 0;
    let certified = 0;
    for (const query of this.queries) {
      if (query.factor === 0) continue;
      asymptote += (query.factor * query.leading) / length;
      certified += this.bounded ? query.factor * certifiedAt(query, length) : Number.NaN;
    }
    return { asymptote, certified };
  }
}

/** At a query of ‖z‖ = 1. */
function certifiedAt({ spread, leading, pairs, single, most }: AtQuery, length: number): number {
  const cap = most * most;
  const first = Math.sqrt(leading / length);
  const second = Math.sqrt(single / length + (1 - 1 / length) * pairs) / length;
  // Beyond double precision nothing better than the cap is known.
  if (!Number.isFinite(first + second) || !Number.isFinite(spread)) return cap;
  return Math.min(
    cap,
    leastOverFailures(cap, spread, length, (kept) => ((first + second / kept) / kept) ** 2),
  );
}

function inner(A: DenseMatrix, B: DenseMatrix): number {
  return A.reduce((total, row, i) => total + linear.dot(row, B[i]!), 0);
}
