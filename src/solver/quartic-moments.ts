/**
 * Fourth moments of tilted laws about any point: what the size of one token's part of the softmax-weighted covariance is made of
 * (docs/mathematics.md, section 4).
 */
import { cumulant } from './cumulant.js';
import { allScores, quadratics, softmaxInPlace } from './empirical.js';
import * as linear from './linear-algebra.js';
import type { CoordinateLaw, DenseMatrix, Law } from './problem.js';
import { langevin, langevinDerivatives } from './special.js';

/** E[(o + y)ᵀW(o + y) ‖o + y‖²] under the law of y tilted by b. */
export type QuarticMoment = (b: Float64Array, o: Float64Array) => number;

/**
 * The moment as a function of tilt and offset, for a symmetric W; everything that does not depend on them is computed here. Null for laws with a
 * sphere in them, whose coordinates are neither independent nor listed.
 */
export function quarticMoment(law: Law, W: DenseMatrix): QuarticMoment | null {
  return ofImage(law, null, W);
}

/** The same of o + F y; null stands for F = I. */
function ofImage(law: Law, F: DenseMatrix | null, W: DenseMatrix): QuarticMoment | null {
  switch (law.kind) {
    case 'sphere':
      return null;
    case 'independent':
      return ofIndependent(law.coordinate, law.dimension, F, W);
    case 'gaussian': {
      const base: Law = { kind: 'independent', dimension: law.dimension, coordinate: { kind: 'gaussian', variance: 1 } };
      const factor = linear.symmetricSqrt(law.covariance);
      return ofImage({ kind: 'affine', dimension: law.dimension, mean: law.mean, factor, base }, F, W);
    }
    case 'affine': {
      const { mean, factor, base } = law;
      const inner = ofImage(base, F === null ? factor : linear.matmul(F, factor), W);
      const moved = F === null ? Float64Array.from(mean) : linear.matvec(F, mean);
      return inner && ((b, o) => inner(linear.transposedMatvec(factor, b), sum(o, moved)));
    }
    case 'mixture': {
      const parts = law.components.flatMap((component, k) => {
        const weight = law.weights[k]!;
        return weight > 0 ? [{ component, logWeight: Math.log(weight), moment: ofImage(component, F, W) }] : [];
      });
      if (parts.some(({ moment }) => moment === null)) return null;
      return (b, o) => {
        const q = Float64Array.from(parts, ({ component, logWeight }) => logWeight + cumulant(component, b).value);
        softmaxInPlace(q);
        return parts.reduce((total, { moment }, k) => total + (q[k] === 0 ? 0 : q[k]! * moment!(b, o)), 0);
      };
    }
    case 'empirical': {
      const { tokens } = law;
      const forms = [W, linear.identity(W.length)].map((metric) => {
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

/** Two quadratic forms of independent coordinates: their means' product and their covariance. */
function ofIndependent(coordinate: CoordinateLaw, n: number, F: DenseMatrix | null, W: DenseMatrix): QuarticMoment {
  const image = F ?? linear.identity(n);
  const half = F === null ? W : linear.matmul(W, F);
  const A = F === null ? W : linear.matmul(linear.transpose(F), half);
  const G = F === null ? image : linear.matmul(linear.transpose(F), F);
  return (b, o) => {
    const each = Array.from(b, (tilt) => tiltedCoordinate(coordinate, tilt));
    const s = sum(
      o,
      linear.matvec(
        image,
        each.map(({ mean }) => mean),
      ),
    );
    const alpha = linear.transposedMatvec(half, s);
    const gamma = linear.transposedMatvec(image, s);
    let first = linear.bilinear(s, W, s);
    let second = linear.dot(s, s);
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
