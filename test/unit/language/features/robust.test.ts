import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { complete } from '../../../../src/language/features/completion.js';
import { type Span, SpecDocument } from '../../../../src/language/features/document.js';
import { hoverAt } from '../../../../src/language/features/hover.js';
import { occurrencesAt, rename } from '../../../../src/language/features/names.js';
import { outline } from '../../../../src/language/features/outline.js';
import { semanticTokens } from '../../../../src/language/features/semantic-tokens.js';
import { signatureAt } from '../../../../src/language/features/signature.js';
import { slidersAt } from '../../../../src/language/features/sliders.js';
import { folds, type SpecSymbol, selections, symbols } from '../../../../src/language/features/symbols.js';
import { parseSpec } from '../../../../src/language/index.js';
import { scan } from '../../../../src/language/tokens.js';
import { createEvaluator } from '../../../../src/spec/index.js';

const junk = ['{', '}', '[', ')', '"', '/*', ',', '=', ' at [', 'sweep ', '\u{1F600}', '\r\n', '..', '0x'];

/** Texts as they are while one types: cut off, with something missing, with something odd. */
const broken = (text: string): string[] =>
  scan(text).tokens.map((token, i) => {
    if (i % 3 === 0) return text.slice(0, token.end);
    if (i % 3 === 1) return text.slice(0, token.start) + text.slice(token.end);
    return `${text.slice(0, token.start)}${junk[i % junk.length]}${text.slice(token.start)}`;
  });

function exercise(text: string, offsets: readonly number[]): void {
  const parsed = parseSpec(text);
  const document = new SpecDocument(parsed, createEvaluator(parsed));
  const within = ({ start, end }: Span): void =>
    assert.ok(0 <= start && start <= end && end <= text.length, `${start}-${end} of ${text.length}`);
  for (const offset of offsets) {
    for (const item of complete(document, offset)) within(item.replace);
    const hover = hoverAt(document, offset, parsed.diagnostics);
    if (hover !== null) within(hover);
    for (const place of occurrencesAt(document, offset)) within(place);
    rename(document, offset, 'fresh');
    signatureAt(document, offset);
    for (const slider of slidersAt(document, offset)) within(slider.span);
    for (const span of selections(document, offset)) within(span);
  }
  for (const place of outline(document)) within(place);
  for (const token of semanticTokens(document)) within(token);
  for (const fold of folds(document)) assert.ok(fold.from < fold.to);
  const visit = (symbol: SpecSymbol): void => {
    within(symbol);
    assert.ok(symbol.name !== '' && symbol.start <= symbol.selection.start && symbol.selection.end <= symbol.end);
    symbol.children.forEach(visit);
  };
  symbols(document).forEach(visit);
}

describe('features never fail', () => {
  for (const name of readdirSync('examples').filter((file) => file.endsWith('.attn'))) {
    it(`on pieces of ${name}`, () => {
      let k = 0;
      for (const text of broken(readFileSync(`examples/${name}`, 'utf8'))) {
        const spread = [0, 0.31, 0.5, 0.77].map((share) => Math.floor(((share + 0.13 * k) % 1) * text.length));
        exercise(text, [...spread, text.length]);
        k++;
      }
    });
  }
  it('on nothing', () => exercise('', [0]));
  it('on what is no spec', () => exercise('\u0000\ud800 }}}} ((((', [0, 3, 10]));
});
