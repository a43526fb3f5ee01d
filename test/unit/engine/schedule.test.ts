import assert from 'node:assert/strict';
import { bundles, takeBundle } from '../../../src/engine/schedule.js';

const task = (group: string, seconds: number, name = group) => ({ group, seconds, name });

describe('the order of runs', () => {
  it('sends tiny runs together, and every run once', () => {
    const tasks = Array.from({ length: 200 }, (_, i) => task(`g${i % 4}`, 1e-4, String(i)));
    const made = bundles(tasks, 2);
    assert.ok(made.length < 40);
    assert.deepEqual(
      made.flatMap(({ tasks: members }) => members.map(({ name }) => Number(name))).sort((a, b) => a - b),
      tasks.map((_, i) => i),
    );
    for (const { group, tasks: members } of made) assert.ok(members.every((member) => member.group === group));
  });

  it('sends long runs one by one, the cheapest first', () => {
    const made = bundles([task('a', 5), task('b', 1), task('b', 3)], 2);
    assert.deepEqual(
      made.map(({ seconds, tasks }) => [seconds, tasks.length]),
      [
        [1, 1],
        [3, 1],
        [5, 1],
      ],
    );
  });

  it('gives every worker a part of a small plan', () => {
    assert.ok(bundles([task('a', 1e-4), task('a', 1e-4), task('a', 1e-4), task('a', 1e-4)], 2).length >= 2);
  });

  it('gives a worker the group it knows, another the group that nobody has', () => {
    const queue = bundles([task('a', 0.02, 'a1'), task('a', 0.02, 'a2'), task('b', 0.02, 'b1'), task('b', 0.02, 'b2')], 2);
    assert.equal(takeBundle(queue, 'b', new Set())!.tasks[0]!.name, 'b1');
    assert.equal(takeBundle(queue, null, new Set(['a']))!.tasks[0]!.name, 'b2');
    assert.equal(takeBundle(queue, 'b', new Set(['a', 'b']))!.tasks[0]!.name, 'a1');
    assert.equal(queue.length, 1);
  });

  it('does not let a known but long run go before cheap ones', () => {
    const queue = bundles([task('a', 0.01), task('b', 10)], 2);
    assert.equal(takeBundle(queue, 'b', new Set())!.group, 'a');
  });
});
