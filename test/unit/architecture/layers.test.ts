import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importsOf } from '../../support/imports.js';
import { breaches, readLayers } from '../../support/layers.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const layers = readLayers(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'));

function sources(): Map<string, string> {
  const files = new Map<string, string>();
  for (const folder of ['src', 'webview']) {
    const base = join(root, folder);
    if (!existsSync(base)) continue;
    for (const name of readdirSync(base, { recursive: true, encoding: 'utf8' })) {
      if (!/\.[cm]?[jt]sx?$/.test(name)) continue;
      const path = join(base, name);
      files.set(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8'));
    }
  }
  return files;
}

const breachesOf = (path: string, text: string): string[] => breaches(layers, new Map([[path, text]]));

describe('layers', () => {
  it('are the ones of ARCHITECTURE.md', () => {
    const parts = [...layers.keys()].sort();
    assert.deepEqual(parts, ['chart', 'cli', 'engine', 'extension', 'kernels', 'language', 'protocol', 'solver', 'spec', 'webview']);
    assert.deepEqual([...layers.get('language')!], []);
    assert.deepEqual([...layers.get('spec')!.keys()], ['language', 'solver']);
    assert.equal(layers.get('chart')!.get('engine'), 'types');
  });

  it('form no cycle', () => {
    const visit = (part: string, path: readonly string[]): void => {
      assert.ok(!path.includes(part), [...path, part].join(' → '));
      for (const next of layers.get(part)?.keys() ?? []) visit(next, [...path, part]);
    };
    for (const part of layers.keys()) visit(part, []);
  });

  it('hold in the sources, types included', () => {
    const files = sources();
    assert.ok(files.has('src/solver/problem.ts') && files.has('src/spec/experiment.ts'), 'the walk found the sources');
    assert.deepEqual(breaches(layers, files), []);
  });
});

describe('the walk over imports', () => {
  it('sees every way to name a module', () => {
    const text = [
      "import a from './1.js';",
      "import type { B } from './2.js';",
      "import { type C, type D } from './3.js';",
      "import { type E, f } from './4.js';",
      "export * from './5.js';",
      "export type { G } from './6.js';",
      "const h = await import('./7.js');",
      "let i: import('./8.js').I;",
      "import './9.js';",
      "import j = require('./10.js');",
      "const k = require('./11.js');",
      'const l = await import(`./12.js`);',
      'const m = await import(name);',
      "// import no from './comment.js'; in a comment or \"import './string.js'\" in a string is no import",
      'const n = "import \'./string.js\'";',
    ].join('\n');
    assert.deepEqual(
      importsOf('src/solver/x.ts', text).map((site) => `${site.line} ${site.specifier}${site.typeOnly ? ' type' : ''}`),
      [
        '1 ./1.js',
        '2 ./2.js type',
        '3 ./3.js type',
        '4 ./4.js',
        '5 ./5.js',
        '6 ./6.js type',
        '7 ./7.js',
        '8 ./8.js type',
        '9 ./9.js',
        '10 ./10.js',
        '11 ./11.js',
        '12 ./12.js',
        '13 ?',
      ],
    );
    assert.equal(importsOf('src/solver/x.ts', '/// <reference types="node" />')[0]?.specifier, 'node');
  });

  it('finds a made-up breach, however it is written', () => {
    for (const text of [
      "import { x } from '../spec/x.js';",
      "import type { X } from '../spec/x.js';",
      "export * from '../spec/x.js';",
      "const x = await import('../spec/x.js');",
      "let x: import('../spec/x.js').X;",
    ]) {
      const found = breachesOf('src/solver/x.ts', text);
      assert.equal(found.length, 1, text);
      assert.match(found[0]!, /solver may not import spec/);
    }
    assert.match(breachesOf('src/language/deep/x.ts', "import '../../spec/x.js';")[0]!, /language may not import spec/);
    assert.match(breachesOf('src/cli/x.ts', "import '../../webview/x.js';")[0]!, /cli may not import webview/);
  });

  it('lets the arrows of the table pass', () => {
    assert.deepEqual(
      breachesOf('src/spec/x.ts', "import { a } from '../solver/cost.js';\nimport '../language/index.js';\nimport './y.js';"),
      [],
    );
    assert.deepEqual(
      breachesOf('src/chart/x.ts', "import type { R } from '../engine/results.js';\nimport { scaleLog } from 'd3-scale';"),
      [],
    );
    assert.deepEqual(breachesOf('src/cli/x.ts', "import { readFile } from 'node:fs/promises';\nimport '../engine/node/pool.js';"), []);
    assert.deepEqual(breachesOf('src/extension/x.ts', "import * as vscode from 'vscode';\nimport 'node:path';"), []);
  });

  it('keeps vscode, Node and values of the engine where they belong', () => {
    const cases: readonly (readonly [path: string, text: string, reason: RegExp])[] = [
      ['src/cli/x.ts', "import type * as vscode from 'vscode';", /only extension may import vscode/],
      ['src/solver/x.ts', "import { readFileSync } from 'node:fs';", /solver may not import node:fs/],
      ['src/engine/x.ts', "import { cpus } from 'os';", /engine may not import os/],
      ['src/engine/x.ts', "import { pool } from './node/pool.js';", /which needs Node/],
      ['src/chart/x.ts', "import { run } from '../engine/run.js';", /may import only types of engine/],
      ['src/spec/x.ts', "import '../../test/support/layers.js';", /leaves the source folders/],
      ['src/solver/x.ts', "import p from '../../package.json' with { type: 'json' };", /may not import package.json/],
      ['src/solver/x.ts', 'await import(name);', /cannot be checked/],
      ['src/utils/x.ts', '', /belongs to no part/],
      ['src/x.ts', '', /belongs to no part/],
    ];
    for (const [path, text, reason] of cases) {
      const found = breachesOf(path, text);
      assert.equal(found.length, 1, `${path}: ${text}`);
      assert.match(found[0]!, reason);
    }
  });
});
