/**
 * Population risk of in-context linear regression where U = [[A, 0], [0, 0]] and v = (0, b) (docs/mathematics.md, section 5, "Balanced start"):
 * τ² does not depend on w, so w enters by its second moment only and everything else is a one-dimensional average.
 */
import type { KernelLoader } from '../kernels/index.js';
import { lawMoments } from './cumulant.js';
import { add, frobenius, matmul, scale, symmetricEigen, trace, transpose } from './linear-algebra.js';
import { type Merged, taskOf } from './parameters.js';
import type { DenseMatrix, Law, Problem, Task } from './problem.js';
import { QuadraticContour } from './quadratic-contour.js';
import { frameOf } from './task-frame.js';

/** Whether x is Gaussian after centring and whitening. */
export function hasGaussianTokens(task: Task): boolean {
  return task.tokens === null || isGaussian(task.tokens);
}

function isGaussian(law: Law): boolean {
  switch (law.kind) {
    case 'gaussian':
      return true;
    case 'independent':
      return law.coordinate.kind === 'gaussian';
    case 'affine':
      return isGaussian(law.base);
    default:
      return false;
  }
}

/** Whether w and −w have one law, as far as its form shows: then the flow keeps the block form. */
export function hasSymmetricWeights(task: Task): boolean {
  const { weights } = task;
  if (weights.kind === 'independent' || weights.kind === 'sphere') return true;
  return isGaussian(weights) && lawMoments(weights).mean.every((x) => x === 0);
}

/** Whether the risk at block-form parameters is exact: Gaussian tokens, identity link, one head. */
export function blockApplies(problem: Problem): boolean {
  const task = taskOf(problem);
  return task.link === 'identity' && problem.attention.heads === 1 && hasGaussianTokens(task) && hasSymmetricWeights(task);
}

/** Whether (U, v) is of block form; the last column of U meets a query coordinate that is 0 and does not count. */
export function isBlockForm(m: Merged, D: number): boolean {
  for (let j = 0; j < D - 1; j++) if (m.U[(D - 1) * D + j] !== 0 || m.v[j] !== 0) return false;
  return true;
}

/** A, the upper left d × d block of U. */
export function blockOf(m: Merged, D: number): number[][] {
  // Loops: this is done several times for every recorded point.
  const A: number[][] = [];
  for (let i = 0; i < D - 1; i++) {
    const row: number[] = [];
    for (let j = 0; j < D - 1; j++) row.push(m.U[i * D + j]!);
    A.push(row);
  }
  return A;
}

/** Sums over the path that one evaluation needs, in the coordinates where τ² = Σ λ_i ξ_i². */
class DiagonalSums {
  /** E B2. */
  b2 = 0;
  /** E B2 ξ_i², E γ ξ_i² with γ = 1 − G. */
  readonly beta: Float64Array;
  readonly gamma: Float64Array;
  /** E [noise B2′ − γ′ Σ g_k ξ_k² + B2′ Σ c_k ξ_k²] ξ_i². */
  readonly slope: Float64Array;

  constructor(d: number) {
    this.beta = new Float64Array(d);
    this.gamma = new Float64Array(d);
    this.slope = new Float64Array(d);
  }
}

/** R(A, b) and its gradient, for the effective A (temperature inside). One instance serves one problem; buffers are reused. */
export class BlockRisk {
  readonly d: number;
  /** Columns: a basis in which Σ, and E wwᵀ where it commutes with Σ, are diagonal. */
  readonly basis: DenseMatrix;
  private readonly flat: Float64Array;
  /** Eigenvalues of Σ; diagonal of E wwᵀ in that basis. */
  private readonly sigma: Float64Array;
  private readonly mu: Float64Array;
  private readonly commute: boolean;
  private readonly root: DenseMatrix;
  /** Σ^{1/2} E[wwᵀ] Σ^{1/2}. */
  private readonly target: DenseMatrix;
  private readonly signal: number;
  private readonly noise2: number;
  private readonly factor: number;
  private readonly softmax: boolean;
  private readonly inverseLength: number;
  private readonly contour: QuadraticContour | null;
  private readonly lambda: Float64Array;
  private readonly g: Float64Array;
  private readonly c: Float64Array;
  private readonly sums: DiagonalSums;
  private readonly product: Float64Array;

