import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** Runs the test runner on one made-up file; answers its exit status, its very last line, and all that it printed. */
function outcome(fixture: string, ci: boolean): [status: number | null, lastLine: string | undefined, output: string] {
  const args = ['test/run.js', 'unit', '--spec', `test/fixtures/runner/${fixture}`];
  const child = spawnSync(process.execPath, args, { cwd: root, env: { ...process.env, CI: ci ? 'true' : '' }, encoding: 'utf8' });
  return [child.status, child.stdout.trimEnd().split('\n').at(-1), child.stdout];
}

describe('the test runner', () => {
  const cases: readonly (readonly [what: string, fixture: string, ci: boolean, status: number, lastLine: string])[] = [
    ['counts what passed', 'passing.mjs', true, 0, '1 passed, 0 failed'],
    ['counts failed tests and hooks', 'mixed.mjs', false, 1, '2 passed, 2 failed'],
    ['counts a test once that is tried again', 'repeated.mjs', true, 1, '1 passed, 1 failed'],
    ['lets a skipped test pass by hand', 'skipped.mjs', false, 0, '1 passed, 0 failed'],
    ['takes a skipped test for a failure under CI', 'skipped.mjs', true, 1, '1 passed, 1 failed'],
    ['refuses .only under CI', 'only.mjs', true, 1, '0 passed, 1 failed'],
    ['takes a file without tests for a failure', 'empty.mjs', false, 1, '0 passed, 1 failed'],
    ['takes a missing file for a failure', 'no-such-file.mjs', false, 1, '0 passed, 1 failed'],
    ['sees through a crash that exits with 0', 'crash.mjs', false, 1, '0 passed, 1 failed'],
    ['reports a file that does not load', 'unloadable.mjs', false, 1, '0 passed, 1 failed'],
  ];
  for (const [what, fixture, ci, status, lastLine] of cases) {
    it(what, () => assert.deepEqual(outcome(fixture, ci).slice(0, 2), [status, lastLine]));
  }

  it('says which test passed at the second attempt, and why not at the first', () => {
    const [, , output] = outcome('repeated.mjs', true);
    assert.match(output, /^↻ passed at the second attempt: repeated passes at last \(first: on purpose\)$/m);
    assert.doesNotMatch(output, /second attempt: repeated never passes/);
  });
});
