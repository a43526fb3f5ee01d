import assert from 'node:assert/strict';
import { type EngineEvent, EngineSession, runPlan } from '../../../src/engine/session.js';
import type { WorkerServices } from '../../../src/engine/worker-core.js';
import type { Problem } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { type RunResult, type SolveEvent, SolverFailure } from '../../../src/solver/result.js';
import {
  bound,
  expectation,
  experiment,
  numberValue,
  of,
  plan,
  problem,
  quantity,
  result,
  sampled,
  single,
  valueIn,
} from '../../support/engine/experiments.js';
import { inlineHost, MemoryCache } from '../../support/engine/inline-host.js';

const lengths = (...values: number[]) => ({ L: values.map(numberValue) });

/** The value of a run is its length; the lengths solved are kept. */
function lengthSolver(solved: number[] = []): WorkerServices['solve'] {
  return function* (made: Problem): Generator<SolveEvent, RunResult> {
    yield { kind: 'progress', fraction: 0.5 };
    solved.push(made.length);
    return result({ output_error: single(made.length) });
  };
}

describe('an engine session', () => {
  it('gives the same results on any number of workers, in whatever order they answer', async () => {
    const spec = experiment({
      sweeps: { ...lengths(1, 2, 3, 5, 8, 13, 21, 34), kind: ['a', 'b', 'c'].map((text) => ({ text, value: null })) },
      seconds: 10,
    });
    const random = stream(7, 'test', 0);
    const answers: string[] = [];
    for (const workers of [1, 2, 5]) {
      const delay = async () => {
        for (let turns = Math.floor(random.uniform() * 8); turns > 0; turns--) await Promise.resolve();
      };
      const host = inlineHost({ workers, solve: lengthSolver(), delay });
      const answer = await runPlan(plan(spec), host);
      assert.equal(host.spawned, workers);
      assert.equal(answer.status, 'finished');
      answers.push(JSON.stringify(answer.experiments));
    }
    assert.equal(answers[1], answers[0]);
    assert.equal(answers[2], answers[0]);
    assert.equal(JSON.parse(answers[0]!)[0].runs[3].result.quantities.output_error.value[0], 2);
  });

  it('starts a worker beside the first only where enough work waits for it', async () => {
    for (const [seconds, expected] of [
      [0.01, 1],
      [0.06, 2],
      [1, 4],
    ] as const) {
      const host = inlineHost({ workers: 4, solve: lengthSolver() });
      await runPlan(plan(experiment({ sweeps: lengths(1, 2, 3, 4, 5, 6, 7, 8), seconds })), host);
      assert.equal(host.spawned, expected, `${seconds} s`);
    }
  });

  it('tells of every run: started, on its way, done; then of the experiment', async () => {
    const events: string[] = [];
    const note = (event: EngineEvent) =>
      events.push(
        event.kind === 'run' ? `${event.run} ${event.outcome.status}` : event.kind === 'notice' ? event.notice : `final ${event.final}`,
      );
    await runPlan(plan(experiment({ sweeps: lengths(1, 2) })), inlineHost({ solve: lengthSolver() }), note);
    assert.deepEqual(events, ['0 running', '0 running', '0 done', '1 running', '1 running', '1 done', 'final true']);
  });

  it('keeps what a newer plan shares with the last one, and solves the rest', async () => {
    const solved: number[] = [];
    const session = new EngineSession(inlineHost({ solve: lengthSolver(solved) }));
    await session.update(plan(experiment({ sweeps: lengths(1, 2, 3) })));
    const answer = await session.update(plan(experiment({ title: 'Another title', sweeps: lengths(2, 3, 4) })));
    assert.deepEqual(solved, [1, 2, 3, 4]);
    assert.deepEqual(
      [0, 1, 2].map((run) => valueIn(answer.experiments[0]!, run, 'output_error')),
      [2, 3, 4],
    );
    // A run that was dropped for one plan is remembered for the next.
    await session.update(plan(experiment({ sweeps: lengths(1, 4) })));
    assert.deepEqual(solved, [1, 2, 3, 4]);
    session.dispose();
  });

  it('holds what is beyond the budget, until a plan comes with more', async () => {
    const solved: number[] = [];
    const cache = new MemoryCache();
    const session = new EngineSession(inlineHost({ solve: lengthSolver(solved), cache }));
    const costly = (...costs: number[]) => {
      const made = experiment({ sweeps: lengths(...costs) });
      return plan({ ...made, runs: made.runs.map((run, i) => ({ ...run, cost: { seconds: costs[i]!, bytes: 0 } })) });
    };
    const first = await session.update(costly(1, 50, 3, 70), { budget: 5 });
    assert.equal(first.status, 'held');
    assert.deepEqual(solved, [1, 3]);
    assert.deepEqual(session.heldIn(0), { runs: [1, 3], seconds: 120 });
    assert.equal((await session.update(costly(1, 50, 3, 70))).status, 'finished');
    assert.deepEqual(solved, [1, 3, 50, 70]);
    // What the cache knows costs nothing.
    assert.equal((await session.update(costly(70, 50), { budget: 5 })).status, 'finished');
    // A run that was let start once goes on under a plan with less.
    const running = session.update(costly(200, 300));
    const edited = session.update(costly(200, 300, 400), { budget: 5 });
    assert.equal((await running).status, 'superseded');
    assert.equal((await edited).status, 'held');
    session.dispose();
  });

  it('solves a run once that stands in two experiments', async () => {
    const solved: number[] = [];
    const answer = await runPlan(
      plan(experiment({ sweeps: lengths(1, 2) }), experiment({ sweeps: lengths(2, 3) })),
      inlineHost({ solve: lengthSolver(solved) }),
    );
    assert.deepEqual(solved.sort(), [1, 2, 3]);
    assert.equal(valueIn(answer.experiments[1]!, 0, 'output_error'), 2);
  });

  it('lets the newest plan win', async () => {
    const solved: number[] = [];
    const session = new EngineSession(inlineHost({ solve: lengthSolver(solved) }));
    const first = session.update(plan(experiment({ sweeps: lengths(1, 2, 3, 4, 5, 6) })));
    const second = session.update(plan(experiment({ sweeps: lengths(7) })));
    assert.equal((await first).status, 'superseded');
    assert.equal((await second).status, 'finished');
    assert.deepEqual(solved, [7]);
    session.dispose();
  });

  it('is cancelled at once, keeps what is there, and goes on with the next plan', async () => {
    const solved: number[] = [];
    const seen: number[] = [];
    const session: EngineSession = new EngineSession(inlineHost({ solve: lengthSolver(solved) }), (event) => {
      if (event.kind !== 'run' || event.outcome.status !== 'done') return;
      seen.push(event.run);
      if (event.run === 1) session.cancel();
    });
    const answer = await session.update(plan(experiment({ sweeps: lengths(1, 2, 3, 4, 5, 6) })));
    assert.equal(answer.status, 'cancelled');
    assert.deepEqual(seen, [0, 1]);
    assert.deepEqual(answer.experiments[0]!.runs.map((run) => run.status).slice(0, 2), ['done', 'done']);
    assert.equal((await session.update(plan(experiment({ sweeps: lengths(9) })))).status, 'finished');
    session.dispose();
  });

  it('fails one run with the line of the setting that caused it, and finishes the others', async () => {
    const settings = { train: { start: 0, end: 1, line: 12, column: 3 }, 'train.rate': { start: 0, end: 1, line: 13, column: 5 } };
    for (const [setting, line] of [
      ['train.rate', 13],
      ['train.steps', 12],
      ['solver.seed', 3],
      [null, 3],
    ] as const) {
      const solve: WorkerServices['solve'] = function* (made) {
        yield { kind: 'progress', fraction: 0.1 };
        if (made.length === 2) throw new SolverFailure('diverged', 'Training needs a task.', setting);
        return result({ output_error: single(made.length) });
      };
      const cache = new MemoryCache();
      const answer = await runPlan(plan(experiment({ sweeps: lengths(1, 2, 3), settings })), inlineHost({ solve, cache }));
      const [first, second, third] = answer.experiments[0]!.runs;
      assert.deepEqual([first!.status, third!.status], ['done', 'done']);
      assert.deepEqual(second, {
        status: 'failed',
        failure: { code: 'diverged', message: 'Training needs a task.', setting, line },
      });
      assert.equal(cache.entries.size, 2);
    }
  });

  it('names a refused allocation as what it is', async () => {
    // biome-ignore lint/correctness/useYield: the failure comes before the first event
    const solve: WorkerServices['solve'] = function* () {
      new Float64Array(2 ** 53 - 1);
      return result({});
    };
    const answer = await runPlan(plan(experiment({})), inlineHost({ solve }));
    const [run] = answer.experiments[0]!.runs;
    assert.equal(run!.status === 'failed' && run!.failure.code, 'memory');
  });

  it('replaces a worker that dies and fails the run it was busy with, no other', async () => {
    for (const reason of ['crashed', 'memory'] as const) {
      let crash = () => {};
      const solve: WorkerServices['solve'] = function* (made) {
        yield { kind: 'progress', fraction: 0.1 };
        if (made.length === 3) crash();
        return result({ output_error: single(made.length) });
      };
      const host = inlineHost({ solve });
      crash = () => host.crash(reason);
      const answer = await runPlan(plan(experiment({ sweeps: lengths(1, 2, 3, 4, 5) })), host);
      assert.deepEqual(
        answer.experiments[0]!.runs.map((run) => (run.status === 'failed' ? run.failure.code : run.status)),
        ['done', 'done', reason, 'done', 'done'],
      );
      assert.equal(host.spawned, 2);
    }
  });

  it('answers from the cache and puts into it what it solved', async () => {
    const cache = new MemoryCache();
    const solved: number[] = [];
    const spec = experiment({ sweeps: lengths(1, 2) });
    await runPlan(plan(spec), inlineHost({ solve: lengthSolver(solved), cache }));
    const again = await runPlan(plan(experiment({ sweeps: lengths(1, 2, 3) })), inlineHost({ solve: lengthSolver(solved), cache }));
    assert.deepEqual(solved, [1, 2, 3]);
    assert.deepEqual(
      again.experiments[0]!.runs.map((run) => run.status === 'done' && run.cached),
      [true, true, false],
    );
  });

  it('puts the tokens of a file in the place of its name', async () => {
    const file = { path: 'tokens.csv', digest: '00', rows: 1, columns: 1 };
    const law = {
      kind: 'mixture',
      dimension: 1,
      weights: [1],
      components: [{ kind: 'affine', dimension: 1, mean: [0], factor: [[1]], base: { kind: 'empirical', dimension: 1, tokens: file } }],
    } as const;
    // biome-ignore lint/correctness/useYield: the answer is at hand
    const solve: WorkerServices['solve'] = function* (made) {
      const found = made.setting.kind === 'tokens' && made.setting.law.kind === 'mixture' ? made.setting.law.components[0]! : null;
      assert.ok(found?.kind === 'affine' && found.base.kind === 'empirical');
      return result({ output_error: single(found.base.tokens.data[0]!) });
    };
    const spec = experiment({ problem: () => problem(1, { setting: { kind: 'tokens', law } }) });
    const answer = await runPlan(plan(spec), inlineHost({ solve }));
    assert.equal(valueIn(answer.experiments[0]!, 0, 'output_error'), 2);
  });

  it('settles a plan without runs', async () => {
    assert.deepEqual(await runPlan(plan(), inlineHost({ solve: lengthSolver() })), { status: 'finished', experiments: [] });
  });
});

