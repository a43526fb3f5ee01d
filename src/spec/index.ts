/** The meaning of a spec: from the tree to plain experiments and runs. Pure; files come through a reader. */
import type { Diagnostic } from '../language/diagnostic.js';
import { type ParsedSpec, parseSpec } from '../language/index.js';
import { buildExperiment, checkLets } from './build.js';
import { ExperimentScope, environment } from './environment.js';
import type { Experiment, Plan } from './experiment.js';
import { fileContextOf } from './file-context.js';
import { type FileReader, FileStore } from './files/reader.js';
import { MatrixStore } from './matrices.js';
import { Report } from './mistake.js';
import { applyOptions, type Relocation, unmoved } from './options.js';
import { rangeIn } from './ranges.js';

export { createEvaluator } from './evaluator.js';
export type { FileProblem, FileReader } from './files/reader.js';
export { FileStore, noFiles } from './files/reader.js';

export interface PlanOptions {
  /** Name of the file as the user gave it. */
  readonly file: string;
  readonly reader: FileReader;
  /** Files read by an earlier build, used in place of `reader`: for a caller that knows when one has changed. */
  readonly files?: FileStore;
  /** `NAME=EXPRESSION` or `block.setting=EXPRESSION`, checked like text. */
  readonly sets?: readonly string[];
}

/**
 * The experiments of a spec that have no error, and all diagnostics: those of the language, then those of the meaning, in the
 * order of the text. One mistake gives one message: what the language has complained about is not complained about again.
 */
export function buildPlan(parsed: ParsedSpec, options: PlanOptions): { plan: Plan; diagnostics: Diagnostic[] } {
  const sets = options.sets ?? [];
  if (sets.length === 0) {
    return lowerTree(parsed, options, unmoved);
  }
  const applied = applyOptions(parsed, sets, parseSpec);
  const { plan, diagnostics } = lowerTree(applied.parsed, options, applied.relocation);
  if (diagnostics.length === 0) {
    return { plan, diagnostics: applied.diagnostics };
  }
  // What is wrong only because of the options says so, wherever it stands.
  const key = (diagnostic: Diagnostic): string => `${diagnostic.code} ${diagnostic.start} ${diagnostic.message}`;
  const before = new Set(lowerTree(parsed, options, unmoved).diagnostics.map(key));
  const caused = diagnostics.map((diagnostic) =>
    before.has(key(diagnostic)) || diagnostic.message.startsWith('--set ')
      ? diagnostic
      : { ...diagnostic, message: `--set ${sets.join(' --set ')}: ${diagnostic.message}` },
  );
  return { plan, diagnostics: [...applied.diagnostics, ...caused] };
}

function lowerTree(parsed: ParsedSpec, options: PlanOptions, relocation: Relocation): { plan: Plan; diagnostics: Diagnostic[] } {
  const file = fileContextOf(parsed);
  const { damage, lets } = file;
  const experimentNodes = parsed.tree.elements.filter((element) => element.$type === 'Experiment');
  const files = options.files ?? new FileStore(options.reader);
  const matrices = new MatrixStore(files);
  const rangeOf = rangeIn(parsed.text, relocation);
  const experiments: Experiment[] = [];
  const top = new Report();
  checkLets(lets.values(), environment(new ExperimentScope(file, null), new Map(), new Map()), top);
  const found: Diagnostic[] = [...top.diagnostics];
  for (const element of experimentNodes) {
    const built = buildExperiment(element, { file, files, matrices, rangeOf });
    found.push(...built.diagnostics);
    if (built.experiment !== null) {
      experiments.push(built.experiment);
    }
  }
  const fresh = found.filter((diagnostic, i) => {
    const same = (other: Diagnostic): boolean =>
      other.code === diagnostic.code && other.start === diagnostic.start && other.end === diagnostic.end;
    return !damage.some((other) => other.start < diagnostic.end && other.end > diagnostic.start) && found.findIndex(same) === i;
  });
  const diagnostics = [...parsed.diagnostics, ...fresh].map((diagnostic) => relocation.diagnostic(diagnostic));
  return { plan: { file: options.file, experiments }, diagnostics: diagnostics.sort((a, b) => a.start - b.start) };
}
