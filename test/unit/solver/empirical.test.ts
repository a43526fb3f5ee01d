import assert from 'node:assert/strict';
import { cumulant, lawMoments } from '../../../src/solver/cumulant.js';
import { quadratics, squaresAbout, tiltedMean } from '../../../src/solver/empirical.js';
import { lawBounds } from '../../../src/solver/law-bounds.js';
import type { EmpiricalTokens, Law } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { problem } from './concentration-problem.js';

const D = 5;
const rows = 40;
const rng = stream(3, 'empirical', 0);
const data = Float64Array.from({ length: rows * D }, () => rng.normal());
const tokens: EmpiricalTokens = { rows, columns: D, data };
const token = (r: number): number[] => Array.from(data.subarray(r * D, (r + 1) * D));
const law: Law = { kind: 'empirical', dimension: D, tokens };
/** The same law as a mixture of point masses: another path through the solver. */
const atoms: Law = {
  kind: 'mixture',
  dimension: D,
  weights: Array.from({ length: rows }, () => 1 / rows),
  components: Array.from({ length: rows }, (_, r) => ({
    kind: 'gaussian' as const,
    dimension: D,
    mean: token(r),
    covariance: Array.from({ length: D }, () => new Array<number>(D).fill(0)),
  })),
};
const a = [0.4, -0.9, 0.2, 1.3, -0.5];
const W = Array.from({ length: D }, (_, i) => Array.from({ length: D }, (_, j) => 1 / (1 + i + j)));

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, relative = 1e-12): void => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i]! - expected[i]!) <= relative * (1 + Math.abs(expected[i]!)), `${i}: ${actual[i]} and ${expected[i]}`);
  }
};

describe('laws of files', () => {
  it('agree with a mixture of point masses', () => {
    const one = cumulant(law, a, true);
    const other = cumulant(atoms, a, true);
    close([one.value], [other.value]);
    close(one.gradient, other.gradient);
    close(one.hessian!, other.hessian!);
    close(tiltedMean(tokens, a), other.gradient);
    close(lawMoments(law).mean, lawMoments(atoms).mean);
    close(lawMoments(law).covariance.flat(), lawMoments(atoms).covariance.flat());
  });

  it('have quadratic forms at every token', () => {
    const form = (z: readonly number[]): number => z.reduce((sum, x, i) => sum + x * W[i]!.reduce((s, w, j) => s + w * z[j]!, 0), 0);
    close(
      quadratics(tokens, W),
      Array.from({ length: rows }, (_, r) => form(token(r))),
    );
    close(
      squaresAbout(tokens, W, a),
      Array.from({ length: rows }, (_, r) => form(token(r).map((x, i) => x - a[i]!))),
    );
  });

  it('have the asymptote of the mixture, and a certified bound above it', () => {
    const U = W.map((row) => row.map((x) => x / 2));
    const V = W.slice(0, 2);
    const base = problem(W, U, V, Array.from(a));
    const [one, other] = [law, atoms].map((each) => lawBounds({ ...base, setting: { kind: 'tokens', law: each } }));
    for (const quantity of ['output', 'value_gradient'] as const) {
      close([one!.at(quantity, 50).asymptote], [other!.at(quantity, 50).asymptote]);
      assert.ok(one!.at(quantity, 50).certified > one!.at(quantity, 50).asymptote);
    }
  });
});
