import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { importsOf } from './imports.js';

/** What one part may import of the others: `types` when only what is erased at run time. */
export type Layers = ReadonlyMap<string, ReadonlyMap<string, 'all' | 'types'>>;

/**
 * Reads the table of ARCHITECTURE.md headed `| part | may import |`. A cell names parts in backticks; `(types only)` after
 * one restricts that arrow. A row may name several parts on its left side.
 */
export function readLayers(markdown: string): Layers {
  const lines = markdown.split('\n');
  const head = lines.findIndex((line) => /^\|\s*part\s*\|\s*may import\s*\|/.test(line));
  if (head < 0) throw new Error('ARCHITECTURE.md has no table headed "| part | may import |"');
  const layers = new Map<string, Map<string, 'all' | 'types'>>();
  for (const line of lines.slice(head + 2)) {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, left, right] = cells;
    if (left === undefined || right === undefined) break;
    const targets = new Map<string, 'all' | 'types'>();
    for (const match of right.matchAll(/`(\w+)`(\s*\(types only\))?/g)) targets.set(match[1]!, match[2] === undefined ? 'all' : 'types');
    for (const match of left.matchAll(/`(\w+)`/g)) layers.set(match[1]!, targets);
  }
  return layers;
}

/** The part that a file belongs to, by its path from the root: `src/solver/x.ts` is `solver`, `webview/x.ts` is `webview`. */
function partOf(path: string): string | null {
  const match = /^(?:src\/(\w+)|(webview))\//.exec(path);
  return match === null ? null : (match[1] ?? match[2] ?? null);
}

const mayUseNode = (path: string): boolean => /^src\/(cli|extension|engine\/node)\//.test(path);

/** Parts that hold platform code: the rest of the project must not reach into `src/engine/node`. */
const mayUseEngineNode = mayUseNode;

/** Says what is wrong with each import that breaks a rule of ARCHITECTURE.md; empty when all is well. Paths use `/`, from the root. */
export function breaches(layers: Layers, files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [path, text] of files) {
    const part = partOf(path);
    if (part === null || !layers.has(part)) {
      found.push(`${path}: belongs to no part of ARCHITECTURE.md`);
      continue;
    }
    for (const site of importsOf(path, text)) {
      const reason = breach(layers, path, part, site.specifier, site.typeOnly);
      if (reason !== null) found.push(`${path}:${site.line}: ${reason}`);
    }
  }
  return found;
}

function breach(layers: Layers, path: string, part: string, specifier: string, typeOnly: boolean): string | null {
  if (specifier === '?') return 'an import whose target is computed cannot be checked';
  if (!specifier.startsWith('.')) {
    if (specifier === 'vscode' || specifier.startsWith('vscode/'))
      return part === 'extension' ? null : `only extension may import ${specifier}`;
    if (isBuiltin(specifier) && !mayUseNode(path)) return `${part} may not import ${specifier}, which only Node has`;
    return specifier.startsWith('/') ? `${specifier} is an absolute path` : null;
  }
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  if (target === 'package.json') return part === 'cli' || part === 'extension' ? null : `${part} may not import package.json`;
  const other = partOf(target);
  if (other === null) return `${specifier} leaves the source folders`;
  if (target.startsWith('src/engine/node/') && !mayUseEngineNode(path)) return `${part} may not import ${target}, which needs Node`;
  if (other === part) return null;
  const arrow = layers.get(part)?.get(other);
  if (arrow === undefined) return `${part} may not import ${other} (${specifier})`;
  return arrow === 'types' && !typeOnly ? `${part} may import only types of ${other} (${specifier})` : null;
}
