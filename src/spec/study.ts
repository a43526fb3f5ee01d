/** What the statements of one experiment share while they are read. */
import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import type { Block, Experiment as ExperimentNode, Expression, Let } from '../language/generated/ast.js';
import { codes } from './codes.js';
import { type Environment, type ExperimentScope, environment } from './environment.js';
import { evaluateNumber } from './evaluate.js';
import type { SourceRange } from './experiment.js';
import type { FileStore } from './files/reader.js';
import { Damaged, Mistake, type Report } from './mistake.js';
import type { SweepValues } from './sweeps.js';
import type { Value } from './values.js';

export interface Study {
  readonly node: ExperimentNode;
  readonly scope: ExperimentScope;
  readonly sweeps: readonly SweepValues[];
  readonly blocks: ReadonlyMap<string, Block>;
  readonly fixed: Map<Let, Value>;
  readonly report: Report;
  readonly files: FileStore;
  readonly rangeOf: (node: AstNode) => SourceRange;
}

/** Names as they stand outside any run: a sweep has no value. */
export function constantsOf(study: Study): Environment {
  return environment(study.scope, new Map(), study.fixed);
}

/** A finite number that no sweep changes. */
export function constantNumber(study: Study, node: Expression | undefined, what: string): number {
  if (node === undefined) {
    throw new Damaged();
  }
  for (const sweep of study.scope.sweepsBehind(node)) {
    throw new Mistake(codes.type, node, l10n.t('{0} must be the same for all runs, and this depends on the sweep `{1}`.', what, sweep));
  }
  const value = evaluateNumber(node, constantsOf(study), what);
  if (!Number.isFinite(value)) {
    throw new Mistake(codes.infinite, node, l10n.t('{0} must be finite.', what));
  }
  return value;
}

export function isDiscrete(study: Study): boolean {
  const variant = study.blocks.get('train')?.variant;
  return variant === 'gradient_descent' || variant === 'sgd' || variant === 'adam';
}

/** The sweep named `name`; throws at `node` for any other name. */
export function sweepNamed(study: Study, name: string, node: AstNode): SweepValues {
  const sweep = study.sweeps.find((candidate) => candidate.name === name);
  if (sweep === undefined) {
    if (study.scope.file.damage.length > 0 || study.scope.damagedSweeps.has(name)) {
      throw new Damaged();
    }
    throw new Mistake(codes.notASweep, node, l10n.t('`{0}` is not a sweep of this experiment.', name));
  }
  return sweep;
}
