/** Parameters and gradients in working coordinates, for dense and diagonal roots of the covariance, against matrix products written out. */
import assert from 'node:assert/strict';
import { matmul, transpose } from '../../../src/solver/linear-algebra.js';
import { GradientSum, WorkingModel } from '../../../src/solver/prompts.js';
import { stream } from '../../../src/solver/random.js';
import { randomVector } from './problems.js';

const d = 3;
const D = d + 1;
const heads = 2;
const rng = stream(21, 'working', 0);
const roots = {
  dense: randomVector(rng, d * d, 1),
  diagonal: Float64Array.of(1.5, 0, 0, 0, 0.5, 0, 0, 0, 2),
  identity: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
};

function rows(x: Float64Array, columns: number, from = 0, count = x.length / columns): number[][] {
  return Array.from({ length: count }, (_, i) => [...x.subarray(from + i * columns, from + (i + 1) * columns)]);
}

function close(x: number[][], y: number[][]): void {
  assert.equal(x.length, y.length);
  for (const [i, row] of x.entries())
    for (const [j, a] of row.entries()) assert.ok(Math.abs(a - y[i]![j]!) < 1e-14, `${i}, ${j}: ${a} against ${y[i]![j]}`);
}

for (const [title, root] of Object.entries(roots)) {
  describe(`working coordinates of a ${title} root`, () => {
    // J = diag(S, 1).
    const S = rows(root, d);
    const J = [...S.map((row) => [...row, 0]), [0, 0, 0, 1]];

    it('are Jᵀ U S of every head, and Jᵀ v', () => {
      const U = randomVector(rng, heads * D * D, 1);
      const v = randomVector(rng, heads * D, 1);
      const model = new WorkingModel(root, d, heads);
      model.set({ U, v });
      for (let h = 0; h < heads; h++) {
        const left = rows(U, D, h * D * D, D).map((row) => row.slice(0, d));
        close(rows(model.keyQuery, d, h * D * d, D), matmul(transpose(J), matmul(left, S)));
        close(rows(model.value, 1, h * D, D), matmul(transpose(J), rows(v, 1, h * D, D)));
      }
    });

    it('give gradients back as J G Sᵀ, with nothing for the label of the query, and J g', () => {
      const sums = randomVector(rng, heads * D * D, 1);
      const gradient = new GradientSum(root, d, heads);
      gradient.take(sums, 0);
      const gU = new Float64Array(heads * D * D).fill(7);
      const gv = new Float64Array(heads * D).fill(7);
      gradient.finish(0.3, gU, gv);
      for (let h = 0; h < heads; h++) {
        const scaled = rows(sums, d, h * D * d, D).map((row) => row.map((x) => 0.3 * x));
        close(
          rows(gU, D, h * D * D, D),
          matmul(J, matmul(scaled, transpose(S))).map((row) => [...row, 0]),
        );
        const values = rows(sums, 1, heads * D * d + h * D, D).map(([x]) => [0.3 * x!]);
        close(rows(gv, 1, h * D, D), matmul(J, values));
      }
    });
  });
}
