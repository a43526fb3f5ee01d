import { parseSyntax, type SyntaxResult } from './parse.js';
import { findStructure } from './structure.js';
import type { Token } from './tokens.js';
import { clauseWords } from './vocabulary.js';

interface Item {
  readonly image: string;
  readonly kind: Token['kind'] | 'comment';
  readonly start: number;
  readonly end: number;
  /** Line breaks before it: 0, 1, or 2 for a blank line. */
  breaks: number;
}

interface Line {
  readonly items: Item[];
  readonly blankBefore: boolean;
  indent: number;
  /** What is aligned: `let` names, settings, or one-line blocks; lines of one kind that follow each other form a group. */
  group: string | null;
  /** Index of the item that is aligned. */
  column: number;
  text: string;
  comment: string | null;
}

/**
 * Lays a spec out: two-space indentation, one space around `=` and operators, `=` aligned in runs of lets and settings, at most one blank
 * line. Line breaks stay as written, but for a block that is spread over lines. Tokens and comments are kept as they are.
 * Null when the text has a syntax error. Formatting twice changes nothing more.
 */
export function formatSpec(text: string): string | null {
  const syntax = parseSyntax(text);
  if (syntax.diagnostics.length > 0) return null;
  const items = collectItems(syntax);
  if (items.length === 0) return '';
  breakBraces(items);
  const lines = splitLines(items, startsOf(syntax));
  for (const line of lines) line.text = render(line.items);
  align(lines);
  alignComments(lines);
  return lines
    .map((line) => `${line.blankBefore ? '\n' : ''}${`${' '.repeat(line.indent)}${line.text}${line.comment ?? ''}`.trimEnd()}\n`)
    .join('');
}

function collectItems(syntax: SyntaxResult): Item[] {
  const items: Item[] = [
    ...syntax.tokens.map((t) => ({ ...t, breaks: 0 })),
    ...syntax.comments.map((c) => ({ ...c, kind: 'comment' as const, breaks: 0 })),
  ].sort((a, b) => a.start - b.start);
  let end = 0;
  return items.map(({ image, kind, start, end: itemEnd }, i) => {
    const between = syntax.text.slice(end, start).split('\n').length - 1;
    end = itemEnd;
    return {
      image: kind === 'comment' ? image.replace(/\r\n/g, '\n').trimEnd() : image,
      kind,
      start,
      end: itemEnd,
      breaks: i === 0 ? 0 : Math.min(between, 2),
    };
  });
}

/** A brace pair that spans lines stands alone on both ends; no blank lines inside its ends; a line ends behind a block. */
function breakBraces(items: Item[]): void {
  const open: { index: number }[] = [];
  const lineOf: number[] = [];
  let line = 0;
  items.forEach((item, i) => {
    line += item.breaks > 0 ? 1 : 0;
    lineOf[i] = line;
    line += item.image.includes('\n') ? 1 : 0;
  });
  items.forEach((item, i) => {
    if (item.kind !== 'symbol') return;
    if (item.image === '{') open.push({ index: i });
    if (item.image !== '}') return;
    const from = open.pop()?.index;
    if (from === undefined || lineOf[from] === lineOf[i]) return;
    item.breaks = 1;
    const first = items[from + 1]!;
    // A comment behind the brace stays there.
    if (!(first.kind === 'comment' && first.breaks === 0 && first.image.startsWith('//'))) first.breaks = 1;
    const next = items[i + 1];
    if (next && next.kind !== 'comment' && next.breaks === 0) next.breaks = 1;
  });
  items.forEach((item, i) => {
    const next = items[i + 1];
    if (item.kind === 'symbol' && item.image === '}' && next && next.kind === 'word' && next.breaks === 0) next.breaks = 1;
    if (item.kind === 'comment' && item.image.startsWith('//') && next && next.breaks === 0) next.breaks = 1;
  });
}

interface Starts {
  readonly lets: ReadonlySet<number>;
  readonly settings: ReadonlySet<number>;
  /** Every statement, setting, header and closing brace. */
  readonly all: ReadonlySet<number>;
}

function startsOf(syntax: SyntaxResult): Starts {
  const lets = new Set<number>();
  const settings = new Set<number>();
  const all = new Set<number>();
  for (const part of findStructure(syntax.tokens).parts) {
    if ('kind' in part) {
      lets.add(part.tokens[0]!.start);
      all.add(part.tokens[0]!.start);
      continue;
    }
    for (const t of [part.header[0]!, part.open, part.close]) all.add(t.start);
    for (const member of part.members) {
      if ('kind' in member) {
        const first = member.tokens[0]!;
        all.add(first.start);
        if (first.image === 'let') lets.add(first.start);
        continue;
      }
      for (const t of [member.header[0]!, member.open, member.close]) all.add(t.start);
      for (const setting of member.settings) {
        settings.add(setting.tokens[0]!.start);
        all.add(setting.tokens[0]!.start);
      }
    }
  }
  return { lets, settings, all };
}

