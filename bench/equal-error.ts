/**
 * The same curve by the exact solver and by SGD on sampled prompts: time and error of each, printed as one JSON object. Arguments: LENGTH KERNEL SEED.
 * The error of a curve is the root mean square over its points of the relative deviation of the risk from the flow's, solved to 10⁻¹⁰.
 */
import { performance } from 'node:perf_hooks';
import { kernelLoader } from '../src/engine/node/kernels.js';
import type { Kernel, Problem } from '../src/solver/problem.js';
import type { RunResult } from '../src/solver/result.js';
import type { TrainingMeans } from '../src/solver/sgd.js';
import { solve } from '../src/solver/solve.js';
import { batch, problemOf, rate } from './settings.js';

const [, , lengthText = '100', kernel = 'softmax', seedText = '1'] = process.argv;
const steps = 20_000;
const record = 500;
const points = steps / record + 1;
const kernels = kernelLoader(new URL('../dist/kernels.wasm', import.meta.url));

const variant = (train: Problem['train']): Problem =>
  problemOf({
    kernel: kernel as Kernel,
    length: Number(lengthText),
    covariance: 'kms',
    parameters: 'merged',
    init: { kind: 'balanced', alpha: 0.1 },
    train: train!,
  });

function timed(problem: Problem, means: TrainingMeans = {}): { readonly seconds: number; readonly result: RunResult } {
  const from = performance.now();
  const events = solve(problem, means);
  for (;;) {
    const event = events.next();
    if (event.done) return { seconds: (performance.now() - from) / 1000, result: event.value };
  }
}

const flow = (tolerance: number): Problem => variant({ kind: 'gradient_flow', time: rate * steps, points, tolerance, extraTimes: [] });
/** 10⁻⁶ is what a spec gets by default. */
const exact = timed(flow(1e-6));
const truth = timed(flow(1e-10)).result.quantities.risk!.value;
const sgd = variant({
  kind: 'sgd',
  rate,
  batch,
  steps,
  record,
  seed: Number(seedText),
  momentum: 0,
  beta1: 0.9,
  beta2: 0.999,
  extraSteps: [],
});
// What is timed is the training: the risk along it is the same exact formula for both.
const trained = timed({ ...sgd, measures: ['training_loss'] }, { kernels });
const risk = timed(sgd, { kernels }).result.quantities.risk!.value;

function errorOf(curve: readonly number[]): number {
  let sum = 0;
  curve.forEach((value, i) => {
    sum += (value / truth[i]! - 1) ** 2;
  });
  return Math.sqrt(sum / curve.length);
}

console.log(
  JSON.stringify({
    length: Number(lengthText),
    kernel,
    steps,
    exactSeconds: exact.seconds,
    exactError: errorOf(exact.result.quantities.risk!.value),
    sampledSeconds: trained.seconds,
    sampledError: errorOf(risk),
  }),
);
