/** The random words and normals of the kernels. */
import assert from 'node:assert/strict';
import { type KernelModule, streamName } from '../../../src/kernels/index.js';
import { LaneStream } from '../../../src/kernels/streams.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { normalCdf } from '../../../src/solver/special.js';
import { normalQuantile } from '../../../src/solver/statistics.js';
import { type Battery, battery, distances } from './battery.js';
import { Parts } from './parts.js';
import { kernelModule } from './support.js';

const many = 2 ** 20;

function worst(results: Battery): { what: string; size: number } {
  const [what, z] = Object.entries(results).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))[0]!;
  return { what, size: Math.abs(z) };
}

describe('random words of the kernels', function () {
  this.timeout(120_000);
  let module: KernelModule;
  before(async () => {
    module = await kernelModule();
  });

  /** `many` words, `perStart` vectors at a time, with `restart` before each time. */
  function collect(perStart: number, restart: (parts: Parts, index: number) => void): Int32Array {
    const parts = new Parts(module);
    const out = new Int32Array(many);
    for (let at = 0, index = 0; at < many; at += 4 * perStart, index++) {
      restart(parts, index);
      out.set(parts.words(perStart), at);
    }
    return out;
  }
  const family = streamName(11, 'battery', 0);

  const sequences: readonly { readonly title: string; readonly make: () => Int32Array }[] = [
    { title: 'four lanes taking turns', make: () => collect(4096, (parts, i) => i === 0 && parts.start(family, 0)) },
    {
      title: 'one stream',
      make: () => {
        const stream = new LaneStream(family, 7);
        return Int32Array.from({ length: many }, () => stream.next());
      },
    },
    { title: 'the first word of one stream after the other', make: () => collect(1, (parts, i) => parts.start(family, 4 * i)) },
    { title: 'the first eight words of one stream after the other', make: () => collect(8, (parts, i) => parts.start(family, 4 * i)) },
    {
      title: 'the first words of stream 0 of one step after the other',
      make: () => collect(1, (parts, i) => parts.start(streamName(11, 'steps', i), 0)),
    },
    {
      title: 'the first words of one seed after the other',
      make: () => collect(2, (parts, i) => parts.start(streamName(i, 'seeds', 0), 0)),
    },
  ];
  for (const { title, make } of sequences) {
    it(`pass a battery of tests: ${title}`, () => {
      const results = battery(make());
      const { what, size } = worst(results);
      assert.ok(size < 4.8, `${what}: ${size} standard deviations`);
      const squares = Object.values(results).map((z) => z * z);
      const mean = squares.reduce((sum, x) => sum + x, 0) / squares.length;
      assert.ok(mean > 0.3 && mean < 2, `mean square of ${squares.length} deviates: ${mean}`);
    });
  }

  const bad: Readonly<Record<string, () => () => number>> = {
    'a linear congruential generator': () => {
      let x = 1;
      return () => {
        x = (Math.imul(x, 69069) + 1) | 0;
        return x;
      };
    },
    'an xorshift of 128 bits': () => {
      let [x, y, z, w] = [123456789, 362436069, 521288629, 88675123];
      return () => {
        const t = x! ^ (x! << 11);
        [x, y, z] = [y, z, w];
        w = w! ^ (w! >>> 19) ^ (t ^ (t >>> 8));
        return w;
      };
    },
    'streams that are not kept apart': () => {
      let i = 0;
      let stream = new LaneStream(family, 0);
      return () => {
        if (i++ % 8 === 0) stream = new LaneStream(family, (i >> 3) >> 1);
        return stream.next();
      };
    },
  };
  for (const [title, make] of Object.entries(bad)) {
    it(`of a bad kind fail it: ${title}`, () => {
      const next = make();
      const { what, size } = worst(battery(Int32Array.from({ length: many }, next)));
      assert.ok(size > 8, `${what}: only ${size} standard deviations`);
    });
  }

  it('have lanes that do not know of each other, at any shift in time', () => {
    const words = collect(4096, (parts, i) => i === 0 && parts.start(family, 0));
    const lanes = [0, 1, 2, 3].map((lane) => words.filter((_, i) => i % 4 === lane));
    for (let a = 0; a < 4; a++) {
      for (let b = a + 1; b < 4; b++) {
        for (let shift = -3; shift <= 3; shift++) {
          const pairs = new Int32Array(2 * (lanes[a]!.length - 3));
          for (let i = 0; i < lanes[a]!.length - 3; i++) {
            pairs[2 * i] = lanes[a]![i + Math.max(0, -shift)]!;
            pairs[2 * i + 1] = lanes[b]![i + Math.max(0, shift)]!;
          }
          const z = distances(pairs, 1);
          // Half of the neighbours are of the two lanes, the others of two times.
          assert.ok(Math.abs(z) < 4.8, `lanes ${a} and ${b}, shift ${shift}: ${z}`);
        }
      }
    }
  });

  it('are those of the plain form, lane by lane', () => {
    const parts = new Parts(module);
    for (const first of [0, 4, 2 ** 31 - 4, 2 ** 32 - 8]) {
      parts.start(family, first | 0);
      const words = parts.words(50);
      for (let lane = 0; lane < 4; lane++) {
        const stream = new LaneStream(family, first + lane);
        for (let l = 0; l < 50; l++) assert.equal(words[4 * l + lane], stream.next());
      }
    }
  });
});

