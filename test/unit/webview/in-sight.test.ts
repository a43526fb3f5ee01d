import assert from 'node:assert/strict';
import { inSight } from '../../../webview/in-sight.js';

describe('rows in sight', () => {
  const rows = { count: 1000, height: 20, margin: 5 };

  it('are in the page wherever the list is scrolled to, with a margin, and few others are', () => {
    for (let scrollTop = 0; scrollTop <= 1000 * 20 - 200; scrollTop += 7) {
      const { first, end } = inSight({ scrollTop, height: 200 }, rows);
      const [top, bottom] = [Math.floor(scrollTop / 20), Math.ceil((scrollTop + 200) / 20)];
      assert.ok(first <= Math.max(0, top - 5) && end >= Math.min(1000, bottom + 5), `${scrollTop}: ${first} to ${end}`);
      assert.ok(end - first <= 10 + 3 * 5 && first >= 0 && end <= 1000);
    }
  });

  it('change only once in several rows', () => {
    const firsts = Array.from({ length: 100 }, (_, row) => inSight({ scrollTop: (300 + row) * 20, height: 200 }, rows).first);
    assert.equal(new Set(firsts).size, 20);
  });

  it('are all where there is room for all', () => {
    assert.deepEqual(inSight({ scrollTop: 0, height: 200 }, { ...rows, count: 7 }), { first: 0, end: 7 });
    assert.deepEqual(inSight({ scrollTop: 0, height: 200 }, { ...rows, count: 0 }), { first: 0, end: 0 });
  });
});
