/**
 * Population risk of any one-head (U, v) where it is a polynomial in Gaussian moments: linear attention at every length, and L = ∞ (docs/mathematics.md,
 * section 5). x ~ N(0, Σ), w ~ N(0, Ω), y = wᵀx + ε.
 */
import { lawMoments } from './cumulant.js';
import { dot, matmul, matvec, trace, traceOfProduct, transpose, transposedMatvec } from './linear-algebra.js';
import { type Merged, taskOf } from './parameters.js';
import type { DenseMatrix, Problem } from './problem.js';

/**
 * With U's first d columns (A; tᵀ) and v = (k, b): c = xᵀ(g0 + G1 w + b (wᵀΣw − m1) t), so ½ E(c − y*)² follows from E wᵀΣw = m1 and
 * Var wᵀΣw = 2 tr(ΣΩ)². The linear kernel adds (E τ²ρ² + E c²)/L.
 */
export class PolynomialRisk {
  private readonly d: number;
  private readonly S: DenseMatrix;
  private readonly O: DenseMatrix;
  private readonly SO: DenseMatrix;
  private readonly m1: number;
  private readonly variance: number;
  private readonly s2: number;
  private readonly factor: number;
  private readonly inverseLength: number;

  constructor(problem: Problem) {
    const task = taskOf(problem);
    this.d = task.dimension;
    this.S = task.covariance;
    this.O = lawMoments(task.weights).covariance;
    this.SO = matmul(this.S, this.O);
    this.m1 = trace(this.SO);
    this.variance = 2 * traceOfProduct(this.SO, this.SO);
    this.s2 = task.noise ** 2;
    this.factor = task.loss === 'half_squared' ? 0.5 : 1;
    this.inverseLength = 1 / problem.length;
  }

  /** Risk, and gradients in U and v (D × D row-major, D; filled) where given. */
  evaluate(m: Merged, gU: Float64Array | null, gv: Float64Array | null): number {
    const { d, S, O, SO, m1, variance, s2, factor, inverseLength: e } = this;
    const D = d + 1;
    const A = Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => m.U[i * D + j]!));
    const t = Float64Array.from({ length: d }, (_, j) => m.U[d * D + j]!);
    const v = m.v.subarray(0, d);
    const b = m.v[d]!;
    const n2 = m1 + s2;
    const At = transpose(A);
    const Sv = matvec(S, v);
    const St = matvec(S, t);
    const AtS = matmul(At, S);
    const tSt = dot(t, St);
    // c = xᵀ(g0 + G1 w + b q t), q = wᵀΣw − m1.
    const AtSv = transposedMatvec(A, Sv);
    const g0 = Float64Array.from({ length: d }, (_, i) => AtSv[i]! + b * n2 * t[i]!);
    const G1 = AtS.map((row, i) => row.map((x, j) => t[i]! * Sv[j]! + b * x));
    const Sg0 = matvec(S, g0);
    const SG1O = matmul(S, matmul(G1, O));
    const c2 = dot(g0, Sg0) + traceOfProduct(transpose(G1), SG1O) + b * b * variance * tSt;
    const cy = traceOfProduct(transpose(SO), G1);
    const vSv = dot(v, Sv);
    const SA = matmul(S, A);
    const SASA = traceOfProduct(matmul(SA, S), At);
    const l = matvec(SA, St);
    const Ol = matvec(O, l);
    const r2 = vSv + b * b * n2;
    const lOSv = dot(Ol, Sv);
    const noise = SASA * r2 + 4 * b * lOSv + tSt * (vSv * n2 + b * b * (n2 * n2 + variance));
    const one = 1 + e;
    const value = factor * (one * c2 + e * noise - 2 * cy + m1 + s2);
    if (gU === null || gv === null) return value;
    // Derivatives of one c2 − 2 cy in g0 and G1, then of the noise, directly.
    const dg0 = Float64Array.from(Sg0, (x) => 2 * one * x);
    const dG1 = SG1O.map((row, i) => row.map((x, j) => 2 * one * x - 2 * SO[i]![j]!));
    const gA = Array.from({ length: d }, () => new Float64Array(d));
    const gt = new Float64Array(d);
    const gk = new Float64Array(d);
    let gb = 0;
    // g0 = AᵀSv + b n2 t; G1 = t (Sv)ᵀ + b AᵀS.
    const SdG1t = matmul(S, transpose(dG1));
    const SAdg0 = matvec(SA, dg0);
    const dG1t = transposedMatvec(dG1, t);
    const SdG1tT = matvec(S, dG1t);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        gA[i]![j] = Sv[i]! * dg0[j]! + b * SdG1t[i]![j]!;
        gt[i]! += dG1[i]![j]! * Sv[j]!;
        gb += dG1[i]![j]! * AtS[i]![j]!;
      }
      gt[i]! += b * n2 * dg0[i]! + 2 * one * b * b * variance * St[i]!;
      gk[i] = SAdg0[i]! + SdG1tT[i]!;
      gb += n2 * t[i]! * dg0[i]!;
    }
    gb += 2 * one * b * variance * tSt;
    if (e > 0) {
      const SAS = matmul(SA, S);
      const SOSv = matvec(S, matvec(O, Sv));
      const AtSOSv = transposedMatvec(A, SOSv);
      const SAtSOSv = matvec(S, AtSOSv);
      const spread = vSv * n2 + b * b * (n2 * n2 + variance);
      const SOl = matvec(S, Ol);
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++) gA[i]![j]! += e * (2 * r2 * SAS[i]![j]! + 4 * b * SOSv[i]! * St[j]!);
        gt[i]! += e * (4 * b * SAtSOSv[i]! + 2 * spread * St[i]!);
        gk[i]! += e * (2 * SASA * Sv[i]! + 4 * b * SOl[i]! + 2 * n2 * tSt * Sv[i]!);
      }
      gb += e * (2 * b * n2 * SASA + 4 * lOSv + 2 * b * tSt * (n2 * n2 + variance));
    }
    gU.fill(0);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) gU[i * D + j] = factor * gA[i]![j]!;
      gU[d * D + i] = factor * gt[i]!;
      gv[i] = factor * gk[i]!;
    }
    gv[d] = factor * gb;
    return value;
  }
}
