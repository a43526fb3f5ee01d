/** How far the support of a law reaches. */
import { lawMoments } from './cumulant.js';
import { allScores, empiricalMoments, squaresAbout } from './empirical.js';
import * as linear from './linear-algebra.js';
import type { DenseMatrix, Law } from './problem.js';

/** Largest distance ‖V(y − y′)‖, or a bound of it, over the support of a law; Infinity where it is not bounded. */
export function supportDiameter(law: Law, V: DenseMatrix): number {
  if (linear.frobenius(V) === 0) return 0;
  switch (law.kind) {
    case 'gaussian':
      return linear.frobenius(linear.matmul(V, linear.symmetricSqrt(law.covariance))) === 0 ? 0 : Number.POSITIVE_INFINITY;
    case 'independent': {
      const { coordinate } = law;
      if (coordinate.kind === 'gaussian') return coordinate.variance === 0 ? 0 : Number.POSITIVE_INFINITY;
      const side = coordinate.kind === 'rademacher' ? 2 : coordinate.high - coordinate.low;
      const columns = linear.transpose(V).reduce((sum, column) => sum + Math.sqrt(linear.dot(column, column)), 0);
      return side * Math.min(columns, Math.sqrt(law.dimension) * operatorNorm(V));
    }
    case 'sphere':
      return 2 * law.radius * operatorNorm(V);
    case 'affine':
      return supportDiameter(law.base, linear.matmul(V, law.factor));
    case 'mixture': {
      // Two points of different components: through the components' means.
      const parts = law.components.filter((_, k) => law.weights[k]! > 0);
      const sizes = parts.map((part) => supportDiameter(part, V));
      const means = parts.map((part) => linear.matvec(V, lawMoments(part).mean));
      let widest = 0;
      for (let i = 0; i < parts.length; i++) {
        widest = Math.max(widest, sizes[i]!);
        for (let j = 0; j < i; j++) {
          const gap = means[i]!.map((x, k) => x - means[j]![k]!);
          widest = Math.max(widest, sizes[i]! + sizes[j]! + Math.sqrt(linear.dot(gap, gap)));
        }
      }
      return widest;
    }
    case 'empirical': {
      const { mean } = empiricalMoments(law.tokens);
      const squares = squaresAbout(law.tokens, linear.matmul(linear.transpose(V), V), mean);
      return 2 * Math.sqrt(squares.reduce((most, x) => Math.max(most, x), 0));
    }
  }
}

/** Largest aᵀy over the support of a law; Infinity where it is not bounded. */
export function supportReach(law: Law, a: ArrayLike<number>): number {
  switch (law.kind) {
    case 'gaussian':
      return linear.bilinear(a, law.covariance, a) > 0 ? Number.POSITIVE_INFINITY : linear.dot(a, law.mean);
    case 'independent': {
      const { coordinate } = law;
      let reach = 0;
      for (let i = 0; i < a.length; i++) {
        const x = a[i]!;
        if (x === 0) continue;
        if (coordinate.kind === 'gaussian') reach += coordinate.variance > 0 ? Number.POSITIVE_INFINITY : 0;
        else if (coordinate.kind === 'rademacher') reach += Math.abs(x);
        else reach += x * (x > 0 ? coordinate.high : coordinate.low);
      }
      return reach;
    }
    case 'sphere':
      return law.radius * Math.sqrt(linear.dot(a, a));
    case 'affine':
      return linear.dot(a, law.mean) + supportReach(law.base, linear.transposedMatvec(law.factor, a));
    case 'mixture':
      return law.components.reduce(
        (most, part, k) => (law.weights[k]! > 0 ? Math.max(most, supportReach(part, a)) : most),
        Number.NEGATIVE_INFINITY,
      );
    case 'empirical':
      return allScores(law.tokens, a).reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  }
}

function operatorNorm(V: DenseMatrix): number {
  const { values } = linear.symmetricEigen(linear.matmul(V, linear.transpose(V)));
  return Math.sqrt(Math.max(0, values[values.length - 1] ?? 0));
}
