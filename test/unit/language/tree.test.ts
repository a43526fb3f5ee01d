import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { type AstNode, AstUtils, GrammarUtils, isAstNode } from 'langium';
import { attnParser, createServices } from '../../../src/language/services.js';
import { findStructure } from '../../../src/language/structure.js';
import { streamTokens } from '../../../src/language/structure-parts.js';
import { endToken, scan, type Token } from '../../../src/language/tokens.js';
import { placeOfProperty } from '../../../src/language/tree-parser.js';

const { services, lexer } = createServices();

/** What Langium's own parser makes of the tokens. */
function reference(text: string, tokens: readonly Token[], rule?: string) {
  lexer.prepared = tokens;
  return services.parser.LangiumParser.parse(text, rule === undefined ? {} : { rule });
}

interface Shape {
  readonly [property: string]: unknown;
}

type PlaceOf = (node: AstNode, property: string, index: number, value: unknown) => { start: number; end: number } | undefined;

/** Langium finds no place for an operator with its operands; a node stands where its text does. */
const placeByLangium: PlaceOf = (node, property, index, value) => {
  const found = isAstNode(value) ? value.$cstNode : GrammarUtils.findNodeForProperty(node.$cstNode, property, index);
  return found && { start: found.offset, end: found.end };
};

/** All that is asked of a node: its properties in their order, where it and they stand, and what it stands in. */
function shapeOf(node: AstNode, places: PlaceOf): Shape {
  const cst = node.$cstNode!;
  const shape: Record<string, unknown> = {
    type: node.$type,
    within: [node.$container?.$type, node.$containerProperty, node.$containerIndex],
    text: cst.text,
    extent: [cst.offset, cst.length, cst.end],
    range: cst.range,
    isOwn: cst.astNode === node,
  };
  for (const [name, value] of Object.entries(node)) {
    if (name.startsWith('$')) continue;
    const values: unknown[] = Array.isArray(value) ? value : [value];
    const inner = values.map((one, i) => [places(node, name, i, one), isAstNode(one) ? shapeOf(one, places) : one]);
    shape[name] = Array.isArray(value) ? inner : inner[0];
  }
  return shape;
}

function agree(text: string, tokens: readonly Token[], rule?: string): void {
  const expected = reference(text, tokens, rule);
  const { tree, failure } = attnParser().parse(text, tokens, rule);
  assert.equal(tree === null, expected.parserErrors.length > 0);
  if (tree === null) {
    const failed = expected.parserErrors[0]!.token;
    const found = tokens[failure];
    assert.deepEqual(
      [found?.start, found?.image],
      Number.isNaN(failed.startOffset) ? [undefined, undefined] : [failed.startOffset, failed.image],
    );
    return;
  }
  assert.deepEqual(shapeOf(tree, placeOfProperty), shapeOf(expected.value, placeByLangium));
  assert.equal(AstUtils.streamAst(tree).count(), AstUtils.streamAst(expected.value).count());
}

const folders = ['examples', 'examples/statements'];
const texts = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.attn'))
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8')),
);
const streamOf = (text: string): Token[] => [...streamTokens(findStructure(scan(text).tokens).parts)];

describe("trees are those of Langium's own parser", () => {
  it('of the examples', () => {
    for (const text of texts) agree(text, streamOf(text));
    agree('', []);
    agree('// nothing\n', []);
  });

  it('of random specs, or both fail at the same token', () => {
    const vocabulary = [
      ...new Set(texts.flatMap((text) => scan(text).tokens.map((t) => t.image))),
      'let',
      '(',
      ')',
      '^',
      '-',
      '..',
      'true',
      '"a\\"b"',
    ];
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(5), fc.constantFrom(...vocabulary)), { maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...texts), edits, (text, changes) => {
        const changed = changes.reduce((old, [place, length, insert]) => {
          const at = place % (old.length + 1);
          return old.slice(0, at) + insert + old.slice(at + length);
        }, text);
        agree(changed, streamOf(changed));
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it('of random expressions, statement by statement', () => {
    const words = [
      '1',
      '2.5',
      'x',
      'rate',
      'of',
      'f',
      '(',
      ')',
      '(',
      ')',
      '[',
      ']',
      ',',
      '+',
      '-',
      '*',
      '/',
      '^',
      '..',
      '"s"',
      'true',
      ':',
      '.',
      'fitted',
    ];
    const statements = ['Setting', 'Let', 'Expect', 'Plot', 'Measure'] as const;
    const starts = { Setting: 'a =', Let: 'let a =', Expect: 'expect a below', Plot: 'plot a against b by', Measure: 'measure a,' };
    let whole = 0;
    fc.assert(
      fc.property(fc.constantFrom(...statements), fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 9 }), (rule, parts) => {
        const text = `${starts[rule]} ${parts.join(' ')}`;
        const { tokens } = scan(text);
        const stream = [...tokens, endToken(tokens[tokens.length - 1]!)];
        if (attnParser().parse(text, stream, rule).failure < 0) whole++;
        agree(text, stream, rule);
      }),
      { numRuns: 3000, seed: 7 },
    );
    assert.ok(whole > 100, `${whole} of the random statements are whole`);
  });
});
