/** Sampled risks of discrete laws, with any link and several heads, against sums over every prompt there is. */
import assert from 'node:assert/strict';
import { inverse, matmul, matvec, symmetricSqrt } from '../../../src/solver/linear-algebra.js';
import type { Merged } from '../../../src/solver/parameters.js';
import { populationRisk } from '../../../src/solver/population.js';
import type { Kernel, Law } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { linkFunction } from '../../../src/solver/sampling.js';
import { itAgrees, type Tally } from './agreement.js';
import { randomCovariance, randomVector, taskOfDimension, taskProblem } from './problems.js';
import { pick } from './random-laws.js';

/** Tokens and weights of finitely many values and no noise: the risk is a finite sum over w, the query and all prompts. Any link and number of heads. */
function compareEnumeration(index: number, tally: Tally): void {
  const rng = stream(2027, 'enumeration case', index);
  const d = 1 + Math.floor(2 * rng.uniform());
  const heads = 1 + Math.floor(2 * rng.uniform());
  const kernel: Kernel = index % 2 === 0 ? 'softmax' : 'linear';
  const length = 1 + Math.floor(3 * rng.uniform());
  const empirical = (rows: number): Extract<Law, { kind: 'empirical' }> => ({
    kind: 'empirical',
    dimension: d,
    tokens: { rows, columns: d, data: randomVector(rng, rows * d, 1) },
  });
  const rowsOf = ({ tokens }: Extract<Law, { kind: 'empirical' }>): number[][] =>
    Array.from({ length: tokens.rows }, (_, r) => Array.from(tokens.data.subarray(r * d, (r + 1) * d)));
  const tokens = empirical(4);
  const weights = empirical(3);
  const task = taskOfDimension(d, {
    covariance: randomCovariance(rng, d, d + 1),
    tokens,
    weights,
    link: pick(rng, ['identity', 'tanh', 'relu', 'sign', 'square']),
    loss: pick(rng, ['half_squared', 'squared']),
  });
  const problem = taskProblem(
    task,
    length,
    { kernel, heads },
    { solver: { method: 'auto', samples: 4000, precision: 'auto', seed: index } },
  );
  const D = d + 1;
  const m: Merged = { U: randomVector(rng, heads * D * D, 0.5), v: randomVector(rng, heads * D, 0.8) };

  // Centred, whitened by their own covariance, and given the covariance of the task.
  const raw = rowsOf(tokens);
  const mean = Array.from({ length: d }, (_, i) => raw.reduce((sum, z) => sum + z[i] / raw.length, 0));
  const spread = mean.map((_, i) =>
    mean.map((_, j) => raw.reduce((sum, z) => sum + ((z[i] - mean[i]) * (z[j] - mean[j])) / raw.length, 0)),
  );
  const root = matmul(symmetricSqrt(task.covariance), inverse(symmetricSqrt(spread)));
  const support = raw.map((z) =>
    Array.from(
      matvec(
        root,
        z.map((x, i) => x - mean[i]),
      ),
    ),
  );
  const dotProduct = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const link = linkFunction(task.link);
  const all = (n: number): number[][][] => (n === 0 ? [[]] : all(n - 1).flatMap((prompt) => support.map((x) => [...prompt, x])));
  const prompts = all(length);
  let total = 0;
  for (const w of rowsOf(weights)) {
    for (const query of support) {
      for (const prompt of prompts) {
        const z = prompt.map((x) => [...x, link(dotProduct(w, x))]);
        let prediction = 0;
        for (let h = 0; h < heads; h++) {
          const row = (i: number): number[] => Array.from(m.U.subarray((h * D + i) * D, (h * D + i) * D + d));
          const tilt = Array.from({ length: D }, (_, i) => dotProduct(row(i), query));
          const v = Array.from(m.v.subarray(h * D, (h + 1) * D));
          const scores = z.map((token) => dotProduct(tilt, token));
          const sum = scores.reduce((s, x) => s + Math.exp(x), 0);
          prediction += z.reduce(
            (s, token, l) => s + (kernel === 'softmax' ? Math.exp(scores[l]) / sum : scores[l] / length) * dotProduct(v, token),
            0,
          );
        }
        total += (prediction - link(dotProduct(w, query))) ** 2;
      }
    }
  }
  const exact = ((task.loss === 'half_squared' ? 0.5 : 1) * total) / (3 * support.length * prompts.length);
  const population = populationRisk(problem);
  assert.equal(population.method, 'sampled');
  const { value, standardError } = population.risk(m);
  tally.compare(
    { mean: value, standardError },
    exact,
    0,
    `enumeration ${index}: ${kernel}, d = ${d}, L = ${length}, ${heads} heads, ${task.link}`,
  );
  tally.cases++;
}

describe('sampled against exact', () => {
  itAgrees('risks of discrete laws, summed over every prompt', 400, compareEnumeration);
});
