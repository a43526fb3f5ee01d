/** What a session keeps of each run, each experiment and each worker. */
import type { Problem } from '../solver/problem.js';
import type { Experiment, FileReference } from '../spec/experiment.js';
import type { WorkerHandle } from './host.js';
import type { WorkerFailure } from './messages.js';
import type { ExperimentResult, RunOutcome } from './results.js';
import type { Bundle } from './schedule.js';
import { type TeamMemory, teamMemory } from './team.js';

export interface Task {
  readonly hash: string;
  readonly problem: Problem<FileReference>;
  readonly seconds: number;
  readonly group: string;
  readonly id: number;
  /** A run that a plan has let start is not held by a later one with less. */
  admitted: boolean;
  outcome: RunOutcome;
  /** Raw failure; the outcome of a run adds the line, which belongs to the experiment. */
  failure: WorkerFailure | null;
  /** The runs that show it. */
  shownBy: { readonly state: ExperimentState; readonly run: number }[];
}

export interface ExperimentState {
  readonly index: number;
  readonly experiment: Experiment;
  /** Same order as the runs; refined tasks take the place of those they refine. */
  readonly tasks: Task[];
  /** What a run falls back to when its refinement fails. */
  readonly base: readonly Task[];
  /** Tasks that are not settled. */
  pending: number;
  round: number;
  spent: number;
  result: ExperimentResult | null;
  final: boolean;
}

export interface Slot {
  handle: WorkerHandle | null;
  bundle: Bundle<Task> | null;
  batch: number;
  known: string | null;
  /** The slot whose training it helps with, which has `bundle` null. */
  helps: Slot | null;
  isCalledBack: boolean;
  /** Of its bundle: the training that others may help with. */
  shared: SharedTraining | null;
}

export function isBusy({ bundle, helps }: Slot): boolean {
  return bundle !== null || helps !== null;
}

export interface SharedTraining {
  readonly task: Task;
  readonly team: TeamMemory;
}

/** Estimated seconds of a training, and of one of its steps, below which help comes too late. */
const worthHelp = { run: 2, step: 2e-4 } as const;

/** A long training stands alone in its bundle. */
export function sharedTraining({ tasks }: Bundle<Task>): SharedTraining | null {
  const [task] = tasks;
  const train = task?.problem.train;
  if (task === undefined || tasks.length > 1 || (train?.kind !== 'sgd' && train?.kind !== 'adam')) return null;
  if (task.seconds < worthHelp.run || task.seconds < worthHelp.step * train.steps) return null;
  const team = teamMemory(task.problem);
  return team === null ? null : { task, team };
}

/**
 * Seconds of work that must wait for each worker there is before another one is started: it takes a tenth of a second to start, compiles the solver anew and makes
 * its own tables, while the others are at work already.
 */
export const worthAWorker = 0.25;

export function secondsOf(queue: readonly Bundle<Task>[]): number {
  let sum = 0;
  for (const bundle of queue) for (const task of bundle.tasks) sum += task.seconds;
  return sum;
}

export const waiting: RunOutcome = { status: 'waiting' };

/** Estimated seconds from which on a training may have left a checkpoint. */
const checkpointSeconds = 0.5;

export function isLongTraining({ problem, seconds }: Task): boolean {
  return seconds >= checkpointSeconds && (problem.train?.kind === 'sgd' || problem.train?.kind === 'adam');
}

export function isSettled(task: Task): boolean {
  return task.outcome.status === 'done' || task.outcome.status === 'failed';
}

/** A failure of the solver repeats itself; one of the machine may not. */
export function isOfTheMachine(failure: WorkerFailure | null): boolean {
  return failure?.code === 'crashed' || failure?.code === 'memory';
}
