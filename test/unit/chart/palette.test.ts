import assert from 'node:assert/strict';
import { channels, colourOf, contrast, themes } from '../../../src/chart/palette.js';
import type { ColourRole } from '../../../src/chart/types.js';

type Triple = [number, number, number];

/** Colour vision deficiencies of full severity, on linear RGB (Machado, Oliveira and Fernandes, 2009). */
const visions: Record<string, Triple[]> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIELAB (D65) of a colour as seen. */
function lab(colour: string, vision: Triple[]): Triple {
  const linear = channels(colour).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  const dot = (row: Triple, v: number[]): number => row[0] * v[0]! + row[1] * v[1]! + row[2] * v[2]!;
  const seen = vision.map((row) => Math.min(1, Math.max(0, dot(row, linear))));
  const f = (v: number): number => (v > 216 / 24389 ? Math.cbrt(v) : (24389 / 27 / 116) * v + 16 / 116);
  const x = f(dot([0.4124, 0.3576, 0.1805], seen) / 0.95047);
  const y = f(dot([0.2126, 0.7152, 0.0722], seen));
  const z = f(dot([0.0193, 0.1192, 0.9505], seen) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const difference = (a: Triple, b: Triple): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

describe('the palette', () => {
  for (const [name, theme] of Object.entries(themes)) {
    const roles: ColourRole[] = [
      { kind: 'limit' },
      { kind: 'neutral' },
      ...theme.categories.map((_, index): ColourRole => ({ kind: 'category', index })),
      ...Array.from({ length: 101 }, (_, i): ColourRole => ({ kind: 'ordered', position: i / 100 })),
    ];

    it(`${name}: every line has contrast 3:1 with the background, every text 4.5:1`, () => {
      for (const role of roles) assert.ok(contrast(colourOf(role, theme), theme.background) >= 3, JSON.stringify(role));
      for (const text of [theme.ink, theme.quietInk]) assert.ok(contrast(text, theme.background) >= 4.5, text);
    });

    for (const [vision, matrix] of Object.entries(visions)) {
      it(`${name}: categories and the limit stay apart with ${vision}`, () => {
        const colours = [theme.limit, ...theme.categories].map((c) => lab(c, matrix));
        // The first four categories and the limit carry a figure; later ones may come closer.
        colours.forEach((a, i) => {
          colours.slice(0, i).forEach((b, j) => {
            const least = i <= 4 ? 25 : 15;
            assert.ok(difference(a, b) >= least, `${i} and ${j}: ${difference(a, b).toFixed(1)}`);
          });
        });
      });

      it(`${name}: the ramp keeps its order of lightness with ${vision}`, () => {
        const lightness = Array.from({ length: 21 }, (_, i) => lab(colourOf({ kind: 'ordered', position: i / 20 }, theme), matrix)[0]);
        const sign = Math.sign(lightness[20]! - lightness[0]!);
        assert.ok(
          lightness.every((l, i) => i === 0 || sign * (l - lightness[i - 1]!) > -0.6),
          lightness.map((l) => l.toFixed(1)).join(' '),
        );
        assert.ok(Math.abs(lightness[20]! - lightness[0]!) > 25);
      });
    }
  }
});

describe('contrast', () => {
  it('agrees with known ratios', () => {
    // 21 by definition; 4.54 for #767676 on white is the usual example of the accessibility guidelines.
    assert.equal(contrast('#000000', '#ffffff'), 21);
    assert.ok(Math.abs(contrast('#767676', '#ffffff') - 4.54) < 0.005);
  });
});
