/** Optimal string alignment distance (insertions, deletions, substitutions, swaps of neighbours); `limit` + 1 when it is larger. */
export function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let d = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, before[j - 2]! + 1);
      row.push(d);
      if (d < least) least = d;
    }
    if (least > limit) return limit + 1;
    before = previous;
    previous = row;
  }
  return Math.min(previous[b.length]!, limit + 1);
}

/** Words that differ in at most a third of their letters count as misspellings: one letter up to 4, two up to 8, then three. */
export function tolerance(word: string): number {
  return word.length < 3 ? 0 : word.length <= 4 ? 1 : word.length <= 8 ? 2 : 3;
}

/** The candidate nearest to a misspelt word, or undefined when none is near. Case and `_`, `-` count little. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = tolerance(word);
  const plain = (s: string): string => s.toLowerCase().replace(/[_-]/g, '');
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const d =
      plain(candidate) === plain(word) ? 0 : distance(word.toLowerCase(), candidate.toLowerCase(), Math.min(limit, tolerance(candidate)));
    if (d <= Math.min(limit, tolerance(candidate)) && d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}
