import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { folderReader } from '../../../src/engine/node/reader.js';
import { parseSpec } from '../../../src/language/index.js';
import { scan } from '../../../src/language/tokens.js';
import { buildPlan, FileStore } from '../../../src/spec/index.js';

const inserted = ['=', ',', '}', '{', '(', ')', '[', ']', 'foo', '7'];

/** Deterministic position in a word. */
function* misspellings(word: string, seed: number): Generator<string> {
  const k = (seed * 7919) % word.length;
  yield word.slice(0, k) + word.slice(k + 1);
  yield `${word.slice(0, k)}q${word.slice(k)}`;
  yield `${word.slice(0, k)}z${word.slice(k + 1)}`;
  if (k + 1 < word.length) yield word.slice(0, k) + word[k + 1] + word[k] + word.slice(k + 2);
}

function* mutants(text: string): Generator<{ readonly what: string; readonly text: string }> {
  let n = 0;
  let k = 0;
  for (const t of scan(text).tokens) {
    const place = `${t.line}:${t.column}`;
    yield { what: `without \`${t.image}\` at ${place}`, text: text.slice(0, t.start) + text.slice(t.end) };
    for (const extra of inserted)
      if (k++ % every === 0)
        yield { what: `\`${extra}\` before \`${t.image}\` at ${place}`, text: `${text.slice(0, t.start)}${extra} ${text.slice(t.start)}` };
    if (t.kind !== 'word') continue;
    for (const word of misspellings(t.image, ++n))
      if (word !== '' && word !== t.image)
        yield { what: `\`${word}\` at ${place}`, text: text.slice(0, t.start) + word + text.slice(t.end) };
  }
}

const reader = folderReader('examples', 'examples');
/** Data files are read once for all mutants. */
const files = new FileStore(reader);

/** Distinct errors of the language and, where asked, of the meaning. */
function errorsOf(text: string, withMeaning: boolean): string[] {
  const parsed = parseSpec(text);
  if (!withMeaning) return parsed.diagnostics.filter((d) => d.severity === 'error').map((d) => d.message);
  const { diagnostics } = buildPlan(parsed, { file: 'mutant.attn', reader, files });
  const all = [...parsed.diagnostics, ...diagnostics].filter((d) => d.severity === 'error');
  return [...new Set(all.map((d) => `${d.code} ${d.start} ${d.message}`))];
}

/** All deletions and misspellings, but only every fifth insertion and the meaning of every fifth mutant; MUTANTS_EVERY=1 takes all. */
const every = Number(process.env.MUTANTS_EVERY ?? 5);

describe('a single wrong token gives a single message', () => {
  for (const name of readdirSync('examples').filter((f) => f.endsWith('.attn'))) {
    it(name, () => {
      let wrong = 0;
      let n = 0;
      const several: string[] = [];
      for (const { what, text } of mutants(readFileSync(`examples/${name}`, 'utf8'))) {
        const errors = errorsOf(text, n++ % every === 0);
        if (errors.length > 0) wrong++;
        if (errors.length > 1) several.push([what, ...errors].join('\n    '));
        assert.ok(errors.length <= 2, several.at(-1));
      }
      assert.ok(wrong > 200);
      assert.ok(several.length <= 0.05 * wrong, several.join('\n'));
    });
  }
});
