/** Run, Preview and Export above each experiment. */
import * as vscode from 'vscode';
import { languageId, type Services } from '../context.js';
import { showsLenses } from '../settings.js';

export function registerLenses({ context, studies }: Services): void {
  const changes = new vscode.EventEmitter<void>();
  let versions = '';
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changes.event,
    provideCodeLenses(document) {
      if (!showsLenses()) return [];
      const study = studies.find(document.uri.toString());
      if (study === undefined || study.version !== document.version) return [];
      return study.outline.flatMap(({ title, titleSpan }) => {
        const range = new vscode.Range(document.positionAt(titleSpan.start), document.positionAt(titleSpan.end));
        const lens = (text: string, command: string): vscode.CodeLens =>
          new vscode.CodeLens(range, { title: text, command, arguments: [document.uri, title] });
        return [
          lens(vscode.l10n.t('Run'), 'attn.runExperiment'),
          lens(vscode.l10n.t('Preview'), 'attn.openPreviewToSide'),
          lens(vscode.l10n.t('Export'), 'attn.exportFigure'),
        ];
      });
    },
  };
  context.subscriptions.push(
    changes,
    vscode.languages.registerCodeLensProvider({ language: languageId }, provider),
    studies.onChange(() => {
      // Results come often, and change no lens.
      const now = studies
        .all()
        .map(({ uri, version }) => `${uri} ${version}`)
        .join('\n');
      if (now !== versions) changes.fire();
      versions = now;
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('attn.codeLens')) changes.fire();
    }),
  );
}
