/**
 * Fourth moments of tilted laws about any point: what the size of one token's part of the softmax-weighted covariance is made of
 * (docs/mathematics.md, section 4).
 */
import { cumulant } from './cumulant.js';
import { allScores, quadratics, softmaxInPlace } from './empirical.js';
import * as linear from './linear-algebra.js';
import type { CoordinateLaw, DenseMatrix, Law } from './problem.js';
import { besselRatio, langevin, langevinDerivatives } from './special.js';

/** E[(o + y)ᵀW(o + y) · (o + y)ᵀM(o + y)] under the law of y tilted by b. */
export type QuarticMoment = (b: Float64Array, o: Float64Array) => number;

/** The moment as a function of tilt and offset, for symmetric W and M; everything that does not depend on them is computed here. */
export function quarticMoment(law: Law, W: DenseMatrix, M: DenseMatrix = linear.identity(W.length)): QuarticMoment {
  return ofImage(law, null, W, M);
}

/** The same of o + F y; null stands for F = I. */
function ofImage(law: Law, F: DenseMatrix | null, W: DenseMatrix, M: DenseMatrix): QuarticMoment {
  switch (law.kind) {
    case 'sphere':
      return ofSphere(law.radius, law.dimension, F, W, M);
    case 'independent':
      return ofIndependent(law.coordinate, law.dimension, F, W, M);
    case 'gaussian': {
      const base: Law = { kind: 'independent', dimension: law.dimension, coordinate: { kind: 'gaussian', variance: 1 } };
      const factor = linear.symmetricSqrt(law.covariance);
      return ofImage({ kind: 'affine', dimension: law.dimension, mean: law.mean, factor, base }, F, W, M);
    }
    case 'affine': {
      const { mean, factor, base } = law;
      const inner = ofImage(base, F === null ? factor : linear.matmul(F, factor), W, M);
      const moved = F === null ? Float64Array.from(mean) : linear.matvec(F, mean);
      return (b, o) => inner(linear.transposedMatvec(factor, b), sum(o, moved));
    }
    case 'mixture': {
      const parts = law.components.flatMap((component, k) => {
        const weight = law.weights[k]!;
        return weight > 0 ? [{ component, logWeight: Math.log(weight), moment: ofImage(component, F, W, M) }] : [];
      });
      return (b, o) => {
        const q = Float64Array.from(parts, ({ component, logWeight }) => logWeight + cumulant(component, b).value);
        softmaxInPlace(q);
        return parts.reduce((total, { moment }, k) => total + (q[k] === 0 ? 0 : q[k]! * moment(b, o)), 0);
      };
    }
    case 'empirical': {
      const { tokens } = law;
      const forms = [W, M].map((metric) => {
        const half = F === null ? metric : linear.matmul(metric, F);
        return { metric, half, form: F === null ? metric : linear.symmetrise(linear.matmul(linear.transpose(F), half)) };
      });
      return (b, o) => {
        const p = allScores(tokens, b);
        softmaxInPlace(p);
        for (const { metric, half, form } of forms) {
          const own = quadratics(tokens, form);
          const cross = allScores(tokens, linear.transposedMatvec(half, o));
          const constant = linear.bilinear(o, metric, o);
          for (let r = 0; r < p.length; r++) p[r]! *= Math.max(0, own[r]! + 2 * cross[r]! + constant);
        }
        return p.reduce((total, x) => total + x, 0);
      };
    }
  }
}

/** (o + Fy)ᵀW(o + Fy) and (o + Fy)ᵀM(o + Fy) as polynomials of y: their quadratic forms and what their linear parts are made with. */
interface FormPair {
  readonly A: DenseMatrix;
  readonly G: DenseMatrix;
  readonly image: DenseMatrix;
  /** WF and MF. */
  readonly halfA: DenseMatrix;
  readonly halfG: DenseMatrix;
}

function formPair(n: number, F: DenseMatrix | null, W: DenseMatrix, M: DenseMatrix): FormPair {
  if (F === null) return { A: W, G: M, image: linear.identity(n), halfA: W, halfG: M };
  const Ft = linear.transpose(F);
  const [halfA, halfG] = [linear.matmul(W, F), linear.matmul(M, F)];
  return { A: linear.symmetrise(linear.matmul(Ft, halfA)), G: linear.symmetrise(linear.matmul(Ft, halfG)), image: F, halfA, halfG };
}

