/** Specs with a cursor: `|` stands where the user is; `«` and `»` stand around ranges that are expected. */
import { SpecDocument } from '../../../../src/language/features/document.js';
import { parseSpec } from '../../../../src/language/index.js';
import { createEvaluator } from '../../../../src/spec/index.js';

export interface Marked {
  readonly document: SpecDocument;
  readonly offset: number;
  /** Texts of the marked ranges. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

export function open(marked: string): Marked {
  let text = '';
  let offset = -1;
  const starts: number[] = [];
  const ranges: { start: number; end: number }[] = [];
  for (const c of marked) {
    if (c === '|') offset = text.length;
    else if (c === '«') starts.push(text.length);
    else if (c === '»') ranges.push({ start: starts.pop()!, end: text.length });
    else text += c;
  }
  const parsed = parseSpec(text);
  return { document: new SpecDocument(parsed, createEvaluator(parsed)), offset, ranges: ranges.sort((a, b) => a.start - b.start) };
}

/** Lines of an experiment, with a cursor, in a file that names `d` and `rho`. */
export function inside(lines: string): Marked {
  return open(`let d = 5\nlet rho = 0.5\nexperiment "t" {\n${lines}\n}\n`);
}
