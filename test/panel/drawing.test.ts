import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { patchBetween } from '../../src/protocol/patch.js';
import { root } from '../support/vscode/versions.js';
import { contentOf, solved, type TestContent } from '../support/webview/content.js';
import { launch, openPanel, type Stage } from '../support/webview/stage.js';

const trained = (rho: number): string => `experiment "Trained" {
  sweep L over [10, 100, inf]
  sweep kind over [softmax, linear]
  task linear_regression { dimension = 3, covariance = kms(${rho}) }
  prompt { length = L }
  attention { kernel = kind, init = balanced(0.1) }
  train gradient_flow { time = 16, points = 33 }
  plot risk against time by L
  plot parameter_gap against time by L log y
}`;
const sampled = (strength: number): string => `experiment "Sampled" {
  sweep L over [10, 30, 100, 300, inf]
  sweep τ over [1, 2]
  tokens { dimension = 2, law = gaussian(1) }
  query { at = [1, 0] }
  attention { key_query = ${strength} * τ * identity, value = identity }
  prompt { length = L }
  concentrate { of = output, samples = 512 }
  plot effective_tokens against L by τ log x log y
  plot output_error against L by τ log x log y
}`;

/** What is drawn in every canvas of the panel. */
const pictures = (stage: Stage): Promise<string[]> =>
  stage.page.evaluate(`new Promise((resolve) => {
    const read = () => [...document.querySelectorAll('.charts canvas')].map((canvas) => canvas.toDataURL());
    // The second frame draws what the first had no measure for.
    requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => resolve(read()))));
  })`);

const content = (text: string): TestContent => contentOf(solved(text));

describe('charts that are drawn again', function () {
  this.timeout(120_000);
  let browser: Browser;
  const open = async (shown: TestContent): Promise<Stage> => {
    const stage = await openPanel(browser, join(root, 'dist'), { width: 700, height: 900 });
    await stage.send({ type: 'state', version: 1, sequence: 1, content: shown });
    await stage.page.locator('.charts canvas').first().waitFor();
    await pictures(stage);
    return stage;
  };

  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const [name, from, to] of [
    ['other curves', trained(0.5), trained(0.55)],
    ['other ticks', trained(0.5), trained(0.99)],
    ['bands and values at infinity', sampled(1), sampled(1.02)],
  ] as const) {
    it(`look as if they were the first: ${name}`, async () => {
      const [before, after] = [content(from), content(to)];
      const stage = await open(before);
      const first = await pictures(stage);
      const curves = patchBetween(before.charts, after.charts)!;
      await stage.send({ type: 'update', sequence: 2, changes: {}, curves });
      const again = await pictures(stage);
      const fresh = await pictures(await open(after));
      assert.ok(again.length >= 2);
      assert.deepEqual(
        again.map((picture, i) => picture === fresh[i]),
        again.map(() => true),
      );
      assert.deepEqual(
        again.map((picture, i) => picture === first[i]),
        again.map(() => false),
      );
      // And back.
      await stage.send({ type: 'update', sequence: 3, changes: { charts: before.charts } });
      const back = await pictures(stage);
      assert.deepEqual(
        back.map((picture, i) => picture === first[i]),
        back.map(() => true),
      );
      assert.deepEqual(stage.errors, []);
    });
  }
});
