// One window for the tests of a suite, and a fresh one after each failed attempt: no test starts from what another one left unfinished.
import { report } from '../attempts.js';
import { Workbench, type WorkbenchOptions } from './workbench.js';

/** A test stops at a state that does not come long before this; together they may be slow on a busy machine. */
const testLimit = 240_000;
const openingLimit = 300_000;

/**
 * Gives the tests of a suite a workbench, in the state that `prepare` brings it to and keeps in its own variables. A test may rely on that state and
 * must leave it, or come back to it; what more it needs it does itself. A test that fails is tried once more in a fresh window, as in VS Code's own
 * smoke tests: the machine may have been busy, or the platform have lost a key. The reporter says that it took two attempts.
 */
export function inWorkbench(suite: Mocha.Suite, options: WorkbenchOptions, prepare: (workbench: Workbench) => Promise<void>): void {
  let workbench: Workbench | null = null;
  const open = async (): Promise<void> => {
    workbench = await Workbench.open(options);
    try {
      await prepare(workbench);
    } catch (error) {
      await workbench.keep(`${suite.title}: before its tests`);
      await close();
      throw error;
    }
  };
  const close = async (): Promise<void> => {
    const old = workbench;
    workbench = null;
    await old?.close();
  };
  suite.retries(1);
  suite.timeout(testLimit);
  suite.beforeEach('opens a workbench', async function () {
    this.timeout(openingLimit);
    if (workbench !== null) return;
    try {
      await open();
    } catch (error) {
      // mocha does not repeat hooks.
      report({ title: `${suite.fullTitle()}: before its tests`, error });
      await open();
    }
  });
  suite.afterEach('closes it after a failure', async function () {
    this.timeout(openingLimit);
    if (this.currentTest?.state !== 'passed') await close();
  });
  suite.afterAll('closes the workbench', close);
}
