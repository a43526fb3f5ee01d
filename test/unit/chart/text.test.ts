import assert from 'node:assert/strict';
import fc from 'fast-check';
import { axisTicks, Extent, paddedDomain, projection, sharedExponent } from '../../../src/chart/axis.js';
import { textWidth, wrap } from '../../../src/chart/measure.js';
import { abbreviate, isVariable, numberText, plain, plainText, rich } from '../../../src/chart/text.js';
import type { Axis } from '../../../src/chart/types.js';

describe('text of a figure', () => {
  it('sets variables in italics, words upright, scripts as scripts', () => {
    assert.deepEqual(rich('risk $R_L$'), [{ text: 'risk ' }, { text: 'R', italic: true }, { text: 'L', italic: true, script: 'sub' }]);
    assert.deepEqual(
      rich('$cos(A)$').map((s) => s.italic === true),
      [false, true, false],
    );
    assert.equal(plainText(rich('$‖A‖_F² − b^{−12}$')), '‖A‖_F²\u00a0−\u00a0b⁻¹²');
    assert.ok(isVariable('ρ') && isVariable('L') && isVariable('μ̂') && !isVariable('rho') && !isVariable('1'));
  });

  it('writes numbers as a paper does', () => {
    const cases: [number, string][] = [
      [10, '10'],
      [1000, '1000'],
      [12000, '12\u202f000'],
      [1e6, '10⁶'],
      [3.2e7, '3.2\u00a0×\u00a010⁷'],
      [1e-4, '10⁻⁴'],
      [0.1 + 0.2, '0.3'],
      [-0.5, '−0.5'],
      [0, '0'],
      [Number.POSITIVE_INFINITY, '∞'],
    ];
    for (const [value, text] of cases) assert.equal(plainText(numberText(value)), text);
  });

  it('shortens long values', () => {
    assert.equal(abbreviate('kms(0.5)'), 'kms(0.5)');
    assert.equal(abbreviate('diagonal([1, 2, 3, 4, 5, 6])'), 'diagonal([…])');
    assert.equal(abbreviate('mixture([gaussian(1), rademacher], weights: [0.5, 0.5])'), 'mixture(…)');
    assert.equal(abbreviate('x'.repeat(40)).length, 22);
  });
});

describe('measured text', () => {
  it('has the widths of Liberation Sans', () => {
    // Sums of hmtx advances over unitsPerEm, read from LiberationSans-Regular.ttf 2.1 with Python's struct.
    const widths: [string, number][] = [
      ['Softmax follows its infinite-prompt limit', 16.9492],
      ['population risk', 6.4482],
      ['0123456789', 5.5615],
      ['kms(0.5)', 3.8892],
      ['The quick brown fox jumps over the lazy dog {[<|>]}', 22.7168],
    ];
    for (const [text, width] of widths) assert.ok(Math.abs(textWidth(plain(text), 1) / width - 1) < 2e-3, text);
  });

  it('wraps into lines that fit and loses no word while there is room', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, maxLength: 30 })), fc.double({ min: 40, max: 300, noNaN: true }), (words, width) => {
        const text = words.join(' ');
        const lines = wrap(plain(text), 8, width, 1000);
        for (const line of lines) assert.ok(textWidth(line, 8) <= width + 1e-9);
        const squeeze = (s: string): string => s.replaceAll(' ', '');
        assert.equal(
          squeeze(
            lines
              .flat()
              .map((s) => s.text)
              .join(''),
          ),
          squeeze(text),
        );
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('ends in an ellipsis when lines run out', () => {
    const lines = wrap(plain('one two three four five six'), 8, 40, 2);
    assert.equal(lines.length, 2);
    assert.ok(lines[1]!.at(-1)!.text.endsWith('…'));
    assert.ok(textWidth(lines[1]!, 8) <= 40);
  });
});

describe('axes', () => {
  const axis = (scale: Axis['scale'], low: number, high: number): Axis => ({
    label: [],
    scale,
    domain: [low, high],
    categories: [],
    infinity: false,
    exponent: scale === 'log' ? 0 : sharedExponent([low, high]),
    ticks: [],
  });
  const labels = (a: Axis, count: number): string[] => axisTicks(a, count).flatMap((t) => (t.label === null ? [] : [plainText(t.label)]));

  it('labels decades, and 1-2-5 where there are few', () => {
    assert.deepEqual(labels(axis('log', 1e-7, 1e-3), 8), ['10⁻⁷', '10⁻⁶', '10⁻⁵', '10⁻⁴', '10⁻³']);
    assert.deepEqual(labels(axis('log', 0.9, 1100), 6), ['1', '10', '100', '1000']);
    assert.deepEqual(labels(axis('log', 0.09, 1.1), 4), ['0.1', '0.2', '0.5', '1']);
    assert.deepEqual(labels(axis('log', 1e-30, 1), 7), ['10⁻³⁰', '10⁻²⁵', '10⁻²⁰', '10⁻¹⁵', '10⁻¹⁰', '10⁻⁵', '10⁰']);
  });

  it('moves thousands into the label', () => {
    const steps = axis('linear', 0, 300_000);
    assert.equal(steps.exponent, 3);
    assert.deepEqual(labels(steps, 4), ['0', '100', '200', '300']);
    assert.deepEqual(labels(axis('linear', -1, 1), 4), ['−1.0', '−0.5', '0.0', '0.5', '1.0']);
  });

  it('has two labels or more, all inside the domain and distinct, whatever the domain', () => {
    const positive = fc.double({ min: 1e-12, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(
        positive,
        fc.double({ min: 1.02, max: 1e9, noNaN: true }),
        fc.constantFrom('linear' as const, 'log' as const),
        fc.integer({ min: 2, max: 9 }),
        (low, factor, scale, count) => {
          const a = axis(scale, low, low * factor);
          const ticks = axisTicks(a, count);
          const shown = labels(a, count);
          assert.ok(shown.length >= 2, JSON.stringify(shown));
          assert.ok(shown.length <= 2.5 * count + 2, JSON.stringify(shown));
          assert.equal(new Set(shown).size, shown.length, JSON.stringify(shown));
          for (const t of ticks) assert.ok(t.value >= low * (1 - 1e-9) && t.value <= low * factor * (1 + 1e-9), `${t.value}`);
        },
      ),
      { seed: 3, numRuns: 2000 },
    );
  });

  it('gives every extent a proper domain, and projects what it shows', () => {
    for (const scale of ['linear', 'log'] as const) {
      for (const values of [[], [0], [5, 5], [-3, 2], [1e-320, 1], [-1e300, 1e300], [1e308, 1], [Number.NaN, 2]]) {
        const extent = new Extent(scale);
        for (const v of values) extent.add(v);
        for (const margin of [0, 0.05]) {
          const [low, high] = paddedDomain(extent, margin);
          assert.ok(Number.isFinite(low) && Number.isFinite(high) && low < high, `${scale} ${values}: ${low} ${high}`);
          const at = projection(axis(scale, low, high), 0, 100);
          for (const v of values) if (extent.shows(v)) assert.ok(at(v) >= -1e-6 && at(v) <= 100 + 1e-6, `${v} at ${at(v)}`);
          if (scale === 'log') assert.ok(Number.isNaN(at(0)) && Number.isNaN(at(-1)));
        }
      }
    }
  });
});
