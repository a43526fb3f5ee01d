/** The little statistics that confidence bands and rates need. */

// Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37 (1988), 477-484.
const centre = {
  p: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087, 33430.57558358813,
    2509.0809287301227,
  ],
  q: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
    5226.495278852854,
  ],
};
const middle = {
  p: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
    0.022723844989269184, 0.0007745450142783414,
  ],
  q: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457, 0.0005475938084995345,
    1.0507500716444169e-9,
  ],
};
const tail = {
  p: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124, 0.0012426609473880784,
    0.000027115555687434876, 2.0103343992922881e-7,
  ],
  q: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548, 1.421511758316446e-7,
    2.0442631033899397e-15,
  ],
};

function ratio({ p, q }: { readonly p: readonly number[]; readonly q: readonly number[] }, x: number): number {
  let above = 0;
  let below = 0;
  for (let i = p.length - 1; i >= 0; i--) {
    above = above * x + p[i]!;
    below = below * x + q[i]!;
  }
  return above / below;
}

/** Inverse of the normal distribution function, relative error about 1e-16. NaN outside [0, 1]. */
export function normalQuantile(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) return Number.NaN;
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(centre, 0.180625 - q * q);
  const small = q < 0 ? probability : 1 - probability;
  if (small === 0) return q < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const r = Math.sqrt(-Math.log(small));
  const x = r <= 5 ? ratio(middle, r - 1.6) : ratio(tail, r - 5);
  return q < 0 ? -x : x;
}

/** P(|T| <= t) for Student's t with an integer number of degrees of freedom: Abramowitz and Stegun, 26.7.3 and 26.7.4. */
function studentCentralProbability(t: number, degrees: number): number {
  const theta = Math.atan(t / Math.sqrt(degrees));
  const sine = Math.sin(theta);
  const cosine = Math.cos(theta);
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (theta + sine * sum) : sine * sum;
}

/**
 * The t with P(|T| <= t) = `confidence` for Student's t with `degrees` >= 1 degrees of freedom; the normal value from 1000 degrees up.
 * Relative error about 1e-10.
 */
export function studentHalfWidth(confidence: number, degrees: number): number {
  const normal = normalQuantile(0.5 + confidence / 2);
  if (degrees >= 1000) return normal;
  let low = 0;
  let high = Math.max(1, normal);
  while (studentCentralProbability(high, degrees) < confidence && high < 1e12) high *= 2;
  for (let i = 0; i < 100 && high - low > 1e-11 * high; i++) {
    const mid = 0.5 * (low + high);
    if (studentCentralProbability(mid, degrees) < confidence) low = mid;
    else high = mid;
  }
  return 0.5 * (low + high);
}

export interface Band {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Two-sided band of a mean of `count` independent numbers of a given skewness: the hull of Student's interval and of Hall's, whose cubic transformation takes
 * out the first-order effect of skewness (P. Hall, "On the removal of skewness by transformation", Journal of the Royal Statistical Society B 54 (1992) 221–228).
 */
export function meanBand(mean: number, standardError: number, skewness: number, count: number, confidence: number): Band {
  const t = studentHalfWidth(confidence, count - 1);
  const root = Math.sqrt(count);
  const g = skewness / 3;
  const transformed = (x: number): number =>
    Math.abs(g) < 1e-6 ? x : (root / g) * (Math.cbrt(1 + 3 * g * (x / root - skewness / (6 * count))) - 1);
  return {
    lower: mean - standardError * Math.max(t, transformed(t)),
    upper: mean + standardError * Math.max(t, -transformed(-t)),
  };
}

/** Of the skewness of a mean, that of one number over √count: above it a few numbers carry the mean. */
const trustedSkewness = 0.25;

/** Whether so few of the numbers behind a mean carry it that rarer and larger ones may be missing. */
export function isCarriedByFew(skewness: number, count: number): boolean {
  return Math.abs(skewness) > trustedSkewness * Math.sqrt(count);
}

export interface Line {
  readonly slope: number;
  /** Standard error of the slope; null where the points carry no errors. */
  readonly standardError: number | null;
}

/**
 * Slope of the least-squares line through (x, y), weighted by 1/error² where errors are given. The standard error is widened by
 * √(χ²/(n − 2)) when the points scatter more than their errors say. Needs two different x, else null.
 */
export function fitLine(x: readonly number[], y: readonly number[], error: readonly number[] | null): Line | null {
  let weights = 0;
  let meanX = 0;
  let meanY = 0;
  const weight = (i: number) => (error === null ? 1 : 1 / (error[i]! * error[i]!));
  for (let i = 0; i < x.length; i++) {
    weights += weight(i);
    meanX += weight(i) * x[i]!;
    meanY += weight(i) * y[i]!;
  }
  meanX /= weights;
  meanY /= weights;
  let xx = 0;
  let xy = 0;
  for (let i = 0; i < x.length; i++) {
    xx += weight(i) * (x[i]! - meanX) ** 2;
    xy += weight(i) * (x[i]! - meanX) * (y[i]! - meanY);
  }
  if (!(xx > 0)) return null;
  const slope = xy / xx;
  if (error === null) return { slope, standardError: null };
  let chiSquare = 0;
  for (let i = 0; i < x.length; i++) chiSquare += weight(i) * (y[i]! - meanY - slope * (x[i]! - meanX)) ** 2;
  const scatter = x.length > 2 ? Math.max(1, chiSquare / (x.length - 2)) : 1;
  return { slope, standardError: Math.sqrt(scatter / xx) };
}
