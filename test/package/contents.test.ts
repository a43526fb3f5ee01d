import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/vscode/versions.js';
import { type Entry, entriesOf } from '../support/vscode/vsix.js';

const file = join(root, 'attn-lab.vsix');

describe('the VSIX', () => {
  let entries: readonly Entry[];
  const names = (): string[] => entries.map(({ name }) => name);
  const text = (name: string): string =>
    entries
      .find((entry) => entry.name === name)!
      .read()
      .toString('utf8');

  before(() => {
    assert.ok(existsSync(file), '`npm run package` has been run');
    entries = entriesOf(file);
  });

  it('is no larger than 2 MB', () => {
    assert.ok(statSync(file).size <= 2 * 2 ** 20, `${statSync(file).size} bytes`);
  });

  it('holds what runs and what is read, and nothing else', () => {
    const allowed =
      /^(extension\.vsixmanifest|\[Content_Types\]\.xml|extension\/(package(\.nls(\.[\w-]+)?)?\.json|language-configuration\.json|readme\.md|changelog\.md|LICENSE(\.txt|\.md)?|(dist|media|docs|syntaxes|l10n|examples)\/.*))$/i;
    assert.deepEqual(
      names().filter((name) => !allowed.test(name)),
      [],
    );
    assert.deepEqual(
      names().filter((name) => /node_modules|\.map$|\.ts$|\.tsbuildinfo$|\.tmp$|^extension\/dist\/.*test/.test(name)),
      [],
    );
  });

  it('holds every file and folder that its manifest names', () => {
    const manifest = text('extension/package.json');
    const paths = [...manifest.matchAll(/"(\.\/[^"*]+|(?:dist|media|syntaxes)\/[^"*]+)"/g)].map((match) => match[1]!.replace(/^\.\//, ''));
    assert.ok(paths.length > 3);
    const present = new Set(names().map((name) => name.replace(/^extension\//, '')));
    assert.deepEqual(
      paths.filter((path) => !present.has(path) && ![...present].some((name) => name.startsWith(`${path}/`))),
      [],
    );
  });

  it('holds the programs of the extension', () => {
    for (const name of ['extension.cjs', 'server.js', 'solver.js', 'worker.js', 'webview.js', 'webview.css']) {
      assert.ok(names().includes(`extension/dist/${name}`), name);
    }
  });

  it('has a page with nothing that VS Code would show as broken', () => {
    const page = text('extension/readme.md');
    assert.match(page, /^# Attn Lab/);
    const addresses = [...page.matchAll(/(?:src="|\]\()([^")]+)/g)].map((match) => match[1]!);
    assert.deepEqual(
      addresses.filter((address) => !/^(https:|#)/.test(address)),
      [],
    );
  });

  it('needs no network and sends nothing', () => {
    const programs = entries.filter(({ name }) => /\/dist\/.*\.(c?js|css)$/.test(name));
    for (const program of programs) {
      const content = program.read().toString('utf8');
      assert.doesNotMatch(content, /\bfetch\(|XMLHttpRequest|new WebSocket|sendBeacon|@import\s+url|applicationinsights/i, program.name);
    }
  });

  it('names no place of the machine that it was made on', () => {
    for (const entry of entries.filter(({ name }) => /\.(c?js|json|md|css|xml|vsixmanifest)$/.test(name))) {
      assert.ok(!entry.read().toString('utf8').includes(root), entry.name);
    }
  });
});
