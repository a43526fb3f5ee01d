// Bundles the programs and compiles the kernels into `dist`, or into the folder that is named.
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { assemble } from './src/kernels/assembly/assemble.js';

const folder = resolve(process.argv[2] ?? 'dist');

/**
 * Langium takes two names from the language server protocol: the rest of that package would be loaded at every start for nothing.
 * Another name would fail the build. The language server itself has the whole package.
 */
const protocolNames = {
  name: 'protocol-names',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vscode-languageserver-protocol$/ }, ({ importer }) =>
      /[\\/]langium[\\/]/.test(importer) ? { path: 'protocol-names', namespace: 'protocol-names' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'protocol-names' }, () => ({
      contents: `export class ResponseError extends Error {
          constructor(code, message, data) {
            super(message);
            this.code = code;
            this.data = data;
          }
        }
        export const LSPErrorCodes = { RequestFailed: -32803, ServerCancelled: -32802, ContentModified: -32801, RequestCancelled: -32800 };`,
    }));
  },
};

/** Nothing of ours asks the network for anything; packages that could, could not. */
const noNetwork = { fetch: 'undefined' };

const programs = await build({
  entryPoints: {
    cli: 'src/cli/main.ts',
    worker: 'src/engine/node/worker.ts',
    server: 'src/extension/server/main.ts',
    solver: 'src/extension/solver/process.ts',
  },
  outdir: folder,
  write: false,
  // What a command does not need is a chunk of its own and is not loaded.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  legalComments: 'none',
  // CommonJS packages among the dependencies ask for Node's own modules by `require`.
  banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
  define: noNetwork,
  plugins: [protocolNames],
  logLevel: 'warning',
});

/** What runs in the editor's own extension host, which gives it `vscode`. */
const extension = await build({
  entryPoints: { extension: 'src/extension/main.ts', language: 'src/extension/language/launch.ts' },
  outdir: folder,
  outExtension: { '.js': '.cjs' },
  write: false,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
  define: noNetwork,
  // The client of the language server is a file of its own, read when a spec is opened.
  plugins: [
    {
      name: 'language-client',
      setup: ({ onResolve }) => onResolve({ filter: /^\.\/launch\.js$/ }, () => ({ path: './language.cjs', external: true })),
    },
  ],
  supported: { 'dynamic-import': false },
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
});

/** The controls of the panel try out a style element to see whether the browser knows `:focus-visible`. It does, and its policy allows no such element. */
const noTrialStyle = {
  name: 'no-trial-style',
  setup({ onLoad }) {
    onLoad({ filter: /fast-foundation[\\/]dist[\\/]esm[\\/]utilities[\\/]style[\\/]focus\.js$/ }, () => ({
      contents: "export const focusVisible = 'focus-visible';",
    }));
  },
};

/** The chart panel: one script, which its page names by nonce, and one style sheet. */
const panel = await build({
  entryPoints: { webview: 'webview/main.ts' },
  outdir: folder,
  write: false,
  bundle: true,
  platform: 'browser',
  target: 'chrome128',
  format: 'iife',
  minify: true,
  legalComments: 'none',
  define: noNetwork,
  plugins: [noTrialStyle],
  logLevel: 'warning',
});

/** The sampling loops. */
const kernels = { path: join(folder, 'kernels.wasm'), contents: await assemble() };

const outputFiles = [kernels, ...programs.outputFiles, ...extension.outputFiles, ...panel.outputFiles];

// Chunks are named by their content and come before what imports them: a program that starts meanwhile finds all it needs.
mkdirSync(join(folder, 'chunks'), { recursive: true });
for (const { path, contents } of outputFiles.sort((a, b) => Number(b.path.includes('chunks')) - Number(a.path.includes('chunks')))) {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`);
  writeFileSync(temporary, contents, { mode: path.endsWith('cli.js') ? 0o755 : 0o644 });
  renameSync(temporary, path);
}
const current = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of readdirSync(join(folder, 'chunks'))) {
  if (!current.has(name)) rmSync(join(folder, 'chunks', name));
}
