/** In which order runs are sent out, and how many at a time. */
import type { Experiment } from '../spec/experiment.js';

export interface Schedulable {
  readonly seconds: number;
  /** Runs of one group differ in length only: a worker that has done one of them has most of the next in its memos. */
  readonly group: string;
}

export interface Bundle<T extends Schedulable> {
  readonly group: string;
  /** Estimate of the costliest run in it. */
  readonly seconds: number;
  readonly tasks: readonly T[];
}

/** Long enough that the message costs nothing beside it, short enough that results arrive frame by frame. */
const bundleSeconds = 0.02;
const bundleSize = 32;

/** Name of the group a run belongs to: its sweep values without the length. */
export function groupOf(experiment: Experiment, run: number, name: string): string {
  const spec = experiment.runs[run]!;
  const parts = experiment.sweeps.filter((sweep) => !sweep.isLength).map((sweep) => spec.at[sweep.name]!.text);
  return [name, ...parts, String(spec.repeat)].join('\n');
}

/** Bundles in the order in which they should run: the cheapest first, ties as they stand in the plan. */
export function bundles<T extends Schedulable>(tasks: readonly T[], workers: number): Bundle<T>[] {
  const total = tasks.reduce((sum, task) => sum + task.seconds, 0);
  const limit = Math.min(bundleSeconds, total / workers);
  const fewest = Math.max(1, Math.ceil(tasks.length / workers));
  const groups = new Map<string, T[]>();
  for (const task of tasks) {
    const group = groups.get(task.group);
    if (group === undefined) groups.set(task.group, [task]);
    else group.push(task);
  }
  const result: { group: string; seconds: number; total: number; tasks: T[] }[] = [];
  for (const [group, members] of groups) {
    let open: (typeof result)[number] | null = null;
    for (const task of members) {
      const fits = open !== null && open.total + task.seconds <= limit && open.tasks.length < Math.min(bundleSize, fewest);
      if (open === null || !fits) {
        open = { group, seconds: 0, total: 0, tasks: [] };
        result.push(open);
      }
      open.tasks.push(task);
      open.total += task.seconds;
      open.seconds = Math.max(open.seconds, task.seconds);
    }
  }
  return result.map(({ group, seconds, tasks: members }) => ({ group, seconds, tasks: members })).sort((a, b) => a.seconds - b.seconds);
}

/**
 * Takes the next bundle for a worker out of the queue: one of the group it knows while that costs little more than the cheapest, else the
 * first of a group that no other worker is busy with, else the first.
 */
export function takeBundle<T extends Schedulable>(queue: Bundle<T>[], known: string | null, busy: ReadonlySet<string>): Bundle<T> | null {
  if (queue.length === 0) return null;
  const cheap = 4 * queue[0]!.seconds + bundleSeconds;
  let index = queue.findIndex((bundle) => bundle.group === known && bundle.seconds <= cheap);
  if (index < 0) index = queue.findIndex((bundle) => !busy.has(bundle.group) && bundle.seconds <= cheap);
  return queue.splice(Math.max(index, 0), 1)[0]!;
}
