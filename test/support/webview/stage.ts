/** The panel alone in a browser: its page with the policy of a real one, a stand-in for the editor's side, a theme. */
import { readFileSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { isFromPanel } from '../../../src/protocol/check.js';
import { toChannel } from '../../../src/protocol/crossing.js';
import type { FromPanel, ToPanel } from '../../../src/protocol/messages.js';
import { installBrowser, installEditor } from '../vscode/install.js';
import { bodyClasses, type EditorTheme, variables } from './themes.js';

export interface StageOptions {
  readonly theme?: EditorTheme;
  readonly width?: number;
  readonly height?: number;
  readonly state?: unknown;
  readonly forcedColors?: boolean;
}

export interface Stage {
  readonly page: Page;
  /** Everything the panel has said. */
  readonly said: FromPanel[];
  /** Errors of the page, breaches of its policy among them. */
  readonly errors: string[];
  send(message: ToPanel): Promise<void>;
  state(): Promise<unknown>;
  theme(name: EditorTheme): Promise<void>;
  close(): Promise<void>;
}

const address = 'https://panel.test/';
const policy =
  "default-src 'none'; script-src 'nonce-n1'; style-src https://panel.test; img-src https://panel.test data: blob:; font-src https://panel.test";

export async function launch(): Promise<Browser> {
  const { path, env } = await installBrowser(await installEditor());
  return chromium.launch({
    executablePath: path,
    env: { ...process.env, ...env },
    args: ['--js-flags=--expose-gc', '--enable-precise-memory-info', '--no-sandbox', '--disable-gpu', '--headless=new'],
  });
}

/** @param folder where `webview.js` and `webview.css` are */
export async function openPanel(browser: Browser, folder: string, options: StageOptions = {}): Promise<Stage> {
  const theme = options.theme ?? 'light';
  const page = await browser.newPage({
    viewport: { width: options.width ?? 900, height: options.height ?? 800 },
    forcedColors: options.forcedColors === true ? 'active' : 'none',
  });
  const said: FromPanel[] = [];
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  await page.exposeFunction('fromPanel', (message: unknown) => {
    if (isFromPanel(message)) said.push(message);
    else errors.push(`not a message: ${JSON.stringify(message)}`);
  });
  await page.route('**/*', (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path === '/webview.js')
      return route.fulfill({ contentType: 'text/javascript', body: readFileSync(`${folder}/webview.js`, 'utf8') });
    if (path === '/webview.css') return route.fulfill({ contentType: 'text/css', body: readFileSync(`${folder}/webview.css`, 'utf8') });
    if (path === '/') return route.fulfill({ contentType: 'text/html', body: html(theme) });
    errors.push(`asked for ${path}`);
    return route.abort();
  });
  await page.addInitScript({ content: editorStandIn(options.state ?? null, variables[theme]) });
  await page.goto(address);
  return {
    page,
    said,
    errors,
    send: (message) => page.evaluate(`window.postMessage(${JSON.stringify(toChannel(message))}, '*')`),
    state: () => page.evaluate('window.panelState'),
    theme: (name) => page.evaluate(`(() => { ${themeScript(name)} })()`),
    close: () => page.close(),
  };
}

function html(theme: EditorTheme): string {
  return `<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="webview.css"></head><body class="${bodyClasses[theme]}"><div id="attn-root"></div>
<script nonce="n1" src="webview.js"></script></body></html>`;
}

function themeScript(theme: EditorTheme): string {
  return `
    document.documentElement.removeAttribute('style');
    for (const [key, value] of Object.entries(${JSON.stringify(variables[theme])})) document.documentElement.style.setProperty('--vscode-' + key, value);
    document.body.className = ${JSON.stringify(bodyClasses[theme])};`;
}

/** Runs in the page before anything else. As text: a function would bring along helpers of the compiler that the page does not have. */
function editorStandIn(state: unknown, values: Readonly<Record<string, string>>): string {
  return `
    window.panelState = ${JSON.stringify(state)};
    const apply = () => {
      for (const [key, value] of Object.entries(${JSON.stringify(values)})) document.documentElement.style.setProperty('--vscode-' + key, value);
    };
    if (document.documentElement === null) document.addEventListener('readystatechange', apply, { once: true });
    else apply();
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => {
        window.onSaid?.(message);
        window.fromPanel(message);
      },
      getState: () => window.panelState,
      setState: (value) => { window.panelState = JSON.parse(JSON.stringify(value)); },
    });`;
}
