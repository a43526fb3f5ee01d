/** Laws as the sampling kernels take them: mixtures of affine images of a few base laws. */
import type { LawComponent, LawForm } from '../kernels/index.js';
import { hasGaussianTokens } from './balanced.js';
import { lawMoments } from './cumulant.js';
import { symmetricSqrt } from './linear-algebra.js';
import type { Law, Task } from './problem.js';
import { flatten, multiply, type TaskSampler } from './sampling.js';

/** Every law of docs/mathematics.md, section 2. */
export function lawForm(law: Law): LawForm {
  const n = law.dimension;
  switch (law.kind) {
    case 'gaussian':
      return [component('normal', n, Float64Array.from(law.mean), flatten(symmetricSqrt(law.covariance)))];
    case 'independent': {
      const { coordinate } = law;
      const scale =
        coordinate.kind === 'gaussian'
          ? Math.sqrt(coordinate.variance)
          : coordinate.kind === 'uniform'
            ? (coordinate.high - coordinate.low) / 2
            : 1;
      const middle = coordinate.kind === 'uniform' ? (coordinate.high + coordinate.low) / 2 : 0;
      const base = coordinate.kind === 'gaussian' ? 'normal' : coordinate.kind;
      return [component(base, n, new Float64Array(n).fill(middle), scaling(n, scale))];
    }
    case 'sphere':
      return [component('sphere', n, new Float64Array(n), scaling(n, law.radius))];
    case 'mixture': {
      const total = law.weights.reduce((sum, w) => sum + w, 0);
      return law.components.flatMap((one, k) => lawForm(one).map((part) => ({ ...part, share: (part.share * law.weights[k]!) / total })));
    }
    case 'empirical':
      return [{ ...component('points', n, new Float64Array(n), null), points: law.tokens.data }];
    case 'affine':
      return affine(lawForm(law.base), flatten(law.factor), n, law.mean);
  }
}

function component(base: LawComponent['base'], dimension: number, mean: Float64Array, factor: Float64Array | null): LawComponent {
  return { share: 1, base, baseDimension: dimension, mean, factor };
}

function scaling(n: number, factor: number): Float64Array | null {
  if (factor === 1) return null;
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = factor;
  return out;
}

/** shift + M z for z of a law: M is rows × dimension of z, row-major. */
export function affine(form: LawForm, M: Float64Array, rows: number, shift: ArrayLike<number>): LawForm {
  return form.map((part) => {
    const n = part.mean.length;
    const mean = new Float64Array(rows);
    multiply(M, rows, n, part.mean, mean);
    for (let i = 0; i < rows; i++) mean[i]! += shift[i]!;
    if (part.factor === null) return { ...part, mean, factor: M };
    const m = part.baseDimension;
    const factor = new Float64Array(rows * m);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < m; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += M[i * n + k]! * part.factor[k * m + j]!;
        factor[i * m + j] = sum;
      }
    }
    return { ...part, mean, factor };
  });
}

/** The laws of g and of u = Sᵀ w in the working coordinates of `sampler`. */
export function taskForms(task: Task, sampler: TaskSampler): { readonly tokens: LawForm; readonly weights: LawForm } {
  const { dimension: d, root } = sampler;
  const transposed = new Float64Array(d * d);
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) transposed[j * d + i] = root[i * d + j]!;
  const weights = affine(lawForm(task.weights), transposed, d, new Float64Array(d));
  if (task.tokens === null || hasGaussianTokens(task)) return { tokens: [component('normal', d, new Float64Array(d), null)], weights };
  const { mean } = lawMoments(task.tokens);
  const centred = lawForm(task.tokens).map((part) => ({ ...part, mean: part.mean.map((m, i) => m - mean[i]!) }));
  return { tokens: centred, weights };
}
