import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import type { BrowserProgram } from './install.js';

export interface Browser {
  readonly context: BrowserContext;
  readonly page: Page;
  close(): Promise<void>;
}

export interface BrowserOptions {
  readonly width?: number;
  readonly height?: number;
}

const flags = [
  '--js-flags=--expose-gc',
  '--enable-precise-memory-info',
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
];
flags.push('--disable-component-update', '--disable-sync', '--disable-dev-shm-usage');

/** The browser keeps its profile in `folder` and dies with this process. */
export async function startBrowser(program: BrowserProgram, folder: string, options: BrowserOptions = {}): Promise<Browser> {
  // Frames of a webview are of another origin: their service worker registers only where its cookies are allowed.
  mkdirSync(join(folder, 'Default'), { recursive: true });
  const preferences = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } };
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: program.path,
    env: { ...process.env, ...program.env },
    headless: true,
    viewport: { width: options.width ?? 1400, height: options.height ?? 900 },
    acceptDownloads: true,
    args: flags,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  return { context, page, close: () => context.close() };
}
