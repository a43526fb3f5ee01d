/**
 * Turns plans into results. The newest plan wins: what it shares with the one before is kept, what it no longer needs is cancelled.
 * Results are the same on any number of workers and in any order, because a run depends on its problem alone.
 */
import type { Problem } from '../solver/problem.js';
import type { RunResult } from '../solver/result.js';
import type { Experiment, FileReference, Plan } from '../spec/experiment.js';
import { derive } from './derive.js';
import { judge } from './expectations.js';
import { placeOfSetting } from './findings.js';
import type { EngineHost } from './host.js';
import { ResultMemory } from './memory.js';
import type { WorkerFailure } from './messages.js';
import { type RunMessage, WorkerPool } from './pool.js';
import { refine } from './refine.js';
import type { ExperimentResult, RunFailure, RunOutcome } from './results.js';
import { groupOf } from './schedule.js';
import { TrainingStates } from './states.js';
import { type ExperimentState, isLongTraining, isOfTheMachine, isSettled, type Task, waiting } from './tasks.js';

export type EngineEvent =
  /** One run moved on. Derived quantities are not in it yet. */
  | { readonly kind: 'run'; readonly experiment: number; readonly run: number; readonly outcome: RunOutcome }
  /** A run goes on from its checkpoint, or starts anew because that was damaged. */
  | { readonly kind: 'notice'; readonly experiment: number; readonly run: number; readonly notice: 'resumed' | 'damaged' }
  /** All runs of an experiment are settled. Not `final` while more samples are drawn for an expectation that is undecided. */
  | { readonly kind: 'experiment'; readonly experiment: number; readonly result: ExperimentResult; readonly final: boolean };

export interface PlanResult {
  /** `held`: everything but the runs that the budget keeps back is settled. */
  readonly status: 'finished' | 'superseded' | 'cancelled' | 'held';
  /** As they stand; complete when finished. */
  readonly experiments: readonly ExperimentResult[];
}

export interface UpdateOptions {
  /**
   * Seconds, by the estimates, that the runs of this plan may take on all workers together. The cheapest start; the others are answered from
   * the cache or held until a plan comes with more. No bound by default.
   */
  readonly budget?: number;
}

/** Runs that were not started for their cost. */
export interface Held {
  readonly runs: readonly number[];
  /** Estimate for all of them on the workers there are. */
  readonly seconds: number;
}

export class EngineSession {
  private readonly memory = new ResultMemory();
  private readonly states: TrainingStates;
  private readonly pool: WorkerPool;
  private tasks = new Map<string, Task>();
  private byId = new Map<number, Task>();
  private experiments: ExperimentState[] = [];
  private version = 0;
  private nextId = 1;
  private budget = Number.POSITIVE_INFINITY;
  private held = new Set<Task>();
  private resolve: ((result: PlanResult) => void) | null = null;
  private disposed = false;

  constructor(
    private readonly host: EngineHost,
    private readonly listener: (event: EngineEvent) => void = () => {},
  ) {
    this.states = new TrainingStates(host.checkpoints);
    this.pool = new WorkerPool(host, this.states, {
      isOpen: (task) => this.isOpen(task),
      heard: (message) => this.heard(message),
      lost: (task, failure) => this.fail(task, failure),
      requeued: (task) => {
        task.outcome = waiting;
      },
      released: () => this.finishExperiments(),
    });
  }

  /** Keeps up to `count` workers ready ahead of plans. */
  warm(count: number): void {
    this.pool.warm(count);
  }

  /** Resolves when every run is settled and every expectation judged, or when a newer plan or `cancel` puts an end to it. */
  update(plan: Plan, options: UpdateOptions = {}): Promise<PlanResult> {
    if (this.disposed) return Promise.resolve({ status: 'cancelled', experiments: [] });
    this.end('superseded');
    const version = ++this.version;
    this.budget = (options.budget ?? Number.POSITIVE_INFINITY) * Math.max(1, this.host.workers);
    this.held = new Set();
    const old = this.tasks;
    this.tasks = new Map();
    this.byId = new Map();
    for (const task of old.values()) task.shownBy = [];
    this.experiments = plan.experiments.map((experiment, index) => {
      const base = experiment.runs.map((run, i) =>
        this.task(run.hash, run.problem, run.cost.seconds, groupOf(experiment, i, experiment.hash), old),
      );
      const state: ExperimentState = {
        index,
        experiment,
        tasks: [...base],
        base,
        pending: 0,
        round: 0,
        spent: 0,
        result: null,
        final: false,
      };
      base.forEach((task, run) => {
        this.show(task, state, run);
      });
      return state;
    });
    this.pool.dropUnneeded();
    const finished = new Promise<PlanResult>((resolve) => {
      this.resolve = resolve;
    });
    for (const state of this.experiments) {
      state.tasks.forEach((task, run) => {
        if (task.outcome.status !== 'waiting') this.emitRun(state, run);
      });
    }
    void this.start([...this.tasks.values()], version);
    return finished;
  }

