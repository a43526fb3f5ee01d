/** Starts the language server. A module of its own, so that its client is loaded when a spec is there and not when the extension starts. */
import * as vscode from 'vscode';
import { LanguageClient, type LanguageClientOptions, type ServerOptions, TransportKind } from 'vscode-languageclient/node';
import { type PlanParams, planNotification } from '../../protocol/language.js';
import { languageId } from '../context.js';

export interface LaunchOptions {
  /** Path of the server's script. */
  readonly module: string;
  readonly extensionUri: vscode.Uri;
  readonly output: vscode.LogOutputChannel;
  onPlan(params: PlanParams): void;
}

export async function launch({ module, extensionUri, output, onPlan }: LaunchOptions): Promise<LanguageClient> {
  const server: ServerOptions = {
    run: { module, transport: TransportKind.ipc },
    debug: { module, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6009'] } },
  };
  const options: LanguageClientOptions = {
    documentSelector: [{ language: languageId }],
    outputChannel: output,
    markdown: { isTrusted: false },
    initializationOptions: { extensionUri: extensionUri.toString(), strings: vscode.l10n.bundle },
  };
  const client = new LanguageClient('attn', 'Attn Language Server', server, options);
  client.onNotification(planNotification, onPlan);
  await client.start();
  return client;
}
