// Mocha reporter: the readable `spec` output, the counts as JSON in the file that test/run.js names, and the title of each failure, as it
// happens, on a channel for those who have something to keep. An attempt that fails before another one passes is told like a failure, and
// counted for what it is.
const { channel } = require('node:diagnostics_channel');
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

const events = Runner.constants;

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failures = channel('attn:test-failed');
    /** What failed first, by title. */
    const attempts = new Map();
    const repeated = [];
    const attempt = ({ title, error }) => {
      const words = error instanceof Error ? error.message : String(error);
      attempts.set(title, words.split('\n')[0]);
      console.log(`    ↻ ${title}: the first attempt failed:\n${indented(error?.stack ?? words)}`);
    };
    channel('attn:first-attempt').subscribe(attempt);
    runner.on(events.EVENT_TEST_RETRY, (test, error) => {
      failures.publish(test.fullTitle());
      attempt({ title: test.fullTitle(), error });
    });
    runner.on(events.EVENT_TEST_FAIL, (test) => {
      failures.publish(test.fullTitle());
      attempts.delete(test.fullTitle());
    });
    runner.once(events.EVENT_RUN_END, () => {
      for (const [title, words] of attempts) repeated.push(`${title} (first: ${words})`);
    });
    const file = process.env.ATTN_TEST_COUNTS;
    if (file === undefined) return;
    const titles = [];
    // A failing hook is a failure of its own: it takes away tests that then never run.
    runner.on(events.EVENT_TEST_FAIL, (test) => titles.push(test.fullTitle()));
    runner.once(events.EVENT_RUN_END, () => {
      const { passes, failures: failed, pending } = runner.stats;
      writeFileSync(file, JSON.stringify({ passed: passes, failed, skipped: pending, titles, repeated }));
    });
  }
};

function indented(text) {
  return text
    .split('\n')
    .slice(0, 12)
    .map((line) => `      ${line}`)
    .join('\n');
}
