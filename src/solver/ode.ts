/** Adaptive integration of dθ/dt = f(θ): Dormand and Prince's Runge–Kutta pair 5(4) with its dense output (Hairer, Nørsett, Wanner, Solving ODEs I). */
import { SolverFailure } from './result.js';

export interface OdeOptions {
  /** Local error per step, relative to the largest component of the state. */
  readonly tolerance: number;
  /** Times to stop at, increasing, ≥ 0; the state there comes from the dense output. */
  readonly times: ArrayLike<number>;
  /** Divergence is called when a component passes this. Default 1e12. */
  readonly ceiling?: number;
  readonly maximumSteps?: number;
}

export interface OdePoint {
  readonly time: number;
  readonly state: Float64Array;
}

// Rows of the tableau, then the error weights b − b̂ and the dense-output weights.
const rows = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
const errorWeights = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];
const denseWeights = [
  -12715105075 / 11282082432,
  0,
  87487479700 / 32700410799,
  -10690763975 / 1880347072,
  701980252875 / 199316789632,
  -1453857185 / 822651844,
  69997945 / 29380423,
];

/**
 * Yields the state at every wanted time, in order. `field` fills `out` with f(θ). Throws SolverFailure: `diverged` (at `train.time`) where the
 * state grows without bound or is not finite, `tolerance` where the step has shrunk to rounding or the steps run out.
 */
export function* integrate(
  field: (state: Float64Array, out: Float64Array) => void,
  start: Float64Array,
  options: OdeOptions,
): Generator<OdePoint, void, void> {
  const { times, tolerance } = options;
  const ceiling = options.ceiling ?? 1e12;
  const maximumSteps = options.maximumSteps ?? 1e6;
  const n = start.length;
  let y = Float64Array.from(start);
  let next = new Float64Array(n);
  const stage = new Float64Array(n);
  const k = Array.from({ length: 7 }, () => new Float64Array(n));
  const end = times.length > 0 ? times[times.length - 1]! : 0;
  let recorded = 0;
  while (recorded < times.length && times[recorded]! <= 0) yield { time: times[recorded++]!, state: Float64Array.from(y) };
  if (recorded === times.length) return;
  field(y, k[0]!);
  let t = 0;
  let h = firstStep(y, k[0]!, end, tolerance);
  let previous = 1;
  let rejected = false;
  for (let step = 0; ; step++) {
    if (step >= maximumSteps)
      throw new SolverFailure('tolerance', `The flow needs more than ${maximumSteps} steps to reach time ${end}.`, 'train.tolerance');
    // A last step that would leave a sliver is stretched to the end.
    if (t + 1.01 * h >= end) h = end - t;
    if (!(h > 1e-14 * Math.max(t, 1e-300)) || t + h === t)
      throw new SolverFailure('tolerance', `The flow cannot meet its tolerance at time ${t.toPrecision(4)}.`, 'train.tolerance');
    for (let s = 0; s < 6; s++) {
      const row = rows[s]!;
      const target = s === 5 ? next : stage;
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = 0; j <= s; j++) sum += row[j]! * k[j]![i]!;
        target[i] = y[i]! + h * sum;
      }
      field(target, k[s + 1]!);
    }
    let size = 1e-3;
    let error = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < 7; j++) sum += errorWeights[j]! * k[j]![i]!;
      error = Number.isNaN(sum) ? Number.POSITIVE_INFINITY : Math.max(error, Math.abs(h * sum));
      size = Math.max(size, Math.abs(y[i]!), Math.abs(next[i]!));
    }
    const ratio = error / (tolerance * size);
    if (!(ratio <= 1)) {
      h *= Number.isFinite(ratio) ? Math.max(0.2, 0.9 * ratio ** -0.2) : 0.1;
      rejected = true;
      if (h < 1e-13 * Math.max(t, end * 1e-6)) throw Number.isFinite(ratio) ? tolerated(t) : diverged(t);
      continue;
    }
    if (!(size < ceiling)) throw diverged(t);
    const after = t + h === end || t + h > end - 1e-14 * end ? end : t + h;
    for (; recorded < times.length && times[recorded]! <= after; recorded++) {
      const time = times[recorded]!;
      const state = time === after ? Float64Array.from(next) : dense(y, next, k, h, (time - t) / h);
      yield { time, state };
    }
    if (recorded === times.length) return;
    t = after;
    const swap = y;
    y = next;
    next = swap;
    k[0]!.set(k[6]!);
    const bounded = Math.max(ratio, 1e-10);
    // PI control: the step follows the error and its trend.
    const grow = 0.9 * bounded ** -0.17 * previous ** 0.04;
    h *= Math.min(rejected ? 1 : 5, Math.max(0.2, grow));
    previous = Math.max(bounded, 1e-4);
    rejected = false;
  }
}

function diverged(t: number): SolverFailure {
  return new SolverFailure('diverged', `The gradient flow grows without bound near time ${t.toPrecision(4)}.`, 'train.time');
}

function tolerated(t: number): SolverFailure {
  return new SolverFailure('tolerance', `The flow cannot meet its tolerance at time ${t.toPrecision(4)}.`, 'train.tolerance');
}

function firstStep(y: Float64Array, slope: Float64Array, end: number, tolerance: number): number {
  let size = 1e-3;
  let speed = 0;
  for (let i = 0; i < y.length; i++) {
    size = Math.max(size, Math.abs(y[i]!));
    speed = Math.max(speed, Math.abs(slope[i]!));
  }
  return Math.min(end, speed > 0 ? (0.5 * size * tolerance ** 0.2) / speed : end);
}

function dense(y: Float64Array, next: Float64Array, k: readonly Float64Array[], h: number, at: number): Float64Array {
  const out = new Float64Array(y.length);
  const rest = 1 - at;
  for (let i = 0; i < y.length; i++) {
    const difference = next[i]! - y[i]!;
    const bend = h * k[0]![i]! - difference;
    let high = 0;
    for (let j = 0; j < 7; j++) high += denseWeights[j]! * k[j]![i]!;
    out[i] = y[i]! + at * (difference + rest * (bend + at * (difference - h * k[6]![i]! - bend + rest * h * high)));
  }
  return out;
}
