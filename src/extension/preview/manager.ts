/** All previews: opened by commands, come back after a reload, one of them following the active editor. */
import * as vscode from 'vscode';
import type { PanelIdentity } from '../../protocol/messages.js';
import { languageId, previewType, type Services } from '../context.js';
import type { Study } from '../studies/study.js';
import { highlightAt } from './highlight.js';
import { Preview } from './preview.js';

export class PreviewManager implements vscode.Disposable, vscode.WebviewPanelSerializer<unknown> {
  private readonly previews = new Set<Preview>();
  private readonly disposables: vscode.Disposable[] = [];
  private readonly changes = new vscode.EventEmitter<void>();
  /** Which previews there are, or what one of them shows, has changed. */
  readonly onChange = this.changes.event;

  constructor(private readonly services: Services) {
    this.disposables.push(
      this.changes,
      vscode.window.registerWebviewPanelSerializer(previewType, this),
      vscode.workspace.onDidRenameFiles(({ files }) => {
        for (const { oldUri, newUri } of files) {
          for (const preview of this.previews) if (preview.uri.toString() === oldUri.toString()) preview.show(newUri);
        }
      }),
      vscode.window.onDidChangeActiveTextEditor((editor) => this.follow(editor)),
      vscode.window.onDidChangeTextEditorSelection((event) => this.onSelection(event.textEditor)),
      services.studies.onChange((study) => this.onStudy(study)),
    );
  }

  /** The preview that has the focus. */
  get active(): Preview | null {
    return [...this.previews].find(({ panel }) => panel.active) ?? null;
  }

  all(): readonly Preview[] {
    return [...this.previews];
  }

  /** A preview that shows the text, if there is one; the focused one first. */
  of(uri: vscode.Uri): Preview | null {
    const showing = [...this.previews].filter((preview) => preview.uri.toString() === uri.toString());
    return showing.find(({ panel }) => panel.active) ?? showing[0] ?? null;
  }

  /** Shows the text: in a preview of its own column that shows it or is not locked, else in a new one. */
  open(uri: vscode.Uri, column: vscode.ViewColumn, experiment: string | null = null): Preview {
    const here = [...this.previews].filter(({ panel }) => column === vscode.ViewColumn.Beside || panel.viewColumn === column);
    const known =
      here.find((preview) => preview.uri.toString() === uri.toString() && !preview.locked) ?? here.find(({ locked }) => !locked);
    if (known !== undefined) {
      known.show(uri);
      known.panel.reveal(known.panel.viewColumn, column === vscode.ViewColumn.Beside);
      if (experiment !== null) known.select(experiment);
      this.onSelection(vscode.window.activeTextEditor);
      return known;
    }
    const panel = vscode.window.createWebviewPanel(
      previewType,
      vscode.l10n.t('Attn Preview'),
      { viewColumn: column, preserveFocus: column === vscode.ViewColumn.Beside },
      { enableScripts: true, enableFindWidget: true },
    );
    const preview = this.add(panel, uri, false);
    if (experiment !== null) preview.select(experiment);
    this.onSelection(vscode.window.activeTextEditor);
    return preview;
  }

  /** A reload of the window: the panel is there, its page is made anew. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = savedPreview(state);
    if (saved === null) {
      panel.dispose();
      return;
    }
    const uri = vscode.Uri.parse(saved.resource);
    try {
      // The language server hears of the text by this.
      await vscode.workspace.openTextDocument(uri);
    } catch {
      panel.dispose();
      return;
    }
    this.add(panel, uri, saved.locked);
  }

  dispose(): void {
    for (const preview of [...this.previews]) preview.dispose();
    for (const disposable of this.disposables) disposable.dispose();
  }

  private add(panel: vscode.WebviewPanel, uri: vscode.Uri, locked: boolean): Preview {
    const preview = new Preview(this.services, this.previews, panel, uri, locked);
    this.previews.add(preview);
    preview.onChange(() => this.changed());
    preview.onDispose(() => {
      this.previews.delete(preview);
      this.changed();
    });
    this.changed();
    return preview;
  }

  private changed(): void {
    const { active } = this;
    void vscode.commands.executeCommand('setContext', 'attn.previewLocked', active?.locked ?? false);
    this.changes.fire();
  }

  /** Previews that are not locked show the spec that is edited. */
  private follow(editor: vscode.TextEditor | undefined): void {
    if (editor?.document.languageId !== languageId) return;
    const { uri } = editor.document;
    const free = [...this.previews].filter((preview) => !preview.locked);
    if (free.every((preview) => preview.uri.toString() !== uri.toString())) free[0]?.show(uri);
    this.onSelection(editor);
  }

  private onSelection(editor: vscode.TextEditor | undefined): void {
    if (editor?.document.languageId !== languageId) return;
    const { document, selection } = editor;
    const uri = document.uri.toString();
    const shown = [...this.previews].filter((preview) => preview.uri.toString() === uri);
    if (shown.length === 0) return;
    const study = this.services.studies.of(uri);
    const offset = document.offsetAt(selection.active);
    for (const preview of shown) preview.highlight(highlightAt(study.outline, preview.experiment, offset));
    if (study.version === document.version) void this.askSliders(uri, study.version, offset);
  }

  /** Results come often, and move no place of the text. */
  private onStudy({ uri, version }: Study): void {
    if (this.versions.get(uri) === version) return;
    this.versions.set(uri, version);
    const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri);
    if (editor !== undefined) this.onSelection(editor);
    else if (this.all().some((preview) => preview.uri.toString() === uri)) void this.askSliders(uri, version, 0);
  }

  private readonly versions = new Map<string, number>();
  private asked = '';

  private async askSliders(uri: string, version: number, offset: number): Promise<void> {
    const key = `${uri} ${version} ${offset}`;
    if (key === this.asked) return;
    this.asked = key;
    const sliders = await this.services.language.sliders(uri, version, offset).catch(() => null);
    if (key !== this.asked || sliders === null || this.services.studies.of(uri).version !== version) return;
    for (const preview of this.previews) if (preview.uri.toString() === uri) preview.setSliders(sliders, version);
  }
}

function savedPreview(state: unknown): PanelIdentity | null {
  if (typeof state !== 'object' || state === null) return null;
  const { identity } = state as Record<string, unknown>;
  if (typeof identity !== 'object' || identity === null) return null;
  const { resource, locked } = identity as Record<string, unknown>;
  return typeof resource === 'string' ? { resource, locked: locked === true } : null;
}
