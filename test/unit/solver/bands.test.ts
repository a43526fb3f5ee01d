import assert from 'node:assert/strict';
import { errorAverages } from '../../../src/solver/concentration.js';
import * as linear from '../../../src/solver/linear-algebra.js';
import type { ErrorQuantity } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { SkewedMean } from '../../../src/solver/running-mean.js';
import { sampleErrors } from '../../../src/solver/sampled-errors.js';
import { isCarriedByFew, meanBand, studentHalfWidth } from '../../../src/solver/statistics.js';
import { of, problem } from './concentration-problem.js';

const trials = 200;

/** How often the 90 % band of `samples` prompts covers the exact error, for queries N(0, I) and scores of variance λ‖z‖². */
function coverage(lambda: number, length: number, samples: number, quantity: ErrorQuantity) {
  const identity = linear.identity(2);
  const base = problem(identity, linear.scale(identity, Math.sqrt(lambda)), identity, null);
  const exact = errorAverages(base, of)!.at(quantity, length, false).value;
  let [covered, byStudent, told] = [0, 0, 0];
  for (let seed = 0; seed < trials; seed++) {
    const p = { ...base, length, solver: { ...base.solver, seed } };
    const steps = sampleErrors(p, null, { of: [quantity], confidence: 0.9, samples });
    let step = steps.next();
    while (!step.done) step = steps.next();
    const { mean, standardError, lower, upper, isCarriedByFew: isTold } = step.value.estimates[quantity]!;
    if (lower <= exact && exact <= upper) covered++;
    // 64 batches behind controlled means, all prompts behind the gradient's in U.
    const parts = quantity === 'key_query_gradient' ? samples : 64;
    if (Math.abs(mean - exact) <= studentHalfWidth(0.9, parts - 1) * standardError) byStudent++;
    if (isTold) told++;
  }
  return { covered: covered / trials, byStudent: byStudent / trials, told: told / trials };
}

const standardError = (share: number): number => Math.sqrt((share * (1 - share)) / trials);

describe('bands of sampled errors', function () {
  this.timeout(240_000);

  it('cover as often as they say where queries share the average', () => {
    for (const quantity of ['output', 'key_query_gradient'] as const) {
      const { covered, told } = coverage(0.03, 20, 320, quantity);
      assert.ok(covered > 0.9 - 3.5 * standardError(0.9), `${quantity}: ${covered}, told ${told}`);
    }
  });

  it('are wider where rare queries carry the average, and say that they are not wide enough', () => {
    for (const [quantity, lambda] of [
      ['output', 0.5],
      ['key_query_gradient', 0.2],
    ] as const) {
      const { covered, byStudent, told } = coverage(lambda, 100, 320, quantity);
      const what = `${quantity}: ${covered}, Student's ${byStudent}, told in ${told}`;
      assert.ok(covered > byStudent && covered > 0.85 - 3.5 * standardError(0.85), what);
      assert.ok(told > 0.5, what);
    }
  });
});

describe('the band of a mean', () => {
  it('is Student’s where numbers are symmetric, and reaches farther to the long side', () => {
    const t = studentHalfWidth(0.9, 49);
    const plain = meanBand(2, 0.1, 0, 50, 0.9);
    assert.ok(Math.abs(plain.lower - (2 - 0.1 * t)) < 1e-12 && Math.abs(plain.upper - (2 + 0.1 * t)) < 1e-12);
    const skewed = meanBand(2, 0.1, 3, 50, 0.9);
    assert.ok(skewed.upper > plain.upper && skewed.lower === plain.lower);
    const mirrored = meanBand(-2, 0.1, -3, 50, 0.9);
    assert.ok(Math.abs(mirrored.lower + skewed.upper) < 1e-12 && Math.abs(mirrored.upper + skewed.lower) < 1e-12);
  });

  it('covers means of exponentials more often than Student’s, by no more than it says', () => {
    const rng = stream(8, 'test bands', 0);
    const n = 20;
    const repeats = 4000;
    let [covered, byStudent] = [0, 0];
    for (let r = 0; r < repeats; r++) {
      const mean = new SkewedMean();
      for (let i = 0; i < n; i++) mean.add(-Math.log(1 - rng.uniform()));
      const { lower, upper } = meanBand(mean.mean, mean.standardError, mean.skewness, n, 0.9);
      if (lower <= 1 && 1 <= upper) covered++;
      if (Math.abs(mean.mean - 1) <= studentHalfWidth(0.9, n - 1) * mean.standardError) byStudent++;
    }
    const error = Math.sqrt(0.09 / repeats);
    assert.ok(
      covered > byStudent + 4 * error && covered / repeats < 0.9 + 4 * error,
      `${covered / repeats}, Student's ${byStudent / repeats}`,
    );
  });

  it('knows the skewness of what it is the mean of', () => {
    const values = [1, 4, -2, 0.5, 11, 3];
    const mean = new SkewedMean();
    for (const x of values) mean.add(x);
    const centre = values.reduce((sum, x) => sum + x, 0) / values.length;
    const moment = (k: number): number => values.reduce((sum, x) => sum + (x - centre) ** k, 0) / values.length;
    assert.ok(Math.abs(mean.skewness - moment(3) / moment(2) ** 1.5) < 1e-12);
    assert.ok(isCarriedByFew(9, 1000) && !isCarriedByFew(7, 1000));
  });
});
