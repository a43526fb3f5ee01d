import * as l10n from '@vscode/l10n';
import { isExpression } from '../generated/ast.js';
import { rangeOf } from '../index.js';
import type { Span, SpecDocument } from './document.js';
import type { Evaluated } from './evaluator.js';

/** What the innermost expression at an offset is worth, on one line. */
export function valueAt(document: SpecDocument, offset: number): (Span & { readonly text: string }) | null {
  const node = document.nodeAt(offset, isExpression);
  const value = node === undefined ? null : document.evaluator.value(node);
  return node === undefined || value === null ? null : { ...rangeOf(node), text: valueText(value) };
}

/** `0.2`, or `0.1 at L = 10; 0.01 at L = 100; …`. */
export function valueText({ text, cases, more }: Evaluated): string {
  if (text !== null) return text;
  return `${cases.map((one) => l10n.t('{0} at {1}', one.text, one.where)).join('; ')}${more ? '; …' : ''}`;
}
