/** Adaptive integration of dθ/dt = f(θ): Dormand and Prince's Runge–Kutta method 8(5,3) with its dense output of order 7. */
import { denseRows, error3, error5, stages } from './dormand-prince.js';
import { SolverFailure } from './result.js';
import { say } from './sentences.js';

export interface OdeOptions {
  /** Local error per step, relative to the largest component of the state (taken as 1e-12 at least). */
  readonly tolerance: number;
  /** Times to stop at, increasing, ≥ 0; the state there comes from the dense output. */
  readonly times: ArrayLike<number>;
  /** Divergence is called when a component passes this. Default 1e12. */
  readonly ceiling?: number;
  /** Default 1e6. */
  readonly maximumSteps?: number;
}

export interface OdePoint {
  readonly time: number;
  readonly state: Float64Array;
}

/** f: fills `out` with f(θ). An object, so that one compiled integrator serves all of a class. */
export interface VectorField {
  evaluate(state: Float64Array, out: Float64Array): void;
}

const stageCount = 12;
/** Rows of f: 12 stages, the end of the step, three more for the dense output. */
const rowCount = 16;
/** Step times rate up to which the method damps. */
const stableStep = 5.8;
const smallest = 1e-12;
/** Besides one whose speed is rounding, a flow whose speed, falling, could move it by less than this share of the tolerance until the end has arrived. */
const arrived = 0.01;

class Stepper {
  readonly k: readonly Float64Array[];
  readonly next: Float64Array;
  private readonly stage: Float64Array;
  /** Errors of orders 5 and 3, by component. */
  private readonly e5: Float64Array;
  private readonly e3: Float64Array;

  constructor(
    private readonly field: VectorField,
    readonly n: number,
  ) {
    this.k = Array.from({ length: rowCount }, () => new Float64Array(n));
    this.next = new Float64Array(n);
    this.stage = new Float64Array(n);
    this.e5 = new Float64Array(n);
    this.e3 = new Float64Array(n);
  }

  private combine(row: readonly number[], y: Float64Array, h: number, out: Float64Array): void {
    out.set(y);
    for (let j = 0; j < row.length; j++) {
      const weight = h * row[j]!;
      if (weight === 0) continue;
      const k = this.k[j]!;
      for (let i = 0; i < out.length; i++) out[i]! += weight * k[i]!;
    }
  }

  /** Fills `next` and rows 1 … 12 from y and row 0; returns the error estimate in units of `scale`, NaN or Infinity where a stage overflows. */
  attempt(y: Float64Array, h: number, scale: number): number {
    for (let s = 1; s <= stageCount; s++) {
      const out = s === stageCount ? this.next : this.stage;
      this.combine(stages[s - 1]!, y, h, out);
      this.field.evaluate(out, this.k[s]!);
    }
    const { e5, e3, n } = this;
    e5.fill(0);
    e3.fill(0);
    for (let j = 0; j <= stageCount; j++) {
      const weight5 = error5[j]!;
      const weight3 = error3[j]!;
      if (weight5 === 0 && weight3 === 0) continue;
      const k = this.k[j]!;
      for (let i = 0; i < n; i++) {
        e5[i]! += weight5 * k[i]!;
        e3[i]! += weight3 * k[i]!;
      }
    }
    let sum5 = 0;
    let sum3 = 0;
    for (let i = 0; i < n; i++) {
      sum5 += e5[i]! * e5[i]!;
      sum3 += e3[i]! * e3[i]!;
    }
    const blend = sum5 + 0.01 * sum3;
    return blend === 0 ? 0 : (h * sum5) / (Math.sqrt(blend) * scale);
  }

  /** ‖f(θ′) − f(θ″)‖ / ‖θ′ − θ″‖ at the last two points of the step: the rate of the fastest direction once the others have died out. */
  stiffness(): number {
    const { k, next, stage, n } = this;
    let rise = 0;
    let run = 0;
    for (let i = 0; i < n; i++) {
      rise += (k[stageCount]![i]! - k[stageCount - 1]![i]!) ** 2;
      run += (next[i]! - stage[i]!) ** 2;
    }
    return run > 0 ? Math.sqrt(rise / run) : 0;
  }

  /** Polynomials of the last step, for `dense`. */
  interpolant(y: Float64Array, h: number): Float64Array[] {
    for (let s = stageCount + 1; s < rowCount; s++) {
      this.combine(stages[s - 1]!, y, h, this.stage);
      this.field.evaluate(this.stage, this.k[s]!);
    }
    const { k, next, n } = this;
    const rows = Array.from({ length: 7 }, () => new Float64Array(n));
    for (let i = 0; i < n; i++) {
      const difference = next[i]! - y[i]!;
      rows[0]![i] = difference;
      rows[1]![i] = h * k[0]![i]! - difference;
      rows[2]![i] = 2 * difference - h * (k[stageCount]![i]! + k[0]![i]!);
    }
    for (let r = 0; r < denseRows.length; r++) {
      const row = rows[3 + r]!;
      for (let j = 0; j < rowCount; j++) {
        const weight = h * denseRows[r]![j]!;
        if (weight === 0) continue;
        const slope = k[j]!;
        for (let i = 0; i < n; i++) row[i]! += weight * slope[i]!;
      }
    }
    return rows;
  }
}

