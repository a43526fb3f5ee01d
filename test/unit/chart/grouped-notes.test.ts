import assert from 'node:assert/strict';
import { groupedNotes } from '../../../src/chart/grouped-notes.js';

describe('notes of many runs', () => {
  it('are said once', () => {
    assert.deepEqual(groupedNotes([['a.', 'b.'], ['b.'], []]), [
      { text: 'a.', runs: 1 },
      { text: 'b.', runs: 2 },
    ]);
  });

  it('that differ in numbers alone are one, with ranges', () => {
    const at = (exponent: string, tau2: string, percent: string) => [
      `The error falls as L^−${exponent}, not as 1/L.`,
      `At L = 10000 half comes from a variance above ${tau2}: ${percent} % of all.`,
    ];
    assert.deepEqual(groupedNotes([at('0.929', '5.6', '7.3'), at('0.0112', '1.5e3', '25'), at('0.231', '30', '14')]), [
      { text: 'The error falls as L^−0.929 to −0.0112, not as 1/L.', runs: 3 },
      { text: 'At L = 10000 half comes from a variance above 5.6 to 1.5e3: 7.3 to 25 % of all.', runs: 3 },
    ]);
  });

  it('of one run count once, and what is no number stays', () => {
    assert.deepEqual(groupedNotes([['σ²-7 of `c1` is 3.', 'σ²-7 of `c1` is -4.']]), [{ text: 'σ²-7 of `c1` is -4 to 3.', runs: 1 }]);
  });
});