  /** `accuracy`: relative size of the path's end that averages leave out. `kernels`: what sums them faster, to the same bits. */
  constructor(
    problem: Problem,
    private readonly accuracy = 1e-14,
    kernels: KernelLoader = () => null,
  ) {
    const task = taskOf(problem);
    const { length } = problem;
    const d = task.dimension;
    this.d = d;
    const frame = frameOf(task);
    this.basis = frame.basis;
    this.flat = frame.flat;
    this.commute = frame.commute;
    this.sigma = frame.sigma;
    this.mu = frame.mu;
    this.root = frame.root;
    this.target = frame.target;
    this.signal = trace(this.target);
    this.noise2 = task.noise ** 2;
    this.factor = task.loss === 'half_squared' ? 0.5 : 1;
    this.softmax = problem.attention.kernel === 'softmax' && length !== Number.POSITIVE_INFINITY;
    this.inverseLength = 1 / length;
    this.contour = this.softmax ? new QuadraticContour(length, d, kernels()) : null;
    this.lambda = new Float64Array(d);
    this.g = new Float64Array(d);
    this.c = new Float64Array(d);
    this.sums = new DiagonalSums(d);
    this.product = new Float64Array(d);
  }

  /** The diagonal of A in `basis`, or null where it is not diagonal there (or Σ and E wwᵀ do not commute). */
  diagonalOf(A: DenseMatrix): Float64Array | null {
    if (!this.commute) return null;
    const { d, flat } = this;
    const out = new Float64Array(d);
    let size = 0;
    let off = 0;
    for (let k = 0; k < d; k++) {
      const column = this.product;
      for (let i = 0; i < d; i++) {
        const row = A[i]!;
        let sum = 0;
        for (let j = 0; j < d; j++) sum += row[j]! * flat[j * d + k]!;
        column[i] = sum;
      }
      for (let l = 0; l < d; l++) {
        let sum = 0;
        for (let i = 0; i < d; i++) sum += flat[i * d + l]! * column[i]!;
        size += sum * sum;
        if (l === k) out[k] = sum;
        else off = Math.max(off, Math.abs(sum));
      }
    }
    return off <= 1e-13 * Math.sqrt(size) ? out : null;
  }

