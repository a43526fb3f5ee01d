/** How long work will still take, from how long it has taken so far. */

/** Work of less says little about the rest. */
const patience = 2000;
/** Less than this is not worth a word. */
const soon = 5;

/** Seconds until `left` is done as well, at the pace of what was `done` in so many milliseconds; null while that says little, and near the end. */
export function secondsLeft(milliseconds: number, done: number, left: number): number | null {
  if (milliseconds < patience || !(done > 0)) return null;
  const seconds = (left / done) * (milliseconds / 1000);
  return seconds < soon ? null : seconds;
}
