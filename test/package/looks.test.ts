import assert from 'node:assert/strict';
import { join } from 'node:path';
import { example, first, many } from '../support/vscode/specs.js';
import { inWorkbench } from '../support/vscode/suite.js';
import { root } from '../support/vscode/versions.js';
import { themes, type Workbench } from '../support/vscode/workbench.js';

const longTitle =
  'How the population risk of softmax attention approaches that of linear attention as the prompt grows, at three temperatures, for readers who like long titles';
const one = `experiment "${longTitle}" {
  task linear_regression { dimension = 3 }
  prompt { length = 40 }
  attention { init = balanced(0.1) }
  train gradient_flow { time = 8, points = 33 }
  plot risk against time
}
`;

/** Examples with shaded stretches, marks on curves, and charts that no spec asks for. */
const phased = Object.fromEntries(['regimes.attn', 'rare-queries.attn'].map((name) => [name, example(name)]));

/** Elements that stick out of the panel, words that are broken in the middle, and text over text. */
const flaws = `(() => {
  const found = [];
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) found.push('the page is ' + document.documentElement.scrollWidth + ' wide, not ' + wide);
  const shown = [...document.querySelectorAll('h1, h2, h3, button, vscode-button, label, output, .slider-name, .x-label, .notes, .banner')]
    .filter((one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility !== 'hidden' && one.closest('.table-scroll') === null);
  for (const one of shown) {
    const box = one.getBoundingClientRect();
    if (box.width > 0 && (box.left < -0.5 || box.right > wide + 0.5)) found.push(one.localName + ' ' + one.textContent.trim().slice(0, 40) + ' sticks out');
  }
  for (const name of document.querySelectorAll('.slider-name, .tabs button, .toggle')) {
    if (name.getClientRects().length === 0) continue;
    const range = document.createRange();
    range.selectNodeContents(name);
    const tops = new Set([...range.getClientRects()].filter((box) => box.width > 0).map((box) => Math.round(box.top)));
    if (tops.size > 1 && !/ /.test(name.textContent.trim())) found.push('“' + name.textContent + '” is broken');
  }
  return found;
})()`;

describe('the looks of the packaged extension', function () {
  let workbench: Workbench;
  const inPanel = async <T>(expression: string): Promise<T> => {
    const outer = await (await workbench.page.waitForSelector('iframe.webview.ready')).contentFrame();
    const panel = await (await outer!.waitForSelector('iframe#active-frame', { state: 'attached' })).contentFrame();
    return panel!.evaluate<T>(expression);
  };
  const title = (words: string): Promise<void> => workbench.panel().locator('header h1', { hasText: words }).waitFor();
  const done = (): Promise<void> =>
    workbench.until('all runs are done', async () =>
      /^\d+ runs?$/.test((await workbench.panel().locator('header .status').textContent()) ?? ''),
    );
  /** Looks once the panel has come to rest at its new size or colours. */
  async function look(name: string): Promise<void> {
    await inPanel('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 200))))');
    await workbench.screenshot(`looks-${name}`);
    let found: string[] = [];
    await workbench
      .until(
        'no flaw',
        async () => {
          found = await inPanel<string[]>(flaws);
          return found.length === 0;
        },
        10_000,
      )
      .catch(() => assert.deepEqual(found, [], name));
  }

  inWorkbench(
    this,
    {
      vsix: join(root, 'attn-lab.vsix'),
      files: { [first]: example(first), ...phased, 'many.attn': many, 'one.attn': one },
      width: 1600,
      height: 1000,
    },
    async (opened) => {
      workbench = opened;
      await workbench.openFile(first);
      await workbench.openPreview();
      await done();
    },
  );

  for (const [id, kind] of themes) {
    it(`${id}: charts, table and parameters`, async () => {
      await workbench.theme(id);
      await workbench.panel().locator(`body.${kind}`).waitFor();
      const panel = workbench.panel();
      await panel
        .locator('.plot')
        .first()
        .hover({ position: { x: 160, y: 60 } });
      await look(`${kind}-charts`);
      for (const tab of ['Table', 'Parameters']) {
        await panel.getByRole('tab', { name: tab }).click();
        await panel
          .locator(tab === 'Table' ? '.numbers td' : '.matrix td')
          .first()
          .waitFor();
        await look(`${kind}-${tab.toLowerCase()}`);
      }
      await panel.getByRole('tab', { name: 'Charts' }).click();
    });
  }

  it('forced colours', async () => {
    await workbench.page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
    await look('forced-charts');
    await workbench.panel().getByRole('tab', { name: 'Parameters' }).click();
    await workbench.panel().locator('.matrix td').first().waitFor();
    await look('forced-parameters');
    await workbench.panel().getByRole('tab', { name: 'Charts' }).click();
    await workbench.page.emulateMedia({ forcedColors: 'none', reducedMotion: 'no-preference' });
    await workbench.theme('Default Light Modern');
  });

  it('phases of softmax, and the queries that carry an error', async () => {
    await workbench.page.setViewportSize({ width: 1600, height: 1500 });
    for (const [id, kind] of themes) {
      await workbench.theme(id);
      await workbench.panel().locator(`body.${kind}`).waitFor();
      for (const [name, heading, note] of [
        ['regimes.attn', 'Three regimes', 'Shaded: errors fall more slowly'],
        ['rare-queries.attn', 'Rare queries', 'Rare queries govern the average'],
      ] as const) {
        await workbench.openFile(name);
        await title(heading);
        await done();
        await workbench.panel().locator('section.figure', { hasText: note }).locator('canvas').first().waitFor();
        await look(`${kind}-${name.replace('.attn', '')}`);
      }
    }
    await workbench.page.setViewportSize({ width: 1600, height: 1000 });
  });

  it('one run, under a long title', async () => {
    await workbench.openFile('one.attn');
    await title('for readers who like long titles');
    await done();
    await look('one-run');
  });

  it('two hundred runs', async () => {
    await workbench.openFile('many.attn');
    await title('Two hundred runs');
    await done();
    await look('many-runs');
  });

  it('a column of 260 pixels', async () => {
    await workbench.command('View: Toggle Primary Side Bar Visibility');
    await workbench.page.setViewportSize({ width: 580, height: 1000 });
    await workbench.until('the panel is narrow', async () => (await inPanel<number>('innerWidth')) <= 280);
    await look('narrow-many');
    await workbench.openFile('one.attn');
    await title('for readers who like long titles');
    await done();
    await look('narrow-one');
    await workbench.openFile(first);
    await title('Softmax follows');
    await done();
    await look('narrow-charts');
    for (const tab of ['Table', 'Parameters']) {
      await workbench.panel().getByRole('tab', { name: tab }).click();
      await look(`narrow-${tab.toLowerCase()}`);
    }
    await workbench.panel().getByRole('tab', { name: 'Charts' }).click();
    // The find widget has no place in a narrow editor.
    await workbench.page.setViewportSize({ width: 1600, height: 1000 });
    await workbench.replace('kms(rho)', 'kmz(rho)');
    await workbench.panel().locator('.banner.stale').waitFor();
    await workbench.page.setViewportSize({ width: 580, height: 1000 });
    await workbench.until('the panel is narrow again', async () => (await inPanel<number>('innerWidth')) <= 280);
    await look('narrow-mistake');
  });
});
