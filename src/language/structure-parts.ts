/** What a text is made of before it is parsed: experiments, blocks, and statements or settings as lists of tokens. */
import type { Diagnostic } from './diagnostic.js';
import { endToken, type Token } from './tokens.js';

/** What a statement is parsed as. `unknown`: a line that begins with no word of the language. */
export type StatementKind = 'Let' | 'Member' | 'Setting' | 'unknown';

/** A statement or setting: the unit of damage. A reported one is left out of the tree, unless the report repaired it. */
export interface Leaf {
  readonly kind: StatementKind;
  tokens: Token[];
  /** True when its mistake is reported already. */
  reported: boolean;
  /** True when it cannot be part of the tree. */
  damaged: boolean;
  /** Said when the setting before it in the line is whole: a separator is missing between them. */
  unseparated?: Diagnostic;
  /** Index of the experiment it stands in, or −1. */
  readonly experiment: number;
  /** The block it stands in, for a setting. */
  readonly block: BlockPart | null;
}

export interface BlockPart {
  header: Token[];
  open: Token;
  close: Token;
  readonly settings: Leaf[];
  /** True when something is wrong before its brace. */
  damagedHeader: boolean;
}

export interface ExperimentPart {
  readonly header: Token[];
  readonly open: Token;
  close: Token;
  readonly members: (Leaf | BlockPart)[];
  /** True when a whole member, or the name of a block, could not be made out. */
  damaged: boolean;
}

export interface Structure {
  readonly parts: (Leaf | ExperimentPart)[];
  readonly diagnostics: Diagnostic[];
  /** True when a part of the file outside every experiment could not be made out. */
  readonly lost: boolean;
}

/** The tokens for the parser: damaged statements left out, ends of statements put in. */
export function* streamTokens(parts: Structure['parts']): Generator<Token> {
  for (const part of parts) {
    if ('kind' in part) yield* leafTokens(part);
    else {
      yield* part.header;
      yield part.open;
      for (const member of part.members) {
        if ('kind' in member) yield* leafTokens(member);
        else {
          yield* member.header;
          yield member.open;
          for (const setting of member.settings) yield* leafTokens(setting);
          yield member.close;
        }
      }
      yield part.close;
    }
  }
}

function* leafTokens(leaf: Leaf): Generator<Token> {
  const last = leaf.tokens[leaf.tokens.length - 1];
  if (leaf.damaged || last === undefined) return;
  yield* leaf.tokens;
  yield endToken(last);
}
