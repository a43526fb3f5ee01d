import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BoundTable, boundTable, fitPaperForm, momentBounds, plainBound, trustLength } from '../../../src/solver/bounds.js';
import { errorAverages } from '../../../src/solver/concentration.js';
import { lawBounds } from '../../../src/solver/law-bounds.js';
import { supportDiameter, supportReach } from '../../../src/solver/law-support.js';
import * as linear from '../../../src/solver/linear-algebra.js';
import { participationMoments } from '../../../src/solver/participation.js';
import type { Law, Problem } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { of, problem } from './concentration-problem.js';

const sizes = fc.record({ tau2: fc.double({ min: -14, max: 6, noNaN: true }), length: fc.double({ min: 0, max: 35, noNaN: true }) });

describe('certified bounds of participation moments', () => {
  it('lie above the exact moments everywhere, at the point and in the table', () => {
    const out = new Float64Array(6);
    fc.assert(
      fc.property(sizes, ({ tau2: logTau2, length: logLength }) => {
        const tau2 = Math.exp(logTau2);
        const length = Math.round(Math.exp(logLength));
        const m = participationMoments(tau2, length);
        const direct = momentBounds(tau2, length);
        boundTable(length).at(tau2, out);
        for (const [k, exact] of [
          [2, m.B2],
          [3, m.B3],
          [4, m.B4],
          [5, m.B5],
        ]) {
          assert.ok(direct[k] >= exact * (1 - 1e-12), `B${k} at τ² = ${tau2}, L = ${length}: ${direct[k]} < ${exact}`);
          assert.ok(out[k] >= exact * (1 - 1e-12), `table, B${k} at τ² = ${tau2}, L = ${length}: ${out[k]} < ${exact}`);
          assert.ok(direct[k] <= 1 && out[k] <= 1);
        }
      }),
      { seed: 20, numRuns: 120 },
    );
  });

  it('tend to the exact moments as prompts grow', () => {
    for (const tau2 of [0.01, 1, 4]) {
      let last = Number.POSITIVE_INFINITY;
      for (const length of [1e4, 1e6, 1e8, 1e10]) {
        const excess = momentBounds(tau2, length)[2] / participationMoments(tau2, length).B2 - 1;
        assert.ok(excess < last, `L = ${length}`);
        last = excess;
      }
      assert.ok(last < 2e-3, `${last}`);
    }
  });

  it('vanish at infinite length and say nothing about one token or scores out of reach', () => {
    assert.deepEqual([...momentBounds(1, Number.POSITIVE_INFINITY)], [0, 0, 0, 0, 0, 0]);
    assert.equal(momentBounds(1, 1)[2], 1);
    assert.equal(momentBounds(500, 1e6)[2], 1);
    const out = new Float64Array(6);
    new BoundTable(1e6).at(500, out);
    assert.equal(out[2], 1);
  });

  it('hold in the plainer form too, which is the looser one while scores spread', () => {
    for (const tau2 of [0.1, 1, 6]) {
      for (const length of [3, 100, 1e7]) {
        const plain = plainBound(tau2, length);
        assert.ok(plain >= participationMoments(tau2, length).B2);
        assert.ok(plain >= momentBounds(tau2, length)[2] * (1 - 1e-12));
      }
    }
  });
});

