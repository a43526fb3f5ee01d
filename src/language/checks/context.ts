import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import type { Code } from '../catalogue.js';
import { type Diagnostic, diagnostic, type Fix } from '../diagnostic.js';
import { nearest } from '../distance.js';
import type { Experiment } from '../generated/ast.js';
import { rangeOf, type SyntaxResult } from '../parse.js';
import { placeOfProperty } from '../tree-parser.js';

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Collects the mistakes of a file; a name that is not known is reported once, however often it is used. */
export class Context {
  readonly diagnostics: Diagnostic[] = [];
  readonly #unknown = new Set<string>();

  constructor(
    readonly syntax: SyntaxResult,
    readonly experiments: readonly Experiment[],
  ) {}

  report(code: Code, message: string, range: Range, fix?: Fix): void {
    this.diagnostics.push(diagnostic(code, message, range, fix));
  }

  /** Reports a word that means nothing here, with the nearest of the words that would. `what` is the whole first clause. */
  unknownWord(code: Code, word: string, what: string, range: Range, candidates: Iterable<string>, otherwise = ''): void {
    const right = nearest(word, candidates);
    if (right !== undefined) this.report(code, l10n.t('{0}; did you mean `{1}`?', what, right), range, this.replace(range, right));
    else this.report(code, otherwise === '' ? `${what}.` : l10n.t('{0}; {1}.', what, otherwise), range);
  }

  replace(range: Range, text: string): Fix {
    return { title: l10n.t('Write `{0}`', text), start: range.start, end: range.end, text };
  }

  /** True the first time that a name is found to be unknown, unless its definition is damaged. */
  isNewUnknown(name: string, experiment: Experiment | undefined): boolean {
    const { names } = this.syntax.damage;
    for (const scope of [-1, experiment ? this.indexOf(experiment) : -1]) {
      const damaged = names.get(scope);
      if (damaged?.has(null) || damaged?.has(name)) return false;
    }
    if (this.#unknown.has(name)) return false;
    this.#unknown.add(name);
    return true;
  }

  indexOf(experiment: Experiment): number {
    return this.experiments.indexOf(experiment);
  }
}

/** Where a property of a node stands; the node itself when the property has no text of its own. */
export function rangeOfProperty(node: AstNode, property: string, index = 0): Range {
  return placeOfProperty(node, property, index) ?? rangeOf(node);
}