  /** Writes basis · diag(a) · basisᵀ to the upper left of `out`, whose rows have `width` numbers. */
  fromDiagonal(a: ArrayLike<number>, out: Float64Array, width: number): void {
    const { d, flat } = this;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        let sum = 0;
        for (let k = 0; k < d; k++) sum += flat[i * d + k]! * a[k]! * flat[j * d + k]!;
        out[i * width + j] = sum;
      }
    }
  }

  /** E τ² = tr(AᵀΣAΣ) at A = basis · diag(a) · basisᵀ. */
  scoreVariance(a: ArrayLike<number>): number {
    let sum = 0;
    for (let i = 0; i < this.d; i++) sum += (this.sigma[i]! * a[i]!) ** 2;
    return sum;
  }

  /** Risk at A = basis · diag(a) · basisᵀ, and its gradient in (a, b) where `out` (length d + 1) is given. */
  diagonal(a: ArrayLike<number>, b: number, out: Float64Array | null): number {
    const { d, sigma, mu, lambda, g, c, factor } = this;
    let sumG = 0;
    let sumC = 0;
    let tau2 = 0;
    for (let i = 0; i < d; i++) {
      const s = sigma[i]!;
      lambda[i] = s * s * a[i]! * a[i]!;
      g[i] = mu[i]! * s * lambda[i]!;
      c[i] = mu[i]! * s * s * a[i]!;
      tau2 += lambda[i]!;
      sumG += g[i]!;
      sumC += c[i]!;
    }
    const value2 = this.signal + this.noise2;
    if (!this.softmax) {
      const one = 1 + this.inverseLength;
      const square = one * sumG + this.inverseLength * value2 * tau2;
      if (out) {
        for (let i = 0; i < d; i++) {
          const s2 = sigma[i]! * sigma[i]!;
          const slope = b * b * (one * mu[i]! * sigma[i]! + this.inverseLength * value2) * 2 * s2 * a[i]!;
          out[i] = factor * (slope - 2 * b * mu[i]! * s2);
        }
        out[d] = factor * (2 * b * square - 2 * sumC);
      }
      return factor * (b * b * square - 2 * b * sumC + value2);
    }
    const sums = this.sum(lambda, b, value2, g, c);
    let lostG = 0;
    let lostC = 0;
    for (let i = 0; i < d; i++) {
      lostG += g[i]! * sums.gamma[i]!;
      lostC += c[i]! * sums.beta[i]!;
    }
    if (out) {
      for (let i = 0; i < d; i++) {
        const s2 = sigma[i]! * sigma[i]!;
        const throughTau = 2 * s2 * a[i]! * (sums.slope[i]! + b * b * (1 - sums.gamma[i]!) * mu[i]! * sigma[i]!);
        out[i] = factor * (throughTau - 2 * b * (1 - sums.beta[i]!) * mu[i]! * s2);
      }
      out[d] = factor * 2 * (b * value2 * sums.b2 + b * (sumG - lostG) - (sumC - lostC));
    }
    return factor * (b * b * (value2 * sums.b2 + sumG - lostG) - 2 * b * (sumC - lostC) + value2);
  }

  /** Averages at eigenvalues λ; the slopes take g and c with their factors b² and 2b. */
  private sum(lambda: Float64Array, b: number, value2: number, g: Float64Array, c: Float64Array): DiagonalSums {
    const { sums, d, inverseLength } = this;
    const { beta, gamma, slope } = sums;
    const contour = this.contour!;
    const { kernel } = contour;
    const b2 = b * b;
    for (let i = 0; i < d; i++) {
      kernel.g[i] = b2 * g[i]!;
      kernel.c[i] = 2 * b * c[i]!;
    }
    const isZero = !contour.sum(lambda, this.accuracy, b2 * value2);
    sums.b2 = inverseLength + (isZero ? 0 : kernel.mean);
    for (let i = 0; i < d; i++) {
      beta[i] = inverseLength + (isZero ? 0 : kernel.beta[i]!);
      gamma[i] = inverseLength + (isZero ? 0 : kernel.gamma[i]!);
      slope[i] = isZero ? 0 : kernel.slope[i]!;
    }
    return sums;
  }

  /** Risk at any A, and its gradient: `gA` (d × d, row-major) is filled where given; returns [risk, gradient in b]. */
  general(A: DenseMatrix, b: number, gA: Float64Array | null): [number, number] {
    const { d, root, target, factor, lambda } = this;
    const value2 = this.signal + this.noise2;
    const B = matmul(root, matmul(A, root));
    const Bt = transpose(B);
    const NB = matmul(target, B);
    if (!this.softmax) {
      const one = 1 + this.inverseLength;
      const cross = traceOf(transpose(target), B);
      const square = one * traceOf(Bt, NB) + this.inverseLength * value2 * frobenius(B) ** 2;
      if (gA) {
        const gB = NB.map((row, i) =>
          row.map((x, j) => 2 * factor * (b * b * (one * x + this.inverseLength * value2 * B[i]![j]!) - b * target[i]![j]!)),
        );
        writeOut(matmul(root, matmul(gB, root)), gA);
      }
      return [factor * (b * b * square - 2 * b * cross + value2), factor * (2 * b * square - 2 * cross)];
    }
    const eigen = symmetricEigen(matmul(Bt, B));
    for (let i = 0; i < d; i++) lambda[i] = Math.max(0, eigen.values[i]!);
    const P = eigen.vectors;
    const Pt = transpose(P);
    const G = matmul(Pt, matmul(matmul(Bt, NB), P));
    const cross = matmul(Bt, target);
    const C = matmul(Pt, matmul(add(scale(cross, 0.5), scale(transpose(cross), 0.5)), P));
    const beta = new Float64Array(d).fill(this.inverseLength);
    const gamma = new Float64Array(d).fill(this.inverseLength);
    const W = Array.from({ length: d }, () => new Array<number>(d).fill(0));
    let meanB2 = this.inverseLength;
    this.contour!.visit(lambda, this.accuracy, (node) => {
      const { hr, hi, br, bi, gr, gi, pr, pi } = node;
      meanB2 += bi;
      let sgr = 0;
      let sgi = 0;
      let scr = 0;
      let sci = 0;
      for (let i = 0; i < d; i++) {
        beta[i]! += br * hi[i]! + bi * hr[i]!;
        gamma[i]! += gr * hi[i]! + gi * hr[i]!;
        sgr += G[i]![i]! * hr[i]!;
        sgi += G[i]![i]! * hi[i]!;
        scr += C[i]![i]! * hr[i]!;
        sci += C[i]![i]! * hi[i]!;
      }
      if (!gA) return;
      // p C_B and p C_γ
      const Br = b * (br * pr - bi * pi);
      const Bi = b * (br * pi + bi * pr);
      const Gr = b * b * (gr * pr - gi * pi);
      const Gi = b * b * (gr * pi + gi * pr);
      const trace = [b * value2 + 2 * scr, 2 * sci] as const;
      const diagonalR = Br * trace[0] - Bi * trace[1] - (Gr * sgr - Gi * sgi);
      const diagonalI = Br * trace[1] + Bi * trace[0] - (Gr * sgi + Gi * sgr);
      for (let i = 0; i < d; i++) {
        W[i]![i]! += diagonalR * hi[i]! + diagonalI * hr[i]!;
        for (let j = 0; j < d; j++) {
          const r = hr[i]! * hr[j]! - hi[i]! * hi[j]!;
          const m = hr[i]! * hi[j]! + hi[i]! * hr[j]!;
          const sr = 4 * C[i]![j]! * Br - 2 * G[i]![j]! * Gr;
          const si = 4 * C[i]![j]! * Bi - 2 * G[i]![j]! * Gi;
          W[i]![j]! += sr * m + si * r;
        }
      }
    });
    let keptG = 0;
    let keptC = 0;
    for (let i = 0; i < d; i++) {
      keptG += G[i]![i]! * (1 - gamma[i]!);
      keptC += C[i]![i]! * (1 - beta[i]!);
    }
    const risk = factor * (b * b * (value2 * meanB2 + keptG) - 2 * b * keptC + value2);
    if (gA) {
      const back = (m: DenseMatrix): number[][] => matmul(P, matmul(m, Pt));
      const onDiagonal = (f: (i: number) => number): number[][] => back(P.map((row, i) => row.map((_, j) => (i === j ? f(i) : 0))));
      const first = scale(matmul(B, back(W)), 2);
      const second = scale(
        matmul(
          NB,
          onDiagonal((i) => 1 - gamma[i]!),
        ),
        2 * b * b,
      );
      const third = scale(
        matmul(
          target,
          onDiagonal((i) => 1 - beta[i]!),
        ),
        -2 * b,
      );
      const gB = add(add(first, second), third);
      writeOut(scale(matmul(root, matmul(gB, root)), factor), gA);
    }
    return [risk, factor * 2 * (b * (value2 * meanB2 + keptG) - keptC)];
  }

  /** E B2 at the effective A: the inverse of the effective number of attended tokens is its mean. */
  meanParticipation(A: DenseMatrix): number {
    if (!this.softmax) return this.inverseLength;
    const B = matmul(this.root, matmul(A, this.root));
    const { values } = symmetricEigen(matmul(transpose(B), B));
    let mean = this.inverseLength;
    const lambda = Float64Array.from(values, (x) => Math.max(0, x));
    this.contour!.visit(lambda, this.accuracy, (node) => {
      mean += node.bi;
    });
    return mean;
  }
}

function traceOf(a: DenseMatrix, b: DenseMatrix): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) sum += a[i]![j]! * b[j]![i]!;
  return sum;
}

function writeOut(m: DenseMatrix, out: Float64Array): void {
  const d = m.length;
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) out[i * d + j] = m[i]![j]!;
}
