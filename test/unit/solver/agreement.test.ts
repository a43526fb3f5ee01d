/**
 * The exact solver against the sampled one over seeded random cases: laws, dimensions, covariances, lengths from 1 up, both kernels, both
 * parameterisations. The two share nothing but the definition of the problem: the sampled side draws every token of every prompt.
 *
 * Scales are chosen so that the central limit theorem holds for the sample sizes used: linear attention's estimators are polynomials of Gaussians
 * (of degree 8 and more in the risk), whose kurtosis grows like e^{degree}, and softmax at a large score variance averages over rare queries.
 * Where the variance of an estimator is dominated by events rarer than one in a sample, no band from that sample can be honest.
 */
import assert from 'node:assert/strict';
import { errorAverages, type LayerParameters } from '../../../src/solver/concentration.js';
import { cumulant } from '../../../src/solver/cumulant.js';
import { inverse, matmul, matvec, symmetricSqrt } from '../../../src/solver/linear-algebra.js';
import { type Layout, layoutOf, type Merged, merge, pullBack } from '../../../src/solver/parameters.js';
import { populationRisk } from '../../../src/solver/population.js';
import type { Kernel, Law, Problem, Query } from '../../../src/solver/problem.js';
import { promptEvaluator } from '../../../src/solver/prompt-routes.js';
import { GradientSum, WorkingModel } from '../../../src/solver/prompts.js';
import { type RandomStream, stream } from '../../../src/solver/random.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { errorQuantities, sampleErrors } from '../../../src/solver/sampled-errors.js';
import { lawDraw, linkFunction, taskSampler } from '../../../src/solver/sampling.js';
import {
  gaussianLaw,
  identityMatrix,
  kms,
  randomCovariance,
  randomMatrix,
  randomVector,
  taskOfDimension,
  taskProblem,
} from './problems.js';
import { pick, tokenLaw } from './random-laws.js';

/** z-scores of all comparisons, by family. */
class Tally {
  readonly scores: { z: number; what: string }[] = [];
  cases = 0;

  compare(sampled: { readonly mean: number; readonly standardError: number }, exact: number, exactError: number, what: string): void {
    const error = Math.hypot(sampled.standardError, exactError);
    if (error < 1e-13 * (1 + Math.abs(exact))) {
      assert.ok(
        Math.abs(sampled.mean - exact) < 1e-10 * (1 + Math.abs(exact)),
        `${what}: ${sampled.mean} without spread, ${exact} exactly`,
      );
      return;
    }
    this.scores.push({ z: (sampled.mean - exact) / Math.hypot(sampled.standardError, exactError), what });
  }

  check(): void {
    for (const { z, what } of this.scores) assert.ok(Math.abs(z) < 5, `${what}: z = ${z}`);
    const inside = this.scores.filter(({ z }) => Math.abs(z) < 1.959964).length / this.scores.length;
    assert.ok(
      inside >= 0.92 && inside <= 0.98,
      `${(100 * inside).toFixed(1)} % of ${this.scores.length} exact values inside their 95 % band`,
    );
  }
}

const lengths = [1, 2, 3, 4, 5, 8, 13, 30, 60];

function positiveCovariance(rng: RandomStream, d: number): number[][] {
  switch (pick(rng, ['identity', 'kms', 'power_law', 'random'])) {
    case 'identity':
      return identityMatrix(d);
    case 'kms':
      return kms(d, 1.6 * rng.uniform() - 0.8);
    case 'power_law':
      return identityMatrix(d).map((row, i) => row.map((x) => x / (i + 1)));
    default:
      return randomCovariance(rng, d, d + 2);
  }
}

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

/** Risk and gradient by the exact solver. Quasi-Monte Carlo has an error: it is found by repeating it with other seeds. */
function exactRisk(problem: Problem, layout: Layout, theta: Float64Array): { risk: RunningMean; gradient: RunningMean[] } {
  const merged = merge(layout, theta);
  const gU = new Float64Array(merged.U.length);
  const gv = new Float64Array(merged.v.length);
  const pulled = new Float64Array(layout.size);
  const out = { risk: new RunningMean(), gradient: Array.from(theta, () => new RunningMean()) };
  let exact = false;
  for (let seed = 0; seed < 6; seed++) {
    if (!exact) {
      const population = populationRisk({ ...problem, solver: { ...problem.solver, seed } });
      assert.notEqual(population.method, 'sampled');
      exact = population.method === 'exact';
      out.risk.add(population.risk(merged).value);
      population.gradient(merged, gU, gv);
      pullBack(layout, theta, gU, gv, pulled);
    } else {
      out.risk.add(out.risk.mean);
    }
    pulled.forEach((x, i) => {
      out.gradient[i].add(x);
    });
  }
  return out;
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
  const exact = exactRisk(problem, layout, theta);

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
  tally.compare(risk, exact.risk.mean, exact.risk.standardError, `${what}: risk`);
  gradient.forEach((mean, i) => {
    tally.compare(mean, exact.gradient[i].mean, exact.gradient[i].standardError, `${what}: gradient ${i}`);
  });
  tally.cases++;
}

