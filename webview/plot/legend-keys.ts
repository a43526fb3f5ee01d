/** Entries of the legend as switches. */
import { standsFor } from '../../src/chart/legend-keys.js';
import type { LegendKey, Reference, Series } from '../../src/chart/types.js';

export function keyText(key: LegendKey): string {
  return JSON.stringify(key);
}

/** A line is hidden when any entry that stands for it is switched off. */
export function hiddenBy(keys: readonly LegendKey[], line: Series | Reference): boolean {
  return keys.some((key) => standsFor(key, line));
}

/** The keys that were written down, as far as they are keys. */
export function parseKeys(texts: readonly string[], known: readonly LegendKey[]): LegendKey[] {
  const wanted = new Set(texts);
  return known.filter((key) => wanted.has(keyText(key)));
}
