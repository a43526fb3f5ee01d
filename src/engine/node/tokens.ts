/** The tokens of data files, for a worker. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { EmpiricalTokens } from '../../solver/problem.js';
import type { FileReference } from '../../spec/experiment.js';

/** Values of files that a worker holds on to between runs (160 MB): the runs of a sweep share theirs, and what the solver keeps beside them. */
const mostValues = 20_000_000;

const held = new Map<string, EmpiricalTokens>();

/** The content is checked against the digest that is part of the run's hash: a file changed meanwhile must not pass for the old one. Throws where it does not fit. */
export async function readTokens(reference: FileReference): Promise<EmpiricalTokens> {
  const known = held.get(reference.digest);
  if (known !== undefined) {
    held.delete(reference.digest);
    held.set(reference.digest, known);
    return known;
  }
  const bytes = await readFile(reference.path);
  if (createHash('sha256').update(bytes).digest('hex') !== reference.digest) {
    throw new Error(`${reference.path} has changed since the spec was read.`);
  }
  const { isProblem, parseTable } = await import('../../spec/files/table.js');
  const table = parseTable(reference.path, bytes);
  if (isProblem(table)) throw new Error(`${reference.path} ${table.message}.`);
  const tokens = { rows: table.rows, columns: table.columns, data: table.data };
  held.set(reference.digest, tokens);
  let values = 0;
  for (const { data } of held.values()) values += data.length;
  for (const [digest, { data }] of held) {
    if (values <= mostValues || digest === reference.digest) break;
    held.delete(digest);
    values -= data.length;
  }
  return tokens;
}
