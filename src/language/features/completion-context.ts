import type { BlockPart, ExperimentPart } from '../structure-parts.js';
import type { Token } from '../tokens.js';
import { blocks, clauseWords, statements } from '../vocabulary.js';
import type { Span, SpecDocument } from './document.js';

/** Where text is being written. */
export interface CompletionContext {
  readonly place: 'top' | 'experiment' | 'block';
  /** Index of the experiment, or −1. */
  readonly experiment: number;
  readonly part: ExperimentPart | null;
  readonly block: { readonly kind: string; readonly variant: string | null; readonly part: BlockPart | null } | null;
  /** Tokens of the statement or setting before the word that is being written. Empty where a new one begins. */
  readonly before: readonly Token[];
  /** The word that is being written. */
  readonly prefix: Span;
  /** What follows on the line, if anything. */
  readonly after: Token | undefined;
}

const operators = new Set(['+', '-', '*', '/', '^', '..', ',', '=', ':', '(', '[', '.', '%']);
const isOpening = (t: Token): boolean => t.kind === 'symbol' && (t.image === '(' || t.image === '[');
const isClosing = (t: Token): boolean => t.kind === 'symbol' && (t.image === ')' || t.image === ']');

interface Open {
  readonly place: 'experiment' | 'block';
  readonly header: readonly Token[];
  readonly index: number;
  readonly start: number;
}

/** Null where nothing can be completed: in a comment, a text or a number. Needs no tree, and survives an unfinished text. */
export function completionContext(document: SpecDocument, offset: number): CompletionContext | null {
  if (document.isComment(offset)) return null;
  const { tokens } = document;
  const behind = document.tokenIndexBehind(offset);
  const touching = [tokens[behind], tokens[behind - 1]].find((t) => t !== undefined && t.start < offset && t.end >= offset);
  if (touching !== undefined && (touching.kind === 'string' || touching.kind === 'number')) return null;
  const word = touching?.kind === 'word' ? touching : null;
  const prefix = { start: word?.start ?? offset, end: offset };
  const last = tokens.findLastIndex((t) => t.end <= prefix.start && t !== word);
  const open = openBraces(tokens, last);
  const inner = open[open.length - 1];
  const part = inner === undefined ? null : experimentPart(document, open[0]!);
  const experiment = part === null ? -1 : document.structure.parts.filter((one) => !('kind' in one)).indexOf(part);
  const after = tokens.find((t) => t.start >= offset && t !== word);
  return {
    place: inner?.place ?? 'top',
    experiment,
    part,
    block: inner?.place === 'block' ? blockOf(inner, part) : null,
    before: statementBefore(document, (inner?.index ?? -1) + 1, last, prefix.start, inner?.place === 'block'),
    prefix,
    after: after !== undefined && document.lineAt(after.start) === document.lineAt(offset) ? after : undefined,
  };
}

function openBraces(tokens: readonly Token[], last: number): Open[] {
  const open: Open[] = [];
  for (let i = 0; i <= last; i++) {
    const token = tokens[i]!;
    // An experiment begins anew, whatever was left open before it.
    if (token.kind === 'word' && token.image === 'experiment' && token.column === 1) open.length = 0;
    if (token.kind !== 'symbol') continue;
    if (token.image === '}') open.pop();
    else if (token.image === '{') {
      const header: Token[] = [];
      for (let k = i - 1; k >= 0 && tokens[k]!.line === token.line && tokens[k]!.kind !== 'symbol' && header.length < 2; k--)
        header.unshift(tokens[k]!);
      const isBlock = open.length > 0 || (header.length > 0 && Object.hasOwn(blocks, header[0]!.image));
      open.push({ place: isBlock ? 'block' : 'experiment', header, index: i, start: token.start });
    }
  }
  return open;
}

function experimentPart(document: SpecDocument, open: Open): ExperimentPart | null {
  const parts = document.structure.parts.filter((part): part is ExperimentPart => !('kind' in part));
  return parts.findLast((part) => part.header[0]!.start <= open.start) ?? null;
}

function blockOf(open: Open, part: ExperimentPart | null): CompletionContext['block'] {
  const kind = open.header.find((t) => Object.hasOwn(blocks, t.image))?.image ?? open.header[0]?.image ?? '';
  const variant = open.header.find((t) => t.image !== kind)?.image ?? null;
  const own = part?.members.find((member): member is BlockPart => !('kind' in member) && member.open.start === open.start) ?? null;
  return { kind, variant, part: own };
}

function statementBefore(document: SpecDocument, from: number, last: number, offset: number, isBlock: boolean): Token[] {
  const { tokens } = document;
  let statement: Token[] = [];
  let depth = 0;
  const continues = (previous: Token): boolean =>
    depth > 0 ||
    (previous.kind === 'symbol' && operators.has(previous.image) && !(isBlock && previous.image === ',')) ||
    (!isBlock && statement.length > 1 && previous.kind === 'word' && clauseWords.has(previous.image) && !isAxisName(statement));
  for (let i = from; i <= last; i++) {
    const token = tokens[i]!;
    const previous = statement[statement.length - 1];
    if (token.kind === 'symbol' && (token.image === '{' || token.image === '}')) {
      statement = [];
      depth = 0;
      continue;
    }
    if (previous !== undefined && token.first && (!continues(previous) || beginsStatement(token, isBlock))) {
      statement = [];
      depth = 0;
    }
    if (isBlock && depth === 0 && token.kind === 'symbol' && token.image === ',') {
      statement = [];
      continue;
    }
    if (isOpening(token)) depth++;
    else if (isClosing(token)) depth = Math.max(0, depth - 1);
    statement.push(token);
  }
  const end = statement[statement.length - 1];
  const onNewLine = end !== undefined && document.lineAt(end.end) < document.lineAt(offset);
  return onNewLine && !continues(end) ? [] : statement;
}

/** `log` of `log x` ends nothing; the words after `by` and `against` are names. */
const isAxisName = (statement: readonly Token[]): boolean => {
  const before = statement[statement.length - 2]?.image;
  return before === 'by' || before === 'against' || before === 'in';
};

const beginsStatement = (token: Token, isBlock: boolean): boolean =>
  token.kind === 'word' && !isBlock && (Object.hasOwn(statements, token.image) || Object.hasOwn(blocks, token.image));