describe('certified errors', () => {
  it('lie above the exact ones at random layers, queries and lengths', () => {
    const rng = stream(21, 'test bounds', 0);
    for (let index = 0; index < 32; index++) {
      const n = 1 + (index % 4);
      const size = [0.1, 0.4, 1, 2.5][index % 4];
      const matrix = (rows: number): number[][] =>
        Array.from({ length: rows }, () => Array.from({ length: n }, () => rng.normal() / Math.sqrt(n)));
      const root = matrix(n);
      const gamma = linear.matmul(root, linear.transpose(root));
      const fixed = index % 3 !== 0;
      const p = problem(gamma, linear.scale(matrix(n), size), matrix(2), fixed ? Array.from({ length: n }, () => 2 * rng.normal()) : null);
      const averages = errorAverages(p, of)!;
      for (const quantity of of) {
        for (const length of [1, 2, 7, 300, 1e5, 1e9]) {
          const { value, relativeError, certified } = averages.at(quantity, length);
          assert.ok(
            certified >= value * (1 - relativeError - 1e-11),
            `case ${index}, ${quantity} at L = ${length}: ${certified} < ${value}`,
          );
        }
      }
    }
  });

  it('and tend to them, as do the asymptotes', () => {
    const gamma = linear.identity(3);
    for (const at of [[1, 0.5, -1], null]) {
      const averages = errorAverages(problem(gamma, linear.scale(gamma, 0.3), linear.scale(gamma, 2), at), of)!;
      for (const quantity of of) {
        const { value, certified, asymptote } = averages.at(quantity, 1e10);
        assert.ok(Math.abs(certified / value - 1) < 0.01, `${quantity}: ${certified / value}`);
        assert.ok(Math.abs(asymptote / value - 1) < 1e-5, `${quantity}: ${asymptote / value}`);
      }
    }
  });
});

describe('bounds for any law', () => {
  it('lie above the error of Rademacher tokens, computed over all prompts', () => {
    // One coordinate, V = 1, tilt a: the number of +1 among L tokens is binomial.
    for (const a of [0.2, 1, 2]) {
      const signs: Law = { kind: 'independent', dimension: 1, coordinate: { kind: 'rademacher' } };
      const bounds = lawBounds({ ...problem([[1]], [[a]], [[1]], [1]), setting: { kind: 'tokens', law: signs } })!;
      const spread = Math.log(Math.cosh(2 * a)) - 2 * Math.log(Math.cosh(a));
      const shift = Math.tanh(2 * a) - Math.tanh(a);
      const constant = Math.exp(spread) * (1 - Math.tanh(2 * a) ** 2 + shift * shift);
      for (const length of [1, 2, 5, 20, 200]) {
        let exact = 0;
        let logChoose = 0;
        for (let k = 0; k <= length; k++) {
          const up = k * Math.exp(a);
          const down = (length - k) * Math.exp(-a);
          exact += Math.exp(logChoose - length * Math.LN2) * ((up - down) / (up + down) - Math.tanh(a)) ** 2;
          logChoose += Math.log((length - k) / (k + 1));
        }
        assert.ok(bounds.at('output', length).certified >= exact, `a = ${a}, L = ${length}`);
        if (length === 200) assert.ok(Math.abs(exact / (constant / length) - 1) < 0.2, `asymptote ${constant / length} against ${exact}`);
      }
      assert.ok(bounds.at('output', 1e9).certified < (1.01 * constant) / 1e9);
    }
  });
});

