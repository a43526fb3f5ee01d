/** τ², c, ρ² and y* of one prompt's law, written out with the full covariance of the tokens. */
import { matvec } from '../../../src/solver/linear-algebra.js';
import type { Merged } from '../../../src/solver/parameters.js';
import type { Task } from '../../../src/solver/problem.js';

export function covarianceOf(
  task: Task,
  m: Merged,
  w: ArrayLike<number>,
  x: ArrayLike<number>,
): { tau2: number; c: number; rho2: number; y: number } {
  const d = task.dimension;
  const sw = matvec(task.covariance, w);
  const dot = (p: ArrayLike<number>, q: ArrayLike<number>): number => Array.from(p).reduce((sum, value, i) => sum + value * q[i]!, 0);
  const gamma = [...task.covariance.map((row, i) => [...row, sw[i]!]), [...sw, dot(sw, w) + task.noise ** 2]];
  const a = Float64Array.from({ length: d + 1 }, (_, i) => dot(m.U.subarray(i * (d + 1), i * (d + 1) + d), x));
  const ga = matvec(gamma, a);
  return { tau2: Math.max(0, dot(a, ga)), c: dot(m.v, ga), rho2: dot(m.v, matvec(gamma, m.v)), y: dot(w, x) };
}
