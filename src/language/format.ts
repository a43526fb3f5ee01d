import { parseSyntax } from './parse.js';

/** The text in its one layout, or null when it has a syntax error. */
export function formatSpec(text: string): string | null {
  return parseSyntax(text).diagnostics.length > 0 ? null : text;
}
