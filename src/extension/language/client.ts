/** The language server, in its own process, and what it says beyond its protocol. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type PlanParams,
  type Replacement,
  type Sliders,
  slidersRequest,
  type TrialPlan,
  trialPlanRequest,
} from '../../protocol/language.js';
import { log, reason } from '../log.js';

export class AttnLanguageClient implements vscode.Disposable {
  private started: Promise<LanguageClient> | null = null;
  private readonly plans = new vscode.EventEmitter<PlanParams>();
  readonly onPlan = this.plans.event;

  constructor(private readonly extensionUri: vscode.Uri) {}

  start(): Promise<LanguageClient> {
    this.started ??= this.launch();
    return this.started;
  }

  /** The plan that a version would have with other words in some places; null when the text has moved on. */
  async trialPlan(uri: string, version: number, replacements: readonly Replacement[]): Promise<TrialPlan> {
    const client = await this.start();
    return client.sendRequest<TrialPlan>(trialPlanRequest, { uri, version, replacements });
  }

  async sliders(uri: string, version: number, offset: number): Promise<Sliders> {
    const client = await this.start();
    return client.sendRequest<Sliders>(slidersRequest, { uri, version, offset });
  }

  async dispose(): Promise<void> {
    this.plans.dispose();
    const { started } = this;
    this.started = null;
    await started
      ?.then((client) => client.dispose())
      .catch((error: unknown) => log.warn(`The language server did not stop: ${reason(error)}`));
  }

  private async launch(): Promise<LanguageClient> {
    const module = vscode.Uri.joinPath(this.extensionUri, 'dist', 'server.js').fsPath;
    const { launch } = await import('./launch.js');
    const onPlan = (params: PlanParams): void => this.plans.fire(params);
    return launch({ module, extensionUri: this.extensionUri, output: log, onPlan });
  }
}
