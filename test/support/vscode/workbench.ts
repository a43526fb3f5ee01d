// A clean VS Code on a fresh folder with the extension in it, driven from outside as a user drives it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { startBrowser } from './browser.js';
import { FailureKeeper } from './failures.js';
import { installBrowser, installEditor } from './install.js';
import { makeProfile, runServerCommand, startServer } from './server.js';
import { workbenchUrl } from './url.js';
import { artifactsFolder, root } from './versions.js';

export interface WorkbenchOptions {
  /** Files of the workspace by their relative path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A VSIX to install; without it an extension runs in development mode. */
  readonly vsix?: string;
  /** The folder of that extension: this one by default, none with null. */
  readonly development?: string | null;
  /** Asks for trust in the folder as a desktop VS Code does. */
  readonly asksForTrust?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** Longer than anything takes on a slow machine: what does not come within it does not come. */
const patience = 60_000;
/** For the first attempt at a gesture that can get lost; each further one has twice the time of the one before: a machine may be that slow. */
const brief = 5000;
const mostAttempts = 5;

/** A theme of each kind, with the class that a webview has under it; the one that a window begins with comes last. */
export const themes = [
  ['Default Dark Modern', 'vscode-dark'],
  ['Default High Contrast', 'vscode-high-contrast'],
  ['Default High Contrast Light', 'vscode-high-contrast-light'],
  ['Default Light Modern', 'vscode-light'],
] as const;

export class Workbench {
  private constructor(
    readonly page: Page,
    /** The workspace on disk. */
    readonly folder: string,
    /** The process group of the server. */
    readonly group: number,
    private readonly failures: FailureKeeper,
    private readonly end: () => Promise<void>,
  ) {}

  static async open(options: WorkbenchOptions = {}): Promise<Workbench> {
    const editor = await installEditor();
    const program = await installBrowser(editor);
    const profile = makeProfile(options.settings);
    if (options.vsix !== undefined) {
      const output = await runServerCommand(editor, profile, ['--install-extension', options.vsix]);
      if (!/successfully installed/.test(output)) throw new Error(`The VSIX was not installed:\n${output}`);
    }
    const folder = join(profile.folder, 'workspace');
    mkdirSync(folder);
    for (const [name, text] of Object.entries(options.files ?? {})) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const server = await startServer(editor, profile, { trusted: options.asksForTrust !== true, testDriver: options.vsix === undefined });
    const browser = await startBrowser(program, join(profile.folder, 'browser'), options);
    const failures = new FailureKeeper(browser.context, server.log);
    const end = async (): Promise<void> => {
      await failures.close();
      await browser.close().catch(() => {});
      await server.stop();
    };
    try {
      browser.page.setDefaultTimeout(patience);
      const payload: string[][] = [['skipWelcome', 'true']];
      if (options.vsix === undefined && options.development !== null)
        payload.push(['extensionDevelopmentPath', `vscode-remote://${server.authority}${options.development ?? root}`]);
      const url = workbenchUrl(server.url, { folder, payload });
      await browser.page.goto(url, { timeout: 60_000 });
      const workbench = new Workbench(browser.page, folder, server.group, failures, end);
      await workbench.ready();
      return workbench;
    } catch (error) {
      await failures.keep('A workbench did not open');
      await end();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.end();
  }

  /** Keeps what the windows show now under this title, as after a test that failed. */
  keep(title: string): Promise<void> {
    return this.failures.keep(title);
  }

  private async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.editor').waitFor({ timeout: 60_000 });
    // The extension host is there when the status bar shows where it runs.
    await this.page.locator('.statusbar-item[id*="host"]').first().waitFor({ timeout: 60_000 });
  }

  async reload(): Promise<void> {
    // The command gives the workbench time to write down what it keeps of its webviews; a page that is left does not.
    await this.page.evaluate('globalThis.attnOld = true');
    await this.command('Developer: Reload Window');
    // While one page makes room for the next there is none to be asked.
    await this.until('the page is another one', () => this.page.evaluate<boolean>('globalThis.attnOld !== true').catch(() => false));
    await this.ready();
  }

