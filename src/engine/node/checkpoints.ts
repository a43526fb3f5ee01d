/** States of unfinished trainings on disk, beside the cache of results: one file for each hash, in the folder `checkpoints` of the cache. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CheckpointStore, KeptState } from '../host.js';
import { FileShelf } from './shelf.js';

const defaultBytes = 256 * 1024 * 1024;
const format = 1;

/** One line of JSON with the digest of what follows, then the numbers as little-endian doubles. */
export function encodeCheckpoint(hash: string, state: Float64Array): Uint8Array {
  const body = new Uint8Array(8 * state.length);
  const view = new DataView(body.buffer);
  state.forEach((x, i) => {
    view.setFloat64(8 * i, x, true);
  });
  const head = JSON.stringify({ format, hash, numbers: state.length, digest: digestOf(body) });
  return Buffer.concat([Buffer.from(`${head}\n`), body]);
}

/** Null when the content is not a checkpoint of this hash, or is damaged. */
export function decodeCheckpoint(hash: string, content: Uint8Array): Float64Array | null {
  const newline = content.indexOf(10);
  if (newline < 0) return null;
  const body = content.subarray(newline + 1);
  try {
    const head: unknown = JSON.parse(Buffer.from(content.subarray(0, newline)).toString('utf8'));
    if (typeof head !== 'object' || head === null) return null;
    const { format: found, hash: named, numbers, digest } = head as Record<string, unknown>;
    if (found !== format || named !== hash || numbers !== body.length / 8 || digest !== digestOf(body)) return null;
  } catch {
    return null;
  }
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  return Float64Array.from({ length: body.length / 8 }, (_, i) => view.getFloat64(8 * i, true));
}

function digestOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

export class DiskCheckpoints implements CheckpointStore {
  private readonly shelf: FileShelf;

  /** `cache` is the folder of the cache. */
  constructor(cache: string, maximumBytes: number = defaultBytes) {
    this.shelf = new FileShelf(join(cache, 'checkpoints'), '.bin', maximumBytes);
  }

  async get(hash: string): Promise<KeptState> {
    const content = await this.shelf.get(hash);
    if (content === null) return null;
    const state = decodeCheckpoint(hash, content);
    if (state !== null) return state;
    await this.shelf.remove(hash);
    return 'damaged';
  }

  put(hash: string, state: Float64Array): Promise<void> {
    return this.shelf.put(hash, encodeCheckpoint(hash, state));
  }

  remove(hash: string): Promise<void> {
    return this.shelf.remove(hash);
  }

  flush(): Promise<void> {
    return this.shelf.flush();
  }

  abandon(): void {
    this.shelf.abandon();
  }
}
