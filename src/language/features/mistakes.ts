import type { Diagnostic } from '../diagnostic.js';
import type { ExperimentPart, Leaf } from '../structure-parts.js';
import type { Token } from '../tokens.js';
import type { Span, SpecDocument } from './document.js';

/**
 * The errors that each experiment suffers from, in the order of the experiments: its own first, then those in the lets of the file that it
 * uses, directly or through other lets. Found by words, so that a let that does not parse counts too.
 */
export function mistakesOf(document: SpecDocument, diagnostics: readonly Diagnostic[]): readonly (readonly Diagnostic[])[] {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const { parts } = document.structure;
  const lets = parts.filter((part): part is Leaf => 'kind' in part && part.kind === 'Let');
  return parts
    .filter((part): part is ExperimentPart => !('kind' in part))
    .map((part) => {
      const own = within(errors, { start: part.header[0]!.start, end: part.close.end });
      return [...own, ...usedBy(part, lets).flatMap((leaf) => within(errors, spanOf(leaf.tokens)))];
    });
}

function within(errors: readonly Diagnostic[], { start, end }: Span): Diagnostic[] {
  return errors.filter((error) => error.start < end && error.end >= start);
}

const spanOf = (tokens: readonly Token[]): Span => ({ start: tokens[0]!.start, end: tokens[tokens.length - 1]!.end });

function usedBy(part: ExperimentPart, lets: readonly Leaf[]): Leaf[] {
  const used = new Set<Leaf>();
  const open: (readonly Token[])[] = part.members.flatMap((member) =>
    'kind' in member ? [member.tokens] : member.settings.map(({ tokens }) => tokens),
  );
  for (let tokens = open.pop(); tokens !== undefined; tokens = open.pop()) {
    const words = new Set(tokens.filter(({ kind }) => kind === 'word').map(({ image }) => image));
    for (const leaf of lets) {
      const name = leaf.tokens[1]?.image;
      if (used.has(leaf) || name === undefined || !words.has(name)) continue;
      used.add(leaf);
      open.push(leaf.tokens.slice(2));
    }
  }
  return lets.filter((leaf) => used.has(leaf));
}
