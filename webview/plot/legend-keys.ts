/** Which lines an entry of the legend stands for. */
import type { LegendKey, Reference, Series } from '../../src/chart/types.js';

export function keyText(key: LegendKey): string {
  return JSON.stringify(key);
}

export function standsFor(key: LegendKey, line: Series | Reference): boolean {
  switch (key.kind) {
    case 'sweep':
      return line.at[key.name] === key.value;
    case 'quantity':
      return line.quantity === key.key || (line.quantity ?? '').startsWith(`${key.key}.`);
    case 'role':
      return 'role' in line && line.role === key.role;
    case 'series':
      return 'id' in line && line.id === key.id;
  }
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
