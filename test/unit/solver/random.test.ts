import assert from 'node:assert/strict';
import { stream } from '../../../src/solver/random.js';

/** Standard normal distribution function: erfc by the continued fraction of Abramowitz and Stegun 7.1.14 and its series. */
function normalDistribution(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  let tail: number;
  if (z < 2) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 80; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    tail = 0.5 - sum / Math.sqrt(Math.PI);
  } else {
    let fraction = 0;
    for (let n = 60; n > 0; n--) fraction = n / 2 / (z + fraction);
    tail = Math.exp(-z * z) / (z + fraction) / Math.sqrt(Math.PI) / 2;
  }
  return x > 0 ? 1 - tail : tail;
}

function mean(x: ArrayLike<number>, f: (v: number) => number): { mean: number; error: number } {
  let m = 0;
  let s = 0;
  for (let i = 0; i < x.length; i++) {
    const v = f(x[i]);
    const delta = v - m;
    m += delta / (i + 1);
    s += delta * (v - m);
  }
  return { mean: m, error: Math.sqrt(s / (x.length - 1) / x.length) };
}

/** Kolmogorov's distance √n · sup |F_n − F|, whose 10⁻⁴ point is 2.23. */
function kolmogorov(sample: Float64Array, distribution: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  const n = sorted.length;
  let distance = 0;
  for (let i = 0; i < n; i++) {
    const f = distribution(sorted[i]);
    distance = Math.max(distance, f - i / n, (i + 1) / n - f);
  }
  return distance * Math.sqrt(n);
}

