import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import { type Diagnostic, diagnostic } from './diagnostic.js';
import { explainFailure } from './failure.js';
import type { Spec } from './generated/ast.js';
import { attnParser } from './services.js';
import { findStructure } from './structure.js';
import { type ExperimentPart, type Leaf, type Structure, streamTokens } from './structure-parts.js';
import { type Comment, endToken, scan, type Token } from './tokens.js';
import { statements } from './vocabulary.js';

/** What a reported mistake may have taken away, so that no check complains of its absence. */
export interface Damage {
  /** Names whose `let` or `sweep` is damaged, by experiment (−1: the file). `null` stands for a name that could not be read. */
  readonly names: ReadonlyMap<number, ReadonlySet<string | null>>;
  /** Ranges of damaged statements and settings. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  /** Experiments, by their order, in which something is damaged. */
  readonly experiments: ReadonlySet<number>;
  /** Settings that a block has in the text but not in the tree, by the offset of the block's `{`. `null`: could not be read. */
  readonly settings: ReadonlyMap<number, ReadonlySet<string | null>>;
  /** Experiments that may have lost a whole block. */
  readonly blocks: ReadonlySet<number>;
}

export interface SyntaxResult {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
  readonly tree: Spec;
  readonly diagnostics: Diagnostic[];
  readonly damage: Damage;
}

/** Trial parses that a file may cost; beyond it mistakes get a plainer message. */
const trialBudget = 2000;
const longestTrial = 300;

/** Text to tree. The tree holds every statement that is whole. */
export function parseSyntax(text: string): SyntaxResult {
  const scanned = scan(text);
  const structure = findStructure(scanned.tokens);
  const diagnostics = [...scanned.diagnostics, ...structure.diagnostics.filter((d) => !besideScannerError(d, scanned.diagnostics))];
  markScannerDamage(structure, scanned.diagnostics);
  if (scanned.diagnostics.some((d) => d.code === 'attn.E109')) forgetTheEnd(structure, diagnostics, scanned.tokens);
  const parser = attnParser();
  let parsed = parser.parse(text, [...streamTokens(structure.parts)]);
  if (parsed.failure >= 0) {
    checkLeaves(text, structure, diagnostics);
    const rest = [...streamTokens(structure.parts)];
    parsed = parser.parse(text, rest);
    if (parsed.failure >= 0) {
      // No text is known that comes here; one that does still gets a message in place of a crash.
      const failed = rest[Math.min(parsed.failure, rest.length - 1)]!;
      diagnostics.push(diagnostic('E101', l10n.t('`{0}` cannot stand here.', failed.image), failed));
      parsed = parser.parse(text, []);
    }
  }
  reportSeparators(structure, diagnostics);
  diagnostics.sort((a, b) => a.start - b.start || a.end - b.end);
  return {
    text,
    tokens: scanned.tokens,
    comments: scanned.comments,
    tree: parsed.tree as Spec,
    diagnostics,
    damage: findDamage(structure),
  };
}

function* leaves(parts: Structure['parts']): Generator<Leaf> {
  for (const part of parts) {
    if ('kind' in part) yield part;
    else
      for (const member of part.members) {
        if ('kind' in member) yield member;
        else yield* member.settings;
      }
  }
}

/** A statement with a character or number that means nothing has its message already. */
function markScannerDamage(structure: Structure, errors: readonly Diagnostic[]): void {
  if (errors.length === 0) return;
  const starts = errors.map((e) => e.start).sort((a, b) => a - b);
  for (const leaf of leaves(structure.parts)) {
    const from = leaf.tokens[0]!;
    const to = leaf.tokens[leaf.tokens.length - 1]!;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle]! < from.start - 2) low = middle + 1;
      else high = middle;
    }
    if (starts[low] !== undefined && starts[low]! <= to.end + 1) leaf.reported = true;
  }
}

/** The rule of one statement, so that a failure is found where it is and not where the alternatives begin. */
function ruleOf(tokens: readonly Token[], kind: 'Let' | 'Member' | 'Setting'): string {
  const first = tokens[0]!.image;
  if (kind !== 'Member' || !Object.hasOwn(statements, first)) return kind;
  return first[0]!.toUpperCase() + first.slice(1);
}

/** A bracket that lost its partner to a malformed token next to it. */
function besideScannerError(d: Diagnostic, errors: readonly Diagnostic[]): boolean {
  return d.code === 'attn.E103' && errors.some((e) => e.end <= d.start + 1 && e.end >= d.start - 1);
}

/** An open comment swallows the rest of the file: that the rest is missing is no mistake of its own. */
function forgetTheEnd(structure: Structure, diagnostics: Diagnostic[], tokens: readonly Token[]): void {
  const end = tokens[tokens.length - 1]?.end;
  for (let i = diagnostics.length - 1; i >= 0; i--)
    if (diagnostics[i]!.code === 'attn.E102' && diagnostics[i]!.end === end) diagnostics.splice(i, 1);
  for (const leaf of leaves(structure.parts)) if (leaf.tokens[leaf.tokens.length - 1]!.end === end) leaf.reported = true;
  for (const part of structure.parts) if (!('kind' in part) && part.close.end >= (end ?? 0)) part.damaged = true;
}

/** Two settings with nothing between them: said once both are whole. */
function reportSeparators(structure: Structure, diagnostics: Diagnostic[]): void {
  let previous: Leaf | undefined;
  for (const leaf of leaves(structure.parts)) {
    if (leaf.unseparated && previous && !leaf.damaged && !previous.damaged && !previous.reported) {
      diagnostics.push(leaf.unseparated);
      leaf.reported = true;
    }
    previous = leaf;
  }
}

