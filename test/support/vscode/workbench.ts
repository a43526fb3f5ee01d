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
  /** The folder of that extension: this one by default. */
  readonly development?: string;
  /** Asks for trust in the folder as a desktop VS Code does. */
  readonly asksForTrust?: boolean;
  readonly width?: number;
  readonly height?: number;
}

const patience = 30_000;

export class Workbench {
  private constructor(
    readonly page: Page,
    /** The workspace on disk. */
    readonly folder: string,
    /** The process group of the server. */
    readonly group: number,
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
    const failures = new FailureKeeper(browser.page, server.log);
    const end = async (): Promise<void> => {
      await failures.close();
      await browser.close().catch(() => {});
      await server.stop();
    };
    try {
      browser.page.setDefaultTimeout(patience);
      const payload: string[][] = [['skipWelcome', 'true']];
      if (options.vsix === undefined)
        payload.push(['extensionDevelopmentPath', `vscode-remote://${server.authority}${options.development ?? root}`]);
      const url = workbenchUrl(server.url, { folder, payload });
      await browser.page.goto(url, { timeout: 60_000 });
      const workbench = new Workbench(browser.page, folder, server.group, end);
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

  private async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.editor').waitFor({ timeout: 60_000 });
    // The extension host is there when the status bar shows where it runs.
    await this.page.locator('.statusbar-item[id*="host"]').first().waitFor({ timeout: 60_000 });
  }

  async reload(): Promise<void> {
    // The command gives the workbench time to write down what it keeps of its webviews; a page that is left does not.
    const old = await this.page.locator('.monaco-workbench').first().elementHandle();
    await this.command('Developer: Reload Window');
    await old?.waitForElementState('hidden').catch(() => {});
    await this.ready();
  }

  /** Runs a command by its title in the palette, as it is written there. */
  async command(title: string): Promise<void> {
    await this.inQuickInput('F1', `>${title}`, title);
  }

  /** Opens a file of the workspace in the first group. */
  async openFile(name: string): Promise<void> {
    const title = name.split('/').at(-1)!;
    const tab = this.page.locator('.tab.active', { hasText: title }).first();
    for (let attempt = 0; ; attempt += 1) {
      // Keys go to the window that is in front, and another one may just have come up.
      await this.page.bringToFront();
      await this.page.keyboard.press('Control+1');
      await this.inQuickInput('Control+P', name, title);
      try {
        await tab.waitFor({ timeout: attempt === 2 ? 30_000 : 8000 });
        break;
      } catch (error) {
        if (attempt === 2) throw error;
      }
    }
    await this.editor().waitFor();
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
    for (let attempt = 0; ; attempt += 1) {
      await this.page.keyboard.press(key);
      try {
        // What happens behind may take the focus, and close the widget.
        await input.fill(text, { timeout: 3000 });
        await row.first().click({ timeout: 5000 });
        // A click on a row that is just being drawn anew is lost. What is chosen may ask on, in the same place.
        await this.until(
          'the choice is taken',
          async () => {
            if (!(await widget.isVisible())) return true;
            const now = await typed();
            return now !== null && now !== text;
          },
          8000,
        );
        break;
      } catch (error) {
        await this.page.keyboard.press('Escape');
        if (attempt === 5) throw error;
      }
    }
  }

  /** Whether the palette offers a command with this title now. */
  async offers(title: string): Promise<boolean> {
    await this.page.keyboard.press('F1');
    const widget = this.page.locator('.quick-input-widget');
    await widget.locator('input[type=text]').first().fill(`>${title}`);
    await widget.locator('.quick-input-list .monaco-list-row').first().waitFor();
    const rows = widget.locator('.quick-input-list .monaco-list-row .label-name');
    const names = await rows.allTextContents();
    await this.page.keyboard.press('Escape');
    return names.some((name) => exactly(title).test(name));
  }

  /** The text editor of the active group that shows a file of this kind. */
  editor(): Locator {
    return this.page.locator('.editor-instance .monaco-editor').first();
  }

  /** Selects the first occurrence of `text` in the active editor, by the find widget's own command. */
  async select(text: string): Promise<void> {
    await this.editor()
      .locator('.view-lines')
      .click({ position: { x: 5, y: 5 } });
    await this.page.keyboard.press('Control+Home');
    await this.page.keyboard.press('Control+F');
    const find = this.page.locator('.find-widget.visible textarea[aria-label="Find"], .find-widget.visible .find-part textarea').first();
    await find.fill(text);
    await this.page.locator('.find-widget.visible .matchesCount', { hasText: /of [1-9]/ }).waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator('.find-widget.visible .matchesCount', { hasText: /^\s*[1-9]\d* of/ }).waitFor();
    await this.page.keyboard.press('Escape');
    await this.page.locator('.find-widget.visible').waitFor({ state: 'hidden' });
  }

  async replace(text: string, by: string): Promise<void> {
    await this.select(text);
    await this.page.keyboard.type(by);
  }

  async save(): Promise<void> {
    await this.page.keyboard.press('Control+S');
    await this.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
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

  /** What a screen reader hears of the first figure: its curves with their first and last values. */
  async spoken(index = 0): Promise<string> {
    const text = (await this.panel(index).locator('section.figure .spoken').first().textContent()) ?? '';
    return text.replace(/[\u00a0\u202f]/g, ' ');
  }

  /** Waits until the first figure is whole and told otherwise than `before`, and answers how. */
  async moved(before: string, index = 0): Promise<string> {
    let now = before;
    await this.until('the curves move', async () => {
      now = await this.spoken(index);
      return now !== before && now !== '' && !/unfinished/.test(now);
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
    await this.page.locator('.tabs-container .tab', { hasText: name }).first().click();
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
    await this.page.keyboard.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    return path;
  }

  async theme(id: string): Promise<void> {
    await this.setting('workbench.colorTheme', id);
  }

  /** Writes a setting of the folder; VS Code sees the change by itself. */
  async setting(name: string, value: unknown): Promise<void> {
    const folder = join(this.folder, '.vscode');
    mkdirSync(folder, { recursive: true });
    this.settings[name] = value;
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(this.settings));
  }

  private readonly settings: Record<string, unknown> = {};

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
