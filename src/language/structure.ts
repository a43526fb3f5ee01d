import * as l10n from '@vscode/l10n';
import type { Code } from './catalogue.js';
import { diagnostic, type Fix } from './diagnostic.js';
import { nearest } from './distance.js';
import { blockKinds, notNames, statementWords } from './look-ahead.js';
import { StatementReader } from './statement-reader.js';
import type { BlockPart, ExperimentPart, Leaf, StatementKind, Structure } from './structure-parts.js';
import { type Token, virtual } from './tokens.js';
import { blocks } from './vocabulary.js';

/**
 * Finds the experiments, blocks, statements and settings of a text by its lines, brackets and first words, so that a mistake stays
 * inside the smallest of them, and reports what is wrong between them: brackets and braces without a partner, missing
 * separators, words that begin nothing. Linear in the number of tokens but for short look-aheads within a line.
 */
export function findStructure(tokens: readonly Token[]): Structure {
  return new StructurePass(tokens).run();
}

class StructurePass extends StatementReader {
  readonly #parts: (Leaf | ExperimentPart)[] = [];
  #lost = false;

  run(): Structure {
    while (this.i < this.tokens.length) this.#topLevel();
    return { parts: this.#parts, diagnostics: this.diagnostics, lost: this.#lost };
  }

  #topLevel(): void {
    const t = this.ahead.at(this.i)!;
    if (this.ahead.isExperiment(this.i)) {
      this.#readExperiment(t);
    } else if (t.kind === 'string' && this.ahead.is(this.i + 1, '{')) {
      this.report('E101', l10n.t('`experiment` is missing before the title.'), t, {
        title: l10n.t('Insert `experiment`'),
        start: t.start,
        end: t.start,
        text: 'experiment ',
      });
      this.#readExperiment(null);
    } else if (t.image === 'let' && t.kind === 'word') {
      this.#readStatement('Let', [], this.#parts);
    } else if (this.ahead.isAssignment(this.i)) {
      this.report('E101', l10n.t('`let` is missing before `{0}`.', t.image), t, {
        title: l10n.t('Insert `let`'),
        start: t.start,
        end: t.start,
        text: 'let ',
      });
      this.#readStatement('Let', [{ ...virtual('word', 'let', t), start: t.start, end: t.start }], this.#parts, { reported: true });
    } else if (t.kind === 'word' && this.ahead.isAssignment(this.i + 1) && t.image !== 'sweep') {
      this.#misspelt(t, 'let');
      this.i++;
      this.#readStatement('Let', [{ ...t, image: 'let' }], this.#parts, { reported: true });
    } else if (this.ahead.sameLine(this.i + 1) && (this.ahead.isExperiment(this.i + 1) || this.ahead.is(this.i + 1, 'let'))) {
      this.report('E101', l10n.t('`{0}` does not belong here.', t.image), t, this.removal(t));
      this.i++;
    } else if (t.image === '}' || t.image === ')' || t.image === ']') {
      this.report('E103', l10n.t('This `{0}` closes nothing.', t.image), t, this.removal(t));
      while (this.ahead.is(this.i, '}') || this.ahead.is(this.i, ')') || this.ahead.is(this.i, ']')) this.i++;
    } else {
      this.#lost = true;
      const inside = t.kind === 'word' && (this.ahead.startsMember(this.i) || this.ahead.blockKind(this.i) !== undefined);
      this.report(
        'E115',
        inside
          ? l10n.t('`{0}` stands inside an experiment; here begins `let` or `experiment "TITLE" {1}`.', t.image, '{')
          : l10n.t('`{0}` begins nothing here; a file holds `let NAME = EXPRESSION` and `experiment "TITLE" { … }`.', t.image),
        t,
      );
      this.i++;
      while (
        this.i < this.tokens.length &&
        !this.ahead.isExperiment(this.i) &&
        !(this.ahead.is(this.i, 'let') && this.ahead.at(this.i)!.first && this.ahead.at(this.i)!.column === 1)
      )
        this.i++;
    }
  }

