export interface CatalogueEntry {
  readonly title: string;
  /** Why it is refused and what would be right. */
  readonly explanation: string;
  /** A file, or lines of an experiment, that give this code and no other. Empty where the mistake is not in the text. */
  readonly wrong: string;
  /** The same, put right. */
  readonly right: string;
}

export const entry = (title: string, explanation: string, wrong: string, right: string): CatalogueEntry => ({
  title,
  explanation,
  wrong,
  right,
});