/** The settings of one line of a block: what is damaged there is one mistake. */
const lineOf = (leaf: Leaf): string | null => (leaf.block === null ? null : `${leaf.block.open.start}:${leaf.tokens[0]!.line}`);

function checkLeaves(text: string, structure: Structure, diagnostics: Diagnostic[]): void {
  const parser = attnParser();
  let budget = trialBudget;
  const lines = new Set<string>();
  for (const leaf of leaves(structure.parts)) {
    const line = lineOf(leaf);
    if (line !== null && leaf.reported) lines.add(line);
  }
  let previous: Leaf | undefined;
  for (const leaf of leaves(structure.parts)) {
    const before = previous;
    previous = leaf;
    if (leaf.damaged) continue;
    if (leaf.unseparated && before?.damaged) {
      // `kernel other = softmax`: the name before it is the mistake, and what follows may be its value.
      leaf.damaged = true;
      leaf.reported = true;
      continue;
    }
    const rule = leaf.kind === 'unknown' ? null : ruleOf(leaf.tokens, leaf.kind);
    const end = endToken(leaf.tokens[leaf.tokens.length - 1]!);
    const failure = rule === null ? 0 : parser.parse(text, [...leaf.tokens, end], rule).failure;
    if (failure < 0) continue;
    const line = lineOf(leaf);
    if (leaf.kind === 'unknown' && before?.kind === 'unknown' && before.damaged && leaf.tokens[1]?.image === '=') {
      // Settings that have lost their block are one mistake.
      leaf.damaged = true;
      leaf.reported = true;
      continue;
    }
    const beside = line !== null && lines.has(line);
    if (line !== null) lines.add(line);
    if (leaf.reported || beside) {
      leaf.damaged = true;
      leaf.reported = true;
      continue;
    }
    const trial = (tokens: readonly Token[], by: 'Let' | 'Member' | 'Setting'): number => {
      if (budget-- <= 0 || tokens.length === 0) return 0;
      return parser.parse(text, [...tokens, endToken(tokens[tokens.length - 1]!)], ruleOf(tokens, by)).failure;
    };
    const explained = explainFailure(leaf, failure, budget > 0 && leaf.tokens.length <= longestTrial ? trial : null);
    diagnostics.push(explained.diagnostic);
    leaf.reported = true;
    if (explained.repaired) leaf.tokens = explained.repaired;
    else leaf.damaged = true;
  }
}

function findDamage(structure: Structure): Damage {
  const names = new Map<number, Set<string | null>>();
  const settings = new Map<number, Set<string | null>>();
  const ranges: { start: number; end: number }[] = [];
  const experiments = new Set<number>();
  const lost = new Set<number>();
  const add = <K>(map: Map<K, Set<string | null>>, key: K, name: string | null): void => {
    const set = map.get(key) ?? new Set();
    set.add(name);
    map.set(key, set);
  };
  if (structure.lost) add(names, -1, null);
  for (const leaf of leaves(structure.parts)) {
    if (!leaf.reported && !leaf.damaged) continue;
    const first = leaf.tokens[0]!;
    ranges.push({ start: first.start, end: leaf.tokens[leaf.tokens.length - 1]!.end });
    experiments.add(leaf.experiment);
    if (!leaf.damaged) continue;
    const second = leaf.tokens[1];
    if (leaf.block) {
      const name =
        first.kind === 'word' && (second?.image === '=' || leaf.tokens.length <= 2 || second?.kind !== 'symbol') ? first.image : null;
      add(settings, leaf.block.open.start, name);
      if (second?.image !== '=') add(settings, leaf.block.open.start, null);
    } else if (first.image === 'let' || first.image === 'sweep') {
      const third = leaf.tokens[2];
      add(names, leaf.experiment, second?.kind === 'word' && (third?.image === '=' || third?.image === 'over') ? second.image : null);
    } else if (leaf.kind === 'unknown') {
      add(names, leaf.experiment, null);
      lost.add(leaf.experiment);
    }
  }
  let index = -1;
  for (const part of structure.parts) {
    if ('kind' in part) continue;
    index++;
    for (const member of part.members) {
      if ('kind' in member) continue;
      const lines = new Set(member.settings.filter((l) => l.damaged).map(lineOf));
      for (const leaf of member.settings)
        if (!leaf.damaged && lines.has(lineOf(leaf)))
          ranges.push({ start: leaf.tokens[0]!.start, end: leaf.tokens[leaf.tokens.length - 1]!.end });
      if (!member.damagedHeader) continue;
      ranges.push({ start: member.header[0]!.start, end: member.open.end });
      experiments.add(index);
    }
    if ((part as ExperimentPart).damaged) {
      lost.add(index);
      experiments.add(index);
    }
  }
  return { names, ranges, experiments, settings, blocks: lost };
}

/** UTF-16 range of a node. */
export function rangeOf(node: AstNode): { start: number; end: number } {
  const cst = node.$cstNode;
  return cst === undefined ? { start: 0, end: 0 } : { start: cst.offset, end: cst.end };
}

const manyErrors = 100;

/** The first hundred mistakes, and one that says that there are more. */
export function limited(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  if (diagnostics.length <= manyErrors) return [...diagnostics];
  const last = diagnostics[manyErrors]!;
  return [
    ...diagnostics.slice(0, manyErrors),
    diagnostic(
      'E114',
      l10n.t('Only the first {0} mistakes are shown; there are {1} more.', manyErrors, diagnostics.length - manyErrors),
      last,
    ),
  ];
}
