import * as l10n from '@vscode/l10n';
import { blocks, facets, quantities } from '../vocabulary.js';
import { type CompletionContext, completionContext } from './completion-context.js';
import { type Item, Items } from './completion-items.js';
import { inStatement, openCall, wantsOperand } from './completion-statements.js';
import { describeFacet, describeSetting } from './describe.js';
import type { SpecDocument } from './document.js';
import { blockSnippet, experiments, knownBlocks, settingSnippet } from './snippets.js';

export type { Item } from './completion-items.js';

/** Characters after which the editor asks unbidden. A space counts behind a word or sign that wants something. */
export const triggerCharacters = [' ', '=', '.', '(', '[', ',', ':'] as const;

const wanting = new Set([
  'over',
  'against',
  'by',
  'of',
  'at',
  'in',
  'below',
  'above',
  'between',
  'and',
  'log',
  'measure',
  'plot',
  'expect',
  'task',
  'train',
  '=',
  ',',
  '[',
  '(',
]);

/** What can be written at an offset. `typed`: the character that asked, when the user did not. */
export function complete(document: SpecDocument, offset: number, typed: string | null = null): Item[] {
  const context = completionContext(document, offset);
  if (context === null) return [];
  const last = context.before[context.before.length - 1];
  if (typed === ' ' && !(last !== undefined && wanting.has(last.image))) return [];
  const items = new Items(document, context);
  if (context.before.length === 0) beginStatement(context, items);
  else if (last?.image === '.' && last.kind === 'symbol') {
    const owner = context.before[context.before.length - 2]?.image ?? '';
    const own = Object.hasOwn(quantities, owner) ? quantities[owner]!.facets : Object.keys(facets);
    for (const name of own) items.add({ label: name, kind: 'property', documentation: describeFacet(name) });
  } else if (context.place === 'block') inSetting(context, items);
  else inStatement(context, items);
  return items.all;
}

function beginStatement(context: CompletionContext, items: Items): void {
  if (context.place === 'top') {
    items.statement('let', `let \${1:name} = \${0:1}`);
    experiments.forEach(({ label, detail, text }, rank) => {
      items.add({ label, kind: 'snippet', detail, insert: text, isSnippet: true, rank });
    });
    items.statement('experiment', `experiment "\${1:Title}" {\n  $0\n}`);
  } else if (context.place === 'experiment') beginMember(context, items);
  else beginSetting(context, items);
}

function beginMember({ part }: CompletionContext, items: Items): void {
  const given = new Set(part?.members.flatMap((member) => ('kind' in member ? [] : [member.header[0]!.image])));
  const tokens = part?.members.flatMap((member) => ('kind' in member ? [member.tokens[0]?.image ?? ''] : [])) ?? [];
  const isPlain = given.has('tokens');
  const isTask = given.has('task');
  for (const [kind, info] of knownBlocks) {
    if (given.has(kind)) continue;
    if ((kind === 'task' && isPlain) || (kind === 'tokens' && isTask) || (kind === 'query' && isTask) || (kind === 'train' && isPlain))
      continue;
    const variants = Object.keys(info.variants);
    for (const variant of variants.length === 0 ? [null] : variants) items.block(kind, variant, info, blockSnippet(kind, variant, info));
  }
  items.statement('sweep', `sweep \${1:L} over [\${2:10, 100, 1000, inf}]`);
  items.statement('let', `let \${1:name} = \${0:1}`);
  items.statement('measure', 'measure $0', true);
  items.statement('plot', 'plot $0', true);
  items.statement('expect', 'expect $0', true);
  items.statement('overlay', `overlay "\${1:label}" = file("\${2:run.csv}", x: \${3:step}, y: \${4:loss})`);
  if (!tokens.includes('repeat')) items.statement('repeat', `repeat \${0:5}`);
}

function beginSetting({ block }: CompletionContext, items: Items): void {
  if (block === null || !Object.hasOwn(blocks, block.kind)) return;
  const given = new Set(block.part?.settings.map((setting) => setting.tokens[0]?.image));
  for (const [name, info] of Object.entries(blocks[block.kind]!.settings)) {
    if (given.has(name) && !items.isWriting(name)) continue;
    if (info.variants !== undefined && block.variant !== null && !info.variants.includes(block.variant)) continue;
    items.add({
      label: name,
      kind: 'setting',
      detail: info.required === true ? l10n.t('required') : (info.default ?? ''),
      documentation: describeSetting(block.kind, name, info),
      // A name in front of a value that is there already stands alone.
      ...(items.isBefore('=') ? {} : { insert: settingSnippet(name, info), isSnippet: true }),
      rank: info.required === true ? 0 : 1,
    });
  }
}

function inSetting({ before, block }: CompletionContext, items: Items): void {
  const [name, equals] = before;
  if (block === null || name === undefined || equals?.image !== '=') return;
  if (!wantsOperand(before)) return;
  const info = Object.hasOwn(blocks, block.kind) ? blocks[block.kind]!.settings[name.image] : undefined;
  if (info === undefined) return;
  const call = openCall(before);
  if (call !== null) items.callArgument(call.name, call.start, before);
  else items.values(info);
}
