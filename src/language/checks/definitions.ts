import * as l10n from '@vscode/l10n';
import { type AstNode, AstUtils } from 'langium';
import { type Experiment, isLet, isNameExpression, isSweep, type Let, type Sweep } from '../generated/ast.js';
import { type Definition, definitions, resolveName } from '../scope.js';
import { builtIn, quantities } from '../vocabulary.js';
import { everyNode } from '../walk.js';
import { type Context, rangeOfProperty } from './context.js';

const kinds = {
  function: () => l10n.t('a function'),
  constant: () => l10n.t('a constant'),
  axis: () => l10n.t('an axis'),
  value: () => l10n.t('a word of the language'),
  quantity: () => l10n.t('a quantity'),
} as const;

export function checkTitles(context: Context): void {
  const seen = new Set<string>();
  for (const experiment of context.experiments) {
    if (experiment.title !== '' && seen.has(experiment.title)) {
      context.report(
        'E210',
        l10n.t('There is another experiment with the title "{0}"; give each its own.', experiment.title),
        rangeOfProperty(experiment, 'title'),
      );
    }
    seen.add(experiment.title);
  }
}

/** Names given twice, names of built-ins, cycles, sweeps over sweeps. */
export function checkDefinitions(context: Context): void {
  const spec = context.syntax.tree;
  const scopes: { members: readonly AstNode[]; experiment: Experiment | undefined }[] = [{ members: spec.elements, experiment: undefined }];
  for (const experiment of context.experiments) scopes.push({ members: experiment.members, experiment });
  const circular = new Set<Definition>();
  for (const { members, experiment } of scopes) {
    const seen = new Set<string>();
    for (const member of members) {
      if (!isLet(member) && !isSweep(member)) continue;
      const range = rangeOfProperty(member, 'name');
      const kind = builtIn(member.name) ?? (Object.hasOwn(quantities, member.name) ? 'quantity' : undefined);
      if (kind)
        context.report('E219', l10n.t('`{0}` is {1} and cannot be defined again; take another name.', member.name, kinds[kind]()), range);
      else if (seen.has(member.name))
        context.report(
          'E209',
          l10n.t('`{0}` is defined twice{1}; take another name.', member.name, experiment ? l10n.t(' in this experiment') : ''),
          range,
        );
      seen.add(member.name);
    }
    for (const member of members) {
      if (isLet(member)) checkCycle(context, member, circular);
      else if (isSweep(member) && experiment) checkSweepList(context, member, experiment);
    }
  }
}

/** Definitions that a definition reads, in the experiment or in the file. */
export function reads(definition: AstNode, experiment: Experiment | undefined): Definition[] {
  const found: Definition[] = [];
  const value = isLet(definition) ? definition.value : isSweep(definition) ? definition.list : definition;
  for (const node of everyNode(value)) {
    if (!isNameExpression(node)) continue;
    const target = resolveName(node, node.name, experiment);
    if (target) found.push(target);
  }
  return found;
}

function checkCycle(context: Context, start: Let, circular: Set<Definition>): void {
  if (circular.has(start)) return;
  const done = new Set<Definition>();
  const path: Definition[] = [start];
  const walk = [reads(start, undefined).concat(readsInside(start))];
  while (walk.length > 0) {
    const next = walk[walk.length - 1]!.pop();
    if (next === undefined) {
      walk.pop();
      path.pop();
    } else if (next === start) {
      for (const member of path) circular.add(member);
      const names = [...path, start].map((d) => `\`${d.name}\``).join(' → ');
      context.report(
        'E220',
        path.length === 1 ? l10n.t('`{0}` is defined by itself.', start.name) : l10n.t('`{0}` depends on itself: {1}.', start.name, names),
        rangeOfProperty(start, 'name'),
      );
      return;
    } else if (isLet(next) && !done.has(next)) {
      done.add(next);
      path.push(next);
      walk.push(readsInside(next));
    }
  }
}

const readsInside = (definition: Let): Definition[] =>
  reads(
    definition,
    AstUtils.getContainerOfType(definition, (n): n is Experiment => n.$type === 'Experiment'),
  );

function checkSweepList(context: Context, sweep: Sweep, experiment: Experiment): void {
  const seen = new Set<Definition>();
  for (const use of everyNode(sweep.list)) {
    if (!isNameExpression(use)) continue;
    const first = resolveName(use, use.name, experiment);
    const open = first ? [first] : [];
    for (let next = open.pop(); next; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      if (isSweep(next)) {
        const other = l10n.t(
          'The list of the sweep `{0}` uses the sweep `{1}`; a list may use lets only, and several sweeps make their product.',
          sweep.name,
          next.name,
        );
        context.report(
          'E221',
          next === sweep ? l10n.t('The list of the sweep `{0}` uses the sweep itself.', sweep.name) : other,
          rangeOfProperty(use, 'name'),
        );
        return;
      }
      open.push(...reads(next, experiment));
    }
  }
}

/** Names that can be written in an experiment, or in the file. */
export function visibleNames(context: Context, experiment: Experiment | undefined): string[] {
  const names = [...definitions(context.syntax.tree).keys()];
  if (experiment) names.push(...definitions(experiment).keys());
  return names;
}
