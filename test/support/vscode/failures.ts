// What is kept of a workbench in which a test fails: pictures and texts of its windows, and what its server and its pages said. The essentials
// are printed as well: where tests run for everybody, their files cannot be fetched.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Frame, Page } from 'playwright-core';
import { artifactsFolder } from './versions.js';

/** Where `test/run.js` looks for it after a run. */
const folder = join(artifactsFolder, 'failed');

/** VS Code's log files are a native module, which is not built here: it says so at length, and goes without them. The rest it says at every start. */
const ownTrouble =
  /spdlog|bindings|[/]code-server[/]|\(node:internal|at async node:internal|^\s*$|additional builtin extensions|An iframe which has both allow-scripts/;

/** Log lines that are printed. */
const printedLines = 20;
/** Characters of a panel that are printed. */
const printedText = 400;

export class FailureKeeper {
  private readonly said: string[] = [];
  private readonly pending: Promise<void>[] = [];
  private readonly onFailure = (title: unknown): void => void this.pending.push(this.keep(String(title)));

  /** Watches the tests of this process until it is closed: mocha tells of a failure before it goes on to hooks that close things. */
  constructor(
    private readonly context: BrowserContext,
    private readonly serverLog: () => string,
  ) {
    context.on('console', (message) => this.said.push(`[${message.type()}] ${message.text()}`));
    context.on('weberror', (event) => this.said.push(`[uncaught] ${event.error().stack ?? event.error().message}`));
    subscribe('attn:test-failed', this.onFailure);
  }

  async keep(title: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, title.replace(/\W+/g, '-').slice(0, 120));
    const windows: string[] = [];
    const essentials: string[] = [];
    for (const [index, page] of this.context.pages().entries()) {
      const shown = await withinSeconds(5, page.evaluate<Record<string, unknown>>(shownInWindow), { state: 'it does not answer' });
      const panels = await panelTexts(page);
      const lines = Object.entries(shown).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
      windows.push(`# Window ${index + 1}`, ...lines, ...panels.map((text, i) => `panel ${i + 1}:\n${text}`));
      essentials.push(`window ${index + 1}`, ...lines.map((line) => `  ${line}`));
      essentials.push(...panels.map((text, i) => `  panel ${i + 1}: ${text.replace(/\s+/g, ' ').slice(0, printedText)}`));
      await page.screenshot({ path: `${file}${index === 0 ? '' : `-${index + 1}`}.png`, timeout: 10_000 }).catch(() => {});
    }
    const log = `# The server\n${this.serverLog()}\n# The pages\n${this.said.join('\n')}`
      .split('\n')
      .filter((line) => !ownTrouble.test(line));
    writeFileSync(`${file}.log`, [...windows, ...log, ''].join('\n'));
    const last = log.slice(-printedLines).map((line) => `  ${line.slice(0, 300)}`);
    console.log([`What “${title}” left:`, ...essentials, 'the last that was logged', ...last].map((line) => `      │ ${line}`).join('\n'));
  }

  async close(): Promise<void> {
    unsubscribe('attn:test-failed', this.onFailure);
    await Promise.all(this.pending);
  }
}

/** What a person would look at first in a window of the workbench. */
const shownInWindow = `(() => {
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.getClientRects().length > 0);
  const words = (one) => one.textContent.replace(/\\s+/g, ' ').trim();
  const focused = document.activeElement;
  const input = seen('.quick-input-widget input[type=text]')[0];
  return {
    title: document.title,
    'has the focus': document.hasFocus(),
    'focused element': focused === null ? null : (focused.localName + '.' + focused.className + ' ' + (focused.getAttribute('aria-label') ?? '')).slice(0, 160),
    tabs: seen('.tab').map((tab) => words(tab) + (tab.classList.contains('dirty') ? ' (changed)' : '') + (tab.classList.contains('active') ? ' (active)' : '')),
    'active group': [...document.querySelectorAll('.editor-group-container')].findIndex((group) => group.classList.contains('active')),
    palette: input === undefined ? null : { text: input.value, rows: seen('.quick-input-list .monaco-list-row').slice(0, 5).map(words) },
    notifications: seen('.notifications-toasts .notification-list-item-message').map(words),
    dialogs: seen('.monaco-dialog-box').map(words),
    'status bar': seen('.statusbar-item').map(words).filter((text) => text !== ''),
    errors: seen('.squiggly-error').length,
  };
})()`;

/** The documents of the webviews: frames within a frame. */
async function panelTexts(page: Page): Promise<string[]> {
  const inner = (frame: Frame): boolean => (frame.parentFrame()?.parentFrame() ?? null) !== null;
  const texts = await Promise.all(
    page
      .frames()
      .filter(inner)
      .map((frame) => withinSeconds(5, frame.evaluate<string>('document.body?.innerText ?? ""'), 'it does not answer')),
  );
  return texts.filter((text) => text.trim() !== '');
}

function withinSeconds<T>(seconds: number, answer: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(otherwise), seconds * 1000);
    answer.then(resolve, () => resolve(otherwise)).finally(() => clearTimeout(timer));
  });
}
