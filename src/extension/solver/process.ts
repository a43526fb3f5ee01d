/** Entry point of the forked process that solves for the editor. What crashes here costs the editor nothing. */

import { readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import packageJson from '../../../package.json' with { type: 'json' };
import { cacheFolder, DiskCache } from '../../engine/node/cache.js';
import { DiskCheckpoints } from '../../engine/node/checkpoints.js';
import { nodeHost } from '../../engine/node/host.js';
import { type FromSolver, isToSolver } from '../../protocol/solver.js';
import { solverVersion } from '../../solver/version.js';
import { LiveCache } from './live-cache.js';
import { SolverService } from './service.js';

const folder = cacheFolder(solverVersion);
const shelf = new DiskCache(folder);
const cache = new LiveCache(shelf, folder);
const checkpoints = new DiskCheckpoints(folder);
let workers = availableParallelism();

function post(message: FromSolver): void {
  if (process.connected) process.send?.(message);
}

async function bytesIn(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(path, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const service = new SolverService({
  version: packageJson.version,
  post,
  engine: () => nodeHost({ workers, cache, checkpoints, script: new URL('./worker.js', import.meta.url) }),
  expect: (hash, seconds) => cache.expect(hash, seconds),
  clearCache: async () => {
    const bytes = await bytesIn(folder);
    await cache.clear();
    return bytes;
  },
  later: (milliseconds, callback) => {
    if (milliseconds === 0) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
});

process.on('message', (message) => {
  if (!isToSolver(message)) return;
  if (message.type === 'configure') {
    workers = message.workers ?? availableParallelism();
    if (message.strings !== null) l10n.config({ contents: JSON.stringify(message.strings) });
  } else service.receive(message).catch((error: unknown) => console.error(error));
});
// The editor is gone, or wants this process to end.
process.on('disconnect', () => {
  // Whatever happens, not for long.
  setTimeout(() => process.exit(0), 1000).unref();
  void service.stop().then(async () => {
    await checkpoints.flush();
    shelf.abandon();
    checkpoints.abandon();
    process.exit(0);
  });
});
