/** Entry point of the extension. What is not needed at once is loaded when it is. */
import * as vscode from 'vscode';
import { registerCommands } from './commands/commands.js';
import { languageId, type Services } from './context.js';
import { registerFindings } from './findings/findings.js';
import { registerInlayHints } from './inlay/inlay.js';
import { AttnLanguageClient } from './language/client.js';
import { registerLenses } from './lenses/lenses.js';
import { log, reason } from './log.js';
import { extendMarkdownIt } from './markdown/markdown.js';
import { PreviewManager } from './preview/manager.js';
import { liveBudget, workerCount } from './settings.js';
import { SolverClient, type SolverEvents } from './solver/client.js';
import { registerStatus } from './status/status.js';
import { StudyRegistry } from './studies/registry.js';
import { registerTasks } from './tasks/tasks.js';
import { registerTests } from './testing/testing.js';

/** What other extensions of the editor ask of this one: its preview of Markdown. */
export interface Api {
  readonly extendMarkdownIt: typeof extendMarkdownIt;
}

export function activate(context: vscode.ExtensionContext): Api {
  const language = new AttnLanguageClient(context.extensionUri);
  const { bundle } = vscode.l10n;
  const events: SolverEvents = {
    message: (message) => studies.receiveResults(message),
    restarted: () => studies.solverRestarted(),
    died: (why, givenUp) => void reportDeath(why, givenUp),
    output: (text) => log.info(text),
  };
  const solver = new SolverClient(vscode.Uri.joinPath(context.extensionUri, 'dist', 'solver.js').fsPath, events, bundle ?? null);
  solver.configure(workerCount());
  const studies: StudyRegistry = new StudyRegistry(
    { post: (message) => solver.post(message), now: Date.now, budget: liveBudget },
    (error) => log.error(reason(error)),
  );
  const services: Services = { context, language, solver, studies };

  const reportDeath = async (why: string, givenUp: boolean): Promise<void> => {
    log.error(`The solver stopped: ${why}`);
    const showLog = vscode.l10n.t('Show Log');
    const message = givenUp
      ? vscode.l10n.t('The solver stopped again ({0}) and waits until you run something. Nothing of your text is lost.', why)
      : vscode.l10n.t('The solver stopped ({0}) and was started again. Nothing is lost: runs that were under way start over.', why);
    if ((await vscode.window.showWarningMessage(message, showLog)) === showLog) log.show();
  };

  const previews = new PreviewManager(services);
  const start = (): void => {
    solver.warm();
    language.start().catch((error: unknown) => {
      log.error(`The language server did not start: ${reason(error)}`);
      void vscode.window.showErrorMessage(vscode.l10n.t('The language server of Attn did not start: {0}', reason(error)));
    });
  };
  context.subscriptions.push(
    log,
    language,
    { dispose: () => solver.dispose() },
    studies,
    previews,
    language.onPlan((params) => studies.receivePlan(params)),
    vscode.workspace.onDidOpenTextDocument((document) => {
      if (document.languageId === languageId) start();
    }),
    vscode.workspace.onDidCloseTextDocument((document) => studies.closed(document.uri.toString())),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('attn.solver')) {
        solver.configure(workerCount());
        solver.stop();
        studies.solverRestarted();
      }
      if (event.affectsConfiguration('attn.live')) for (const study of studies.all()) study.endTrial();
    }),
  );
  registerCommands(services, previews);
  registerLenses(services);
  registerInlayHints(services);
  registerFindings(services);
  registerStatus(services, previews);
  registerTests(services);
  registerTasks(context);
  // The editor is told first that the extension is there.
  setImmediate(() => {
    if (vscode.workspace.textDocuments.some((document) => document.languageId === languageId)) start();
  });
  return { extendMarkdownIt };
}
