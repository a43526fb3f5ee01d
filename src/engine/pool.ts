/** The workers of a session: which bundle of runs goes to which of them, and what happens when one ends. Knows nothing of plans and experiments. */
import type { EngineHost, WorkerExit, WorkerHandle } from './host.js';
import type { FromWorker, WorkerFailure } from './messages.js';
import { type Bundle, bundles, takeBundle } from './schedule.js';
import type { TrainingStates } from './states.js';
import { isBusy, type Slot, secondsOf, sharedTraining, type Task, worthAWorker } from './tasks.js';
import { mostHelpers } from './team.js';

/** What workers say of a run. */
export type RunMessage = Exclude<FromWorker, { kind: 'ended' | 'checkpoint' }>;

/** Whose runs they are. */
export interface PoolOwner {
  /** Somebody asks for the run, and it is not settled. */
  isOpen(task: Task): boolean;
  heard(message: RunMessage): void;
  /** The run has taken its worker down. */
  lost(task: Task, failure: WorkerFailure): void;
  /** The run goes back to the queue. */
  requeued(task: Task): void;
  /** A worker is free again, or gone, and what that means for its runs has been told. */
  released(): void;
}

export class WorkerPool {
  private readonly slots: Slot[] = [];
  private queue: Bundle<Task>[] = [];
  private nextBatch = 1;
  /** Workers that are to be there without being asked for. */
  private ready = 0;
  private disposed = false;
  private whenIdle: (() => void)[] = [];

  constructor(
    private readonly host: EngineHost,
    private readonly states: TrainingStates,
    private readonly owner: PoolOwner,
  ) {}

  /** Keeps up to `count` workers ready from now on, also when one had to be ended for not hearing that its run was cancelled. */
  warm(count: number): void {
    this.ready = Math.min(count, this.host.workers);
    while (this.slots.length < this.ready) this.addSlot();
    this.slots.slice(0, this.ready).forEach((slot) => {
      if (slot.handle !== null) return;
      slot.handle = this.spawn(slot);
      slot.handle.post({ kind: 'warm' });
    });
  }

  /** Queues runs and sends out what there are workers for. */
  add(tasks: readonly Task[]): void {
    this.queue.push(...bundles(tasks, this.host.workers));
    this.queue.sort((a, b) => a.seconds - b.seconds);
    this.dispatch();
  }

  /** Runs that a worker is busy with, or that wait behind those. */
  running(): Set<Task> {
    return new Set(this.slots.flatMap((slot) => slot.bundle?.tasks ?? []));
  }

  /** Forgets the queue, and stops what is not open any more. */
  dropUnneeded(): void {
    this.queue = [];
    const isOver = ({ tasks }: Bundle<Task>): boolean => tasks.every((task) => !this.owner.isOpen(task));
    for (const slot of this.slots) {
      if (slot.bundle !== null && isOver(slot.bundle)) slot.handle?.cancel(slot.batch);
      if (slot.helps?.bundle && isOver(slot.helps.bundle)) this.callBack(slot.helps);
    }
  }

