import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { bundleText } from '../../../l10n/bundle.js';

const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

describe('the strings of the extension', () => {
  it('are all in the bundle for translators', () => {
    assert.equal(read('l10n/bundle.l10n.json'), bundleText());
  });

  it('of the manifest are all there, and each is used', () => {
    const manifest = read('package.json');
    const used = new Set([...manifest.matchAll(/"%([\w.]+)%"/g)].map((match) => match[1]!));
    const known = Object.keys(JSON.parse(read('package.nls.json')) as object);
    assert.deepEqual([...used].sort(), known.sort());
  });
});
