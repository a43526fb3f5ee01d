// What tests inside the extension host share.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';

/** The parts of the manifest that tests read. VS Code has put in the texts of `package.nls.json`. */
export interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: string;
      readonly category?: string;
      readonly enablement?: string;
    }[];
    readonly menus: Readonly<Record<string, readonly { readonly command?: string; readonly when?: string; readonly group?: string }[]>>;
    readonly keybindings?: readonly { readonly command: string; readonly key: string; readonly mac?: string; readonly when?: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
    readonly walkthroughs?: readonly { readonly id: string; readonly steps: readonly { readonly id: string; readonly when?: string }[] }[];
    readonly viewsWelcome?: readonly { readonly when?: string }[];
  };
}

export interface Setting {
  readonly type: string | readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly markdownDescription?: string;
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
  readonly markdownEnumDescriptions?: readonly string[];
}

export function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.all.find(({ packageJSON }) => packageJSON.name === 'attn-lab');
  assert.ok(found, 'the extension is installed');
  return found;
}

export const manifest = (): Manifest => extension().packageJSON as Manifest;

/** A file of the sources. */
export const source = (...path: string[]): string => readFileSync(join(extension().extensionPath, ...path), 'utf8');

/** The identifier of the command that people know by this title. */
export function commandNamed(title: string): string {
  const found = manifest().contributes.commands.find((command) => command.title === title);
  assert.ok(found, `there is a command "${title}"`);
  return found.command;
}

export const run = (title: string, ...args: readonly unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(commandNamed(title), ...args);

/** Waits until `probe` gives something that is neither undefined nor false. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | PromiseLike<T | undefined | false>,
  limit = 45_000,
): Promise<T> {
  const deadline = Date.now() + limit;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) assert.fail(`within ${limit} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let documents = 0;

/** Opens a spec with this text in the workspace. A `¦` in the text marks a place: its position comes back with the document. */
export async function openSpec(marked: string): Promise<{ document: vscode.TextDocument; editor: vscode.TextEditor; at: vscode.Position }> {
  const offset = marked.indexOf('¦');
  const text = marked.replace('¦', '');
  documents += 1;
  const folder = vscode.workspace.workspaceFolders![0]!.uri;
  const uri = vscode.Uri.joinPath(folder, `made-${documents}.attn`);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  const document = await vscode.workspace.openTextDocument(uri);
  const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
  const at = document.positionAt(Math.max(0, offset));
  editor.selection = new vscode.Selection(at, at);
  return { document, editor, at };
}

export async function openExample(name: string): Promise<vscode.TextEditor> {
  const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, name);
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), vscode.ViewColumn.One);
}

export async function replaceFirst(editor: vscode.TextEditor, from: string, to: string): Promise<void> {
  const { document } = editor;
  const start = document.getText().indexOf(from);
  assert.ok(start >= 0, `the text holds ${from}`);
  const range = new vscode.Range(document.positionAt(start), document.positionAt(start + from.length));
  assert.ok(await editor.edit((edit) => edit.replace(range, to)));
}

export const closeAll = (): Thenable<unknown> => vscode.commands.executeCommand('workbench.action.closeAllEditors');

/** Tabs that show a chart panel. */
export function previews(): readonly vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => tab.input instanceof vscode.TabInputWebview && tab.input.viewType.includes('attn'));
}
