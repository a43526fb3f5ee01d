/** Results beside the statements that made them: the number of runs of a sweep, the final risk of a training, the fitted rate. */
import * as vscode from 'vscode';
import { languageId, type Services } from '../context.js';
import { showsResults } from '../settings.js';
import { settledAt } from '../studies/settled.js';
import type { Study } from '../studies/study.js';

/** Milliseconds for which hints wait for results. */
const patience = 500;

export function registerInlayHints({ context, studies }: Services): void {
  const changes = new vscode.EventEmitter<void>();
  /** What was shown last for each text: hints are asked for again only when they differ. */
  const shown = new Map<string, string>();
  const provider: vscode.InlayHintsProvider = {
    onDidChangeInlayHints: changes.event,
    async provideInlayHints(document, range, token) {
      const study = studies.find(document.uri.toString());
      if (!showsResults() || study === undefined) return [];
      const { version } = document;
      // Hints that would be others in a moment would be drawn twice. Until then the editor keeps the old ones.
      await settledAt(study, version, (stop) => {
        token.onCancellationRequested(stop);
        setTimeout(stop, patience);
      }).catch(() => {});
      if (study.version !== version) return [];
      return hintsOf(study)
        .map(({ offset, text, tooltip }) => {
          const hint = new vscode.InlayHint(document.positionAt(offset), text);
          hint.paddingLeft = true;
          if (tooltip !== null) hint.tooltip = tooltip;
          return hint;
        })
        .filter(({ position }) => range.contains(position));
    },
  };
  const visible = new Map<string, object>();
  /** Results are live in every text that is seen, with a preview or without. */
  const follow = (): void => {
    const uris = new Set(
      vscode.window.visibleTextEditors
        .filter(({ document }) => document.languageId === languageId && showsResults())
        .map(({ document }) => document.uri.toString()),
    );
    for (const [uri, interest] of visible) {
      if (uris.has(uri)) continue;
      visible.delete(uri);
      studies.find(uri)?.dropInterest(interest);
    }
    for (const uri of uris) {
      if (visible.has(uri)) continue;
      const interest = {};
      visible.set(uri, interest);
      studies.of(uri).addInterest(interest);
    }
  };
  follow();
  context.subscriptions.push(
    changes,
    vscode.languages.registerInlayHintsProvider({ language: languageId }, provider),
    vscode.window.onDidChangeVisibleTextEditors(follow),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration('attn.inlayHints')) return;
      follow();
      changes.fire();
    }),
    studies.onChange((study) => {
      const now = JSON.stringify([study.version, hintsOf(study)]);
      if (shown.get(study.uri) === now) return;
      shown.set(study.uri, now);
      changes.fire();
    }),
  );
}

interface Hint {
  readonly offset: number;
  readonly text: string;
  readonly tooltip: string | null;
}

function hintsOf(study: Study): Hint[] {
  return study.outline.flatMap((experiment) => {
    const hints: Hint[] = [];
    const last = experiment.sweeps.at(-1);
    if (last !== undefined && experiment.runs !== null) {
      hints.push({
        offset: last.hint,
        text: experiment.runs === 1 ? vscode.l10n.t('1 run') : vscode.l10n.t('{0} runs', experiment.runs),
        tooltip: null,
      });
    }
    // Results of an older text are no results of this one.
    const snapshot = experiment.stale === null ? study.snapshot(experiment.title) : null;
    for (const block of experiment.blocks) {
      const note = snapshot?.notes.find((one) => one.block === block.kind);
      if (note !== undefined) hints.push({ offset: block.hint, text: note.text, tooltip: note.details.join('\n') });
    }
    return hints;
  });
}