/** Two quadratic forms of independent coordinates: their means' product and their covariance. */
function ofIndependent(coordinate: CoordinateLaw, n: number, F: DenseMatrix | null, W: DenseMatrix, M: DenseMatrix): QuarticMoment {
  const { A, G, image, halfA, halfG } = formPair(n, F, W, M);
  return (b, o) => {
    const each = Array.from(b, (tilt) => tiltedCoordinate(coordinate, tilt));
    const s = sum(
      o,
      linear.matvec(
        image,
        each.map(({ mean }) => mean),
      ),
    );
    const alpha = linear.transposedMatvec(halfA, s);
    const gamma = linear.transposedMatvec(halfG, s);
    let first = linear.bilinear(s, W, s);
    let second = linear.bilinear(s, M, s);
    let covariance = 0;
    for (let i = 0; i < n; i++) {
      const { variance: v, third, fourth } = each[i]!;
      first += A[i]![i]! * v;
      second += G[i]![i]! * v;
      covariance += 4 * alpha[i]! * gamma[i]! * v + 2 * third * (alpha[i]! * G[i]![i]! + gamma[i]! * A[i]![i]!);
      covariance += A[i]![i]! * G[i]![i]! * fourth;
      for (let j = 0; j < n; j++) covariance += 2 * A[i]![j]! * G[i]![j]! * v * each[j]!.variance;
    }
    return first * second + covariance;
  };
}

/**
 * The same on a sphere: y = r(u n + √(1 − u²) ξ) with n along the tilt and ξ uniform on the unit sphere across it. A factor 1 − u² raises the dimension
 * by two, so the moments of u are ratios of Bessel functions.
 */
function ofSphere(r: number, n: number, F: DenseMatrix | null, W: DenseMatrix, M: DenseMatrix): QuarticMoment {
  const { A, G, halfA, halfG } = formPair(n, F, W, M);
  const [traceA, traceG, traceAG] = [linear.trace(A), linear.trace(G), linear.traceOfProduct(A, G)];
  return (b, o) => {
    const size = Math.sqrt(linear.dot(b, b));
    const direction = size > 0 ? b.map((x) => x / size) : b.map((_, i) => Number(i === 0));
    const x = r * size;
    const above = besselRatio(n / 2, x);
    // E(1 − u²)/(n − 1), E(1 − u²)²/((n − 1)(n + 1)), E u and E u(1 − u²)/(n − 1).
    const across = 1 / (n + x * above);
    const acrossTwice = across / (n + 2 + x * besselRatio(n / 2 + 1, x));
    const along = x * across;
    const mixed = across * above;
    const [An, Gn] = [linear.matvec(A, direction), linear.matvec(G, direction)];
    const [Ann, Gnn] = [linear.dot(An, direction), linear.dot(Gn, direction)];
    const [restA, restG] = [traceA - Ann, traceG - Gnn];
    const alpha = linear.transposedMatvec(halfA, o);
    const gamma = linear.transposedMatvec(halfG, o);
    const [alphaN, gammaN] = [linear.dot(alpha, direction), linear.dot(gamma, direction)];
    const squares = 1 - (n - 1) * across;
    const [ofA, ofG] = [r * r * (squares * Ann + across * restA), r * r * (squares * Gnn + across * restG)];
    const cubes = along - (n - 1) * mixed;
    const cubic = (p: number, Q: Float64Array, Qnn: number, rest: number, linearPart: Float64Array): number =>
      r ** 3 * (cubes * Qnn * p + 2 * mixed * (linear.dot(Q, linearPart) - Qnn * p) + mixed * rest * p);
    const split = across - (n + 1) * acrossTwice;
    const quartic =
      (1 - 2 * (n - 1) * across + (n - 1) * (n + 1) * acrossTwice) * Ann * Gnn +
      split * (Ann * restG + Gnn * restA + 4 * (linear.dot(An, Gn) - Ann * Gnn)) +
      acrossTwice * (restA * restG + 2 * (traceAG - 2 * linear.dot(An, Gn) + Ann * Gnn));
    const [w0, g0] = [linear.bilinear(o, W, o), linear.bilinear(o, M, o)];
    const both = r * r * ((squares - across) * alphaN * gammaN + across * linear.dot(alpha, gamma));
    return (
      w0 * (g0 + 2 * r * along * gammaN + ofG) +
      g0 * (2 * r * along * alphaN + ofA) +
      4 * both +
      2 * cubic(alphaN, Gn, Gnn, restG, alpha) +
      2 * cubic(gammaN, An, Ann, restA, gamma) +
      r ** 4 * quartic
    );
  };
}

/** Mean and cumulants of one coordinate under its law tilted by t: the derivatives of κ at t. */
export function tiltedCoordinate(law: CoordinateLaw, t: number): { mean: number; variance: number; third: number; fourth: number } {
  switch (law.kind) {
    case 'gaussian':
      return { mean: law.variance * t, variance: law.variance, third: 0, fourth: 0 };
    case 'rademacher': {
      const mean = Math.tanh(t);
      const e = Math.exp(-2 * Math.abs(t));
      const variance = (4 * e) / ((1 + e) * (1 + e));
      return { mean, variance, third: -2 * mean * variance, fourth: variance * (4 - 6 * variance) };
    }
    case 'uniform': {
      const half = (law.high - law.low) / 2;
      const { first, second } = langevin(half * t);
      const { third, fourth } = langevinDerivatives(half * t);
      return {
        mean: (law.high + law.low) / 2 + half * first,
        variance: half ** 2 * second,
        third: half ** 3 * third,
        fourth: half ** 4 * fourth,
      };
    }
  }
}

function sum(x: Float64Array, y: Float64Array): Float64Array {
  return x.map((value, i) => value + y[i]!);
}
