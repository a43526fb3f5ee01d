import type { Span, SpecDocument } from './document.js';

/** A data file that a spec names: the path as it is written, and where it stands between its quotes. */
export interface NamedFile extends Span {
  readonly path: string;
}

/** The paths of `file("…")`, in the order of the text. */
export function namedFiles(document: SpecDocument): NamedFile[] {
  return document.tokens.flatMap((_, i) => namedFile(document, i) ?? []);
}

function namedFile({ tokens, text }: SpecDocument, i: number): NamedFile | null {
  const token = tokens[i]!;
  if (token.kind !== 'string' || tokens[i - 1]?.image !== '(' || tokens[i - 2]?.image !== 'file') return null;
  // The image of an open string has the quote that the text lacks.
  const path = token.image.slice(1, -1);
  const start = token.start + 1;
  return { path, start, end: Math.min(start + path.length, text.length) };
}

/** What a path can go on with at a place: the folder as it is written so far, and the name that a choice replaces. */
export interface PathPlace {
  /** Ends with `/`, or is empty. */
  readonly folder: string;
  readonly replace: Span;
}

export function pathAt(document: SpecDocument, offset: number): PathPlace | null {
  // Behind an open string is what follows it in its line.
  const i = document.tokens.findIndex((token) => token.start < offset && offset <= token.end);
  const file = i < 0 ? null : namedFile(document, i);
  if (file === null || offset < file.start || offset > file.end) return null;
  const before = file.path.slice(0, offset - file.start);
  const folder = before.slice(0, before.lastIndexOf('/') + 1);
  const next = file.path.indexOf('/', offset - file.start);
  const isClosed = document.text[file.end] === '"';
  const end = next >= 0 ? file.start + next : isClosed ? file.end : offset;
  return { folder, replace: { start: file.start + folder.length, end } };
}
