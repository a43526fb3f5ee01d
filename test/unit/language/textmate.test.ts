import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { AstUtils, GrammarAST } from 'langium';
import { AttnGrammar } from '../../../src/language/generated/grammar.js';
import { markdownInjection, textMateGrammar } from '../../../src/language/textmate.js';

const file = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../../syntaxes/${name}`, import.meta.url), 'utf8'));

/** Keywords of the Langium grammar that are words. */
function keywords(): string[] {
  const all = AstUtils.streamAllContents(AttnGrammar()).filter(GrammarAST.isKeyword);
  return [...new Set(all.map(({ value }) => value).filter((value) => /^\p{L}/u.test(value)))];
}

describe('the TextMate grammar', () => {
  it('is the one that is made from the words of the language', () => {
    assert.deepEqual(file('attn.tmLanguage.json'), textMateGrammar());
    assert.deepEqual(file('attn.markdown.json'), markdownInjection());
  });

  it('knows every keyword of the Langium grammar', () => {
    const text = JSON.stringify(textMateGrammar());
    const words = keywords();
    assert.ok(words.length > 20);
    assert.deepEqual(
      words.filter((word) => !new RegExp(`[(|:]${word}[)|]`).test(text)),
      [],
    );
  });
});
