/** Gradients of the population risk as fields that a training follows, each in the coordinates in which it costs least. */
import type { KernelLoader } from '../kernels/index.js';
import { BlockRisk, blockApplies, isBlockForm } from './balanced.js';
import { emptyMerged, type Layout, layoutOf, merge, pullBack } from './parameters.js';
import { type PopulationRisk, populationRisk } from './population.js';
import type { Problem } from './problem.js';

export interface TrainedPoint {
  readonly time: number;
  /** Step of a discrete optimiser. */
  readonly step?: number | undefined;
  readonly theta: Float64Array;
  /** Infinite-prompt θ at the same time from the same start, where it was solved along. */
  readonly reference?: Float64Array | undefined;
}

/** A gradient field in its own coordinates, with the way back to θ. */
export interface Field {
  readonly start: Float64Array;
  gradient(state: Float64Array, out: Float64Array): void;
  theta(state: Float64Array): Float64Array;
}

/** The problem with an infinite prompt: what every gap is measured against. */
export function infinitePrompt(problem: Problem): Problem {
  return problem.length === Number.POSITIVE_INFINITY ? problem : { ...problem, length: Number.POSITIVE_INFINITY };
}

/** Gradient of the population risk in θ. */
export function gradientOf(layout: Layout, risk: PopulationRisk): (theta: Float64Array, out: Float64Array) => number {
  const merged = emptyMerged(layout);
  const gU = new Float64Array(merged.U.length);
  const gv = new Float64Array(merged.v.length);
  return (theta, out) => {
    merge(layout, theta, merged);
    const value = risk.gradient(merged, gU, gv);
    pullBack(layout, theta, gU, gv, out);
    return value;
  };
}

/** What averages leave out where no tolerance is asked for. */
const defaultAccuracy = 1e-12;

export function fieldOf(problem: Problem, theta: Float64Array, accuracy = defaultAccuracy, kernels?: KernelLoader): Field {
  return diagonalField(problem, theta, accuracy, kernels) ?? fullField(problem, theta, kernels);
}

export function fullField(problem: Problem, theta: Float64Array, kernels?: KernelLoader): Field {
  const gradient = gradientOf(layoutOf(problem), populationRisk(problem, kernels));
  return { start: theta, gradient, theta: (state) => state.slice() };
}

/**
 * Merged parameters whose A is diagonal in Σ's eigenbasis stay so: d + 1 coordinates (a, b) with the Frobenius metric of (A, b). Null where the
 * problem or its start is not of that form.
 */
function diagonalField(problem: Problem, theta: Float64Array, accuracy: number, kernels: KernelLoader | undefined): DiagonalField | null {
  const { attention, solver } = problem;
  if (attention.parameters !== 'merged' || solver.method === 'monte_carlo' || !blockApplies(problem)) return null;
  const layout = layoutOf(problem);
  const { D, temperature } = layout;
  const d = D - 1;
  if (!isBlockForm(merge(layout, theta), D)) return null;
  const block = new BlockRisk(problem, accuracy, kernels);
  const diagonal = block.diagonalOf(Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => theta[i * D + j]!)));
  if (!diagonal) return null;
  const start = new Float64Array(D);
  start.set(diagonal);
  start[d] = theta[D * D + d]!;
  return new DiagonalField(block, theta, start, temperature);
}

// Classes, not closures: one and the same code serves every run, and is compiled once.

export class DiagonalField implements Field {
  private readonly a: Float64Array;

  constructor(
    readonly block: BlockRisk,
    readonly initial: Float64Array,
    readonly start: Float64Array,
    readonly temperature: number,
  ) {
    this.a = new Float64Array(block.d);
  }

  /** Also answers the risk. */
  gradient(state: Float64Array, out: Float64Array): number {
    const { a, block, temperature } = this;
    const d = a.length;
    for (let i = 0; i < d; i++) a[i] = state[i]! / temperature;
    const risk = block.diagonal(a, state[d]!, out);
    for (let i = 0; i < d; i++) out[i]! /= temperature;
    return risk;
  }

  theta(state: Float64Array): Float64Array {
    const d = this.a.length;
    const D = d + 1;
    const out = this.initial.slice();
    this.block.fromDiagonal(state, out, D);
    out[D * D + d] = state[d]!;
    return out;
  }
}

/** Two fields side by side: one step sequence for both, so that the error of their difference is relative to the difference. */
export class SideBySide implements Field {
  readonly start: Float64Array;
  // Copies: making a view costs more than the few numbers it spares.
  private readonly states: readonly [Float64Array, Float64Array];
  private readonly gradients: readonly [Float64Array, Float64Array];

