// Bundles the command line and its worker. `--watch` is not offered here: `attn run --watch` watches specs, not sources.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: { cli: 'src/cli/main.ts', worker: 'src/engine/node/worker.ts' },
  outdir: 'dist',
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
  logLevel: 'warning',
});
