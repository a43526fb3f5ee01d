import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Editor } from './install.js';

/** The folders of one VS Code; removed with its server. */
export interface Profile {
  readonly folder: string;
  readonly user: string;
  readonly extensions: string;
}

export interface Server {
  readonly url: string;
  readonly authority: string;
  /** The process group that holds the server and the extension hosts. */
  readonly group: number;
  log(): string;
  stop(): Promise<void>;
}

/** What a test must not wait for or trip over; everything else is as a new user has it. */
const quiet = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'update.mode': 'none',
  'window.dialogStyle': 'custom',
};

export function makeProfile(settings: Readonly<Record<string, unknown>> = {}): Profile {
  const folder = mkdtempSync(join(tmpdir(), 'attn-editor-'));
  const profile = { folder, user: join(folder, 'user'), extensions: join(folder, 'extensions') };
  // `User` holds what a desktop window reads, `Machine` what the server's side adds.
  mkdirSync(join(profile.user, 'User'), { recursive: true });
  mkdirSync(profile.extensions);
  writeFileSync(join(profile.user, 'User', 'settings.json'), JSON.stringify({ ...quiet, ...settings }, null, 2));
  return profile;
}

/** Tests that are started from a VS Code terminal would otherwise talk to that window. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$|npm_)/.test(name)));
}

/** Runs the server as a command line: to install an extension. Rejects with its output. */
export function runServerCommand(editor: Editor, profile: Profile, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const command = [
      editor.server,
      '--accept-server-license-terms',
      '--user-data-dir',
      profile.user,
      '--extensions-dir',
      profile.extensions,
    ];
    const child = spawn(editor.node, [...command, ...args], {
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`VS Code's command line ended with ${code}:\n${output}`)),
    );
  });
}

export interface ServerOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Workspaces are trusted without a question. */
  readonly trusted: boolean;
  /** Needed for tests inside the extension host: without it a built VS Code ignores them silently. */
  readonly testDriver: boolean;
}

export async function startServer(editor: Editor, profile: Profile, options: ServerOptions): Promise<Server> {
  const args = ['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms'];
  args.push(
    '--disable-telemetry',
    '--enable-remote-auto-shutdown',
    '--user-data-dir',
    profile.user,
    '--extensions-dir',
    profile.extensions,
  );
  if (options.trusted) args.push('--disable-workspace-trust');
  if (options.testDriver) args.push('--enable-smoke-test-driver');
  const guard = join(import.meta.dirname, 'guard.js');
  const child = spawn(process.execPath, [guard, profile.folder, editor.node, editor.server, ...args], {
    // The runtime folder holds sockets, which a server that is killed leaves behind. Results and checkpoints that another window has kept would make
    // of something that takes long something that does not.
    env: {
      ...cleanEnvironment(),
      EXTENSIONS_GALLERY: '{"serviceUrl":""}',
      XDG_RUNTIME_DIR: profile.folder,
      XDG_CACHE_HOME: join(profile.folder, 'cache'),
      ...options.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (log += data));
  child.stdin.on('error', () => {});
  const stop = () => stopServer(child);
  const deadline = Date.now() + 60_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`VS Code's server did not start:\n${log}`);
    const port = /^Extension host agent listening on (\d+)/m.exec(log)?.[1];
    const authority = `127.0.0.1:${port}`;
    if (port !== undefined && (await answers(`http://${authority}/version`))) {
      return { url: `http://${authority}/`, authority, group: Number(/^group (\d+)/m.exec(log)?.[1]), log: () => log, stop };
    }
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`VS Code's server did not answer within a minute:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function stopServer(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.stdin!.end();
  });
}
