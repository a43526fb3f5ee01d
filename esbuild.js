// Bundles the command line and its worker. `--watch` is not offered here: `attn run --watch` watches specs, not sources.
import { build } from 'esbuild';

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  sourcemap: false,
  logLevel: 'warning',
};

await build({
  ...shared,
  entryPoints: { cli: 'src/cli/main.ts', worker: 'src/engine/node/worker.ts' },
  outdir: 'dist',
  banner: { js: '#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
});
