import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import { type Experiment, isBlock, isLet, isNameExpression, isSweep } from '../generated/ast.js';
import { type Definition, definitions, resolveName } from '../scope.js';
import { everyNode } from '../walk.js';
import { type Context, rangeOfProperty } from './context.js';

/** Definitions that nothing uses. Only asked of a file without a mistake, where a use cannot have been lost. */
export function checkUses(context: Context): void {
  const used = new Set<Definition>();
  for (const node of everyNode(context.syntax.tree)) {
    if (!isNameExpression(node)) continue;
    const own = resolveName(node, node.name);
    if (own) used.add(own);
  }
  for (const definition of definitions(context.syntax.tree).values()) warn(context, used, definition);
  for (const experiment of context.experiments) {
    for (const definition of definitions(experiment).values()) if (isLet(definition)) warn(context, used, definition);
    checkSweeps(context, experiment);
  }
}

function warn(context: Context, used: ReadonlySet<Definition>, definition: Definition): void {
  if (!used.has(definition)) context.report('W501', l10n.t('`{0}` is never used.', definition.name), rangeOfProperty(definition, 'name'));
}

/** A sweep changes its runs only through the settings of the blocks. */
function checkSweeps(context: Context, experiment: Experiment): void {
  const reached = new Set<Definition>();
  const open: Definition[] = [];
  const follow = (node: AstNode): void => {
    for (const inner of everyNode(node)) {
      if (!isNameExpression(inner)) continue;
      const target = resolveName(inner, inner.name, experiment);
      if (target && !reached.has(target)) {
        reached.add(target);
        open.push(target);
      }
    }
  };
  for (const member of experiment.members) if (isBlock(member)) follow(member);
  for (let next = open.pop(); next; next = open.pop()) follow(isLet(next) ? next.value : next.list);
  for (const member of experiment.members) {
    if (isSweep(member) && !reached.has(member))
      context.report(
        'W502',
        l10n.t('No setting depends on `{0}`, so that its runs are all alike.', member.name),
        rangeOfProperty(member, 'name'),
      );
  }
}
