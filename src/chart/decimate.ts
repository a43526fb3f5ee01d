/**
 * Thinning in screen space: of all points that fall into one column of the screen, the first, the lowest, the highest and the last stay.
 * The drawn line then covers the same heights in every column, so it differs from the full one by less than a column's width; working on
 * projected points, it holds for log axes as well. Extremes and gaps stay.
 */

/** Indices of the points to draw, for every stretch without a gap. */
export type Stretch = readonly number[];

/**
 * @param x projected abscissae, NaN where there is no point
 * @param y projected ordinates, NaN where there is no point
 * @param column width of a column, in the same units, > 0
 */
export function thin(x: ArrayLike<number>, y: ArrayLike<number>, column: number): Stretch[] {
  const stretches: number[][] = [];
  const n = Math.min(x.length, y.length);
  let current: number[] | null = null;
  let cell = Number.NaN;
  let first = 0;
  let low = 0;
  let high = 0;
  let last = 0;
  const flush = (): void => {
    if (current === null) return;
    const [a, b] = low < high ? [low, high] : [high, low];
    current.push(first);
    if (a !== first) current.push(a);
    if (b !== a && b !== first) current.push(b);
    if (last !== b && last !== a && last !== first) current.push(last);
  };
  for (let i = 0; i < n; i++) {
    const xi = x[i] as number;
    const yi = y[i] as number;
    if (!(Number.isFinite(xi) && Number.isFinite(yi))) {
      flush();
      current = null;
      continue;
    }
    const c = Math.floor(xi / column);
    if (current === null || c !== cell) {
      flush();
      if (current === null) {
        current = [];
        stretches.push(current);
      }
      cell = c;
      first = low = high = last = i;
    } else {
      if (yi < (y[low] as number)) low = i;
      if (yi > (y[high] as number)) high = i;
      last = i;
    }
  }
  flush();
  return stretches;
}

/**
 * Leaves out points that lie within `tolerance` of the line through their kept neighbours (Ramer–Douglas–Peucker), without recursion.
 * The ends stay.
 */
export function simplify(x: ArrayLike<number>, y: ArrayLike<number>, stretch: Stretch, tolerance: number): number[] {
  const n = stretch.length;
  if (n <= 2) return [...stretch];
  const keep = new Uint8Array(n);
  keep[0] = 1;
  keep[n - 1] = 1;
  const work: [number, number][] = [[0, n - 1]];
  for (let range = work.pop(); range !== undefined; range = work.pop()) {
    const [from, to] = range;
    const x0 = x[stretch[from]!]!;
    const y0 = y[stretch[from]!]!;
    const dx = x[stretch[to]!]! - x0;
    const dy = y[stretch[to]!]! - y0;
    const length2 = dx * dx + dy * dy;
    let far = -1;
    let worst = tolerance * tolerance;
    for (let i = from + 1; i < to; i++) {
      const px = x[stretch[i]!]! - x0;
      const py = y[stretch[i]!]! - y0;
      const along = length2 > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length2)) : 0;
      const distance2 = (px - along * dx) ** 2 + (py - along * dy) ** 2;
      if (distance2 > worst) {
        worst = distance2;
        far = i;
      }
    }
    if (far > 0) {
      keep[far] = 1;
      work.push([from, far], [far, to]);
    }
  }
  return stretch.filter((_, i) => keep[i] === 1);
}
