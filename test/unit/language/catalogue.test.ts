import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cataloguePage } from '../../../src/language/catalogue-page.js';
import { catalogue, explain, parseSpec } from '../../../src/language/index.js';
import { buildPlan } from '../../../src/spec/index.js';
import { specOf } from './marked.js';

function codesOf(text: string): string[] {
  const parsed = parseSpec(text);
  const { diagnostics } = buildPlan(parsed, { file: 'entry.attn', reader: {} as never });
  return [...new Set([...parsed.diagnostics, ...diagnostics].map((d) => `${d.code} ${d.message}`))];
}

describe('catalogue', () => {
  for (const [code, entry] of Object.entries(catalogue)) {
    if (entry.wrong === '') continue;
    it(`${code}: the wrong example gives this code alone, the right one none`, () => {
      const found = codesOf(specOf(entry.wrong));
      assert.deepEqual(
        found.map((f) => f.split(' ')[0]),
        [`attn.${code}`],
        found.join('\n'),
      );
      const right = codesOf(specOf(entry.right)).filter((f) => !f.startsWith('attn.W'));
      assert.deepEqual(right, []);
    });
  }

  it('codes without an example of their own are triggered elsewhere', () => {
    const twice =
      'experiment "t" {\ntask linear_regression { dimension = 3 }\nprompt { length = 1 }\ntrain gradient_flow { time = 1 }\n}\n';
    assert.deepEqual(
      parseSpec(twice + twice).diagnostics.map((d) => d.code),
      ['attn.E210'],
    );
    const many = parseSpec('$ x\n'.repeat(200)).diagnostics;
    assert.equal(many.length, 101);
    assert.equal(many.at(-1)?.code, 'attn.E114');
  });

  it('has its page', () => assert.equal(readFileSync('docs/diagnostics.md', 'utf8'), cataloguePage(), 'run npm run docs:diagnostics'));

  it('finds an entry by any spelling of its code', () => {
    for (const spelling of ['E203', 'e203', 'attn.E203']) assert.equal(explain(spelling)?.title, 'Unknown setting');
    assert.equal(explain('E999'), undefined);
  });
});
