/**
 * The exact solver against the sampled one over seeded random cases: laws, dimensions, covariances, lengths from 1 up, both kernels, both
 * parameterisations. The two share nothing but the definition of the problem: the sampled side draws every token of every prompt.
 *
 * Scales are chosen so that the central limit theorem holds for the sample sizes used: linear attention's estimators are polynomials of Gaussians
 * (of degree 8 and more in the risk), whose kurtosis grows like e^{degree}, and softmax at a large score variance averages over rare queries.
 * Where the variance of an estimator is dominated by events rarer than one in a sample, no band from that sample can be honest.
 */
import assert from 'node:assert/strict';
import { type Layout, layoutOf, merge, pullBack } from '../../../src/solver/parameters.js';
import { populationRisk } from '../../../src/solver/population.js';
import type { Kernel, Law, Problem } from '../../../src/solver/problem.js';
import { promptEvaluator } from '../../../src/solver/prompt-routes.js';
import { GradientSum, WorkingModel } from '../../../src/solver/prompts.js';
import { type RandomStream, stream } from '../../../src/solver/random.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { taskSampler } from '../../../src/solver/sampling.js';
import { itAgrees, lengths, positiveCovariance, type Tally } from './agreement.js';
import { gaussianLaw, identityMatrix, kms, randomCovariance, randomVector, taskOfDimension, taskProblem } from './problems.js';
import { pick } from './random-laws.js';

function weightsLaw(rng: RandomStream, d: number, block: boolean): Law {
  const kind = pick(rng, block ? ['isotropic', 'gaussian', 'rademacher', 'uniform', 'sphere'] : ['isotropic', 'gaussian', 'shifted']);
  switch (kind) {
    case 'rademacher':
      return { kind: 'independent', dimension: d, coordinate: { kind: 'rademacher' } };
    case 'uniform':
      return { kind: 'independent', dimension: d, coordinate: { kind: 'uniform', low: -1.5, high: 1.5 } };
    case 'sphere':
      return { kind: 'sphere', dimension: d, radius: 1 };
    case 'gaussian':
      return gaussianLaw(randomCovariance(rng, d, Math.max(1, d - 1)));
    case 'shifted':
      return gaussianLaw(
        kms(d, 0.2),
        Array.from({ length: d }, () => 0.5 * rng.normal()),
      );
    default:
      return gaussianLaw(identityMatrix(d).map((row) => row.map((x) => x / d)));
  }
}

interface RiskCase {
  readonly problem: Problem;
  readonly theta: Float64Array;
  readonly what: string;
}

function riskCase(index: number): RiskCase {
  const rng = stream(2024, 'risk case', index);
  const d = 1 + Math.floor(4 * rng.uniform());
  const kernel: Kernel = index % 2 === 0 ? 'softmax' : 'linear';
  const factored = index % 3 === 0;
  const block = index % 5 < 2;
  const length = index % 17 === 0 ? Infinity : pick(rng, lengths);
  const task = taskOfDimension(d, {
    covariance: positiveCovariance(rng, d),
    weights: weightsLaw(rng, d, block),
    noise: pick(rng, [0, 0.3, 1]),
    loss: pick(rng, ['half_squared', 'squared']),
    tokens: pick(rng, [
      null,
      gaussianLaw(
        kms(d, 0.5),
        Array.from({ length: d }, () => 1),
      ),
    ]),
  });
  const problem = taskProblem(task, length, {
    kernel,
    parameters: factored ? 'factored' : 'merged',
    // A balanced start, which tells the solver that the block form holds, has rank d.
    keyDimension: block ? d + 1 : 1 + Math.floor((d + 1) * rng.uniform()),
    init: block ? { kind: 'balanced', alpha: 0.1 } : { kind: 'random', seed: 0, scale: 1 },
    temperature: pick(rng, [1, 1, 0.8, 2]),
  });
  const theta = block ? blockParameters(rng, layoutOf(problem), kernel) : generalParameters(rng, layoutOf(problem), kernel);
  const what = `case ${index}: ${kernel}, ${factored ? 'factored' : 'merged'}, ${block ? 'block' : 'general'}, d = ${d}, L = ${length}, w ${task.weights.kind}`;
  return { problem, theta, what };
}

