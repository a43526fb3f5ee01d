/** Tables of numbers from data files. Pure: bytes in, numbers out. */
import { parseCsv } from './csv.js';
import { parseNpy } from './npy.js';

export interface Table {
  /** Column names, when the file has a header. */
  readonly header: readonly string[] | null;
  readonly rows: number;
  readonly columns: number;
  /** Row-major, rows × columns; every value finite. */
  readonly data: Float64Array;
}

/** Why a file gives no table; `message` is a clause that follows the file's name. */
export interface TableProblem {
  readonly problem: 'format' | 'ragged' | 'value' | 'size';
  readonly message: string;
}

/** Most values read from one file (160 MB as doubles). */
export const largestTable = 20_000_000;
/** Most bytes read from one file. */
export const largestFile = 400_000_000;

export function isProblem(answer: Table | TableProblem): answer is TableProblem {
  return 'problem' in answer;
}

/** Reads `.npy` by its suffix or magic bytes, and CSV otherwise. */
export function parseTable(path: string, bytes: Uint8Array): Table | TableProblem {
  const isNpy = /\.npy$/i.test(path) || (bytes[0] === 0x93 && bytes[1] === 0x4e && bytes[2] === 0x55);
  return isNpy ? parseNpy(bytes) : parseCsv(bytes);
}
