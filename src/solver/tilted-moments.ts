/**
 * Moments under a Gaussian law tilted by e^{−pτ²}, p complex, and their derivatives (docs/mathematics.md, section 6): what one exponent of a sum of exponentials
 * adds to the risk. With H = (1 + 2pC)^{−1}, C = Cov(n), the tilt has the mass √det H · exp(−p(μᵀHμ + s²t²)), makes n ~ N(Hμ, CH) and moves w and x along with it; the
 * moments of degree four follow from Isserlis' theorem, derivatives from going through the same steps backwards.
 */
import { type Complex, ComplexVector, plus, scaled, times } from './complex.js';
import { type ConditionedLaw, emptyLawGradient, type LawGradient } from './conditioned-law.js';

/** Coefficients of ρ², c² and c y*. */
export interface Coefficients {
  readonly rho2: Complex;
  readonly c2: Complex;
  readonly cy: Complex;
}

const { inner, innerReal, triple, form } = ComplexVector;

/** Sums over exponents for one law at a time; buffers are reused. */
export class TiltedMoments {
  gradient: LawGradient;
  private readonly h: ComplexVector;
  private readonly n: ComplexVector;
  private readonly nu: ComplexVector;
  private readonly q: ComplexVector;
  private readonly w: ComplexVector;
  private readonly xi: ComplexVector;
  private readonly r: ComplexVector;
  private readonly beta: ComplexVector;
  private readonly gamma: ComplexVector;
  private readonly bent: ComplexVector;
  private readonly gr: ComplexVector;
  private readonly gq: ComplexVector;
  private readonly gg: ComplexVector;
  private readonly gw: ComplexVector;
  private readonly gx: ComplexVector;
  private readonly gn: ComplexVector;
  private readonly mu: ComplexVector;
  private readonly tall: ComplexVector;
  private readonly left: ComplexVector;
  /** H times q, r, γ and `bent`. */
  private readonly hq: ComplexVector;
  private readonly hr: ComplexVector;
  private readonly hg: ComplexVector;
  private readonly hb: ComplexVector;
  private readonly diagonalO: Float64Array;
  private readonly diagonalM: Float64Array;
  private readonly diagonalF: Float64Array;
  private readonly squareO: Float64Array;
  private readonly crossM: Float64Array;
  private law: ConditionedLaw | null = null;
  /** Size of the moments without a tilt, once p = 0 was added. */
  untilted = Number.POSITIVE_INFINITY;

  constructor(private readonly d: number) {
    const vector = (): ComplexVector => new ComplexVector(d);
    this.gradient = emptyLawGradient(d);
    this.h = vector();
    this.n = vector();
    this.nu = vector();
    this.q = vector();
    this.w = vector();
    this.xi = vector();
    this.r = vector();
    this.beta = vector();
    this.gamma = vector();
    this.bent = vector();
    this.gr = vector();
    this.gq = vector();
    this.gg = vector();
    this.gw = vector();
    this.gx = vector();
    this.gn = vector();
    this.mu = vector();
    this.tall = vector();
    this.left = vector();
    this.hq = vector();
    this.hr = vector();
    this.hg = vector();
    this.hb = vector();
    this.diagonalO = new Float64Array(d);
    this.diagonalM = new Float64Array(d);
    this.diagonalF = new Float64Array(d);
    this.squareO = new Float64Array(d * d);
    this.crossM = new Float64Array(d * d);
  }

  /** Turns to another law: its gradient starts at 0. */
  start(law: ConditionedLaw): void {
    const { d } = this;
    this.law = law;
    this.gradient = emptyLawGradient(d);
    this.untilted = Number.POSITIVE_INFINITY;
    this.mu.setReal(law.mu);
    for (let i = 0; i < d; i++) {
      this.diagonalO[i] = law.O[i * d + i]!;
      this.diagonalM[i] = law.M[i * d + i]!;
      this.diagonalF[i] = law.OO[i * d + i]!;
    }
    for (let i = 0; i < d * d; i++) {
      this.squareO[i] = law.O[i]! ** 2;
      this.crossM[i] = law.O[i]! * law.twoM[i]!;
    }
  }