describe('an expectation that the bands do not decide', () => {
  const straddling = [expectation(of(quantity('output_error')), { kind: 'below', right: bound(1) })];
  const asked: (number | null)[] = [];
  /** The value is 0.99 and its standard error 1/√n. */
  const solve: WorkerServices['solve'] = function* (made) {
    yield { kind: 'progress', fraction: 0 };
    const given = made.solver.samples ?? made.concentrate?.samples ?? null;
    asked.push(given);
    const samples = given ?? 2000;
    return result({ output_error: sampled(0.99, 1 / Math.sqrt(samples), samples) });
  };
  beforeEach(() => {
    asked.length = 0;
  });

  it('has more samples drawn, fourfold each time, until they decide', async () => {
    const finals: boolean[] = [];
    const answer = await runPlan(plan(experiment({ expectations: straddling })), inlineHost({ solve }), (event) => {
      if (event.kind === 'experiment') finals.push(event.final);
    });
    assert.deepEqual(asked, [null, 8000, 32000, 128000]);
    assert.deepEqual(finals, [false, false, false, true]);
    assert.equal(answer.experiments[0]!.expectations[0]!.verdict, 'holds');
  });

  it('stays undecided when the budget is used up', async () => {
    const answer = await runPlan(plan(experiment({ expectations: straddling, seconds: 100 })), inlineHost({ solve }));
    // 100 s by estimate, then 400 s; 1600 s would be beyond eight times the estimate.
    assert.deepEqual(asked, [null, 8000]);
    assert.equal(answer.experiments[0]!.expectations[0]!.verdict, 'undecided');
  });

  it('keeps the number of samples that the spec gives', async () => {
    const given = () => problem(1, { concentrate: { of: ['output'], confidence: 0.95, samples: 500 } });
    const answer = await runPlan(plan(experiment({ expectations: straddling, problem: given })), inlineHost({ solve }));
    assert.deepEqual(asked, [500]);
    assert.equal(answer.experiments[0]!.expectations[0]!.verdict, 'undecided');
  });

  it('falls back to the first result when the further samples fail', async () => {
    const failing: WorkerServices['solve'] = function* (made) {
      if (made.solver.samples !== null) throw new SolverFailure('memory', 'The run needs more memory than its worker has.');
      return yield* solve(made);
    };
    const answer = await runPlan(plan(experiment({ expectations: straddling })), inlineHost({ solve: failing }));
    assert.equal(answer.experiments[0]!.runs[0]!.status, 'done');
    assert.equal(answer.experiments[0]!.expectations[0]!.verdict, 'undecided');
  });
});
