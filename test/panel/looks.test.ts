import assert from 'node:assert/strict';
import { example, first, many } from '../support/vscode/specs.js';
import { inWorkbench } from '../support/vscode/suite.js';
import { themes, type Workbench } from '../support/vscode/workbench.js';

const points = `experiment "Curves with points" {
  sweep L over logspace(10, 1e6, 12)
  sweep τ over [1, 2]
  tokens { dimension = 2, law = gaussian(1) }
  query { at = [1, 0] }
  attention { key_query = τ * identity, value = identity }
  prompt { length = L }
  concentrate { of = output }
  plot effective_tokens against L by τ log x log y
}
`;

describe('the looks of the panel', function () {
  let workbench: Workbench;
  /** What an expression gives in the panel's document. */
  const inPanel = async <T>(expression: string): Promise<T> => {
    const outer = await (await workbench.page.waitForSelector('iframe.webview.ready')).contentFrame();
    const panel = await (await outer!.waitForSelector('iframe#active-frame', { state: 'attached' })).contentFrame();
    return panel!.evaluate<T>(expression);
  };
  const tooWide = (): Promise<number> => inPanel('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  const colours = (): Promise<string[]> =>
    inPanel('[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]');

  /** Colours of more than twenty pixels of the first canvas that are no grey. */
  const curveColours = (): Promise<string[]> =>
    inPanel(`(() => {
      const canvas = document.querySelector('canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const counts = new Map();
      for (let i = 0; i < data.length; i += 4) {
        const [r, g, b, a] = data.subarray(i, i + 4);
        if (a === 255 && Math.max(r, g, b) - Math.min(r, g, b) > 60) counts.set([r, g, b].join(), (counts.get([r, g, b].join()) ?? 0) + 1);
      }
      return [...counts].filter(([, count]) => count > 20).map(([colour]) => colour);
    })()`);

  inWorkbench(this, { files: { [first]: example(first), 'many.attn': many, 'points.attn': points }, width: 1600 }, async (opened) => {
    workbench = opened;
    await workbench.openFile(first);
    await workbench.openPreview();
    await workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken()));
  });

  it('follows the four kinds of theme', async () => {
    const seen = new Set<string>();
    for (const [id, kind] of themes) {
      await workbench.theme(id);
      await workbench.panel().locator(`body.${kind}`).waitFor();
      await workbench.painted();
      seen.add((await colours()).join());
      await workbench.screenshot(`theme-${kind}`);
    }
    assert.ok(seen.size >= 3, [...seen].join(' | '));
  });

  it('has the points of curves in the colours of their curves, after a change of theme too', async () => {
    await workbench.theme('Default Light Modern');
    await workbench.panel().locator('body.vscode-light').waitFor();
    await workbench.openFile('points.attn');
    await workbench.panel().locator('header h1', { hasText: 'Curves with points' }).waitFor();
    await workbench.until('both curves are there', async () => /τ = 2: from/.test(await workbench.spoken()));
    await workbench.painted();
    const light = await curveColours();
    assert.ok(light.length >= 2, light.join());
    await workbench.theme('Default Dark Modern');
    await workbench.panel().locator('body.vscode-dark').waitFor();
    await workbench.until(
      'both curves have other colours',
      async () => (await curveColours()).filter((own) => !light.includes(own)).length >= 2,
    );
    await workbench.screenshot('theme-points');
    // Points of the theme before would be fields of its colours.
    assert.deepEqual(
      (await curveColours()).filter((own) => light.includes(own)),
      [],
    );
    await workbench.theme('Default Light Modern');
    await workbench.openFile(first);
    await workbench.panel().locator('header h1', { hasText: 'Softmax follows' }).waitFor();
  });

  it('keeps its content under forced colours and reduced motion', async () => {
    await workbench.page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
    await workbench.charted();
    await workbench.painted();
    await workbench.screenshot('forced-colours');
    await workbench.page.emulateMedia({ forcedColors: 'none', reducedMotion: 'no-preference' });
  });

  it('has no inline style, and breaks no rule of its content policy', async () => {
    const styled = await inPanel<number>('document.querySelectorAll("[onclick], script:not([nonce]):not(#_vscodeApiScript)").length');
    assert.equal(styled, 0);
    const policy = await workbench.panel().locator('head meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
    assert.match(policy!, /default-src 'none'/);
    assert.doesNotMatch(policy!, /unsafe/);
  });

  it('fits a narrow column', async () => {
    await workbench.page.setViewportSize({ width: 700, height: 900 });
    const width = (): Promise<number> => inPanel('document.documentElement.clientWidth');
    await workbench.until('the panel is narrow', async () => (await width()) < 400);
    await workbench.until('nothing is cut off', async () => (await tooWide()) <= 0);
    await workbench.screenshot('narrow');
    await workbench.page.setViewportSize({ width: 1600, height: 900 });
  });

  it('stands two hundred runs', async () => {
    await workbench.openFile('many.attn');
    await workbench.panel().locator('header h1', { hasText: 'Two hundred runs' }).waitFor();
    await workbench.until(
      'all runs are done',
      async () => /^200 runs/.test((await workbench.panel().locator('header .status').textContent()) ?? ''),
      60_000,
    );
    await workbench.screenshot('two-hundred-runs');
    assert.ok((await tooWide()) <= 0);
  });
});
