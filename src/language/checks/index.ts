import type { Diagnostic } from '../diagnostic.js';
import { isExperiment } from '../generated/ast.js';
import type { SyntaxResult } from '../parse.js';
import { checkBlocks } from './blocks.js';
import { Context } from './context.js';
import { checkDefinitions, checkTitles } from './definitions.js';
import { checkExpressions } from './expressions.js';
import { checkStatements } from './statements.js';
import { checkUses } from './uses.js';

/** Checks of names and structure; numbers and other values are checked where they are evaluated. */
export function check(syntax: SyntaxResult): Diagnostic[] {
  const context = new Context(syntax, syntax.tree.elements.filter(isExperiment));
  checkTitles(context);
  checkDefinitions(context);
  for (const experiment of context.experiments) checkBlocks(context, experiment);
  checkExpressions(context);
  for (const experiment of context.experiments) checkStatements(context, experiment);
  if (syntax.diagnostics.length === 0 && context.diagnostics.length === 0) checkUses(context);
  // What a repair guessed is not held against the text a second time.
  const { ranges } = syntax.damage;
  return ranges.length === 0
    ? context.diagnostics
    : context.diagnostics.filter((d) => !ranges.some((r) => d.start >= r.start && d.end <= r.end));
}
