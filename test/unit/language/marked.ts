/** Texts with marks: `«` and `»` stand around the range of the expected diagnostic. */
import assert from 'node:assert/strict';
import { type Diagnostic, parseSpec } from '../../../src/language/index.js';

/** A file from lines of an experiment: blocks that the lines do not bring themselves are added. Files pass through. */
export function specOf(fragment: string): string {
  if (/experim\w*»? «?"/.test(fragment)) return fragment;
  const has = (word: string): boolean => new RegExp(`\\b${word}\\b`).test(fragment);
  const lines = [fragment];
  if (!has('task') && !has('tokens')) lines.push('task linear_regression { dimension = 3 }');
  if (!has('prompt')) lines.push('prompt { length = 10 }');
  if (!has('train') && !has('concentrate')) lines.push('train gradient_flow { time = 1 }');
  return `experiment "t" {\n${lines.join('\n')}\n}\n`;
}

export function unmark(marked: string): { text: string; start: number; end: number } {
  const start = marked.indexOf('«');
  const end = marked.indexOf('»') - 1;
  return { text: marked.replace(/[«»]/g, ''), start, end };
}

export const errorsOf = (text: string): readonly Diagnostic[] => parseSpec(text).diagnostics.filter((d) => d.severity === 'error');

/** One mistake: this code, at the marks, with these words in its sentence, and nothing else. */
export function expectMistake(fragment: string, code: string, ...words: string[]): void {
  const { text, start, end } = unmark(specOf(fragment));
  const all = parseSpec(text).diagnostics;
  assert.deepEqual(
    all.map((d) => d.code),
    [`attn.${code}`],
    all.map((d) => `${d.code} ${d.message}`).join('\n'),
  );
  const only = all[0]!;
  assert.equal(text.slice(only.start, only.end), text.slice(start, end), only.message);
  assert.equal(only.start, start);
  for (const word of words) assert.ok(only.message.includes(word), `"${only.message}" does not say "${word}"`);
}

export function expectClean(fragment: string): void {
  assert.deepEqual(parseSpec(specOf(fragment)).diagnostics, []);
}
