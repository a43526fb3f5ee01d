/** Text with italics and scripts, and numbers as a paper writes them. */
import type { Span, Text } from './types.js';

const letter = /\p{L}/u;

export function plain(text: string): Text {
  return text === '' ? [] : [{ text }];
}

/**
 * Reads the small markup of our own labels: between dollar signs a single letter is italic, `_x`, `_{…}`, `^x` and `^{…}` are scripts,
 * and spaces do not break. Never for text that a user wrote.
 */
export function rich(markup: string): Text {
  const known = read.get(markup);
  if (known !== undefined) return known;
  const text = readMarkup(markup);
  if (read.size >= mostRead) read.clear();
  read.set(markup, text);
  return text;
}

/** The same labels are read again for every chart of every key. */
const read = new Map<string, Text>();
const mostRead = 1000;

function readMarkup(markup: string): Text {
  const spans: Span[] = [];
  markup.split('$').forEach((part, i) => {
    if (i % 2 === 0) spans.push(...plain(part));
    else spans.push(...math(part.replaceAll(' ', '\u00a0')));
  });
  return join(spans);
}

function math(source: string): Span[] {
  const spans: Span[] = [];
  const pattern = /([_^])(?:\{([^}]*)\}|(\p{L}\p{M}*|.))|(\p{L}\p{M}*(?:\p{L}\p{M}*)*)|([^_^\p{L}]+)/gu;
  for (const match of source.matchAll(pattern)) {
    const [, mark, group, single, word, other] = match;
    if (mark !== undefined)
      spans.push(...math(group ?? single ?? '').map((s) => ({ ...s, script: mark === '_' ? ('sub' as const) : ('super' as const) })));
    else if (word !== undefined) spans.push(isVariable(word) ? { text: word, italic: true } : { text: word });
    else if (other !== undefined) spans.push({ text: other });
  }
  return spans;
}

/** One letter, with accents: a variable. `log` and `cos` are words. */
export function isVariable(word: string): boolean {
  const letters = [...word.normalize('NFD')].filter((c) => letter.test(c));
  return letters.length === 1 && /^\p{L}\p{M}*$/u.test(word);
}

function join(spans: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const span of spans) {
    const last = out.at(-1);
    if (last !== undefined && last.italic === span.italic && last.script === span.script)
      out[out.length - 1] = { ...last, text: last.text + span.text };
    else out.push(span);
  }
  return out;
}

export function concat(...texts: readonly Text[]): Text {
  return join(texts.flat());
}

/** Joins the texts that are not empty. */
export function joinWith(separator: string, texts: readonly Text[]): Text {
  const parts = texts.filter((t) => t.length > 0);
  return concat(...parts.flatMap((t, i) => (i === 0 ? [t] : [plain(separator), t])));
}

const superscripts: Readonly<Record<string, string>> = {
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
  '−': '⁻',
};

/** Unicode, with superscript digits and `_` before subscripts: for a screen reader, a tool tip, a table. */
export function plainText(text: Text): string {
  return text
    .map((s) => {
      if (s.script === 'sub') return `_${s.text}`;
      if (s.script !== 'super') return s.text;
      const raised = [...s.text].map((c) => superscripts[c]);
      return raised.some((c) => c === undefined) ? `^${s.text}` : raised.join('');
    })
    .join('');
}

/** 10 to a whole power. */
export function powerOfTen(exponent: number): Text {
  return [{ text: '10' }, { text: String(exponent).replace('-', '−'), script: 'super' }];
}

/** A number in a label: at most `digits` significant ones, ∞, powers of ten from 10⁴ up and below 10⁻³. */
export function numberText(value: number, digits = 6): Text {
  if (value === Number.POSITIVE_INFINITY) return plain('∞');
  if (value === Number.NEGATIVE_INFINITY) return plain('−∞');
  if (value < 0) return concat(plain('−'), numberText(-value, digits));
  if (value === 0 || (value >= 1e-3 && value < 1e4)) return plain(String(Number(value.toPrecision(digits))));
  const [mantissa = '1', exponent = '0'] = value.toExponential(digits - 1).split('e');
  const m = Number(mantissa);
  if (Number.isInteger(value) && value < 1e6 && m !== 1) return plain(value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, '\u202f'));
  const power = powerOfTen(Number(exponent));
  return m === 1 ? power : concat(plain(`${m}\u00a0×\u00a0`), power);
}

/**
 * Shortens a canonical value to `limit` characters: the inside of its brackets goes first (`mixture([…], …)` becomes `mixture(…)`),
 * then its end.
 */
export function abbreviate(text: string, limit = 22): string {
  if (text.length <= limit) return text;
  const square = text.replace(/\[[^[\]]*(?:\[[^[\]]*\][^[\]]*)*\]/g, '[…]');
  if (square.length <= limit) return square;
  const open = text.indexOf('(');
  if (open > 0 && open + 3 <= limit) return `${text.slice(0, open)}(…)`;
  return `${text.slice(0, limit - 1)}…`;
}
