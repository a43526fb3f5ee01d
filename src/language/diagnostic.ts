/** A mistake in a spec: a stable code, a sentence that says what is wrong and what would be right, and where. */
export interface Diagnostic {
  /** `attn.E102`; each code has its entry in the catalogue and in docs/diagnostics.md. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** UTF-16 offsets into the text. */
  readonly start: number;
  readonly end: number;
  /** A replacement of the range that would be right, where one is obvious. */
  readonly fix?: { readonly title: string; readonly start: number; readonly end: number; readonly text: string };
}
