import { type AstNode, AstUtils } from 'langium';
import type { BlockPart, ExperimentPart, Leaf } from '../structure-parts.js';
import type { Token } from '../tokens.js';
import type { Span, SpecDocument } from './document.js';

export interface SpecSymbol extends Span {
  readonly name: string;
  readonly detail: string;
  readonly kind: 'experiment' | 'block' | 'setting' | 'let' | 'sweep' | 'expect' | 'measure' | 'plot' | 'statement';
  /** What is selected when the symbol is chosen; within the whole. */
  readonly selection: Span;
  readonly children: readonly SpecSymbol[];
}

const spanOf = (from: Pick<Token, 'start'>, to: Pick<Token, 'end'>): Span => ({ start: from.start, end: Math.max(from.start, to.end) });

/** The outline of a spec; what is damaged stays in it. */
export function symbols(document: SpecDocument): SpecSymbol[] {
  return document.structure.parts.flatMap((part) => ('kind' in part ? leafSymbol(document, part) : [experimentSymbol(document, part)]));
}

function experimentSymbol(document: SpecDocument, part: ExperimentPart): SpecSymbol {
  const [word, title] = part.header;
  const name = title?.image.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1');
  return {
    ...spanOf(word!, part.close),
    name: name === undefined || name === '' ? 'experiment' : name,
    detail: 'experiment',
    kind: 'experiment',
    selection: spanOf(title ?? word!, title ?? word!),
    children: part.members.flatMap((member) => ('kind' in member ? leafSymbol(document, member) : [blockSymbol(document, member)])),
  };
}

function blockSymbol(document: SpecDocument, part: BlockPart): SpecSymbol {
  const [kind, variant] = part.header;
  return {
    ...spanOf(kind!, part.close),
    name: kind!.image,
    detail: variant?.image ?? '',
    kind: 'block',
    selection: spanOf(kind!, kind!),
    children: part.settings.flatMap((setting) => leafSymbol(document, setting)),
  };
}

function leafSymbol(document: SpecDocument, leaf: Leaf): SpecSymbol[] {
  const [first, second] = leaf.tokens;
  if (first === undefined || first.end === first.start) return [];
  const last = leaf.tokens[leaf.tokens.length - 1]!;
  const textFrom = (index: number): string => {
    const from = leaf.tokens[index];
    return from === undefined ? '' : document.text.slice(from.start, last.end).replace(/\s+/g, ' ');
  };
  const symbol = (kind: SpecSymbol['kind'], name: string, detail: string, at: Token): SpecSymbol[] => [
    { ...spanOf(first, last), name, detail, kind, selection: spanOf(at, at), children: [] },
  ];
  if (leaf.block !== null) return symbol('setting', first.image, textFrom(2), first);
  switch (first.image) {
    case 'let':
    case 'sweep':
      return second === undefined || second.end === second.start ? [] : symbol(first.image, second.image, textFrom(3), second);
    case 'expect':
    case 'measure':
    case 'plot':
      return symbol(first.image, `${first.image} ${textFrom(1)}`, '', first);
    default:
      return leaf.kind === 'unknown' ? [] : symbol('statement', `${first.image} ${textFrom(1)}`, '', first);
  }
}

export interface Fold {
  /** Lines from 1, both included. */
  readonly from: number;
  readonly to: number;
  readonly kind: 'region' | 'comment';
}

/** Experiments, blocks, bracketed lists over several lines, and runs of comment lines. */
export function folds(document: SpecDocument): Fold[] {
  const found: Fold[] = [];
  const open: Token[] = [];
  for (const token of document.tokens) {
    if (token.kind !== 'symbol') continue;
    if ('{[('.includes(token.image)) open.push(token);
    else if ('}])'.includes(token.image)) {
      const from = open.pop();
      // The line of the closing bracket stays in sight.
      if (from !== undefined && token.line - 1 > from.line) found.push({ from: from.line, to: token.line - 1, kind: 'region' });
    }
  }
  let run: { from: number; to: number } | null = null;
  const end = (): void => {
    if (run !== null && run.to > run.from) found.push({ ...run, kind: 'comment' });
    run = null;
  };
  for (const comment of document.comments) {
    const from = document.lineAt(comment.start);
    const to = document.lineAt(comment.end);
    const alone = document.text.slice(document.text.lastIndexOf('\n', comment.start - 1) + 1, comment.start).trim() === '';
    if (run !== null && alone && from === run.to + 1) run = { from: run.from, to };
    else {
      end();
      if (alone) run = { from, to };
    }
  }
  end();
  return found.sort((a, b) => a.from - b.from);
}

/** Ranges around an offset, each inside the next: word, expression, setting, block, experiment, file. */
export function selections(document: SpecDocument, offset: number): Span[] {
  const spans: Span[] = [];
  const add = (span: Span): void => {
    const last = spans[spans.length - 1];
    const holds = span.start <= offset && offset <= span.end && span.end > span.start;
    const grows = last === undefined || (span.start <= last.start && span.end >= last.end && span.end - span.start > last.end - last.start);
    if (holds && grows) spans.push(span);
  };
  const token = document.tokenAt(offset);
  if (token !== undefined) {
    if (token.kind === 'string') add({ start: token.start + 1, end: token.end - 1 });
    add(token);
  }
  for (const comment of document.comments) add(comment);
  for (const node of nodesAround(document, offset)) add(node);
  add({ start: 0, end: document.text.length });
  return spans;
}

function nodesAround(document: SpecDocument, offset: number): Span[] {
  const found: Span[] = [];
  const visit = (node: AstNode): void => {
    for (const child of AstUtils.streamContents(node)) {
      const cst = child.$cstNode;
      if (cst === undefined || cst.offset > offset || cst.end < offset) continue;
      found.unshift(document.clip({ start: cst.offset, end: cst.end }));
      visit(child);
    }
  };
  visit(document.parsed.tree);
  // Damaged statements are not in the tree; what holds them is.
  for (const part of document.structure.parts) {
    if ('kind' in part) continue;
    found.push(...part.members.flatMap((member) => ('kind' in member ? [] : [spanOf(member.header[0]!, member.close)])));
    found.push(spanOf(part.header[0]!, part.close));
  }
  return found.sort((a, b) => a.end - a.start - (b.end - b.start));
}
