/** The risk of section 5 as a plain average over points (w, x_q): a route of its own to what is integrated elsewhere. */
import { lawMoments } from '../../../src/solver/cumulant.js';
import { matvec, symmetricSqrt } from '../../../src/solver/linear-algebra.js';
import { momentTable } from '../../../src/solver/moment-table.js';
import { type Merged, taskOf } from '../../../src/solver/parameters.js';
import type { Problem } from '../../../src/solver/problem.js';
import { gaussianPoints } from '../../../src/solver/quasi-monte-carlo.js';
import { covarianceOf } from './prompt-covariance.js';

const replicates = 8;

export interface Averages {
  readonly risk: { readonly value: number; readonly error: number };
  readonly participation: { readonly value: number; readonly error: number };
}

/** Means over 8 × `count` lattice points, with standard errors from the eight shifts. */
export function averagedRisk(problem: Problem, m: Merged, count = 4096): Averages {
  const task = taskOf(problem);
  const d = task.dimension;
  const { mean, covariance } = lawMoments(task.weights);
  const rootW = symmetricSqrt(covariance);
  const rootX = symmetricSqrt(task.covariance);
  const table = momentTable(problem.length);
  const moments = new Float64Array(6);
  const isLinear = problem.attention.kernel === 'linear';
  const factor = task.loss === 'half_squared' ? 0.5 : 1;
  const risks: number[] = [];
  const participations: number[] = [];
  for (let r = 0; r < replicates; r++) {
    const points = gaussianPoints(2 * d, count, 5, r);
    let risk = 0;
    let participation = 0;
    for (let i = 0; i < count; i++) {
      const x = matvec(rootX, points.subarray(2 * d * i, 2 * d * i + d));
      const w = matvec(rootW, points.subarray(2 * d * i + d, 2 * d * (i + 1))).map((value, k) => value + mean[k]!);
      const { tau2, c, rho2, y } = covarianceOf(task, m, w, x);
      table.at(tau2, moments);
      const [B2, B3, B22] = moments as unknown as [number, number, number];
      const value = isLinear
        ? c * c + (tau2 * rho2 + c * c) / problem.length - 2 * c * y + y * y
        : rho2 * B2 + c * c * (1 - B2 - 6 * B3 + 6 * B22) - 2 * c * y * (1 - B2) + y * y;
      risk += (factor * (value + task.noise ** 2)) / count;
      participation += B2 / count;
    }
    risks.push(risk);
    participations.push(participation);
  }
  return { risk: summary(risks), participation: summary(participations) };
}

function summary(values: readonly number[]): { value: number; error: number } {
  const value = values.reduce((sum, x) => sum + x, 0) / values.length;
  const spread = values.reduce((sum, x) => sum + (x - value) ** 2, 0);
  return { value, error: Math.sqrt(spread / (values.length * (values.length - 1))) };
}
