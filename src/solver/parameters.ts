/** Trained parameters as one flat vector θ, their start, and the merged form (U, v) that the risk depends on. */
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { bayesSolution } from './closed-form.js';
import type { DenseMatrix, Problem, Task, Vector } from './problem.js';
import { stream } from './random.js';
import { SolverFailure } from './result.js';
import { say } from './sentences.js';

export interface Layout {
  readonly parameters: 'merged' | 'factored';
  readonly heads: number;
  /** Token dimension d + 1. */
  readonly D: number;
  readonly keyDimension: number;
  readonly temperature: number;
  /** Length of θ. */
  readonly size: number;
}

/** What the risk sees: scores zᵀ U_h z_q and output Σ_h v_hᵀ(…). */
export interface Merged {
  /** heads × D × D, row-major, with 1/√k and 1/T inside. */
  readonly U: Float64Array;
  /** heads × D. */
  readonly v: Float64Array;
}

export function taskOf(problem: Problem): Task {
  if (problem.setting.kind !== 'task') throw new SolverFailure('unsupported', 'Training needs a task.', 'train');
  return problem.setting.task;
}

/** θ holds, head after head, U (D × D) and v (D) when merged; K, Q (k × D each), V (D × D) and O (D) when factored; all row-major. */
export function layoutOf(problem: Problem): Layout {
  const { parameters, heads, keyDimension, temperature } = problem.attention;
  const D = taskOf(problem).dimension + 1;
  const perHead = parameters === 'merged' ? D * D + D : 2 * keyDimension * D + D * D + D;
  return { parameters, heads, D, keyDimension, temperature, size: heads * perHead };
}

/** An empty merged form of the layout's shape. */
export function emptyMerged(layout: Layout): { U: Float64Array; v: Float64Array } {
  return { U: new Float64Array(layout.heads * layout.D * layout.D), v: new Float64Array(layout.heads * layout.D) };
}

/** (U, v) of θ: U_h = K_hᵀQ_h / (√k T) and v_h = V_hᵀO_hᵀ when factored, U_h / T and v_h when merged. `into` is reused if given. */
export function merge(layout: Layout, theta: Float64Array, into: Merged = emptyMerged(layout)): Merged {
  const { heads, D, keyDimension: k, temperature } = layout;
  const { U, v } = into;
  const per = layout.size / heads;
  for (let h = 0; h < heads; h++) {
    const at = h * per;
    if (layout.parameters === 'merged') {
      for (let i = 0; i < D * D; i++) U[h * D * D + i] = theta[at + i]! / temperature;
      for (let i = 0; i < D; i++) v[h * D + i] = theta[at + D * D + i]!;
      continue;
    }
    const scale = 1 / (Math.sqrt(k) * temperature);
    const query = at + k * D;
    const value = query + k * D;
    const output = value + D * D;
    product(scale, theta, at, 1, D, theta, query, D, 1, U, h * D * D, D, D, k);
    for (let j = 0; j < D; j++) {
      let sum = 0;
      for (let i = 0; i < D; i++) sum += theta[output + i]! * theta[value + i * D + j]!;
      v[h * D + j] = sum;
    }
  }
  return into;
}

/**
 * out[to + i n + j] = scale Σ_l A[a + i aRow + l aColumn] B[b + l bRow + j bColumn] for i < m, j < n, l < inner, each sum in the order of l. Two rows by two
 * columns at a time: half the loads, and these are most of the work at the sizes of an attention head.
 */
function product(
  scale: number,
  A: Float64Array,
  a: number,
  aRow: number,
  aColumn: number,
  B: Float64Array,
  b: number,
  bRow: number,
  bColumn: number,
  out: Float64Array,
  to: number,
  m: number,
  n: number,
  inner: number,
): void {
  for (let i = 0; i < m; i += 2) {
    // The last row or column of an odd number is made twice.
    const down = i + 1 < m ? 1 : 0;
    for (let j = 0; j < n; j += 2) {
      const right = j + 1 < n ? 1 : 0;
      let x = a + i * aRow;
      let y = b + j * bColumn;
      const below = down * aRow;
      const beside = right * bColumn;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      for (let l = 0; l < inner; l++) {
        const p = A[x]!;
        const q = A[x + below]!;
        const r = B[y]!;
        const s = B[y + beside]!;
        s00 += p * r;
        s01 += p * s;
        s10 += q * r;
        s11 += q * s;
        x += aColumn;
        y += bRow;
      }
      const at = to + i * n + j;
      out[at] = scale * s00;
      out[at + right] = scale * s01;
      out[at + down * n] = scale * s10;
      out[at + down * n + right] = scale * s11;
    }
  }
}

