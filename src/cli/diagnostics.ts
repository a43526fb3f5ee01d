/** Mistakes in a spec, for people and for programs. */
import type { Diagnostic } from '../language/diagnostic.js';
import { plain, printable, type Style } from './terminal.js';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Lines and columns from 1, columns in UTF-16 units. */
export function positionOf(text: string, offset: number): Position {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < start; i = text.indexOf('\n', i + 1)) line++;
  return { line, column: offset - start + 1 };
}

/** Columns that a terminal gives a character: none for combining marks, two for wide East Asian ones and emoji. */
function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (/\p{M}|\p{Cf}/u.test(character)) continue;
    const wide =
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      );
    columns += wide ? 2 : 1;
  }
  return columns;
}

const shownWidth = 160;

/** `file:line:column: error attn.E201: sentence`, the source line and carets under the place. */
export function humanDiagnostic(file: string, text: string, diagnostic: Diagnostic, style: Style = plain): string {
  const { start, end, severity, code, message, fix } = diagnostic;
  const { line, column } = positionOf(text, start);
  const lineStart = start - column + 1;
  const newline = text.indexOf('\n', lineStart);
  const source = text.slice(lineStart, newline < 0 ? text.length : newline).replace(/\r$/, '');
  // A long line is shown around the place.
  const cut = column > shownWidth / 2 && source.length > shownWidth ? column - shownWidth / 2 : 0;
  const shown = printable(source.slice(cut, cut + shownWidth));
  const before = printable(source.slice(cut, column - 1)).replace(/[^\t]+/g, (part) => ' '.repeat(columnsOf(part)));
  const marked = source.slice(column - 1, Math.min(end - lineStart, cut + shownWidth));
  const carets = '^'.repeat(Math.max(1, columnsOf(marked)));
  const margin = String(line).length;
  const paint = severity === 'error' ? style.red : style.yellow;
  const lines = [
    `${style.bold(`${file}:${line}:${column}:`)} ${paint(`${severity} ${code}:`)} ${message}`,
    `${style.blue(`${line} |`)} ${shown}`,
    `${style.blue(`${' '.repeat(margin)} |`)} ${before}${paint(carets)}`,
  ];
  if (fix !== undefined) lines.push(`${style.blue(`${' '.repeat(margin)} =`)} ${style.green('fix:')} ${fix.title}`);
  return `${lines.join('\n')}\n`;
}

/** The same as plain data. */
export function jsonDiagnostic(text: string, diagnostic: Diagnostic): object {
  const start = positionOf(text, diagnostic.start);
  const end = positionOf(text, diagnostic.end);
  const { code, severity, message, fix } = diagnostic;
  return {
    code,
    severity,
    message,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    ...(fix === undefined
      ? {}
      : { fix: { title: fix.title, start: positionOf(text, fix.start), end: positionOf(text, fix.end), text: fix.text } }),
  };
}
