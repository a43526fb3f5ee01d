import assert from 'node:assert/strict';
import fc from 'fast-check';
import { roundedModel } from '../../../src/chart/index.js';
import type { ChartModel, Series } from '../../../src/chart/types.js';

/** What rounding makes of the heights of a curve. */
function heights(y: (number | null)[]): readonly (number | null)[] {
  const series = { x: y.map((_, i) => i / 3), y, lower: null, upper: y } as unknown as Series;
  const model = roundedModel({ panels: [{ series: [series] }] } as unknown as ChartModel);
  const [rounded] = model.panels[0]!.series;
  assert.deepEqual(rounded!.x, series.x);
  assert.deepEqual(rounded!.upper, rounded!.y);
  return rounded!.y;
}

describe('rounded curves', () => {
  it('have seven digits', () => {
    assert.deepEqual(heights([0.123456789, -98765.4321, 1.00000004, 2 / 3e9, null, 0]), [0.1234568, -98765.43, 1, 6.666667e-10, null, 0]);
  });

  it('are as they were to seven digits, and written with no more', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-15, max: 1e6, noNaN: true }), fc.boolean(), (size, isNegative) => {
        const value = isNegative ? -size : size;
        const [rounded] = heights([value]);
        assert.ok(Math.abs(rounded! - value) <= 0.501e-6 * Math.abs(value), `${value} became ${rounded}`);
        assert.equal(rounded, Number(rounded!.toPrecision(7)));
      }),
    );
  });
});
