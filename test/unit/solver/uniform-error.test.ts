import assert from 'node:assert/strict';
import { cumulant } from '../../../src/solver/cumulant.js';
import type { Law, Problem } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { SolverFailure } from '../../../src/solver/result.js';
import { lawDraw } from '../../../src/solver/sampling.js';
import { uniformError } from '../../../src/solver/uniform-error.js';
import { identityMatrix, problemOf } from '../../support/problem.js';

const rademacher: Law = { kind: 'independent', dimension: 1, coordinate: { kind: 'rademacher' } };

function problem(law: Law, length: number, samples: number, radius: number): Problem {
  const n = law.dimension;
  return problemOf(
    { kind: 'tokens', law },
    {
      query: { kind: 'at', at: identityMatrix(n)[0]! },
      length,
      attention: { temperature: 2, keyQuery: identityMatrix(n, 3), value: identityMatrix(n) },
      concentrate: { of: ['output'], confidence: 0.95, samples, radius },
      solver: { seed: 9 },
      measures: ['uniform_error'],
    },
  );
}

function solved(p: Problem) {
  const steps = uniformError(p);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

/** Squared error of a prompt at z, straight from the definition. */
function errorAt(law: Law, tokens: Float64Array, z: readonly number[], gain: number): number {
  const n = law.dimension;
  const tilt = z.map((x) => gain * x);
  const mean = new Float64Array(n);
  let total = 0;
  for (let l = 0; l < tokens.length / n; l++) {
    let score = 0;
    for (let i = 0; i < n; i++) score += tilt[i] * tokens[l * n + i];
    total += Math.exp(score);
    for (let i = 0; i < n; i++) mean[i] += Math.exp(score) * tokens[l * n + i];
  }
  const limit = cumulant(law, tilt).gradient;
  return mean.reduce((sum, x, i) => sum + (x / total - limit[i]) ** 2, 0);
}

function prompt(law: Law, p: Problem, n: number): Float64Array {
  const rng = stream(p.solver.seed, 'uniform', n);
  const tokens = new Float64Array(p.length * law.dimension);
  for (let l = 0; l < p.length; l++) lawDraw(law)(rng, tokens, l * law.dimension);
  return tokens;
}

describe('the error uniform over a ball of queries', () => {
  it('is the largest over a fine grid, prompt by prompt', () => {
    const gaussian: Law = { kind: 'gaussian', dimension: 2, mean: [0.5, 0], covariance: [[1, 0.4], [0.4, 0.7]] }; // biome-ignore format: a law
    for (const law of [rademacher, gaussian]) {
      const p = problem(law, 40, 30, 0.8);
      let mean = 0;
      for (let n = 0; n < 30; n++) {
        const tokens = prompt(law, p, n);
        let largest = 0;
        const grid = law.dimension === 1 ? 400 : 60;
        for (let i = -grid; i <= grid; i++) {
          if (law.dimension === 1) largest = Math.max(largest, errorAt(law, tokens, [(0.8 * i) / grid], 1.5));
          else {
            // The inside on rings, the rim included.
            for (let ring = 1; ring <= 12; ring++) {
              const angle = (Math.PI * i) / grid;
              const r = (0.8 * ring) / 12;
              largest = Math.max(largest, errorAt(law, tokens, [r * Math.cos(angle), r * Math.sin(angle)], 1.5));
            }
          }
        }
        mean += largest / 30;
      }
      const found = solved(p).value[0];
      assert.ok(Math.abs(found / mean - 1) < 5e-3, `${law.kind}: ${found} against ${mean} on the grid`);
    }
  });

  it('grows with the ball and falls with the length', () => {
    const law: Law = { kind: 'gaussian', dimension: 1, mean: [0], covariance: [[1]] };
    const at = (length: number, radius: number) => solved(problem(law, length, 60, radius)).value[0];
    const [near, middle, far] = [at(50, 0.2), at(50, 0.5), at(50, 2)];
    assert.ok(near < middle && middle < far, JSON.stringify([near, middle, far]));
    assert.ok(at(500, 0.5) < at(50, 0.5));
  });

  it('is 0 in the limit, is left out for prompts that are too long, and needs softmax', () => {
    assert.deepEqual(solved(problem(rademacher, Number.POSITIVE_INFINITY, 8, 1)).value, [0]);
    const long = solved(problem(rademacher, 1e6, 8, 1));
    assert.ok(Number.isNaN(long.value[0]) && /up to/.test(long.reason ?? ''));
    const base = problem(rademacher, 10, 8, 1);
    assert.throws(() => solved({ ...base, attention: { ...base.attention, kernel: 'linear' } }), SolverFailure);
  });
});
