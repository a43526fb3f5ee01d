/** What solving found out about a spec, as marks at its lines: they come when the results do, and go with them. */
import * as vscode from 'vscode';
import { languageId, type Services } from '../context.js';
import type { Study } from '../studies/study.js';

export function registerFindings({ context, studies }: Services): void {
  const collection = vscode.languages.createDiagnosticCollection('attn-results');
  /** What was shown last for each text. */
  const shown = new Map<string, string>();
  const show = (study: Study): void => {
    const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === study.uri);
    if (document === undefined || document.version !== study.version) return;
    const marks = marksOf(study);
    const now = JSON.stringify(marks);
    if (shown.get(study.uri) === now) return;
    shown.set(study.uri, now);
    collection.set(
      document.uri,
      marks.map(({ start, end, code, message }) => {
        const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
        // A run that failed is an error.
        const severity = code.startsWith('attn.E') ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning;
        const diagnostic = new vscode.Diagnostic(range, message, severity);
        diagnostic.source = languageId;
        diagnostic.code = code;
        return diagnostic;
      }),
    );
  };
  context.subscriptions.push(
    collection,
    studies.onChange(show),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      shown.delete(uri.toString());
      collection.delete(uri);
    }),
  );
}

interface Mark {
  readonly start: number;
  readonly end: number;
  readonly code: string;
  readonly message: string;
}

/** Results of an older text are no results of this one. */
function marksOf(study: Study): Mark[] {
  return study.outline.flatMap((experiment) => {
    const snapshot = experiment.stale === null ? study.snapshot(experiment.title) : null;
    return (snapshot?.findings ?? []).map(({ code, message, block }): Mark => {
      const place = experiment.blocks.find(({ kind }) => kind === block);
      // A block is marked up to its `{`, or whole where it stands on one line.
      const span = place === undefined ? experiment.titleSpan : { start: place.start, end: place.hint };
      return { start: span.start, end: span.end, code, message };
    });
  });
}