/** Gradient with respect to θ from the gradient with respect to the merged (U, v) of `merge`; fills `out`. */
export function pullBack(layout: Layout, theta: Float64Array, gU: Float64Array, gv: Float64Array, out: Float64Array): void {
  const { heads, D, keyDimension: k, temperature } = layout;
  const per = layout.size / heads;
  for (let h = 0; h < heads; h++) {
    const at = h * per;
    const u = h * D * D;
    if (layout.parameters === 'merged') {
      for (let i = 0; i < D * D; i++) out[at + i] = gU[u + i]! / temperature;
      for (let i = 0; i < D; i++) out[at + D * D + i] = gv[h * D + i]!;
      continue;
    }
    const scale = 1 / (Math.sqrt(k) * temperature);
    const query = at + k * D;
    const value = query + k * D;
    const output = value + D * D;
    product(scale, theta, query, D, 1, gU, u, 1, D, out, at, k, D, D);
    product(scale, theta, at, D, 1, gU, u, D, 1, out, query, k, D, D);
    for (let i = 0; i < D; i++) {
      let sum = 0;
      for (let j = 0; j < D; j++) {
        out[value + i * D + j] = theta[output + i]! * gv[h * D + j]!;
        sum += theta[value + i * D + j]! * gv[h * D + j]!;
      }
      out[output + i] = sum;
    }
  }
}

/** U before the temperature and v, for the block [[A, 0], [0, 0]] and v = (0, b). */
function block(A: (i: number, j: number) => number, b: number, d: number): { U: number[][]; v: number[] } {
  const U = Array.from({ length: d + 1 }, (_, i) => Array.from({ length: d + 1 }, (_, j) => (i < d && j < d ? A(i, j) : 0)));
  return { U, v: Array.from({ length: d + 1 }, (_, i) => (i === d ? b : 0)) };
}

/**
 * θ at the start. It depends on `attention` and the covariance only: both kernels and all lengths share it. `balanced(α)`: A = α I/√d,
 * b = α (Boursier and Boyer, eq. 9). `small_identity(c)`: A = c I, b = c. `bayes`: the infinite-prompt Bayes solution (their Theorem 5.1), with
 * A multiplied by the temperature that divides it. `random(seed, scale)`: merged entries N(0, scale²/D); factored entries uniform on
 * ±scale/√fan_in, drawn in the order K, Q, V, O from the stream (seed, 'init', head). `key_query` and `value` replace U and v.
 * A merged start is factored by the singular value decomposition √k U = P S Rᵀ as K = S^{1/2} Pᵀ, Q = S^{1/2} Rᵀ (K = Q when U is diagonal and
 * non-negative), and v as V = ‖v‖^{1/2} v̂ v̂ᵀ, O = ‖v‖^{1/2} v̂ᵀ, which keeps each pair of factors balanced.
 * Throws `unsupported` where the rank of U exceeds the key dimension.
 */
export function initialParameters(problem: Problem): Float64Array {
  const layout = layoutOf(problem);
  const task = taskOf(problem);
  const { init, keyQuery, value } = problem.attention;
  const theta = new Float64Array(layout.size);
  const per = layout.size / layout.heads;
  for (let h = 0; h < layout.heads; h++) {
    const part = theta.subarray(h * per, (h + 1) * per);
    let start: { U: DenseMatrix | null; v: Vector | null } = { U: null, v: null };
    if (init.kind === 'random') drawHead(layout, init.seed, init.scale, h, part);
    else start = startOf(init, task, layout.temperature);
    if (keyQuery) start = { ...start, U: keyQuery };
    if (value) start = { ...start, v: value[0]! };
    if (start.U) writeKeyQuery(layout, start.U, part);
    if (start.v) writeValue(layout, start.v, part);
  }
  return theta;
}

