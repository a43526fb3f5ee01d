/**
 * Writes dist/README.md, the page of the extension in VS Code and on a marketplace. Such a page shows pictures from https addresses alone,
 * neither from the extension's own files nor from `data:` addresses: given the public address of this folder they are linked there, otherwise
 * left out, as VS Code would show broken ones. Links to files become links there, or just their words.
 *
 * @example npx tsx docs/build-extension-readme.ts https://example.org/attn-lab/
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const [address] = process.argv.slice(2);
const root = new URL('../', import.meta.url);
const there = (path: string): string => new URL(path, address).href;

const page = readFileSync(new URL('README.md', root), 'utf8')
  .replace(/<img src="(?!https?:)([^"]+)"([^>]*)>\n?/g, (_, path: string, rest: string) =>
    address === undefined ? '' : `<img src="${there(path)}"${rest}>\n`,
  )
  .replace(/(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)]+)\)/g, (_, words: string, path: string) =>
    address === undefined ? words : `[${words}](${there(path)})`,
  )
  .trimStart();
mkdirSync(new URL('dist/', root), { recursive: true });
writeFileSync(new URL('dist/README.md', root), page);
