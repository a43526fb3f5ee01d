import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, openExample, openSpec, until } from '../support/vscode/host.js';

const spec = `let rho = 0.5

experiment "Small" {
  sweep L over [10, 100, inf]
  task linear_regression { dimension = 3, covariance = kms(rho) }
  prompt { length = L }
  train gradient_flow { time = 4, points = 9 }
  plot risk against time by L
  expect risk decreasing in L
}
`;

const whole = new vscode.Range(0, 0, 1000, 0);

const lenses = (uri: vscode.Uri): Promise<vscode.CodeLens[]> =>
  until('code lenses', async () => {
    const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
    return found.length >= 3 && found;
  });

const hints = (uri: vscode.Uri, count: number): Promise<string[]> =>
  until(`${count} inlay hints`, async () => {
    const found = await vscode.commands.executeCommand<vscode.InlayHint[]>('vscode.executeInlayHintProvider', uri, whole);
    return (
      found.length === count && found.map(({ label }) => (typeof label === 'string' ? label : label.map(({ value }) => value).join('')))
    );
  });

const previewTabs = (): vscode.Tab[] =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith('attn.preview'));

describe('the features of the extension', () => {
  afterEach(closeAll);

  it('are lenses above an experiment, which run, show and export it', async () => {
    const { document } = await openSpec(spec);
    const found = await lenses(document.uri);
    assert.deepEqual(
      found.map(({ command }) => [command?.title, command?.command]),
      [
        ['Run', 'attn.runExperiment'],
        ['Preview', 'attn.openPreviewToSide'],
        ['Export', 'attn.exportFigure'],
      ],
    );
    assert.deepEqual(found[0]?.command?.arguments?.slice(1), ['Small']);
    assert.equal(found[0]?.range.start.line, 2);
  });

  it('are results beside the statements that made them, and follow the text', async () => {
    const { document, editor } = await openSpec(spec);
    const found = await until('the risks of all lengths', async () => {
      const now = await hints(document.uri, 2);
      return now[1]!.includes('…') && now;
    });
    const [runs, risk] = found;
    assert.equal(runs, '3 runs');
    assert.match(risk!, /^final risk 0\.\d+ … 0\.\d+$/);
    const rho = document.getText().indexOf('0.5');
    await editor.edit((edit) => edit.replace(new vscode.Range(document.positionAt(rho), document.positionAt(rho + 3)), '0.9'));
    await until('another risk', async () => (await hints(document.uri, 2))[1] !== risk);
  });

  it('open one preview, however often it is asked for', async () => {
    await openSpec(spec);
    await vscode.commands.executeCommand('attn.openPreviewToSide');
    await until('a preview', () => previewTabs().length === 1);
    await vscode.commands.executeCommand('attn.openPreviewToSide');
    await vscode.commands.executeCommand('attn.runAll');
    assert.equal(previewTabs().length, 1);
    assert.notEqual(previewTabs()[0]?.group.viewColumn, vscode.window.activeTextEditor?.viewColumn, 'beside the text');
  });

  it('open a preview that stays when it is locked', async () => {
    await openSpec(spec);
    await vscode.commands.executeCommand('attn.openPreview');
    await until('a preview that has the focus', () => previewTabs()[0]?.isActive === true);
    await vscode.commands.executeCommand('attn.lockPreview');
    await until('a title that says so', () => previewTabs()[0]?.label.startsWith('[') === true);
    await vscode.commands.executeCommand('attn.unlockPreview');
    await until('a title without it', () => previewTabs()[0]?.label.startsWith('[') === false);
  });

  it('are tasks for the command line that comes along', async () => {
    await openExample('icl-gradient-flow.attn');
    const tasks = await vscode.tasks.fetchTasks({ type: 'attn' });
    const check = tasks.find(({ name }) => name.startsWith('check') && name.includes('icl-gradient-flow.attn'));
    assert.ok(check !== undefined, tasks.map(({ name }) => name).join(', '));
    assert.deepEqual(check.problemMatchers, ['$attn']);
    const ended = new Promise<number | undefined>((resolve) => {
      const subscription = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        if (execution.task.name !== check.name) return;
        subscription.dispose();
        resolve(exitCode);
      });
    });
    await vscode.tasks.executeTask(check);
    assert.equal(await ended, 0);
  });
});
