/** Randomised quasi-Monte Carlo points for Gaussian averages: shifted Korobov lattices, folded (tent transform) and mapped to normals. */
import { stream } from './random.js';
import { normalQuantile } from './statistics.js';

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
