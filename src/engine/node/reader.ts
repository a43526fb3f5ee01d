/** Data files for specs, inside one folder. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import type { FileProblem, FileReader } from '../../spec/files/reader.js';

/**
 * Paths are relative to `base` (the folder of the spec) and must stay inside `root`, links followed. A resolved path is absolute, so that a
 * worker finds the file without knowing either.
 */
export function folderReader(base: string, root: string): FileReader {
  return {
    resolve(path) {
      const wanted = resolve(base, path);
      try {
        const inside = relative(realpathSync(root), realpathSync(wanted));
        if (inside.startsWith('..') || isAbsolute(inside)) return { error: 'outside' };
      } catch (error) {
        // A path that leaves the root by its own words is refused as that, whether there is a file or not.
        const named = relative(resolve(root), wanted);
        return named.startsWith('..') || isAbsolute(named) ? { error: 'outside' } : problemOf(error);
      }
      return wanted;
    },
    read(resolved, limit) {
      try {
        const info = statSync(resolved);
        if (!info.isFile()) return { error: 'unreadable', message: 'it is not a file' };
        if (info.size > limit) return { error: 'too_large' };
        return readFileSync(resolved);
      } catch (error) {
        return problemOf(error);
      }
    },
  };
}

function problemOf(error: unknown): FileProblem {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR' ? { error: 'missing' } : { error: 'unreadable', message: code ?? String(error) };
}