  /** Stops everything at once; results that are there stay. */
  cancel(): void {
    this.version++;
    this.tasks = new Map();
    this.byId = new Map();
    this.held = new Set();
    this.pool.dropUnneeded();
    this.end('cancelled');
  }

  /** Cancels everything and resolves when no worker is busy any more, with what they had to say about unfinished trainings: a few hundredths of a second. */
  async stop(): Promise<void> {
    this.cancel();
    await this.pool.idle();
  }

  dispose(): void {
    this.cancel();
    this.disposed = true;
    this.pool.dispose();
  }

  /** Whether the result of a run is at hand. */
  isKnown(hash: string): boolean {
    return this.tasks.get(hash)?.outcome.status === 'done' || this.memory.get(hash) !== undefined;
  }

  /** The results as they stand. */
  results(): ExperimentResult[] {
    return this.experiments.map((state) => state.result ?? this.provisional(state));
  }

  /** What the budget keeps back of an experiment. */
  heldIn(experiment: number): Held {
    const state = this.experiments[experiment];
    const runs = (state?.tasks ?? []).flatMap((task, run) => (this.held.has(task) ? [run] : []));
    const seconds = [...new Set(runs.map((run) => state!.tasks[run]!))].reduce((sum, task) => sum + task.seconds, 0);
    return { runs, seconds: seconds / Math.max(1, Math.min(this.host.workers, runs.length)) };
  }

  private task(hash: string, problem: Problem<FileReference>, seconds: number, group: string, old: ReadonlyMap<string, Task>): Task {
    const known = this.tasks.get(hash);
    if (known !== undefined) return known;
    const before = old.get(hash);
    const kept = before !== undefined && !isOfTheMachine(before.failure);
    const task: Task = kept
      ? before
      : { hash, problem, seconds, group, id: this.nextId++, admitted: false, outcome: waiting, failure: null, shownBy: [] };
    if (task.outcome.status === 'waiting') {
      const result = this.memory.get(hash);
      if (result !== undefined) task.outcome = { status: 'done', result, cached: true };
    }
    this.tasks.set(hash, task);
    this.byId.set(task.id, task);
    return task;
  }

  private isOpen(task: Task): boolean {
    return this.byId.get(task.id) === task && !isSettled(task);
  }

  /** Answers from the cache what it can and queues the rest. */
  private async start(tasks: readonly Task[], version: number): Promise<void> {
    const running = this.pool.running();
    const open = tasks.filter((task) => this.isOpen(task) && !running.has(task));
    const cache = this.host.cache;
    if (cache !== null && open.length > 0) {
      const found = await Promise.all(open.map((task) => cache.get(task.hash)));
      if (version !== this.version) return;
      open.forEach((task, i) => {
        const result = found[i];
        if (result) this.settle(task, { status: 'done', result, cached: true });
      });
    }
    const admitted = this.admit(open.filter((task) => this.isOpen(task)));
    const long = this.host.checkpoints === null ? [] : admitted.filter(isLongTraining);
    if (long.length > 0) {
      await Promise.all(long.map((task) => this.resume(task)));
      if (version !== this.version) return;
    }
    this.pool.add(admitted);
    this.finishExperiments();
  }

  private async resume(task: Task): Promise<void> {
    const found = await this.states.load(task.hash);
    if (found === 'new') return;
    for (const { state, run } of task.shownBy) this.listener({ kind: 'notice', experiment: state.index, run, notice: found });
  }

  /** The tasks that the budget lets start, the cheapest first; the others are held. */
  private admit(tasks: readonly Task[]): Task[] {
    const cheapestFirst = [...tasks].sort((a, b) => a.seconds - b.seconds);
    for (const task of cheapestFirst) {
      if (task.admitted) continue;
      if (task.seconds <= this.budget) {
        this.budget -= task.seconds;
        task.admitted = true;
      } else this.held.add(task);
    }
    return tasks.filter((task) => task.admitted);
  }

