/** Every `expect` in the Test Explorer: found as texts are read, run by the solver, failed with the measured value at its line. */
import * as vscode from 'vscode';
import type { ExperimentOutline } from '../../protocol/language.js';
import { languageId, type Services } from '../context.js';
import { settled } from '../studies/settled.js';
import type { Study } from '../studies/study.js';

export function registerTests({ context, studies }: Services): void {
  const controller = vscode.tests.createTestController('attn.expectations', vscode.l10n.t('Attn'));
  const outlines = new Map<string, string>();

  const fileItem = (uri: vscode.Uri): vscode.TestItem => {
    const known = controller.items.get(uri.toString());
    if (known !== undefined) return known;
    const item = controller.createTestItem(uri.toString(), uri.path.slice(uri.path.lastIndexOf('/') + 1), uri);
    const path = vscode.workspace.asRelativePath(uri);
    item.description = path.includes('/') && uri.scheme !== 'untitled' ? path.slice(0, path.lastIndexOf('/')) : '';
    item.canResolveChildren = true;
    controller.items.add(item);
    return item;
  };
  const fill = (study: Study): void => {
    const text = JSON.stringify(study.outline.map(({ title, line, expectations }) => [title, line, expectations]));
    if (outlines.get(study.uri) === text) return;
    outlines.set(study.uri, text);
    const withTests = study.outline.filter(({ expectations }) => expectations.length > 0);
    if (withTests.length === 0) {
      controller.items.delete(study.uri);
      return;
    }
    const uri = vscode.Uri.parse(study.uri);
    fileItem(uri).children.replace(withTests.map((experiment) => experimentItem(controller, uri, experiment)));
  };
  const discover = async (): Promise<void> => {
    for (const uri of await vscode.workspace.findFiles('**/*.attn', '**/node_modules/**')) fileItem(uri);
  };
  controller.resolveHandler = async (item) => {
    if (item === undefined) return discover();
    // The language server reads the text, and its outline comes as a plan does.
    if (item.uri !== undefined && item.children.size === 0) await outlined(studies.of(item.uri.toString()), item.uri);
  };
  controller.refreshHandler = discover;
  controller.createRunProfile(
    vscode.l10n.t('Run'),
    vscode.TestRunProfileKind.Run,
    (request, token) => runTests(controller, studies, request, token),
    true,
  );
  const watcher = vscode.workspace.createFileSystemWatcher('**/*.attn', false, true, false);
  context.subscriptions.push(
    controller,
    watcher,
    watcher.onDidCreate((uri) => fileItem(uri)),
    watcher.onDidDelete((uri) => controller.items.delete(uri.toString())),
    vscode.workspace.onDidCloseTextDocument(({ uri, languageId: language }) => {
      if (language === languageId && uri.scheme === 'untitled') controller.items.delete(uri.toString());
    }),
    studies.onChange(fill),
  );
}

/** Opens the text and waits until its outline is known. */
async function outlined(study: Study, uri: vscode.Uri): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  if (study.version >= document.version) return;
  await new Promise<void>((resolve) => {
    const subscription = study.onChange(() => {
      if (study.version < document.version) return;
      subscription.dispose();
      resolve();
    });
  });
}

function experimentItem(controller: vscode.TestController, uri: vscode.Uri, experiment: ExperimentOutline): vscode.TestItem {
  const item = controller.createTestItem(experiment.title, experiment.title, uri);
  item.range = lineRange(experiment.line);
  const seen = new Map<string, number>();
  for (const { text, line } of experiment.expectations) {
    const count = (seen.get(text) ?? 0) + 1;
    seen.set(text, count);
    const child = controller.createTestItem(count === 1 ? text : `${text} (${count})`, text.replace(/^expect /, ''), uri);
    child.range = lineRange(line);
    child.sortText = String(line).padStart(8, '0');
    item.children.add(child);
  }
  return item;
}

function lineRange(line: number): vscode.Range {
  return new vscode.Range(line - 1, 0, line - 1, Number.MAX_SAFE_INTEGER);
}

function leavesOf(item: vscode.TestItem): vscode.TestItem[] {
  if (item.children.size === 0) return item.parent?.parent === undefined ? [] : [item];
  return [...item.children].flatMap(([, child]) => leavesOf(child));
}

async function runTests(
  controller: vscode.TestController,
  studies: Services['studies'],
  request: vscode.TestRunRequest,
  token: vscode.CancellationToken,
): Promise<void> {
  const run = controller.createTestRun(request);
  const interest = {};
  try {
    const asked = request.include ?? [...controller.items].map(([, item]) => item);
    for (const item of asked) {
      if (item.uri !== undefined && item.parent === undefined && item.children.size === 0) {
        await outlined(studies.of(item.uri.toString()), item.uri);
      }
    }
    const excluded = new Set((request.exclude ?? []).flatMap(leavesOf));
    const tests = asked.flatMap(leavesOf).filter((test) => !excluded.has(test));
    for (const test of tests) run.enqueued(test);
    for (const uri of new Set(tests.map((test) => test.uri?.toString() ?? ''))) {
      const ofFile = tests.filter((test) => test.uri?.toString() === uri);
      if (token.isCancellationRequested) break;
      for (const test of ofFile) run.started(test);
      const study = studies.of(uri);
      await outlined(study, vscode.Uri.parse(uri));
      study.addInterest(interest);
      study.run();
      const onStop = (stop: () => void) =>
        token.onCancellationRequested(() => {
          study.cancel();
          stop();
        });
      // A run that was stopped has tests without a verdict, and they say so.
      await settled(study, null, onStop).catch(() => {});
      for (const test of ofFile) report(run, study, test);
      study.dropInterest(interest);
    }
  } finally {
    run.end();
  }
}

function report(run: vscode.TestRun, study: Study, test: vscode.TestItem): void {
  const fail = (text: string): vscode.TestMessage => {
    const message = new vscode.TestMessage(text);
    if (test.uri !== undefined && test.range !== undefined) message.location = new vscode.Location(test.uri, test.range);
    return message;
  };
  const stale = study.staleOf(test.parent?.id ?? null);
  if (stale !== null) {
    run.errored(test, fail(vscode.l10n.t('The spec has a mistake in line {0}: {1}', stale.line, stale.message)));
    return;
  }
  const line = (test.range?.start.line ?? 0) + 1;
  const snapshot = study.snapshot(test.parent?.id ?? '');
  const outcome = snapshot?.expectations.find((one) => one.line === line);
  switch (outcome?.verdict) {
    case 'holds':
      run.appendOutput(`${outcome.text}\r\n  ${outcome.detail}\r\n`, undefined, test);
      run.passed(test);
      break;
    case 'fails':
      run.failed(test, fail(outcome.detail));
      break;
    case 'undecided':
      run.failed(test, fail(vscode.l10n.t('Undecided: {0}', outcome.detail)));
      break;
    default: {
      const [failure] = snapshot?.runs.failures ?? [];
      if (failure === undefined) run.skipped(test);
      else run.errored(test, fail(failure.name === '' ? failure.message : `${failure.name}: ${failure.message}`));
    }
  }
}
