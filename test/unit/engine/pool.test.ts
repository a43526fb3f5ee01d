import { strict as assert } from 'node:assert';
import type { EngineHost, WorkerEvents } from '../../../src/engine/host.js';
import type { ToWorker } from '../../../src/engine/messages.js';
import { WorkerPool } from '../../../src/engine/pool.js';
import { TrainingStates } from '../../../src/engine/states.js';
import { type Task, waiting } from '../../../src/engine/tasks.js';
import { problem } from '../../support/engine/experiments.js';

/** Workers that note what they are sent and answer nothing. */
function silentHost(workers: number) {
  const spawned: { events: WorkerEvents; sent: ToWorker[] }[] = [];
  const host: EngineHost = {
    workers,
    cache: null,
    checkpoints: null,
    sharesMemory: false,
    spawn: (events) => {
      const worker = { events, sent: [] as ToWorker[] };
      spawned.push(worker);
      return { post: (message) => void worker.sent.push(message), cancel: () => {}, dispose: () => {} };
    },
  };
  return { host, spawned };
}

function tasks(count: number): Task[] {
  return Array.from({ length: count }, (_, i) => ({
    hash: String(i),
    problem: problem(i + 1),
    seconds: 0.01,
    group: '',
    id: i + 1,
    admitted: true,
    outcome: waiting,
    failure: null,
    shownBy: [],
  }));
}

describe('The workers of a session', () => {
  const make = (workers: number) => {
    const { host, spawned } = silentHost(workers);
    const lost: Task[] = [];
    const pool = new WorkerPool(host, new TrainingStates(null), {
      isOpen: (task) => !lost.includes(task),
      heard: () => {},
      lost: (task) => void lost.push(task),
      requeued: () => {},
      released: () => {},
    });
    return { pool, spawned, lost };
  };

  it('are kept ready: one that did not hear of a cancel in time is replaced', () => {
    const { pool, spawned } = make(3);
    pool.warm(2);
    assert.deepEqual(
      spawned.map(({ sent }) => sent.map(({ kind }) => kind)),
      [['warm'], ['warm']],
    );
    pool.add(tasks(2));
    assert.equal(spawned.length, 2);
    spawned[1]!.events.exit({ reason: 'cancelled', message: 'The run was cancelled.', job: null });
    assert.deepEqual(
      spawned[2]!.sent.map(({ kind }) => kind),
      ['warm', 'batch'],
      'what was left undone waits for the new one',
    );
    pool.dispose();
    assert.equal(spawned.length, 3);
  });

  it('are not replaced when a run takes one down, nor after the end', () => {
    const { pool, spawned, lost } = make(2);
    pool.warm(1);
    pool.add(tasks(1));
    spawned[0]!.events.exit({ reason: 'crashed', message: 'The run was cancelled.', job: 1 });
    assert.equal(lost.length, 1);
    assert.equal(spawned.length, 1);
    pool.dispose();
    spawned[0]!.events.exit({ reason: 'cancelled', message: 'The run was cancelled.', job: null });
    assert.equal(spawned.length, 1);
  });
});
