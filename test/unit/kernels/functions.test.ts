/** The kernels' own elementary functions against those of `Math`. */
import assert from 'node:assert/strict';
import { streamName } from '../../../src/kernels/index.js';
import { LaneStream } from '../../../src/kernels/streams.js';
import { Parts } from './parts.js';
import { kernelModule } from './support.js';

const bounds = { single: 1e-7, double: 1e-15 } as const;

describe('elementary functions of the kernels', function () {
  this.timeout(120_000);
  let parts: Parts;
  before(async () => {
    parts = new Parts(await kernelModule());
  });

  for (const precision of ['single', 'double'] as const) {
    it(`powers of two, relative error at most ${bounds[precision]} (${precision})`, () => {
      const range = precision === 'single' ? 125 : 1020;
      const create = (n: number, f: (i: number) => number) =>
        precision === 'single' ? Float32Array.from({ length: n }, (_, i) => f(i)) : Float64Array.from({ length: n }, (_, i) => f(i));
      let largest = 0;
      for (let piece = 0; piece < 16; piece++) {
        const n = 8192;
        // Over the whole range, and densely in [−1, 1] and around the ends of the reduced interval.
        const x = create(n, (i) =>
          piece < 8 ? range * ((2 * (i + piece / 8)) / n - 1) : ((2 * (i + piece / 16)) / n - 1) * (piece < 12 ? 1 : 0.501),
        );
        const y = parts.powers(x);
        for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(y[i]! / 2 ** x[i]! - 1));
      }
      assert.ok(largest < bounds[precision], `${largest}`);
    });

    it(`squared radius, sine and cosine of a word, error at most three times ${bounds[precision]} of their scale (${precision})`, () => {
      const stream = new LaneStream(streamName(13, 'functions', 0), 0);
      let radius = 0;
      let sine = 0;
      let cosine = 0;
      for (let piece = 0; piece < 24; piece++) {
        const words = Int32Array.from({ length: 8192 }, (_, i) =>
          piece < 20 ? stream.next() >> (piece % 5 === 0 ? 0 : 6 * (piece % 5)) : piece < 22 ? i : 0x7fffffff - (i << (piece - 22)),
        );
        const got = parts.functions(precision, words);
        words.forEach((w, i) => {
          const u = ((w >>> 1) + 0.5) * 2 ** -31;
          // What single precision makes of the integer is its own rounding: the function is judged at the number it is given.
          const given = precision === 'single' ? Math.fround((w >>> 1) + 0.5) * 2 ** -31 : u;
          const angle = (precision === 'single' ? Math.fround(w) : w) * 2 ** -31 * (Math.PI / 2);
          const exact = -2 * Math.log(given);
          // Relative, but not below what the last bit of 1 stands for.
          radius = Math.max(radius, Math.abs(got.radius[i]! - exact) / Math.max(exact, 1));
          sine = Math.max(sine, Math.abs(got.sine[i]! - Math.sin(angle)));
          cosine = Math.max(cosine, Math.abs(got.cosine[i]! - Math.cos(angle)));
        });
      }
      // Sums of rounded terms: two units in the last place.
      assert.ok(radius < 3 * bounds[precision], `squared radius: ${radius}`);
      assert.ok(sine < 2 * bounds[precision], `sine: ${sine}`);
      assert.ok(cosine < 2 * bounds[precision], `cosine: ${cosine}`);
    });
  }
});
