import * as l10n from '@vscode/l10n';
import { isSweep } from '../generated/ast.js';
import { rangeOf } from '../index.js';
import type { Token } from '../tokens.js';
import {
  axes,
  type BlockInfo,
  blocks,
  constants,
  type FunctionInfo,
  functions,
  quantities,
  type SettingInfo,
  valueWords,
} from '../vocabulary.js';
import type { CompletionContext } from './completion-context.js';
import { describeBlock, describeFunction, describeKeyword, describeQuantity, describeVariant, describeWord } from './describe.js';
import type { Span, SpecDocument } from './document.js';
import { type Definition, wordsOf } from './words.js';

export type ItemKind =
  | 'keyword'
  | 'snippet'
  | 'block'
  | 'setting'
  | 'value'
  | 'function'
  | 'let'
  | 'sweep'
  | 'quantity'
  | 'property'
  | 'axis'
  | 'constant';

export interface Item {
  readonly label: string;
  readonly kind: ItemKind;
  readonly detail: string;
  readonly documentation: string | null;
  readonly insert: string;
  readonly isSnippet: boolean;
  /** What `insert` replaces: the word that is being written. */
  readonly replace: Span;
  /** Order among items that match equally. */
  readonly rank: number;
  /** True when something else is wanted behind it, to be suggested at once. */
  readonly retrigger: boolean;
}

type Wanted = Pick<Item, 'label' | 'kind'> & Partial<Item>;

const gives: Readonly<Partial<Record<SettingInfo['kind'], readonly FunctionInfo['gives'][]>>> = {
  number: ['number'],
  integer: ['number'],
  matrix: ['matrix', 'data'],
  matrix_or_vector: ['matrix', 'data'],
  vector: ['list'],
  law: ['law', 'data'],
  init: ['init'],
};

const bare: Readonly<Partial<Record<SettingInfo['kind'], readonly string[]>>> = {
  matrix: ['identity'],
  matrix_or_vector: ['identity'],
  law: ['rademacher'],
  init: ['bayes'],
};

/** Calls whose arguments are not numbers. */
const argumentKinds: Readonly<Record<string, readonly SettingInfo['kind'][]>> = {
  gaussian: ['matrix', 'number'],
  mixture: ['law'],
  file: [],
  random: [],
  diagonal: ['number'],
  matrix: ['number'],
};

export class Items {
  readonly all: Item[] = [];
  readonly #seen = new Set<string>();

  constructor(
    private readonly document: SpecDocument,
    private readonly context: CompletionContext,
  ) {}

  add(item: Wanted): void {
    if (this.#seen.has(item.label)) return;
    this.#seen.add(item.label);
    this.all.push({
      detail: '',
      documentation: null,
      insert: item.label,
      isSnippet: false,
      replace: this.context.prefix,
      rank: 1,
      retrigger: false,
      ...item,
    });
  }

  isBefore(image: string): boolean {
    return this.context.after?.image === image;
  }

  /** True when the word under the cursor is this one. */
  isWriting(word: string): boolean {
    return this.document.tokenAt(this.context.prefix.end)?.image === word;
  }

  statement(word: string, insert: string, retrigger = false): void {
    this.add({ label: word, kind: 'keyword', documentation: describeKeyword(word), insert, isSnippet: true, retrigger, rank: 4 });
  }

  block(kind: string, variant: string | null, info: BlockInfo, insert: string): void {
    const documentation = variant === null ? describeBlock(kind, info) : describeVariant(kind, variant);
    this.add({ label: variant === null ? kind : `${kind} ${variant}`, kind: 'block', documentation, insert, isSnippet: true });
  }

  variants(kind: string): void {
    for (const variant of Object.keys(blocks[kind]?.variants ?? {}))
      this.add({
        label: variant,
        kind: 'block',
        documentation: describeVariant(kind, variant),
        insert: this.isBefore('{') ? variant : `${variant} `,
      });
  }

  /** Words of a statement; what they want is suggested next. */
  words(...words: readonly string[]): void {
    for (const word of words) {
      const head = word.split(' ')[0]!;
      this.add({ label: word, kind: 'keyword', documentation: describeKeyword(head), insert: `${word} `, retrigger: true, rank: 2 });
    }
  }

  #definitions(): Definition[] {
    const { definitions } = wordsOf(this.document);
    const seen = new Set<string>();
    return [...definitions]
      .sort((a, b) => b.experiment - a.experiment)
      .filter((one) => {
        const isVisible = one.experiment === -1 || one.experiment === this.context.experiment;
        // A definition is not seen from within itself.
        const isOwn = this.context.before[0]?.start === one.start;
        if (!isVisible || isOwn || seen.has(one.name)) return false;
        seen.add(one.name);
        return true;
      });
  }

