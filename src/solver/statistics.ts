/** The little statistics that confidence bands and rates need. */

// Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37 (1988), 477-484.
const centre = {
  p: [
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457, 67265.770927008700853,
    33430.575583588128105, 2509.0809287301226727,
  ],
  q: [
    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061,
    28729.085735721942674, 5226.495278852854561,
  ],
};
const middle = {
  p: [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
    0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
  ],
  q: [
    1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459, 0.0151986665636164571966,
    5.475938084995344946e-4, 1.05075007164441684324e-9,
  ],
};
const tail = {
  p: [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093,
    0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  q: [
    1, 0.59983220655588793769, 0.1369298809227358053, 0.0148753612908506148525, 7.868691311456132591e-4, 1.8463183175100546818e-5,
    1.4215117583164458887e-7, 2.04426310338993978564e-15,
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
