/** The cache of the editor: results that cost something are kept on disk, those that are solved faster than read are not. */
import { rm } from 'node:fs/promises';
import type { CacheStore } from '../../engine/host.js';
import type { RunResult } from '../../solver/result.js';

/** Below this estimate a run is solved again rather than looked up: a drag of a slider leaves no files behind. */
const worthKeeping = 0.25;
/** Costs remembered at most. */
const rememberedCosts = 50_000;

export interface Shelf extends CacheStore {
  flush(): Promise<void>;
}

export class LiveCache implements CacheStore {
  private readonly costs = new Map<string, number>();
  private cleared: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly shelf: Shelf,
    private readonly folder: string,
  ) {}

  /** What a run costs by the estimates, told before it is asked for. */
  expect(hash: string, seconds: number): void {
    if (this.costs.size > rememberedCosts) this.costs.clear();
    this.costs.set(hash, seconds);
  }

  async get(hash: string): Promise<RunResult | null> {
    if (!this.isKept(hash)) return null;
    await this.cleared;
    return this.shelf.get(hash);
  }

  async put(hash: string, result: RunResult): Promise<void> {
    if (!this.isKept(hash)) return;
    await this.cleared;
    await this.shelf.put(hash, result);
  }

  async flush(): Promise<void> {
    await this.shelf.flush();
  }

  /** Forgets everything on disk. What is in memory answers on. */
  async clear(): Promise<void> {
    this.cleared = this.shelf.flush().then(() => rm(this.folder, { recursive: true, force: true }));
    await this.cleared;
  }

  /** A refined run is named by its hash and its samples. */
  private isKept(hash: string): boolean {
    return (this.costs.get(hash.replace(/-\d+$/, '')) ?? worthKeeping) >= worthKeeping;
  }
}
