import assert from 'node:assert/strict';
import { momentTable } from '../../../src/solver/moment-table.js';
import { QuadraticContour } from '../../../src/solver/quadratic-contour.js';
import { quadraticFormRule } from '../../../src/solver/quadratic-form.js';
import { stream } from '../../../src/solver/random.js';

const forms: Record<string, number[]> = {
  'one eigenvalue': [0.7],
  'two eigenvalues': [3, 1],
  'five distinct': [0.1, 0.2, 0.5, 1, 4],
  'equal eigenvalues': [2, 2, 2, 2, 2],
  'repeated and single': [1, 1, 1, 2, 2, 5],
  'zero eigenvalues': [0, 0, 1, 2],
  'a spread of 1e8': [1e8, 1, 1e-3, 5],
  'a thousand': Array.from({ length: 1000 }, (_, i) => 1 + i / 1000),
  'a power law of a thousand': Array.from({ length: 1000 }, (_, i) => 1 / (1 + i)),
  'one large among many': [1e3, ...Array.from({ length: 400 }, (_, i) => 1 + i / 1e4)],
};

function sum(weights: ArrayLike<number>, values: (j: number) => number): number {
  let total = 0;
  for (let j = 0; j < weights.length; j++) total += weights[j]! * values(j);
  return total;
}

function near(actual: number, expected: number, relative: number, what: string): void {
  assert.ok(
    Math.abs(actual / expected - 1) <= relative,
    `${what}: ${actual} against ${expected} (${(actual / expected - 1).toExponential(2)})`,
  );
}

describe('quadraticFormRule', () => {
  for (const [name, lambda] of Object.entries(forms)) {
    it(`gives moments and Laplace transforms: ${name}`, () => {
      const d = lambda.length;
      const rule = quadraticFormRule(lambda, { first: true });
      const trace = lambda.reduce((a, b) => a + b);
      const squares = lambda.reduce((a, b) => a + b * b, 0);
      const s = 1.5 / trace;
      const transform = Math.exp(-0.5 * lambda.reduce((a, x) => a + Math.log1p(2 * s * x), 0));
      const tolerance = 2e-12;
      near(
        sum(rule.weight, () => 1),
        1,
        tolerance,
        'mass',
      );
      near(
        sum(rule.weight, (j) => rule.q[j]!),
        trace,
        tolerance,
        'E Q',
      );
      near(
        sum(rule.weight, (j) => rule.q[j]! ** 2),
        trace ** 2 + 2 * squares,
        tolerance,
        'E Q²',
      );
      near(
        sum(rule.weight, (j) => Math.exp(-s * rule.q[j]!)),
        transform,
        tolerance,
        'E exp(−sQ)',
      );
      for (const i of [0, d - 1]) {
        let value = 0;
        for (let j = 0; j < rule.q.length; j++) value += rule.first![j * d + i]! * Math.exp(-s * rule.q[j]!);
        near(value, transform / (1 + 2 * s * lambda[i]!), tolerance, `E ξ_${i}² exp(−sQ)`);
      }
    });
  }

  it('gives products of quadratic forms, against moments taken coordinate by coordinate', () => {
    const lambda = [0.5, 1.7, 0.2];
    const matrices = [
      [
        [1, 0.3, -0.2],
        [0.3, 2, 0.5],
        [-0.2, 0.5, -1],
      ],
      [
        [0.5, -1, 0.1],
        [-1, 0.7, 0.4],
        [0.1, 0.4, 2],
      ],
      [
        [2, 0.6, 0.3],
        [0.6, -0.5, 0.2],
        [0.3, 0.2, 1],
      ],
    ];
    const diagonals = matrices.map((m) => m.map((row, i) => row.map((x, j) => (i === j ? x : 0))));
    const lists = [matrices.slice(0, 1), matrices.slice(0, 2), matrices, diagonals, diagonals.slice(0, 2)];
    const s = 0.4;
    const rule = quadraticFormRule(lambda, { products: lists });
    const variance = lambda.map((x) => 1 / (1 + 2 * s * x));
    const transform = variance.reduce((a, h) => a * Math.sqrt(h), 1);
    const oddFactorial = [1, 0, 1, 0, 3, 0, 15];
    lists.forEach((list, m) => {
      // E Π ξᵀNξ under the tilted law, from all index tuples.
      let expected = 0;
      const visit = (depth: number, factor: number, powers: number[]): void => {
        if (depth === list.length) {
          expected += factor * powers.reduce((a, n, i) => a * oddFactorial[n]! * variance[i]! ** (n / 2), 1);
          return;
        }
        for (let i = 0; i < 3; i++)
          for (let j = 0; j < 3; j++)
            visit(
              depth + 1,
              factor * list[depth]![i]![j]!,
              powers.map((n, k) => n + (k === i ? 1 : 0) + (k === j ? 1 : 0)),
            );
      };
      visit(0, 1, [0, 0, 0]);
      near(
        sum(rule.products![m]!, (j) => Math.exp(-s * rule.q[j]!)),
        transform * expected,
        1e-12,
        `product ${m}`,
      );
    });
  });

  it('treats a form that is zero', () => {
    const rule = quadraticFormRule([0, 0], {
      first: true,
      products: [
        [
          [
            [1, 0],
            [0, 2],
          ],
          [
            [3, 0],
            [0, 1],
          ],
        ],
      ],
    });
    assert.deepEqual([...rule.q], [0]);
    assert.deepEqual([...rule.first!], [1, 1]);
    // E (ξ1² + 2ξ2²)(3ξ1² + ξ2²) = 3·3 + 1 + 6 + 2·3
    assert.equal(rule.products![0]![0], 22);
  });

  it('keeps the accuracy it is asked for with fewer nodes', () => {
    const lambda = [0.1, 0.2, 0.5, 1, 4];
    const full = quadraticFormRule(lambda);
    const coarse = quadraticFormRule(lambda, { accuracy: 1e-8 });
    assert.ok(coarse.q.length < 0.7 * full.q.length);
    near(
      sum(coarse.weight, (j) => Math.exp(-0.3 * coarse.q[j]!)),
      sum(full.weight, (j) => Math.exp(-0.3 * full.q[j]!)),
      1e-8,
      'coarse',
    );
  });

  it('agrees with Monte Carlo on a function without a closed form', () => {
    const lambda = [0.4, 1.1, 2.5];
    const rule = quadraticFormRule(lambda, { first: true });
    const f = (q: number): number => Math.tanh(q) / (1 + q);
    const random = stream(11, 'test', 0);
    const n = 200_000;
    let mean = 0;
    let square = 0;
    for (let i = 0; i < n; i++) {
      const xi = lambda.map(() => random.normal());
      const x = f(lambda.reduce((a, l, k) => a + l * xi[k]! ** 2, 0)) * xi[1]! ** 2;
      mean += x / n;
      square += (x * x) / n;
    }
    let exact = 0;
    for (let j = 0; j < rule.q.length; j++) exact += rule.first![3 * j + 1]! * f(rule.q[j]!);
    assert.ok(Math.abs(exact - mean) < 5 * Math.sqrt((square - mean * mean) / n));
  });
});

