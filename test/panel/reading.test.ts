import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { example, first } from '../support/vscode/specs.js';
import { inWorkbench } from '../support/vscode/suite.js';
import type { Workbench } from '../support/vscode/workbench.js';

interface Pixels {
  getImageData(left: number, top: number, width: number, height: number): { readonly data: Uint8ClampedArray };
}

describe('reading the panel', function () {
  let workbench: Workbench;
  const plot = (index = 0): Locator => workbench.panel().locator('.plot').nth(index);
  const textOf = async (locator: Locator): Promise<string> => ((await locator.textContent()) ?? '').replaceAll('\u00a0', ' ');
  const said = (): Promise<string> => textOf(workbench.panel().locator('.spoken[aria-live]'));
  /** Where the first plot stands once it has come to rest: what comes late above it moves it. */
  async function restingBox(): Promise<{ x: number; y: number; width: number; height: number }> {
    let box = await plot().boundingBox();
    await workbench.until('the plot stands still', async () => {
      const before = box;
      await workbench.page.waitForTimeout(300);
      box = await plot().boundingBox();
      return box !== null && JSON.stringify(box) === JSON.stringify(before);
    });
    return box!;
  }
  /** How much colour the first chart has, in pixels of full saturation. */
  const ink = (): Promise<number> =>
    workbench
      .panel()
      .locator('canvas')
      .first()
      .evaluate((node: unknown) => {
        const canvas = node as { width: number; height: number; getContext(kind: '2d'): Pixels };
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let sum = 0;
        for (let i = 0; i < data.length; i += 4) {
          const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
          sum += ((Math.max(r, g, b) - Math.min(r, g, b)) / 255) * (data[i + 3]! / 255);
        }
        return sum;
      });
  const tab = (name: string): Locator => workbench.panel().getByRole('tab', { name });

  inWorkbench(this, { files: { [first]: example(first) }, width: 1600 }, async (opened) => {
    workbench = opened;
    await workbench.openFile(first);
    await workbench.openPreview();
    await workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken()));
  });

  it('shows the values of all curves under the pointer, at once', async () => {
    const box = await restingBox();
    await workbench.page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.4);
    const readout = workbench.panel().locator('.readout');
    await readout.waitFor();
    await workbench.until('all four curves', async () => (await readout.locator('tr').count()) === 4);
    assert.match(await textOf(readout), /time t = \d+.*L = 10.*0\.3\d+.*exact/s);
    await workbench.screenshot('reading-crosshair');
    await workbench.page.mouse.move(box.x + box.width + 5, box.y - 40);
    await readout.waitFor({ state: 'hidden' });
  });

  it('is read point by point with the keyboard, in words', async () => {
    const { page } = workbench;
    await plot().focus();
    await page.keyboard.press('ArrowRight');
    await workbench.until('the first point is said', async () => /^softmax, L = 10: 0\.54\d* at time t = 0, exact$/.test(await said()));
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowDown');
    await workbench.until('the next curve at the last point', async () =>
      /^softmax, L = 100: 0\.1\d* at time t = 32, exact$/.test(await said()),
    );
    await workbench.screenshot('reading-keyboard');
    await page.keyboard.press('Escape');
  });

  it('is zoomed by a drag and by keys, and set back', async () => {
    const { page } = workbench;
    const reset = workbench.panel().getByRole('button', { name: 'Reset zoom' });
    const box = await restingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 120, { steps: 4 });
    await page.mouse.up();
    await reset.first().waitFor();
    await workbench.screenshot('reading-zoomed');
    await reset.first().click();
    await reset.first().waitFor({ state: 'hidden' });
    await plot().focus();
    await page.keyboard.press('+');
    await reset.first().waitFor();
    await page.keyboard.press('0');
    await reset.first().waitFor({ state: 'hidden' });
  });

  it('goes from a curve to its value in the text', async () => {
    const { page } = workbench;
    const box = await restingBox();
    // The curve of L = 10 is alone in the upper half of the plot.
    const readout = workbench.panel().locator('.readout tr.near');
    for (let share = 0.3; share < 0.6 && (await readout.count()) === 0; share += 0.02) {
      await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * share);
      await workbench.painted();
    }
    assert.match(await textOf(readout), /L = 10/);
    await page.mouse.down();
    await page.mouse.up();
    await page.locator('.active-line-number', { hasText: /^6$/ }).waitFor();
  });

  it('makes the curves of a value stand out while the cursor is on it', async () => {
    const { page } = workbench;
    await workbench.select('sweep L');
    await page.keyboard.press('Home');
    await restingBox();
    const without = await ink();
    await workbench.select('1000, inf');
    await page.keyboard.press('ArrowLeft');
    await workbench.until('the other curves are pale', async () => (await ink()) < 0.8 * without);
    await workbench.screenshot('reading-highlight');
    await page.keyboard.press('Home');
    await workbench.until('all are as they were', async () => Math.abs((await ink()) / without - 1) < 0.02);
  });

  it('keeps zoom, scale and hidden curves, and the very canvases, while the text changes and behind another tab', async () => {
    const panel = workbench.panel();
    const reset = panel.getByRole('button', { name: 'Reset zoom' });
    await panel.getByRole('button', { name: 'log y' }).first().click();
    await panel.locator('.legend-entry').nth(1).click();
    await plot().focus();
    await workbench.page.keyboard.press('+');
    await reset.first().waitFor();
    const chosen = async (): Promise<void> => {
      const now = workbench.panel();
      await now.getByRole('button', { name: 'Reset zoom' }).first().waitFor();
      await now.getByRole('button', { name: 'log y', pressed: true }).first().waitFor();
      await now.locator('.legend-entry').nth(1).and(now.locator('[aria-pressed=false]')).waitFor();
    };
    const canvases = panel.locator('canvas');
    const count = await canvases.count();
    await canvases.evaluateAll((all: readonly unknown[]) => {
      for (const canvas of all) (canvas as { className: string }).className += ' seen-by-test';
    });
    for (const [old, next] of [
      ['0.5', '0.6'],
      ['0.6', '0.7'],
      ['0.7', '0.5'],
    ] as const) {
      const before = await workbench.spoken();
      await workbench.replace(old, next);
      await workbench.moved(before);
      await chosen();
    }
    assert.deepEqual([await panel.locator('canvas.seen-by-test').count(), await canvases.count()], [count, count]);
    await workbench.screenshot('reading-kept');
    await workbench.showTab(/^Preview/);
    await workbench.command('File: New Untitled Text File');
    await panel.locator('canvas').first().waitFor({ state: 'hidden' });
    await workbench.showTab(/^Preview/);
    await workbench.charted();
    await chosen();
    await workbench.panel().locator('.legend-entry').nth(1).click();
    await workbench.panel().getByRole('button', { name: 'log y' }).first().click();
    await workbench.panel().getByRole('button', { name: 'Reset zoom' }).first().click();
    await workbench.openFile(first);
  });

  it('has a table of all numbers, sorted by a click', async () => {
    await tab('Table').click();
    const panel = workbench.panel();
    await panel.getByText('520 rows').waitFor();
    const cells = panel.locator('.numbers tbody tr').first().locator('td');
    await workbench.until('the first row', async () => (await cells.first().textContent()) === '10');
    await panel.locator('.numbers th button', { hasText: /^risk/ }).click();
    await workbench.until('the least risk first', async () => /^0\.06/.test((await cells.nth(3).textContent()) ?? ''));
    assert.ok((await panel.locator('.numbers tbody tr').count()) < 120);
    await workbench.screenshot('reading-table');
  });

  it('has the trained matrix at every moment, and its eigenvalues', async () => {
    const { page } = workbench;
    await tab('Parameters').click();
    const panel = workbench.panel();
    await panel.locator('.matrix td').first().waitFor();
    assert.equal(await panel.locator('.matrix td').count(), 25);
    const last = await panel.locator('.matrix').textContent();
    await panel.getByRole('slider', { name: 'Moment of the training' }).focus();
    await page.keyboard.press('Home');
    await workbench.until('the matrix of the start', async () => (await panel.locator('.matrix').textContent()) !== last);
    assert.match((await panel.locator('.parameters-page h2').first().textContent())!, /A at time = 0/);
    await page.keyboard.press('PageUp');
    await workbench.screenshot('reading-parameters');
  });

  it('comes back after a reload with tab, zoom, scale and hidden curves', async () => {
    const panel = workbench.panel();
    await tab('Charts').click();
    await panel.getByRole('button', { name: 'log y' }).first().click();
    await panel.locator('.legend-entry').first().click();
    await plot().focus();
    await workbench.page.keyboard.press('+');
    await panel.getByRole('button', { name: 'Reset zoom' }).first().waitFor();
    await workbench.reload();
    await workbench.charted();
    const again = workbench.panel();
    await again.getByRole('button', { name: 'Reset zoom' }).first().waitFor();
    await again.getByRole('button', { name: 'log y', pressed: true }).first().waitFor();
    await workbench.until(
      'the hidden curve is hidden',
      async () => (await again.locator('.legend-entry').first().getAttribute('aria-pressed')) === 'false',
    );
    await workbench.screenshot('reading-reloaded');
  });
});
