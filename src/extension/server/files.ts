/** Which data files a spec may read: those of its workspace folder, or of its own folder when it is opened alone. */
import { readdirSync } from 'node:fs';
import { dirname, isAbsolute, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
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

export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

const dataFile = /\.(csv|npy)$/i;

/** What a spec may name in a folder, as the spec writes it (empty, or with `/` at its end): folders and data files, by name. */
export function entriesOf(reader: FileReader, folder: string): FolderEntry[] {
  const resolved = reader.resolve(folder === '' ? '.' : folder);
  if (typeof resolved !== 'string') return [];
  const above = /^(\.\.\/)*$/.test(folder) && typeof reader.resolve(`${folder}..`) === 'string' ? [{ name: '..', isFolder: true }] : [];
  try {
    const entries = readdirSync(resolved, { withFileTypes: true }).flatMap((entry): FolderEntry[] => {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
      // A link may lead to either; what it leads to is found out when it is taken.
      if (entry.isDirectory()) return [{ name: entry.name, isFolder: true }];
      return dataFile.test(entry.name) ? [{ name: entry.name, isFolder: false }] : [];
    });
    return [...entries.sort((a, b) => (a.name < b.name ? -1 : 1)), ...above];
  } catch {
    // A folder that cannot be read has nothing to offer.
    return [];
  }
}

/** Address of a file that a spec names; null when there is none, or none that it may read. */
export function addressOf(reader: FileReader, path: string): string | null {
  const resolved = path === '' ? null : reader.resolve(path);
  return typeof resolved === 'string' ? pathToFileURL(resolved).href : null;
}
