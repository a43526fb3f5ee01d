/**
 * Participation moments of one prompt length by interpolation, for loops that need millions of them: Chebyshev
 * interpolation of log B2 and of the other moments divided by B2, in log(1 + τ²), panel by panel, each panel built when it
 * is first visited. The transforms φ and ψ_k at the nodes do not depend on the length and are shared by all tables.
 */
import { allMoments, coreMoments, largestTau2, leadingMoments, type MomentCount, momentsAt } from './participation.js';
import { ScoreTransforms } from './score-transforms.js';

/**
 * Interpolated moments of one length, to 1e−12 of B2 for 3 ≤ L ≤ 1e6 and 1e−10 for every L ≤ 1e12, τ² ≤ 400. (The higher moments change their law of
 * decay in L abruptly while they are far below B2, so that their logarithms are not smooth; every risk and error adds
 * multiples of them to B2, where that is of no account. For each to full relative accuracy: `participationMoments`.)
 */
export interface MomentTable {
  readonly length: number;
  /** Fills out[0..5] with B2, B3, B22, B4, B23, B222 at τ² ≥ 0. */
  at(tau2: number, out: Float64Array): void;
}

/** All eleven moments, in the order of `momentNames`, and their derivatives. */
export interface FullMomentTable extends MomentTable {
  /** Fills value[0..10] with the moments and derivative[0..10] with d B / d log L. */
  full(tau2: number, value: Float64Array, derivative: Float64Array): void;
}

const panelWidth = 0.35;
const nodesPerPanel = 13;
const end = Math.log1p(largestTau2);

/** Chebyshev nodes on [−1, 1]; the matrix from values there to Chebyshev coefficients; T_k in monomials, row by row. */
const nodes = Float64Array.from({ length: nodesPerPanel }, (_, i) => Math.cos((Math.PI * (i + 0.5)) / nodesPerPanel));
const toChebyshev = Float64Array.from({ length: nodesPerPanel ** 2 }, (_, at) => {
  const k = Math.floor(at / nodesPerPanel);
  const i = at % nodesPerPanel;
  return ((k === 0 ? 1 : 2) / nodesPerPanel) * Math.cos((k * Math.PI * (i + 0.5)) / nodesPerPanel);
});
const monomials = chebyshevPolynomials(nodesPerPanel);

function chebyshevPolynomials(n: number): Float64Array[] {
  const T: Float64Array[] = [];
  for (let k = 0; k < n; k++) {
    const row = new Float64Array(n);
    if (k < 2) row[k] = 1;
    else for (let i = 0; i < n; i++) row[i] = (i > 0 ? 2 * T[k - 1]![i - 1]! : 0) - T[k - 2]![i]!;
    T.push(row);
  }
  return T;
}

/** Transforms at the table's nodes, by order and length bucket; the oldest are dropped beyond a few hundred. */
const shared = new Map<string, ScoreTransforms>();
const sharedLimit = 400;

function sharedTransforms(wanted: MomentCount): (tau2: number, logLength: number) => ScoreTransforms {
  const order = wanted === allMoments ? 8 : wanted === coreMoments ? 6 : 4;
  return (tau2, needed) => {
    // Errors are mostly wanted over a sweep of lengths: one bucket for all up to 1e6.
    const logLength = order === 8 ? Math.max(14, needed) : needed;
    const key = `${order} ${logLength} ${tau2}`;
    const known = shared.get(key);
    if (known !== undefined) return known;
    if (shared.size >= sharedLimit) {
      const oldest = shared.keys().next().value;
      if (oldest !== undefined) shared.delete(oldest);
    }
    const made = new ScoreTransforms(tau2, 2, order, logLength, order === 8 ? 1 : 0.8);
    shared.set(key, made);
    return made;
  };
}

class Panels {
  private readonly panels: (Float64Array | null)[] = new Array(Math.ceil(end / panelWidth)).fill(null);
  private readonly rows: number;
  private readonly transforms: (tau2: number, logLength: number) => ScoreTransforms;

  constructor(
    private readonly length: number,
    private readonly wanted: MomentCount,
  ) {
    this.rows = wanted === allMoments ? 2 * allMoments : wanted;
    this.transforms = sharedTransforms(wanted);
  }

  /** Fills out[0 … rows−1] with the moments (then their derivatives in log L) at t = log(1 + τ²). */
  evaluate(t: number, out: Float64Array): void {
    const last = this.panels.length - 1;
    const index = Math.min(last, Math.floor(t / panelWidth));
    const panel = this.panels[index] ?? this.build(index);
    const x = (2 * (t - index * panelWidth)) / panelWidth - 1;
    const rows = this.rows;
    for (let row = 0, at = 0; row < rows; row++, at += nodesPerPanel) {
      let sum = panel[at]!;
      for (let m = 1; m < nodesPerPanel; m++) sum = sum * x + panel[at + m]!;
      out[row] = sum;
    }
    const B2 = Math.exp(out[0]!);
    out[0] = B2;
    for (let row = 1; row < rows; row++) out[row]! *= B2;
  }

