import * as l10n from '@vscode/l10n';
import { builtIn, quantities } from '../vocabulary.js';
import type { Span, SpecDocument } from './document.js';
import { type Definition, type Word, wordAt, wordsOf } from './words.js';

export interface Occurrence extends Span {
  readonly isDefinition: boolean;
}

/** Where the name at an offset is defined: in a run of an experiment its sweep stands before the let that it overrides. */
export function definitionAt(document: SpecDocument, offset: number): Definition | null {
  return wordAt(document, offset)?.definition ?? null;
}

/**
 * Every place of the name at an offset. A sweep that takes the name of a let of the file is the same name: it overrides that let, and would
 * not if only one of them were renamed.
 */
export function occurrencesAt(document: SpecDocument, offset: number): Occurrence[] {
  const target = definitionAt(document, offset);
  if (target === null) return [];
  const family = familyOf(document, target);
  return wordsOf(document)
    .all.filter((word) => word.definition !== null && family.has(word.definition))
    .map((word) => ({ start: word.token.start, end: word.token.end, isDefinition: word.role === 'definition' }));
}

/** The same in one experiment, when the name stands in one: what a reader of the place looks at. */
export function highlightsAt(document: SpecDocument, offset: number): Occurrence[] {
  const at = wordAt(document, offset);
  if (at?.definition === undefined || at.definition === null) return [];
  return wordsOf(document)
    .all.filter((word) => word.definition === at.definition)
    .map((word) => ({ start: word.token.start, end: word.token.end, isDefinition: word.role === 'definition' }));
}

function familyOf(document: SpecDocument, target: Definition): ReadonlySet<Definition> {
  const { definitions } = wordsOf(document);
  const top = definitions.find((one) => one.experiment === -1 && one.name === target.name);
  const isOverride = (one: Definition): boolean => one.kind === 'sweep' && one.name === target.name;
  if (top === undefined || !(target === top || isOverride(target))) return new Set([target]);
  return new Set([top, ...definitions.filter(isOverride)]);
}

export type Rename = { readonly edits: readonly (Span & { readonly text: string })[] } | { readonly refused: string };

const nameForm = /^[\p{L}_][\p{L}\p{N}\p{M}_]*$/u;
const reserved = new Set(['let', 'experiment', 'sweep', 'true', 'false']);

/** The range that a rename would replace, or null where there is no name of the spec. */
export function renamePlace(document: SpecDocument, offset: number): (Span & { readonly name: string }) | null {
  const word = wordAt(document, offset);
  if (word?.definition === undefined || word.definition === null) return null;
  return { start: word.token.start, end: word.token.end, name: word.token.image };
}

export function rename(document: SpecDocument, offset: number, name: string): Rename {
  const target = definitionAt(document, offset);
  if (target === null) return { refused: l10n.t('There is no name here that the spec defines.') };
  if (!nameForm.test(name)) return { refused: l10n.t('`{0}` is not a name: letters, digits and _, not beginning with a digit.', name) };
  if (reserved.has(name)) return { refused: l10n.t('`{0}` is a reserved word.', name) };
  if (builtIn(name) !== undefined || Object.hasOwn(quantities, name)) return { refused: l10n.t('`{0}` is a word of the language.', name) };
  const clash = name === target.name ? undefined : clashOf(document, target, name);
  if (clash !== undefined) return { refused: l10n.t('`{0}` is defined in line {1} already.', name, document.lineAt(clash.start)) };
  return { edits: occurrencesAt(document, offset).map(({ start, end }) => ({ start, end, text: name })) };
}

/** A definition that would capture a renamed use, or whose uses the new name would capture. */
function clashOf(document: SpecDocument, target: Definition, name: string): Definition | undefined {
  const words = wordsOf(document);
  const family = familyOf(document, target);
  const scopes = new Set<number>();
  for (const word of words.all) if (word.definition !== null && family.has(word.definition)) scopes.add(word.experiment);
  const own = words.definitions.find((one) => one.name === name && scopes.has(one.experiment));
  if (own !== undefined) return own;
  const captured = (word: Word): boolean =>
    word.definition?.name === name && word.definition.experiment === -1 && [...family].some((one) => one.experiment === word.experiment);
  return words.all.find(captured)?.definition ?? undefined;
}
