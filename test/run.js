// The one test runner, behind `npm test`. Runs every kind of check below, passes their output through, and prints as its
// very last line `N passed, N failed`, counted by the test framework itself. `node test/run.js unit lint` runs those kinds only;
// `--spec GLOB` narrows the mocha kinds to some files.
//
// A static check that fails counts as one failure; passed ones are not counted as tests. A runner that crashes, hangs, leaves something
// running, or executes no test is a failure. With CI=true a skipped test is one too, and `.only` is refused.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals: asked } = parseArgs({ options: { spec: { type: 'string' } }, allowPositionals: true });
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (path) => join(root, 'node_modules', path);
const ci = process.env.CI === 'true' || process.env.CI === '1';
const minutes = 60_000;

/** Where the tests in a real editor keep what a failure looked like. */
const kept = join(root, 'test', 'artifacts', 'failed');

/** The arguments of `npm run package`. */
const vsce = ['package', '--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links'];
vsce.push('--readme-path', 'dist/README.md', '--out', 'attn-lab.vsix');

/** Steps of a static kind are command lines for Node; a mocha kind names the specs it runs; a runner runs mocha itself, elsewhere. */
const kinds = {
  build: {
    steps: [[bin('langium-cli/bin/langium.js'), 'generate'], ['esbuild.js']],
    limit: 5 * minutes,
  },
  lint: { steps: [[bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']], limit: 5 * minutes },
  typecheck: {
    steps: [
      [bin('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json'],
      [bin('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.core.json'],
      [bin('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.webview.json'],
    ],
    limit: 10 * minutes,
  },
  // What the tests in a real editor and in a browser run in, from the npm registry: nothing to do where it is there already.
  editor: { steps: [['--import', 'tsx', 'test/support/vscode/prepare.ts']], limit: 20 * minutes },
  unit: { mocha: ['test/unit/**/*.test.ts'], limit: 30 * minutes },
  host: { needs: 'editor', runner: ['test/support/vscode/run-host.ts'], limit: 15 * minutes },
  panel: { needs: 'editor', mocha: ['test/panel/**/*.test.ts'], limit: 25 * minutes },
  package: {
    needs: 'editor',
    steps: [
      ['--import', 'tsx', 'docs/build-extension-readme.ts'],
      [bin('@vscode/vsce/vsce'), ...vsce],
    ],
    mocha: ['test/package/**/*.test.ts'],
    limit: 25 * minutes,
  },
};

/** Runs Node on `args`; answers its exit status, or a sentence when it did not end by itself in time. */
function run(args, env, limit, hasReported) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
    let verdict = null;
    const stop = (sentence) => {
      verdict = sentence;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => stop(`was stopped after ${limit / minutes} minutes`), limit);
    // Counts that are written while the process lives on mean that a test left a timer, a worker or a child behind.
    let reportedAt = null;
    const watch = setInterval(() => {
      if (reportedAt === null && hasReported()) reportedAt = Date.now();
      if (reportedAt !== null && Date.now() - reportedAt > 20_000) stop('left something running after its last test');
    }, 500);
    const finish = (outcome) => {
      clearTimeout(timer);
      clearInterval(watch);
      resolve(verdict ?? outcome);
    };
    child.on('error', (error) => finish(`did not start: ${error.message}`));
    child.on('close', (code, signal) => finish(signal === null ? code : `was ended by ${signal}`));
  });
}

async function runStatic(kind) {
  for (const step of kind.steps) {
    const outcome = await run(step, {}, kind.limit, () => false);
    if (outcome !== 0) return { passed: 0, problems: [typeof outcome === 'string' ? outcome : `exit status ${outcome}`] };
  }
  return { passed: 0, problems: [] };
}

const outcomes = new Map();

/** Each kind runs once, after what it needs, and not at all without that. */
async function runKind(name) {
  const kind = kinds[name];
  if (outcomes.has(name)) return;
  if (kind.needs !== undefined) await runKind(kind.needs);
  console.log(`\n── ${name}`);
  const started = Date.now();
  const lacks = kind.needs !== undefined && outcomes.get(kind.needs).problems.length > 0;
  const outcome = lacks ? { passed: 0, problems: [`did not run: it needs ${kind.needs}`] } : await outcomeOf(kind);
  outcomes.set(name, outcome);
  for (const problem of outcome.problems) console.log(`✗ ${name}: ${problem}`);
  console.log(`── ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s, ${outcome.problems.length === 0 ? 'well' : 'not well'}`);
}

async function outcomeOf(kind) {
  const prepared = kind.steps === undefined ? { passed: 0, problems: [] } : await runStatic(kind);
  const tests = kind.mocha !== undefined || kind.runner !== undefined;
  return tests && prepared.problems.length === 0 ? runMocha(kind) : prepared;
}

async function runMocha(kind) {
  const folder = mkdtempSync(join(tmpdir(), 'attn-test-'));
  const file = join(folder, 'counts.json');
  try {
    // tsx is given to Node itself, not through mocha's --node-option: that would put mocha in a grandchild, out of reach of a stop.
    const args = ['--import', 'tsx'];
    if (kind.runner !== undefined) {
      args.push(...kind.runner, ...(values.spec === undefined ? [] : [values.spec]));
    } else {
      args.push(bin('mocha/bin/mocha.js'), '--no-config', '--timeout', '60000', '--reporter', 'test/support/reporter.cjs');
      args.push(...(ci ? ['--forbid-only'] : []), ...(values.spec === undefined ? kind.mocha : [values.spec]));
    }
    const outcome = await run(args, { ATTN_TEST_COUNTS: file }, kind.limit, () => existsSync(file));
    const problems = [];
    if (typeof outcome === 'string') problems.push(outcome);
    if (!existsSync(file))
      return { passed: 0, problems: problems.length > 0 ? problems : [`crashed (exit status ${outcome}) before it could count`] };
    const counts = JSON.parse(readFileSync(file, 'utf8'));
    problems.push(...counts.titles);
    for (const title of counts.repeated) console.log(`↻ passed at the second attempt: ${title}`);
    while (problems.length < counts.failed) problems.push('failed');
    if (ci && counts.skipped > 0) problems.push(...Array.from({ length: counts.skipped }, () => 'skipped, which CI does not allow'));
    if (counts.passed + counts.failed === 0) problems.push('executed no test');
    if (outcome !== 0 && problems.length === 0) problems.push(`exit status ${outcome} although every test passed`);
    return { passed: counts.passed, problems };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const unknown = asked.filter((name) => !(name in kinds));
let passed = 0;
let failed = 0;
if (process.env.ATTN_TEST_COUNTS !== undefined && values.spec === undefined) {
  console.error('A test may start the test runner on named files only: all of them would include that test, and never end.');
  failed += 1;
} else if (unknown.length > 0) {
  console.error(`Unknown kind of test: ${unknown.join(', ')}. There are: ${Object.keys(kinds).join(', ')}.`);
  failed += 1;
} else {
  if (process.env.ATTN_TEST_COUNTS === undefined) rmSync(kept, { recursive: true, force: true });
  for (const name of Object.keys(kinds)) if (asked.length === 0 || asked.includes(name)) await runKind(name);
  for (const outcome of outcomes.values()) {
    passed += outcome.passed;
    failed += outcome.problems.length;
  }
  if (existsSync(kept)) console.log(`Pictures and logs of what failed are in ${kept}`);
}
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);
