import type { SpecDocument } from './document.js';
import { type Role, type Word, wordsOf } from './words.js';

/** Names that themes colour without being told. */
export const tokenTypes = [
  'keyword',
  'type',
  'class',
  'property',
  'variable',
  'parameter',
  'function',
  'enumMember',
  'number',
  'string',
  'operator',
] as const;
export const tokenModifiers = ['declaration', 'readonly', 'defaultLibrary'] as const;

export type TokenType = (typeof tokenTypes)[number];
export type TokenModifier = (typeof tokenModifiers)[number];

export interface SemanticToken {
  readonly start: number;
  readonly end: number;
  readonly type: TokenType;
  readonly modifiers: readonly TokenModifier[];
}

type Look = readonly [TokenType, ...TokenModifier[]];

const looks: Readonly<Partial<Record<Role, Look>>> = {
  keyword: ['keyword'],
  block: ['type'],
  variant: ['class'],
  setting: ['property'],
  key: ['property'],
  quantity: ['variable', 'readonly', 'defaultLibrary'],
  axis: ['variable', 'readonly', 'defaultLibrary'],
  constant: ['variable', 'readonly', 'defaultLibrary'],
  facet: ['property', 'defaultLibrary'],
  function: ['function', 'defaultLibrary'],
  value: ['enumMember', 'defaultLibrary'],
};

/** Colours for the words whose meaning depends on their place. Numbers, strings and signs are left to the grammar of the editor. */
export function semanticTokens(document: SpecDocument): SemanticToken[] {
  return wordsOf(document).all.flatMap((word) => {
    const look = lookOf(word);
    if (look === undefined) return [];
    const [type, ...modifiers] = look;
    return [{ start: word.token.start, end: word.token.end, type, modifiers }];
  });
}

function lookOf(word: Word): Look | undefined {
  if (word.role !== 'definition' && word.role !== 'reference') return looks[word.role];
  // A sweep is a parameter of its experiment.
  const type = word.definition?.kind === 'sweep' ? 'parameter' : 'variable';
  return word.role === 'definition' ? [type, 'declaration', 'readonly'] : [type, 'readonly'];
}
