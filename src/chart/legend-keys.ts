/** Which lines an entry of the legend stands for. */
import type { LegendKey, Reference, Series } from './types.js';

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
