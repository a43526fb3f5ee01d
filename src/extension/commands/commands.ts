/** The commands of the palette and of the menus. */
import * as vscode from 'vscode';
import type { Services } from '../context.js';
import { askAndExport } from '../export/export.js';
import { log, reason } from '../log.js';
import type { PreviewManager } from '../preview/manager.js';
import { openText } from '../preview/reveal.js';
import { newExperiment } from '../templates/new-experiment.js';
import { type Target, targetOf } from './target.js';

export function registerCommands(services: Services, previews: PreviewManager): void {
  const { subscriptions } = services.context;
  const register = (name: string, action: (...args: readonly unknown[]) => unknown): void => {
    const guarded = async (...args: unknown[]): Promise<void> => {
      try {
        await action(...args);
      } catch (error) {
        if (error instanceof Error && error.message === 'cancelled') return;
        log.error(`attn.${name}: ${reason(error)}`);
        void vscode.window.showErrorMessage(reason(error));
      }
    };
    subscriptions.push(vscode.commands.registerCommand(`attn.${name}`, guarded));
  };
  /** A command about a text; says so when there is none. */
  const about = (name: string, action: (target: Target) => unknown): void => {
    register(name, async (...args) => {
      const target = targetOf(services, previews, args);
      if (target === null) {
        void vscode.window.showInformationMessage(vscode.l10n.t('Open an Attn spec first.'));
        return;
      }
      // The language server hears of the text by this.
      await vscode.workspace.openTextDocument(target.uri);
      await action(target);
    });
  };
  const studyOf = ({ uri }: Target) => services.studies.of(uri.toString());

  about('openPreview', ({ uri, experiment }) => void previews.open(uri, vscode.ViewColumn.Active, experiment));
  about('openPreviewToSide', ({ uri, experiment }) => void previews.open(uri, vscode.ViewColumn.Beside, experiment));
  about('runExperiment', (target) => {
    const preview = previews.of(target.uri) ?? previews.open(target.uri, vscode.ViewColumn.Beside, target.experiment);
    if (target.experiment !== null) preview.select(target.experiment);
    run(services, target, target.experiment);
  });
  about('runAll', (target) => {
    if (previews.of(target.uri) === null) previews.open(target.uri, vscode.ViewColumn.Beside);
    run(services, target, null);
  });
  register('newExperiment', () => newExperiment(previews));
  register('lockPreview', () => previews.active?.setLocked(true));
  register('unlockPreview', () => previews.active?.setLocked(false));
  about('pauseLive', (target) => studyOf(target).setPaused(true));
  about('resumeLive', (target) => studyOf(target).setPaused(false));
  register('showSource', async () => {
    const { active } = previews;
    if (active !== null) await openText(active.uri);
  });
  for (const kind of ['figure', 'data'] as const) {
    about(kind === 'figure' ? 'exportFigure' : 'exportData', async ({ uri, experiment }) => {
      if (experiment === null) return;
      const study = services.studies.of(uri.toString());
      // A figure is made of what a preview shows: it is opened where there is none.
      const preview = previews.of(uri) ?? previews.open(uri, vscode.ViewColumn.Beside, experiment);
      await askAndExport(services, { uri, study, experiment, preview }, kind);
    });
  }
  about('compare', ({ uri }) => previews.of(uri)?.toggleCompare());
  register('cancel', () => {
    for (const study of services.studies.all()) study.cancel();
  });
  register('clearCache', async () => {
    const bytes = await services.solver.clearCache();
    const megabytes = (bytes / 1e6).toFixed(1);
    void vscode.window.showInformationMessage(vscode.l10n.t('Cleared the cache of results ({0} MB).', megabytes));
  });
  register('showLog', () => log.show());
}

/** Runs what has no error, and says where the first error is of what was asked for. */
function run(services: Services, { uri }: Target, title: string | null): void {
  const study = services.studies.of(uri.toString());
  const stale = title === null ? study.stale : study.staleOf(title);
  if (stale !== null) {
    void vscode.window.showWarningMessage(vscode.l10n.t('The spec has a mistake in line {0}: {1}', stale.line, stale.message));
  }
  if (stale === null || (title === null && study.meansSomething)) study.run();
}
