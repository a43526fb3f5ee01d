/** Two integers shared with a worker, so that a busy worker learns of a cancelled batch, and a dead one tells what it died of. */
export type SharedFlags = SharedArrayBuffer;

const cancelledBatch = 0;
const busyJob = 1;

export class WorkerFlags {
  private readonly cells: Int32Array;

  constructor(readonly shared: SharedFlags = new SharedArrayBuffer(8)) {
    this.cells = new Int32Array(shared);
  }

  cancel(batch: number): void {
    Atomics.store(this.cells, cancelledBatch, batch);
  }

  /** Batches are numbered in the order they are sent, so an older one is cancelled with a newer. */
  isCancelled(batch: number): boolean {
    return Atomics.load(this.cells, cancelledBatch) >= batch;
  }

  get busy(): number | null {
    const job = Atomics.load(this.cells, busyJob);
    return job === 0 ? null : job;
  }

  set busy(job: number | null) {
    Atomics.store(this.cells, busyJob, job ?? 0);
  }
}
