import assert from 'node:assert/strict';
import { join } from 'node:path';
import { inWorkbench } from '../support/vscode/suite.js';
import { root } from '../support/vscode/versions.js';
import type { Workbench } from '../support/vscode/workbench.js';

describe('the VSIX in a clean editor, for a new user', function () {
  let workbench: Workbench;

  inWorkbench(this, { vsix: join(root, 'attn-lab.vsix') }, async (opened) => {
    workbench = opened;
  });

  const complete = (): Promise<void> => workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken()));
  /** The experiment of a template with its chart beside it; made where it is not there yet. */
  async function experiment(): Promise<void> {
    const { page } = workbench;
    if ((await page.locator('.tab', { hasText: 'Preview' }).count()) > 0) return;
    await workbench.command('Attn: New Experiment...');
    await workbench.choose('Training against the infinite-prompt limit');
    await workbench.charted();
    await complete();
  }

  it('has a walkthrough with a picture for each step', async () => {
    const { page } = workbench;
    await workbench.command('Welcome: Open Walkthrough...');
    await page.locator('.quick-input-widget input[type=text]').first().fill('Attn');
    await workbench.choose('Attn');
    const steps = page.locator('.getting-started-step');
    await steps.first().waitFor();
    const count = await steps.count();
    assert.ok(count >= 3);
    const seen = new Set<string>();
    for (let step = 0; step < count; step += 1) {
      await steps.nth(step).click();
      const picture = page
        .frameLocator('.getting-started-media iframe.webview.ready')
        .frameLocator('iframe#active-frame')
        .locator('svg')
        .first();
      await picture.waitFor();
      await workbench.until('the picture of the step', async () => {
        const text = (await picture.textContent({ timeout: 1000 }).catch(() => null)) ?? '';
        return text !== '' && !seen.has(text) && seen.add(text).size === step + 1;
      });
      const box = (await picture.boundingBox())!;
      assert.ok(box.width > 200 && box.height > 100, `${box.width} × ${box.height}`);
      await workbench.screenshot(`package-walkthrough-${step + 1}`);
    }
    await workbench.command('View: Close All Editors');
  });

  it('makes an experiment from a template, with its chart beside it', async () => {
    await experiment();
    await workbench.screenshot('package-new-experiment');
  });

  it('moves the curve with a change, and says one thing about a mistake', async () => {
    await experiment();
    const before = await workbench.spoken();
    // One key: each further one would be a spec, and have curves, of its own.
    await workbench.select('0.5');
    await workbench.page.keyboard.press('ArrowRight');
    await workbench.page.keyboard.type('5');
    const moved = await workbench.moved(before);
    await workbench.replace('plot risk', 'plot rsk');
    await workbench.panel().locator('.banner.stale').waitFor();
    await workbench.until('one message', async () => (await workbench.panel().locator('.banner').count()) === 1);
    assert.equal(await workbench.spoken(), moved);
    await workbench.screenshot('package-mistake');
    await workbench.replace('plot rsk', 'plot risk');
    await workbench.panel().locator('.banner.stale').waitFor({ state: 'detached' });
  });

  it('runs from the palette', async () => {
    await experiment();
    await workbench.command('Attn: Run Experiment');
    await workbench.until('the runs are done', async () =>
      /^\d+ runs$/.test((await workbench.panel().locator('header .status').textContent()) ?? ''),
    );
    assert.deepEqual(await workbench.notifications(), []);
  });

  it('runs the expectations as tests', async () => {
    const { page } = workbench;
    await experiment();
    await workbench.command('Test: Run All Tests');
    await workbench.command('Testing: Focus on Test Explorer View');
    await page.locator('.codicon-testing-passed-icon').first().waitFor();
    await workbench.until(
      'a mark beside each expectation',
      async () => (await page.locator('.testing-run-glyph.codicon-testing-passed-icon').count()) >= 2,
    );
    assert.equal(await page.locator('.codicon-testing-failed-icon').count(), 0);
    await workbench.screenshot('package-tests');
  });
});
