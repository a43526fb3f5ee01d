/** From files to experiments, with everything that is wrong on the way. */
import { resolve } from 'node:path';
import { folderReader } from '../engine/node/reader.js';
import type { Diagnostic } from '../language/diagnostic.js';
import { nearest } from '../language/distance.js';
import { parseSpec } from '../language/index.js';
import type { Experiment } from '../spec/experiment.js';
import { buildPlan } from '../spec/index.js';
import type { Arguments } from './arguments.js';
import { UsageError } from './exit.js';
import { readSource, type Source } from './files.js';

export interface Loaded {
  readonly sources: readonly Source[];
  readonly experiments: readonly { readonly file: string; readonly experiment: Experiment }[];
  readonly diagnostics: readonly LocatedDiagnostic[];
  /** There is an error among the diagnostics. */
  readonly failed: boolean;
}

export interface LocatedDiagnostic {
  readonly file: string;
  /** The text that the offsets count in. */
  readonly text: string;
  readonly diagnostic: Diagnostic;
}

export function load(args: Arguments): Loaded {
  const root = args.values.get('root')?.[0];
  const sets = args.values.get('set') ?? [];
  const sources = args.operands.map(readSource);
  const experiments: { file: string; experiment: Experiment }[] = [];
  const diagnostics: LocatedDiagnostic[] = [];
  for (const { name, text, folder } of sources) {
    const parsed = parseSpec(text);
    const reader = folderReader(folder, root === undefined ? folder : resolve(root));
    const built = buildPlan(parsed, { file: name, reader, sets });
    for (const diagnostic of built.diagnostics) diagnostics.push({ file: name, text, diagnostic });
    for (const experiment of built.plan.experiments) experiments.push({ file: name, experiment });
  }
  const failed = diagnostics.some(({ diagnostic }) => diagnostic.severity === 'error');
  const only = args.values.get('only');
  if (only === undefined || failed) return { sources, experiments, diagnostics, failed };
  const titles = experiments.map(({ experiment }) => experiment.title);
  for (const title of only) {
    if (titles.includes(title)) continue;
    const guess = titles.find((one) => one.toLowerCase().startsWith(title.toLowerCase())) ?? nearest(title, titles);
    const known = titles.length === 0 ? 'there are none' : titles.map((one) => `"${one}"`).join(', ');
    throw new UsageError(`there is no experiment "${title}": ${guess === undefined ? known : `did you mean "${guess}"?`}`);
  }
  return { sources, experiments: experiments.filter(({ experiment }) => only.includes(experiment.title)), diagnostics, failed };
}