  /** Runs a command by its title in the palette, as it is written there. */
  async command(title: string): Promise<void> {
    await this.inFront();
    await this.inQuickInput('F1', `>${title}`, title);
  }

  /** Opens a file of the workspace in the first group, or shows it there. */
  async openFile(name: string): Promise<void> {
    const title = name.split('/').at(-1)!;
    await this.attempts(`${name} is open`, async (limit) => {
      await this.inFront();
      const group = await this.firstGroup(limit);
      const tab = group.locator('.tab', { hasText: exactly(title) });
      if ((await tab.count()) > 0) await tab.first().click({ timeout: limit });
      else {
        await this.activate(group, limit);
        await this.inQuickInput('Control+P', name, title);
      }
      await tab.and(this.page.locator('.tab.active')).first().waitFor({ timeout: limit });
      await group.locator('.monaco-editor').first().waitFor({ timeout: limit });
    });
  }

  /**
   * Gives the main window the focus. Only by it do the windows of a workbench know which of them is the active one, and keys and files go to that. Neither
   * a key nor being brought to the front gives a page the focus that another page of the browser has; a click does.
   */
  async inFront(): Promise<void> {
    await this.until('the window has the focus', async () => {
      await this.page.bringToFront();
      const hasFocus = (): Promise<boolean> => this.page.evaluate<boolean>('document.hasFocus()');
      if (await hasFocus()) return true;
      // Behind its last item on the left the status bar is empty.
      const items = await this.page.locator('.statusbar .left-items').boundingBox({ timeout: brief });
      if (items !== null) await this.page.mouse.click(items.x + items.width + 3, items.y + items.height / 2);
      return hasFocus();
    });
  }

  /** The editor group in the upper left corner of the main window. */
  private async firstGroup(limit: number): Promise<Locator> {
    const groups = this.page.locator('.editor-group-container');
    const boxes = await Promise.all((await groups.all()).map((group) => group.boundingBox({ timeout: limit })));
    const distance = (index: number): number => (boxes[index]?.x ?? Number.POSITIVE_INFINITY) + (boxes[index]?.y ?? 0);
    return groups.nth(boxes.map((_, i) => i).sort((a, b) => distance(a) - distance(b))[0] ?? 0);
  }

  /** Makes a group the one that files are opened in, with the mouse: what a key does depends on the window that it arrives in. */
  private async activate(group: Locator, limit: number): Promise<void> {
    const tab = group.locator('.tab.active').first();
    const place = (await tab.count()) > 0 ? tab : group;
    await place.click({ timeout: limit, ...(place === group ? { position: { x: 20, y: 60 } } : {}) });
    await group.and(this.page.locator('.editor-group-container.active')).waitFor({ timeout: limit });
  }

  private async inQuickInput(key: string, text: string, label: string): Promise<void> {
    const widget = this.page.locator('.quick-input-widget');
    const input = widget.locator('input[type=text]').first();
    const row = widget
      .locator('.quick-input-list .monaco-list-row')
      .filter({ has: this.page.locator('.label-name', { hasText: exactly(label) }) });
    // null when it cannot be asked: that says nothing of the choice.
    const typed = (): Promise<string | null> => input.inputValue({ timeout: 1000 }).catch(() => null);
    // Commands of an extension that has just been installed come into the list a moment later.
    await this.attempts(`${label} is chosen`, async (limit) => {
      await this.page.keyboard.press(key);
      // What happens behind may take the focus, and close the widget.
      await input.fill(text, { timeout: limit });
      await row.first().click({ timeout: limit });
      // A click on a row that is just being drawn anew is lost. What is chosen may ask on, in the same place.
      await this.until(
        'the choice is taken',
        async () => {
          if (!(await widget.isVisible())) return true;
          const now = await typed();
          return now !== null && now !== text;
        },
        limit,
      );
    });
  }

