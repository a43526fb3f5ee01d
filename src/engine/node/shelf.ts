/** Small files in one folder, within a bound. A folder that cannot be written or read is an empty one, never an error. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './folders.js';

/** Puts between two looks at the size of the folder. */
const putsBetweenSweeps = 64;

export class FileShelf {
  private puts = 0;
  private pending: Promise<unknown> = Promise.resolve();
  private readonly temporaries = new Set<string>();

  /** Files are called `name` and `extension`; a name is a hash, with the number of samples behind it where it was refined. */
  constructor(
    private readonly folder: string,
    private readonly extension: string,
    private readonly maximumBytes: number,
  ) {}

  async get(name: string): Promise<Buffer | null> {
    const path = this.path(name);
    if (path === null) return null;
    const content = await readFile(path).catch(() => null);
    if (content === null) return null;
    const now = new Date();
    // The time of the last use decides what goes first.
    await utimes(path, now, now).catch(() => {});
    return content;
  }

  /** The file is whole or not there: it is written under another name first. Later calls come after earlier ones. */
  put(name: string, content: string | Uint8Array): Promise<void> {
    const path = this.path(name);
    return path === null ? Promise.resolve() : this.after(() => this.write(path, content));
  }

  remove(name: string): Promise<void> {
    const path = this.path(name);
    return path === null ? Promise.resolve() : this.after(() => rm(path, { force: true }).catch(() => {}));
  }

  /** Resolves when everything that was asked for is done. */
  async flush(): Promise<void> {
    await this.pending;
  }

  /** Removes what half-done writes have left, for a process that is about to end. */
  abandon(): void {
    for (const path of this.temporaries) rmSync(path, { force: true });
  }

  private after(action: () => Promise<void>): Promise<void> {
    const done = this.pending.then(action);
    this.pending = done;
    return done;
  }

  private async write(path: string, content: string | Uint8Array): Promise<void> {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    this.temporaries.add(temporary);
    try {
      makeFolder(this.folder);
      await writeFile(temporary, content, { flag: 'wx' });
      await rename(temporary, path);
      if (this.puts++ % putsBetweenSweeps === 0) await this.sweep();
    } catch {
      await rm(temporary, { force: true }).catch(() => {});
    } finally {
      this.temporaries.delete(temporary);
    }
  }

  private path(name: string): string | null {
    return /^[0-9a-f]+(-\d+)?$/.test(name) ? join(this.folder, `${name}${this.extension}`) : null;
  }

  /** Removes the least recently used files until the folder is within its bound, and what an interrupted write left behind. */
  private async sweep(): Promise<void> {
    const entries: { path: string; size: number; time: number }[] = [];
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      const info = await stat(path).catch(() => null);
      if (info === null || !info.isFile()) continue;
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
