/** Files reach this layer through an interface, so that it runs in a browser as in Node. */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import * as l10n from '@vscode/l10n';
import { codes } from '../codes.js';
import type { FileReference } from '../experiment.js';
import { Damaged, Mistake } from '../mistake.js';
import type { FileValue } from '../values.js';
import { isProblem, largestFile, parseTable, type Table } from './table.js';

export interface FileProblem {
  readonly error: 'missing' | 'outside' | 'unreadable' | 'too_large';
  /** What the system said, for `unreadable`. */
  readonly message?: string;
}

export interface FileReader {
  /** The file named `path` in a spec (relative to the spec), as a path that `read` takes, here or in a worker; `outside` when it leaves the root. */
  resolve(path: string): string | FileProblem;
  /** Content of a resolved path; `too_large`, without reading it, when it has more than `limit` bytes. */
  read(resolved: string, limit: number): Uint8Array | FileProblem;
}

/** A reader that has no files. */
export const noFiles: FileReader = { resolve: (path) => path, read: () => ({ error: 'missing' }) };

/** Values of a table that is kept in memory (8 MB). */
const mostKept = 1_000_000;

export interface LoadedFile {
  readonly reference: FileReference;
  readonly table: Table;
}

/** The files that one plan uses, each read and parsed once. */
export class FileStore {
  private readonly loaded = new Map<string, LoadedFile | ((file: FileValue) => Mistake)>();

  constructor(private readonly reader: FileReader) {}

  /** Throws `Mistake` at the `file(…)` call. */
  load(file: FileValue): LoadedFile {
    let answer = this.loaded.get(file.path);
    if (answer === undefined) {
      answer = this.read(file.path);
      this.loaded.set(file.path, answer);
    }
    if (typeof answer === 'function') {
      throw answer(file);
    }
    return answer;
  }

  private read(path: string): LoadedFile | ((file: FileValue) => Mistake) {
    const shown = JSON.stringify(path);
    const refuse =
      (code: string, message: string) =>
      (file: FileValue): Mistake =>
        new Mistake(code, file.node, message);
    const resolved = this.reader.resolve(path);
    const bytes = typeof resolved === 'string' ? this.reader.read(resolved, largestFile) : resolved;
    if (typeof resolved !== 'string' || 'error' in bytes) {
      const problem = bytes as FileProblem;
      switch (problem.error) {
        case 'missing':
          return refuse(codes.fileMissing, l10n.t('There is no file {0}; paths are relative to the spec.', shown));
        case 'outside':
          return refuse(codes.fileOutside, l10n.t('{0} lies outside the folder that the spec may read from.', shown));
        case 'too_large':
          return refuse(codes.fileSize, l10n.t('{0} has more than {1} bytes, the most that is read.', shown, largestFile));
        case 'unreadable':
          return refuse(
            codes.fileFormat,
            l10n.t('{0} cannot be read{1}.', shown, problem.message === undefined ? '' : ` (${problem.message})`),
          );
      }
    }
    const table = parseTable(path, bytes);
    if (isProblem(table)) {
      const code = { format: codes.fileFormat, ragged: codes.fileRagged, value: codes.fileValue, size: codes.fileSize }[table.problem];
      return refuse(code, `${shown} ${table.message}.`);
    }
    const digest = bytesToHex(sha256(bytes));
    return loaded({ path: resolved, digest, rows: table.rows, columns: table.columns }, table, () =>
      this.reader.read(resolved, largestFile),
    );
  }
}

/**
 * A law needs no more of its file than the reference; the tokens are read where they are drawn from. So a large table is let go, and read again by who wants
 * its numbers after all.
 */
function loaded(reference: FileReference, table: Table, again: () => Uint8Array | FileProblem): LoadedFile {
  if (table.data.length <= mostKept) {
    return { reference, table };
  }
  return {
    reference,
    get table() {
      const bytes = again();
      const read = 'error' in bytes ? null : parseTable(reference.path, bytes);
      if (read === null || isProblem(read)) {
        // The file has changed since: whoever watches files reads the spec again.
        throw new Damaged();
      }
      return read;
    },
  };
}