describe('bounds of errors on tokens of any law', () => {
  const identity = linear.identity(2);
  const rademacher: Law = { kind: 'independent', dimension: 2, coordinate: { kind: 'rademacher' } };
  const corners = [[1, 1], [1, -1], [-1, 1], [-1, -1]]; // biome-ignore format: points

  it('lie above the error summed over every prompt, and the asymptote meets it as prompts grow', () => {
    const U = [[0.4, 0.1], [-0.2, 0.3]]; // biome-ignore format: a matrix
    const V = [[1, 0.5]];
    const z = [1, -0.7];
    const p: Problem = { ...problem(identity, U, V, z), setting: { kind: 'tokens', law: rademacher } };
    const bounds = lawBounds(p)!;
    const a = linear.matvec(U, z);
    const limit = linear.matvec(V, [Math.tanh(a[0]), Math.tanh(a[1])])[0];
    const L = 6;
    let exact = 0;
    for (let code = 0; code < 4 ** L; code++) {
      let total = 0;
      let sum = 0;
      for (let l = 0, rest = code; l < L; l++, rest = Math.floor(rest / 4)) {
        const y = corners[rest % 4];
        const weight = Math.exp(linear.dot(a, y));
        total += weight;
        sum += weight * linear.matvec(V, y)[0];
      }
      exact += (sum / total - limit) ** 2 / 4 ** L;
    }
    assert.ok(bounds.at('output', L).certified >= exact, `${bounds.at('output', L).certified} < ${exact}`);
    assert.ok(Math.abs(bounds.at('output', L).asymptote / exact - 1) < 0.3);
    const far = bounds.at('output', 1e10);
    assert.ok(far.certified >= far.asymptote && far.certified < 1.001 * far.asymptote);
  });

  it('have the Gaussian asymptote, and lie above the exact errors of Gaussian tokens too', () => {
    const gamma = [[1, 0.3], [0.3, 0.6]]; // biome-ignore format: a matrix
    for (const at of [[0.5, 1], null]) {
      const p = problem(gamma, linear.scale(identity, 0.4), [[1, -1]], at);
      for (const quantity of of) {
        for (const length of [1, 4, 100, 1e6]) {
          const general = lawBounds(p)!.at(quantity, length);
          const exact = errorAverages(p, of)!.at(quantity, length);
          const asymptotes = general.asymptote / exact.asymptote;
          assert.ok(Math.abs(asymptotes - 1) < (at === null ? 3e-2 : 1e-12), `${quantity}: ${asymptotes}`);
          assert.ok(general.certified >= exact.value * (1 - 1e-12), `${quantity}: ${general.certified} < ${exact.value}`);
          if (length === 1e6) assert.ok(general.certified < 1.1 * exact.value, `${quantity}: ${general.certified}, ${exact.value}`);
        }
      }
    }
  });

  it('know how far apart values can lie', () => {
    const near = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
    near(supportDiameter(rademacher, identity), 2 * Math.SQRT2);
    near(supportDiameter(rademacher, [[1, 1]]), 4);
    near(supportDiameter({ kind: 'independent', dimension: 1, coordinate: { kind: 'uniform', low: -1, high: 3 } }, [[2]]), 8);
    near(supportDiameter({ kind: 'sphere', dimension: 2, radius: 1.5 }, [[0, 2]]), 6);
    near(supportDiameter({ kind: 'affine', dimension: 1, mean: [7], factor: [[1, 1]], base: rademacher }, [[3]]), 12);
    const data = Float64Array.from([0, 0, 2, 0, 1, 3]);
    const file: Law = { kind: 'empirical', dimension: 2, tokens: { rows: 3, columns: 2, data } };
    assert.ok(supportDiameter(file, identity) >= Math.sqrt(10));
    const mixture: Law = { kind: 'mixture', dimension: 2, components: [rademacher, file], weights: [0.5, 0.5] };
    assert.ok(supportDiameter(mixture, identity) >= Math.hypot(2, 4));
    const gaussian: Law = { kind: 'gaussian', dimension: 2, mean: [0, 0], covariance: identity };
    const wide: Law = { kind: 'mixture', dimension: 2, components: [rademacher, gaussian], weights: [1, 1] };
    assert.equal(supportDiameter(wide, identity), Infinity);
  });

  it('know how far scores can reach', () => {
    const near = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
    near(supportReach(rademacher, [2, -3]), 5);
    near(supportReach({ kind: 'independent', dimension: 2, coordinate: { kind: 'uniform', low: -1, high: 3 } }, [2, -3]), 9);
    const sphere: Law = { kind: 'sphere', dimension: 2, radius: 1.5 };
    near(supportReach(sphere, [3, -4]), 7.5);
    near(supportReach({ kind: 'affine', dimension: 1, mean: [7], factor: [[1, 1]], base: rademacher }, [3]), 27);
    near(supportReach({ kind: 'mixture', dimension: 2, components: [rademacher, sphere], weights: [0.5, 0.5] }, [3, -4]), 7.5);
    const file: Law = { kind: 'empirical', dimension: 2, tokens: { rows: 3, columns: 2, data: Float64Array.from([0, 0, 2, 0, 1, 3]) } };
    near(supportReach(file, [1, 1]), 4);
    assert.equal(supportReach({ kind: 'gaussian', dimension: 2, mean: [1, 5], covariance: identity }, [1, 0]), Infinity);
    near(supportReach({ kind: 'gaussian', dimension: 2, mean: [1, 5], covariance: [[1, 0], [0, 0]] }, [0, 2]), 10); // biome-ignore format: a matrix
  });
});

