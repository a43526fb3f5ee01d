import type { CheckpointStore } from './host.js';

/** States held in memory at most. A state of 300 recorded points is a third of a megabyte. */
const most = 64;

/** How far unfinished trainings have got, by content hash: in memory, and in the store where there is one. */
export class TrainingStates {
  private readonly held = new Map<string, Float64Array>();
  private readonly looked = new Set<string>();

  constructor(private readonly store: CheckpointStore | null) {}

  get(hash: string): Float64Array | null {
    return this.held.get(hash) ?? null;
  }

  /** Looks in the store, once for each hash. `damaged`: what was there cannot be used. */
  async load(hash: string): Promise<'resumed' | 'damaged' | 'new'> {
    if (this.store === null || this.looked.has(hash) || this.held.has(hash)) return 'new';
    this.looked.add(hash);
    const kept = await this.store.get(hash);
    if (kept === null || kept === 'damaged') return kept ?? 'new';
    this.hold(hash, kept);
    return 'resumed';
  }

  keep(hash: string, state: Float64Array): void {
    this.hold(hash, state);
    void this.store?.put(hash, state);
  }

  /** The training is over. */
  forget(hash: string): void {
    if (this.held.delete(hash)) void this.store?.remove(hash);
  }

  private hold(hash: string, state: Float64Array): void {
    this.held.delete(hash);
    this.held.set(hash, state);
    for (const oldest of this.held.keys()) {
      if (this.held.size <= most) break;
      this.held.delete(oldest);
      this.looked.delete(oldest);
    }
  }
}