  #definition(one: Definition): void {
    const source = this.document.text.slice(one.token.end, one.end).replace(/\s+/g, ' ').trim();
    this.add({ label: one.name, kind: one.kind, detail: source, rank: 0 });
  }

  /** Lets and sweeps that a value may use. */
  names(): void {
    for (const one of this.#definitions()) this.#definition(one);
  }

  sweeps(without: readonly string[]): void {
    for (const one of this.#definitions()) {
      if (one.kind === 'sweep' && one.experiment === this.context.experiment && !without.includes(one.name)) this.#definition(one);
    }
  }

  /** Lets of the file: a sweep may take the name of one. */
  overridable(): void {
    for (const one of this.#definitions()) {
      if (one.experiment === -1)
        this.add({ label: one.name, kind: 'let', detail: l10n.t('overrides let {0}', one.name), insert: `${one.name} over ` });
    }
  }

  axes(): void {
    this.sweeps([]);
    if (this.#has('train'))
      for (const [name, meaning] of Object.entries(axes)) this.add({ label: name, kind: 'axis', documentation: l10n.t(meaning) });
  }

  selectors(without: readonly string[]): void {
    for (const one of this.#definitions()) {
      if (one.kind !== 'sweep' || one.experiment !== this.context.experiment || without.includes(one.name)) continue;
      this.add({ label: one.name, kind: 'sweep', insert: `${one.name} = `, retrigger: true, rank: 0 });
    }
    if (this.#has('train'))
      for (const [name, meaning] of Object.entries(axes))
        this.add({ label: name, kind: 'axis', documentation: l10n.t(meaning), insert: `${name} = ` });
  }

  /** The values that a sweep takes. */
  sweepValues(name: string): void {
    const definition = wordsOf(this.document).resolve(name, this.context.experiment);
    const node = this.document
      .experiments()
      .flatMap((experiment) => experiment.members.filter(isSweep))
      .find((sweep) => definition !== undefined && rangeOf(sweep).start === definition.start);
    const values = node === undefined ? [] : this.document.evaluator.sweepValues(node);
    values.forEach((value, i) => {
      this.add({ label: value.text, kind: 'value', detail: name, rank: i });
    });
  }

  #has(kind: string): boolean {
    const { part } = this.context;
    return part === null || part.members.some((member) => !('kind' in member) && member.header[0]?.image === kind);
  }

  /** Quantities that apply to the experiment; errors alone where a rate or trust length is asked for. */
  quantities(errorsOnly: boolean): void {
    for (const [name, info] of Object.entries(quantities)) {
      if (
        info.isError
          ? !this.#has('concentrate')
          : errorsOnly || !(this.#has('task') || ['effective_tokens', 'limit_norm', 'gaussian_gap', 'sub_gaussian'].includes(name))
      )
        continue;
      this.add({ label: name, kind: 'quantity', detail: info.formula ?? '', documentation: describeQuantity(name) });
    }
  }

  call(name: string): void {
    const info = functions[name];
    if (info === undefined) return;
    const hasArguments = !(name === 'random' && info.most === 0) || info.keys.length > 0;
    const insert = this.isBefore('(') || !hasArguments ? name : name === 'file' ? 'file("$0")' : `${name}($0)`;
    this.add({
      label: name,
      kind: 'function',
      detail: info.usage,
      documentation: describeFunction(name),
      insert,
      isSnippet: insert !== name,
    });
  }

  #functions(kinds: readonly FunctionInfo['gives'][]): void {
    for (const [name, info] of Object.entries(functions)) if (kinds.includes(info.gives)) this.call(name);
  }

  #word(word: string): void {
    this.add({ label: word, kind: 'value', documentation: describeWord(word) });
  }

  /** What a setting takes. */
  values(info: SettingInfo): void {
    for (const word of info.words ?? []) this.add({ label: word, kind: 'value', detail: word === info.default ? 'default' : '', rank: 0 });
    this.#ofKind(info.kind);
    if (info.infinite === true) this.add({ label: 'inf', kind: 'constant', documentation: describeWord('inf') });
  }

  #ofKind(kind: SettingInfo['kind']): void {
    this.names();
    for (const word of bare[kind] ?? []) this.#word(word);
    this.#functions(gives[kind] ?? []);
    if (kind === 'number') this.add({ label: 'pi', kind: 'constant', documentation: describeWord('pi'), rank: 2 });
  }

  callArgument(name: string, start: number, before: readonly Token[]): void {
    const given = new Set(before.slice(start).flatMap((t, i, all) => (all[i + 1]?.image === ':' ? [t.image] : [])));
    const last = before[before.length - 1]!.image;
    const keys = functions[name]?.keys ?? [];
    if (last === '(' || last === ',') {
      for (const key of keys)
        if (!given.has(key)) this.add({ label: key, kind: 'property', detail: 'argument', insert: `${key}: `, rank: 2, retrigger: true });
    }
    for (const kind of argumentKinds[name] ?? ['number']) this.#ofKind(kind);
    if (name === 'random') this.names();
  }

  lists(): void {
    this.names();
    this.#functions(['list']);
    this.add({ label: '[…]', kind: 'snippet', detail: l10n.t('a list'), insert: '[$0]', isSnippet: true, retrigger: true });
  }

  /** Any kind of value, where the kind is not known. */
  anyValue(): void {
    this.names();
    this.#functions(['number', 'list', 'law', 'matrix', 'init', 'data']);
    for (const word of Object.keys(valueWords)) this.#word(word);
    for (const [name, meaning] of Object.entries(constants))
      this.add({ label: name, kind: 'constant', documentation: l10n.t(meaning), rank: 2 });
    for (const { settings } of Object.values(blocks)) {
      for (const { words } of Object.values(settings)) for (const word of words ?? []) this.add({ label: word, kind: 'value', rank: 3 });
    }
  }
}