  /** E e^{−pτ²}; leaves H and the mean of n. */
  mass(p: Complex): Complex {
    const law = this.law!;
    const { h, n, nu } = this;
    const { lambda, mu } = law;
    const shift = law.problem.noise2 * law.t * law.t;
    let [exponentR, exponentI] = scaled(-shift, p);
    for (let i = 0; i < lambda.length; i++) {
      const a = 1 + 2 * p[0] * lambda[i]!;
      const b = 2 * p[1] * lambda[i]!;
      const size = a * a + b * b;
      const hr = a / size;
      const hi = -b / size;
      h.re[i] = hr;
      h.im[i] = hi;
      n.re[i] = lambda[i]! * hr;
      n.im[i] = lambda[i]! * hi;
      nu.re[i] = hr * mu[i]!;
      nu.im[i] = hi * mu[i]!;
      const m2 = mu[i]! * mu[i]!;
      exponentR -= 0.25 * Math.log(size) + m2 * (p[0] * hr - p[1] * hi);
      exponentI -= 0.5 * Math.atan2(b, a) + m2 * (p[0] * hi + p[1] * hr);
    }
    const size = Math.exp(exponentR);
    return [size * Math.cos(exponentI), size * Math.sin(exponentI)];
  }

  /**
   * weight · Re E e^{−pτ²}(rho2 ρ² + c2 c² + cy c y*); with `isWanted` its derivatives are added to `gradient`. After p = 0, what is sure to be below `negligible` is 0.
   */
  add(p: Complex, weight: number, k: Coefficients, isWanted: boolean, negligible: number): number {
    const law = this.law!;
    const { h, n, nu, q, w, xi, r, beta, gamma, bent, hq, hr, hg, diagonalO, diagonalM, diagonalF } = this;
    const { t, problem } = law;
    const { b, noise2 } = problem;
    const mass = scaled(weight, this.mass(p));
    const bound = sizeOf(mass) * (sizeOf(k.rho2) + sizeOf(k.c2) + sizeOf(k.cy)) * this.untilted;
    if (bound < negligible) return 0;
    // Means: n → ν, w → w̄, x → ξ, r = v + bw; q = Oν, γ = Xw̄ + tOξ (so that H γ is the covariance of n and y*), and r − 2ptb q.
    q.clear();
    q.addProduct([1, 0], law.O, nu);
    w.setReal(law.w0);
    w.add(scaled(-2 * t, p), q);
    xi.setReal(law.x0);
    xi.addProduct(scaled(-2, p), law.X, nu, true);
    r.setReal(law.v);
    r.add([b, 0], w);
    beta.clear();
    beta.addProduct([1, 0], law.O, xi);
    gamma.clear();
    gamma.addProduct([1, 0], law.X, w);
    gamma.add([t, 0], beta);
    bent.clear();
    bent.add([1, 0], r);
    bent.add(scaled(-2 * t * b, p), q);
    const hO = innerReal(h, diagonalO);
    const hM = innerReal(h, diagonalM);
    const hF = innerReal(h, diagonalF);
    hq.setProduct(h, q);
    hr.setProduct(h, r);
    hg.setProduct(h, gamma);
    const hqq = inner(hq, q);
    const rhq = inner(hq, r);
    const squareO = form(h, this.squareO);
    const crossM = form(h, this.crossM);
    const nuq = inner(nu, q);
    const qxi = inner(q, xi);
    const traceO = sumOf(diagonalO);
    const mc = plus(inner(nu, r), scaled(b * t, hO), [b * noise2 * t, 0]);
    const my = plus(inner(w, xi), times(scaled(-2 * t, p), hM));
    const rho2 = plus(inner(r, r), [b * b * (traceO + noise2), 0], times(scaled(-2 * t * t * b * b, p), hF));
    const inC2 = plus(innerReal(n, diagonalO), scaled(2 * t * t, squareO), scaled(-t * t, hF), nuq, times(scaled(-2 * t * t, p), hqq));
    const c2 = plus(times(mc, mc), scaled(b * b, inC2), triple(n, r, r), scaled(2 * b * t, rhq));
    const inCy = plus(qxi, hM, times(scaled(-2 * t * t, p), crossM));
    const cy = plus(times(mc, my), scaled(b, inCy), inner(hg, bent));
    if (p[0] === 0 && p[1] === 0) this.untilted = sizeOf(rho2) + sizeOf(c2) + sizeOf(cy);
    const moment = plus(times(k.rho2, rho2), times(k.c2, c2), times(k.cy, cy));
    const value = times(mass, moment);
    if (!isWanted) return value[0];
    const s: Coefficients = { rho2: times(mass, k.rho2), c2: times(mass, k.c2), cy: times(mass, k.cy) };
    const gmc = plus(scaled(2, times(s.c2, mc)), times(s.cy, my));
    const gmy = times(s.cy, mc);
    this.backwards(p, s, value, gmc, gmy);
    const pieces = { hO, hM, hF, hqq, rhq, squareO, crossM, inC2, inCy, qxi, traceO };
    this.scalars(p, s, value, gmc, gmy, pieces);
    return value[0];
  }

