/** What a command is about: the place it was called from, else the preview or editor that has the focus. */
import * as vscode from 'vscode';
import { languageId, type Services } from '../context.js';
import type { PreviewManager } from '../preview/manager.js';

export interface Target {
  readonly uri: vscode.Uri;
  /** Null when the text has no experiment. */
  readonly experiment: string | null;
}

/** Arguments of a command: a menu gives an address, a lens an address and a title. */
export function targetOf(services: Services, previews: PreviewManager, args: readonly unknown[]): Target | null {
  const [given, title] = args;
  const uri = given instanceof vscode.Uri ? given : typeof given === 'string' ? vscode.Uri.parse(given) : null;
  if (uri !== null && typeof title === 'string') return { uri, experiment: title };
  const { active } = previews;
  if (active !== null && (uri === null || uri.scheme === 'webview-panel')) return { uri: active.uri, experiment: active.experiment };
  const editor = vscode.window.activeTextEditor;
  if (uri !== null && uri.toString() !== editor?.document.uri.toString()) return { uri, experiment: firstOf(services, uri) };
  if (editor?.document.languageId !== languageId) return null;
  return { uri: editor.document.uri, experiment: experimentAt(services, editor) };
}

function firstOf(services: Services, uri: vscode.Uri): string | null {
  return services.studies.find(uri.toString())?.titles[0] ?? null;
}

/** The experiment that the cursor stands in, else the last one before it, else the first. */
function experimentAt(services: Services, { document, selection }: vscode.TextEditor): string | null {
  const offset = document.offsetAt(selection.active);
  const outline = services.studies.find(document.uri.toString())?.outline ?? [];
  return (outline.filter(({ start }) => start <= offset).at(-1) ?? outline[0])?.title ?? null;
}
