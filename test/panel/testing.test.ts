import assert from 'node:assert/strict';
import { expecting } from '../support/vscode/specs.js';
import { Workbench } from '../support/vscode/workbench.js';

describe('expectations in the Test Explorer', function () {
  this.timeout(120_000);
  let workbench: Workbench;

  before(async () => {
    workbench = await Workbench.open({ files: { 'expecting.attn': expecting } });
    await workbench.openFile('expecting.attn');
  });
  after(() => workbench?.close());

  it('run there, and fail with the measured value', async () => {
    const { page } = workbench;
    await page.locator('.testing-run-glyph').first().waitFor();
    await workbench.command('Test: Run All Tests');
    await page.locator('.testing-run-glyph.codicon-testing-failed-icon, .codicon-testing-failed-icon').first().waitFor();
    await workbench.command('Testing: Focus on Test Explorer View');
    await page.locator('.test-explorer, .testing-explorer-content, .pane-body').getByText('expecting.attn').first().waitFor();
    await page.locator('.codicon-testing-passed-icon').first().waitFor();
    await workbench.screenshot('test-explorer');
    const editor = (await page.locator('.editor-instance').allTextContents()).join('\n').replaceAll('\u00a0', ' ');
    assert.match(editor, /risk at \[L = 10\] = 0\.\d+, not below 1e-6/);
  });
});
