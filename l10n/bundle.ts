/** The strings of the extension that a translator translates: `npm run l10n` writes them to bundle.l10n.json. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { templates } from '../src/extension/templates/templates.js';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Literal first arguments of `l10n.t(…)` in the sources, and the words of the templates; sorted. */
export function strings(): string[] {
  const folder = join(here, '..', 'src', 'extension');
  const found = new Set(templates.flatMap(({ label, detail }) => [label, detail]));
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const source = ts.createSourceFile(name, readFileSync(join(folder, name), 'utf8'), ts.ScriptTarget.ES2022);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && /(^|\.)l10n\.t$/.test(node.expression.getText(source))) {
        const [first] = node.arguments;
        if (first !== undefined && ts.isStringLiteralLike(first)) found.add(first.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return [...found].sort();
}

export const bundleText = (): string => `${JSON.stringify(Object.fromEntries(strings().map((text) => [text, text])), null, 2)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(join(here, 'bundle.l10n.json'), bundleText());
