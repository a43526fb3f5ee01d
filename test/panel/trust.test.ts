import assert from 'node:assert/strict';
import { example, expecting, first } from '../support/vscode/specs.js';
import { Workbench } from '../support/vscode/workbench.js';

describe('a folder that is not trusted', function () {
  this.timeout(120_000);
  let workbench: Workbench;

  before(async () => {
    workbench = await Workbench.open({ files: { [first]: example(first) }, asksForTrust: true });
    await workbench.page.getByRole('button', { name: /No, I don't trust/ }).click();
  });
  after(() => workbench?.close());

  it('still gives charts beside the text', async () => {
    await workbench.page.locator('.statusbar', { hasText: 'Restricted Mode' }).waitFor();
    await workbench.openFile(first);
    await workbench.openPreview();
    await workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken()));
    await workbench.screenshot('restricted');
    assert.deepEqual(await workbench.panel().locator('.banner.failed').count(), 0);
  });
});

describe('expectations in the Test Explorer', function () {
  this.timeout(120_000);
  let workbench: Workbench;

  before(async () => {
    workbench = await Workbench.open({ files: { 'expecting.attn': expecting } });
    await workbench.openFile('expecting.attn');
  });
  after(() => workbench?.close());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench?.screenshot(`failed-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  it('run there, and fail with the measured value', async () => {
    const { page } = workbench;
    await page.locator('.testing-run-glyph').first().waitFor();
    await workbench.command('Test: Run All Tests');
    await page.locator('.testing-run-glyph.codicon-testing-failed-icon, .codicon-testing-failed-icon').first().waitFor();
    await workbench.command('Testing: Focus on Test Explorer View');
    const rows = page.locator('.test-explorer .monaco-list-row, .testing-explorer .monaco-list-row');
    await workbench.until('both verdicts are in the tree', async () => {
      const labels = (await rows.allTextContents()).join('\n');
      return labels.includes('decreasing in L') && labels.includes('below 1e-6');
    });
    await workbench.screenshot('test-explorer');
    const editor = (await page.locator('.editor-instance').allTextContents()).join('\n').replaceAll('\u00a0', ' ');
    assert.match(editor, /risk[^\n]*0\.\d+/);
  });
});