  /** Chooses in the list that is open. A click on a row that is just being drawn anew is lost. */
  async choose(words: string): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: words }).first();
    await row.waitFor();
    await this.until(`${words} is chosen`, async () => {
      await row.click({ timeout: 1000 }).catch(() => {});
      return !(await row.isVisible());
    });
  }

  /** A gesture from its beginning, until it has had its effect; `limit` is for each of its steps. This key closes what an attempt has left open. */
  async attempts(what: string, gesture: (limit: number) => Promise<void>, between: string | null = 'Escape'): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await gesture(brief * 2 ** (attempt - 1));
        return;
      } catch (error) {
        if (this.page.isClosed()) throw error;
        if (attempt === mostAttempts) throw new Error(`after ${attempt} attempts not: ${what}\n${error}`, { cause: error });
        if (between !== null) await this.page.keyboard.press(between);
      }
    }
  }

  /** Waits until the palette offers a command with this title. */
  async offered(title: string): Promise<void> {
    const widget = this.page.locator('.quick-input-widget');
    const names = widget.locator('.quick-input-list .monaco-list-row .label-name');
    await this.attempts(`${title} is offered`, async (limit) => {
      await this.inFront();
      await this.page.keyboard.press('F1');
      await widget.locator('input[type=text]').first().fill(`>${title}`, { timeout: limit });
      await names
        .filter({ hasText: exactly(title) })
        .first()
        .waitFor({ timeout: limit });
    });
    await this.page.keyboard.press('Escape');
    await widget.waitFor({ state: 'hidden' });
  }

  /** The text editor of the active group that shows a file of this kind. */
  editor(): Locator {
    return this.page.locator('.editor-instance .monaco-editor').first();
  }

  /** Gives the focus to the text, wherever it is scrolled to: what of it is in sight can be clicked on, but not the same place each time. */
  async focusText(limit = patience): Promise<void> {
    await this.inFront();
    await this.editor().locator('.native-edit-context').first().focus({ timeout: limit });
    await this.page.locator('.editor-instance .monaco-editor.focused').first().waitFor({ timeout: limit });
  }

  /** Selects the first occurrence of `text` in the active editor, by the find widget's own command. */
  async select(text: string): Promise<void> {
    const find = this.page.locator('.find-widget.visible');
    const input = find.locator('textarea[aria-label="Find"], .find-part textarea').first();
    await this.attempts(`${text} is selected`, async (limit) => {
      await this.focusText(limit);
      await this.page.keyboard.press('Control+Home');
      await this.page.keyboard.press('Control+F');
      await input.fill(text, { timeout: limit });
      await find.locator('.matchesCount', { hasText: /of [1-9]/ }).waitFor({ timeout: limit });
      await this.page.keyboard.press('Enter');
      await find.locator('.matchesCount', { hasText: /^\s*[1-9]\d* of/ }).waitFor({ timeout: limit });
      await this.page.keyboard.press('Escape');
      await find.waitFor({ state: 'hidden', timeout: limit });
      await this.page.locator('.statusbar-item', { hasText: `(${text.length} selected)` }).waitFor({ timeout: limit });
    });
  }

  async replace(text: string, by: string): Promise<void> {
    await this.select(text);
    await this.page.keyboard.type(by);
  }

  /** The document in the webview of a preview: the last one opened, or the one at an index. */
  panel(index = 0): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').nth(index).frameLocator('iframe#active-frame');
  }

  /** Opens the preview of the active spec beside it and waits for its charts. */
  async openPreview(): Promise<void> {
    await this.command('Attn: Open Preview to the Side');
    await this.charted();
  }

  /** Waits until a panel has shown two frames: what it was told before is on the screen, or will not be. */
  async painted(index = 0): Promise<void> {
    await this.panel(index)
      .locator('body')
      .evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
  }

  /** Waits for charts with curves. */
  async charted(index = 0): Promise<void> {
    await this.panel(index).locator('canvas').first().waitFor();
    await this.until('the charts have curves', async () => /\d/.test(await this.spoken(index)));
  }

  /** What a screen reader hears of the first figure, once it is no draft any more: its curves with their first and last values. */
  async spoken(index = 0): Promise<string> {
    let text = '';
    await this.until('the figure is no draft', async () => {
      text = (await this.panel(index).locator('section.figure .spoken').first().textContent()) ?? '';
      return !/exact to \d+ digit/i.test(text);
    });
    return text.replace(/[\u00a0\u202f]/g, ' ');
  }

  /** Waits until the first figure is whole, no draft of itself, and told otherwise than `before`, and answers how. */
  async moved(before: string, index = 0): Promise<string> {
    let now = before;
    await this.until('the curves move', async () => {
      now = await this.spoken(index);
      return now !== before && now !== '' && !/unfinished|tolerance of/.test(now);
    });
    return now;
  }

  async until(what: string, probe: () => Promise<boolean>, limit = patience): Promise<void> {
    const deadline = Date.now() + limit;
    while (!(await probe())) {
      if (Date.now() > deadline) throw new Error(`within ${limit} ms: ${what}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** Gives the focus to a tab by its name. */
  async showTab(name: string | RegExp): Promise<void> {
    const tab = this.page.locator('.tabs-container .tab', { hasText: name }).first();
    await this.until('the tab is the active one', async () => {
      await tab.click();
      return /\bactive\b/.test((await tab.getAttribute('class')) ?? '');
    });
  }

  /** Answers the save dialog of the workbench with the place it proposes, and gives the path. */
  async saveWhereProposed(ending: string): Promise<string> {
    const input = this.page.locator('.quick-input-widget input[type=text]').first();
    let path = '';
    const busy = this.page.locator('.quick-input-widget .quick-input-progress.active');
    await this.until('a place is proposed, and stays', async () => {
      if (await busy.isVisible()) return false;
      const before = await input.inputValue({ timeout: 1000 }).catch(() => '');
      await this.page.waitForTimeout(400);
      path = await input.inputValue({ timeout: 1000 }).catch(() => '');
      return path === before && path.startsWith(this.folder) && path.endsWith(ending);
    });
    await this.attempts(
      'the place is taken',
      async (limit) => {
        const widget = this.page.locator('.quick-input-widget');
        if (await widget.isVisible()) await this.page.keyboard.press('Enter');
        await widget.waitFor({ state: 'hidden', timeout: limit });
      },
      null,
    );
    return path;
  }

  async theme(id: string): Promise<void> {
    await this.setting('workbench.colorTheme', id);
  }

  /**
   * Writes a setting of the folder, and waits until it is in effect: VS Code sees the file by itself, when the system tells it. The title of the window is
   * a setting of the same file. When it has its mark, the extensions have been told, and are told of everything that is done from now on later.
   */
  async setting(name: string, value: unknown): Promise<void> {
    const folder = join(this.folder, '.vscode');
    mkdirSync(folder, { recursive: true });
    this.settings[name] = value;
    this.changes += 1;
    // Of no width: the title can be seen in pictures.
    const mark = [...this.changes.toString(2)].map((digit) => (digit === '1' ? '\u200c' : '\u200b')).join('');
    const content = JSON.stringify({
      ...this.settings,
      'window.title': `\${dirty}\${activeEditorShort}\${separator}\${rootName}\${separator}\${appName}\u2060${mark}\u2060`,
    });
    await this.attempts(`${name} is in effect`, async (limit) => {
      writeFileSync(join(folder, 'settings.json'), content);
      await this.until('the window has its new title', async () => (await this.page.title()).includes(`\u2060${mark}\u2060`), limit);
    });
  }

  private readonly settings: Record<string, unknown> = {};
  private changes = 0;

  async notifications(): Promise<string[]> {
    return this.page.locator('.notifications-toasts .notification-list-item-message').allTextContents();
  }

  /** A picture for people to look at, in `test/artifacts`. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: artifact(`${name}.png`) });
  }
}

export function artifact(name: string): string {
  mkdirSync(artifactsFolder, { recursive: true });
  return join(artifactsFolder, name);
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}
