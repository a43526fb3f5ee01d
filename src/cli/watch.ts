/** Runs again when a file changes. The newest text wins; what the last good one showed stays on the screen. */
import { type FSWatcher, watch as watchFolder } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { UsageError } from './exit.js';
import { printable, write } from './terminal.js';

/** Editors write a file in several steps. */
const settleMilliseconds = 40;

/** Resolves never: the command ends by an interrupt. */
export function watch(files: readonly string[], once: () => Promise<number>): Promise<number> {
  if (files.includes('-')) throw new UsageError('`--watch` needs files, not standard input', 'run');
  const again = async () => {
    try {
      await once();
    } catch (error) {
      // A file that is gone for a moment, or a folder that cannot be written, does not end the watch.
      if (!(error instanceof UsageError)) throw error;
      await write(process.stderr, `attn: ${printable(error.message)}\n`);
    }
  };
  return new Promise((_, reject) => {
    let timer: NodeJS.Timeout | null = null;
    const folders = new Map<string, Set<string>>();
    for (const file of files) {
      const folder = dirname(resolve(file));
      folders.set(folder, (folders.get(folder) ?? new Set()).add(basename(file)));
    }
    const watchers: FSWatcher[] = [];
    // The folder is watched: a file that is replaced by a rename is another file.
    for (const [folder, names] of folders) {
      const watcher = watchFolder(folder, (_event, name) => {
        if (name !== null && !names.has(name)) return;
        if (timer !== null) clearTimeout(timer);
        timer = setTimeout(() => again().catch(reject), settleMilliseconds);
      });
      watcher.on('error', reject);
      watchers.push(watcher);
    }
    again().catch(reject);
  });
}
