/** A training between two steps, as plain numbers: what a checkpoint holds. */

export interface StochasticPoint {
  /** rate × step. */
  readonly time: number;
  readonly step: number;
  readonly theta: Float64Array;
  /** Mean loss at θ of the fresh batch that the next step uses, and its standard error from the spread within the batch. */
  readonly loss: number;
  readonly lossError: number;
}

/** Everything a run needs to go on; resuming from it gives the bits of a run that was never stopped. */
export interface StochasticState {
  /** Steps taken. */
  readonly step: number;
  readonly theta: Float64Array;
  /** Momentum (SGD) or first moment (Adam), and second moment (Adam; else empty). */
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** The loss above which the run counts as diverged; null before the first step. */
  readonly ceiling: number | null;
  readonly points: readonly StochasticPoint[];
}

const head = 5;
const perPoint = 4;

/** One array of numbers: step, ceiling (NaN for none), lengths of θ and of the second moment, number of points, then all of them. */
export function encodeState(state: StochasticState): Float64Array {
  const { theta, first, second, points } = state;
  const out = new Float64Array(head + theta.length + first.length + second.length + points.length * (perPoint + theta.length));
  out.set([state.step, state.ceiling ?? Number.NaN, theta.length, second.length, points.length]);
  let at = head;
  const put = (numbers: ArrayLike<number>): void => {
    out.set(numbers, at);
    at += numbers.length;
  };
  put(theta);
  put(first);
  put(second);
  for (const { time, step, loss, lossError, theta: recorded } of points) {
    put([time, step, loss, lossError]);
    put(recorded);
  }
  return out;
}

/** Null when the numbers are no state of a training with `size` parameters, of which `second` have a second moment. */
export function decodeState(numbers: Float64Array, size: number, second: number): StochasticState | null {
  const [step, ceiling, found, foundSecond, count] = numbers;
  if (numbers.length < head || found !== size || foundSecond !== second) return null;
  if (!isCount(step) || !isCount(count) || numbers.length !== head + 2 * size + second + count * (perPoint + size)) return null;
  let at = head;
  const take = (length: number): Float64Array => {
    at += length;
    return numbers.slice(at - length, at);
  };
  const theta = take(size);
  const first = take(size);
  const moment = take(second);
  const points = Array.from({ length: count }, (): StochasticPoint => {
    const [time, recorded, loss, lossError] = take(perPoint);
    return { time, step: recorded, loss, lossError, theta: take(size) };
  });
  return { step, theta, first, second: moment, ceiling: Number.isNaN(ceiling) ? null : ceiling, points };
}

function isCount(x: number): boolean {
  return Number.isSafeInteger(x) && x >= 0;
}
