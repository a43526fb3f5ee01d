// Installs VS Code and, where the machine has none, a browser from the npm registry into a cache folder: once per version.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { browserPackage, cacheFolder, nodePackage, vscodePackage } from './versions.js';

const execute = promisify(execFile);

export interface Editor {
  /** The Node that VS Code's server runs on. */
  readonly node: string;
  /** The entry point of VS Code's server. */
  readonly server: string;
}

const vscodeFolder = join(cacheFolder, `vscode-${vscodePackage.version}-node-${nodePackage.version}`);
const inVscode = (...path: string[]): string => join(vscodeFolder, 'node_modules', vscodePackage.name, 'lib', 'vscode', ...path);

/** Scripts of packages are not run: everything that the tests need is shipped built. */
async function npmInstall(folder: string, env: NodeJS.ProcessEnv, ...args: string[]): Promise<void> {
  await execute('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...args], {
    cwd: folder,
    // A caller under npm hands its own configuration down by these; it is about another package.
    env: Object.fromEntries(
      Object.entries({ ...process.env, ...env }).filter(([name]) => !/^npm_(package|lifecycle|command|config_global)/.test(name)),
    ),
    timeout: 8 * 60_000,
    maxBuffer: 2 ** 26,
  });
}

/** Fills a folder beside its final place and moves it there: what is there is whole, also when two runs install at once. */
async function installOnce(folder: string, fill: (folder: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  const temporary = await mkdtemp(join(dirname(folder), '.installing-'));
  try {
    await writeFile(join(temporary, 'package.json'), '{"private":true}');
    await fill(temporary);
    await rename(temporary, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

const withoutTests = [
  'node_modules/@github',
  'node_modules/@microsoft/mxc-sdk',
  'node_modules/@devcontainers',
  'node_modules/@vscode/sqlite3',
  'extensions/copilot',
  'extensions/mermaid-markdown-features',
];

async function fillVscode(folder: string): Promise<void> {
  await npmInstall(
    folder,
    {},
    '--no-package-lock',
    `${vscodePackage.name}@${vscodePackage.version}`,
    `${nodePackage.name}@${nodePackage.version}`,
  );
  const bin = join(folder, 'node_modules', nodePackage.name, 'bin');
  const vscode = join(folder, 'node_modules', vscodePackage.name, 'lib', 'vscode');
  const env = { PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  // `npm ci` refuses the shrinkwrap that is shipped; `npm install` keeps to it.
  await npmInstall(vscode, env, '--no-save', '--omit=dev');
  await npmInstall(join(vscode, 'extensions'), env, '--no-save', '--omit=dev');
  for (const path of withoutTests) await rm(join(vscode, path), { recursive: true, force: true });
  for (const path of ['include', 'share']) await rm(join(folder, 'node_modules', nodePackage.name, path), { recursive: true, force: true });
  for (const name of await readdir(vscode, { recursive: true })) if (name.endsWith('.map')) await rm(join(vscode, name), { force: true });
  await execute(join(bin, 'node'), [join(vscode, 'out', 'server-main.js'), '--version'], { timeout: 60_000 });
}

export async function installEditor(): Promise<Editor> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Error(`The tests in a real editor run on Linux x64 and arm64; this is ${process.platform} ${process.arch}.`);
  }
  await installOnce(vscodeFolder, fillVscode);
  return { node: join(vscodeFolder, 'node_modules', nodePackage.name, 'bin', 'node'), server: inVscode('out', 'server-main.js') };
}

/** The program of a browser: the one that is named in CHROMIUM, the one of the machine, or the one of an npm package. */
export async function installBrowser(editor: Editor): Promise<string> {
  const named = process.env.CHROMIUM;
  if (named) return named;
  for (const path of ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']) if (existsSync(path)) return path;
  const folder = join(cacheFolder, `browser-${browserPackage.version}`);
  await installOnce(folder, (place) => npmInstall(place, {}, '--no-package-lock', `${browserPackage.name}@${browserPackage.version}`));
  // The package unpacks itself into the temporary folder. It wants a newer Node than the tests: the editor has one.
  const program =
    "import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath()).then((path) => process.stdout.write(path))";
  const { stdout } = await execute(editor.node, ['--eval', program], { cwd: folder, timeout: 120_000 });
  return stdout.trim();
}
