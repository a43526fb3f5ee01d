import assert from 'node:assert/strict';
import { packed, sliderText, unpacked } from '../../../src/protocol/language.js';

const across = (value: unknown): unknown => unpacked(JSON.parse(JSON.stringify(packed(value))));

describe('data between the language server and the editor', () => {
  it('keeps what JSON does not know', () => {
    const value = {
      a: Number.POSITIVE_INFINITY,
      b: [Number.NEGATIVE_INFINITY, Number.NaN, 0],
      c: null,
      d: 'inf',
      e: { number: 3 },
      f: [],
      g: true,
    };
    assert.deepEqual(across(value), value);
  });
  it('sends once what stands in several places, and keeps it one', () => {
    const row = [1, Number.POSITIVE_INFINITY, ...Array.from({ length: 1000 }, () => 0.123456789)];
    const matrix = [row, row];
    const value = { runs: [{ matrix }, { matrix }, { row }] };
    const back = across(value) as typeof value;
    assert.deepEqual(back, value);
    assert.equal(back.runs[0]!.matrix, back.runs[1]!.matrix);
    assert.equal(back.runs[0]!.matrix![0], back.runs[2]!.row);
    assert.ok(JSON.stringify(packed(value)).length < 1.2 * JSON.stringify(row).length);
  });
  it('keeps the absence of a plan', () => assert.equal(across(null), null));
  it('makes nothing of what it did not pack', () => {
    for (const odd of [3, 'x', [], {}, { shared: 1, whole: 2 }]) assert.equal(unpacked(odd), undefined);
  });
  it('writes values of sliders in three digits', () => {
    assert.deepEqual(
      [sliderText(0.123456, false), sliderText(31.9, true), sliderText(1e-7, false), sliderText(12345, false)],
      ['0.123', '32', '1e-7', '12300'],
    );
  });
});