/** Score deviations of about 1 for softmax and of a quarter of that for linear attention, in every dimension. */
function parameterScale(layout: Layout, kernel: Kernel): number {
  const merged = (kernel === 'softmax' ? 0.7 : 0.18) / layout.D;
  return layout.parameters === 'merged' ? merged * layout.temperature : Math.sqrt(merged);
}

function generalParameters(rng: RandomStream, layout: Layout, kernel: Kernel): Float64Array {
  const { D, keyDimension: k } = layout;
  const theta = randomVector(rng, layout.size, parameterScale(layout, kernel) * Math.sqrt(layout.parameters === 'merged' ? D : 1));
  // Output parameters of size one.
  const from = layout.parameters === 'merged' ? D * D : 2 * k * D;
  for (let i = from; i < theta.length; i++) theta[i] = rng.normal() * (layout.parameters === 'merged' ? 0.6 : 0.6 / D ** 0.5);
  return theta;
}

/** Merged (U, v) of block form: K and Q without y, and an output that reads y only. */
function blockParameters(rng: RandomStream, layout: Layout, kernel: Kernel): Float64Array {
  const { D, keyDimension: k, size } = layout;
  const d = D - 1;
  const theta = generalParameters(rng, layout, kernel);
  if (layout.parameters === 'merged') {
    for (let i = 0; i < D; i++) theta[i * D + d] = theta[d * D + i] = 0;
    for (let i = 0; i < d; i++) theta[D * D + i] = 0;
    return theta;
  }
  for (let r = 0; r < 2 * k; r++) theta[r * D + d] = 0;
  for (let i = 0; i < D; i++) for (let j = 0; j < d; j++) theta[2 * k * D + i * D + j] = 0;
  assert.equal(2 * k * D + D * D + D, size);
  return theta;
}

function compareRisk({ problem, theta, what }: RiskCase, tally: Tally): void {
  if (problem.setting.kind !== 'task') throw new Error('a task');
  const { task } = problem.setting;
  const { kernel } = problem.attention;
  const layout = layoutOf(problem);
  const { D, size } = layout;
  const merged = merge(layout, theta);
  const gU = new Float64Array(D * D);
  const gv = new Float64Array(D);
  const population = populationRisk(problem);
  assert.equal(population.method, 'exact');
  const exact = new Float64Array(size);
  const exactValue = population.gradient(merged, gU, gv);
  pullBack(layout, theta, gU, gv, exact);

  const { root, dimension } = taskSampler(task);
  const model = new WorkingModel(root, dimension, 1);
  model.set(merged);
  const prompt = promptEvaluator(task, kernel, 1, problem.length, problem.length === Infinity ? 'limit' : 'explicit');
  const sums = new GradientSum(root, dimension, 1);
  const risk = new RunningMean();
  const gradient = Array.from({ length: size }, () => new RunningMean());
  const factor = task.loss === 'half_squared' ? 0.5 : 1;
  const part = new Float64Array(size);
  const samples = Math.round(Math.min(8000, Math.max(4000, 80_000 / Math.min(problem.length, 1e3))));
  for (let n = 0; n < samples; n++) {
    const rng = stream(31, what, n);
    prompt.draw(rng);
    const error = prompt.evaluate(rng, model) - prompt.target - prompt.targetNoise;
    risk.add(factor * error * error);
    sums.reset();
    sums.add(prompt, error);
    sums.finish(2 * factor, gU, gv);
    pullBack(layout, theta, gU, gv, part);
    for (let i = 0; i < size; i++) gradient[i].add(part[i]);
  }
  tally.compare(risk, exactValue, 0, `${what}: risk`);
  gradient.forEach((mean, i) => {
    tally.compare(mean, exact[i], 0, `${what}: gradient ${i}`);
  });
  tally.cases++;
}

describe('exact against sampled', () => {
  itAgrees('population risk and its gradient', 170, (index, tally) => compareRisk(riskCase(index), tally));
});
