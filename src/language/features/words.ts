import type { BlockPart, ExperimentPart, Leaf } from '../structure-parts.js';
import type { Token } from '../tokens.js';
import {
  axes,
  blocks,
  clauseWords,
  constants,
  facets,
  functions,
  quantities,
  settingWords,
  statements,
  valueWords,
} from '../vocabulary.js';
import type { SpecDocument } from './document.js';

/** What a token is in the place where it stands. Words are contextual: `log` is a function in one place and part of a plot in another. */
export type Role =
  | 'keyword'
  | 'block'
  | 'variant'
  | 'setting'
  | 'definition'
  | 'reference'
  | 'quantity'
  | 'facet'
  | 'function'
  | 'key'
  | 'value'
  | 'constant'
  | 'axis'
  | 'number'
  | 'string'
  | 'symbol'
  | 'unknown';

/** A `let` or `sweep` as it is written. */
export interface Definition {
  readonly name: string;
  readonly kind: 'let' | 'sweep';
  /** Index of the experiment it stands in, or −1. */
  readonly experiment: number;
  readonly token: Token;
  /** From `let` or `sweep` to the end of the statement. */
  readonly start: number;
  readonly end: number;
}

export interface Word {
  readonly token: Token;
  readonly role: Role;
  readonly experiment: number;
  /** Block that it stands in, for settings and what they hold. */
  readonly block: { readonly kind: string; readonly variant: string | null } | null;
  /** Setting, or first word of the statement, that it belongs to. */
  readonly owner: string | null;
  /** What a reference means, and what a definition is. */
  readonly definition: Definition | null;
}

export interface Words {
  readonly all: readonly Word[];
  readonly definitions: readonly Definition[];
  /** The definition that a name means in an experiment, or at the top (−1). */
  resolve(name: string, experiment: number): Definition | undefined;
}

const known = new WeakMap<SpecDocument, Words>();

/** Every token of a spec with its role, in the order of the text. Needs no tree: damaged statements take part. */
export function wordsOf(document: SpecDocument): Words {
  let words = known.get(document);
  if (words === undefined) {
    words = new Classifier(document).run();
    known.set(document, words);
  }
  return words;
}

/** The word at an offset; before a symbol when the offset is between the two. */
export function wordAt(document: SpecDocument, offset: number): Word | undefined {
  const token = document.tokenAt(offset);
  return token === undefined ? undefined : wordsOf(document).all.find((word) => word.token.start === token.start);
}

const isMember = (part: Leaf | ExperimentPart | BlockPart): part is Leaf => 'kind' in part;

/** Words of a statement behind which a name or value stands. */
const opensValue = new Set(['over', 'against', 'by', 'of', 'to', 'below', 'above', 'between', 'and', 'within', 'in', 'repeat']);

class Classifier {
  readonly #words: Word[] = [];
  readonly #definitions: Definition[] = [];
  readonly #scopes = new Map<number, Map<string, Definition>>();
  #experiment = -1;
  #block: Word['block'] = null;
  #owner: string | null = null;

  constructor(private readonly document: SpecDocument) {}

  run(): Words {
    const { parts } = this.document.structure;
    let experiment = -1;
    for (const part of parts) {
      if (isMember(part)) this.#define(part, -1);
      else {
        experiment++;
        for (const member of part.members) if (isMember(member)) this.#define(member, experiment);
      }
    }
    experiment = -1;
    for (const part of parts) {
      if (isMember(part)) {
        this.#experiment = -1;
        this.#statement(part);
      } else {
        this.#experiment = ++experiment;
        this.#experimentPart(part);
      }
    }
    const all = this.#words.filter(({ token }) => token.end > token.start).sort((a, b) => a.token.start - b.token.start);
    return { all, definitions: this.#definitions, resolve: (name, at) => this.#resolve(name, at) };
  }

  #define(leaf: Leaf, experiment: number): void {
    const [first, name] = leaf.tokens;
    if (name?.kind !== 'word' || (first?.image !== 'let' && first?.image !== 'sweep')) return;
    const end = leaf.tokens[leaf.tokens.length - 1]!.end;
    const definition: Definition = { name: name.image, kind: first.image, experiment, token: name, start: first.start, end };
    this.#definitions.push(definition);
    const scope = this.#scopes.get(experiment) ?? new Map<string, Definition>();
    if (!scope.has(definition.name)) scope.set(definition.name, definition);
    this.#scopes.set(experiment, scope);
  }

