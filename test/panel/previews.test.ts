import assert from 'node:assert/strict';
import { example, first } from '../support/vscode/specs.js';
import { inWorkbench } from '../support/vscode/suite.js';
import type { Workbench } from '../support/vscode/workbench.js';

const other = `experiment "Another" {
  sweep L over [20, inf]
  task linear_regression { dimension = 2 }
  prompt { length = L }
  train gradient_flow { time = 4, points = 9 }
  plot risk against time by L
}
`;

describe('several previews', function () {
  let workbench: Workbench;
  const headings = async (): Promise<string[]> => {
    const count = await workbench.page.locator('iframe.webview.ready').count();
    const found: string[] = [];
    // A panel may go while it is asked.
    for (let index = 0; index < count; index += 1)
      found.push(
        (await workbench
          .panel(index)
          .locator('header h1')
          .textContent({ timeout: 1000 })
          .catch(() => null)) ?? '',
      );
    return found.sort();
  };

  inWorkbench(this, { files: { [first]: example(first), 'other.attn': other } }, async (opened) => {
    workbench = opened;
    await workbench.openFile(first);
    await workbench.openPreview();
  });

  const heading = (words: string) => workbench.panel().locator('header h1', { hasText: words });
  const lockedTab = () => workbench.page.locator('.tab', { hasText: '[' });
  /** Comes to one locked preview, of the first text. */
  async function lock(): Promise<void> {
    if ((await lockedTab().count()) > 0) return;
    await workbench.openFile(first);
    await heading('Softmax follows').waitFor();
    await workbench.showTab(/Preview/);
    await workbench.command('Attn: Lock Preview');
    await workbench.until('its tab says that it is locked', async () => (await lockedTab().count()) === 1);
  }
  /** Comes to two previews: that one, and one of the other text. */
  async function openSecond(): Promise<void> {
    await lock();
    await workbench.openFile('other.attn');
    await workbench.command('Attn: Open Preview to the Side');
    await workbench.until('there are two', async () => (await workbench.page.locator('.tab', { hasText: /Preview|\[/ }).count()) === 2);
    await workbench.until('the new one shows the other text', async () => (await headings()).includes('Another'));
  }

  it('follow the editor that is worked in', async () => {
    await workbench.openFile('other.attn');
    await heading('Another').waitFor();
    await workbench.showTab(/^icl/);
    await heading('Softmax follows').waitFor();
  });

  it('follow no other editor once locked', async () => {
    await lock();
    await workbench.openFile('other.attn');
    // What is known of the other text is there to be shown.
    await workbench
      .editor()
      .locator('.view-line', { hasText: /final.risk/ })
      .waitFor();
    await workbench.painted();
    assert.deepEqual(await headings(), ['Softmax follows its infinite-prompt limit']);
  });

  it('stand beside a locked one', async () => {
    await openSecond();
    await workbench.screenshot('previews-two');
  });

  it('come back as they were after the window is reloaded', async () => {
    if ((await workbench.page.locator('.tab', { hasText: /Preview|\[/ }).count()) < 2) await openSecond();
    // One is seen, the other is a tab behind it: the tabs are what can be compared.
    const tabs = async (): Promise<string[]> => (await workbench.page.locator('.tab .label-name').allTextContents()).sort();
    const before = await tabs();
    const seen = await headings();
    await workbench.panel().getByRole('tab', { name: 'Table' }).click();
    await workbench.reload();
    await workbench.until('the same tabs', async () => JSON.stringify(await tabs()) === JSON.stringify(before));
    await workbench.page.locator('iframe.webview.ready').first().waitFor();
    await workbench.until('the same charts', async () => JSON.stringify(await headings()) === JSON.stringify(seen));
    await workbench.panel().locator('[role=tab][aria-selected=true]', { hasText: 'Table' }).waitFor();
    await workbench.screenshot('previews-reloaded');
  });
});
