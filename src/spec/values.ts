/** Values of expressions. Matrices and laws stay symbolic until they land in a block, which gives them their dimension. */
import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';

export type Value = NumberValue | StringValue | BooleanValue | ListValue | WordValue | MatrixValue | LawValue | InitValue | FileValue;

interface Common {
  /** Canonical text: names evaluated, numbers in shortest form. */
  readonly text: string;
}
export interface NumberValue extends Common {
  readonly kind: 'number';
  readonly value: number;
}
export interface StringValue extends Common {
  readonly kind: 'string';
  readonly value: string;
}
export interface BooleanValue extends Common {
  readonly kind: 'boolean';
  readonly value: boolean;
}
export interface ListValue extends Common {
  readonly kind: 'list';
  readonly items: readonly Value[];
  /** Made by a range, linspace or logspace: spliced into a sweep's list, and free of duplicates. */
  readonly generated: boolean;
  /** Where each item stands, for a list written by hand. */
  readonly nodes: readonly AstNode[] | null;
}
/** A keyword value; `identity`, `rademacher` and `bayes` turn into a matrix, a law or a start where one is asked for. */
export interface WordValue extends Common {
  readonly kind: 'word';
  readonly word: string;
}
export interface MatrixValue extends Common {
  readonly kind: 'matrix';
  readonly matrix: MatrixExpression;
}
export interface LawValue extends Common {
  readonly kind: 'law';
  readonly law: LawExpression;
}
export interface InitValue extends Common {
  readonly kind: 'init';
  readonly init:
    | { readonly kind: 'balanced'; readonly alpha: number }
    | { readonly kind: 'random'; readonly seed: number | null; readonly scale: number }
    | { readonly kind: 'small_identity'; readonly scale: number }
    | { readonly kind: 'bayes' };
}
/** `file("…")`, a law or a matrix; with x and y an overlay's curve. */
export interface FileValue extends Common {
  readonly kind: 'file';
  readonly path: string;
  readonly node: AstNode;
  readonly x: string | null;
  readonly y: string | null;
}

/** A matrix without its dimension. */
export type MatrixExpression =
  | { readonly kind: 'identity' }
  | { readonly kind: 'kms'; readonly rho: number }
  | { readonly kind: 'diagonal'; readonly entries: readonly number[] }
  | { readonly kind: 'power_law'; readonly exponent: number }
  | { readonly kind: 'condition'; readonly condition: number }
  | { readonly kind: 'rows'; readonly rows: readonly (readonly number[])[] }
  | { readonly kind: 'file'; readonly file: FileValue }
  | { readonly kind: 'scaled'; readonly factor: number; readonly matrix: MatrixExpression; readonly text: string }
  | { readonly kind: 'sum'; readonly terms: readonly MatrixExpression[] };

/** A law without its dimension. */
export type LawExpression =
  | { readonly kind: 'gaussian'; readonly variance: number }
  | { readonly kind: 'gaussian_matrix'; readonly covariance: MatrixValue; readonly mean: readonly number[] | null; readonly node: AstNode }
  | { readonly kind: 'gaussian_mean'; readonly variance: number; readonly mean: readonly number[]; readonly node: AstNode }
  | { readonly kind: 'rademacher' }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'sphere'; readonly radius: number }
  | { readonly kind: 'mixture'; readonly components: readonly LawExpression[]; readonly weights: readonly number[] }
  | { readonly kind: 'file'; readonly file: FileValue };

/** Shortest decimal form that reads back as the same number; `inf` for infinity. */
export function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) {
    return 'inf';
  }
  if (value === Number.NEGATIVE_INFINITY) {
    return '-inf';
  }
  return Object.is(value, -0) ? '0' : String(value).replace('e+', 'e');
}

export function numberValue(value: number): NumberValue {
  const clean = Object.is(value, -0) ? 0 : value;
  return { kind: 'number', value: clean, text: numberText(clean) };
}

export function wordValue(word: string): WordValue {
  return { kind: 'word', word, text: word };
}

export function stringValue(value: string): StringValue {
  return { kind: 'string', value, text: JSON.stringify(value) };
}

export function listValue(items: readonly Value[], generated: boolean, nodes: readonly AstNode[] | null): ListValue {
  return { kind: 'list', items, generated, nodes, text: `[${items.map((item) => item.text).join(', ')}]` };
}

/** A value in words, for messages: `the number 2.5`, `the matrix kms(0.5)`. Long texts are cut. */
export function describe(value: Value): string {
  const text = value.text.length > 40 ? `${value.text.slice(0, 37)}...` : value.text;
  switch (value.kind) {
    case 'number':
      return text;
    case 'string':
      return l10n.t('the text {0}', text);
    case 'boolean':
      return `\`${text}\``;
    case 'word':
      return `\`${text}\``;
    case 'list':
      return l10n.t('the list {0}', text);
    case 'matrix':
      return l10n.t('the matrix `{0}`', text);
    case 'law':
      return l10n.t('the law `{0}`', text);
    case 'init':
      return l10n.t('the start `{0}`', text);
    case 'file':
      return l10n.t('the file {0}', text);
  }
}
