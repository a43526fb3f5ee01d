import assert from 'node:assert/strict';
import { gaussianPoints } from '../../../src/solver/quasi-monte-carlo.js';
import { normalQuantile } from '../../../src/solver/statistics.js';

describe('normalQuantile', () => {
  // python3 -c "from mpmath import *; mp.dps=30; print([nstr(sqrt(2)*erfinv(2*mpf(u)-1),17) for u in ('1e-10','0.001','0.3','0.5','0.975')])"
  const table: [number, number][] = [
    [1e-10, -6.361340902404056],
    [0.001, -3.0902323061678136],
    [0.3, -0.5244005127080408],
    [0.5, 0],
    [0.975, 1.959963984540054],
  ];
  for (const [u, x] of table)
    it(`u = ${u}`, () => assert.ok(Math.abs(normalQuantile(u) - x) <= 4e-15 * Math.max(1, Math.abs(x)), `${normalQuantile(u)}`));
});

describe('gaussianPoints', () => {
  it('is named by seed and replicate', () => {
    assert.deepEqual(gaussianPoints(3, 64, 5, 1), gaussianPoints(3, 64, 5, 1));
    assert.notDeepEqual(gaussianPoints(3, 64, 5, 1), gaussianPoints(3, 64, 5, 2));
    assert.notDeepEqual(gaussianPoints(3, 64, 5, 1), gaussianPoints(3, 64, 6, 1));
  });

  it('integrates smooth functions far better than random points, and its replicates say how well', () => {
    const [dimension, count, replicates] = [10, 1024, 8];
    const exact = (1 + 2 * 0.1) ** -5;
    const means: number[] = [];
    for (let r = 0; r < replicates; r++) {
      const points = gaussianPoints(dimension, count, 3, r);
      let mean = 0;
      for (let i = 0; i < count; i++) {
        let q = 0;
        for (let j = 0; j < dimension; j++) q += points[i * dimension + j]! ** 2;
        mean += Math.exp(-0.1 * q) / count;
      }
      means.push(mean);
    }
    const mean = means.reduce((a, b) => a + b) / replicates;
    const error = Math.sqrt(means.reduce((a, m) => a + (m - mean) ** 2, 0) / (replicates * (replicates - 1)));
    // Random points: standard deviation of exp(−Q/10) over √(replicates · count).
    const random = Math.sqrt(((1 + 4 * 0.1) ** -5 - exact ** 2) / (replicates * count));
    assert.ok(Math.abs(mean - exact) < 5 * error, `${mean} against ${exact}, error ${error}`);
    assert.ok(error < 0.3 * random, `${error} against ${random}`);
  });

  it('takes any dimension and count', () => {
    for (const [dimension, count] of [
      [0, 4],
      [1, 1],
      [3, 7],
      [40, 128],
    ] as const) {
      const points = gaussianPoints(dimension, count, 0, 0);
      assert.equal(points.length, dimension * count);
      assert.ok(points.every(Number.isFinite));
    }
  });
});
