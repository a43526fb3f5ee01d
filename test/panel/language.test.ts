import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inWorkbench } from '../support/vscode/suite.js';
import type { Workbench } from '../support/vscode/workbench.js';

const experiment = (title: string, rho: string): string => `experiment "${title}" {
  sweep L over [10, 100, inf]
  task linear_regression { dimension = 2, covariance = kms(${rho}) }
  prompt { length = L }
  train gradient_flow { time = 4, points = 9 }
}
`;

const concentration = `experiment "Concentration" {
  sweep L over [10, 100, 1000]
  tokens { dimension = 3, law = gaussian(1) }
  query { at = [1, 0, 0] }
  attention { key_query = 0.5 * identity, value = identity }
  prompt { length = L }
  concentrate { of = output }
}
`;

const files = {
  'two.attn': `let rho = 0.5\n${experiment('First', 'rho')}${experiment('Second', '0.25')}${concentration}`,
  'data.attn': 'let law = file("")\n',
  'data/run.csv': 'step,loss\n1,2\n2,1\n',
  'notes.md': `# Notes\n\n\`\`\`attn\nlet rho = 0.5 // kept\n\`\`\`\n`,
};

describe('the language in the workbench', function () {
  let workbench: Workbench;

  inWorkbench(this, { files }, async (opened) => {
    workbench = opened;
    await workbench.openFile('two.attn');
  });

  const text = (): Promise<string> =>
    workbench.page
      .locator('.editor-group-container.active .monaco-editor .view-lines')
      .first()
      .innerText()
      .then((all) => all.replaceAll('\u00a0', ' '));

  it('shows results beside the statements that make them', async () => {
    await workbench.until(
      'the results',
      async () => /final risk 0\.\d+ … 0\.\d+/.test(await text()) && /fitted rate of/.test(await text()),
    );
    assert.match(await text(), /sweep L over \[10, 100, inf\]\s*3 runs/);
    await workbench.screenshot('language-hints');
  });

  it('keeps the other experiments live while one has a mistake, and takes the results of that one away', async () => {
    await workbench.openPreview();
    const panel = workbench.panel();
    await workbench.replace('kms(rho)', 'kmz(rho)');
    await panel.locator('.banner.stale').waitFor();
    await workbench.until('two results are left', async () => ((await text()).match(/final risk/g) ?? []).length === 1);
    await panel.locator('select, vscode-dropdown').first().waitFor();
    await workbench.screenshot('language-stale');
    await workbench.replace('kmz(rho)', 'kms(rho)');
    await panel.locator('.banner.stale').waitFor({ state: 'detached' });
  });

  it('goes on with a path', async () => {
    await workbench.openFile('data.attn');
    await workbench.select('file("');
    await workbench.page.keyboard.press('ArrowRight');
    await workbench.command('Trigger Suggest');
    const widget = workbench.page.locator('.suggest-widget.visible');
    await widget.getByText('data/').first().waitFor();
    await workbench.page.keyboard.press('Enter');
    await widget.getByText('run.csv').first().waitFor();
    await workbench.screenshot('language-paths');
    await workbench.page.keyboard.press('Enter');
    await workbench.until('the path is there', async () => /file\("data\/run\.csv"\)/.test(await text()));
  });

  it('colours fences in Markdown', async () => {
    await workbench.openFile('notes.md');
    const line = workbench.page.locator('.view-line', { hasText: 'let' }).last();
    await workbench.until('the fence has colours', async () => (await line.locator('span span').count()) > 3);
    const classes = await line
      .locator('span span')
      .evaluateAll((spans: { className: string }[]) => spans.map(({ className }) => className));
    assert.ok(new Set(classes).size >= 3, classes.join());
    await workbench.screenshot('language-fence');
  });

  it('speaks French where the editor does', async () => {
    await workbench.openFile('two.attn');
    await workbench.openPreview();
    await workbench.replace('kms(rho)', 'kmz(rho)');
    await workbench.panel().locator('.banner.stale').waitFor();
    // An edit of the last second has no backup yet, and a page that is left does not wait for it.
    await workbench.page.keyboard.press('Control+S');
    await workbench.until('the text is saved', async () => /kmz/.test(readFileSync(join(workbench.folder, 'two.attn'), 'utf8')));
    // What a language pack sets before the workbench starts.
    await workbench.page.addInitScript("globalThis._VSCODE_NLS_LANGUAGE = 'fr'");
    await workbench.reload();
    await workbench.until('French results', async () => /risque final/.test(await text()));
    const panel = workbench.panel();
    await panel.locator('.banner.stale').waitFor();
    assert.match((await panel.locator('.banner.stale').textContent()) ?? '', /Il n’y a rien à montrer avant.* Ligne 4/);
    await workbench.screenshot('language-french');
  });
});
