/** E Π ξᵀN_kξ over independent normal ξ of complex variances, by Isserlis' theorem. */
import { type Complex, complexForm, times } from './complex.js';
import type { DenseMatrix } from './problem.js';

/** Polynomials of the rule as functions of the complex variances h_i of the tilted coordinates. */
export class ProductMoments {
  private readonly d: number;
  private readonly pairs: (Float64Array | null)[][];
  private readonly diagonals: Float64Array[][];
  private readonly allDiagonal: boolean[];

  constructor(
    private readonly products: readonly (readonly DenseMatrix[])[],
    d: number,
  ) {
    this.d = d;
    this.diagonals = products.map((list) => list.map((n) => Float64Array.from({ length: d }, (_, i) => n[i]![i]!)));
    this.allDiagonal = products.map((list) => list.every((n) => n.every((row, i) => row.every((x, j) => i === j || x === 0))));
    this.pairs = products.map((list) => {
      const out: (Float64Array | null)[] = [];
      for (let a = 0; a < list.length; a++)
        for (let b = a + 1; b < list.length; b++) {
          const table = new Float64Array(d * d);
          for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) table[i * d + j] = list[a]![i]![j]! * list[b]![j]![i]!;
          out.push(table);
        }
      return out;
    });
  }

  /** Complex value of product m at h = hr + i hi, into `out` (Isserlis). */
  at(m: number, hr: Float64Array, hi: Float64Array, out: Float64Array): void {
    const list = this.products[m]!;
    const traces: Complex[] = list.map((_, a) => this.trace(this.diagonals[m]![a]!, hr, hi));
    const [t0, t1, t2] = traces;
    if (list.length === 1) {
      [out[0], out[1]] = t0!;
      return;
    }
    const pair = (index: number, a: number, b: number): Complex =>
      this.allDiagonal[m]
        ? this.trace2(this.diagonals[m]![a]!, this.diagonals[m]![b]!, hr, hi)
        : complexForm(this.d, this.pairs[m]![index]!, hr, hi);
    if (list.length === 2) {
      const p = pair(0, 0, 1);
      const t = times(t0!, t1!);
      out[0] = t[0] + 2 * p[0];
      out[1] = t[1] + 2 * p[1];
      return;
    }
    // Pairs come in the order (0,1), (0,2), (1,2).
    const p01 = times(pair(0, 0, 1), t2!);
    const p02 = times(pair(1, 0, 2), t1!);
    const p12 = times(pair(2, 1, 2), t0!);
    const ttt = times(times(t0!, t1!), t2!);
    const cycle = this.cycle(m, hr, hi);
    out[0] = ttt[0] + 2 * (p01[0] + p02[0] + p12[0]) + 8 * cycle[0];
    out[1] = ttt[1] + 2 * (p01[1] + p02[1] + p12[1]) + 8 * cycle[1];
  }

  private trace(n: Float64Array, hr: Float64Array, hi: Float64Array): Complex {
    let re = 0;
    let im = 0;
    for (let i = 0; i < this.d; i++) {
      re += n[i]! * hr[i]!;
      im += n[i]! * hi[i]!;
    }
    return [re, im];
  }

  private trace2(n: Float64Array, m: Float64Array, hr: Float64Array, hi: Float64Array): Complex {
    let re = 0;
    let im = 0;
    for (let i = 0; i < this.d; i++) {
      const x = n[i]! * m[i]!;
      re += x * (hr[i]! * hr[i]! - hi[i]! * hi[i]!);
      im += 2 * x * hr[i]! * hi[i]!;
    }
    return [re, im];
  }

  /** tr(N H M H K H). */
  private cycle(m: number, hr: Float64Array, hi: Float64Array): Complex {
    const d = this.d;
    const [n0, n1, n2] = this.products[m]!;
    let re = 0;
    let im = 0;
    for (let i = 0; i < d; i++) {
      for (let k = this.allDiagonal[m] ? i : 0; k < (this.allDiagonal[m] ? i + 1 : d); k++) {
        const closing = n2![k]![i]!;
        if (closing === 0) continue;
        let sr = 0;
        let si = 0;
        for (let j = this.allDiagonal[m] ? i : 0; j < (this.allDiagonal[m] ? i + 1 : d); j++) {
          const x = n0![i]![j]! * n1![j]![k]!;
          sr += x * hr[j]!;
          si += x * hi[j]!;
        }
        const h: Complex = [hr[i]! * hr[k]! - hi[i]! * hi[k]!, hr[i]! * hi[k]! + hi[i]! * hr[k]!];
        re += closing * (sr * h[0] - si * h[1]);
        im += closing * (sr * h[1] + si * h[0]);
      }
    }
    return [re, im];
  }
}

/** E Π ξᵀNξ at h = 1, for a form that is identically zero. */
export function atOrigin(products: readonly (readonly DenseMatrix[])[], d: number): Float64Array[] {
  const moments = new ProductMoments(products, d);
  const one = new Float64Array(d).fill(1);
  const zero = new Float64Array(d);
  const out = new Float64Array(2);
  return products.map((_, m) => {
    moments.at(m, one, zero, out);
    return Float64Array.of(out[0]!);
  });
}
