import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as l10n from '@vscode/l10n';
import { bundleText, languages, strings, translation } from '../../../l10n/bundle.js';
import { tell } from '../../../src/extension/solver/tell.js';
import { SpecDocument } from '../../../src/language/features/document.js';
import { hoverAt } from '../../../src/language/features/hover.js';
import { parseSpec } from '../../../src/language/index.js';
import { say } from '../../../src/solver/sentences.js';
import { buildPlan, noFiles } from '../../../src/spec/index.js';
import * as panel from '../../../webview/l10n.js';
import { runsText, staleText } from '../../../webview/words.js';

const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
const keysOf = (name: string): string[] => Object.keys(JSON.parse(read(name)) as object);
const sorted = (text: string, pattern: RegExp): string[] => [...new Set(text.match(pattern) ?? [])].sort();

describe('the strings of the extension', () => {
  it('are all in the bundle for translators (npm run l10n writes it)', () => {
    assert.equal(read('l10n/bundle.l10n.json'), bundleText());
  });

  it('of the manifest are all there, and each is used', () => {
    const manifest = read('package.json');
    const used = new Set([...manifest.matchAll(/"%([\w.]+)%"/g)].map((match) => match[1]!));
    assert.deepEqual([...used].sort(), keysOf('package.nls.json').sort());
  });
});

for (const language of languages) {
  describe(`the translation into ${language}`, () => {
    const translated = translation(language);

    it('is whole, and of nothing else', () => {
      const known = Object.keys(translated);
      const all = strings();
      const lacks = all.filter((text) => !known.includes(text));
      assert.deepEqual(lacks, [], 'strings without a translation in l10n');
      const over = known.filter((text) => !all.includes(text));
      assert.deepEqual(over, [], 'translations of what is no longer said');
      assert.deepEqual(keysOf(`package.nls.${language}.json`), keysOf('package.nls.json'));
    });

    it('keeps every placeholder, every word of the language in backquotes, and every icon and link', () => {
      const manifest = JSON.parse(read('package.nls.json')) as Record<string, string>;
      const manifestOf = JSON.parse(read(`package.nls.${language}.json`)) as Record<string, string>;
      const pairs = [
        ...Object.entries(translated),
        ...Object.entries(manifest).map(([key, text]) => [text, manifestOf[key] ?? ''] as const),
      ];
      for (const [text, said] of pairs) {
        assert.deepEqual(sorted(said, /\{\d+\}/g), sorted(text, /\{\d+\}/g), text);
        assert.deepEqual(sorted(said, /\$\([\w~-]+\)|\(command:[\w.]+\)/g), sorted(text, /\$\([\w~-]+\)|\(command:[\w.]+\)/g), text);
        const words = sorted(said, /`[^`]+`/g);
        for (const word of sorted(text, /`[^`]+`/g)) assert.ok(words.includes(word), `${text} → ${said}`);
      }
    });
  });
}

describe('in French', () => {
  before(() => {
    l10n.config({ contents: translation('fr') });
    panel.config(translation('fr'));
  });
  after(() => {
    l10n.config({ contents: {} });
    panel.config({});
  });

  const said = (text: string): string[] => {
    return buildPlan(parseSpec(text), { file: 'a.attn', reader: noFiles }).diagnostics.map(({ message }) =>
      message.replaceAll('\u00a0', ' '),
    );
  };

  it('mistakes of form, of names and of meaning are told', () => {
    assert.deepEqual(said('let d = 5 7\n'), ['`7` n’a pas sa place ici.']);
    assert.deepEqual(said('let d = 5\nlet e = 2 * dd\nlet f = d + e\n'), [
      '`dd` n’est pas défini ; définissez-le par `let dd = …` ou balayez-le.',
    ]);
    assert.deepEqual(said('let a = kms(2)\n').slice(1), ['`kms` prend un nombre entre -1 et 1 pour rho, et non 2.']);
    assert.deepEqual(
      said('experiment "A" {\n  tokens { dimension = 1, law = rademacher }\n  prompt { length = 10 }\n  concentrate { }\n}\n').slice(0, 1),
      ['Avec des tokens sans tâche, il manque à `concentrate` : un bloc `query` et un bloc `attention` avec `key_query` et `value`.'],
    );
  });

  it('hovers are told', () => {
    const text = 'experiment "A" {\n  prompt { length = 10 }\n}\n';
    const hover = hoverAt(new SpecDocument(parseSpec(text)), text.indexOf('length') + 1, []);
    assert.match(hover?.markdown ?? '', /réglage de `prompt`.*Nombre de tokens du prompt.*Obligatoire/s);
  });

  it('runs are told, with their parts and ranges', () => {
    const plain = (text: string): string => tell(text).replaceAll('\u00a0', ' ');
    assert.equal(
      plain(say('The gradient flow grows without bound near time {0}.', 3)),
      'Le flot de gradient croît sans borne vers le temps 3.',
    );
    const consequence = say('softmax condenses on a few tokens, and the infinite-prompt limit says nothing about {0} tokens', '10 to 40');
    assert.equal(
      plain(say("At time {0} the scores' mean variance passes 2 log L: from there on {1}.", '0.5', consequence)),
      'Au temps 0.5, la variance moyenne des scores dépasse 2 log L : à partir de là, ' +
        'le softmax se condense sur quelques tokens, et la limite à prompt infini ne dit rien de 10 à 40 tokens.',
    );
  });

  it('the panel speaks', () => {
    const runs = { total: 8, done: 3, running: 1, failed: 1, cached: 0, fraction: 0.41, seconds: 1, steps: null, failures: [] };
    assert.equal(runsText(runs, null), '4 sur 8 exécutions, 41 %, 1 en échec');
    assert.match(staleText({ message: '', code: null, line: 3, errors: 3 }, true), /Ligne 3 et 2 autres erreurs\u00a0:$/);
  });
});
