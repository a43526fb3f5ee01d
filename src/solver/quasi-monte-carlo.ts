/** Randomised quasi-Monte Carlo points for Gaussian averages: shifted Korobov lattices, folded (tent transform) and mapped to normals. */
import { stream } from './random.js';

/**
 * Quantile of the standard normal distribution, 0 < u < 1, relative accuracy about 1e-15 (M. J. Wichura, algorithm AS 241, Applied
 * Statistics 37, 1988).
 */
export function normalQuantile(u: number): number {
  const q = u - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * horner(r, centralNumerator)) / horner(r, centralDenominator);
  }
  let r = Math.sqrt(-Math.log(q < 0 ? u : 1 - u));
  let x: number;
  if (r <= 5) {
    r -= 1.6;
    x = horner(r, middleNumerator) / horner(r, middleDenominator);
  } else {
    r -= 5;
    x = horner(r, tailNumerator) / horner(r, tailDenominator);
  }
  return q < 0 ? -x : x;
}

// Highest power first.
const centralNumerator = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513, 133.14166789178438,
  3.3871328727963665,
];
const centralDenominator = [
  5226.495278852546, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579, 42.31333070160091, 1,
];
const middleNumerator = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045, 5.769497221460691,
  4.630337846156546, 1.4234371107496835,
];
const middleDenominator = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851, 1.6763848301838038,
  2.053191626637759, 1,
];
const tailNumerator = [
  2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487, 1.7848265399172913,
  5.463784911164114, 6.657904643501103,
];
const tailDenominator = [
  2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615, 0.1369298809227358,
  0.599832206555888, 1,
];

function horner(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (const c of coefficients) sum = sum * x + c;
  return sum;
}

const lattices = new Map<string, Float64Array>();

/**
 * Generating vector of a Korobov lattice (1, a, a², …) mod count: the best of a few multipliers by the weighted P₂ criterion with
 * product weights 1/j, which is the squared worst-case error of a shifted lattice for smooth periodic functions.
 */
function generatingVector(dimension: number, count: number): Float64Array {
  const key = `${dimension}/${count}`;
  const known = lattices.get(key);
  if (known) return known;
  const bernoulli = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const x = i / count;
    bernoulli[i] = 2 * Math.PI * Math.PI * (x * x - x + 1 / 6);
  }
  const scored = Math.min(dimension, 16);
  let best = new Float64Array(dimension).fill(1);
  let bestScore = Number.POSITIVE_INFINITY;
  for (let trial = 1; trial <= 24; trial++) {
    const a = coprimeNear(Math.floor(count * ((trial * 0.6180339887498949) % 1)), count);
    const z = new Float64Array(dimension);
    z[0] = 1 % count;
    for (let j = 1; j < dimension; j++) z[j] = (z[j - 1]! * a) % count;
    let score = 0;
    for (let i = 0; i < count; i++) {
      let product = 1;
      for (let j = 0; j < scored; j++) product *= 1 + bernoulli[(i * z[j]!) % count]! / (2 + j);
      score += product;
      if (score / count > bestScore) break;
    }
    score /= count;
    if (score < bestScore) {
      bestScore = score;
      best = z;
    }
  }
  if (lattices.size >= 64) lattices.clear();
  lattices.set(key, best);
  return best;
}

function coprimeNear(start: number, count: number): number {
  for (let a = Math.max(1, start); a < start + count; a++) if (gcd(a, count) === 1) return a;
  return 1;
}

function gcd(a: number, b: number): number {
  let x = a;
  let y = b;
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

/**
 * `count` points of one randomisation, mapped to N(0, I): row-major, count × dimension. Replicates are independent shifts of one
 * lattice, named by (seed, replicate) only, so their spread estimates the error. Any dimension ≥ 0 and count ≥ 1.
 */
export function gaussianPoints(dimension: number, count: number, seed: number, replicate: number): Float64Array {
  const z = generatingVector(dimension, count);
  const random = stream(seed, 'quasi_monte_carlo', replicate);
  const shift = new Float64Array(dimension);
  for (let j = 0; j < dimension; j++) shift[j] = random.uniform();
  const points = new Float64Array(count * dimension);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dimension; j++) {
      const x = (((i * z[j]!) % count) / count + shift[j]!) % 1;
      const folded = x < 0.5 ? 2 * x : 2 * (1 - x);
      points[i * dimension + j] = normalQuantile(Math.min(1 - 2 ** -53, Math.max(2 ** -60, folded)));
    }
  }
  return points;
}
