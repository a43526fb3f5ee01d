/** From a preview to the text. */
import * as vscode from 'vscode';
import type { ExperimentOutline, TextSpan } from '../../protocol/language.js';
import type { At } from '../../protocol/messages.js';

/** The editor that shows the text, with the focus, in its own column when it is open already. */
export async function openText(uri: vscode.Uri): Promise<vscode.TextEditor> {
  const open = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
  const tabs = vscode.window.tabGroups.all.flatMap(({ tabs: all }) => all);
  const tab = tabs.find(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString());
  const column = open?.viewColumn ?? tab?.group.viewColumn ?? vscode.ViewColumn.One;
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { viewColumn: column });
}

export async function revealLine(uri: vscode.Uri, line: number): Promise<void> {
  const editor = await openText(uri);
  const at = editor.document.lineAt(Math.min(line, editor.document.lineCount) - 1);
  const start = new vscode.Position(at.lineNumber, at.firstNonWhitespaceCharacterIndex);
  editor.selection = new vscode.Selection(start, start);
  editor.revealRange(at.range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Selects the sweep values that name a curve. */
export async function revealSweepValues(uri: vscode.Uri, outline: ExperimentOutline | undefined, at: At): Promise<void> {
  const spans = sweepSpans(outline, at);
  if (spans.length === 0) return;
  const editor = await openText(uri);
  const ranges = spans.map(({ start, end }) => new vscode.Range(editor.document.positionAt(start), editor.document.positionAt(end)));
  editor.selections = ranges.map(({ start, end }) => new vscode.Selection(start, end));
  editor.revealRange(ranges[0]!, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

function sweepSpans(outline: ExperimentOutline | undefined, at: At): TextSpan[] {
  return (outline?.sweeps ?? []).flatMap((sweep) => sweep.values.filter(({ text }) => text === at[sweep.name]).slice(0, 1));
}
