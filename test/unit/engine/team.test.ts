import assert from 'node:assert/strict';
import { nodeHost } from '../../../src/engine/node/host.js';
import { EngineSession, runPlan } from '../../../src/engine/session.js';
import { assist, TeamLeader, teamMemory } from '../../../src/engine/team.js';
import type { BatchHelp } from '../../../src/solver/batch.js';
import type { Problem, Train } from '../../../src/solver/problem.js';
import { StochasticTraining } from '../../../src/solver/sgd.js';
import type { FileReference } from '../../../src/spec/experiment.js';
import { experiment, numberValue, plan } from '../../support/engine/experiments.js';
import { MemoryCheckpoints } from '../../support/engine/inline-host.js';
import { problem } from '../solver/training-problem.js';

const script = new URL('../../support/engine/solving-worker.mjs', import.meta.url);

const train: Train = {
  kind: 'sgd',
  rate: 0.01,
  batch: 150,
  steps: 40,
  record: 5,
  seed: 5,
  momentum: 0.5,
  beta1: 0.9,
  beta2: 0.999,
  extraSteps: [],
};

const training = (steps = 40, length = 300): Problem =>
  problem({
    d: 2,
    length,
    attention: { parameters: 'factored', keyDimension: 3 },
    train: { ...train, steps } as Train,
    measures: ['training_loss'],
  });

const spec = (steps?: number, length?: number) =>
  experiment({
    sweeps: { L: [numberValue(300)] },
    problem: () => training(steps, length) as unknown as Problem<FileReference>,
    seconds: 100,
  });

/** θ after the run, with `help` or alone. */
function end(help: BatchHelp | null, made = training()): Float64Array {
  const run = new StochasticTraining(made, { help });
  while (!run.done) run.work();
  return run.parameters;
}

describe('a team', () => {
  it('adds what is missing itself when its helpers do nothing, bit for bit', () => {
    const made = training(3);
    const memory = teamMemory(made)!;
    // A helper that joins, takes a portion of every round, and never delivers.
    class Beside extends TeamLeader {
      override get helpers(): number {
        return 1;
      }
    }
    assert.deepEqual(end(new Beside(memory, made), made), end(null, made));
  });

  it('is none for a batch of one portion, or without a training', () => {
    assert.equal(teamMemory({ ...training(), train: { ...train, batch: 20 } as Train }), null);
    assert.equal(teamMemory({ ...training(), train: null }), null);
  });

  it('lets helpers go when the training is over, and when they are called back', () => {
    const made = training(2);
    const memory = teamMemory(made)!;
    let asked = 0;
    assist(
      made,
      memory,
      () => null,
      () => ++asked > 3,
    );
    assert.equal(asked, 4);
    new TeamLeader(memory, made).close();
    assist(
      made,
      memory,
      () => null,
      () => assert.fail('it is closed'),
    );
  });
});

describe('a long training', function () {
  this.timeout(60_000);

  it('has the same bits on 1, 2 and 5 workers', async () => {
    const answers: string[] = [];
    for (const workers of [1, 2, 5]) {
      const answer = await runPlan(plan(spec(120)), nodeHost({ workers, cache: null, script }));
      assert.equal(answer.status, 'finished');
      assert.equal(answer.experiments[0]!.runs[0]!.status, 'done');
      answers.push(JSON.stringify(answer.experiments));
    }
    assert.equal(answers[1], answers[0]);
    assert.equal(answers[2], answers[0]);
  });

  it('has the same bits when it is stopped and goes on, with helpers each time', async () => {
    const wanted = await runPlan(plan(spec(300)), nodeHost({ workers: 1, cache: null, script }));
    const checkpoints = new MemoryCheckpoints();
    const first = new EngineSession(nodeHost({ workers: 3, cache: null, checkpoints, script }), (event) => {
      if (event.kind === 'run' && event.outcome.status === 'running' && event.outcome.fraction > 0.5) void first.stop();
    });
    assert.equal((await first.update(plan(spec(300)))).status, 'cancelled');
    await first.stop();
    first.dispose();
    assert.equal(checkpoints.entries.size, 1);
    const notices: string[] = [];
    const got = await runPlan(plan(spec(300)), nodeHost({ workers: 2, cache: null, checkpoints, script }), (event) => {
      if (event.kind === 'notice') notices.push(event.notice);
    });
    assert.deepEqual(got.experiments, wanted.experiments);
    assert.deepEqual(notices, ['resumed']);
  });

  it('with steps of hours is stopped at once, helpers and all', async () => {
    const session = new EngineSession(nodeHost({ workers: 3, cache: null, script }));
    try {
      const running = session.update(plan(spec(40, 1e8)));
      await new Promise((resolve) => setTimeout(resolve, 1500));
      session.cancel();
      assert.equal((await running).status, 'cancelled');
      await session.stop();
      // Its workers are free for others.
      assert.equal((await session.update(plan(spec(40)))).status, 'finished');
    } finally {
      session.dispose();
    }
  });
});
