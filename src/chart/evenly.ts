/** All of a list, or `most` of a longer one, evenly, the first and the last among them. */
export function evenly<T>(list: readonly T[], most: number): T[] {
  const shown = Math.min(list.length, most);
  const kept = new Set(Array.from({ length: shown }, (_, k) => Math.round((k * (list.length - 1)) / Math.max(1, shown - 1))));
  return list.filter((_, i) => kept.has(i));
}
