/** Content hashes: what a result depends on, in one canonical text, by SHA-256. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Problem } from '../solver/problem.js';
import { solverVersion } from '../solver/version.js';
import type { FileReference } from './experiment.js';

/** Digests of matrices that several runs share. */
const digests = new WeakMap<object, string>();

/** JSON with sorted keys, `inf` for Infinity, matrices by digest and files by digest without their path. */
function canonical(value: unknown): string {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? String(value) : `"${value}"`;
  }
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const isMatrix = Array.isArray(items[0]);
    const known = isMatrix ? digests.get(items) : undefined;
    if (known !== undefined) {
      return known;
    }
    const text = `[${items.map(canonical).join(',')}]`;
    if (!isMatrix) {
      return text;
    }
    const digest = `"#${digestOf(text)}"`;
    digests.set(items, digest);
    return digest;
  }
  const entries = Object.entries(value)
    .filter(([key, entry]) => entry !== undefined && !(key === 'path' && 'digest' in value))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join(',')}}`;
}

function digestOf(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** SHA-256 (hex) of a run: its problem and the solver's version. */
export function runHash(problem: Problem<FileReference>): string {
  return digestOf(`attn-run ${solverVersion} ${canonical(problem)}`);
}

/** SHA-256 (hex) of an experiment: its runs and whatever else is passed, but not its title or plots. */
export function experimentHash(runs: readonly string[], content: unknown): string {
  return digestOf(`attn-experiment ${solverVersion} ${canonical({ runs, content })}`);
}