  /** Derivatives in vectors and matrices. */
  private backwards(p: Complex, s: Coefficients, value: Complex, gmc: Complex, gmy: Complex): void {
    const law = this.law!;
    const { h, n, nu, q, w, xi, r, bent, hq, hr, hg, hb, gr, gq, gg, gw, gx, gn, tall, left, gradient, d } = this;
    const { t, problem } = law;
    const { b } = problem;
    const one: Complex = [1, 0];
    const tp = scaled(-2 * t, p);
    gr.clear();
    gr.add(scaled(2, s.rho2), r);
    gr.add(gmc, nu);
    gr.addElementwise(scaled(2, s.c2), n, r);
    gr.add(scaled(2 * b * t, s.c2), hq);
    gr.add(s.cy, hg);
    hb.setProduct(h, bent);
    gg.clear();
    gg.add(s.cy, hb);
    gw.clear();
    gw.add(gmy, xi);
    gw.addProduct(one, law.X, gg, true);
    gw.add([b, 0], gr);
    gx.clear();
    gx.add(gmy, w);
    gx.add(scaled(b, s.cy), q);
    gx.addProduct([t, 0], law.O, gg);
    gq.clear();
    gq.add(scaled(b * b, s.c2), nu);
    gq.add(times(s.c2, scaled(-4 * t * t * b * b, p)), hq);
    gq.add(scaled(2 * b * t, s.c2), hr);
    gq.add(scaled(b, s.cy), xi);
    gq.add(times(s.cy, scaled(b, tp)), hg);
    gq.add(tp, gw);
    gn.clear();
    gn.add(gmc, r);
    gn.add(scaled(b * b, s.c2), q);
    gn.addProduct(scaled(-2, p), law.X, gx);
    gn.addProduct(one, law.O, gq);
    // ν = Hμ: what goes through H goes on to C with a factor −2p h_i h_j.
    tall.setProduct(h, gn);
    const back = scaled(-2, p);
    for (let i = 0; i < d; i++) {
      gradient.v[i]! += gr.re[i]!;
      gradient.x0[i]! += gx.re[i]!;
      gradient.mu[i]! +=
        tall.re[i]! + 2 * (p[1] * (nu.re[i]! * value[1] + nu.im[i]! * value[0]) - p[0] * (nu.re[i]! * value[0] - nu.im[i]! * value[1]));
      gradient.M[i * d + i]! += plus(times(times(gmy, tp), [h.re[i]!, h.im[i]!]), scaled(b, times(s.cy, [h.re[i]!, h.im[i]!])))[0];
      gradient.C[i * d + i]! -= p[0] * (h.re[i]! * value[0] - h.im[i]! * value[1]) - p[1] * (h.re[i]! * value[1] + h.im[i]! * value[0]);
    }
    // γ = Xw̄ + …, ξ = x0 − 2pXᵀν.
    addOuter(gradient.X, gg, w);
    left.clear();
    left.add(back, nu);
    addOuter(gradient.X, left, gx);
    left.clear();
    left.add(times(back, times(s.c2, scaled(-2 * t * t * b * b, p))), hq);
    left.add(times(back, scaled(2 * b * t, s.c2)), hr);
    addOuter(gradient.C, left, hq);
    left.clear();
    left.add(times(back, s.cy), hb);
    addOuter(gradient.C, left, hg);
    left.clear();
    left.add(s.c2, hr);
    addOuter(gradient.C, left, hr);
    left.clear();
    left.add(back, tall);
    left.add(times(times(back, scaled(-1, p)), value), nu);
    addOuter(gradient.C, left, nu);
    this.matrices(p, s, gmc, gmy);
  }

