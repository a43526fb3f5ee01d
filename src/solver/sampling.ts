/** Draws from the laws of docs/mathematics.md, section 2, and the tokens of an in-context task (sections 5 and 7). */
import { hasGaussianTokens } from './balanced.js';
import { lawMoments } from './cumulant.js';
import { inverseSquareRoot, matmul, symmetricSqrt } from './linear-algebra.js';
import type { CoordinateLaw, DenseMatrix, Law, Link, Task } from './problem.js';
import type { RandomStream } from './random.js';
import { SolverFailure } from './result.js';

/** Draws one vector of a law into out[offset] … out[offset + dimension − 1]. Consumes the stream alike for every draw of one law. */
export type Draw = (rng: RandomStream, out: Float64Array, offset: number) => void;

/** Row-major copy of a matrix. */
export function flatten(m: DenseMatrix): Float64Array {
  const columns = m.length === 0 ? 0 : m[0].length;
  const out = new Float64Array(m.length * columns);
  for (let i = 0; i < m.length; i++) out.set(m[i], i * columns);
  return out;
}

/** How to draw from `law`: exact draws for every kind, Gaussian laws with a singular covariance included. */
export function lawDraw(law: Law): Draw {
  switch (law.kind) {
    case 'gaussian':
      return gaussianDraw(law.mean, law.covariance);
    case 'independent':
      return independentDraw(law.dimension, law.coordinate);
    case 'sphere':
      return sphereDraw(law.dimension, law.radius);
    case 'mixture':
      return mixtureDraw(law.components.map(lawDraw), law.weights);
    case 'empirical': {
      const { rows, columns, data } = law.tokens;
      return (rng, out, offset) => {
        const from = Math.floor(rng.uniform() * rows) * columns;
        for (let i = 0; i < columns; i++) out[offset + i] = data[from + i];
      };
    }
    case 'affine':
      return affineDraw(law.mean, flatten(law.factor), law.base.dimension, lawDraw(law.base));
  }
}

function gaussianDraw(mean: readonly number[], covariance: DenseMatrix): Draw {
  const d = mean.length;
  const diagonal = covariance.every((row, i) => row.every((value, j) => i === j || value === 0));
  if (!diagonal) return affineDraw(mean, flatten(symmetricSqrt(covariance)), d, normalDraw(d));
  const scale = covariance.map((row, i) => Math.sqrt(row[i]));
  return (rng, out, offset) => {
    rng.fillNormal(out, offset, offset + d);
    for (let i = 0; i < d; i++) out[offset + i] = mean[i] + scale[i] * out[offset + i];
  };
}

function normalDraw(d: number): Draw {
  return (rng, out, offset) => rng.fillNormal(out, offset, offset + d);
}

function independentDraw(d: number, coordinate: CoordinateLaw): Draw {
  switch (coordinate.kind) {
    case 'gaussian': {
      const scale = Math.sqrt(coordinate.variance);
      return (rng, out, offset) => {
        rng.fillNormal(out, offset, offset + d);
        for (let i = 0; i < d; i++) out[offset + i] *= scale;
      };
    }
    case 'rademacher':
      return (rng, out, offset) => {
        for (let i = 0; i < d; i++) out[offset + i] = rng.rademacher();
      };
    case 'uniform': {
      const { low, high } = coordinate;
      return (rng, out, offset) => {
        for (let i = 0; i < d; i++) out[offset + i] = low + (high - low) * rng.uniform();
      };
    }
  }
}

function sphereDraw(d: number, radius: number): Draw {
  return (rng, out, offset) => {
    let square = 0;
    while (square === 0) {
      rng.fillNormal(out, offset, offset + d);
      for (let i = 0; i < d; i++) square += out[offset + i] ** 2;
    }
    const scale = radius / Math.sqrt(square);
    for (let i = 0; i < d; i++) out[offset + i] *= scale;
  };
}

