/** Files that are either whole or not there. */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { makeFolder } from '../engine/node/folders.js';
import { UsageError } from './exit.js';

const temporaries = new Set<string>();

/** Writes beside the file and renames: a reader, or an interrupt, never meets half of it. The mode of an existing file is kept. */
export function writeWhole(path: string, text: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  temporaries.add(temporary);
  try {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode;
    writeFileSync(temporary, text, mode === undefined ? { flag: 'wx' } : { flag: 'wx', mode });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new UsageError(`cannot write ${path}: ${reasonOf(error)}`);
  } finally {
    temporaries.delete(temporary);
  }
}

export function removeTemporaries(): void {
  for (const path of temporaries) rmSync(path, { force: true });
  temporaries.clear();
}

export function makeOutputFolder(path: string): void {
  try {
    makeFolder(path);
  } catch (error) {
    throw new UsageError(`cannot make the folder ${path}: ${reasonOf(error)}`);
  }
}

/** A spec as the reader named it. */
export interface Source {
  /** As given; `-` is standard input. */
  readonly name: string;
  readonly text: string;
  /** Folder that its data files are relative to. */
  readonly folder: string;
}

export function readSource(name: string): Source {
  try {
    const bytes = readFileSync(name === '-' ? 0 : name);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { name, text, folder: name === '-' ? process.cwd() : dirname(resolve(name)) };
  } catch (error) {
    throw new UsageError(`cannot read ${name === '-' ? 'standard input' : name}: ${reasonOf(error)}`);
  }
}

export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of the path is not a folder';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EAGAIN':
    case 'EBADF':
      return 'it is closed';
    case 'ENOSPC':
      return 'the disk is full';
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'it is not UTF-8 text';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
