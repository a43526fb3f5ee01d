/** Every code of the project. `docs/diagnostics.md` is made from this table; each `wrong` example has a test that triggers its code. */
import type { CatalogueEntry } from './catalogue/entry.js';
import { files } from './catalogue/files.js';
import { runs, warnings } from './catalogue/runs.js';
import { structure } from './catalogue/structure.js';
import { syntax } from './catalogue/syntax.js';
import { values } from './catalogue/values.js';

export type { CatalogueEntry } from './catalogue/entry.js';

export const catalogue = { ...syntax, ...structure, ...values, ...files, ...runs, ...warnings } as const satisfies Record<
  string,
  CatalogueEntry
>;

export type Code = keyof typeof catalogue;

/** The entry of a code written as `attn.E102`, `E102` or `e102`; undefined for a code that does not exist. */
export function explain(code: string): (CatalogueEntry & { readonly code: Code }) | undefined {
  const short = code
    .trim()
    .replace(/^attn\./i, '')
    .toUpperCase();
  if (!Object.hasOwn(catalogue, short)) return undefined;
  return { code: short as Code, ...catalogue[short as Code] };
}
