/** Comparing values that are known to a band: a verdict is given only where no value in the bands says otherwise. */
import type { Verdict } from './results.js';

export interface Band {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** a < b, certainly or certainly not. */
export function order(a: Band, b: Band): Verdict {
  if (a.upper < b.lower) return 'holds';
  return a.lower >= b.upper ? 'fails' : 'undecided';
}

export function atMost(a: Band, b: Band): Verdict {
  if (a.upper <= b.lower) return 'holds';
  return a.lower > b.upper ? 'fails' : 'undecided';
}

export function both(a: Verdict, b: Verdict): Verdict {
  if (a === 'fails' || b === 'fails') return 'fails';
  return a === 'holds' && b === 'holds' ? 'holds' : 'undecided';
}

/** |x − y| ≤ fraction · |y| for x and y in their bands. */
export function within(x: Band, y: Band, fraction: number): Verdict {
  const excess = (a: number, b: number) => Math.abs(a - b) - fraction * Math.abs(b);
  // Piecewise linear in both: the extremes are at corners, at y = 0 and on x = y.
  const ys = [y.lower, y.upper, ...(y.lower < 0 && y.upper > 0 ? [0] : [])];
  const corners = [x.lower, x.upper].flatMap((a) => ys.map((b) => excess(a, b)));
  if (Math.max(...corners) <= 0) return 'holds';
  const meet = x.lower <= y.upper && y.lower <= x.upper;
  return !meet && Math.min(...corners) > 0 ? 'fails' : 'undecided';
}
