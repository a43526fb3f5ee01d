/**
 * One training, several workers: memory that they share, in which the worker that trains offers the portions of each batch and the others
 * evaluate some of them. A portion is the same numbers whoever evaluates it, and its place in the sum is fixed: helpers change no bit.
 */
import { type BatchHelp, batchShape, batchSource } from '../solver/batch.js';
import { emptyMerged, layoutOf, type Merged } from '../solver/parameters.js';
import type { Problem } from '../solver/problem.js';
import type { TrainingMeans } from '../solver/sgd.js';

/** Plain memory that survives a structured clone without being copied. */
export type TeamMemory = SharedArrayBuffer;

export const mostHelpers = 7;
const cell = { round: 0, delivered: 1, closed: 2, members: 3, active: 4, sharp: 5, owners: 6 } as const;
/** Turns of a loop that looks for news before it sleeps: some microseconds. */
const spins = 4000;
/** Milliseconds of sleep at a time. */
const nap = 4;
/** Milliseconds after which a portion is taken back from a helper; it may have died. */
const patience = 1000;

/** The numbers of shared things. */
interface Sizes {
  readonly portions: number;
  readonly row: number;
  readonly parameters: number;
}

function places({ portions, row, parameters }: Sizes): {
  readonly step: number;
  readonly merged: number;
  readonly rows: number;
  readonly bytes: number;
} {
  const step = 8 * Math.ceil((4 * (cell.owners + portions)) / 8);
  const merged = step + 8;
  const rows = merged + 8 * parameters;
  return { step, merged, rows, bytes: rows + 8 * (mostHelpers + 1) * portions * row };
}

/** What an owner's cell says: round, and 0 while nobody has the portion, 1 + member when one has it, 33 + member when it is delivered. */
const perRound = 64;
const delivered = 32;
const owner = (round: number, code: number): number => (round % 0x1000000) * perRound + code;

class Shared {
  readonly cells: Int32Array;
  readonly step: Float64Array;
  readonly merged: Float64Array;
  readonly rows: Float64Array;

  constructor(
    readonly memory: TeamMemory,
    readonly sizes: Sizes,
  ) {
    const at = places(sizes);
    this.cells = new Int32Array(memory, 0, cell.owners + sizes.portions);
    this.step = new Float64Array(memory, at.step, 1);
    this.merged = new Float64Array(memory, at.merged, sizes.parameters);
    this.rows = new Float64Array(memory, at.rows, (mostHelpers + 1) * sizes.portions * sizes.row);
  }

  /** Where member `member` puts its sums of a portion: nobody else writes there, so that a late helper spoils nothing. */
  rowAt(member: number, portion: number): number {
    return (member * this.sizes.portions + portion) * this.sizes.row;
  }

  /** A portion of round `round` that nobody has, for `member`; −1 when there is none. */
  claim(round: number, member: number): number {
    for (let portion = 0; portion < this.sizes.portions; portion++) {
      const free = owner(round, 0);
      if (Atomics.compareExchange(this.cells, cell.owners + portion, free, owner(round, 1 + member)) === free) return portion;
    }
    return -1;
  }

  /** True when the portion was still the member's. */
  deliver(round: number, member: number, portion: number): boolean {
    const mine = owner(round, 1 + member);
    if (Atomics.compareExchange(this.cells, cell.owners + portion, mine, owner(round, 1 + member + delivered)) !== mine) return false;
    Atomics.add(this.cells, cell.delivered, 1);
    return true;
  }

  get closed(): boolean {
    return Atomics.load(this.cells, cell.closed) === 1;
  }
}

function sizesOf<E>(problem: Problem<E>): Sizes {
  const { blocks, row } = batchShape(problem);
  const D = problem.setting.kind === 'task' ? problem.setting.task.dimension + 1 : 0;
  return { portions: blocks, row, parameters: problem.attention.heads * (D * D + D) };
}

/** The side of the worker that trains. Member 0. */
export class TeamLeader implements BatchHelp {
  private readonly shared: Shared;
  private round = 0;
  private since = 0;

  constructor(memory: TeamMemory, problem: Problem) {
    this.shared = new Shared(memory, sizesOf(problem));
  }

  get helpers(): number {
    return Atomics.load(this.shared.cells, cell.active);
  }