function startOf(
  init: Exclude<Problem['attention']['init'], { kind: 'random' }>,
  task: Task,
  temperature: number,
): { U: DenseMatrix; v: Vector } {
  const d = task.dimension;
  switch (init.kind) {
    case 'balanced':
      return block((i, j) => (i === j ? init.alpha / Math.sqrt(d) : 0), init.alpha, d);
    case 'small_identity':
      return block((i, j) => (i === j ? init.scale : 0), init.scale, d);
    case 'bayes': {
      const { A, b } = bayesSolution(task.covariance);
      return block((i, j) => A[i]![j]! * temperature, b, d);
    }
  }
}

function drawHead(layout: Layout, seed: number, scale: number, head: number, part: Float64Array): void {
  const random = stream(seed, 'init', head);
  const { D, keyDimension: k } = layout;
  if (layout.parameters === 'merged') {
    random.fillNormal(part);
    const deviation = scale / Math.sqrt(D);
    for (let i = 0; i < part.length; i++) part[i]! *= deviation;
    return;
  }
  // Every factor acts on D coordinates: K, Q: D → k, V: D → D, O: D → 1.
  const width = scale / Math.sqrt(D);
  for (let i = 0; i < 2 * k * D + D * D + D; i++) part[i] = width * (2 * random.uniform() - 1);
}

function writeKeyQuery(layout: Layout, U: DenseMatrix, part: Float64Array): void {
  const { D, keyDimension: k } = layout;
  if (layout.parameters === 'merged') {
    for (let i = 0; i < D; i++) for (let j = 0; j < D; j++) part[i * D + j] = U[i]![j]!;
    return;
  }
  part.fill(0, 0, 2 * k * D);
  const root = k ** 0.25;
  const isDiagonal = U.every((row, i) => row.every((x, j) => (i === j ? x >= 0 : x === 0)));
  const rank = (used: number): void => {
    if (used > k)
      throw new SolverFailure(
        'unsupported',
        say('This start has a key-query matrix of rank {0}, which factors of key dimension {1} cannot hold.', used, k),
        'attention.key_dimension',
      );
  };
  if (isDiagonal) {
    const used = U.map((row, i) => [i, row[i]!] as const).filter(([, x]) => x > 0);
    rank(used.length);
    used.forEach(([i, x], r) => {
      part[r * D + i] = root * Math.sqrt(x);
      part[k * D + r * D + i] = root * Math.sqrt(x);
    });
    return;
  }
  const svd = new SingularValueDecomposition(new Matrix(U.map((row) => [...row])), { autoTranspose: true });
  const values = svd.diagonal;
  const largest = Math.max(...values);
  const used = values.map((s, i) => [i, s] as const).filter(([, s]) => s > 1e-14 * largest);
  rank(used.length);
  used.forEach(([column, s], r) => {
    for (let i = 0; i < D; i++) {
      part[r * D + i] = root * Math.sqrt(s) * svd.leftSingularVectors.get(i, column);
      part[k * D + r * D + i] = root * Math.sqrt(s) * svd.rightSingularVectors.get(i, column);
    }
  });
}

function writeValue(layout: Layout, v: Vector, part: Float64Array): void {
  const { D, keyDimension: k } = layout;
  if (layout.parameters === 'merged') {
    for (let i = 0; i < D; i++) part[D * D + i] = v[i]!;
    return;
  }
  const at = 2 * k * D;
  part.fill(0, at);
  const norm = Math.hypot(...v);
  if (norm === 0) return;
  for (let i = 0; i < D; i++) {
    for (let j = 0; j < D; j++) part[at + i * D + j] = (Math.sqrt(norm) * v[i]! * v[j]!) / (norm * norm);
    part[at + D * D + i] = (Math.sqrt(norm) * v[i]!) / norm;
  }
}
