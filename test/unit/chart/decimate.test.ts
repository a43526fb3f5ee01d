import assert from 'node:assert/strict';
import fc from 'fast-check';
import { simplify, thin } from '../../../src/chart/decimate.js';
import { noise } from './fixtures.js';

/** Distance from a point to a polyline. */
function distance(px: number, py: number, x: ArrayLike<number>, y: ArrayLike<number>, line: readonly number[]): number {
  let best = Number.POSITIVE_INFINITY;
  line.forEach((k, i) => {
    const j = line[Math.min(i + 1, line.length - 1)]!;
    const [dx, dy] = [x[j]! - x[k]!, y[j]! - y[k]!];
    const l2 = dx * dx + dy * dy;
    const t = l2 === 0 ? 0 : Math.min(1, Math.max(0, ((px - x[k]!) * dx + (py - y[k]!) * dy) / l2));
    best = Math.min(best, Math.hypot(px - x[k]! - t * dx, py - y[k]! - t * dy));
  });
  return best;
}

describe('thinning in screen space', () => {
  const curve = fc
    .array(
      fc.tuple(
        fc.double({ min: 0, max: 0.7, noNaN: true }),
        fc.oneof(
          { weight: 12, arbitrary: fc.double({ min: 0, max: 150, noNaN: true }) },
          { weight: 1, arbitrary: fc.constant(Number.NaN) },
        ),
      ),
      {
        minLength: 1,
        maxLength: 400,
      },
    )
    .map((steps) => {
      let at = 0;
      return steps.map(([dx, y]) => {
        at += dx;
        return { x: at, y };
      });
    });

  it('draws within half a pixel of every point, also after simplification', () => {
    fc.assert(
      fc.property(curve, (points) => {
        const x = points.map((p) => p.x);
        const y = points.map((p) => p.y);
        const lines = thin(x, y, 0.25).map((s) => simplify(x, y, s, 0.1));
        for (const p of points) {
          if (Number.isNaN(p.y)) continue;
          const nearest = lines.reduce((best, line) => Math.min(best, distance(p.x, p.y, x, y, line)), Number.POSITIVE_INFINITY);
          assert.ok(nearest < 0.5, `${p.x}, ${p.y} lies ${nearest} from the drawn line`);
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('keeps the heights of every pixel column, the gaps and the order', () => {
    fc.assert(
      fc.property(curve, fc.double({ min: 0.5, max: 3, noNaN: true }), (points, column) => {
        const x = points.map((p) => p.x);
        const y = points.map((p) => p.y);
        const kept = thin(x, y, column);
        const range = (indices: readonly number[]): Map<number, [number, number]> => {
          const out = new Map<number, [number, number]>();
          for (const i of indices) {
            const c = Math.floor(x[i]! / column);
            const [a, b] = out.get(c) ?? [y[i]!, y[i]!];
            out.set(c, [Math.min(a, y[i]!), Math.max(b, y[i]!)]);
          }
          return out;
        };
        assert.deepEqual(range(kept.flat()), range(points.flatMap((p, i) => (Number.isNaN(p.y) ? [] : [i]))));
        const stretches = points.filter((p, i) => !Number.isNaN(p.y) && (i === 0 || Number.isNaN(points[i - 1]!.y))).length;
        assert.equal(kept.length, stretches);
        const flat = kept.flat();
        assert.ok(flat.every((k, i) => i === 0 || k > flat[i - 1]!));
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it('keeps at most four points a column and takes a million points in its stride', () => {
    const n = 1_000_000;
    const random = noise(3);
    const x = Float64Array.from({ length: n }, (_, i) => (i / n) * 240);
    const y = Float64Array.from({ length: n }, () => 75 + 60 * random());
    y[123_456] = -1000;
    const start = process.cpuUsage().user;
    const kept = thin(x, y, 0.25);
    const seconds = (process.cpuUsage().user - start) / 1e6;
    assert.equal(kept.length, 1);
    assert.ok(kept[0]!.length <= 4 * 961, `${kept[0]!.length} points`);
    assert.ok(kept[0]!.includes(123_456));
    assert.ok(seconds < 0.5, `${seconds} s`);
  });

  it('simplifies a straight line to its ends', () => {
    const x = Array.from({ length: 100 }, (_, i) => i);
    assert.deepEqual(simplify(x, x, x, 0.01), [0, 99]);
  });
});
