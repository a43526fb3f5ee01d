/** New Experiment: a text from a template, with its preview beside it. */
import * as vscode from 'vscode';
import { languageId } from '../context.js';
import type { PreviewManager } from '../preview/manager.js';
import { templates } from './templates.js';

export async function newExperiment(previews: PreviewManager): Promise<void> {
  const picked = await vscode.window.showQuickPick(
    templates.map(({ label, detail, text }) => ({ label: vscode.l10n.t(label), detail: vscode.l10n.t(detail), text })),
    { title: vscode.l10n.t('New Experiment'), placeHolder: vscode.l10n.t('Begin with'), matchOnDetail: true },
  );
  if (picked === undefined) return;
  const document = await vscode.workspace.openTextDocument({ language: languageId, content: picked.text });
  await vscode.window.showTextDocument(document);
  previews.open(document.uri, vscode.ViewColumn.Beside);
}
