import assert from 'node:assert/strict';
import { outputMoments } from '../../../src/solver/concentration.js';
import { participationMoments } from '../../../src/solver/participation.js';
import { stream } from '../../../src/solver/random.js';

describe('output moments', () => {
  it('are those of a Gaussian value under softmax weights', () => {
    const { B2, B3, B22 } = participationMoments(1.5, 4);
    const m = outputMoments('softmax', 1.5, 0.7, 2, 4);
    assert.ok(Math.abs(m.mean - 0.7 * (1 - B2)) < 1e-14);
    assert.ok(Math.abs(m.square - (2 * B2 + 0.49 * (1 - B2 - 6 * B3 + 6 * B22))) < 1e-14);
    const rng = stream(12, 'test output moments', 0);
    for (const kernel of ['softmax', 'linear'] as const) {
      const [tau2, c, rho2, length] = [1.5, 0.7, 2, 4];
      const exact = outputMoments(kernel, tau2, c, rho2, length);
      const n = 40_000;
      const sums = [0, 0, 0, 0];
      for (let r = 0; r < n; r++) {
        let total = kernel === 'softmax' ? 0 : length;
        let output = 0;
        for (let l = 0; l < length; l++) {
          const g = rng.normal();
          const s = Math.sqrt(tau2) * g;
          const t = (c / Math.sqrt(tau2)) * g + Math.sqrt(rho2 - (c * c) / tau2) * rng.normal();
          const weight = kernel === 'softmax' ? Math.exp(s) : s;
          if (kernel === 'softmax') total += weight;
          output += weight * t;
        }
        const x = output / total;
        for (let k = 0; k < 4; k++) sums[k] += x ** (k + 1);
      }
      const [m1, m2, , m4] = sums.map((x) => x / n);
      assert.ok(Math.abs(m1 - exact.mean) < 5 * Math.sqrt((m2 - m1 * m1) / n), kernel);
      assert.ok(Math.abs(m2 - exact.square) < 5 * Math.sqrt((m4 - m2 * m2) / n), kernel);
    }
  });
});
