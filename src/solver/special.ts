/**
 * Special functions the solver needs, in double precision: the normal distribution function and its logarithm, Bessel
 * ratios, and the cumulants of a uniform and a Rademacher coordinate without cancellation.
 */

const A = [3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694, 0.18577770618460315];
const B = [23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];
const C = [
  0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769, 1712.0476126340707, 2051.0783778260716,
  1230.3393547979972, 2.1531153547440383e-8,
];
const D = [
  15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597, 4362.619090143247, 3439.3676741437216,
  1230.3393548037495,
];
const P = [
  0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275, 0.0006587491615298378, 0.016315387137302097,
];
const Q = [2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918];

const inverseRootPi = 0.5641895835477563;
const rootHalf = Math.SQRT1_2;

/** erf(x) for |x| ≤ 0.46875 (W. J. Cody, Mathematics of Computation 23, 1969). */
function erfSmall(x: number): number {
  const y = x * x;
  let num = A[4]! * y;
  let den = y;
  for (let i = 0; i < 3; i++) {
    num = (num + A[i]!) * y;
    den = (den + B[i]!) * y;
  }
  return (x * (num + A[3]!)) / (den + B[3]!);
}

/** e^{x²} erfc(x) for x ≥ 0.46875 (Cody). */
function erfcxLarge(x: number): number {
  if (x <= 4) {
    let num = C[8]! * x;
    let den = x;
    for (let i = 0; i < 7; i++) {
      num = (num + C[i]!) * x;
      den = (den + D[i]!) * x;
    }
    return (num + C[7]!) / (den + D[7]!);
  }
  const y = 1 / (x * x);
  let num = P[5]! * y;
  let den = y;
  for (let i = 0; i < 4; i++) {
    num = (num + P[i]!) * y;
    den = (den + Q[i]!) * y;
  }
  return (inverseRootPi - (y * (num + P[4]!)) / (den + Q[4]!)) / x;
}

/** log Φ(x), Φ the standard normal distribution function; relative accuracy 1e−14 in both tails. */
export function logNormalCdf(x: number): number {
  const z = Math.abs(x) * rootHalf;
  if (z < 0.46875) return Math.log(0.5 + 0.5 * erfSmall(x * rootHalf));
  if (x > 0) return x > 38.6 ? 0 : Math.log1p(-0.5 * erfcxLarge(z) * Math.exp(-z * z));
  if (x === Number.NEGATIVE_INFINITY) return x;
  return -z * z + Math.log(0.5 * erfcxLarge(z));
}

/** Φ(x). */
export function normalCdf(x: number): number {
  const z = Math.abs(x) * rootHalf;
  if (z < 0.46875) return 0.5 + 0.5 * erfSmall(x * rootHalf);
  const tail = 0.5 * erfcxLarge(z) * Math.exp(-z * z);
  return x > 0 ? 1 - tail : tail;
}

/** φ(x)/Φ(x), the mean of −x + … : E[N | N > −x] for a standard normal N. */
export function normalHazard(x: number): number {
  return Math.exp(-0.5 * x * x - logNormalCdf(x)) * 0.3989422804014327;
}

/** I_{ν+1}(x)/I_ν(x), x ≥ 0, ν ≥ −½, by its continued fraction evaluated backwards. */
export function besselRatio(order: number, x: number): number {
  if (x === 0) return 0;
  if (x > 1e8) return 1 - (order + 0.5) / x;
  // The error of the starting value shrinks by exp(−n²/x) over n terms (x large), by (x/2n)² a term (x small).
  const terms = Math.ceil(7 * Math.sqrt(x)) + 20;
  let n = order + terms;
  let r = x / (n + 1 + Math.sqrt((n + 1) * (n + 1) + x * x));
  for (let i = 0; i < terms; i++) {
    r = x / (2 * n + x * r);
    n -= 1;
  }
  return r;
}