describe('QuadraticContour', () => {
  const contours: number[][] = [
    [0.3],
    [1e-3, 2e-3],
    [0.1, 0.2, 0.5, 1, 0.05],
    new Array<number>(9).fill(0.44),
    new Array<number>(16).fill(0.24),
    [2, 2, 2, 2, 2],
    [3, 1e-8, 0],
    [8, 1, 1],
    new Array<number>(20).fill(0.1),
    Array.from({ length: 60 }, (_, i) => 1 / (1 + i)),
    [1, ...new Array<number>(99).fill(0.01)],
  ];
  for (const length of [2, 10, 1000, 1e12]) {
    it(`averages B2 and 1 − G as the saddle-point rule does, L = ${length}`, () => {
      const moments = new Float64Array(6);
      const table = momentTable(length);
      for (const lambda of contours) {
        const d = lambda.length;
        let b2 = 1 / length;
        let gamma = 1 / length;
        let first = 1 / length;
        let slope = 0;
        new QuadraticContour(length, d).visit(Float64Array.from(lambda), 1e-14, (node) => {
          b2 += node.bi;
          gamma += node.gi;
          const re = node.br * node.hr[0]! - node.bi * node.hi[0]!;
          const im = node.br * node.hi[0]! + node.bi * node.hr[0]!;
          first += im;
          slope += re * node.pi + im * node.pr;
        });
        const rule = quadraticFormRule(lambda, { first: true });
        const expected = [0, 0, 0, 0];
        for (let j = 0; j < rule.q.length; j++) {
          table.at(rule.q[j]!, moments);
          const [B2, B3, B22] = moments as unknown as [number, number, number];
          expected[0]! += rule.weight[j]! * B2;
          expected[1]! += rule.weight[j]! * (B2 + 6 * B3 - 6 * B22);
          expected[2]! += rule.first![j * d]! * B2;
          expected[3]! += rule.first![j * d]! * (B2 - 4 * B3 + 3 * B22);
        }
        [b2, gamma, first, slope].forEach((value, k) => {
          const error = Math.abs(value - expected[k]!);
          assert.ok(
            error <= (k === 3 ? 2e-10 : 2e-11) * Math.max(1, lambda[0]!),
            `${lambda.slice(0, 5)} (${d}), quantity ${k}: ${value} against ${expected[k]}`,
          );
        });
      }
    });
  }
});
