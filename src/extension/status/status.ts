/** The status item: progress while runs are under way, and what the spec in view came to. */
import * as vscode from 'vscode';
import { languageId, type Services } from '../context.js';
import type { PreviewManager } from '../preview/manager.js';
import type { Study } from '../studies/study.js';
import { summaryOf } from './summary.js';

/** Shorter work comes and goes without a word. */
const patience = 400;

export function registerStatus({ context, studies }: Services, previews: PreviewManager): void {
  const item = vscode.window.createStatusBarItem('attn.status', vscode.StatusBarAlignment.Right, 100);
  item.name = vscode.l10n.t('Attn');
  let timer: NodeJS.Timeout | null = null;
  let wasBusy = false;
  let wasPaused = false;

  const inView = (): Study | null => {
    const uri = previews.active?.uri ?? activeSpec();
    return uri === null ? null : (studies.find(uri.toString()) ?? null);
  };
  const update = (): void => {
    const since = studies.all().flatMap(({ busySince }) => busySince ?? []);
    const busy = since.length > 0;
    const patient = busy && Date.now() - Math.min(...since) < patience;
    if (!patient && busy !== wasBusy) {
      // Every menu of the editor is looked through for it.
      void vscode.commands.executeCommand('setContext', 'attn.busy', busy);
      wasBusy = busy;
    }
    const study = inView();
    const paused = study?.paused ?? false;
    if (paused !== wasPaused) void vscode.commands.executeCommand('setContext', 'attn.livePaused', paused);
    wasPaused = paused;
    if (patient) {
      timer ??= setTimeout(() => {
        timer = null;
        update();
      }, patience);
    }
    if (study === null) item.hide();
    else if (!patient) show(item, study);
  };
  context.subscriptions.push(item, studies.onChange(update), previews.onChange(update), vscode.window.onDidChangeActiveTextEditor(update), {
    dispose: () => timer !== null && clearTimeout(timer),
  });
  update();
}

function activeSpec(): vscode.Uri | null {
  const document = vscode.window.activeTextEditor?.document;
  return document?.languageId === languageId ? document.uri : null;
}

function leftText(seconds: number | null): string {
  if (seconds === null) return '';
  return seconds < 90 ? vscode.l10n.t('{0} s left', Math.round(seconds)) : vscode.l10n.t('{0} min left', Math.round(seconds / 60));
}

function show(item: vscode.StatusBarItem, study: Study): void {
  const summary = summaryOf(study);
  const percent = Math.floor(100 * summary.fraction);
  item.backgroundColor = undefined;
  item.command = undefined;
  if (study.busy) {
    const left = leftText(study.secondsLeft);
    item.text = vscode.l10n.t('$(sync~spin) Attn {0}%', percent) + (left === '' ? '' : `, ${left}`);
    const steps = summary.steps === null ? '' : ` ${vscode.l10n.t('{0} of {1} steps.', summary.steps.done, summary.steps.total)}`;
    item.tooltip = `${vscode.l10n.t('{0} of {1} runs are done.', summary.done, summary.total)}${steps} ${vscode.l10n.t('Click to cancel.')}`;
    item.command = 'attn.cancel';
  } else if (study.paused) {
    item.text = vscode.l10n.t('$(debug-pause) Attn');
    item.tooltip = vscode.l10n.t('Live updates are paused. Click to resume.');
    item.command = 'attn.resumeLive';
  } else if (summary.heldSeconds > 0) {
    item.text = vscode.l10n.t('$(watch) Attn {0} to run', summary.held);
    item.tooltip = vscode.l10n.t('Runs that take about {0} s wait to be asked for. Click to run them.', Math.ceil(summary.heldSeconds));
    item.command = 'attn.runAll';
  } else if (summary.verdicts > 0) {
    if (summary.fails > 0) item.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
    item.text =
      summary.fails > 0
        ? vscode.l10n.t('$(error) Attn {0} of {1} fail', summary.fails, summary.verdicts)
        : vscode.l10n.t('$(pass) Attn {0} hold', summary.holds);
    item.tooltip = vscode.l10n.t('{0} expectations hold, {1} fail, {2} are undecided.', summary.holds, summary.fails, summary.undecided);
    item.command = 'attn.openPreviewToSide';
  } else {
    item.text = vscode.l10n.t('$(graph-line) Attn');
    item.tooltip = vscode.l10n.t('Open the preview.');
    item.command = 'attn.openPreviewToSide';
  }
  item.show();
}
