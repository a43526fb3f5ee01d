/** What evaluation needs to know of a whole file. */
import type { Experiment as ExperimentNode } from '../language/generated/ast.js';
import type { ParsedSpec } from '../language/index.js';
import type { FileContext } from './environment.js';
import { roundedLists } from './rounding.js';

export function fileContextOf(parsed: ParsedSpec): FileContext {
  const errors = parsed.diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  const damage = [...errors.map(({ start, end }) => ({ start, end: Math.max(end, start + 1) })), ...parsed.damage.ranges];
  const experimentNodes = parsed.tree.elements.filter((element) => element.$type === 'Experiment');
  const broken = new Set([...parsed.damage.experiments].map((index) => experimentNodes[index]));
  const lets = new Map(
    parsed.tree.elements.flatMap((element) => (element.$type === 'Let' ? [[element.name, element] as const] : [])).reverse(),
  );
  const base = { tree: parsed.tree, lets, damage, broken: (node: ExperimentNode) => broken.has(node) };
  return { ...base, rounded: roundedLists(parsed.tree, base) };
}
