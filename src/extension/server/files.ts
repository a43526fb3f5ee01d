/** Which data files a spec may read: those of its workspace folder, or of its own folder when it is opened alone. */
import { dirname, isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderReader } from '../../engine/node/reader.js';
import type { FileReader } from '../../spec/index.js';
import { noFiles } from '../../spec/index.js';

/** Texts that are not files on this machine have no data files. */
export function readerFor(uri: string, folders: readonly string[]): FileReader {
  const path = pathOf(uri);
  if (path === null) return noFiles;
  const base = dirname(path);
  const roots = folders
    .map(pathOf)
    .filter((folder): folder is string => folder !== null && isInside(folder, base))
    .sort((a, b) => b.length - a.length);
  return folderReader(base, roots[0] ?? base);
}

function pathOf(uri: string): string | null {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : null;
  } catch {
    return null;
  }
}

function isInside(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside === '' || !(inside.startsWith('..') || isAbsolute(inside));
}
