/** First-order updates of parameters (docs/mathematics.md, section 5, "Optimisers"). */
import type { Train } from './problem.js';

/** ε of Adam, beside the root of the second moment. */
export const adamEpsilon = 1e-8;

/**
 * θ_{k+1} = θ_k − rate · m with m = momentum · m + g (SGD), or Adam with bias correction and ε = 10⁻⁸ (D. P. Kingma and J. Ba, 2015). Nothing is
 * allocated after construction.
 */
export class Optimiser {
  /** Momentum (SGD) or first moment (Adam). */
  readonly first: Float64Array;
  /** Second moment (Adam); empty for SGD. */
  readonly second: Float64Array;

  constructor(
    private readonly train: Extract<Train, { kind: 'sgd' | 'adam' }>,
    size: number,
  ) {
    this.first = new Float64Array(size);
    this.second = new Float64Array(train.kind === 'adam' ? size : 0);
  }

  /** Moves `theta` by update number `step`, counted from 1. */
  update(theta: Float64Array, gradient: Float64Array, step: number): void {
    const { first, second } = this;
    const { kind, rate, momentum, beta1, beta2 } = this.train;
    if (kind === 'sgd') {
      for (let i = 0; i < theta.length; i++) {
        const m = momentum * first[i]! + gradient[i]!;
        first[i] = m;
        theta[i] = theta[i]! - rate * m;
      }
      return;
    }
    const correct1 = 1 - beta1 ** step;
    const correct2 = 1 - beta2 ** step;
    for (let i = 0; i < theta.length; i++) {
      const g = gradient[i]!;
      const m = beta1 * first[i]! + (1 - beta1) * g;
      const s = beta2 * second[i]! + (1 - beta2) * g * g;
      first[i] = m;
      second[i] = s;
      theta[i] = theta[i]! - (rate * (m / correct1)) / (Math.sqrt(s / correct2) + adamEpsilon);
    }
  }
}
