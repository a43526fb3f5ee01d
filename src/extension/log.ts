/** The log of the extension, in the Output view. */
import * as vscode from 'vscode';

export const log = vscode.window.createOutputChannel('Attn', { log: true });

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
