import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { extension, manifest, source } from '../support/vscode/host.js';

/** Contexts of VS Code that a `when` clause of ours may name. */
const contextsOfTheEditor = new Set([
  'activeCustomEditorId',
  'activeEditor',
  'activeWebviewPanelId',
  'editorFocus',
  'editorLangId',
  'editorReadonly',
  'editorTextFocus',
  'explorerResourceIsFolder',
  'inputFocus',
  'isLinux',
  'isMac',
  'isWeb',
  'isWindows',
  'isWorkspaceTrusted',
  'listMultiSelection',
  'notebookEditorFocused',
  'resourceExtname',
  'resourceLangId',
  'resourceScheme',
  'terminalFocus',
  'textInputFocus',
  'view',
  'viewItem',
  'webviewId',
  'workspaceFolderCount',
]);

function allSources(): string {
  const folder = join(extension().extensionPath, 'src', 'extension');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return names.map((name) => source('src', 'extension', name)).join('\n');
}

/** The context keys of a `when` clause: its words outside strings and regular expressions, without the values that it compares with. */
function contextsOf(clause: string): string[] {
  const bare = clause
    .replace(/'[^']*'/g, '')
    .replace(/=~\s*\/(?:[^/\\]|\\.)*\/[a-z]*/g, '')
    .replace(/(==|!=|<=|>=|<|>|\b(?:not )?in\b)\s*[\w.:-]*/g, '');
  return [...bare.matchAll(/[A-Za-z_][\w.:-]*/g)].map(([word]) => word).filter((word) => !['true', 'false', 'not', 'in'].includes(word));
}

const clauses = (): string[] => {
  const { commands, menus, keybindings, walkthroughs, viewsWelcome } = manifest().contributes;
  const parts = [...commands.map(({ enablement }) => enablement), ...Object.values(menus).flatMap((menu) => menu.map(({ when }) => when))];
  parts.push(...(keybindings ?? []).map(({ when }) => when), ...(viewsWelcome ?? []).map(({ when }) => when));
  parts.push(...(walkthroughs ?? []).flatMap(({ steps }) => steps.map(({ when }) => when)));
  return parts.filter((clause) => clause !== undefined);
};

describe('the manifest', () => {
  before(async () => {
    await extension().activate();
  });

  it('offers the commands of the extension, each with an implementation', async () => {
    const titles = manifest().contributes.commands.map(({ title }) => title);
    const wanted = ['New Experiment', 'Run Experiment', 'Run All', 'Open Preview', 'Open Preview to the Side', 'Lock Preview'];
    wanted.push('Pause Live Updates', 'Export Figure', 'Export Data', 'Compare with Previous Run', 'Cancel', 'Clear Cache', 'Show Log');
    const bare = titles.map((title) => title.replace(/(\.\.\.|…)$/, ''));
    assert.deepEqual(
      wanted.filter((title) => !bare.some((known) => known === title || known.startsWith(title))),
      [],
    );
    const implemented = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      manifest().contributes.commands.filter(({ command }) => !implemented.has(command)),
      [],
    );
  });

  it('puts every command into one category', () => {
    const strays = manifest().contributes.commands.filter(({ category, command }) => category !== 'Attn' || !command.startsWith('attn.'));
    assert.deepEqual(strays, []);
  });

  it('names commands that exist in menus and keybindings', () => {
    const known = new Set(manifest().contributes.commands.map(({ command }) => command));
    const { menus, keybindings } = manifest().contributes;
    const used = [...Object.values(menus).flat(), ...(keybindings ?? [])]
      .map(({ command }) => command)
      .filter((command) => command !== undefined);
    assert.ok(used.length > 0);
    assert.deepEqual(
      used.filter((command) => !known.has(command)),
      [],
    );
  });

  it('asks in when clauses for contexts that exist', () => {
    const sources = allSources();
    const found = clauses().flatMap(contextsOf);
    assert.ok(found.length > 0);
    const unknown = found.filter((name) => {
      if (name.startsWith('config.')) return !(name.slice('config.'.length) in manifest().contributes.configuration.properties);
      if (name.startsWith('attn.')) return !sources.includes(`'${name}'`);
      return !contextsOfTheEditor.has(name);
    });
    assert.deepEqual([...new Set(unknown)], []);
  });

  it('has every text of package.nls.json, and no other', () => {
    const texts = JSON.parse(source('package.nls.json')) as Record<string, string>;
    const used = new Set([...source('package.json').matchAll(/"%([^%"]+)%"/g)].map((match) => match[1]!));
    assert.deepEqual(
      [...used].filter((key) => !(key in texts)),
      [],
    );
    assert.deepEqual(
      Object.keys(texts).filter((key) => !used.has(key)),
      [],
    );
  });

  it('documents every setting, with a default that fits', () => {
    const { properties } = manifest().contributes.configuration;
    assert.ok(Object.keys(properties).length > 0);
    for (const [name, setting] of Object.entries(properties)) {
      assert.match(name, /^attn\./);
      const text = setting.markdownDescription ?? setting.description ?? '';
      assert.ok(text.length > 20 && !text.startsWith('%'), `${name} has a description`);
      assert.notEqual(setting.default, undefined, `${name} has a default`);
      if (setting.enum !== undefined) {
        assert.ok(setting.enum.includes(String(setting.default)), `the default of ${name} is one of its values`);
        const described = setting.enumDescriptions ?? setting.markdownEnumDescriptions ?? [];
        assert.equal(described.length, setting.enum.length, `every value of ${name} is described`);
      }
    }
  });

  it('reads settings by their names, and every setting is read', () => {
    const sources = allSources();
    const unread = Object.keys(manifest().contributes.configuration.properties).filter(
      (name) => !sources.includes(`'${name.slice('attn.'.length)}'`) && !sources.includes(`'${name}'`),
    );
    assert.deepEqual(unread, []);
  });

  it('binds no key that does something else in a spec', async () => {
    await vscode.commands.executeCommand('workbench.action.openDefaultKeybindingsFile');
    const text = vscode.window.activeTextEditor!.document.getText();
    const listed = text.slice(text.indexOf('['), text.lastIndexOf(']') + 1).replace(/^\s*\/\/.*$/gm, '');
    const defaults = JSON.parse(listed) as { key: string; command: string; when?: string }[];
    assert.ok(defaults.length > 500);
    const ours = manifest().contributes.keybindings ?? [];
    for (const { key, command, when } of ours) {
      assert.match(when ?? '', /attn/, `${command} is bound in its own place only`);
      const always = defaults.filter((one) => one.key === key && !one.command.startsWith('attn.') && one.when === undefined);
      assert.deepEqual(always, [], `${key} is free`);
    }
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
});
