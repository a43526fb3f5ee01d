/**
 * Certified bounds and certified quantiles for random laws, layers, queries and lengths, against prompts drawn token by token.
 * LAW_CASES=100000 npx mocha test/unit/solver/certified-laws.test.ts
 */
import assert from 'node:assert/strict';
import { errorAverages } from '../../../src/solver/concentration.js';
import { errorSource } from '../../../src/solver/error-sources.js';
import { lawBounds } from '../../../src/solver/law-bounds.js';
import * as linear from '../../../src/solver/linear-algebra.js';
import type { ErrorQuantity, Problem } from '../../../src/solver/problem.js';
import { type RandomStream, stream } from '../../../src/solver/random.js';
import { of, problem } from './concentration-problem.js';
import { fileOf, randomMatrix, randomVector } from './problems.js';
import { pick, tokenLaw } from './random-laws.js';

const cases = Number(process.env.LAW_CASES ?? 600);
const prompts = 48;
/** Below it a case counts as a failure: in 10⁵ cases with three errors, one false alarm in some hundred runs. */
const improbable = 1e-8;

/** Tokens of any law; a fixed query, or three by chance; scores from nearly equal ones to sharp ones. */
function randomCase(rng: RandomStream, seed: number): { problem: Problem; what: string } {
  const d = 1 + Math.floor(3 * rng.uniform());
  const law = tokenLaw(rng, d);
  const length = Math.round(Math.exp(4.3 * rng.uniform()));
  const size = Math.exp(-2 + 3 * rng.uniform());
  const U = randomMatrix(rng, d, d, size / Math.sqrt(d));
  const V = randomMatrix(rng, 1 + Math.floor(2 * rng.uniform()), d, 1);
  const at = Array.from(randomVector(rng, d, 1));
  const base = problem(linear.identity(d), U, V, at);
  const isFixed = rng.uniform() < 0.8;
  const made: Problem = {
    ...base,
    setting: { kind: 'tokens', law },
    query: isFixed ? { kind: 'at', at } : { kind: 'law', law: fileOf(randomMatrix(rng, 3, d, 1)) },
    length,
    solver: { ...base.solver, seed },
  };
  return {
    problem: made,
    what: `case ${seed}: ${law.kind} in R^${d}, L = ${length}, scores ${size.toPrecision(3)}, ${isFixed ? 'one query' : 'queries'}`,
  };
}

/** P(at least `count` of `trials` independent events happen), each of probability `p`. */
function binomialTail(count: number, trials: number, p: number): number {
  let term = (1 - p) ** trials;
  let below = 0;
  for (let k = 0; k < count; k++) {
    below += term;
    term *= ((trials - k) / (k + 1)) * (p / (1 - p));
  }
  return Math.max(0, 1 - below);
}

/** Mean errors of prompts and how many exceed a bound. */
function sampled(p: Problem, bounds: Readonly<Record<ErrorQuantity, number>>) {
  const source = errorSource(p, null, true, false);
  const found = of.map((quantity) => ({ quantity, mean: 0, square: 0, above: 0 }));
  for (let n = 0; n < prompts; n++) {
    const rng = stream(p.solver.seed, 'test certified laws', n);
    source.query(rng);
    source.prompt(rng);
    for (const one of found) {
      const error = source.errors[one.quantity];
      one.mean += error / prompts;
      one.square += (error * error) / prompts;
      if (error > bounds[one.quantity] * (1 + 1e-9)) one.above++;
    }
  }
  return found;
}

describe(`certified bounds over ${cases} random laws, layers, queries and lengths`, () => {
  it('are not below sampled means and quantiles beyond their error, nor below exact means', function () {
    this.timeout(120_000 + 40 * cases);
    const rng = stream(29, 'test certified laws', 0);
    let compared = 0;
    let exactOnes = 0;
    for (let index = 0; index < cases; index++) {
      const { problem: p, what } = randomCase(rng, index);
      const confidence = pick(rng, [0.5, 0.8, 0.95, 0.99]);
      const bounds = lawBounds(p)!;
      const averages = errorAverages(p, of);
      const quantiles = { output: 0, value_gradient: 0, key_query_gradient: 0 };
      for (const quantity of of) {
        quantiles[quantity] = Math.min(
          bounds.quantile(quantity, p.length, confidence),
          averages?.certifiedQuantile(quantity, p.length, confidence) ?? Number.POSITIVE_INFINITY,
        );
      }
      for (const { quantity, mean, square, above } of sampled(p, quantiles)) {
        const { certified } = bounds.at(quantity, p.length);
        const error = Math.sqrt(Math.max(0, square - mean * mean) / (prompts - 1));
        const where = `${what}: ${quantity}`;
        assert.ok(certified >= mean - 7 * error - 1e-12 * mean, `${where}: ${certified} below ${mean} ± ${error}`);
        const chance = binomialTail(above, prompts, 1 - confidence);
        assert.ok(chance > improbable, `${where}: ${above} of ${prompts} prompts above the ${confidence} quantile ${quantiles[quantity]}`);
        compared++;
        if (averages === null) continue;
        const exact = averages.at(quantity, p.length, false).value;
        assert.ok(certified >= exact * (1 - 1e-9), `${where}: ${certified} below the exact ${exact}`);
        exactOnes++;
      }
    }
    assert.ok(compared === 3 * cases && exactOnes > 0.1 * compared, `${exactOnes} of ${compared}`);
  });
});
