import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { extendMarkdownIt, type MarkdownIt } from '../../../src/extension/markdown/markdown.js';
import { highlighted } from '../../../src/language/highlight.js';

const examples = new URL('../../../examples/', import.meta.url);
const back = (html: string): string =>
  html
    .replace(/<\/?span[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
const coloured = (html: string): string[] => [...html.matchAll(/<span class="hljs-(\w+)">([^<]*)<\/span>/g)].map((m) => `${m[1]} ${m[2]}`);

describe('a spec in the preview of Markdown', () => {
  it('is coloured by what its words are', () => {
    const html = highlighted(
      '// a & b\nexperiment "x" {\n  sweep L over [1e3, inf]\n  measure output_error.certified\n  train sgd { rate = 0.1 }\n}',
    );
    assert.deepEqual(coloured(html), [
      'comment // a &amp; b',
      'keyword experiment',
      'string &quot;x&quot;',
      'keyword sweep',
      'keyword over',
      'number 1e3',
      'literal inf',
      'keyword measure',
      'variable output_error',
      'variable certified',
      'keyword train',
      'attr rate',
      'number 0.1',
    ]);
  });

  it('is the same text, whatever it is', () => {
    for (const name of readdirSync(examples).filter((file) => file.endsWith('.attn'))) {
      const text = readFileSync(new URL(name, examples), 'utf8');
      assert.equal(back(highlighted(text)), text, name);
    }
    for (const odd of ['', '<script>"</script>', '/* open', '"open', '∇ λ²', '&amp;']) assert.equal(back(highlighted(odd)), odd);
    assert.doesNotMatch(highlighted('<script>alert("x")</script>'), /<script/);
  });

  it('leaves other languages to who had them', () => {
    const markdown: MarkdownIt = { options: { highlight: (text, language) => `${language}: ${text}` } };
    const { highlight } = extendMarkdownIt(markdown).options;
    assert.equal(highlight!('x', 'python', ''), 'python: x');
    assert.equal(highlight!('sweep', 'attn', ''), '<span class="hljs-keyword">sweep</span>');
    const bare: MarkdownIt = { options: {} };
    assert.equal(extendMarkdownIt(bare).options.highlight!('x', 'python', ''), '');
  });
});
