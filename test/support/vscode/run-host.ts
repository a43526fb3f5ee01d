// Runs `test/host` inside the extension host: of the editor that the tests install, or of the desktop VS Code that VSCODE_PATH names.
// An argument narrows the files to those whose name contains it.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests, TestRunFailedError } from '@vscode/test-electron';
import { build } from 'esbuild';
import { artifactsFolder, root } from './versions.js';

const folder = join(root, 'test', 'host');
const names = readdirSync(folder).filter((name) => name.endsWith('.test.ts') && name.includes(process.argv[2] ?? ''));
if (names.length === 0) throw new Error('There is no such test.');

// One CommonJS bundle: what the extension host loads. mocha's functions are globals by the time it runs.
const bundle = join(artifactsFolder, 'host');
rmSync(bundle, { recursive: true, force: true });
mkdirSync(bundle, { recursive: true });
await build({
  stdin: { contents: names.map((name) => `import './${name.replace(/\.ts$/, '.js')}';`).join('\n'), resolveDir: folder },
  outfile: join(bundle, 'tests.cjs'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: 'inline',
  external: ['vscode', 'mocha'],
  logLevel: 'warning',
});
writeFileSync(
  join(bundle, 'index.cjs'),
  `const Mocha = require('mocha');
exports.run = () => new Promise((resolve, reject) => {
  const mocha = new Mocha({
    timeout: 120000,
    retries: 1,
    reporter: ${JSON.stringify(join(root, 'test', 'support', 'reporter.cjs'))},
    forbidOnly: ${process.env.CI === 'true' || process.env.CI === '1'},
    color: false,
  });
  mocha.addFile(${JSON.stringify(join(bundle, 'tests.cjs'))});
  mocha.run((failures) => (failures === 0 ? resolve() : reject(new Error(failures + ' tests failed'))));
});
`,
);

const workspace = mkdtempSync(join(tmpdir(), 'attn-host-'));
try {
  cpSync(join(root, 'examples'), workspace, { recursive: true });
  await runTests({
    vscodeExecutablePath: process.env.VSCODE_PATH || join(import.meta.dirname, 'launcher.js'),
    extensionDevelopmentPath: root,
    extensionTestsPath: join(bundle, 'index.cjs'),
    launchArgs: [workspace, '--disable-workspace-trust'],
    extensionTestsEnv: { ATTN_TEST_COUNTS: process.env.ATTN_TEST_COUNTS },
  });
} catch (error) {
  // A failing test has been reported; anything else has not.
  if (!(error instanceof TestRunFailedError)) console.error(error);
  process.exitCode = 1;
} finally {
  rmSync(workspace, { recursive: true, force: true });
}