  #resolve(name: string, experiment: number): Definition | undefined {
    return this.#scopes.get(experiment)?.get(name) ?? this.#scopes.get(-1)?.get(name);
  }

  #add(token: Token, role: Role, definition: Definition | null = null): void {
    this.#words.push({ token, role, experiment: this.#experiment, block: this.#block, owner: this.#owner, definition });
  }

  #experimentPart(part: ExperimentPart): void {
    for (const token of part.header) this.#add(token, token.kind === 'string' ? 'string' : 'keyword');
    this.#add(part.open, 'symbol');
    for (const member of part.members) {
      if (isMember(member)) this.#statement(member);
      else this.#blockPart(member);
    }
    this.#add(part.close, 'symbol');
  }

  #blockPart(part: BlockPart): void {
    const [kind, variant] = part.header;
    this.#block = { kind: kind?.image ?? '', variant: variant?.image ?? null };
    for (const token of part.header) this.#add(token, token === kind ? 'block' : token.kind === 'word' ? 'variant' : 'symbol');
    this.#add(part.open, 'symbol');
    for (const setting of part.settings) {
      const [name, ...rest] = setting.tokens;
      this.#owner = name?.image ?? null;
      if (name !== undefined) this.#add(name, name.kind === 'word' ? 'setting' : this.#plain(name));
      this.#expression(rest, false);
    }
    this.#owner = null;
    this.#add(part.close, 'symbol');
    this.#block = null;
  }

  #statement(leaf: Leaf): void {
    const [first, ...rest] = leaf.tokens;
    if (first === undefined) return;
    this.#owner = first.image;
    const isKnown = first.kind === 'word' && Object.hasOwn(statements, first.image);
    if (!isKnown) {
      this.#expression(leaf.tokens, false);
    } else {
      this.#add(first, 'keyword');
      if (first.image === 'let' || first.image === 'sweep') this.#definition(rest);
      else this.#expression(rest, first.image !== 'overlay' && first.image !== 'repeat', first);
    }
    this.#owner = null;
  }

  #definition([name, ...rest]: readonly Token[]): void {
    if (name === undefined) return;
    const own = this.#definitions.find((one) => one.token.start === name.start) ?? null;
    this.#add(name, own === null ? this.#plain(name) : 'definition', own);
    const [over, ...list] = rest;
    if (over?.image === 'over') this.#add(over, 'keyword');
    this.#expression(over?.image === 'over' ? list : rest, false);
  }

  #plain(token: Token): Role {
    return token.kind === 'number' || token.kind === 'string' ? token.kind : token.kind === 'word' ? 'unknown' : 'symbol';
  }

  /** `clauses`: words of the statement, and quantities, may stand among the values. */
  #expression(tokens: readonly Token[], clauses: boolean, before?: Token): void {
    const brackets: ('call' | 'list' | 'at' | 'group')[] = [];
    tokens.forEach((token, i) => {
      const previous = tokens[i - 1] ?? before;
      const next = tokens[i + 1];
      if (token.kind !== 'word') {
        if (token.image === '(') brackets.push(previous?.kind === 'word' ? 'call' : 'group');
        else if (token.image === '[') brackets.push(clauses && previous?.image === 'at' ? 'at' : 'list');
        else if (token.image === ')' || token.image === ']') brackets.pop();
        this.#add(token, this.#plain(token));
        return;
      }
      const inside = brackets[brackets.length - 1];
      if (previous?.image === '.' && previous.kind === 'symbol') {
        this.#add(token, Object.hasOwn(facets, token.image) ? 'facet' : 'unknown');
      } else if (next?.image === ':' && inside === 'call') {
        this.#add(token, 'key');
      } else if (clauses && inside !== 'call' && this.#isClause(token, previous, next)) {
        this.#add(token, 'keyword');
      } else if (clauses && previous?.image === 'log' && (token.image === 'x' || token.image === 'y')) {
        this.#add(token, 'keyword');
      } else {
        const role = this.#nameRole(token.image, next, clauses);
        this.#add(token, role, role === 'reference' ? (this.#resolve(token.image, this.#experiment) ?? null) : null);
      }
    });
  }

  #nameRole(name: string, next: Token | undefined, clauses: boolean): Role {
    if (Object.hasOwn(functions, name) && next?.image === '(') return 'function';
    if (this.#resolve(name, this.#experiment) !== undefined) return 'reference';
    if (clauses && Object.hasOwn(quantities, name)) return 'quantity';
    if (Object.hasOwn(constants, name)) return 'constant';
    if (Object.hasOwn(axes, name)) return 'axis';
    if (Object.hasOwn(valueWords, name) || settingWords.has(name)) return 'value';
    if (Object.hasOwn(functions, name)) return 'function';
    return Object.hasOwn(quantities, name) ? 'quantity' : 'unknown';
  }

  /** A word of the statement, unless a name of the spec stands where a value is wanted. */
  #isClause(token: Token, previous: Token | undefined, next: Token | undefined): boolean {
    if (!clauseWords.has(token.image)) return false;
    if (['rate', 'fitted', 'trust_length'].includes(token.image)) return next?.image === 'of' || next?.image === 'rate';
    if (next?.image === '(' && Object.hasOwn(functions, token.image)) return token.image === 'log' && (next?.first ?? false);
    const wantsValue =
      previous === undefined || previous.kind === 'symbol'
        ? previous?.image !== ']' && previous?.image !== ')' && previous?.image !== '%'
        : opensValue.has(previous.image);
    return !(wantsValue && this.#resolve(token.image, this.#experiment) !== undefined);
  }
}

/** Kind of value that a setting takes, when both are known. */
export function settingOf(word: Pick<Word, 'block' | 'owner'>) {
  const { block, owner } = word;
  if (block === null || owner === null || !Object.hasOwn(blocks, block.kind)) return undefined;
  const { settings } = blocks[block.kind]!;
  return Object.hasOwn(settings, owner) ? settings[owner] : undefined;
}
