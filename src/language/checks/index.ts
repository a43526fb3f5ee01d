import type { Diagnostic } from '../diagnostic.js';
import type { SyntaxResult } from '../parse.js';

/** Checks of names and structure. */
export function check(_syntax: SyntaxResult): Diagnostic[] {
  return [];
}
