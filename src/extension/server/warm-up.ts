/**
 * The first keys of an editing session find the server's code interpreted, and are answered several times slower than those after a hundred edits. So the
 * first text is read again and again in the pauses after it was opened, until that has been compiled.
 */

const rounds = 80;
/** Of processor time at most, in milliseconds. */
const most = 400;

/** Repeats `work` in turns of its own, so that a message never waits for more than one of them. `later` calls back once messages that are there were read. */
export function warmUp(work: () => void, later: (turn: () => void) => void, now: () => number): void {
  let spent = 0;
  const turn = (left: number): void => {
    const start = now();
    work();
    spent += now() - start;
    if (left > 1 && spent < most) later(() => turn(left - 1));
  };
  later(() => turn(rounds));
}
