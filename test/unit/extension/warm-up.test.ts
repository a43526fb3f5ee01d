import assert from 'node:assert/strict';
import { warmUp } from '../../../src/extension/server/warm-up.js';

/** Rounds that are done when each takes so many milliseconds, one after the other and none before its turn. */
function roundsOf(milliseconds: number): number {
  const turns: (() => void)[] = [];
  let clock = 0;
  let done = 0;
  const work = (): void => {
    clock += milliseconds;
    done += 1;
  };
  warmUp(
    work,
    (turn) => turns.push(turn),
    () => clock,
  );
  assert.equal(done, 0);
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
    const before: number = done;
    turn();
    assert.equal(done, before + 1);
    assert.ok(turns.length <= 1);
  }
  return done;
}

describe('warming up', () => {
  it('comes to an end, after fewer rounds where one takes long', () => {
    assert.equal(roundsOf(1), 80);
    assert.equal(roundsOf(10), 40);
    assert.equal(roundsOf(1000), 1);
  });
});
