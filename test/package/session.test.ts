import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { FrameLocator, Page } from 'playwright-core';
import { processesOf, roleOf } from '../support/vscode/processes.js';
import { example, first, long } from '../support/vscode/specs.js';
import { inWorkbench } from '../support/vscode/suite.js';
import { root } from '../support/vscode/versions.js';
import type { Workbench } from '../support/vscode/workbench.js';

describe('a working day with the packaged extension', function () {
  let workbench: Workbench;
  const title = 'Softmax follows its infinite-prompt limit';
  const item = () => workbench.page.locator('.statusbar-item', { hasText: /Attn/ });
  const solver = () => processesOf(workbench.group).find((process) => roleOf(process) === 'solver');
  const whole = (index = 0): Promise<void> =>
    workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken(index)));

  inWorkbench(this, { vsix: join(root, 'attn-lab.vsix'), files: { [first]: example(first), 'long.attn': long } }, async (opened) => {
    workbench = opened;
    await workbench.openFile(first);
    await workbench.openPreview();
    await whole();
  });

  it('has an item in the status bar that says how the spec stands', async () => {
    await item().filter({ hasText: 'Attn 2 hold' }).waitFor();
  });

  it('goes on when the solver dies, with one message and nothing lost', async () => {
    const { page } = workbench;
    await workbench.openFile(first);
    await whole();
    const before = await workbench.spoken();
    const dead = solver()!.id;
    process.kill(dead, 'SIGKILL');
    const toast = page.locator('.notifications-toasts .notification-list-item', { hasText: 'was started again. Nothing is lost' });
    await toast.waitFor();
    assert.equal((await workbench.notifications()).length, 1);
    await workbench.screenshot('session-solver-died');
    await workbench.until('every curve is there as it was', async () => (await workbench.spoken()) === before);
    await workbench.command('Notifications: Clear All Notifications');
    await workbench.replace('0.5', '0.6');
    await workbench.moved(before);
    assert.notEqual(solver()!.id, dead);
  });

  it('runs a long experiment from the status bar, and cancels it there: nothing turns on', async () => {
    const { page } = workbench;
    await workbench.openFile('long.attn');
    const waiting = item().filter({ hasText: 'Attn 2 to run' });
    await waiting.waitFor();
    await workbench.screenshot('session-held');
    await waiting.locator('a').click();
    const ring = workbench.panel().locator('vscode-progress-ring');
    await ring.waitFor();
    const busy = item().filter({ hasText: /Attn \d+%/ });
    await busy.waitFor();
    await workbench.screenshot('session-running');
    const dead = solver()!.id;
    process.kill(dead, 'SIGKILL');
    await page.locator('.notifications-toasts', { hasText: 'runs that were under way start over' }).waitFor();
    await workbench.command('Notifications: Clear All Notifications');
    await workbench.until('another solver works on it', async () => {
      const now = solver();
      return now !== undefined && now.id !== dead && now.seconds > 1 && (await ring.isVisible());
    });
    await busy.locator('a').click();
    await ring.waitFor({ state: 'hidden' });
    await busy.waitFor({ state: 'hidden' });
    await workbench.screenshot('session-cancelled');
    await workbench.until('the solver rests', async () => {
      const used = solver()!.seconds;
      await page.waitForTimeout(1000);
      return solver()!.seconds - used < 0.1;
    });
    assert.deepEqual(await workbench.notifications(), []);
    await workbench.panel().getByRole('button', { name: 'Run' }).first().waitFor();
    await workbench.openFile(first);
    await whole();
  });

  it('stands in another group, follows edits there, and comes back locked after a reload', async () => {
    await workbench.showTab(/Preview/);
    await workbench.command('Attn: Lock Preview');
    await workbench.command('View: Move Editor into Left Group');
    await whole();
    await workbench.openFile('long.attn');
    await workbench.command('View: Split Editor Down');
    await workbench.showTab(/Preview/);
    await whole();
    await workbench.screenshot('session-other-group');
    await workbench.reload();
    await whole();
    await workbench.panel().locator('header h1', { hasText: title }).waitFor();
    await workbench.panel().locator('header .mark').waitFor();
    await workbench.offered('Attn: Unlock Preview');
    await workbench.screenshot('session-reloaded');
  });

  it('stands in a window of its own, and follows the text there', async () => {
    const { page } = workbench;
    await workbench.showTab(/Preview/);
    const opening = page.context().waitForEvent('page');
    await workbench.command('View: Move Editor into New Window');
    const window = await opening;
    const panel = inWindow(window);
    const spoken = async (): Promise<string> =>
      ((await panel.locator('section.figure .spoken').first().textContent()) ?? '').replace(/\u00a0/g, ' ');
    await panel.locator('canvas').first().waitFor();
    await workbench.until('all curves are there', async () => /L = ∞: from/.test(await spoken()));
    await window.screenshot({ path: join(root, 'test', 'artifacts', 'session-window.png') });
    const before = await spoken();
    await workbench.openFile(first);
    await workbench.replace('kms(rho)', 'kms(0.3)');
    await workbench.until('the curves move there', async () => {
      const now = await spoken();
      return now !== before && now !== '' && !/unfinished/.test(now);
    });
    assert.deepEqual(await workbench.notifications(), []);
  });
});

function inWindow(page: Page): FrameLocator {
  return page.frameLocator('iframe.webview.ready').first().frameLocator('iframe#active-frame');
}
