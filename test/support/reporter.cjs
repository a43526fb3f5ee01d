// Mocha reporter: the readable `spec` output, the counts as JSON in the file that test/run.js names, and the title of each failure, as it
// happens, on a channel for those who have something to keep.
const { channel } = require('node:diagnostics_channel');
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failures = channel('attn:test-failed');
    runner.on(Runner.constants.EVENT_TEST_FAIL, (test) => failures.publish(test.fullTitle()));
    const file = process.env.ATTN_TEST_COUNTS;
    if (file === undefined) return;
    const titles = [];
    // A failing hook is a failure of its own: it takes away tests that then never run.
    runner.on(Runner.constants.EVENT_TEST_FAIL, (test) => titles.push(test.fullTitle()));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = runner.stats;
      writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending, titles }));
    });
  }
};
