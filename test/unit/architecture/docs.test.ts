import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands } from '../../../src/cli/arguments.js';
import { parseSpec } from '../../../src/language/index.js';
import { axes, blocks, facets, functions, quantities, valueWords } from '../../../src/language/vocabulary.js';
import { buildPlan, noFiles } from '../../../src/spec/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const pages = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

describe('the documentation', () => {
  for (const page of pages) {
    it(`${page} points at files that exist`, () => {
      const prose = textOf(page).replace(/^```[\s\S]*?^```|\$\$[\s\S]*?\$\$|\$[^$\n]+\$/gm, '');
      // The target of a link has a slash, a dot or a hash; T[μ](z) is a formula.
      const links = [...prose.replace(/`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]*[./#][^)\s]*)\)|\bsrc="([^"]+)"/g)].map(
        (match) => (match[1] ?? match[2])!,
      );
      const relative = links.filter((link) => !/^(https?:|#)/.test(link)).map((link) => join(dirname(page), link.replace(/#.*/, '')));
      const named = [...prose.matchAll(/`((?:src|test|bench|docs|examples|media)\/[\w./-]+)`/g)].map((match) => match[1]!);
      const missing = [...relative, ...named].filter((path) => !existsSync(join(root, path)));
      assert.deepEqual(missing, []);
    });
  }

  it('has headings where links within a page point', () => {
    for (const page of pages) {
      const text = textOf(page);
      const anchors = new Set(
        [...text.matchAll(/^#+ (.*)$/gm)].map((match) =>
          match[1]!
            .toLowerCase()
            .replace(/[^\p{L}\p{N} _-]/gu, '')
            .replaceAll(' ', '-'),
        ),
      );
      const missing = [...text.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1]!).filter((anchor) => !anchors.has(anchor));
      assert.deepEqual(missing, [], page);
    }
  });

  it('README shows a spec that checks', () => {
    const specs = [...textOf('README.md').matchAll(/^```attn\n([\s\S]*?)^```/gm)].map((match) => match[1]!);
    assert.ok(specs.length > 0);
    for (const spec of specs) {
      const parsed = parseSpec(spec);
      const { plan, diagnostics } = buildPlan(parsed, { file: 'README.md', reader: noFiles });
      assert.deepEqual(diagnostics, []);
      assert.equal(plan.experiments[0]?.runs.length, 8);
    }
  });

  it('README names every option of the command line, and no other', () => {
    const readme = textOf('README.md');
    const section = readme.slice(readme.indexOf('## Command line'), readme.indexOf('## Reading the data'));
    const shown = new Set([...section.matchAll(/--([a-z][a-z-]*)/g)].map((match) => match[1]!));
    const known = new Set(['help', ...commands.flatMap((command) => command.options.map((option) => option.name))]);
    assert.deepEqual(
      [...shown].filter((name) => !known.has(name)),
      [],
    );
    assert.deepEqual(
      [...known].filter((name) => !shown.has(name)),
      [],
    );
    for (const command of commands) assert.ok(section.includes(`dist/cli.js ${command.name} `), command.name);
  });

  it('names every word of the language in its guide', () => {
    const guide = textOf('docs/language.md');
    const inCode = [...guide.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`]+)`/g)].map((match) => match[1]!).join('\n');
    const words = [
      ...Object.entries(blocks).flatMap(([kind, { variants, settings }]) => [kind, ...Object.keys(variants), ...Object.keys(settings)]),
      ...[functions, quantities, facets, axes, valueWords].flatMap((table) => Object.keys(table)),
    ];
    assert.deepEqual(
      words.filter((word) => !new RegExp(`\\b${word}\\b`).test(inCode)),
      [],
    );
  });
});