  private build(index: number): Float64Array {
    const n = nodesPerPanel;
    const moments = this.wanted;
    const withSlopes = moments === allMoments;
    const samples = new Float64Array(this.rows * n);
    const value = new Float64Array(allMoments);
    const slope = new Float64Array(allMoments);
    for (let i = 0; i < n; i++) {
      const tau2 = Math.expm1(panelWidth * (index + (nodes[i]! + 1) / 2));
      momentsAt(tau2, this.length, moments, value, withSlopes ? slope : null, this.transforms);
      for (let q = 0; q < moments; q++) {
        samples[q * n + i] = q === 0 ? Math.log(value[q]!) : value[q]! / value[0]!;
        if (withSlopes) samples[(moments + q) * n + i] = (slope[q]! * value[q]!) / value[0]!;
      }
    }
    const panel = new Float64Array(this.rows * n);
    for (let row = 0; row < this.rows; row++) {
      // By way of Chebyshev coefficients, which decay: going straight to monomials would amplify the rounding of the values.
      for (let k = 0; k < n; k++) {
        let c = 0;
        for (let i = 0; i < n; i++) c += toChebyshev[k * n + i]! * samples[row * n + i]!;
        // Highest power first, for Horner's rule.
        for (let m = 0; m <= k; m++) panel[row * n + n - 1 - m]! += c * monomials[k]![m]!;
      }
    }
    this.panels[index] = panel;
    return panel;
  }
}

class Table implements FullMomentTable {
  private readonly core: Panels;
  private rest: Panels | null = null;
  private readonly buffer = new Float64Array(2 * allMoments);

  constructor(readonly length: number) {
    this.core = new Panels(length, coreMoments);
  }

  at(tau2: number, out: Float64Array): void {
    if (this.length === 1) {
      out.fill(1, 0, coreMoments);
      return;
    }
    if (!(tau2 < largestTau2)) {
      momentsBeyond(tau2, this.length, coreMoments, out, this.buffer);
      return;
    }
    this.core.evaluate(Math.log1p(tau2), out);
  }

  full(tau2: number, value: Float64Array, derivative: Float64Array): void {
    if (!(tau2 < largestTau2)) {
      momentsBeyond(tau2, this.length, allMoments, value, derivative);
      for (let q = 0; q < allMoments; q++) derivative[q]! *= value[q]!;
      return;
    }
    this.rest ??= new Panels(this.length, allMoments);
    const buffer = this.buffer;
    this.rest.evaluate(Math.log1p(tau2), buffer);
    for (let q = 0; q < allMoments; q++) {
      value[q] = buffer[q]!;
      derivative[q] = buffer[allMoments + q]!;
    }
  }
}

/** τ² of 1e6 and more (and NaN, which stays NaN): softmax has condensed on one token. */
function momentsBeyond(tau2: number, length: number, moments: MomentCount, value: Float64Array, slope: Float64Array): void {
  if (Number.isNaN(tau2)) {
    value.fill(Number.NaN, 0, moments);
    slope.fill(Number.NaN, 0, moments);
    return;
  }
  momentsAt(tau2, length, moments, value, slope, sharedTransforms(allMoments));
}

class ZeroTable implements FullMomentTable {
  readonly length = Number.POSITIVE_INFINITY;

  at(_tau2: number, out: Float64Array): void {
    out.fill(0, 0, coreMoments);
  }

  full(_tau2: number, value: Float64Array, derivative: Float64Array): void {
    value.fill(0, 0, allMoments);
    derivative.fill(0, 0, allMoments);
  }
}

const zero = new ZeroTable();
const tables = new Map<number, Table>();
const tableLimit = 512;

/** The table of a length (an integer ≥ 1, or Infinity: all zero), made once. Throws RangeError for a length below 1. */
export function momentTable(length: number): MomentTable {
  return fullMomentTable(length);
}

/** The same table, with all moments and their slopes in L. */
export function fullMomentTable(length: number): FullMomentTable {
  if (!(length >= 1)) throw new RangeError(`a moment table needs length >= 1, got ${length}`);
  if (length === Infinity) return zero;
  let table = tables.get(length);
  if (table === undefined) {
    if (tables.size >= tableLimit) {
      const oldest = tables.keys().next().value;
      if (oldest !== undefined) tables.delete(oldest);
    }
    table = new Table(length);
    tables.set(length, table);
  }
  return table;
}

/**
 * B2, B3 and B22 of one length (an integer ≥ 1) for the few τ² of a grid that all lengths share: above the first panel each is integrated where it
 * is asked for, which takes fewer points than a panel has nodes.
 */
export class GridMoments {
  private readonly first: Panels;
  private readonly transforms = sharedTransforms(leadingMoments);

  constructor(private readonly length: number) {
    this.first = new Panels(length, leadingMoments);
  }

  /** Fills out[0..2], and more than that: `out` has room for four. τ² ≥ 0. */
  at(tau2: number, out: Float64Array): void {
    if (this.length === 1) out.fill(1, 0, leadingMoments);
    else if (Math.log1p(tau2) < panelWidth) this.first.evaluate(Math.log1p(tau2), out);
    else momentsAt(tau2, this.length, leadingMoments, out, null, this.transforms);
  }
}
