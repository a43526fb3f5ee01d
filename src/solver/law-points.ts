/** Laws as finitely many points: for averages that have no closed form. */
import { lawMoments } from './cumulant.js';
import { Transport } from './law-transport.js';
import type { Law } from './problem.js';
import { gaussianPoints } from './quasi-monte-carlo.js';

export interface LawPoints {
  /** Points of equal weight, less the mean of the law: count × dimension, row-major. */
  readonly points: Float64Array;
  readonly count: number;
  /** Whether these points are the law, not a quasi-Monte Carlo sample of it. */
  readonly exact: boolean;
}

const mostPoints = 4096;

/** All tokens of a file and all sign vectors, where they are not more than about four thousand; else as many points of a lattice. */
export function lawPoints(law: Law): LawPoints {
  const { mean } = lawMoments(law);
  const d = law.dimension;
  const whole = allPoints(law);
  const points = whole ?? lattice(law);
  for (let i = 0; i < points.length; i++) points[i]! -= mean[i % d]!;
  return { points, count: points.length / d, exact: whole !== null };
}

function allPoints(law: Law): Float64Array | null {
  if (law.kind === 'empirical' && law.tokens.rows <= mostPoints) return law.tokens.data.slice();
  if (law.kind === 'independent' && law.coordinate.kind === 'rademacher' && 2 ** law.dimension <= mostPoints) {
    const d = law.dimension;
    return Float64Array.from({ length: d * 2 ** d }, (_, i) => ((Math.floor(i / d) >> (i % d)) & 1 ? 1 : -1));
  }
  return null;
}

function lattice(law: Law): Float64Array {
  const transport = new Transport(law);
  const normals = gaussianPoints(transport.normals, mostPoints, 0, 0);
  const out = new Float64Array(mostPoints * law.dimension);
  for (let i = 0; i < mostPoints; i++) {
    out.set(transport.map(normals.subarray(i * transport.normals, (i + 1) * transport.normals)), i * law.dimension);
  }
  return out;
}
