import type { RunResult } from '../solver/result.js';

/** Numbers kept at most: 36 MB, as each one takes 24 bytes in an array that came from a worker (a pointer and a boxed double). */
const capacity = 1_500_000;

/** The latest results by hash, within a bound; the least recently used go first. */
export class ResultMemory {
  private readonly entries = new Map<string, { readonly result: RunResult; readonly size: number }>();
  private size = 0;

  get(hash: string): RunResult | undefined {
    const entry = this.entries.get(hash);
    if (entry === undefined) return undefined;
    this.entries.delete(hash);
    this.entries.set(hash, entry);
    return entry.result;
  }

  put(hash: string, result: RunResult): void {
    this.remove(hash);
    const size = sizeOf(result);
    this.entries.set(hash, { result, size });
    this.size += size;
    for (const oldest of this.entries.keys()) {
      if (this.size <= capacity) break;
      this.remove(oldest);
    }
  }

  private remove(hash: string): void {
    this.size -= this.entries.get(hash)?.size ?? 0;
    this.entries.delete(hash);
  }
}

function sizeOf(result: RunResult): number {
  let size = 16;
  for (const axis of Object.values(result.axes)) size += axis.length;
  for (const series of Object.values(result.quantities)) {
    size += 8 + series.value.length * (1 + (series.lower ? 2 : 0) + (series.standardError ? 1 : 0));
  }
  const { parameters } = result;
  if (parameters !== undefined) size += parameters.at.length * (2 + parameters.size * (parameters.size + 1));
  return size;
}
