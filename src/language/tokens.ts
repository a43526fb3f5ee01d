import * as l10n from '@vscode/l10n';
import type { Code } from './catalogue.js';
import { type Diagnostic, diagnostic } from './diagnostic.js';

export type TokenKind = 'word' | 'number' | 'string' | 'symbol' | 'end';

/** A token of the text. Offsets in UTF-16 units, line and column from 1. `end` is the zero-width end of a statement. */
export interface Token {
  readonly kind: TokenKind;
  readonly image: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  /** True for the first token of its line. */
  readonly first: boolean;
}

export interface Comment {
  readonly image: string;
  readonly start: number;
  readonly end: number;
}

export interface Scan {
  readonly tokens: Token[];
  readonly comments: Comment[];
  readonly diagnostics: Diagnostic[];
}

const space = /[^\S\n]+/uy;
const word = /[\p{L}_][\p{L}\p{N}\p{M}_]*/uy;
const looseNumber = /\.?[0-9](?:[0-9_]|\.(?!\.)[0-9_]*)*(?:[eE](?:[+-]?[0-9_]+|(?=[+-]\s|[^\p{L}\p{N}_]|$)))?/uy;
const goodNumber = /^[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?(?:[eE][+-]?[0-9]+)?$/;
const text = /"(?:\\[^\r\n]|[^"\\\r\n])*/y;
const symbols = new Set('+-*/^%=,.:()[]{}');
/** Characters that look like one of the language's. */
const lookalikes: Readonly<Record<string, string>> = {
  '−': '-',
  '–': '-',
  '—': '-',
  '×': '*',
  '·': '*',
  '⋅': '*',
  '÷': '/',
  '“': '"',
  '”': '"',
  '„': '"',
  "'": '"',
  '’': '"',
  '‘': '"',
  ';': ',',
  '，': ',',
  '∞': 'inf',
  '…': '..',
  '≤': 'below',
  '<': 'below',
  '≥': 'above',
  '>': 'above',
  '#': '//',
};

const at = (pattern: RegExp, source: string, offset: number): string | undefined => {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0];
};

/** How a malformed number would be written. */
function repaired(image: string): string | null {
  const [mantissa = '', ...exponent] = image.split(/[eE]/);
  const tidy = mantissa.replace(/_+/g, '_').replace(/^_|_$|_(?=\.)|(?<=\.)_/g, '');
  const [whole = '', fraction, ...more] = tidy.split('.');
  if (more.length > 0) return null;
  const power = exponent[0]?.replace(/_/g, '');
  return `${whole === '' ? '0' : whole}${fraction ? `.${fraction}` : ''}${power ? `e${power}` : ''}`;
}

/** Splits a text into tokens and comments. Any text is taken; what means nothing is reported and left out. Linear in the text. */
export function scan(source: string): Scan {
  const tokens: Token[] = [];
  const comments: Comment[] = [];
  const diagnostics: Diagnostic[] = [];
  let offset = 0;
  let line = 1;
  let lineStart = 0;
  let first = true;
  let strayEnd = -1;

  const report = (code: Code, message: string, start: number, end: number, replacement?: string): void => {
    const fix = replacement === undefined ? undefined : { title: l10n.t('Write `{0}`', replacement), start, end, text: replacement };
    diagnostics.push(diagnostic(code, message, { start, end }, fix));
  };
  const push = (kind: TokenKind, image: string, length = image.length): void => {
    tokens.push({ kind, image, start: offset, end: offset + length, line, column: offset - lineStart + 1, first });
    first = false;
    offset += length;
  };
  const newlines = (image: string, start: number): void => {
    for (let i = image.indexOf('\n'); i >= 0; i = image.indexOf('\n', i + 1)) {
      line++;
      lineStart = start + i + 1;
      first = true;
    }
  };

  while (offset < source.length) {
    const c = source[offset]!;
    if (c === '\n') {
      newlines(c, offset);
      offset++;
      continue;
    }
    const blank = at(space, source, offset);
    if (blank !== undefined) {
      offset += blank.length;
      continue;
    }
    if (c === '/' && (source[offset + 1] === '/' || source[offset + 1] === '*')) {
      const block = source[offset + 1] === '*';
      const close = block ? source.indexOf('*/', offset + 2) : source.indexOf('\n', offset);
      let end = close < 0 ? source.length : block ? close + 2 : close;
      if (!block && source[end - 1] === '\r') end--;
      if (block && close < 0) report('E109', l10n.t('This comment is never closed; it needs `*/`.'), offset, offset + 2);
      const image = source.slice(offset, end);
      comments.push({ image, start: offset, end });
      newlines(image, offset);
      offset = end;
      continue;
    }
    const name = at(word, source, offset);
    if (name !== undefined) {
      push('word', name);
      continue;
    }
    if ((c >= '0' && c <= '9') || (c === '.' && /[0-9]/.test(source[offset + 1] ?? '') && source[offset - 1] !== '.')) {
      const image = at(looseNumber, source, offset)!;
      const tail = at(word, source, offset + image.length);
      if (!goodNumber.test(image)) {
        const whole = image + (tail ?? '');
        const better = tail === undefined ? repaired(image) : null;
        const valid = better !== null && goodNumber.test(better);
        report(
          'E107',
          valid ? l10n.t('`{0}` is not written as a number; write `{1}`.', whole, better) : l10n.t('`{0}` is not a number.', whole),
          offset,
          offset + whole.length,
          valid ? better : undefined,
        );
        push('number', valid ? better : '1', whole.length);
      } else if (tail !== undefined) {
        report(
          'E107',
          l10n.t('A number is followed by `{0}` without an operator; write `{1} * {2}`.', tail, image, tail),
          offset,
          offset + image.length + tail.length,
          `${image} * ${tail}`,
        );
        push('number', image, image.length + tail.length);
      } else push('number', image);
      continue;
    }
    if (c === '"') {
      const body = at(text, source, offset)!;
      if (source[offset + body.length] === '"') push('string', `${body}"`);
      else {
        // The text most likely ends before a brace that opens a block at the end of the line.
        const inner = body.replace(/\s*\{?\s*$/, '');
        report('E108', l10n.t('This text is never closed; it needs a `"` on the same line.'), offset, offset + inner.length, `${inner}"`);
        push('string', `${inner}"`, inner.length);
      }
      continue;
    }
    if (symbols.has(c)) {
      push('symbol', c === '.' && source[offset + 1] === '.' ? '..' : c);
      continue;
    }
    const stray = String.fromCodePoint(source.codePointAt(offset)!);
    // A run of such characters is one mistake.
    if (strayEnd !== offset) {
      const like = lookalikes[stray];
      report(
        'E110',
        like === undefined
          ? l10n.t(
              '`{0}` means nothing here.',
              /[\p{C}\p{Z}]/u.test(stray) ? `U+${stray.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}` : stray,
            )
          : l10n.t('`{0}` means nothing here; write `{1}`.', stray, like),
        offset,
        offset + stray.length,
        like,
      );
    }
    offset += stray.length;
    strayEnd = offset;
  }
  return { tokens, comments, diagnostics };
}

/** The zero-width end of a statement, behind `after`. */
export function endToken(after: Token): Token {
  return virtual('end', '', after);
}

/** A token that the text lacks, standing behind `after` with no width. */
export function virtual(kind: TokenKind, image: string, after: Pick<Token, 'end' | 'line' | 'column'>): Token {
  return { kind, image, start: after.end, end: after.end, line: after.line, column: after.column, first: false };
}
