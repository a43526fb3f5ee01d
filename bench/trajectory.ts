/**
 * Solves the population trajectory of the paper's setting in this process and prints one JSON object: seconds of the first solution (with
 * everything that a cold start computes and compiles), and of the same again. Arguments: LENGTH START [once], START one of balanced, random; with
 * `once` it is not solved again.
 */
import { performance } from 'node:perf_hooks';
import type { RunResult } from '../src/solver/result.js';
import { solve } from '../src/solver/solve.js';
import { problemOf, time } from './settings.js';

const [lengthText, start, once] = process.argv.slice(2);
const length = Number(lengthText);
if (!(length >= 1) || (start !== 'balanced' && start !== 'random')) throw new Error('usage: trajectory.ts LENGTH balanced|random [once]');

const problem = problemOf({
  kernel: 'softmax',
  length,
  covariance: 'kms',
  parameters: start === 'balanced' ? 'merged' : 'factored',
  init: start === 'balanced' ? { kind: 'balanced', alpha: 0.1 } : { kind: 'random', seed: 327, scale: 1 },
  train: { kind: 'gradient_flow', time, points: 101, tolerance: 1e-6, extraTimes: [] },
});

function solved(): { readonly seconds: number; readonly result: RunResult } {
  const from = performance.now();
  const steps = solve(problem);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return { seconds: (performance.now() - from) / 1000, result: step.value };
}

const first = solved();
const again = once === undefined ? solved() : null;
const risk = first.result.quantities.risk;
if (risk === undefined) throw new Error('the solver answered no risk');
console.log(
  JSON.stringify({
    length,
    start,
    method: risk.method,
    first: first.seconds,
    again: again?.seconds ?? null,
    risk: risk.value.at(-1),
    standardError: risk.standardError?.at(-1) ?? 0,
  }),
);
