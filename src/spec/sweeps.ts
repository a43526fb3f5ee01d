/** The values that sweeps take, and their product. */
import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import type { Let, Sweep as SweepNode } from '../language/generated/ast.js';
import { codes } from './codes.js';
import { type ExperimentScope, environment, isDamaged } from './environment.js';
import { evaluate } from './evaluate.js';
import type { SweepValue } from './experiment.js';
import { longestList } from './limits.js';
import { Damaged, Mistake } from './mistake.js';
import { describe, type Value } from './values.js';

export interface SweepValues {
  readonly name: string;
  readonly node: SweepNode;
  readonly values: readonly Value[];
  /** Where each value stands: its own text, or the call or range that made it. */
  readonly places: readonly AstNode[];
}

export function sweepValue(value: Value): SweepValue {
  return { text: value.text, value: value.kind === 'number' ? value.value : null };
}

/** Every value of a sweep in order. Throws `Mistake` for what is not a list, is empty or holds a value twice. */
export function sweepValues(node: SweepNode, scope: ExperimentScope, fixed: Map<Let, Value>): SweepValues {
  if (node.list === undefined || isDamaged(scope.file, node)) {
    throw new Damaged();
  }
  for (const other of scope.sweepsBehind(node.list)) {
    if (other !== node.name) {
      throw new Mistake(
        codes.sweepOverSweep,
        node.list,
        l10n.t("The list of `{0}` depends on the sweep `{1}`; a sweep's list may use lets, not other sweeps.", node.name, other),
      );
    }
  }
  const list = evaluate(node.list, environment(scope, new Map(), fixed, node.name));
  if (list.kind !== 'list') {
    throw new Mistake(
      codes.type,
      node.list,
      l10n.t('`sweep {0} over` needs a list, as in `[10, 100]`, `1..16` or `logspace(10, 1000, 5)`, not {1}.', node.name, describe(list)),
    );
  }
  const values: Value[] = [];
  const places: AstNode[] = [];
  list.items.forEach((item, i) => {
    const place = list.nodes?.[i] ?? node.list;
    const parts = item.kind === 'list' && item.generated ? item.items : [item];
    values.push(...parts);
    places.push(...parts.map(() => place));
  });
  if (values.length === 0) {
    throw new Mistake(codes.emptyList, node.list, l10n.t('The list of `{0}` is empty; a sweep needs at least one value.', node.name));
  }
  if (values.length > longestList) {
    throw new Mistake(
      codes.runs,
      node.list,
      l10n.t('The list of `{0}` has {1} values; at most {2} are possible.', node.name, values.length, longestList),
    );
  }
  const seen = new Set<string>();
  const distinct: Value[] = [];
  const distinctPlaces: AstNode[] = [];
  values.forEach((value, i) => {
    if (seen.has(value.text)) {
      if (list.generated) {
        return;
      }
      throw new Mistake(codes.duplicateValue, places[i]!, l10n.t('`{0}` takes the value {1} twice.', node.name, value.text));
    }
    seen.add(value.text);
    distinct.push(value);
    distinctPlaces.push(places[i]!);
  });
  return { name: node.name, node, values: distinct, places: distinctPlaces };
}

/** Calls `visit` for every combination, the last sweep fastest, until it answers false. */
export function forEachCombination(sweeps: readonly SweepValues[], visit: (values: ReadonlyMap<string, Value>) => boolean): void {
  const index = sweeps.map(() => 0);
  for (;;) {
    if (!visit(new Map(sweeps.map((sweep, i) => [sweep.name, sweep.values[index[i]!]!])))) {
      return;
    }
    let at = sweeps.length - 1;
    while (at >= 0 && ++index[at]! >= sweeps[at]!.values.length) {
      index[at--] = 0;
    }
    if (at < 0) {
      return;
    }
  }
}
