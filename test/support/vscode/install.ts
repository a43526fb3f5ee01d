// Installs VS Code and, where the machine has none, a browser from the npm registry into a cache folder: once per version.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
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

/** A browser that playwright can start. */
export interface BrowserProgram {
  readonly path: string;
  /** What its process needs beside the variables of this one. */
  readonly env: Readonly<Record<string, string>>;
}

interface Package {
  readonly name: string;
  readonly version: string;
}

const spec = ({ name, version }: Package): string => `${name}@${version}`;

/** Scripts of packages are not run: everything that the tests need is shipped built. */
function npmInstall(folder: string, env: NodeJS.ProcessEnv, ...args: string[]): Promise<void> {
  return npm(folder, env, 8, 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...args);
}

/** Runs npm for at most some minutes. Rejects with its own words. */
async function npm(folder: string, env: NodeJS.ProcessEnv, minutes: number, ...args: string[]): Promise<void> {
  try {
    await execute('npm', ['--loglevel=error', '--fetch-retries=1', '--fetch-retry-mintimeout=2000', ...args], {
      cwd: folder,
      // A caller under npm hands its own configuration down by these; it is about another package.
      env: Object.fromEntries(
        Object.entries({ ...process.env, ...env }).filter(([name]) => !/^npm_(package|lifecycle|command|config_global)/.test(name)),
      ),
      timeout: minutes * 60_000,
      maxBuffer: 2 ** 26,
    });
  } catch (error) {
    const { killed, stderr } = error as { killed?: boolean; stderr?: string };
    throw new Error(
      killed === true
        ? `npm ${args[0]} gave no answer within ${minutes} minutes`
        : stderr?.replace(/^.*A complete log of this run.*$/m, '').trim() || String(error),
    );
  }
}

/** Fills a folder beside its final place and moves it there: what is there is whole, also when two runs install at once. */
async function installOnce(folder: string, packages: readonly Package[], fill: (folder: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const what = packages.map(spec).join(' and ');
  await mkdir(dirname(folder), { recursive: true });
  await removeAbandoned(dirname(folder));
  console.log(`Fetching ${what} into ${dirname(folder)}, once`);
  const temporary = await mkdtemp(join(dirname(folder), '.installing-'));
  try {
    await writeFile(join(temporary, 'package.json'), '{"private":true}');
    // Without a network `npm install` can wait for ever where its cache holds a part; this, past the cache, says at once what is wrong.
    for (const one of packages) await npm(temporary, {}, 1, 'view', spec(one), 'version', '--cache', join(temporary, '.npm'));
    await fill(temporary);
    await rename(temporary, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The tests in a real editor need ${what} from the npm registry, which could not be installed:\n${reason}`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes what runs that were killed while they installed have left. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.installing-')) continue;
    const changed = await stat(join(folder, name)).then(({ mtimeMs }) => mtimeMs, Date.now);
    if (Date.now() - changed > 60 * 60_000) await rm(join(folder, name), { recursive: true, force: true });
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
  await npmInstall(folder, {}, '--no-package-lock', ...[vscodePackage, nodePackage].map(spec));
  const bin = join(folder, 'node_modules', nodePackage.name, 'bin');
  const vscode = join(folder, 'node_modules', vscodePackage.name, 'lib', 'vscode');
  const env = { PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  // `npm ci` refuses the shrinkwrap that is shipped; `npm install` keeps to it.
  await npmInstall(vscode, env, '--no-save', '--omit=dev');
  await npmInstall(join(vscode, 'extensions'), env, '--no-save', '--omit=dev');
  for (const path of withoutTests) await rm(join(vscode, path), { recursive: true, force: true });
  for (const path of ['include', 'share']) await rm(join(folder, 'node_modules', nodePackage.name, path), { recursive: true, force: true });
  for (const name of await readdir(vscode, { recursive: true })) if (name.endsWith('.map')) await rm(join(vscode, name), { force: true });
  await rm(join(folder, '.npm'), { recursive: true, force: true });
  await execute(join(bin, 'node'), [join(vscode, 'out', 'server-main.js'), '--version'], { timeout: 60_000 });
}

export async function installEditor(): Promise<Editor> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Error(`The tests in a real editor run on Linux x64 and arm64; this is ${process.platform} ${process.arch}.`);
  }
  await installOnce(vscodeFolder, [vscodePackage, nodePackage], fillVscode);
  return { node: join(vscodeFolder, 'node_modules', nodePackage.name, 'bin', 'node'), server: inVscode('out', 'server-main.js') };
}

const browserFolder = join(cacheFolder, `browser-${browserPackage.version}`);

/**
 * The package unpacks itself into the temporary folder, which others may share: here into one of its own. It wants a newer Node than the
 * tests: the editor has one. It takes the libraries out that a bare machine lacks (NSS, expat) where it believes itself in a cloud function.
 */
async function fillBrowser(folder: string, editor: Editor): Promise<void> {
  await npmInstall(folder, {}, '--no-package-lock', spec(browserPackage));
  const unpacked = join(folder, 'unpacked');
  await mkdir(unpacked);
  await execute(editor.node, ['--eval', `import('${browserPackage.name}').then(({ default: chromium }) => chromium.executablePath())`], {
    cwd: folder,
    env: { ...process.env, TMPDIR: unpacked, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' },
    timeout: 120_000,
  });
  await writeFile(join(unpacked, 'fonts', 'fonts.conf'), fonts);
  for (const path of ['node_modules', '.npm']) await rm(join(folder, path), { recursive: true, force: true });
  await execute(join(unpacked, 'chromium'), ['--version'], { env: { ...process.env, ...browserEnv(unpacked) }, timeout: 60_000 });
}

/** The fonts of the machine, and those of the package for a machine without any. */
const fonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">fonts</dir>
</fontconfig>
`;

const browserEnv = (unpacked: string): Record<string, string> => ({
  FONTCONFIG_FILE: join(unpacked, 'fonts', 'fonts.conf'),
  LD_LIBRARY_PATH: join(unpacked, 'al2023', 'lib'),
});

/** A browser: the one that CHROMIUM names, the one of the machine, or the one of an npm package, which `CHROMIUM=npm` asks for. */
export async function installBrowser(editor: Editor): Promise<BrowserProgram> {
  const wanted = process.env.CHROMIUM || undefined;
  if (wanted !== 'npm') {
    const path = wanted ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
    if (path !== undefined) return { path, env: {} };
  }
  await installOnce(browserFolder, [browserPackage], (folder) => fillBrowser(folder, editor));
  const unpacked = join(browserFolder, 'unpacked');
  return { path: join(unpacked, 'chromium'), env: browserEnv(unpacked) };
}
