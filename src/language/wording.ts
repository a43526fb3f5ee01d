/** How messages are put together, in the language of the editor. */
import * as l10n from '@vscode/l10n';

/** `a`, `b` and `c`, each in backquotes. */
export function listed(words: readonly string[], last: 'and' | 'or' = 'and'): string {
  const quoted = words.map((word) => `\`${word}\``);
  const joined = quoted.slice(0, -1).join(', ');
  if (quoted.length < 2) return quoted.join('');
  return last === 'and'
    ? l10n.t('{0} and {1}', joined, quoted[quoted.length - 1]!)
    : l10n.t('{0} or {1}', joined, quoted[quoted.length - 1]!);
}
