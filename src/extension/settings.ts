/** The settings of the extension, read when they are needed. */
import * as vscode from 'vscode';
import type { ExportTheme } from './settings-values.js';

function read<T>(name: string, fallback: T): T {
  return vscode.workspace.getConfiguration('attn').get<T>(name) ?? fallback;
}

/** Seconds that may be spent while typing. */
export function liveBudget(): number {
  return read('live.enabled', true) ? Math.max(0, read('live.budget', 2)) : 0;
}

/** Threads of the solver; null is one for each core. */
export function workerCount(): number | null {
  const count = read('solver.workers', 0);
  return count > 0 ? count : null;
}

export const exportTheme = (): ExportTheme => read<ExportTheme>('export.theme', 'print');
export const showsResults = (): boolean => read('inlayHints.results', true);
export const showsLenses = (): boolean => read('codeLens.enabled', true);