  constructor(
    private readonly first: Field,
    private readonly second: Field,
  ) {
    const n = first.start.length;
    const m = second.start.length;
    this.start = new Float64Array(n + m);
    this.start.set(first.start);
    this.start.set(second.start, n);
    this.states = [new Float64Array(n), new Float64Array(m)];
    this.gradients = [new Float64Array(n), new Float64Array(m)];
  }

  gradient(state: Float64Array, out: Float64Array): void {
    const { states, gradients } = this;
    const n = states[0].length;
    const m = states[1].length;
    for (let i = 0; i < n; i++) states[0][i] = state[i]!;
    for (let i = 0; i < m; i++) states[1][i] = state[n + i]!;
    this.first.gradient(states[0], gradients[0]);
    this.second.gradient(states[1], gradients[1]);
    for (let i = 0; i < n; i++) out[i] = gradients[0][i]!;
    for (let i = 0; i < m; i++) out[n + i] = gradients[1][i]!;
  }

  theta(state: Float64Array): Float64Array {
    return this.first.theta(state.subarray(0, this.first.start.length));
  }
}

/**
 * A recorded point of a training in a diagonal field: d + 1 numbers, from which all that does not depend on the basis is read; θ is made when it is asked for.
 */
export class DiagonalPoint implements TrainedPoint {
  private made: Float64Array | null = null;
  private evaluated: { readonly risk: number; readonly gradient: Float64Array } | null = null;

  constructor(
    private readonly field: DiagonalField,
    readonly time: number,
    readonly step: number | undefined,
    private readonly state: Float64Array,
    /** The infinite-prompt training at the same time, in the same coordinates; null where it was not solved along. */
    private readonly other: Float64Array | null,
  ) {}

  get theta(): Float64Array {
    this.made ??= this.field.theta(this.state);
    return this.made;
  }

  get reference(): Float64Array | undefined {
    return this.other === null ? undefined : this.field.theta(this.other);
  }

  /** ‖θ − reference‖; null without one. */
  get distance(): number | null {
    return this.other === null ? null : distance(this.state, this.other);
  }

  /** ‖A‖²_F − b², before the temperature. */
  get balance(): number {
    const { state } = this;
    const d = state.length - 1;
    let sum = 0;
    for (let i = 0; i < d; i++) sum += state[i]! * state[i]!;
    return sum - state[d]! * state[d]!;
  }

  /** E τ², the temperature inside. */
  get scoreVariance(): number {
    const { block, temperature } = this.field;
    return block.scoreVariance(this.state) / temperature ** 2;
  }

  /** The field of another problem of the same task, in the same coordinates. */
  fieldOf(problem: Problem): DiagonalField {
    const { initial, start, temperature } = this.field;
    return new DiagonalField(new BlockRisk(problem), initial, start, temperature);
  }

  get risk(): number {
    return this.evaluate().risk;
  }

  /** ‖∇R(θ) − ∇R′(θ)‖, R′ the risk of `other`, which is in the same coordinates. */
  gradientGap(other: DiagonalField): number {
    const { gradient } = this.evaluate();
    const theirs = new Float64Array(gradient.length);
    other.gradient(this.state, theirs);
    return distance(gradient, theirs);
  }

  private evaluate(): { readonly risk: number; readonly gradient: Float64Array } {
    if (this.evaluated === null) {
      const gradient = new Float64Array(this.state.length);
      this.evaluated = { risk: this.field.gradient(this.state, gradient), gradient };
    }
    return this.evaluated;
  }
}

/** Makes the recorded points of a training in the field of its problem, or in that field beside the infinite-prompt one. */
export function recorder(own: Field, other: Field | null): (time: number, step: number | undefined, state: Float64Array) => TrainedPoint {
  const n = own.start.length;
  if (own instanceof DiagonalField && (other === null || other instanceof DiagonalField)) {
    return (time, step, state) => new DiagonalPoint(own, time, step, state.slice(0, n), other === null ? null : state.slice(n));
  }
  return (time, step, state) => ({
    time,
    step,
    theta: own.theta(state.subarray(0, n)),
    reference: other === null ? undefined : other.theta(state.subarray(n)),
  });
}

/** Of a training in a diagonal field; null for others, also where there is no point. */
export function onDiagonal(points: readonly TrainedPoint[]): readonly DiagonalPoint[] | null {
  const found = points.filter((point) => point instanceof DiagonalPoint);
  return found.length === points.length && found.length > 0 ? found : null;
}

export function distance(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - y[i]!) ** 2;
  return Math.sqrt(sum);
}
