import assert from 'node:assert/strict';
import { example, first, long } from '../support/vscode/specs.js';
import { inWorkbench } from '../support/vscode/suite.js';
import type { Workbench } from '../support/vscode/workbench.js';

describe('the preview beside a spec', function () {
  let workbench: Workbench;

  inWorkbench(this, { files: { [first]: example(first), 'long.attn': long } }, async (opened) => {
    workbench = opened;
    await workbench.openFile(first);
    await workbench.openPreview();
    await workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken()));
  });

  it('draws the charts of the spec', async () => {
    const panel = workbench.panel();
    assert.equal(await panel.locator('section.figure').count(), 2);
    assert.match(await workbench.spoken(), /softmax: L = 10: from 0\.5\d+ to 0\.3\d+/);
    await panel.getByText('Exact.').first().waitFor();
    await workbench.screenshot('live-open');
  });

  it('moves the curves while the text changes', async () => {
    const before = await workbench.spoken();
    const picture = await canvasOf(workbench);
    await workbench.replace('0.5', '0.8');
    await workbench.moved(before);
    await workbench.until('the canvas changes', async () => (await canvasOf(workbench)) !== picture);
    await workbench.screenshot('live-edited');
  });

  it('keeps the last good chart, marked stale, with one message, while the text has an error, and is fresh again without it', async () => {
    const before = await workbench.spoken();
    const panel = workbench.panel();
    await workbench.replace('kms(rho)', 'kmz(rho)');
    await panel.locator('.banner.stale').waitFor();
    assert.equal(await panel.locator('.banner').count(), 1);
    assert.match((await panel.locator('.banner.stale').textContent())!, /Line 11\b.*kmz.*attn\.E\d+/s);
    assert.equal(await workbench.spoken(), before);
    await workbench.until('one problem', async () => (await workbench.page.locator('.squiggly-error').count()) === 1);
    await workbench.screenshot('live-stale');
    await panel.locator('.banner.stale button').click();
    await workbench.page.locator('.active-line-number', { hasText: /^11$/ }).waitFor();
    await workbench.replace('kmz(rho)', 'kms(rho)');
    await panel.locator('.banner.stale').waitFor({ state: 'detached' });
    await workbench.until('no problem', async () => (await workbench.page.locator('.squiggly-error').count()) === 0);
  });

  it('shows the expectations with their measured values, and goes to the line of one', async () => {
    const list = workbench.panel().locator('.expectation');
    await workbench.until('both are there', async () => (await list.count()) === 2);
    await list.first().click();
    await workbench.page.locator('.active-line-number', { hasText: /^22$/ }).waitFor();
  });

  it('moves the curves as a slider is dragged, and writes the value as one step of undo', async () => {
    const { page } = workbench;
    const line = page.locator('.view-line', { hasText: /^let\srho/ });
    const written = async (): Promise<string> => ((await line.textContent()) ?? '').replaceAll('\u00a0', ' ').trim();
    await workbench.select('let rho');
    const old = await written();
    const before = await workbench.spoken();
    const slider = workbench.panel().getByRole('slider', { name: /rho/ });
    await slider.focus();
    for (let press = 0; press < 5; press += 1) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Tab');
    await workbench.moved(before);
    await workbench.until('the value is in the text', async () => (await written()) !== old);
    await workbench.screenshot('live-slider');
    await workbench.focusText();
    await page.keyboard.press('Control+Z');
    await workbench.until('one undo takes it back', async () => (await written()) === old);
  });

  it('holds back what would take longer than the budget, with its cost', async () => {
    await workbench.openFile('long.attn');
    const panel = workbench.panel();
    await panel.locator('.banner.held').waitFor();
    assert.match((await panel.locator('.banner.held').textContent())!, /2 runs would take about .*(min|h|s)/);
    await workbench.screenshot('live-held');
  });

  it('runs it when asked, and stops when cancelled', async () => {
    await workbench.openFile('long.attn');
    const panel = workbench.panel();
    await panel.locator('.banner.held').getByRole('button', { name: 'Run' }).click();
    const cancel = panel.getByRole('button', { name: 'Cancel' });
    await cancel.waitFor();
    await workbench.painted();
    await workbench.screenshot('live-long-running');
    // The run would go on for minutes, longer than anything here waits.
    await cancel.click();
    await cancel.waitFor({ state: 'hidden' });
    assert.match((await panel.locator('header .status').textContent())!, /^0 of 2 runs, cancelled$/);
    const again = panel.locator('.banner.cancelled').getByRole('button', { name: 'Run' });
    await again.waitFor();
    await workbench.screenshot('live-cancelled');
    await again.click();
    await cancel.waitFor();
    await cancel.click();
    await again.waitFor();
    assert.deepEqual(await workbench.notifications(), []);
  });

  it('answers at once after a return to a text that was solved before', async () => {
    await workbench.openFile(first);
    await workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken()));
  });
});

/** What the first canvas shows, as text that can be compared. */
function canvasOf(workbench: Workbench): Promise<string> {
  return workbench
    .panel()
    .locator('canvas')
    .first()
    .evaluate((node: unknown) => (node as { toDataURL(): string }).toDataURL());
}