describe('random streams', () => {
  it('keep their first words', () => {
    const words = (seed: number, purpose: string, index: number): number[] => {
      const rng = stream(seed, purpose, index);
      return [rng.uint32(), rng.uint32(), rng.uint32()];
    };
    assert.deepEqual(words(0, 'sgd', 0), [4203081184, 3021648347, 823526793]);
    assert.deepEqual(words(2 ** 53 - 1, 'risk', 2 ** 40 + 7), [3572649512, 2272059266, 2186943138]);
    assert.deepEqual(words(-3, 'risk', 1), [3209563091, 3142281700, 3348967362]);
  });

  it('differ in every part of their name', () => {
    const firsts = new Set<number>();
    let count = 0;
    for (const seed of [0, 1, 2, 2 ** 32, 2 ** 32 + 1, -1]) {
      for (const purpose of ['sgd', 'risk', 'risk ', '']) {
        for (let index = 0; index < 100; index++) {
          firsts.add(stream(seed, purpose, index).uniform());
          count++;
        }
      }
    }
    assert.equal(firsts.size, count);
  });

  it('refuse names that are not integers', () => {
    for (const bad of [0.5, Number.NaN, Infinity, 2 ** 54]) {
      assert.throws(() => stream(bad, 'sgd', 0), RangeError);
      assert.throws(() => stream(0, 'sgd', bad), RangeError);
    }
  });

  it('fill an array as single draws would', () => {
    const filled = new Float64Array(20_000);
    const rng = stream(5, 'fill', 0);
    rng.fillNormal(filled, 0, 7000);
    rng.fillNormal(filled, 7000);
    const single = stream(5, 'fill', 0);
    for (let i = 0; i < filled.length; i++) assert.equal(filled[i], single.normal());
    assert.equal(rng.uint32(), single.uint32());
  });

  it('draw normals of the right moments, tails and distribution', () => {
    const x = new Float64Array(1_000_000);
    stream(11, 'normal', 0).fillNormal(x);
    const moments = [0, 1, 0, 3, 0, 15, 0, 105];
    moments.forEach((expected, i) => {
      const { mean: m, error } = mean(x, (v) => v ** (i + 1));
      assert.ok(Math.abs(m - expected) < 4.5 * error, `moment ${i + 1}: ${m}, ${expected} expected`);
    });
    for (const edge of [-4, -3.6541528853610088, -3, -1, 0.001, 0.5, 2, 3.5, 3.8]) {
      const p = normalDistribution(edge);
      let below = 0;
      for (const v of x) if (v < edge) below++;
      const error = Math.sqrt(p * (1 - p) * x.length);
      assert.ok(Math.abs(below - p * x.length) < 4.5 * error, `P(X < ${edge}): ${below / x.length}, ${p} expected`);
    }
    assert.ok(kolmogorov(x.subarray(0, 300_000), normalDistribution) < 2.23);
  });

  it('draw uniforms, exponentials and signs', () => {
    const rng = stream(12, 'others', 0);
    const n = 200_000;
    const uniforms = Float64Array.from({ length: n }, () => rng.uniform());
    assert.ok(uniforms.every((u) => u > 0 && u < 1));
    assert.ok(kolmogorov(uniforms, (u) => u) < 2.23);
    const exponentials = Float64Array.from({ length: n }, () => rng.exponential());
    assert.ok(kolmogorov(exponentials, (u) => 1 - Math.exp(-u)) < 2.23);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const sign = rng.rademacher();
      assert.ok(sign === 1 || sign === -1);
      sum += sign;
    }
    assert.ok(Math.abs(sum) < 4.5 * Math.sqrt(n));
  });

  it('draw χ² at every number of degrees of freedom', () => {
    for (const k of [0.3, 1, 2, 3, 7, 1000, 1e6, 1e12]) {
      const rng = stream(13, 'chi', Math.round(k * 10));
      const n = 100_000;
      const x = Float64Array.from({ length: n }, () => rng.chiSquare(k));
      const first = mean(x, (v) => v / k - 1);
      assert.ok(Math.abs(first.mean) < 4.5 * first.error, `mean at k = ${k}`);
      const second = mean(x, (v) => (v - k) ** 2 / (2 * k) - 1);
      assert.ok(Math.abs(second.mean) < 4.5 * second.error, `variance at k = ${k}`);
      const third = mean(x, (v) => ((v - k) / Math.sqrt(2 * k)) ** 3 - Math.sqrt(8 / k));
      assert.ok(Math.abs(third.mean) < 4.5 * third.error, `skewness at k = ${k}`);
    }
    assert.equal(stream(0, 'chi', 0).chiSquare(0), 0);
  });

  it('are independent of their neighbours', () => {
    const n = 100_000;
    const draw = (seed: number, index: number): Float64Array => {
      const out = new Float64Array(n);
      stream(seed, 'neighbours', index).fillNormal(out);
      return out;
    };
    const base = draw(1, 1);
    for (const other of [draw(1, 2), draw(2, 1), draw(1, 0), draw(1 + 2 ** 32, 1), base.subarray(1), base.subarray(2)]) {
      for (const transform of [(v: number) => v, (v: number) => v * v - 1]) {
        const products = Float64Array.from(other, (v, i) => transform(v) * transform(base[i]));
        const { mean: m, error } = mean(products, (v) => v);
        assert.ok(Math.abs(m) < 4.5 * error);
      }
    }
    // The first draw of many streams is a sample in its own right, and so is the next one, independent of it.
    const firsts = new Float64Array(n);
    const seconds = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const rng = stream(3, 'first', i);
      firsts[i] = rng.normal();
      seconds[i] = rng.normal();
    }
    assert.ok(kolmogorov(firsts, normalDistribution) < 2.23);
    assert.ok(kolmogorov(seconds, normalDistribution) < 2.23);
    const lag = Float64Array.from(firsts, (v, i) => v * firsts[(i + 1) % n]);
    const pair = Float64Array.from(firsts, (v, i) => v * seconds[i]);
    for (const products of [lag, pair]) {
      const { mean: m, error } = mean(products, (v) => v);
      assert.ok(Math.abs(m) < 4.5 * error);
    }
  });
});