function mixtureDraw(components: readonly Draw[], weights: readonly number[]): Draw {
  const total = weights.reduce((sum, w) => sum + w, 0);
  return (rng, out, offset) => {
    let left = rng.uniform() * total;
    let k = 0;
    while (k < components.length - 1 && left >= weights[k]) left -= weights[k++];
    components[k](rng, out, offset);
  };
}

function affineDraw(mean: readonly number[], factor: Float64Array, inner: number, base: Draw): Draw {
  const g = new Float64Array(inner);
  const d = mean.length;
  return (rng, out, offset) => {
    base(rng, g, 0);
    for (let i = 0; i < d; i++) {
      let sum = mean[i];
      for (let j = 0; j < inner; j++) sum += factor[i * inner + j] * g[j];
      out[offset + i] = sum;
    }
  };
}

/** The link f of y = f(wᵀx) + noise. */
export function linkFunction(link: Link): (u: number) => number {
  switch (link) {
    case 'identity':
      return (u) => u;
    case 'tanh':
      return Math.tanh;
    case 'relu':
      return (u) => Math.max(0, u);
    case 'sign':
      return Math.sign;
    case 'square':
      return (u) => u * u;
  }
}

/**
 * The tokens of a task in *working coordinates*: x = S g with g centred and drawn from `drawBase`, so that every covariance costs
 * the same per token. S = Σ^{1/2} for Gaussian x (g ~ N(0, I)); else S = Σ^{1/2} C^{−1/2} with C the covariance of the law of x, which is that of g.
 */
export interface TaskSampler {
  readonly dimension: number;
  readonly noise: number;
  readonly link: (u: number) => number;
  /** True when (x, y) given w is Gaussian: Gaussian x and the identity link. */
  readonly gaussian: boolean;
  /** True when g ~ N(0, I). */
  readonly normalBase: boolean;
  /** S, d × d, row-major. */
  readonly root: Float64Array;
  readonly drawBase: Draw;
  readonly drawWeights: Draw;
}

/** Throws SolverFailure `unsupported` when the law of x has a singular covariance, which cannot be whitened. */
export function taskSampler(task: Task): TaskSampler {
  const d = task.dimension;
  const normalBase = hasGaussianTokens(task);
  const sigmaRoot = symmetricSqrt(task.covariance);
  let root = sigmaRoot;
  let drawBase = normalDraw(d);
  if (task.tokens !== null && !normalBase) {
    const { mean, covariance } = lawMoments(task.tokens);
    root = matmul(sigmaRoot, whitening(covariance));
    const raw = lawDraw(task.tokens);
    drawBase = (rng, out, offset) => {
      raw(rng, out, offset);
      for (let i = 0; i < d; i++) out[offset + i] -= mean[i];
    };
  }
  return {
    dimension: d,
    noise: task.noise,
    link: linkFunction(task.link),
    gaussian: normalBase && task.link === 'identity',
    normalBase,
    root: flatten(root),
    drawBase,
    drawWeights: lawDraw(task.weights),
  };
}

function whitening(covariance: DenseMatrix): DenseMatrix {
  try {
    return inverseSquareRoot(covariance);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SolverFailure(
      'unsupported',
      'The tokens of a task are whitened, but the covariance of this law is singular: its tokens lie on a subspace.',
      'task.tokens',
    );
  }
}

/** out = M x for M rows × columns, row-major. */
export function multiply(
  m: Float64Array,
  rows: number,
  columns: number,
  x: ArrayLike<number>,
  out: Float64Array,
  xFrom = 0,
  outFrom = 0,
): void {
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += m[i * columns + j] * x[xFrom + j];
    out[outFrom + i] = sum;
  }
}

/** out = Mᵀ x for M rows × columns, row-major. */
export function multiplyTransposed(
  m: Float64Array,
  rows: number,
  columns: number,
  x: ArrayLike<number>,
  out: Float64Array,
  xFrom = 0,
  outFrom = 0,
): void {
  for (let j = 0; j < columns; j++) out[outFrom + j] = 0;
  for (let i = 0; i < rows; i++) {
    const value = x[xFrom + i];
    for (let j = 0; j < columns; j++) out[outFrom + j] += m[i * columns + j] * value;
  }
}