/** Squared errors of output and gradients on Gaussian tokens: at a query, averaged over a query law, or in a task. */
function compareErrors(index: number, tally: Tally): void {
  const rng = stream(2026, 'error case', index);
  const D = 1 + Math.floor(4 * rng.uniform());
  const kernel: Kernel = index % 2 === 0 ? 'softmax' : 'linear';
  const inTask = index % 3 === 0 && D > 1;
  const length = pick(rng, lengths);
  const temperature = pick(rng, [1, 1, 2]);
  const size = (kernel === 'softmax' ? 0.6 : 0.4) / Math.sqrt(D);
  const base = taskProblem(
    taskOfDimension(Math.max(1, D - 1), { covariance: positiveCovariance(rng, Math.max(1, D - 1)), noise: pick(rng, [0, 0.5]) }),
    length,
    { kernel, temperature },
    { solver: { method: 'auto', samples: null, precision: 'auto', seed: index } },
  );
  let problem = base;
  let merged: Merged | null = null;
  let layer: LayerParameters | undefined;
  if (inTask) {
    const U = randomMatrix(rng, D, D, size);
    const v = randomVector(rng, D, 1);
    if (index % 2 === 0) {
      // Block form: averages over w and x_q are then exact.
      U[D - 1].fill(0);
      for (const row of U) row[D - 1] = 0;
      v.fill(0, 0, D - 1);
    }
    merged = { U: Float64Array.from(U.flat()), v };
    layer = { U, V: [Array.from(v)] };
  } else {
    const law: Law = gaussianLaw(
      randomCovariance(rng, D, 1 + Math.floor((D + 2) * rng.uniform())),
      Array.from({ length: D }, () => pick(rng, [0, 1]) * rng.normal()),
    );
    problem = {
      ...base,
      setting: { kind: 'tokens', law },
      query: queryOf(rng, D),
      attention: {
        ...base.attention,
        keyQuery: randomMatrix(rng, D, D, size * temperature),
        value: randomMatrix(rng, 1 + Math.floor(3 * rng.uniform()), D, 1),
      },
    };
  }
  const averages = errorAverages(problem, errorQuantities, layer);
  assert.ok(averages !== null);
  const samples = Math.round(Math.min(8000, Math.max(4000, 80_000 / length)));
  const generator = sampleErrors(problem, merged, { of: errorQuantities, confidence: 0.95, samples });
  let next = generator.next();
  while (!next.done) next = generator.next();
  for (const quantity of errorQuantities) {
    const exact = averages.at(quantity, length, false);
    const what = `errors ${index}: ${kernel}, D = ${D}, L = ${length}, ${inTask ? 'task' : problem.query?.kind}, ${averages.method}: ${quantity}`;
    const numerical = exact.relativeError * exact.value;
    tally.compare(next.value.estimates[quantity]!, exact.value, Math.hypot(exact.standardError, numerical), what);
  }
  tally.cases++;
}

function queryOf(rng: RandomStream, D: number): Query {
  switch (pick(rng, ['at', 'isotropic', 'gaussian', 'shifted', 'rademacher'])) {
    case 'at':
      return { kind: 'at', at: Array.from({ length: D }, () => rng.normal()) };
    case 'gaussian':
      return { kind: 'law', law: gaussianLaw(randomCovariance(rng, D, 1 + Math.floor(D * rng.uniform()), 0.7)) };
    case 'shifted':
      return {
        kind: 'law',
        law: gaussianLaw(
          randomCovariance(rng, D, D, 0.5),
          Array.from({ length: D }, () => 0.5),
        ),
      };
    case 'rademacher':
      return { kind: 'law', law: { kind: 'independent', dimension: D, coordinate: { kind: 'rademacher' } } };
    default:
      return { kind: 'law', law: gaussianLaw(identityMatrix(D).map((row) => row.map((x) => 0.7 * x))) };
  }
}

