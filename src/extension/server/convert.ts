/** From offsets to the positions of the protocol. */
import { DiagnosticSeverity, DiagnosticTag, type Diagnostic as ProtocolDiagnostic, type Range } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { cataloguePage } from '../../language/catalogue-page.js';
import type { Diagnostic } from '../../language/diagnostic.js';
import type { Span } from '../../language/features/document.js';

export function rangeOf(source: TextDocument, { start, end }: Span): Range {
  return { start: source.positionAt(start), end: source.positionAt(end) };
}

/** The code of what is never used: editors fade it. */
const unused = 'attn.W501';

/** `page` is the address of docs/diagnostics.md; a link names the line, which opens without a network. */
export function diagnosticOf(source: TextDocument, diagnostic: Diagnostic, page: string | null): ProtocolDiagnostic {
  const { code, severity, message } = diagnostic;
  const href = page === null ? null : `${page}#L${lineOf(code)}`;
  return {
    range: rangeOf(source, diagnostic),
    severity: severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code,
    ...(href === null ? {} : { codeDescription: { href } }),
    source: 'attn',
    message,
    ...(code === unused ? { tags: [DiagnosticTag.Unnecessary] } : {}),
  };
}

let lines: ReadonlyMap<string, number> | undefined;

/** Line of a code's heading in docs/diagnostics.md, which is made from the catalogue. */
function lineOf(code: string): number {
  lines ??= new Map(
    cataloguePage()
      .split('\n')
      .flatMap((line, i) => {
        const heading = /^### (attn\.\w+):/.exec(line)?.[1];
        return heading === undefined ? [] : [[heading, i + 1] as const];
      }),
  );
  return lines.get(code) ?? 1;
}
