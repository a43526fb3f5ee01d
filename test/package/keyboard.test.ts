import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { inWorkbench } from '../support/vscode/suite.js';
import { root } from '../support/vscode/versions.js';
import type { Workbench } from '../support/vscode/workbench.js';

/** What has the focus in the panel: its name, how it is to be seen, and its state. */
const focused = `(() => {
  let deep = document.activeElement;
  while (deep?.shadowRoot?.activeElement) deep = deep.shadowRoot.activeElement;
  const named = document.activeElement;
  const style = getComputedStyle(deep);
  const own = named === document.body ? '' : named.getAttribute('aria-label') ?? named.textContent.trim();
  const label = own === '' ? named.getAttribute('title') ?? '' : own;
  const box = named.getBoundingClientRect();
  return {
    name: (named.getAttribute('role') ?? named.localName) + ' ' + label.replace(/\\u00a0/g, ' '),
    ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1 && style.outlineColor !== getComputedStyle(document.body).backgroundColor,
    seen: box.width > 0 && box.height > 0,
    pressed: named.getAttribute('aria-pressed'),
  };
})()`;

interface Focused {
  readonly name: string;
  readonly ring: boolean;
  readonly seen: boolean;
  readonly pressed: string | null;
}

describe('a session with the keyboard alone', function () {
  let workbench: Workbench;
  let panel: Frame;
  const at = (): Promise<Focused> => panel.evaluate<Focused>(focused);
  const keys = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) await workbench.page.keyboard.press(name);
  };
  const inText = (): Promise<boolean> =>
    workbench.page.evaluate<boolean>("document.hasFocus() && document.activeElement?.closest('.monaco-editor') !== null");
  const text = async (): Promise<string> =>
    (await workbench.page.locator('.editor-instance .view-lines').first().innerText()).replaceAll('\u00a0', ' ');
  const said = async (): Promise<string> =>
    ((await workbench.panel().locator('.spoken[aria-live]').textContent()) ?? '').replaceAll('\u00a0', ' ');
  /** Goes on with Tab until something of this name has the focus. */
  async function tabTo(name: RegExp, key = 'Tab'): Promise<Focused> {
    for (let press = 0; press < 40; press += 1) {
      await keys(key);
      const now = await at();
      if (name.test(now.name)) return now;
    }
    throw new Error(`Tab does not come to ${name}; it is at ${(await at()).name}`);
  }
  async function toPanel(): Promise<void> {
    const there = (): Promise<boolean> => panel.evaluate<boolean>('document.hasFocus()');
    // From the panel the key goes a long way, and would take the focus from what has it when it arrives.
    if (!(await there())) await keys('Control+2');
    await workbench.until('the panel has the focus', there);
  }

  inWorkbench(this, { vsix: join(root, 'attn-lab.vsix') }, async (opened) => {
    workbench = opened;
    await begin();
  });

  async function begin(): Promise<void> {
    const { page } = workbench;
    const rows = page.locator('.quick-input-list .monaco-list-row');
    await workbench.until('the command is offered', async () => {
      await keys('Escape', 'F1');
      await page.keyboard.type('Attn: New Exp');
      return rows
        .first()
        .filter({ hasText: 'Attn: New Experiment...' })
        .waitFor({ timeout: 3000 })
        .then(() => true)
        .catch(() => false);
    });
    await keys('Enter');
    await rows.filter({ hasText: 'Training against the infinite-prompt limit' }).first().waitFor();
    await keys('Enter');
    await workbench.charted();
    await workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken()));
    const outer = await (await page.waitForSelector('iframe.webview.ready')).contentFrame();
    panel = (await (await outer!.waitForSelector('iframe#active-frame', { state: 'attached' })).contentFrame())!;
    await workbench.until('the text has the focus', inText);
  }

  it('begins an experiment', async () => {
    assert.equal(await inText(), true);
    assert.match(await workbench.spoken(), /L = 10: from/);
  });

  it('edits it, and sees the curve move', async () => {
    const before = await workbench.spoken();
    await keys('Control+Home', 'Control+F');
    await workbench.page.locator('.find-widget.visible').waitFor();
    await workbench.page.keyboard.type('0.5');
    await workbench.page.locator('.find-widget.visible .matchesCount', { hasText: /of [1-9]/ }).waitFor();
    await keys('Enter', 'Escape');
    await workbench.page.keyboard.type('0.7');
    await workbench.moved(before);
  });

  it('goes through the panel in the order in which it is read, and always sees where it is', async () => {
    await toPanel();
    const way: Focused[] = [];
    for (let press = 0; press < 60; press += 1) {
      await keys('Tab');
      const now = await at();
      if (way.length > 0 && (now.name === way[0]!.name || now.name.startsWith('document'))) break;
      way.push(now);
    }
    const names = way.map(({ name }) => name);
    const order = [
      /^vscode-button (Run|Compare)/,
      /slider|input .*rho/,
      /^tab Charts/,
      /log y/,
      /Copy figure/,
      /Export/,
      /^button .*10/,
      /^application /,
      /^button holds\s?risk/,
    ];
    const places = order.map((pattern) => names.findIndex((name) => pattern.test(name)));
    assert.ok(
      places.every((place, i) => place >= 0 && (i === 0 || place > places[i - 1]!)),
      `${places.join()} in\n${names.join('\n')}`,
    );
    assert.deepEqual(
      way.filter(({ ring, seen }) => !ring || !seen).map(({ name }) => name),
      [],
      'the focus can be seen everywhere',
    );
  });

  it('reads, zooms and pans a chart', async () => {
    const reset = workbench.panel().getByRole('button', { name: 'Reset zoom' }).first();
    await toPanel();
    await tabTo(/^application /);
    await keys('ArrowRight', 'ArrowRight');
    await workbench.until('a point is said', async () => /L = 10: 0\.\d+ at time t = \d/.test(await said()));
    await keys('ArrowDown');
    await workbench.until('the next curve is said', async () => /L = 30: /.test(await said()));
    await workbench.panel().locator('.readout').waitFor();
    await workbench.screenshot('keyboard-reading');
    await keys('+', '+');
    await reset.waitFor();
    const zoomed = await workbench.panel().locator('canvas').first().screenshot();
    await keys('Shift+ArrowRight');
    await workbench.until('the view moves', async () => !(await workbench.panel().locator('canvas').first().screenshot()).equals(zoomed));
    await keys('0');
    await reset.waitFor({ state: 'hidden' });
    await keys('Escape');
    await workbench.panel().locator('.readout').waitFor({ state: 'hidden' });
  });

  it('hides and shows a curve, and switches an axis', async () => {
    await toPanel();
    await tabTo(/^button .*\b10\b/);
    await keys('Space');
    await workbench.until('it is hidden', async () => (await at()).pressed === 'false');
    await workbench.screenshot('keyboard-hidden');
    await keys('Space');
    await workbench.until('it is shown', async () => (await at()).pressed === 'true');
    const { pressed } = await tabTo(/log y/, 'Shift+Tab');
    await keys('Space');
    await workbench.until('the axis is switched', async () => (await at()).pressed !== pressed);
    await keys('Space');
  });

  it('moves a slider, which writes into the text', async () => {
    const before = await text();
    await toPanel();
    await tabTo(/rho/, 'Shift+Tab');
    await keys('ArrowRight', 'ArrowRight', 'Tab');
    await workbench.until('the text has another value', async () => (await text()) !== before);
  });

  it('opens the table, and the menu of exports, and leaves both', async () => {
    await toPanel();
    await tabTo(/^tab Charts/);
    await keys('ArrowRight');
    await workbench.until('the tab of the table is chosen', async () => /^tab Table/.test((await at()).name));
    await workbench.panel().locator('.numbers').waitFor();
    await keys('ArrowLeft');
    await tabTo(/Export/);
    await keys('Enter');
    await workbench.until('the first format has the focus', async () => /SVG/.test((await at()).name));
    await workbench.screenshot('keyboard-menu');
    await keys('ArrowDown');
    await workbench.until('the second', async () => /PNG/.test((await at()).name));
    await keys('Escape');
    await workbench.until('the button has the focus again', async () => /Export/.test((await at()).name));
    assert.equal(await workbench.panel().locator('[role=menu]').first().isVisible(), false);
  });

  it('goes back to the text, and runs it', async () => {
    await toPanel();
    // What the key before has set going may give the focus back to the panel.
    await workbench.until('the text has the focus, and keeps it', async () => {
      await keys('Escape');
      await workbench.until('it comes', inText, 3000).catch(() => {});
      await workbench.page.waitForTimeout(500);
      return inText();
    });
    await keys('Control+Alt+Enter');
    await workbench.until('the runs are done', async () =>
      /^\d+ runs$/.test((await workbench.panel().locator('header .status').textContent()) ?? ''),
    );
    assert.deepEqual(await workbench.notifications(), []);
  });
});
