/**
 * First order of a prompt's distance from its limit, in the weights' and tokens' averages: what the distance is compared with to be sampled with less noise
 * (docs/mathematics.md, section 4).
 *
 * With w_l = e^{aᵀz_l − κ(a)} and m = ∇κ(a), softmax gives m̂ − m = X / W, X = (1/L) Σ w_l (z_l − m) and W = (1/L) Σ w_l. X is an average of independent
 * vectors of mean 0, so that quadratic forms of it have known means: for two heads with tilts a and b,
 * L E X_a X_bᵀ = e^{κ(a+b) − κ(a) − κ(b)} [∇²κ(a+b) + (∇κ(a+b) − ∇κ(a)) (∇κ(a+b) − ∇κ(b))ᵀ].
 */
import type { Cumulant } from './cumulant.js';
import type { TaskLimit } from './limit-prompts.js';
import { dot } from './linear-algebra.js';
import type { TaskDraw, WorkingModel } from './prompts.js';

/** How a setting's tokens are tilted and how errors read the attention's means. */
export interface FirstOrderSetting {
  /** κ, ∇κ and ∇²κ of the tokens at a tilt of D numbers. */
  cumulant(tilt: Float64Array): Cumulant;
  /** tr(V_h M V_kᵀ), for M = D × D. */
  outputForm(h: number, k: number, M: Float64Array): number;
  /** tr(G M), with G the metric of the tokens' coordinates. */
  metricForm(M: Float64Array): number;
}

/** First orders of the errors of the output and of the gradient in V at one query and their means over prompts of L tokens. */
export class FirstOrderErrors {
  /** L → the means, damped: 0 where the first order says nothing. */
  readonly means = { output: 0, value_gradient: 0 };
  /** What squares of first orders are multiplied with at this query: 1/(1 + E w⁴/(L (E w²)²)), the least over heads; 0 where they say nothing. */
  damping = 0;
  private readonly logMeans: Float64Array;
  private readonly sum: Float64Array;
  private readonly pair: Float64Array;

  constructor(
    private readonly heads: number,
    private readonly width: number,
    private readonly length: number,
    private readonly setting: FirstOrderSetting,
  ) {
    this.logMeans = new Float64Array(heads);
    this.sum = new Float64Array(width);
    this.pair = new Float64Array(width * width);
  }

  /**
   * Finds the means at the tilts (heads × D). The damping depends on the query alone, so that it leaves the means known; where few tokens carry all the weight it keeps the first order's heavy tail out.
   */
  at(tilts: Float64Array): void {
    const { heads, width: D, length, setting, means, pair, logMeans } = this;
    const own = Array.from({ length: heads }, (_, h) => setting.cumulant(tilts.subarray(h * D, (h + 1) * D)));
    means.output = 0;
    means.value_gradient = 0;
    let worst = 0;
    for (let h = 0; h < heads; h++) {
      logMeans[h] = own[h].value;
      for (let k = 0; k <= h; k++) {
        const both = setting.cumulant(this.combined(tilts, h, k, 1));
        const scale = Math.exp(both.value - own[h].value - own[k].value) / length;
        for (let i = 0; i < D; i++) {
          const di = both.gradient[i] - own[h].gradient[i];
          for (let j = 0; j < D; j++) pair[i * D + j] = scale * (both.hessian![i * D + j] + di * (both.gradient[j] - own[k].gradient[j]));
        }
        means.output += (h === k ? 1 : 2) * setting.outputForm(h, k, pair);
        if (h !== k) continue;
        means.value_gradient += setting.metricForm(pair);
        const fourth = setting.cumulant(this.combined(tilts, h, h, 2)).value;
        worst = Math.max(worst, Math.exp(fourth - 2 * both.value) / length);
      }
    }
    this.damping = worst < 100 && Number.isFinite(means.output) && Number.isFinite(means.value_gradient) ? 1 / (1 + worst) : 0;
    means.output = this.damping === 0 ? 0 : this.damping * means.output;
    means.value_gradient = this.damping === 0 ? 0 : this.damping * means.value_gradient;
  }

  /** times (a_h + a_k). */
  private combined(tilts: Float64Array, h: number, k: number, times: number): Float64Array {
    const { sum, width: D } = this;
    for (let i = 0; i < D; i++) sum[i] = times * (tilts[h * D + i] + tilts[k * D + i]);
    return sum;
  }

  /**
   * What multiplies (m̂_h − m_h) in the first order of a prompt, from log (1/L) Σ exp(score) of the head: damped so that squares of it are damped as the means are.
   */
  scale(h: number, logMeanWeight: number): number {
    return this.damping === 0 ? 0 : Math.sqrt(this.damping) * Math.exp(logMeanWeight - this.logMeans[h]);
  }
}

/** First orders of a task's prompts with the identity link, in working coordinates: heads are v_hᵀ, the metric is JᵀJ = diag(SᵀS, 1). */
export function taskFirstOrders(task: TaskDraw, model: WorkingModel, limit: TaskLimit, length: number): FirstOrderErrors {
  const D = model.width;
  const metric = metricOf(task.sampler.root, model.dimension);
  return new FirstOrderErrors(model.heads, D, length, {
    cumulant: (tilt) => {
      const found = limit.cumulant(task.weights, tilt);
      if (found === null) throw new RangeError('a task with a link has no cumulant in closed form');
      return found;
    },
    outputForm: (h, k, M) => {
      const { value } = model;
      return traceOfForms(value.subarray(h * D, (h + 1) * D), value.subarray(k * D, (k + 1) * D), 1, D, M);
    },
    metricForm: (M) => dot(metric, M),
  });
}

/** tr(A M Bᵀ), A and B of `rows` × n. */
export function traceOfForms(A: Float64Array, B: Float64Array, rows: number, n: number, M: Float64Array): number {
  let sum = 0;
  for (let o = 0; o < rows; o++) {
    for (let i = 0; i < n; i++) {
      const left = A[o * n + i];
      if (left === 0) continue;
      for (let j = 0; j < n; j++) sum += left * M[i * n + j] * B[o * n + j];
    }
  }
  return sum;
}

/** diag(SᵀS, 1), D × D. */
function metricOf(root: Float64Array, d: number): Float64Array {
  const D = d + 1;
  const out = new Float64Array(D * D);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) for (let k = 0; k < d; k++) out[i * D + j] += root[k * d + i] * root[k * d + j];
  }
  out[D * D - 1] = 1;
  return out;
}
