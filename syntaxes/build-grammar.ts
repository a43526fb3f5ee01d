/** Writes the TextMate grammars from the words of the language. */
import { writeFileSync } from 'node:fs';
import { markdownInjection, textMateGrammar } from '../src/language/textmate.js';

for (const [name, grammar] of [
  ['attn.tmLanguage.json', textMateGrammar()],
  ['attn.markdown.json', markdownInjection()],
] as const) {
  writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(grammar, null, 2)}\n`);
}