/** log of 0F1(; ν + 1; x²/4) = Γ(ν + 1) (2/x)^ν I_ν(x), x ≥ 0, ν ≥ −½: log of the mean of e^{x·u₁} over a unit sphere. */
export function logSphereMean(order: number, x: number): number {
  if (x <= 2000) {
    const q = (x * x) / 4;
    let term = 1;
    let sum = 0;
    let shift = 0;
    for (let k = 1; ; k++) {
      term *= q / (k * (k + order));
      sum += term;
      if (term <= 1e-18 * sum) return shift === 0 ? Math.log1p(sum) : shift + Math.log(sum);
      if (sum > 1e250) {
        sum *= 1e-250;
        term *= 1e-250;
        shift += 250 * Math.LN10;
      }
    }
  }
  // Debye's uniform expansion of I_ν in 1/√(ν² + x²) (DLMF 10.41).
  const root = Math.hypot(order, x);
  const p = order / root;
  const p2 = p * p;
  const u1 = (3 - 5 * p2) / 24;
  const u2 = (81 - 462 * p2 + 385 * p2 * p2) / 1152;
  const u3 = (30375 - 369603 * p2 + 765765 * p2 * p2 - 425425 * p2 * p2 * p2) / 414720;
  const series = 1 + (u1 + (u2 + u3 / root) / root) / root;
  const eta = root + order * Math.log(x / (order + root));
  return eta - 0.5 * Math.log(2 * Math.PI * root) + Math.log(series) + logGamma(order + 1) + order * Math.log(2 / x);
}

/** log Γ(x), x > 0: Stirling's series after shifting x above 12. */
export function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < 12) {
    shift -= Math.log(y);
    y += 1;
  }
  const r = 1 / (y * y);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - (r * 691) / 360360))))) / y;
  return shift + (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series;
}

/** log cosh x. */
export function logCosh(x: number): number {
  const y = Math.abs(x);
  return y < 1 ? Math.log1p(2 * Math.sinh(y / 2) ** 2) : y + Math.log1p(Math.exp(-2 * y)) - Math.LN2;
}

/** log(sinh x / x), its first derivative coth x − 1/x and its second 1/x² − 1/sinh² x. */
export function langevin(x: number): { value: number; first: number; second: number } {
  const y = Math.abs(x);
  if (y < 0.5) {
    // Bernoulli series; the next term is below 1e−17 at 1/2.
    const t = x * x;
    let value = 0;
    let first = 0;
    let second = 0;
    let power = 1;
    for (let n = 0; n < langevinSeries.length; n++) {
      const c = langevinSeries[n]!;
      value += (c * power * t) / (2 * n + 2);
      first += c * power * x;
      second += (2 * n + 1) * c * power;
      power *= t;
    }
    return { value, first, second };
  }
  const e = Math.exp(-2 * y);
  const first = (1 + e) / (1 - e) - 1 / y;
  return {
    value: y + Math.log1p(-e) - Math.LN2 - Math.log(y),
    first: x < 0 ? -first : first,
    second: 1 / (y * y) - (4 * e) / ((1 - e) * (1 - e)),
  };
}

/** Third and fourth derivative of log(sinh x / x). */
export function langevinDerivatives(x: number): { third: number; fourth: number } {
  const y = Math.abs(x);
  let third = 0;
  let fourth = 0;
  if (y < 0.5) {
    for (let n = langevinSeries.length - 1; n >= 1; n--) {
      const c = langevinSeries[n]! * (2 * n + 1) * 2 * n;
      third = third * x * x + c;
      fourth = fourth * x * x + (2 * n - 1) * c;
    }
    return { third: third * x, fourth };
  }
  const e = Math.exp(-2 * y);
  const coth = (1 + e) / (1 - e);
  const csch2 = (4 * e) / ((1 - e) * (1 - e));
  third = 2 * csch2 * coth - 2 / y ** 3;
  return { third: x < 0 ? -third : third, fourth: 6 / y ** 4 - 4 * csch2 * coth * coth - 2 * csch2 * csch2 };
}

/** coth x − 1/x = Σ c_n x^{2n+1}, c_n = 2^{2n+2} B_{2n+2}/(2n+2)!. */
const langevinSeries = [
  1 / 3,
  -1 / 45,
  2 / 945,
  -1 / 4725,
  2 / 93555,
  -1382 / 638512875,
  4 / 18243225,
  -3617 / 162820783125,
  87734 / 38979295480125,
  -2.2805151204592183e-10,
  2.3106432599002627e-11,
  -2.3411706819824886e-12,
  2.3721017400233653e-13,
  -2.4034415333307705e-14,
];
