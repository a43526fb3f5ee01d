// What is kept of a workbench in which a test fails: what it shows, and what its server and its page said.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { artifactsFolder } from './versions.js';

/** Where `test/run.js` looks for it after a run. */
const folder = join(artifactsFolder, 'failed');

/** VS Code's log files are a native module, which is not built here: it says so at length, and goes without them. */
const ownTrouble = /spdlog|bindings|[/]code-server[/]|\(node:internal|at async node:internal|^\s*$/;

export class FailureKeeper {
  private readonly said: string[] = [];
  private readonly pending: Promise<void>[] = [];
  private readonly onFailure = (title: unknown): void => void this.pending.push(this.keep(String(title)));

  /** Watches the tests of this process until it is closed: mocha tells of a failure before it goes on to hooks that close things. */
  constructor(
    private readonly page: Page,
    private readonly serverLog: () => string,
  ) {
    page.on('console', (message) => this.said.push(`[${message.type()}] ${message.text()}`));
    page.on('pageerror', (error) => this.said.push(`[uncaught] ${error.stack ?? error.message}`));
    subscribe('attn:test-failed', this.onFailure);
  }

  async keep(title: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, title.replace(/\W+/g, '-').slice(0, 120));
    const log = `# The server\n${this.serverLog()}\n# The page\n${this.said.join('\n')}\n`;
    writeFileSync(
      `${file}.log`,
      log
        .split('\n')
        .filter((line) => !ownTrouble.test(line))
        .join('\n'),
    );
    await this.page.screenshot({ path: `${file}.png`, timeout: 10_000 }).catch(() => {});
  }

  async close(): Promise<void> {
    unsubscribe('attn:test-failed', this.onFailure);
    await Promise.all(this.pending);
  }
}
