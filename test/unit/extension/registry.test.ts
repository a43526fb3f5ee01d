import assert from 'node:assert/strict';
import { StudyRegistry } from '../../../src/extension/studies/registry.js';
import type { Study } from '../../../src/extension/studies/study.js';

function registry() {
  const failures: unknown[] = [];
  const made = new StudyRegistry({ post: () => {}, now: () => 0, budget: () => 2 }, (error) => failures.push(error));
  return { made, failures };
}

/** The next time that listeners are called. */
function told(studies: StudyRegistry): Promise<Study> {
  return new Promise((resolve) => {
    const subscription = studies.onChange((study) => {
      subscription.dispose();
      resolve(study);
    });
  });
}

const plan = (uri: string, version: number) => ({ uri, version, plan: null, diagnostics: [], outline: [] });

describe('the studies of all texts', () => {
  it('say once for several changes that a study has changed, when the charts have gone', async () => {
    const { made } = registry();
    const calls: string[] = [];
    made.onChange(({ uri, version }) => calls.push(`${uri} ${version}`));
    const both = told(made);
    for (let version = 1; version <= 5; version += 1) made.receivePlan(plan('a', version));
    made.receivePlan(plan('b', 1));
    assert.deepEqual(calls, []);
    await both;
    assert.deepEqual(calls, ['a 5', 'b 1']);
    const again = told(made);
    made.receivePlan(plan('a', 6));
    await again;
    assert.equal(calls.at(-1), 'a 6');
  });

  it('let one listener that fails stop no other study', async () => {
    const { made, failures } = registry();
    made.onChange(({ uri }) => {
      if (uri === 'a') throw new Error('of a');
    });
    const calls: string[] = [];
    made.onChange(({ uri }) => calls.push(uri));
    made.receivePlan(plan('a', 1));
    made.receivePlan(plan('b', 1));
    await told(made);
    assert.deepEqual(failures.map(String), ['Error: of a']);
    assert.deepEqual(calls, ['b']);
  });

  it('say nothing after their end', async () => {
    const { made, failures } = registry();
    const calls: string[] = [];
    made.onChange(({ uri }) => calls.push(uri));
    made.receivePlan(plan('a', 1));
    made.dispose();
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.deepEqual([calls, failures], [[], []]);
  });
});
