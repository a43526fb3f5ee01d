import assert from 'node:assert/strict';
import { fullMomentTable, momentTable } from '../../../src/solver/moment-table.js';
import { allMoments, coreMoments, momentNames, momentsOf, participationMoments } from '../../../src/solver/participation.js';
import { stream } from '../../../src/solver/random.js';
import { ScoreTransforms } from '../../../src/solver/score-transforms.js';

const close = (actual: number, expected: number, relative: number, label: string): void =>
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${label}: ${actual} is not ${expected}`);

describe('participation moments', () => {
  it('meet the reference values of docs/mathematics.md, section 3', () => {
    const table: [number, number, number, number, number][] = [
      [0.3, 7, 0.179703313177, 0.039313512855, 0.032969327658],
      [4, 50, 0.182727368013, 0.072574694198, 0.050231686024],
      [12, 1e5, 0.042546104741, 0.013708064343, 0.007688257973],
    ];
    for (const [tau2, length, B2, B3, B22] of table) {
      const m = participationMoments(tau2, length);
      for (const [actual, expected] of [
        [m.B2, B2],
        [m.B3, B3],
        [m.B22, B22],
      ]) {
        assert.ok(Math.abs(actual - expected) < 6e-13, `${actual} is not ${expected} at τ² = ${tau2}, L = ${length}`);
      }
    }
  });

  // mpmath, 25 digits: p = sigmoid(d) with d ~ N(0, 2τ²), E (p^k + (1−p)^k) … by quad.
  const pairs: [number, number[]][] = [
    [
      0.3,
      [
        0.558841151598307, 0.33826172739746, 0.316944522848466, 0.21731341302254, 0.195996208473545, 0.182818586848295, 0.146180653560582,
        0.12893324047346, 0.124863449011587, 0.11575561884821, 0.1074871241003,
      ],
    ],
    [
      3,
      [
        0.734144105265307, 0.601216157897961, 0.567005606264205, 0.51764690839741, 0.483436356763655, 0.457732064563249, 0.458757007830257,
        0.428799585913176, 0.424546456196502, 0.40309529371277, 0.383266438556234,
      ],
    ],
    [
      400,
      [
        0.97184827539805, 0.957772413097075, 0.953092140959221, 0.948394345877661, 0.943714073739807, 0.939972188059152, 0.941365176199027,
        0.937154097289772, 0.936684904061174, 0.933412211609117, 0.930340406751847,
      ],
    ],
  ];
  for (const [tau2, expected] of pairs) {
    it(`agree with direct quadrature for two scores of variance ${tau2}`, () => {
      const m = participationMoments(tau2, 2);
      for (const [i, name] of momentNames.entries()) close(m[name], expected[i], 2e-13, name);
    });
  }

  // NumPy: three-dimensional trapezoidal rule over the scores on ±9 τ, spacing 0.14 τ.
  const triples: [number, number[]][] = [
    [
      0.5,
      [
        0.4219668501852444, 0.20841839957053726, 0.18451316346288554, 0.11484759764024616, 0.09576891133684715, 0.08414276998364695,
        0.06851705060178145, 0.05557791167560819, 0.0529989105368843, 0.04613647354398612, 0.04026428176911818,
      ],
    ],
    [
      9,
      [
        0.741517859721904, 0.6253299136743155, 0.5906205398508722, 0.5542322951026222, 0.5214909802661413, 0.49635614764432,
        0.50441919518213, 0.47646515094646014, 0.47323873285362417, 0.4524724725470246, 0.43348256744085767,
      ],
    ],
  ];
  for (const [tau2, expected] of triples) {
    it(`agree with direct quadrature for three scores of variance ${tau2}`, () => {
      const m = participationMoments(tau2, 3);
      for (const [i, name] of momentNames.entries()) close(m[name], expected[i], 1e-12, name);
    });
  }

  it('are one for a single token, and powers of 1/L for equal scores', () => {
    for (const tau2 of [0, 1e-9, 0.7, 25, 400]) {
      const m = participationMoments(tau2, 1);
      for (const name of momentNames) close(m[name], 1, 1e-12, `${name} at τ² = ${tau2}`);
    }
    const zero = participationMoments(0, 20);
    const nearly = participationMoments(1e-15, 20);
    for (const name of momentNames) {
      const power = [...name.slice(1)].reduce((sum, digit) => sum + Number(digit) - 1, 0);
      close(zero[name], 20 ** -power, 1e-14, name);
      close(nearly[name], 20 ** -power, 1e-12, name);
    }
  });

  it('vanish at infinite length and refuse what is no length or variance', () => {
    for (const name of momentNames) assert.equal(participationMoments(3, Number.POSITIVE_INFINITY)[name], 0);
    assert.throws(() => participationMoments(-1, 3), RangeError);
    assert.throws(() => participationMoments(1, 0.5), RangeError);
    assert.throws(() => momentTable(0), RangeError);
  });

  it('agree with sampled softmax weights', () => {
    const cases: [number, number][] = [
      [0.8, 5],
      [4, 12],
      [20, 40],
    ];
    cases.forEach(([tau2, length], index) => {
      const rng = stream(11, 'test participation', index);
      const n = 20_000;
      const sums = new Float64Array(allMoments);
      const squares = new Float64Array(allMoments);
      const score = new Float64Array(length);
      for (let r = 0; r < n; r++) {
        let total = 0;
        for (let l = 0; l < length; l++) {
          score[l] = Math.exp(Math.sqrt(tau2) * rng.normal());
          total += score[l];
        }
        const P = new Float64Array(6);
        for (let l = 0; l < length; l++) for (let k = 2, p = score[l] / total, q = p; k <= 5; k++) P[k] += q *= p;
        momentNames.forEach((name, i) => {
          const x = [...name.slice(1)].reduce((product, digit) => product * P[Number(digit)], 1);
          sums[i] += x;
          squares[i] += x * x;
        });
      }
      const m = participationMoments(tau2, length);
      momentNames.forEach((name, i) => {
        const mean = sums[i] / n;
        const error = Math.sqrt((squares[i] / n - mean * mean) / n);
        assert.ok(Math.abs(mean - m[name]) < 5 * error, `${name} at τ² = ${tau2}, L = ${length}: ${mean} ± ${error} against ${m[name]}`);
      });
    });
  });

  it('satisfy the identities for their derivatives in τ²', () => {
    for (const length of [2, 9, 1000, 1e9]) {
      for (const tau2 of [0.2, 3, 14, 90]) {
        const h = 1e-3 * tau2;
        const at = (t: number) => participationMoments(t, length);
        // Fourth-order central differences.
        const slope = (f: (m: ReturnType<typeof at>) => number): number =>
          (8 * (f(at(tau2 + h)) - f(at(tau2 - h))) - (f(at(tau2 + 2 * h)) - f(at(tau2 - 2 * h)))) / (12 * h);
        const m = at(tau2);
        const label = `τ² = ${tau2}, L = ${length}`;
        close(
          slope((x) => x.B2),
          m.B2 - 4 * m.B3 + 3 * m.B22,
          1e-7,
          `B2, ${label}`,
        );
        close(
          slope((x) => x.B3),
          3 * m.B3 - 9 * m.B4 + 6 * m.B23,
          1e-7,
          `B3, ${label}`,
        );
        close(
          slope((x) => x.B22),
          2 * m.B22 + 4 * m.B4 - 16 * m.B23 + 10 * m.B222,
          1e-7,
          `B22, ${label}`,
        );
      }
    }
  });

  it('have slopes in log L that agree with differences in L', () => {
    const value = new Float64Array(allMoments);
    const slope = new Float64Array(allMoments);
    const up = new Float64Array(allMoments);
    const down = new Float64Array(allMoments);
    for (const [tau2, length] of [
      [0.4, 2],
      [6, 3],
      [2, 17],
      [8, 1e4],
    ]) {
      const transforms = new ScoreTransforms(tau2, 2, 8, 14);
      momentsOf(transforms, length, allMoments, value, slope);
      const h = 1e-4;
      momentsOf(transforms, length * Math.exp(h), allMoments, up);
      momentsOf(transforms, length * Math.exp(-h), allMoments, down);
      momentNames.forEach((name, i) => {
        const difference = (Math.log(up[i]) - Math.log(down[i])) / (2 * h);
        assert.ok(Math.abs(difference - slope[i]) < 2e-6, `${name} at τ² = ${tau2}, L = ${length}: ${slope[i]} against ${difference}`);
      });
    }
  });

  it('reach 1e−12 with half the spacing as judge, and say so, up to L = 1e15 and τ² = 400', () => {
    const finer = new Float64Array(allMoments);
    for (const length of [1, 2, 3, 10, 1e3, 1e6, 1e9, 1e12, 1e15]) {
      for (const tau2 of [1e-5, 0.05, 1, 7, 30, 64, 150, 400]) {
        const m = participationMoments(tau2, length);
        assert.ok(m.error < 1e-12, `error ${m.error} at τ² = ${tau2}, L = ${length}`);
        momentsOf(new ScoreTransforms(tau2, 1, 8, Math.log(length) + 5, 2), length, allMoments, finer);
        for (const [i, name] of momentNames.entries()) close(m[name], finer[i], 1e-12, `${name} at τ² = ${tau2}, L = ${length}`);
      }
    }
  });

  it('fall as exp(k(k−1)τ²/2)/L^(k−1) while prompts are long', () => {
    for (const tau2 of [0.5, 2]) {
      for (const length of [1e12, 1e25, 1e40]) {
        const m = participationMoments(tau2, length);
        close(m.B2, Math.exp(tau2) / length, 1e-9, `B2 at L = ${length}`);
        close(m.B3, Math.exp(3 * tau2) / length ** 2, 1e-8, `B3 at L = ${length}`);
        close(m.B22, Math.exp(2 * tau2) / length ** 2, 1e-8, `B22 at L = ${length}`);
      }
    }
  });

  it('stay ordered and below one far outside the range of the quadrature', () => {
    let last = 0;
    for (const tau2 of [400, 4e3, 1e6, 1e7, 1e12]) {
      const m = participationMoments(tau2, 50);
      assert.ok(m.B2 > last && m.B2 < 1 && m.B3 < m.B2 && m.B22 < m.B3, `τ² = ${tau2}`);
      last = m.B2;
    }
  });
});

describe('moment table', () => {
  it('agrees with the direct evaluation to 1e−12 of B2, or 1e−10 at the ends of its range of lengths', () => {
    const out = new Float64Array(coreMoments);
    const value = new Float64Array(allMoments);
    const derivative = new Float64Array(allMoments);
    const direct = new Float64Array(allMoments);
    const slope = new Float64Array(allMoments);
    for (const [length, tolerance] of [
      [1, 1e-12],
      [2, 2e-10],
      [3, 1e-11],
      [10, 1e-11],
      [1000, 1e-11],
      [1e6, 1e-11],
      [1e12, 2e-10],
    ]) {
      const table = fullMomentTable(length);
      for (let i = 0; i < 40; i++) {
        const tau2 = Math.expm1(6 * ((i * 0.6180339887) % 1));
        momentsOf(new ScoreTransforms(Math.max(tau2, 1e-12), 2, 8, Math.max(14, Math.log(length) + 1)), length, allMoments, direct, slope);
        table.at(tau2, out);
        table.full(tau2, value, derivative);
        momentNames.forEach((name, q) => {
          const label = `${name} at τ² = ${tau2}, L = ${length}`;
          if (q < coreMoments) assert.ok(Math.abs(out[q] - direct[q]) < tolerance * direct[0], `${label}: ${out[q]} against ${direct[q]}`);
          assert.ok(Math.abs(value[q] - direct[q]) < 10 * tolerance * direct[0], `${label}: ${value[q]} against ${direct[q]}`);
          const error = Math.abs(derivative[q] - slope[q] * direct[q]);
          assert.ok(error < (length < 3 ? 1e-5 : 1e-8) * direct[0], `slope of ${label}: ${derivative[q]} against ${slope[q] * direct[q]}`);
        });
      }
    }
  });

  it('condenses on the largest score: E(Σ p s)²/τ² tends to the second moment of the largest of L normals', () => {
    // from scipy.integrate import quad; from scipy.stats import norm
    // quad(lambda x: x*x*L*norm.pdf(x)*norm.cdf(x)**(L-1), -12, 12) for L = 2, 10, 1000
    for (const [length, second] of [
      [2, 1],
      [10, 2.7121037899],
      [1000, 10.6303612615],
    ] as const)
      for (const tau2 of [1e6, 1.01e6, 1e8, 1e11]) {
        const { B2, B3, B22, B4, B23, B222 } = participationMoments(tau2, length);
        const G = 1 - B2 - 6 * B3 + 6 * B22;
        assert.ok(Math.abs(B2 + tau2 * G - second) < 1e-5 * second + 4e-15 * tau2, `${length} ${tau2} ${B2 + tau2 * G}`);
        const slope = -B2 - 14 * B3 + 9 * B22 + 78 * B4 - 132 * B23 + 60 * B222;
        assert.ok(Math.abs(slope + G / tau2) < (tau2 > 1e6 ? 1e-13 : 1e-11), `${length} ${tau2} ${slope}`);
      }
  });

  it('is zero at infinite length and goes on beyond its range', () => {
    const out = new Float64Array(coreMoments).fill(1);
    momentTable(Number.POSITIVE_INFINITY).at(3, out);
    assert.deepEqual([...out], [0, 0, 0, 0, 0, 0]);
    const edge = new Float64Array(coreMoments);
    momentTable(20).at(999_999, edge);
    momentTable(20).at(1_000_001, out);
    for (let q = 0; q < coreMoments; q++) close(out[q], edge[q], 1e-7, momentNames[q]);
    momentTable(20).at(Number.NaN, out);
    assert.ok(Number.isNaN(out[0]));
  });
});