describe('normals of the kernels', function () {
  this.timeout(120_000);
  const samples = new Map<'single' | 'double', Float32Array | Float64Array>();
  before(async () => {
    const module = await kernelModule();
    for (const precision of ['single', 'double'] as const) {
      const parts = new Parts(module);
      parts.start(streamName(12, 'normals', 0), 0);
      const all = precision === 'single' ? new Float32Array(2 ** 21) : new Float64Array(2 ** 21);
      for (let at = 0; at < all.length; at += 4 * 4096) all.set(parts.normals(precision, 4096), at);
      samples.set(precision, all);
    }
  });

  for (const precision of ['single', 'double'] as const) {
    it(`have the moments of N(0, 1) up to the eighth (${precision})`, () => {
      const moments = [0, 1, 0, 3, 0, 15, 0, 105];
      const variances = [1, 2, 15, 96, 945, 10170, 135135, 2016000];
      const n = samples.get(precision)!.length;
      moments.forEach((expected, k) => {
        let sum = 0;
        for (const x of samples.get(precision)!) sum += x ** (k + 1);
        const z = (sum / n - expected) / Math.sqrt(variances[k]! / n);
        assert.ok(Math.abs(z) < 4.5, `moment ${k + 1}: ${sum / n}, z = ${z}`);
      });
    });

    it(`have its distribution and its tails (${precision})`, () => {
      const sample = samples.get(precision)!;
      const n = sample.length;
      const cells = 512;
      const edges = Float64Array.from({ length: cells - 1 }, (_, i) => normalQuantile((i + 1) / cells));
      const sorted = sample.slice().sort();
      let from = 0;
      let chi = 0;
      for (let i = 0; i < cells; i++) {
        let to = from;
        while (to < n && (i === cells - 1 || sorted[to]! < edges[i]!)) to++;
        chi += (to - from - n / cells) ** 2 / (n / cells);
        from = to;
      }
      assert.ok(Math.abs(chi - (cells - 1)) < 4.5 * Math.sqrt(2 * cells), `χ² = ${chi} with ${cells - 1} degrees of freedom`);
      for (const x of [1, 2, 3, 3.5, 4, 4.5, 5]) {
        const expected = n * normalCdf(-x);
        for (const sign of [-1, 1]) {
          const count = sample.filter((v) => sign * v > x).length;
          assert.ok(Math.abs(count - expected) < 4.5 * Math.sqrt(expected) + 1, `beyond ${sign * x}: ${count}, expected ${expected}`);
        }
      }
    });

    it(`are independent within a pair, along a stream and between lanes (${precision})`, () => {
      const sample = samples.get(precision)!;
      // Normal l of lane j is at 4 l + j; a pair is two neighbours in l.
      for (const lag of [1, 2, 3, 4, 5, 8, 12, 16]) {
        for (const power of [1, 2]) {
          const mean = new RunningMean();
          const centre = power === 1 ? 0 : 1;
          for (let i = 0; i + lag < sample.length; i += 1) mean.add((sample[i]! ** power - centre) * (sample[i + lag]! ** power - centre));
          const error = (power === 1 ? 1 : 2) / Math.sqrt(sample.length);
          assert.ok(Math.abs(mean.mean) < 4.5 * error, `lag ${lag}, power ${power}: ${mean.mean / error} standard errors`);
        }
      }
    });
  }

  it('are the same numbers in both precisions', () => {
    const single = samples.get('single')!;
    const double = samples.get('double')!;
    // Rounding moves the squared radius by a few units of 10⁻⁷, and so the numbers near 0 by more than that.
    let largest = 0;
    for (let i = 0; i < single.length; i++) {
      largest = Math.max(largest, Math.abs(single[i]! ** 2 - double[i]! ** 2) / (1 + double[i]! ** 2));
      assert.ok(single[i]! * double[i]! >= 0 || Math.abs(single[i]! - double[i]!) < 1e-3);
    }
    assert.ok(largest < 1e-6, `${largest}`);
  });
});