function dense(y: Float64Array, rows: readonly Float64Array[], at: number): Float64Array {
  const out = new Float64Array(y.length);
  for (let i = 0; i < y.length; i++) {
    let sum = 0;
    for (let r = 6; r >= 0; r--) sum = (sum + rows[r]![i]!) * (r % 2 === 0 ? at : 1 - at);
    out[i] = y[i]! + sum;
  }
  return out;
}

function sizeOf(y: Float64Array): number {
  let size = smallest;
  for (const x of y) {
    if (Number.isNaN(x)) return Number.NaN;
    size = Math.max(size, Math.abs(x));
  }
  return size;
}

function norm(x: Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value * value;
  return Math.sqrt(sum);
}

/**
 * Yields the state at every wanted time, in order. Throws SolverFailure: `diverged` (at `train.time`) where the
 * state grows without bound or is not finite, `tolerance` where the step has shrunk to rounding or the steps run out.
 */
export function* integrate(field: VectorField, start: Float64Array, options: OdeOptions): Generator<OdePoint, void, void> {
  const { times, tolerance, ceiling = 1e12, maximumSteps = 1e6 } = options;
  const y = Float64Array.from(start);
  const end = times.length > 0 ? times[times.length - 1]! : 0;
  let recorded = 0;
  while (recorded < times.length && times[recorded]! <= 0) yield { time: times[recorded++]!, state: Float64Array.from(y) };
  if (recorded === times.length) return;
  const stepper = new Stepper(field, start.length);
  const { k, next } = stepper;
  field.evaluate(y, k[0]!);
  let speed = norm(k[0]!);
  let size = sizeOf(y);
  if (!Number.isFinite(speed) || !Number.isFinite(size)) throw diverged(0);
  let t = 0;
  let h = speed > 0 ? Math.min(end, (0.5 * size * tolerance ** 0.125) / speed) : end;
  let rejected = false;
  for (let step = 0; ; step++) {
    if (step >= maximumSteps)
      throw new SolverFailure(
        'tolerance',
        say('The flow needs more than {0} steps to reach time {1}.', maximumSteps, end),
        'train.tolerance',
      );
    const isLast = t + 1.01 * h >= end;
    if (isLast) h = end - t;
    const ratio = stepper.attempt(y, h, tolerance * size);
    if (!(ratio <= 1)) {
      h *= Number.isFinite(ratio) ? Math.max(0.2, 0.9 * ratio ** -0.125) : 0.1;
      rejected = true;
      if (t + h === t || h < 1e-15 * end)
        throw Number.isFinite(ratio)
          ? new SolverFailure('tolerance', say('The flow cannot meet its tolerance at time {0}.', t.toPrecision(4)), 'train.tolerance')
          : diverged(t);
      continue;
    }
    const stiffness = stepper.stiffness();
    const after = isLast ? end : t + h;
    if (times[recorded]! <= after) {
      const rows = times[recorded]! < after ? stepper.interpolant(y, h) : [];
      for (; recorded < times.length && times[recorded]! <= after; recorded++) {
        const time = times[recorded]!;
        yield { time, state: time === after ? Float64Array.from(next) : dense(y, rows, (time - t) / h) };
      }
      if (recorded === times.length) return;
    }
    t = after;
    y.set(next);
    k[0]!.set(k[stageCount]!);
    size = sizeOf(y);
    if (!(size < ceiling)) throw diverged(t);
    const before = speed;
    speed = norm(k[0]!);
    const isAtRest = speed <= 16 * Number.EPSILON * size * stiffness;
    if (isAtRest || (speed <= before && speed * (end - t) <= arrived * tolerance * size)) {
      for (; recorded < times.length; recorded++) yield { time: times[recorded]!, state: Float64Array.from(y) };
      return;
    }
    h *= Math.min(rejected ? 1 : 6, Math.max(0.3, 0.9 * Math.max(ratio, 1e-10) ** -0.125));
    // A longer step would amplify what has decayed below the tolerance, and the flow would never come to rest.
    if (h * stiffness > stableStep) h = stableStep / stiffness;
    rejected = false;
  }
}

function diverged(t: number): SolverFailure {
  return new SolverFailure('diverged', say('The gradient flow grows without bound near time {0}.', t.toPrecision(4)), 'train.time');
}