/** Tokens and weights of finitely many values and no noise: the risk is a finite sum over w, the query and all prompts. Any link and number of heads. */
function compareEnumeration(index: number, tally: Tally): void {
  const rng = stream(2027, 'enumeration case', index);
  const d = 1 + Math.floor(2 * rng.uniform());
  const heads = 1 + Math.floor(2 * rng.uniform());
  const kernel: Kernel = index % 2 === 0 ? 'softmax' : 'linear';
  const length = 1 + Math.floor(3 * rng.uniform());
  const empirical = (rows: number): Extract<Law, { kind: 'empirical' }> => ({
    kind: 'empirical',
    dimension: d,
    tokens: { rows, columns: d, data: randomVector(rng, rows * d, 1) },
  });
  const rowsOf = ({ tokens }: Extract<Law, { kind: 'empirical' }>): number[][] =>
    Array.from({ length: tokens.rows }, (_, r) => Array.from(tokens.data.subarray(r * d, (r + 1) * d)));
  const tokens = empirical(4);
  const weights = empirical(3);
  const task = taskOfDimension(d, {
    covariance: randomCovariance(rng, d, d + 1),
    tokens,
    weights,
    link: pick(rng, ['identity', 'tanh', 'relu', 'sign', 'square']),
    loss: pick(rng, ['half_squared', 'squared']),
  });
  const problem = taskProblem(
    task,
    length,
    { kernel, heads },
    { solver: { method: 'auto', samples: 4000, precision: 'auto', seed: index } },
  );
  const D = d + 1;
  const m: Merged = { U: randomVector(rng, heads * D * D, 0.5), v: randomVector(rng, heads * D, 0.8) };

  // Centred, whitened by their own covariance, and given the covariance of the task.
  const raw = rowsOf(tokens);
  const mean = Array.from({ length: d }, (_, i) => raw.reduce((sum, z) => sum + z[i] / raw.length, 0));
  const spread = mean.map((_, i) =>
    mean.map((_, j) => raw.reduce((sum, z) => sum + ((z[i] - mean[i]) * (z[j] - mean[j])) / raw.length, 0)),
  );
  const root = matmul(symmetricSqrt(task.covariance), inverse(symmetricSqrt(spread)));
  const support = raw.map((z) =>
    Array.from(
      matvec(
        root,
        z.map((x, i) => x - mean[i]),
      ),
    ),
  );
  const dotProduct = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const link = linkFunction(task.link);
  const all = (n: number): number[][][] => (n === 0 ? [[]] : all(n - 1).flatMap((prompt) => support.map((x) => [...prompt, x])));
  const prompts = all(length);
  let total = 0;
  for (const w of rowsOf(weights)) {
    for (const query of support) {
      for (const prompt of prompts) {
        const z = prompt.map((x) => [...x, link(dotProduct(w, x))]);
        let prediction = 0;
        for (let h = 0; h < heads; h++) {
          const row = (i: number): number[] => Array.from(m.U.subarray((h * D + i) * D, (h * D + i) * D + d));
          const tilt = Array.from({ length: D }, (_, i) => dotProduct(row(i), query));
          const v = Array.from(m.v.subarray(h * D, (h + 1) * D));
          const scores = z.map((token) => dotProduct(tilt, token));
          const sum = scores.reduce((s, x) => s + Math.exp(x), 0);
          prediction += z.reduce(
            (s, token, l) => s + (kernel === 'softmax' ? Math.exp(scores[l]) / sum : scores[l] / length) * dotProduct(v, token),
            0,
          );
        }
        total += (prediction - link(dotProduct(w, query))) ** 2;
      }
    }
  }
  const exact = ((task.loss === 'half_squared' ? 0.5 : 1) * total) / (3 * support.length * prompts.length);
  const population = populationRisk(problem);
  assert.equal(population.method, 'sampled');
  const { value, standardError } = population.risk(m);
  tally.compare(
    { mean: value, standardError },
    exact,
    0,
    `enumeration ${index}: ${kernel}, d = ${d}, L = ${length}, ${heads} heads, ${task.link}`,
  );
  tally.cases++;
}

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

describe('exact against sampled', function () {
  this.timeout(300_000);
  const families: readonly { name: string; cases: number; run: (index: number, tally: Tally) => void }[] = [
    { name: 'population risk and its gradient', cases: 170, run: (index, tally) => compareRisk(riskCase(index), tally) },
    { name: 'errors of output and gradients', cases: 120, run: compareErrors },
    { name: 'risks of discrete laws, summed over every prompt', cases: 50, run: compareEnumeration },
    { name: 'infinite-prompt limits of token laws', cases: 60, run: compareLimit },
  ];
  for (const { name, cases, run } of families) {
    it(`agree on ${name}: ${cases} random cases`, () => {
      const tally = new Tally();
      for (let index = 0; index < cases; index++) run(index, tally);
      assert.equal(tally.cases, cases);
      tally.check();
    });
  }
});
