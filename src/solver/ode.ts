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
/** A row of zeros beside those. */
const emptyRow = rowCount;
/** Step times rate up to which the method damps. */
const stableStep = 5.8;
const smallest = 1e-12;
/** Besides one whose speed is rounding, a flow whose speed, falling, could move it by less than this share of the tolerance until the end has arrived. */
const arrived = 0.01;

/** A sum Σ_j weight_j f_j over rows of f, without those that count nothing; four rows at a time, so filled up with empty ones. */
class Combination {
  readonly weights: Float64Array;
  readonly rows: Int32Array;

  constructor(weights: readonly number[]) {
    const used = weights.flatMap((weight, j) => (weight === 0 ? [] : [j]));
    const size = 4 * Math.ceil(used.length / 4);
    this.weights = new Float64Array(size);
    this.rows = new Int32Array(size).fill(emptyRow);
    used.forEach((j, at) => {
      this.weights[at] = weights[j]!;
      this.rows[at] = j;
    });
  }

  /** out = base + scale × the sum. */
  addTo(base: Float64Array, scale: number, k: readonly Float64Array[], out: Float64Array): void {
    const { weights, rows } = this;
    const n = out.length;
    let from = base;
    for (let at = 0; at < rows.length; at += 4) {
      const w0 = scale * weights[at]!;
      const w1 = scale * weights[at + 1]!;
      const w2 = scale * weights[at + 2]!;
      const w3 = scale * weights[at + 3]!;
      const k0 = k[rows[at]!]!;
      const k1 = k[rows[at + 1]!]!;
      const k2 = k[rows[at + 2]!]!;
      const k3 = k[rows[at + 3]!]!;
      for (let i = 0; i < n; i++) out[i] = from[i]! + w0 * k0[i]! + w1 * k1[i]! + w2 * k2[i]! + w3 * k3[i]!;
      from = out;
    }
  }
}

const stageSums = stages.map((row) => new Combination(row));
const denseSums = denseRows.map((row) => new Combination(row));
const sumOfError5 = new Combination(error5);
const sumOfError3 = new Combination(error3);

class Stepper {
  readonly k: readonly Float64Array[];
  readonly next: Float64Array;
  private readonly zero: Float64Array;
  private readonly stage: Float64Array;
  /** Errors of orders 5 and 3, by component. */
  private readonly e5: Float64Array;
  private readonly e3: Float64Array;
  /** Polynomials of the dense output. */
  private readonly rows: readonly Float64Array[];

  constructor(
    private readonly field: VectorField,
    readonly n: number,
  ) {
    const made = () => new Float64Array(n);
    this.k = Array.from({ length: rowCount + 1 }, made);
    this.zero = this.k[emptyRow]!;
    this.next = made();
    this.stage = made();
    this.e5 = made();
    this.e3 = made();
    this.rows = Array.from({ length: 7 }, made);
  }

  /** Fills `next` and rows 1 … 12 from y and row 0; returns the error estimate in units of `scale`, NaN or Infinity where a stage overflows. */
  attempt(y: Float64Array, h: number, scale: number): number {
    const { k, field, zero, e5, e3, n } = this;
    for (let s = 1; s <= stageCount; s++) {
      const out = s === stageCount ? this.next : this.stage;
      stageSums[s - 1]!.addTo(y, h, k, out);
      field.evaluate(out, k[s]!);
    }
    sumOfError5.addTo(zero, 1, k, e5);
    sumOfError3.addTo(zero, 1, k, e3);
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

  /** Makes the polynomials of the last step, for `dense`. */
  interpolate(y: Float64Array, h: number): void {
    const { k, next, n, rows, zero } = this;
    for (let s = stageCount + 1; s < rowCount; s++) {
      stageSums[s - 1]!.addTo(y, h, k, this.stage);
      this.field.evaluate(this.stage, k[s]!);
    }
    const [first, second, third] = rows as [Float64Array, Float64Array, Float64Array];
    const start = k[0]!;
    const end = k[stageCount]!;
    for (let i = 0; i < n; i++) {
      const difference = next[i]! - y[i]!;
      first[i] = difference;
      second[i] = h * start[i]! - difference;
      third[i] = 2 * difference - h * (end[i]! + start[i]!);
    }
    denseSums.forEach((sum, r) => {
      sum.addTo(zero, h, k, rows[3 + r]!);
    });
  }

  /** The state at the share `at` of the step that `interpolate` was told of. */
  dense(y: Float64Array, at: number): Float64Array {
    const [r0, r1, r2, r3, r4, r5, r6] = this.rows;
    const rest = 1 - at;
    const out = new Float64Array(this.n);
    for (let i = 0; i < out.length; i++) {
      const inner = (((r6![i]! * at + r5![i]!) * rest + r4![i]!) * at + r3![i]!) * rest;
      out[i] = y[i]! + (((inner + r2![i]!) * at + r1![i]!) * rest + r0![i]!) * at;
    }
    return out;
  }
}

function sizeOf(y: Float64Array): number {
  let size = smallest;
  for (let i = 0; i < y.length; i++) {
    const x = Math.abs(y[i]!);
    if (Number.isNaN(x)) return Number.NaN;
    if (x > size) size = x;
  }
  return size;
}

function norm(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]!;
  return Math.sqrt(sum);
}

/**
 * Yields the state at every wanted time, in order. Throws SolverFailure: `diverged` (at `train.time`) where the
 * state grows without bound or is not finite, `tolerance` where the step has shrunk to rounding or the steps run out.
 */
export function* integrate(field: VectorField, start: Float64Array, options: OdeOptions): Generator<OdePoint, void, void> {
  const { times, tolerance, ceiling = 1e12, maximumSteps = 1e6 } = options;
  const y = start.slice();
  const end = times.length > 0 ? times[times.length - 1]! : 0;
  let recorded = 0;
  while (recorded < times.length && times[recorded]! <= 0) yield { time: times[recorded++]!, state: y.slice() };
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
      if (times[recorded]! < after) stepper.interpolate(y, h);
      for (; recorded < times.length && times[recorded]! <= after; recorded++) {
        const time = times[recorded]!;
        yield { time, state: time === after ? next.slice() : stepper.dense(y, (time - t) / h) };
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
      for (; recorded < times.length; recorded++) yield { time: times[recorded]!, state: y.slice() };
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