  #misspelt(t: Token, right: string): void {
    this.report('E106', l10n.t('`{0}` is not a word of the language; did you mean `{1}`?', t.image, right), t, {
      title: l10n.t('Write `{0}`', right),
      start: t.start,
      end: t.end,
      text: right,
    });
  }

  #readExperiment(keyword: Token | null): void {
    let complained = keyword === null;
    const first = keyword ?? this.ahead.at(this.i)!;
    const word: Token = { ...first, kind: 'word', image: 'experiment', end: keyword ? first.end : first.start };
    if (keyword) {
      if (keyword.image !== 'experiment') {
        this.#misspelt(keyword, 'experiment');
        complained = true;
      }
      this.i++;
    }
    let title: Token | undefined;
    let open: Token | undefined;
    const complain = (code: Code, message: string, range: { start: number; end: number }, fix?: Fix): void => {
      if (!complained) this.report(code, message, range, fix);
      complained = true;
    };
    let last = first;
    while (this.i < this.tokens.length) {
      const t = this.ahead.at(this.i)!;
      const extraBrace =
        title === undefined
          ? this.ahead.at(this.i + 1)?.kind === 'string' && this.ahead.is(this.i + 2, '{')
          : this.ahead.is(this.i + 1, '{') && this.ahead.sameLine(this.i + 1);
      if (t.image === '{' && t.kind === 'symbol' && !extraBrace) {
        if (title === undefined) complain('E112', l10n.t('An experiment needs a title: `experiment "TITLE" { … }`.'), word);
        open = t;
        this.i++;
        break;
      }
      if (t.kind === 'string' && title === undefined) title = t;
      else if (t.first || this.ahead.startsMember(this.i) || (t.image === '}' && !this.ahead.sameLine(this.i + 1))) break;
      else
        complain(
          title === undefined ? 'E112' : 'E101',
          title === undefined
            ? l10n.t('A title in quotes is needed before `{0}`: `experiment "TITLE" {1}`.', t.image, '{')
            : l10n.t('`{0}` does not belong between the title and `{1}`.', t.image, '{'),
          t,
          title === undefined ? undefined : this.removal(t),
        );
      last = t;
      this.i++;
    }
    if (open === undefined) {
      complain('E102', l10n.t('The `{` that opens the experiment is missing.'), last, {
        title: l10n.t('Insert `{`'),
        start: last.end,
        end: last.end,
        text: ' {',
      });
      open = virtual('symbol', '{', last);
    }
    const untitled = title === undefined;
    title ??= virtual('string', '""', word);
    this.experiment++;
    const part: ExperimentPart = { header: [word, title], open, close: virtual('symbol', '}', open), members: [], damaged: untitled };
    this.#parts.push(part);
    this.#readMembers(part);
  }

  #readMembers(part: ExperimentPart): void {
    this.inside = true;
    this.#readMembersUntilClose(part);
    this.inside = false;
  }

  #readMembersUntilClose(part: ExperimentPart): void {
    while (this.i < this.tokens.length) {
      const t = this.ahead.at(this.i)!;
      if (t.image === '}' && t.kind === 'symbol') {
        this.i++;
        if (this.ahead.closesExperiment(this.i - 1)) {
          part.close = t;
          return;
        }
        this.report('E103', l10n.t('This `}` closes the experiment, but more of it follows.'), t, this.removal(t));
      } else if (this.ahead.isExperiment(this.i)) {
        this.#unclosed(part.open, this.ahead.at(this.i - 1)!, l10n.t('The experiment is never closed'));
        part.close = virtual('symbol', '}', this.ahead.at(this.i - 1)!);
        return;
      } else if (t.image === '{' && t.kind === 'symbol') {
        if (this.ahead.isAssignment(this.i + 1)) {
          this.report('E112', l10n.t('A block begins with its name: {0}.', blockKinds.map((k) => `\`${k}\``).join(', ')), t);
          part.damaged = true;
          this.i++;
          this.#readSettings({ header: [], open: t, close: t, settings: [], damagedHeader: true });
        } else {
          this.report('E103', l10n.t('This `{` opens nothing; a block begins with its name.'), t, this.removal(t));
          this.i++;
        }
      } else this.#readMember(part, t);
    }
    const last = this.tokens[this.tokens.length - 1]!;
    this.#unclosed(part.open, last, l10n.t('The experiment is never closed'));
    part.close = virtual('symbol', '}', last);
  }

  #unclosed(open: Token, last: Token, what: string): void {
    this.report(
      'E102',
      l10n.t('{0}; a `}` is missing here.', what),
      { start: last.start, end: last.end },
      { title: l10n.t('Insert `}`'), start: last.end, end: last.end, text: open.line === last.line ? ' }' : '\n}' },
    );
  }

  #readMember(part: ExperimentPart, t: Token): void {
    if (t.kind !== 'word' || (!statementWords.has(t.image) && !this.ahead.isBlock(this.i))) {
      if (this.ahead.isInTheWay(this.i)) {
        this.report('E101', l10n.t('`{0}` does not belong here.', t.image), t, this.removal(t));
        this.i++;
        return;
      }
    }
    if (t.kind === 'word' && statementWords.has(t.image)) {
      this.#readStatement('Member', [], part.members);
      return;
    }
    if (this.#readBlock(part)) return;
    const right = t.kind === 'word' && !this.ahead.is(this.i + 1, '=') ? nearest(t.image, statementWords) : undefined;
    if (right !== undefined) {
      this.#misspelt(t, right);
      this.i++;
      this.#readStatement('Member', [{ ...t, image: right }], part.members, { reported: true });
      return;
    }
    this.#readStatement('unknown', [], part.members);
  }

  /** Reads a block if one begins here, with or without its brace. */
  #readBlock(part: ExperimentPart): boolean {
    const start = this.i;
    const kind = this.ahead.blockKind(start);
    let k = start + 1;
    let junk: Token | undefined;
    let variant: Token | undefined;
    if (kind === undefined && !this.ahead.isBlock(start)) {
      // A variant without its block: `linear_regression {`.
      const owner = this.ahead.is(k, '{')
        ? blockKinds.find((b) => Object.hasOwn(blocks[b]!.variants, this.ahead.at(start)?.image ?? ''))
        : undefined;
      if (owner === undefined) return false;
    }
    const variants = kind === undefined ? {} : blocks[kind]!.variants;
    const isVariant = (j: number): boolean => this.ahead.isWord(j) && Object.hasOwn(variants, this.ahead.at(j)!.image);
    const opens = (j: number): boolean =>
      !(this.ahead.is(j, '{') && isVariant(j + 1)) && (this.ahead.is(j, '{') || (this.ahead.isAssignment(j) && !this.ahead.is(j + 2, '{')));
    while (k < this.tokens.length && !opens(k) && !this.ahead.at(k)!.first && (!this.ahead.is(k, '}') || this.ahead.sameLine(k + 1))) {
      const t = this.ahead.at(k)!;
      if (t.kind === 'word' && !notNames.has(t.image) && (isVariant(k) || (variant === undefined && junk === undefined))) {
        if (variant) junk ??= variant;
        variant = t;
      } else junk ??= t;
      k++;
    }
    const header = [this.ahead.at(start)!, ...(variant ? [variant] : [])];
    const last = this.ahead.at(k - 1)!;
    let open = this.ahead.at(k);
    if (this.ahead.is(k, '{')) k++;
    else if (this.ahead.isAssignment(k)) {
      this.report('E102', l10n.t('A `{0}` is missing after `{1}`.', '{', last.image), last, {
        title: l10n.t('Insert `{`'),
        start: last.end,
        end: last.end,
        text: ' {',
      });
      open = virtual('symbol', '{', last);
    } else return false;
    if (junk) this.report('E101', l10n.t('`{0}` does not belong before the `{1}` of a block.', junk.image, '{'), junk, this.removal(junk));
    this.i = k;
    const block: BlockPart = { header, open: open!, close: open!, settings: [], damagedHeader: junk !== undefined };
    part.members.push(block);
    this.#readSettings(block);
    return true;
  }

  #readSettings(block: BlockPart): void {
    let expectsSeparator = false;
    while (this.i < this.tokens.length) {
      const t = this.ahead.at(this.i)!;
      if (t.image === '}' && t.kind === 'symbol') {
        this.i++;
        if (!this.ahead.isStrayInBlock(this.i - 1)) {
          block.close = t;
          return;
        }
        this.report('E103', l10n.t('This `}` closes the block, but more of it follows.'), t, this.removal(t));
        continue;
      }
      if (t.image === '{' && t.kind === 'symbol') {
        this.report('E103', l10n.t('This `{` opens nothing; a block stands directly in the experiment.'), t, this.removal(t));
        this.i++;
        continue;
      }
      if (this.ahead.startsMember(this.i) && !this.ahead.isAssignment(this.i)) {
        this.#unclosedBlock(block);
        return;
      }
      if (t.image === ',' && t.kind === 'symbol') {
        const previous = block.settings[block.settings.length - 1];
        if (!(previous?.reported && this.ahead.at(this.i - 1)!.line === t.line))
          this.report('E101', l10n.t('This comma separates nothing.'), t, this.removal(t));
        this.i++;
        expectsSeparator = false;
        continue;
      }
      const previous = block.settings[block.settings.length - 1];
      const before = this.ahead.at(this.i - 1)!;
      const leaf = this.#readSetting(block);
      if (leaf && expectsSeparator && !t.first && previous) {
        leaf.unseparated = diagnostic('E105', l10n.t('A comma or a new line is missing before `{0}`.', t.image), t, {
          title: l10n.t('Insert `,`'),
          start: before.end,
          end: before.end,
          text: ',',
        });
      }
      expectsSeparator = !this.ahead.is(this.i, ',');
      if (!expectsSeparator) this.i++;
    }
    this.#unclosedBlock(block);
  }

  #unclosedBlock(block: BlockPart): void {
    const last = this.ahead.at(this.i - 1)!;
    this.#unclosed(block.open, last, l10n.t('The block `{0}` is never closed', block.header.map((h) => h.image).join(' ')));
    block.close = virtual('symbol', '}', last);
  }

  #readSetting(block: BlockPart): Leaf | null {
    const leaf = this.collect('setting', []);
    if (leaf.tokens.length === 0) return null;
    const setting = this.leaf('Setting', leaf.tokens, block);
    setting.reported ||= leaf.reported;
    setting.damaged ||= leaf.damaged;
    block.settings.push(setting);
    return setting;
  }

  #readStatement(
    kind: StatementKind,
    start: Token[],
    into: (Leaf | ExperimentPart)[] | ExperimentPart['members'],
    state = { reported: false },
  ): void {
    const read = this.collect('statement', start);
    if (read.tokens.length === 0) return;
    const leaf = this.leaf(kind, read.tokens);
    leaf.reported ||= read.reported || state.reported;
    leaf.damaged ||= read.damaged;
    into.push(leaf);
  }
}
