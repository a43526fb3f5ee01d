import { type AstNode, AstUtils } from 'langium';
import { isExperiment } from '../generated/ast.js';
import { type ParsedSpec, rangeOf } from '../index.js';
import { findStructure } from '../structure.js';
import type { Structure } from '../structure-parts.js';
import { type Comment, scan, type Token } from '../tokens.js';
import { type Evaluator, noEvaluator } from './evaluator.js';

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One version of a spec, for the features of an editor: what they share is made at its first use. */
export class SpecDocument {
  #scan: { readonly tokens: readonly Token[]; readonly comments: readonly Comment[] } | undefined;
  #structure: Structure | undefined;
  #lineStarts: readonly number[] | undefined;

  constructor(
    readonly parsed: ParsedSpec,
    readonly evaluator: Evaluator = noEvaluator,
  ) {}

  get text(): string {
    return this.parsed.text;
  }

  /** Every token of the text, whether its statement is whole or not. */
  get tokens(): readonly Token[] {
    this.#scan ??= scan(this.text);
    return this.#scan.tokens;
  }

  get comments(): readonly Comment[] {
    this.#scan ??= scan(this.text);
    return this.#scan.comments;
  }

  /** Experiments, blocks, statements and settings by their tokens. */
  get structure(): Structure {
    this.#structure ??= findStructure(this.tokens);
    return this.#structure;
  }

  /** Line of an offset, from 1. */
  lineAt(offset: number): number {
    this.#lineStarts ??= [0, ...[...this.text.matchAll(/\n/g)].map((match) => match.index + 1)];
    return upperBound(this.#lineStarts, offset);
  }

  /** A node with a part that the text lacks, such as the end of a string, may reach behind the text. */
  clip({ start, end }: Span): Span {
    const { length } = this.text;
    return { start: Math.min(start, length), end: Math.min(end, length) };
  }

  /** Index of the first token that ends behind an offset. */
  tokenIndexBehind(offset: number): number {
    let low = 0;
    let high = this.tokens.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tokens[middle]!.end <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The token at an offset; a word before a symbol when the offset is between them. */
  tokenAt(offset: number): Token | undefined {
    const i = this.tokenIndexBehind(offset);
    const behind = this.tokens[i];
    const before = this.tokens[i - 1];
    const touches = before?.end === offset;
    if (behind !== undefined && behind.start <= offset && !(touches && behind.kind === 'symbol')) return behind;
    return touches ? before : behind !== undefined && behind.start <= offset ? behind : undefined;
  }

  /** True inside a comment; at the end of a line comment too. */
  isComment(offset: number): boolean {
    return this.comments.some((c) => c.start < offset && (offset < c.end || (offset === c.end && c.image.startsWith('//'))));
  }

  /** The innermost node whose text holds the offset and that passes the test. */
  nodeAt<T extends AstNode>(offset: number, is: (node: AstNode) => node is T): T | undefined {
    let found: T | undefined;
    const visit = (node: AstNode): void => {
      if (is(node)) found = node;
      for (const child of AstUtils.streamContents(node)) {
        const { start, end } = rangeOf(child);
        if (start <= offset && offset <= end && end > start) visit(child);
      }
    };
    visit(this.parsed.tree);
    return found;
  }

  experiments() {
    return this.parsed.tree.elements.filter(isExperiment);
  }
}

/** How many of the sorted values are at most `value`. */
function upperBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
