/** What the features of the extension share. */
import type * as vscode from 'vscode';
import type { AttnLanguageClient } from './language/client.js';
import type { SolverClient } from './solver/client.js';
import type { StudyRegistry } from './studies/registry.js';

export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly language: AttnLanguageClient;
  readonly solver: SolverClient;
  readonly studies: StudyRegistry;
}

export const languageId = 'attn';
export const previewType = 'attn.preview';
