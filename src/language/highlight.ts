/**
 * A text of the language as HTML with the classes of highlight.js, for the preview of Markdown. By words alone, without a parser: a fence may hold
 * any part of a spec, as it is written.
 */
import { blocks, builtIn, clauseWords, facets, quantities, statements } from './vocabulary.js';

const token =
  /(?<comment>\/\/.*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>"(?:\\.|[^"\\\n])*"?)|(?<number>(?<![\p{L}\p{N}_.])\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?%?)|(?<word>[\p{L}_][\p{L}\p{N}\p{M}_]*)/gu;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character]!);
}

export function highlighted(text: string): string {
  let html = '';
  let last = 0;
  for (const match of text.matchAll(token)) {
    const [found] = match;
    const { word } = match.groups!;
    const kind =
      word === undefined ? Object.entries(match.groups!).find(([, value]) => value !== undefined)![0] : wordKind(text, match.index, word);
    html += escaped(text.slice(last, match.index));
    html += kind === null ? escaped(found) : `<span class="hljs-${kind}">${escaped(found)}</span>`;
    last = match.index + found.length;
  }
  return html + escaped(text.slice(last));
}

/** Words that may also be names are coloured where they stand as keywords only. */
function wordKind(text: string, at: number, word: string): string | null {
  const next = /^\s*(\S?)/.exec(text.slice(at + word.length))?.[1] ?? '';
  if (next === '=') return 'attr';
  const begins = /(?:^|[\n{}])[ \t]*$/.test(text.slice(0, at));
  if (begins && (word === 'experiment' || Object.hasOwn(statements, word) || Object.hasOwn(blocks, word))) return 'keyword';
  if (clauseWords.has(word)) return 'keyword';
  if (Object.hasOwn(quantities, word) || (text[at - 1] === '.' && Object.hasOwn(facets, word))) return 'variable';
  const known = builtIn(word);
  return known === 'function' ? 'built_in' : known === undefined ? null : 'literal';
}
