import { catalogue } from './catalogue.js';

const groups: readonly (readonly [RegExp, string])[] = [
  [/^E1/, 'Syntax'],
  [/^E2/, 'Names and structure'],
  [/^E3/, 'Values and domains'],
  [/^E4/, 'Files and cost'],
  [/^E6/, 'Runs'],
  [/^W/, 'Warnings'],
];

/** docs/diagnostics.md: the catalogue as a page. */
export function cataloguePage(): string {
  const lines = [
    '# Diagnostics',
    '',
    'Made from `src/language/catalogue.ts` by `npm run docs:diagnostics`. `attn explain CODE` prints an entry.',
    '',
  ];
  for (const [pattern, title] of groups) {
    lines.push(`## ${title}`, '');
    for (const [code, entry] of Object.entries(catalogue)) {
      if (!pattern.test(code)) continue;
      lines.push(`### attn.${code}: ${entry.title}`, '', entry.explanation, '');
      if (entry.wrong !== '') lines.push('Wrong:', '', '```attn', entry.wrong, '```', '', 'Right:', '', '```attn', entry.right, '```', '');
    }
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
