import { expecting } from '../support/vscode/specs.js';
import { inWorkbench } from '../support/vscode/suite.js';
import type { Workbench } from '../support/vscode/workbench.js';

describe('expectations in the Test Explorer', function () {
  let workbench: Workbench;

  inWorkbench(this, { files: { 'expecting.attn': expecting } }, async (opened) => {
    workbench = opened;
    await workbench.openFile('expecting.attn');
  });

  it('run there, and fail with the measured value', async () => {
    const { page } = workbench;
    await page.locator('.testing-run-glyph').first().waitFor();
    await workbench.command('Test: Run All Tests');
    await page.locator('.testing-run-glyph.codicon-testing-failed-icon, .codicon-testing-failed-icon').first().waitFor();
    await workbench.command('Testing: Focus on Test Explorer View');
    await page.locator('.test-explorer, .testing-explorer-content, .pane-body').getByText('expecting.attn').first().waitFor();
    await page.locator('.codicon-testing-passed-icon').first().waitFor();
    await workbench.screenshot('test-explorer');
    await workbench.until('the measured value', async () => {
      const editor = (await page.locator('.editor-instance').allTextContents()).join('\n').replaceAll('\u00a0', ' ');
      return /risk at \[L = 10\] = 0\.\d+, not below 1e-6/.test(editor);
    });
  });
});
