import assert from 'node:assert/strict';
import { join } from 'node:path';
import { busyThreads, processesOf, roleOf } from '../support/vscode/processes.js';
import { example, first, long } from '../support/vscode/specs.js';
import { inWorkbench } from '../support/vscode/suite.js';
import { root } from '../support/vscode/versions.js';
import type { Workbench } from '../support/vscode/workbench.js';

/** `medium.attn` would take minutes: over the budget as it is, under the largest. */
const files = { [first]: example(first), 'long.attn': long, 'medium.attn': long.replace('2_000_000', '20_000') };

describe('the settings, by what they change', function () {
  let workbench: Workbench;
  const text = async (): Promise<string> =>
    (await workbench.page.locator('.editor-instance .view-lines').first().innerText()).replaceAll('\u00a0', ' ');
  const underWay = (): Promise<void> => workbench.panel().locator('vscode-progress-ring').waitFor();
  const whole = (): Promise<void> => workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken()));
  const held = () => workbench.panel().locator('.banner.held');

  inWorkbench(this, { vsix: join(root, 'attn-lab.vsix'), files }, async (opened) => {
    workbench = opened;
    await workbench.openFile(first);
    await workbench.openPreview();
    await whole();
  });

  it('codeLens.enabled: Run, Preview, Export above each experiment', async () => {
    const lenses = workbench.page.locator('.editor-instance .codelens-decoration');
    await lenses
      .filter({ hasText: /Run.*Preview.*Export/s })
      .first()
      .waitFor();
    await workbench.screenshot('settings-default');
    await workbench.setting('attn.codeLens.enabled', false);
    await workbench.until('the lenses are gone', async () => (await lenses.filter({ hasText: 'Export' }).count()) === 0);
  });

  it('inlayHints.results: results beside the statements', async () => {
    await workbench.until('the hint of a sweep', async () => /8 runs/.test(await text()));
    await workbench.setting('attn.inlayHints.results', false);
    await workbench.until('no hint', async () => !/8 runs/.test(await text()));
    await workbench.screenshot('settings-quiet');
  });

  it('live.enabled: off, an edit waits to be run', async () => {
    await workbench.openFile(first);
    await whole();
    await workbench.setting('attn.live.enabled', false);
    const before = await workbench.spoken();
    await workbench.replace('0.5', '0.7');
    await held().waitFor();
    await workbench.screenshot('settings-not-live');
    await workbench.page.waitForTimeout(1000);
    const later = await workbench.spoken();
    assert.ok(later === before || /unfinished/.test(later), later);
    await held().getByRole('button', { name: 'Run' }).click();
    await workbench.moved(before);
    await workbench.setting('attn.live.enabled', true);
  });

  it('live.budget: what takes longer waits, and what takes less starts by itself', async () => {
    await workbench.setting('attn.live.enabled', true);
    await workbench.openFile('medium.attn');
    await held().waitFor();
    await workbench.setting('attn.live.budget', 3600);
    await workbench.replace('rate = 1e-3', 'rate = 2e-3');
    await underWay();
    await held().waitFor({ state: 'detached' });
    await workbench.command('Attn: Cancel');
  });

  it('solver.workers: so many threads solve at once', async () => {
    await workbench.openFile('long.attn');
    for (const count of [1, 2]) {
      await workbench.setting('attn.solver.workers', count);
      await workbench.command('Attn: Run Experiment');
      await underWay();
      await workbench.until(`${count} threads work`, async () => {
        const solver = processesOf(workbench.group).find((process) => roleOf(process) === 'solver');
        return solver !== undefined && (await busyThreads(solver.id, 1500)) === count;
      });
    }
    await workbench.command('Attn: Cancel');
  });
});
