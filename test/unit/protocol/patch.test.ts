import assert from 'node:assert/strict';
import fc from 'fast-check';
import { chartModels } from '../../../src/chart/index.js';
import { patchBetween, patched } from '../../../src/protocol/patch.js';
import { all } from '../chart/fixtures.js';

/** What JSON can write, which has one zero. */
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
/** Plain JSON, with lists of numbers among it. */
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, '', 'x'),
    finite,
    fc.array(fc.option(finite), { maxLength: 5 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'whole', 'parts', 'from', 'count'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

const leaf = (value: unknown, changed: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return changed;
  const [first] = Object.keys(value);
  if (first === undefined) return value;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copy[first] = leaf(copy[first], changed);
  return copy;
};

describe('a patch between two values', () => {
  it('makes the one from the other, whatever they are', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        const patch = patchBetween(before, after);
        assert.deepEqual(patch === null ? before : patched(before, patch), after);
      }),
      { seed: 11, numRuns: 2000 },
    );
  });

  it('makes it where a single leaf differs', () => {
    fc.assert(
      fc.property(json, json, (before, changed) => {
        const after = leaf(before, changed);
        const patch = patchBetween(before, structuredClone(after));
        assert.deepEqual(patch === null ? before : patched(before, patch), after);
      }),
      { seed: 12, numRuns: 2000 },
    );
  });

  it('is none between equal values', () => {
    fc.assert(
      fc.property(json, (value) => {
        assert.equal(patchBetween(value, structuredClone(value)), null);
      }),
      { seed: 13, numRuns: 500 },
    );
  });

  it('of curves that have moved is little more than the numbers that differ, and leaves the rest as it is', () => {
    const before = chartModels(all.flow());
    const moved = (key: string, value: unknown): unknown =>
      key === 'y' && Array.isArray(value) ? value.map((one: number | null) => (one === null ? null : one * 1.01)) : value;
    const after = JSON.parse(JSON.stringify(before, moved)) as typeof before;
    const patch = patchBetween(before, after)!;
    const values = before.flatMap(({ panels }) => panels.flatMap(({ series }) => series.map(({ y }) => y)));
    assert.ok(JSON.stringify(patch).length < 1.5 * JSON.stringify(values).length);
    const made = patched(before, patch) as typeof before;
    assert.deepEqual(made, after);
    made.forEach((chart, i) => {
      assert.equal(chart.legend, before[i]!.legend);
      assert.equal(chart.x, before[i]!.x);
    });
  });

  it('fits no other value', () => {
    const patch = patchBetween([{ a: { b: 1 } }], [{ a: { b: 2 } }])!;
    for (const other of [null, 5, [], [{ a: 5 }], [{ c: 1 }]]) assert.throws(() => patched(other, patch), TypeError);
  });
});