  private heard(message: RunMessage): void {
    const task = this.byId.get(message.job);
    if (task === undefined || !this.isOpen(task)) return;
    const partial = task.outcome.status === 'running' ? task.outcome.partial : null;
    switch (message.kind) {
      case 'started':
        this.settle(task, { status: 'running', fraction: 0, partial: null });
        break;
      case 'progress':
        this.settle(task, {
          status: 'running',
          fraction: message.fraction,
          ...(message.step === null ? {} : { step: message.step }),
          partial,
        });
        break;
      case 'partial': {
        const before = task.outcome.status === 'running' ? task.outcome : { status: 'running' as const, fraction: 0 };
        this.settle(task, { ...before, partial: message.result });
        break;
      }
      case 'done':
        this.memory.put(task.hash, message.result);
        void this.host.cache?.put(task.hash, message.result);
        this.settle(task, { status: 'done', result: message.result, cached: false });
        break;
      case 'failed':
        this.fail(task, message.failure, message.partial);
        break;
    }
    if (message.kind === 'done' || message.kind === 'failed') this.finishExperiments();
  }

  private fail(task: Task, failure: WorkerFailure, partial: RunResult | null = null): void {
    task.failure = failure;
    this.settle(task, { status: 'failed', failure: { ...failure, line: null }, ...(partial === null ? {} : { partial }) });
  }

  private settle(task: Task, outcome: RunOutcome): void {
    task.outcome = outcome;
    if (isSettled(task) && !isOfTheMachine(task.failure)) this.states.forget(task.hash);
    for (const { state, run } of task.shownBy) {
      if (isSettled(task)) state.pending--;
      this.emitRun(state, run);
    }
  }

  private show(task: Task, state: ExperimentState, run: number): void {
    task.shownBy.push({ state, run });
    if (!isSettled(task)) state.pending++;
  }

  private emitRun(state: ExperimentState, run: number): void {
    this.listener({ kind: 'run', experiment: state.index, run, outcome: this.outcome(state, run) });
  }

  /** The outcome of a run in its experiment: a failure with its line, a failed refinement replaced by what it was to refine. */
  private outcome(state: ExperimentState, run: number): RunOutcome {
    const task = state.tasks[run]!;
    const outcome = task.outcome;
    if (outcome.status !== 'failed') {
      return task !== state.base[run] && outcome.status !== 'done' ? state.base[run]!.outcome : outcome;
    }
    if (task !== state.base[run]) return state.base[run]!.outcome;
    return { ...outcome, failure: locate(outcome.failure, state.experiment) };
  }

  private provisional(state: ExperimentState): ExperimentResult {
    return { experiment: state.experiment, runs: state.tasks.map((_, run) => this.outcome(state, run)), expectations: [] };
  }

  private finishExperiments(): void {
    for (const state of this.experiments) {
      if (state.final || state.pending > 0) continue;
      const runs = derive(
        state.experiment,
        state.tasks.map((_, run) => this.outcome(state, run)),
      );
      const { outcomes, wanted } = judge(state.experiment, runs);
      state.result = { experiment: state.experiment, runs, expectations: outcomes };
      const more = refine(state.experiment, runs, wanted, state);
      state.final = more.length === 0;
      this.listener({ kind: 'experiment', experiment: state.index, result: state.result, final: state.final });
      if (state.final) continue;
      state.round++;
      const added = more.map(({ run, hash, problem, seconds }) => {
        state.spent += seconds;
        const task = this.task(hash, problem, seconds, state.tasks[run]!.group, this.tasks);
        state.tasks[run] = task;
        this.show(task, state, run);
        return task;
      });
      void this.start(added, this.version);
    }
    if (this.resolve === null) return;
    if (this.experiments.every((state) => state.final)) this.end('finished');
    else if (this.held.size > 0 && [...this.tasks.values()].every((task) => isSettled(task) || this.held.has(task))) this.end('held');
  }

  private end(status: PlanResult['status']): void {
    const resolve = this.resolve;
    this.resolve = null;
    resolve?.({ status, experiments: this.results() });
  }
}

/** A failure with the line of the setting that caused it, or of the nearest block around it. */
function locate(failure: RunFailure, experiment: Experiment): RunFailure {
  return { ...failure, line: placeOfSetting(experiment, failure.setting).line };
}

/** One plan from start to end. Aborting it resolves with `cancelled` and the results that are there. */
export async function runPlan(
  plan: Plan,
  host: EngineHost,
  listener?: (event: EngineEvent) => void,
  signal?: CancelSignal,
): Promise<PlanResult> {
  const session = new EngineSession(host, listener);
  signal?.onCancel(() => session.cancel());
  try {
    return await session.update(plan);
  } finally {
    session.dispose();
  }
}

export interface CancelSignal {
  onCancel(listener: () => void): void;
}
