/**
 * What it costs that a training's curves grow while it runs: the same training plain and as a run of the solver with a curve of 100 points, in turns, on one thread.
 * Prints one JSON object. Options: --length L --steps N.
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { kernelLoader } from '../src/engine/node/kernels.js';
import type { Problem } from '../src/solver/problem.js';
import type { SolveEvent } from '../src/solver/result.js';
import { trainStochastic } from '../src/solver/sgd.js';
import { solve } from '../src/solver/solve.js';
import { batch, problemOf, rate } from './settings.js';

const { values } = parseArgs({ options: { length: { type: 'string', default: '10' }, steps: { type: 'string', default: '40000' } } });
const steps = Number(values.steps);
const kernels = kernelLoader(new URL('../dist/kernels.wasm', import.meta.url));
const problem: Problem = {
  ...problemOf({
    kernel: 'softmax',
    length: Number(values.length),
    covariance: 'identity',
    parameters: 'factored',
    init: { kind: 'random', seed: 327, scale: 1 },
    train: {
      kind: 'sgd',
      rate,
      batch,
      steps,
      record: steps / 100,
      seed: 327,
      momentum: 0,
      beta1: 0.9,
      beta2: 0.999,
      extraSteps: [],
    },
  }),
  measures: ['training_loss'],
};

/** Seconds until the generator is done, and how many of its events carry a curve, each of which is made. */
function timed(events: Generator<SolveEvent, unknown>): { readonly seconds: number; readonly curves: number } {
  const from = performance.now();
  let curves = 0;
  for (let next = events.next(); !next.done; next = events.next()) {
    if (next.value.kind !== 'progress' || next.value.soFar === undefined) continue;
    next.value.soFar();
    curves++;
  }
  return { seconds: (performance.now() - from) / 1000, curves };
}

timed(trainStochastic(problem, { kernels }));
const plain = timed(trainStochastic(problem, { kernels }));
const solved = timed(solve(problem, { kernels }));
console.log(JSON.stringify({ plain: plain.seconds, solved: solved.seconds, curves: solved.curves }));