  /** Resolves when no worker is busy. */
  async idle(): Promise<void> {
    if (this.slots.some(isBusy)) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  dispose(): void {
    this.disposed = true;
    for (const slot of this.slots) slot.handle?.dispose();
    this.slots.length = 0;
  }

  private dispatch(): void {
    while (this.queue.length > 0 && !this.disposed) {
      const slot = this.freeSlot();
      if (slot === null) return;
      const busy = new Set(this.slots.flatMap((other) => (other.bundle === null ? [] : [other.bundle.group])));
      const bundle = takeBundle(this.queue, slot.known, busy)!;
      const shared = this.host.sharesMemory ? sharedTraining(bundle) : null;
      slot.bundle = bundle;
      slot.known = bundle.group;
      slot.batch = this.nextBatch++;
      slot.shared = shared;
      slot.handle ??= this.spawn(slot);
      const jobs = bundle.tasks.map((task) => {
        const { id, problem, hash } = task;
        return { id, problem, state: this.states.get(hash), team: shared?.task === task ? shared.team : null };
      });
      slot.handle.post({ kind: 'batch', batch: slot.batch, jobs });
    }
    this.lendHands();
  }

  /** Workers with nothing of their own to do help with the trainings that are under way, the least helped first. */
  private lendHands(): void {
    const shared = this.slots.filter((slot) => slot.shared !== null && slot.bundle !== null);
    if (shared.length === 0 || this.disposed) return;
    while (this.slots.length < this.host.workers) this.addSlot();
    for (const slot of this.slots) {
      if (slot.bundle !== null || slot.helps !== null) continue;
      const helpers = (leader: Slot): number => this.slots.filter(({ helps }) => helps === leader).length;
      const leader = shared.reduce((least, other) => (helpers(other) < helpers(least) ? other : least));
      const { task, team } = leader.shared!;
      if (!this.owner.isOpen(task) || helpers(leader) >= mostHelpers) continue;
      slot.helps = leader;
      slot.isCalledBack = false;
      slot.batch = this.nextBatch++;
      slot.handle ??= this.spawn(slot);
      slot.handle.post({ kind: 'assist', batch: slot.batch, problem: task.problem, team });
    }
  }

  /** Ends what helps `leader`, or all help. */
  private callBack(leader: Slot | null = null): void {
    for (const slot of this.slots) {
      if (slot.helps === null || (leader !== null && slot.helps !== leader)) continue;
      slot.isCalledBack = true;
      slot.handle?.cancel(slot.batch);
    }
  }

  /** A worker that waits, or room for a new one where there may be one and it would pay; null for none. */
  private freeSlot(): Slot | null {
    const idle = this.slots.find((slot) => slot.bundle === null && slot.handle !== null && slot.helps === null);
    if (idle !== undefined) return idle;
    if (this.slots.some(({ helps }) => helps !== null)) {
      // Helpers are back within milliseconds, and a worker of their own is what the waiting runs get then.
      this.callBack();
      return null;
    }
    const alive = this.slots.filter((slot) => slot.handle !== null).length;
    if (secondsOf(this.queue) < worthAWorker * alive) return null;
    const empty = this.slots.find((slot) => slot.bundle === null);
    if (empty !== undefined) return empty;
    return this.slots.length >= Math.max(1, this.host.workers) ? null : this.addSlot();
  }

  private addSlot(): Slot {
    const slot: Slot = { handle: null, bundle: null, batch: 0, known: null, helps: null, isCalledBack: false, shared: null };
    this.slots.push(slot);
    return slot;
  }

  private spawn(slot: Slot): WorkerHandle {
    return this.host.spawn({
      message: (message) => this.onMessage(slot, message),
      exit: (exit) => this.onExit(slot, exit),
    });
  }

  private onMessage(slot: Slot, message: FromWorker): void {
    if (message.kind === 'ended') {
      if (slot.batch === message.batch) this.release(slot);
    } else if (message.kind === 'checkpoint') {
      // Also of a run that nobody asks for any more: it may be asked for again.
      const { hash } = slot.bundle?.tasks.find(({ id }) => id === message.job) ?? {};
      if (hash !== undefined) this.states.keep(hash, message.state);
    } else this.owner.heard(message);
  }

  /** The batch is over, or the help: what it left undone and is still asked for goes back to the queue. */
  private release(slot: Slot): void {
    const left = slot.bundle?.tasks.filter((task) => this.owner.isOpen(task)) ?? [];
    // Help that ends by itself is not wanted any more, or not possible.
    if (slot.helps !== null && !slot.isCalledBack) slot.helps.shared = null;
    slot.bundle = null;
    slot.helps = null;
    slot.shared = null;
    this.callBack(slot);
    for (const task of left) this.owner.requeued(task);
    this.queue.push(...bundles(left, this.host.workers));
    this.dispatch();
    if (this.slots.some(isBusy)) return;
    for (const resolve of this.whenIdle.splice(0)) resolve();
  }

  private onExit(slot: Slot, exit: WorkerExit): void {
    slot.handle = null;
    slot.known = null;
    if (slot.bundle !== null && exit.reason !== 'cancelled') {
      const open = slot.bundle.tasks.filter((task) => this.owner.isOpen(task));
      const culprit = open.find((task) => task.id === exit.job) ?? open[0];
      if (culprit !== undefined) this.owner.lost(culprit, { code: exit.reason, message: exit.message, setting: null });
    }
    this.release(slot);
    if (exit.reason === 'cancelled' && !this.disposed) {
      this.warm(this.ready);
      this.dispatch();
    }
    this.owner.released();
  }
}
