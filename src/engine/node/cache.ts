/** Results on disk, one file for each hash. A cache that cannot be written or read is an empty one, never an error. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { RunResult } from '../../solver/result.js';
import { decodeResult, encodeResult } from '../codec.js';
import type { CacheStore } from '../host.js';

const defaultBytes = 256 * 1024 * 1024;
/** Puts between two looks at the size of the folder. */
const putsBetweenSweeps = 64;

/** `$XDG_CACHE_HOME/attn-lab/<version>`, or `~/.cache` for the former, as the XDG base directory specification has it. */
export function cacheFolder(version: string, environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_CACHE_HOME;
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.cache'), 'attn-lab', version);
}

export class DiskCache implements CacheStore {
  private puts = 0;
  private pending: Promise<unknown> = Promise.resolve();
  private readonly temporaries = new Set<string>();

  constructor(
    private readonly folder: string,
    private readonly maximumBytes: number = defaultBytes,
  ) {}

  async get(hash: string): Promise<RunResult | null> {
    const path = this.path(hash);
    if (path === null) return null;
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch {
      return null;
    }
    const result = decodeResult(text, hash);
    if (result === null) {
      await rm(path, { force: true }).catch(() => {});
      return null;
    }
    const now = new Date();
    // The time of the last use decides what goes first.
    await utimes(path, now, now).catch(() => {});
    return result;
  }

  async put(hash: string, result: RunResult): Promise<void> {
    const path = this.path(hash);
    if (path === null) return;
    const write = this.write(path, encodeResult(result, hash));
    this.pending = Promise.all([this.pending, write]);
    await write;
  }

  /** Resolves when everything that was put is on disk. */
  async flush(): Promise<void> {
    await this.pending;
  }

  /** Removes what half-done writes have left, for a process that is about to end. */
  abandon(): void {
    for (const path of this.temporaries) rmSync(path, { force: true });
  }

  private async write(path: string, text: string): Promise<void> {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    this.temporaries.add(temporary);
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(temporary, text, { flag: 'wx' });
      await rename(temporary, path);
      if (this.puts++ % putsBetweenSweeps === 0) await this.sweep();
    } catch {
      await rm(temporary, { force: true }).catch(() => {});
    } finally {
      this.temporaries.delete(temporary);
    }
  }

  private path(hash: string): string | null {
    return /^[0-9a-f]+(-\d+)?$/.test(hash) ? join(this.folder, `${hash}.json`) : null;
  }

  /** Removes the least recently used files until the folder is within its bound, and what an interrupted write left behind. */
  private async sweep(): Promise<void> {
    const entries: { path: string; size: number; time: number }[] = [];
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      const info = await stat(path).catch(() => null);
      if (info === null) continue;
      if (name.endsWith('.tmp')) {
        if (Date.now() - info.mtimeMs > 3_600_000) await rm(path, { force: true });
      } else entries.push({ path, size: info.size, time: info.mtimeMs });
    }
    let total = entries.reduce((sum, entry) => sum + entry.size, 0);
    entries.sort((a, b) => a.time - b.time);
    for (const entry of entries) {
      if (total <= this.maximumBytes) break;
      await rm(entry.path, { force: true });
      total -= entry.size;
    }
  }
}
