/** The page of a preview: set once, filled by messages. */
import { randomBytes } from 'node:crypto';

export interface PageParts {
  readonly script: string;
  readonly style: string;
  /** The source that the editor serves files of an extension from. */
  readonly cspSource: string;
  readonly title: string;
  readonly language: string;
  /** Translations by the English text; undefined where the editor speaks English. */
  readonly strings: Readonly<Record<string, string>> | undefined;
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]!);

/** Only our own script runs, by its nonce; only our own style sheet applies; nothing is fetched. */
export function previewPage({ script, style, cspSource, title, language, strings }: PageParts): string {
  const nonce = randomBytes(18).toString('base64url');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `img-src ${cspSource} data: blob:`,
    `font-src ${cspSource}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escaped(language)}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<link rel="stylesheet" href="${escaped(style)}">
<title>${escaped(title)}</title>
</head>
<body>
<div id="attn-root"${strings === undefined ? '' : ` data-strings="${escaped(JSON.stringify(strings))}"`}></div>
<script nonce="${nonce}" src="${escaped(script)}"></script>
</body>
</html>
`;
}
