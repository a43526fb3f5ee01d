// Takes the arguments that @vscode/test-electron gives to desktop VS Code, runs the tests in the extension host of VS Code's server, with
// the workbench in a headless browser, and exits with the tests' own code.
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format } from 'node:util';
import { startBrowser } from './browser.js';
import { FailureKeeper } from './failures.js';
import { installBrowser, installEditor } from './install.js';
import { makeProfile, startServer } from './server.js';
import { workbenchUrl } from './url.js';

const limit = 10 * 60_000;
const development: string[] = [];
let tests: string | null = null;
let target: string | null = null;
for (const argument of process.argv.slice(2)) {
  const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
  if (name === undefined) target = resolve(argument);
  else if (name === 'extensionDevelopmentPath') development.push(value ?? '');
  else if (name === 'extensionTestsPath') tests = value ?? null;
}
if (tests === null) throw new Error('--extensionTestsPath is missing');

/** VS Code sends its own log lines down the channel of the tests' console: these are its own. */
const noise =
  /^(?:Error: )?(?:Resolv(?:ing|ed) connection token|Creating a socket|\[reconnection-grace-time\]|Creation of workbench contribution|(?:Updating|Found|Ignoring fetching) additional builtin|\[Service Worker\]|\[AgentHost|\[AccountPolicyGate\]|getaddrinfo |Timed out waiting for authentication provider|Could not locate the bindings file|Cannot find module '\.\/build\/Release\/watchdog'|Loading development extension|\[perf\]|\[DEP0|Settings Sync)/;

const editor = await installEditor();
const program = await installBrowser(editor);
const profile = makeProfile();
const server = await startServer(editor, profile, { trusted: true, testDriver: true });
let code = 1;
let close = (): Promise<void> => server.stop();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void close().finally(() => process.exit(130)));
try {
  const browser = await startBrowser(program, join(profile.folder, 'browser'));
  close = async () => {
    await browser.close();
    await server.stop();
  };
  const { page } = browser;
  const said: string[] = [];
  const failures = new FailureKeeper(browser.context, () => `${server.log()}\n# The extension host\n${said.join('\n')}`);
  const uri = (path: string): string => `vscode-remote://${server.authority}${resolve(path)}`;
  const ended = new Promise<number>((done, fail) => {
    const timer = setTimeout(
      () => fail(new Error(`The tests in the extension host gave no result within ${limit / 60_000} minutes.`)),
      limit,
    );
    timer.unref();
    page.on('crash', () => fail(new Error('The page of the workbench crashed.')));
    browser.context.on('close', () => fail(new Error('The browser closed.')));
    void page.exposeFunction('codeAutomationExit', done);
  });
  await page.exposeFunction('codeAutomationLog', (level: string, args: unknown[]) => {
    const line = format(...args);
    said.push(`[${level}] ${line}`);
    if (!noise.test(line)) console.log(line);
  });
  const folder = target !== null && existsSync(target) && statSync(target).isDirectory() ? target : undefined;
  const payload = [
    ...development.map((path) => ['extensionDevelopmentPath', uri(path)]),
    ['extensionTestsPath', uri(tests)],
    ['skipWelcome', 'true'],
  ];
  await page.goto(workbenchUrl(server.url, { folder, payload }));
  try {
    code = await ended;
  } finally {
    if (code !== 0) await failures.keep('The extension host');
  }
} catch (error) {
  console.error(error);
}
await close();
process.exit(code);
