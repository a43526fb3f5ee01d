/**
 * The strings that a translator translates: `npm run l10n` writes them to bundle.l10n.json, and says which of them a translation lacks. The
 * documentation (catalogue of diagnostics, guides), what a figure or a file holds, and the command line stay in English.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { templates } from '../src/extension/templates/templates.js';
import { axes, blocks, constants, facets, functions, quantities, valueWords } from '../src/language/vocabulary.js';
import { translatable } from '../src/solver/sentences.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const sources = ['src', 'webview'].map((folder) => join(here, '..', folder));

/** Literal first arguments of `l10n.t(…)` in the sources, the meanings of the vocabulary, the words of the templates, and what runs say; sorted. */
export function strings(): string[] {
  const found = new Set([...templates.flatMap(({ label, detail }) => [label, detail]), ...meanings(), ...translatable]);
  for (const folder of sources) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (name.endsWith('.ts')) for (const text of literals(name, readFileSync(join(folder, name), 'utf8'))) found.add(text);
    }
  }
  return [...found].sort();
}

function literals(name: string, text: string): string[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /(^|\.)l10n\.t$/.test(node.expression.getText(source))) {
      const [first] = node.arguments;
      if (first !== undefined && ts.isStringLiteralLike(first)) found.push(first.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** What hovers and completion say of the words of the language. */
function meanings(): string[] {
  return [
    ...Object.values(blocks).flatMap(({ meaning, variants, settings }) => [
      meaning,
      ...Object.values(variants),
      ...Object.values(settings).map((setting) => setting.meaning),
    ]),
    ...Object.values(functions).map(({ meaning }) => meaning),
    ...Object.values(quantities).map(({ meaning }) => meaning),
    ...[axes, constants, facets, valueWords].flatMap((table) => Object.values(table)),
  ];
}

export const bundleText = (): string => `${JSON.stringify(Object.fromEntries(strings().map((text) => [text, text])), null, 2)}\n`;

/** Translations by the English text. */
export function translation(language: string): Record<string, string> {
  const path = join(here, `bundle.l10n.${language}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

export const languages = ['fr'] as const;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(here, 'bundle.l10n.json'), bundleText());
  for (const language of languages) {
    const known = translation(language);
    for (const text of strings()) if (!Object.hasOwn(known, text)) console.log(`${language} lacks ${JSON.stringify(text)}`);
  }
}
