/** Cumulant generating functions of token laws and their derivatives against averages over tokens. */
import { cumulant } from '../../../src/solver/cumulant.js';
import { stream } from '../../../src/solver/random.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { lawDraw } from '../../../src/solver/sampling.js';
import { itAgrees, type Tally } from './agreement.js';
import { randomVector } from './problems.js';
import { tokenLaw } from './random-laws.js';

/** Unbiased: with the weight W = e^{aᵀz − κ(a)}, E W = 1, E W (z − ∇κ) = 0 and E W ((z − ∇κ)(z − ∇κ)ᵀ − ∇²κ) = 0. */
function compareLimit(index: number, tally: Tally): void {
  const rng = stream(2025, 'limit case', index);
  const d = 1 + Math.floor(4 * rng.uniform());
  const law = tokenLaw(rng, d);
  const tilt = randomVector(rng, d, 0.5 / Math.sqrt(d));
  const { value, gradient, hessian } = cumulant(law, tilt, true);
  const draw = lawDraw(law);
  const z = new Float64Array(d);
  const normal = new RunningMean();
  const first = Array.from({ length: d }, () => new RunningMean());
  const second = Array.from({ length: d * d }, () => new RunningMean());
  for (let n = 0; n < 8000; n++) {
    draw(rng, z, 0);
    let score = -value;
    for (let i = 0; i < d; i++) score += tilt[i] * z[i];
    const weight = Math.exp(score);
    normal.add(weight);
    for (let i = 0; i < d; i++) {
      first[i].add(weight * (z[i] - gradient[i]));
      for (let j = 0; j <= i; j++) second[i * d + j].add(weight * ((z[i] - gradient[i]) * (z[j] - gradient[j]) - hessian![i * d + j]));
    }
  }
  const what = `limit ${index}: ${law.kind}, d = ${d}`;
  tally.compare(normal, 1, 0, `${what}: normalisation`);
  for (let i = 0; i < d; i++) {
    tally.compare(first[i], 0, 0, `${what}: ∇κ ${i}`);
    for (let j = 0; j <= i; j++) tally.compare(second[i * d + j], 0, 0, `${what}: ∇²κ ${i} ${j}`);
  }
  tally.cases++;
}

describe('exact against sampled', () => {
  itAgrees('infinite-prompt limits of token laws', 60, compareLimit);
});
