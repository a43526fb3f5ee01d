/** A task as the batch kernels take it: in working coordinates, its laws as mixtures of affine images of base laws. */
import type { LawComponent, LawForm, PromptSetting } from '../kernels/index.js';
import { lawMoments } from './cumulant.js';
import { symmetricSqrt } from './linear-algebra.js';
import type { CoordinateLaw, Kernel, Law, Task } from './problem.js';
import { flatten, multiply, multiplyTransposed, taskSampler } from './sampling.js';

/** The prompts of `task` with `length` tokens (finite) under `heads` heads of attention. Throws as `taskSampler` does. */
export function promptSetting(task: Task, kernel: Kernel, heads: number, length: number): PromptSetting {
  const { root, normalBase, noise, dimension: d } = taskSampler(task);
  const weights = lawForm(task.weights).map((component) => transposedImage(component, root, d));
  return {
    kernel,
    heads,
    dimension: d,
    length,
    tokens: normalBase ? standardNormal(d) : centred(task.tokens!),
    weights,
    noise,
    link: task.link,
  };
}

function standardNormal(d: number): LawForm {
  return [{ share: 1, base: 'normal', baseDimension: d, mean: new Float64Array(d), factor: null }];
}

function centred(law: Law): LawForm {
  const { mean } = lawMoments(law);
  return lawForm(law).map((component) => ({ ...component, mean: component.mean.map((m, i) => m - mean[i]) }));
}

/** Every law of section 2 as a mixture of affine images of base laws. */
export function lawForm(law: Law): LawForm {
  const d = law.dimension;
  switch (law.kind) {
    case 'gaussian':
      return [{ ...standardNormal(d)[0], mean: Float64Array.from(law.mean), factor: flatten(symmetricSqrt(law.covariance)) }];
    case 'independent':
      return [independent(d, law.coordinate)];
    case 'sphere':
      return [{ share: 1, base: 'sphere', baseDimension: d, mean: new Float64Array(d), factor: scaledIdentity(d, law.radius) }];
    case 'empirical':
      return [{ share: 1, base: 'points', baseDimension: d, mean: new Float64Array(d), factor: null, points: law.tokens.data }];
    case 'mixture': {
      const total = law.weights.reduce((sum, w) => sum + w, 0);
      return law.components.flatMap((component, k) =>
        lawForm(component).map((part) => ({ ...part, share: (part.share * law.weights[k]) / total })),
      );
    }
    case 'affine': {
      const factor = flatten(law.factor);
      return lawForm(law.base).map((part) => {
        const image = affineImage(part, factor, d, law.base.dimension);
        return { ...image, mean: image.mean.map((m, i) => m + law.mean[i]) };
      });
    }
  }
}

function independent(d: number, coordinate: CoordinateLaw): LawComponent {
  const plain = { share: 1, baseDimension: d, mean: new Float64Array(d) };
  switch (coordinate.kind) {
    case 'gaussian':
      return { ...plain, base: 'normal', factor: scaledIdentity(d, Math.sqrt(coordinate.variance)) };
    case 'rademacher':
      return { ...plain, base: 'rademacher', factor: null };
    case 'uniform': {
      const { low, high } = coordinate;
      return { ...plain, base: 'uniform', mean: plain.mean.fill((low + high) / 2), factor: scaledIdentity(d, (high - low) / 2) };
    }
  }
}

/** Null where the scale is 1: the kernels know the identity. */
function scaledIdentity(d: number, scale: number): Float64Array | null {
  if (scale === 1) return null;
  const factor = new Float64Array(d * d);
  for (let i = 0; i < d; i++) factor[i * d + i] = scale;
  return factor;
}

/** The law of matrix · z (matrix: rows × columns) for z of `part`. */
function affineImage(part: LawComponent, matrix: Float64Array, rows: number, columns: number): LawComponent {
  const n = part.baseDimension;
  const mean = new Float64Array(rows);
  multiply(matrix, rows, columns, part.mean, mean);
  if (part.factor === null) return { ...part, mean, factor: matrix };
  const factor = new Float64Array(rows * n);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += matrix[i * columns + k] * part.factor[k * n + j];
      factor[i * n + j] = sum;
    }
  }
  return { ...part, mean, factor };
}

function transposedImage(part: LawComponent, root: Float64Array, d: number): LawComponent {
  const transposed = new Float64Array(d * d);
  const row = new Float64Array(d);
  const unit = new Float64Array(d);
  for (let j = 0; j < d; j++) {
    unit.fill(0);
    unit[j] = 1;
    multiplyTransposed(root, d, d, unit, row);
    for (let i = 0; i < d; i++) transposed[i * d + j] = row[i];
  }
  return affineImage(part, transposed, d, d);
}
