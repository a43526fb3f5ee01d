import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { formatSpec, parseSpec } from '../../../src/language/index.js';
import { scan } from '../../../src/language/tokens.js';

const examples = readdirSync('examples')
  .filter((f) => f.endsWith('.attn'))
  .map((f) => readFileSync(`examples/${f}`, 'utf8'));
const vocabulary = [
  ...new Set(examples.flatMap((text) => scan(text).tokens.map((t) => t.image))),
  '\n',
  '\n',
  '{',
  '}',
  '(',
  ')',
  '"',
  '/*',
  '//',
  '^',
  '-',
  '..',
  '.5',
  '$',
  'let',
  'experiment "t" {\n',
  'trust_length',
  'and',
  'true',
];
const runs = Number(process.env.FUZZ_RUNS ?? 1000);

/** Any text gets a tree and diagnostics that lie in it, with known codes. */
function survives(text: string): void {
  const parsed = parseSpec(text);
  for (const d of parsed.diagnostics) {
    assert.ok(d.start >= 0 && d.start <= d.end && d.end <= text.length, `${d.code} ${d.start} ${d.end}`);
    assert.doesNotMatch(d.message, /undefined|NaN|Expecting|token of type|\bnull\b/);
    assert.match(d.message, /[.?]$/);
  }
  const formatted = formatSpec(text);
  if (formatted !== null) assert.equal(formatSpec(formatted), formatted);
}

const soup = fc.array(fc.constantFrom(...vocabulary), { maxLength: 80 }).map((parts) => parts.join(' '));
const mutated = fc
  .tuple(
    fc.constantFrom(...examples),
    fc.array(fc.tuple(fc.nat(), fc.nat(5), fc.constantFrom(...vocabulary)), { minLength: 1, maxLength: 6 }),
  )
  .map(([text, edits]) => {
    let result = text;
    for (const [place, length, insert] of edits) {
      const at = place % (result.length + 1);
      result = result.slice(0, at) + insert + result.slice(at + length);
    }
    return result;
  });

describe('no text is too odd', () => {
  it('any characters', () =>
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), survives), { numRuns: runs / 4, seed: 1 }));
  it('any words of the language', () => fc.assert(fc.property(soup, survives), { numRuns: runs / 2, seed: 2 }));
  it('examples with several edits', () => fc.assert(fc.property(mutated, survives), { numRuns: runs / 4, seed: 3 }));

  const deep: Record<string, string> = {
    'brackets that are never closed': `let a = ${'('.repeat(200_000)}`,
    'brackets that are never opened': `let a = ${']'.repeat(200_000)}`,
    braces: '{'.repeat(100_000),
    'braces that close nothing': '}'.repeat(100_000),
    signs: `let a = ${'-'.repeat(200_000)}1`,
    powers: `let a = ${'2^'.repeat(100_000)}1`,
    'a long list': `let a = [${'1,'.repeat(300_000)}1]`,
    'a long name': `let ${'a'.repeat(1_000_000)} = 1`,
    'many words': 'foo '.repeat(250_000),
    'many lines that begin nothing': 'experiment "t" {\nfoo bar\n'.concat('foo bar\n'.repeat(5_000)),
    'many settings': `experiment "t" { task linear_regression {\n${'dimension = 3\n'.repeat(3_000)}} }`,
    'an open comment': `/*${'*'.repeat(1_000_000)}`,
    quotes: '"'.repeat(300_000),
    'unknown characters': '$ '.repeat(200_000),
    'many measures': `experiment "t" {\n${'measure risk,\n'.repeat(3_000)}}`,
  };
  for (const [what, text] of Object.entries(deep)) {
    it(`${what}, ${text.length} characters`, () => {
      const begin = process.hrtime.bigint();
      survives(text);
      // A hang, not slowness: these take a second or so each.
      assert.ok(Number(process.hrtime.bigint() - begin) / 1e9 < 30);
    });
  }
});
