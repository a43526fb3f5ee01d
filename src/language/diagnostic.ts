import type { Code } from './catalogue.js';

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
  readonly fix?: Fix;
}

export interface Fix {
  readonly title: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A diagnostic with a code of the catalogue; codes that begin with W are warnings. */
export function diagnostic(code: Code, message: string, range: { readonly start: number; readonly end: number }, fix?: Fix): Diagnostic {
  const severity = code.startsWith('W') ? 'warning' : 'error';
  const base = { code: `attn.${code}`, severity, message, start: range.start, end: range.end } as const;
  return fix ? { ...base, fix } : base;
}
