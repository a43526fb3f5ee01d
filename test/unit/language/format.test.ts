import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { formatSpec, parseSpec } from '../../../src/language/index.js';
import { scan } from '../../../src/language/tokens.js';

const examples = readdirSync('examples', { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.attn'))
  .map((f) => readFileSync(`examples/${f}`, 'utf8'));
const words = (text: string): string[] => scan(text).tokens.map((t) => t.image);
const comments = (text: string): string[] => scan(text).comments.map((c) => c.image.trimEnd());

describe('formatter', () => {
  it('leaves the examples as they are', () => {
    for (const text of examples) assert.equal(formatSpec(text), text);
  });

  it('refuses a text with a syntax error', () => {
    assert.equal(formatSpec('let a = \n'), null);
  });

  it('lays out a text without any layout', () => {
    const text =
      'let a=1 // x\nlet bcd =-2^ -3*(4+ 5)/2\n\n\n\nexperiment "t"{ task linear_regression{dimension=1/2,\n noise=0.1 // s\n}  prompt{length=10} train gradient_flow{time=1}\nmeasure risk,\nbalance\n expect risk below (3)\n\n}';
    const right = `let a   = 1  // x
let bcd = -2^-3 * (4 + 5) / 2

experiment "t" {
  task linear_regression {
    dimension = 1/2,
    noise     = 0.1  // s
  }
  prompt { length = 10 }
  train gradient_flow { time = 1 }
  measure risk,
    balance
  expect risk below (3)
}
`;
    assert.equal(formatSpec(text), right);
  });

  it('changes white space only, once, whatever the white space was', () => {
    // White space between tokens is replaced by other white space that means the same: a line break stays one.
    const spaced = fc.tuple(
      fc.constantFrom(...examples),
      fc.array(fc.constantFrom('', ' ', '\t', '   '), { minLength: 50, maxLength: 50 }),
      fc.array(fc.constantFrom('\n', '\n\n', '\n\n\n', '\r\n', ' // note\n', ' /* a\n b */\n'), { minLength: 30, maxLength: 30 }),
    );
    fc.assert(
      fc.property(spaced, ([text, blanks, breaks]) => {
        let k = 0;
        let input = '';
        let end = 0;
        for (const t of scan(text).tokens) {
          const between = text.slice(end, t.start);
          const least = /[\w\p{L}]$/u.test(input) && /^[\w"\p{L}]/u.test(t.image) ? ' ' : '';
          if (between.includes('\n')) input += breaks[k++ % breaks.length]!;
          else input += blanks[k++ % blanks.length]! || least;
          input += t.image;
          end = t.end;
        }
        const once = formatSpec(input);
        assert.ok(once !== null, input);
        assert.deepEqual(words(once), words(input));
        assert.deepEqual(
          comments(once).map((c) => c.replace(/\r/g, '')),
          comments(input).map((c) => c.replace(/\r/g, '')),
        );
        assert.equal(formatSpec(once), once);
        assert.doesNotMatch(once, /\n\n\n|[ \t]\n|\t|\r/);
        assert.deepEqual(
          parseSpec(once).diagnostics.map((d) => d.code),
          parseSpec(input).diagnostics.map((d) => d.code),
        );
      }),
      { numRuns: 200, seed: 5 },
    );
  });
});