function splitLines(items: readonly Item[], starts: Starts): Line[] {
  const lines: Line[] = [];
  let braces = 0;
  let brackets = 0;
  let i = 0;
  while (i < items.length) {
    let j = i + 1;
    while (j < items.length && items[j]!.breaks === 0) j++;
    const row = items.slice(i, j);
    const first = row[0]!;
    const closesBrace = first.image === '}' && first.kind === 'symbol';
    const closesBracket = (first.image === ')' || first.image === ']') && first.kind === 'symbol';
    const continues = first.kind !== 'comment' && brackets === 0 && !starts.all.has(first.start);
    const indent = 2 * (braces - (closesBrace ? 1 : 0) + brackets - (closesBracket ? 1 : 0) + (continues ? 1 : 0));
    const last = row[row.length - 1]!;
    const trailing = row.length > 1 && last.kind === 'comment' && last.image.startsWith('//');
    const body = trailing ? row.slice(0, -1) : row;
    const afterOpen = i > 0 && items[i - 1]!.image === '{' && items[i - 1]!.kind === 'symbol';
    lines.push({
      items: body,
      blankBefore: first.breaks > 1 && !closesBrace && !afterOpen,
      indent: Math.max(0, indent),
      ...grouping(body, starts),
      text: '',
      comment: trailing ? last.image : null,
    });
    for (const item of row) {
      if (item.kind !== 'symbol') continue;
      if (item.image === '{') braces++;
      else if (item.image === '}') braces--;
      else if (item.image === '(' || item.image === '[') brackets++;
      else if (item.image === ')' || item.image === ']') brackets--;
    }
    i = j;
  }
  return lines;
}

/** Names of one-line blocks up to this length are padded, so that their braces stand in one column. */
const longestPadded = 9;

function grouping(row: readonly Item[], starts: Starts): { group: string | null; column: number } {
  const first = row[0]!;
  const none = { group: null, column: -1 };
  if (row.some((item) => item.image.includes('\n'))) return none;
  if (starts.lets.has(first.start) && row[2]?.image === '=' && row.filter((r) => starts.all.has(r.start)).length === 1)
    return { group: 'let', column: 2 };
  if (
    starts.settings.has(first.start) &&
    row[1]?.image === '=' &&
    row.filter((r) => starts.settings.has(r.start)).length === 1 &&
    !row.some((r) => r.image === '{' || r.image === '}')
  )
    return { group: 'setting', column: 1 };
  const isBlock =
    first.kind === 'word' &&
    row[1]?.image === '{' &&
    row[1].kind === 'symbol' &&
    row[row.length - 1]!.image === '}' &&
    first.image.length <= longestPadded;
  return isBlock ? { group: 'block', column: 1 } : none;
}

const clausesBeforeParenthesis = new Set([...clauseWords, 'repeat'].filter((w) => w !== 'log'));

/** True when a sign or power binds to what follows. */
function isUnary(items: readonly Item[], k: number): boolean {
  const item = items[k]!;
  if (item.kind !== 'symbol' || (item.image !== '-' && item.image !== '+')) return false;
  const before = items[k - 1];
  if (before === undefined) return false;
  if (before.kind === 'symbol') return before.image !== ')' && before.image !== ']';
  return before.kind === 'word' && clausesBeforeParenthesis.has(before.image) && items[k - 2]?.image !== '=';
}

function gap(items: readonly Item[], k: number): string {
  const a = items[k - 1]!;
  const b = items[k]!;
  if (a.kind === 'comment' || b.kind === 'comment') return ' ';
  const tight = (x: Item, images: string): boolean => x.kind === 'symbol' && images.split(' ').includes(x.image);
  if (tight(a, '( [ . .. ^') || tight(b, ') ] , : . .. ^ %')) return '';
  if (a.image === '{' && b.image === '}') return '';
  if (isUnary(items, k - 1)) return '';
  if (b.image === '(' && b.kind === 'symbol') return a.kind === 'word' && !clausesBeforeParenthesis.has(a.image) ? '' : ' ';
  const simple = (x: Item | undefined): boolean => x?.kind === 'word' || x?.kind === 'number';
  if (tight(b, '/') && simple(a) && simple(items[k + 1])) return '';
  if (tight(a, '/') && simple(b) && simple(items[k - 2])) return '';
  return ' ';
}

function render(items: readonly Item[]): string {
  let text = items[0]!.image;
  for (let k = 1; k < items.length; k++) text += gap(items, k) + items[k]!.image;
  return text;
}

/** Calls `done` with each run of lines that follow each other and belong together. */
function runs(lines: readonly Line[], together: (a: Line, b: Line) => boolean, done: (run: readonly Line[]) => void): void {
  let i = 0;
  while (i < lines.length) {
    let j = i + 1;
    while (j < lines.length && !lines[j]!.blankBefore && together(lines[j - 1]!, lines[j]!)) j++;
    if (j - i > 1) done(lines.slice(i, j));
    i = j;
  }
}

function align(lines: readonly Line[]): void {
  runs(
    lines,
    (a, b) => a.group !== null && a.group === b.group && a.indent === b.indent,
    (run) => {
      const heads = run.map((line) => render(line.items.slice(0, line.column)));
      const width = Math.max(...heads.map((h) => [...h].length));
      run.forEach((line, k) => {
        const head = heads[k]!;
        line.text = head + ' '.repeat(width - [...head].length) + line.text.slice(head.length);
      });
    },
  );
}

function alignComments(lines: readonly Line[]): void {
  const pad = (line: Line, width: number): void => {
    if (line.comment !== null) line.comment = `${' '.repeat(Math.max(0, width - line.indent - [...line.text].length) + 2)}${line.comment}`;
  };
  const single = (line: Line): boolean => line.comment !== null && !line.text.includes('\n');
  const width = (line: Line): number => line.indent + [...line.text].length;
  const done = new Set<Line>();
  runs(
    lines,
    (a, b) => single(a) && single(b) && a.indent === b.indent,
    (run) => {
      const widest = Math.max(...run.map(width));
      for (const line of run) {
        pad(line, widest);
        done.add(line);
      }
    },
  );
  for (const line of lines) if (!done.has(line)) pad(line, line.text.includes('\n') ? 0 : width(line));
}