describe("the paper's form", () => {
  it('is found again when the curve has that form', () => {
    const lengths = [2, 5, 20, 100, 1e4, 1e6];
    const sigma2 = 1.7;
    for (const [quantity, power] of [
      ['output', 1],
      ['key_query_gradient', 2],
    ] as const) {
      const curve = lengths.map((L) => (3 * sigma2 ** (3 * power) * Math.log(L) ** power) / L ** (0.8 / sigma2));
      const fit = fitPaperForm(lengths, curve, quantity, sigma2)!;
      assert.ok(Math.abs(fit.c1 - 3) < 1e-9 && Math.abs(fit.c2 - 0.8) < 1e-9, `${fit.c1}, ${fit.c2}`);
    }
  });

  it('dominates the curve, touches it, and has less mean excess than its neighbours that dominate', () => {
    const rng = stream(22, 'test bounds', 0);
    for (let index = 0; index < 20; index++) {
      const lengths = Array.from({ length: 12 }, (_, i) => Math.round(2 * 3 ** i));
      const curve = lengths.map((L) => Math.exp(0.4 * rng.normal()) / L ** 0.7);
      const fit = fitPaperForm(lengths, curve, 'output', 1)!;
      const excess = curve.map((v, i) => Math.log(fit.values[i] / v));
      assert.ok(excess.every((e) => e >= 0) && Math.min(...excess) < 1e-9);
      const mean = excess.reduce((sum, e) => sum + e, 0);
      for (const change of [-0.01, 0.01]) {
        const slope = fit.c2 + change;
        if (slope < 0) continue;
        const shape = lengths.map((L, i) => Math.log(curve[i]) - Math.log(Math.log(L)) + slope * Math.log(L));
        const top = Math.max(...shape);
        assert.ok(shape.reduce((sum, x) => sum + top - x, 0) >= mean - 1e-9);
      }
    }
  });

  it('vanishes at L = 1, and is left out at L = ∞ and where there is nothing to fit', () => {
    const fit = fitPaperForm([1, 2, 10, Number.POSITIVE_INFINITY], [1, 0.5, 0.1, 0], 'output', 1)!;
    assert.ok(fit.values[0] === 0 && Number.isNaN(fit.values[3]));
    assert.equal(fitPaperForm([1, 2], [1, 0.5], 'output', 1), null);
    assert.equal(fitPaperForm([2, 4], [1, 0.5], 'output', 0), null);
  });
});

describe('trust length', () => {
  it('is the first length whose bound is below the threshold', () => {
    const bound = (L: number): number => momentBounds(1, L)[2];
    const L = trustLength(bound, 1e-3);
    assert.ok(bound(L) < 1e-3 && bound(L - 1) >= 1e-3, `${L}`);
    assert.equal(
      trustLength((n) => 1 / n, 2),
      1,
    );
    assert.equal(
      trustLength((n) => 1 / n, 0.1),
      11,
    );
    // A bump beyond the first length below the threshold: it is behind that one that the bound stays below.
    assert.equal(
      trustLength((n) => (n >= 15 && n <= 20 ? 0.2 : 1 / n), 0.1),
      21,
    );
    assert.equal(trustLength(bound, 0), Number.POSITIVE_INFINITY);
    assert.equal(
      trustLength(() => 1, 0.5),
      Number.POSITIVE_INFINITY,
    );
  });
});
