/** Results on disk, one file for each hash. A cache that cannot be written or read is an empty one, never an error. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { RunResult } from '../../solver/result.js';
import { decodeResult, encodeResult } from '../codec.js';
import type { CacheStore } from '../host.js';
import { FileShelf } from './shelf.js';

const defaultBytes = 256 * 1024 * 1024;

/** `$XDG_CACHE_HOME/attn-lab/<version>`, or `~/.cache` for the former, as the XDG base directory specification has it. */
export function cacheFolder(version: string, environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_CACHE_HOME;
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.cache'), 'attn-lab', version);
}

export class DiskCache implements CacheStore {
  private readonly shelf: FileShelf;

  constructor(folder: string, maximumBytes: number = defaultBytes) {
    this.shelf = new FileShelf(folder, '.json', maximumBytes);
  }

  async get(hash: string): Promise<RunResult | null> {
    const content = await this.shelf.get(hash);
    if (content === null) return null;
    const result = decodeResult(content.toString('utf8'), hash);
    if (result === null) await this.shelf.remove(hash);
    return result;
  }

  put(hash: string, result: RunResult): Promise<void> {
    return this.shelf.put(hash, encodeResult(result, hash));
  }

  flush(): Promise<void> {
    return this.shelf.flush();
  }

  abandon(): void {
    this.shelf.abandon();
  }
}
