/** Widths of text without a renderer: the metrics of Helvetica (Arial, Liberation Sans), enough to place and wrap labels. */
import type { Span, Text } from './types.js';

/** Characters from space to tilde, in thousandths of the font size (Adobe Core 14 font metrics, Helvetica). */
const ascii = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278,
  278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722,
  667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556,
  556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

const others: Readonly<Record<string, number>> = {
  '\u00a0': 278,
  '\u2009': 200,
  '\u202f': 200,
  '−': 584,
  '×': 584,
  '∞': 713,
  '‖': 520,
  '∇': 713,
  '…': 1000,
  '½': 834,
  '·': 278,
  '–': 556,
  '≤': 549,
  '²': 333,
  '³': 333,
  '⁴': 333,
  '¹': 333,
  '⁻': 333,
};

export const scriptScale = 0.7;

function glyph(c: string): number {
  const code = c.codePointAt(0) ?? 32;
  if (code >= 32 && code <= 126) return ascii[code - 32] ?? 556;
  const known = others[c];
  if (known !== undefined) return known;
  if (/\p{M}/u.test(c)) return 0;
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u.test(c)) return 1000;
  return 640;
}

function spanWidth(span: Span, bold: boolean): number {
  let sum = 0;
  for (const c of span.text) sum += glyph(c);
  return (sum / 1000) * (span.script ? scriptScale : 1) * (bold ? 1.07 : 1);
}

/** Width in units of `size`. */
export function textWidth(text: Text, size: number, bold = false): number {
  return text.reduce((sum, span) => sum + spanWidth(span, bold), 0) * size;
}

/** Breaks at spaces (a word too long for a line, anywhere) into at most `maxLines` lines; what does not fit ends in an ellipsis. */
export function wrap(text: Text, size: number, width: number, maxLines: number, bold = false): Text[] {
  const lines: Span[][] = [[]];
  let used = 0;
  for (const word of words(text, size, width, bold)) {
    const w = textWidth(word.spans, size, bold);
    const gap = word.spaced && used > 0 ? textWidth([{ text: ' ' }], size, bold) : 0;
    if (used > 0 && used + gap + w > width) {
      lines.push([...word.spans]);
      used = w;
    } else {
      if (gap > 0) lines.at(-1)?.push({ text: ' ' });
      lines.at(-1)?.push(...word.spans);
      used += gap + w;
    }
  }
  if (lines.length <= maxLines) return lines;
  const kept = lines.slice(0, maxLines);
  kept[maxLines - 1] = shorten(kept[maxLines - 1] ?? [], size, width, bold);
  return kept;
}

function shorten(line: readonly Span[], size: number, width: number, bold: boolean): Span[] {
  const out = [...line];
  while (out.length > 0 && textWidth([...out, { text: '…' }], size, bold) > width) {
    const last = out.pop()!;
    const characters = [...last.text];
    if (characters.length > 1) out.push({ ...last, text: characters.slice(0, -1).join('') });
  }
  return [...out, { text: '…' }];
}

interface Word {
  readonly spans: Span[];
  /** A space stood before it. */
  readonly spaced: boolean;
}

function words(text: Text, size: number, width: number, bold: boolean): Word[] {
  const out: Word[] = [];
  let open = false;
  for (const span of text) {
    span.text.split(' ').forEach((piece, i) => {
      if (i > 0) open = false;
      if (piece === '') return;
      for (const [j, part] of breakable({ ...span, text: piece }, size, width, bold).entries()) {
        if (open && j === 0) out.at(-1)?.spans.push(part);
        else out.push({ spans: [part], spaced: j === 0 });
      }
      open = true;
    });
    if (span.text.endsWith(' ')) open = false;
  }
  return out;
}

function breakable(span: Span, size: number, width: number, bold: boolean): Span[] {
  if (spanWidth(span, bold) * size <= width) return [span];
  const parts: Span[] = [];
  let current = '';
  for (const c of span.text) {
    if (current !== '' && spanWidth({ ...span, text: current + c }, bold) * size > width) {
      parts.push({ ...span, text: current });
      current = '';
    }
    current += c;
  }
  return [...parts, { ...span, text: current }];
}