  /** Derivatives through h_i h_j times a matrix. */
  private matrices(p: Complex, s: Coefficients, gmc: Complex, gmy: Complex): void {
    const law = this.law!;
    const { h, left: row, gradient, d } = this;
    const { t, problem, O, OO, M, twoM } = law;
    const { b } = problem;
    const back = scaled(-2, p);
    const byM = times(s.cy, scaled(-4 * t * t * b, p));
    const onO = plus(scaled(b * b, s.c2), times(back, scaled(b * t, gmc)));
    const onF = times(back, plus(times(s.rho2, scaled(-2 * t * t * b * b, p)), scaled(-t * t * b * b, s.c2)));
    const onM = times(back, plus(times(gmy, scaled(-2 * t, p)), scaled(b, s.cy)));
    const onOO = times(back, scaled(4 * b * b * t * t, s.c2));
    const onMO = times(back, byM);
    const { M: gM, C: gC } = gradient;
    for (let i = 0; i < d; i++) {
      const hr = h.re[i]!;
      const hm = h.im[i]!;
      // The i-th row of (onOO O + onMO (M + Mᵀ)) H, to be multiplied by O.
      for (let l = 0; l < d; l++) {
        const o = O[i * d + l]!;
        const m = twoM[i * d + l]!;
        const fr = onOO[0] * o + onMO[0] * m;
        const fi = onOO[1] * o + onMO[1] * m;
        row.re[l] = fr * h.re[l]! - fi * h.im[l]!;
        row.im[l] = fr * h.im[l]! + fi * h.re[l]!;
      }
      for (let j = 0; j < d; j++) {
        const at = i * d + j;
        const zr = hr * h.re[j]! - hm * h.im[j]!;
        const zi = hr * h.im[j]! + hm * h.re[j]!;
        gM[at]! += O[at]! * (byM[0] * zr - byM[1] * zi);
        let er = onO[0] * O[at]! + onF[0] * OO[at]! + onM[0] * M[at]!;
        let ei = onO[1] * O[at]! + onF[1] * OO[at]! + onM[1] * M[at]!;
        // O is symmetric.
        for (let l = 0, o = j * d; l < d; l++, o++) {
          er += row.re[l]! * O[o]!;
          ei += row.im[l]! * O[o]!;
        }
        gC[at]! += zr * er - zi * ei;
      }
    }
  }

  /** Derivatives in b and t. */
  private scalars(p: Complex, s: Coefficients, value: Complex, gmc: Complex, gmy: Complex, x: Pieces): void {
    const law = this.law!;
    const { q, w, gr, gw, gg, beta, gamma, hq, gradient } = this;
    const { t, problem } = law;
    const { b, noise2 } = problem;
    const p2 = scaled(-2, p);
    const hqg = inner(hq, gamma);
    gradient.b += plus(
      inner(gr, w),
      times(s.rho2, plus([2 * b * (x.traceO + noise2), 0], scaled(2 * b * t * t, times(p2, x.hF)))),
      times(gmc, plus(scaled(t, x.hO), [noise2 * t, 0])),
      times(s.c2, plus(scaled(2 * b, x.inC2), scaled(2 * t, x.rhq))),
      times(s.cy, plus(x.inCy, scaled(t, times(p2, hqg)))),
    )[0];
    gradient.t += plus(
      times(gmc, plus(scaled(b, x.hO), [b * noise2, 0])),
      times(gmy, times(p2, x.hM)),
      times(s.rho2, scaled(2 * t * b * b, times(p2, x.hF))),
      times(
        s.c2,
        plus(scaled(b * b, plus(scaled(4 * t, x.squareO), scaled(-2 * t, x.hF), scaled(2 * t, times(p2, x.hqq)))), scaled(2 * b, x.rhq)),
      ),
      times(s.cy, plus(scaled(b, times(p2, hqg)), scaled(2 * t * b, times(p2, x.crossM)))),
      inner(gg, beta),
      times(p2, inner(gw, q)),
      scaled(noise2 * t, times(p2, value)),
    )[0];
  }
}

interface Pieces {
  readonly hO: Complex;
  readonly hM: Complex;
  readonly hF: Complex;
  readonly hqq: Complex;
  readonly rhq: Complex;
  readonly squareO: Complex;
  readonly crossM: Complex;
  readonly inC2: Complex;
  readonly inCy: Complex;
  readonly traceO: number;
}

/** into + Re x yᵀ, row-major. */
function addOuter(into: Float64Array, x: ComplexVector, y: ComplexVector): void {
  const n = x.size;
  for (let i = 0, at = 0; i < n; i++) {
    const re = x.re[i]!;
    const im = x.im[i]!;
    for (let j = 0; j < n; j++, at++) into[at]! += re * y.re[j]! - im * y.im[j]!;
  }
}

function sizeOf([re, im]: Complex): number {
  return Math.abs(re) + Math.abs(im);
}

function sumOf(x: Float64Array): number {
  let sum = 0;
  for (const y of x) sum += y;
  return sum;
}
