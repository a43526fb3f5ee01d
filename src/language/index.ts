/** The language: text in, tree and diagnostics out. Pure and synchronous. */
import { type AstNode, AstUtils } from 'langium';
import { check } from './checks/index.js';
import type { Diagnostic } from './diagnostic.js';
import { isExperiment, isSpec, type Spec } from './generated/ast.js';
import { type Damage, limited, parseSyntax, rangeOf } from './parse.js';

export { type CatalogueEntry, type Code, catalogue, explain } from './catalogue.js';
export { type Diagnostic, diagnostic, type Fix } from './diagnostic.js';
export { formatSpec } from './format.js';
export { rangeOf } from './parse.js';
export { definitions, experimentOf, resolveName } from './scope.js';

export interface ParsedSpec {
  readonly text: string;
  /** Every statement that is whole; a damaged one is left out, and its mistake is in `diagnostics`. */
  readonly tree: Spec;
  readonly diagnostics: readonly Diagnostic[];
  /** True when there is no syntax error. */
  readonly complete: boolean;
  readonly damage: Damage;
  /** True when an error is reported within the node, or a part of it is missing from the tree: what it means is not known. */
  isDamaged(node: AstNode): boolean;
}

/** Parses and checks a spec. Takes any text: what is wrong with it is in `diagnostics`, in the order of the text. */
export function parseSpec(text: string): ParsedSpec {
  const syntax = parseSyntax(text);
  const errors = [...syntax.diagnostics, ...check(syntax)].sort((a, b) => a.start - b.start || a.end - b.end);
  const spots = errors.filter((d) => d.severity === 'error');
  return {
    text,
    tree: syntax.tree,
    diagnostics: limited(errors.map((d) => within(d, text.length))),
    complete: syntax.diagnostics.length === 0,
    damage: syntax.damage,
    isDamaged(node) {
      const { start, end } = rangeOf(node);
      if (spots.some((d) => d.start < end && d.end > start)) return true;
      if (syntax.damage.ranges.some((r) => r.start < end && r.end > start)) return true;
      if (isSpec(node)) return syntax.damage.ranges.length > 0;
      const experiment = AstUtils.getContainerOfType(node, isExperiment);
      return experiment === node && syntax.damage.experiments.has(syntax.tree.elements.filter(isExperiment).indexOf(experiment));
    },
  };
}

/** A token that the text lacks, such as the end of a string, may reach behind the text. */
function within(d: Diagnostic, length: number): Diagnostic {
  return d.end <= length ? d : { ...d, start: Math.min(d.start, length), end: length };
}