  offer(step: number, sharp: boolean, { U, v }: Merged): void {
    const { cells, sizes } = this.shared;
    // An odd round: whoever reads the parameters meanwhile reads them again.
    Atomics.add(cells, cell.round, 1);
    this.shared.step[0] = step;
    this.shared.merged.set(U);
    this.shared.merged.set(v, U.length);
    Atomics.store(cells, cell.sharp, sharp ? 1 : 0);
    Atomics.store(cells, cell.delivered, 0);
    this.round = Atomics.load(cells, cell.round) + 1;
    for (let portion = 0; portion < sizes.portions; portion++) Atomics.store(cells, cell.owners + portion, owner(this.round, 0));
    Atomics.add(cells, cell.round, 1);
    Atomics.notify(cells, cell.round);
    this.since = Date.now();
  }

  claim(): number {
    return this.shared.claim(this.round, 0);
  }

  deliver(portion: number, row: Float64Array): void {
    this.shared.rows.set(row, this.shared.rowAt(0, portion));
    this.shared.deliver(this.round, 0, portion);
    this.since = Date.now();
  }

  collect(add: (rows: Float64Array, at: number) => void): boolean {
    const { shared } = this;
    const { cells, sizes } = shared;
    let count = Atomics.load(cells, cell.delivered);
    for (let i = 0; i < spins && count < sizes.portions; i++) count = Atomics.load(cells, cell.delivered);
    if (count < sizes.portions) {
      Atomics.wait(cells, cell.delivered, count, nap);
      if (Date.now() - this.since > patience) this.takeBack();
      return false;
    }
    for (let portion = 0; portion < sizes.portions; portion++) {
      const member = (Atomics.load(cells, cell.owners + portion) % perRound) - 1 - delivered;
      add(shared.rows, shared.rowAt(member, portion));
    }
    return true;
  }

  /** Frees what helpers have had for too long. */
  private takeBack(): void {
    const { cells, sizes } = this.shared;
    for (let portion = 0; portion < sizes.portions; portion++) {
      const held = Atomics.load(cells, cell.owners + portion);
      if (held % perRound <= delivered) Atomics.compareExchange(cells, cell.owners + portion, held, owner(this.round, 0));
    }
    this.since = Date.now();
  }

  close(): void {
    Atomics.store(this.shared.cells, cell.closed, 1);
    Atomics.add(this.shared.cells, cell.round, 2);
    Atomics.notify(this.shared.cells, cell.round);
  }
}

/** Memory for a team of `problem`, a training whose batches have more than one portion; null for any other. */
export function teamMemory<E>(problem: Problem<E>): TeamMemory | null {
  const sizes = sizesOf(problem);
  return sizes.portions < 2 ? null : new SharedArrayBuffer(places(sizes).bytes);
}

/** Helps until the training is over or `cancelled` says so; it is asked every few milliseconds. */
export function assist(
  problem: Problem,
  memory: TeamMemory,
  kernels: NonNullable<TrainingMeans['kernels']>,
  cancelled: () => boolean,
): void {
  const source = batchSource(problem, kernels);
  const shared = new Shared(memory, sizesOf(problem));
  const { cells } = shared;
  const member = join(cells);
  if (member === null || shared.closed) return;
  const merged = emptyMerged(layoutOf(problem));
  const row = new Float64Array(source.row);
  Atomics.add(cells, cell.active, 1);
  try {
    for (let seen = -1; !shared.closed && !cancelled(); ) {
      const round = Atomics.load(cells, cell.round);
      if (round === seen || round % 2 === 1) {
        if (!changes(cells, round)) Atomics.wait(cells, cell.round, round, nap);
        continue;
      }
      merged.U.set(shared.merged.subarray(0, merged.U.length));
      merged.v.set(shared.merged.subarray(merged.U.length));
      const step = shared.step[0]!;
      const sharp = Atomics.load(cells, cell.sharp) === 1;
      if (Atomics.load(cells, cell.round) !== round) continue;
      seen = round;
      source.prepare(step, merged, sharp);
      for (let portion = shared.claim(round, member); portion >= 0; portion = shared.claim(round, member)) {
        source.begin(portion, 1);
        while (!source.advance(row, 0)) if (cancelled() || shared.closed) return;
        shared.rows.set(row, shared.rowAt(member, portion));
        shared.deliver(round, member, portion);
        Atomics.notify(cells, cell.delivered);
      }
    }
  } finally {
    Atomics.sub(cells, cell.active, 1);
    Atomics.and(cells, cell.members, ~(1 << member));
  }
}

/** A number that no helper has, from 1; null where there are helpers enough. */
function join(cells: Int32Array): number | null {
  for (let member = 1; member <= mostHelpers; member++) {
    if ((Atomics.or(cells, cell.members, 1 << member) & (1 << member)) === 0) return member;
  }
  return null;
}

/** Looks for another round for some microseconds. */
function changes(cells: Int32Array, round: number): boolean {
  for (let i = 0; i < spins; i++) if (Atomics.load(cells, cell.round) !== round) return true;
  return false;
}
