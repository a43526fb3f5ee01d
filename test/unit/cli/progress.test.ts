import assert from 'node:assert/strict';
import { Progress } from '../../../src/cli/progress.js';
import type { RunOutcome } from '../../../src/engine/results.js';
import type { Train } from '../../../src/solver/problem.js';
import { experiment, numberValue, problem } from '../../support/engine/experiments.js';

const train: Train = {
  kind: 'sgd',
  rate: 0.01,
  batch: 40,
  steps: 2000,
  record: 10,
  seed: 5,
  momentum: 0,
  beta1: 0.9,
  beta2: 0.999,
  extraSteps: [],
};

function lines(lengths: readonly number[], outcome: RunOutcome): string {
  const written: string[] = [];
  const stream = { isTTY: true, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
  const term = process.env.TERM;
  process.env.TERM = 'xterm';
  const { now } = performance;
  let clock = 0;
  performance.now = () => clock;
  try {
    const progress = new Progress(stream, true);
    progress.start([experiment({ sweeps: { L: lengths.map(numberValue) }, problem: () => problem(10, { train }), seconds: 10 })]);
    clock = 1000;
    progress.update({ kind: 'run', experiment: 0, run: 0, outcome: { status: 'running', fraction: 0.1, partial: null } });
    clock = 11_000;
    progress.update({ kind: 'run', experiment: 0, run: 0, outcome });
  } finally {
    performance.now = now;
    if (term === undefined) delete process.env.TERM;
    else process.env.TERM = term;
  }
  return written.join('');
}

describe('the line of progress', () => {
  const running: RunOutcome = { status: 'running', fraction: 0.3, step: 640, partial: null };

  it('tells the step of a training that is alone, and the time left', () => {
    assert.match(lines([10], running), / 30% {2}0 of 1 runs, step 640 of 2000, about 35 s left$/);
  });

  it('tells no step of one among several, nor of what has none', () => {
    assert.match(lines([10, 20], running), / 15% {2}0 of 2 runs, about 85 s left$/);
    assert.match(lines([10], { status: 'running', fraction: 0.3, partial: null }), / 30% {2}0 of 1 runs, about 35 s left$/);
  });
});
