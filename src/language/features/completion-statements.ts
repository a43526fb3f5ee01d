import type { Token } from '../tokens.js';
import { facets, functions, quantities } from '../vocabulary.js';
import type { CompletionContext } from './completion-context.js';
import type { Items } from './completion-items.js';
import { describeKeyword } from './describe.js';

/** True when a value may begin behind these tokens. */
export function wantsOperand(before: readonly Token[]): boolean {
  const last = before[before.length - 1];
  return last !== undefined && last.kind === 'symbol' && ![')', ']', '%', '.'].includes(last.image);
}

/** The innermost call that is open behind these tokens; `start` is the index of its first argument. */
export function openCall(before: readonly Token[]): { readonly name: string; readonly start: number } | null {
  let depth = 0;
  for (let i = before.length - 1; i > 0; i--) {
    const { image, kind } = before[i]!;
    if (kind !== 'symbol') continue;
    if (image === ')' || image === ']') depth++;
    else if (image === '[' || image === '(') {
      if (depth > 0) depth--;
      else if (image === '(' && before[i - 1]!.kind === 'word' && Object.hasOwn(functions, before[i - 1]!.image))
        return { name: before[i - 1]!.image, start: i + 1 };
    }
  }
  return null;
}

/** What may stand next in a statement of an experiment, or in a `let` of the file. */
export function inStatement(context: CompletionContext, items: Items): void {
  const { before } = context;
  const first = before[0]!.image;
  const call = openCall(before);
  if (call !== null && wantsOperand(before)) {
    items.callArgument(call.name, call.start, before);
    return;
  }
  switch (first) {
    case 'task':
    case 'train':
      if (before.length === 1) items.variants(first);
      return;
    case 'let':
      if (before.length > 2 && wantsOperand(before)) items.anyValue();
      return;
    case 'sweep':
      inSweep(before, items);
      return;
    case 'repeat':
      items.names();
      return;
    case 'measure':
      inQuantities(before, items);
      return;
    case 'plot':
      inPlot(before, items);
      return;
    case 'expect':
      inExpect(before, items);
      return;
    case 'overlay':
      if (wantsOperand(before)) items.call('file');
      return;
    default:
      return;
  }
}

function inSweep(before: readonly Token[], items: Items): void {
  if (before.length === 1) {
    items.overridable();
    return;
  }
  if (before.length === 2) {
    items.words('over');
    return;
  }
  if (before[before.length - 1]!.image === 'over') {
    items.lists();
    return;
  }
  if (wantsOperand(before)) items.anyValue();
}

/** A comma separated list of quantities, up to the words that end it. */
function inQuantities(before: readonly Token[], items: Items): boolean | undefined {
  const last = before[before.length - 1]!;
  if (last.image === 'of') {
    items.quantities(true);
    return true;
  }
  if (last.image === 'fitted') {
    items.words('rate of');
    return true;
  }
  if (['rate', 'trust_length'].includes(last.image)) {
    items.words('of');
    return true;
  }
  if (before.length === 1 || last.image === ',') {
    items.quantities(false);
    items.words('rate of', 'fitted rate of', 'trust_length of');
    return true;
  }
  if (
    before.findLast((t) => t.image === 'trust_length' || t.image === ',')?.image === 'trust_length' &&
    Object.hasOwn(quantities, last.image)
  ) {
    items.words('to');
    return true;
  }
  return undefined;
}

function inPlot(before: readonly Token[], items: Items): void {
  const at = (word: string): number => before.findIndex((t, i) => i > 0 && t.image === word);
  const last = before[before.length - 1]!;
  const against = at('against');
  if (against < 0) {
    if (inQuantities(before, items) !== true) items.words('against');
    return;
  }
  if (last.image === 'against') {
    items.axes();
    return;
  }
  if (last.image === 'log') {
    items.words('x', 'y');
    return;
  }
  const by = at('by');
  if (last.image === 'by' || (by > 0 && last.image === ',')) {
    items.sweeps(before.slice(against).map((t) => t.image));
    return;
  }
  const logs = before.filter((t, i) => t.image === 'log' && i > against).length;
  if (by < 0 && logs === 0) items.words('by');
  const given = new Set(before.flatMap((t, i) => (before[i - 1]?.image === 'log' ? [t.image] : [])));
  items.words(...['x', 'y'].filter((axis) => !given.has(axis)).map((axis) => `log ${axis}`));
}

const relations = new Set(['below', 'above', 'between', 'within', 'decreasing', 'increasing']);

function inExpect(before: readonly Token[], items: Items): void {
  const last = before[before.length - 1]!;
  const open = before.findLastIndex((t) => t.image === '[');
  if (open > 0 && before[open - 1]!.image === 'at' && !before.slice(open).some((t) => t.image === ']')) {
    if (last.image === '=') {
      items.sweepValues(before[before.length - 2]!.image);
      return;
    }
    if (last.image === '[' || last.image === ',') {
      items.selectors(before.slice(open).map((t) => t.image));
      return;
    }
    return;
  }
  const relation = before.find((t, i) => i > 1 && relations.has(t.image));
  if (last.image === 'at') {
    items.words('[');
    return;
  }
  if (last.image === 'in') {
    items.sweeps([]);
    return;
  }
  if (relation === undefined) {
    if (inQuantities(before, items) === true) return;
    if (!before.some((t) => t.image === 'at'))
      items.add({
        label: 'at',
        kind: 'keyword',
        insert: 'at [$0]',
        isSnippet: true,
        retrigger: true,
        documentation: describeKeyword('at'),
      });
    for (const word of ['below', 'above']) items.add({ label: word, kind: 'keyword', insert: `${word} `, retrigger: true });
    items.add({ label: 'between', kind: 'keyword', insert: `between \${1:0} and \${0:1}`, isSnippet: true });
    items.add({ label: 'within', kind: 'keyword', insert: `within \${1:20}% of $0`, isSnippet: true, retrigger: true });
    items.words('decreasing in', 'increasing in');
    return;
  }
  if (last.image === '%') {
    items.words('of');
    return;
  }
  if (relation.image === 'decreasing' || relation.image === 'increasing') {
    items.words('in');
    return;
  }
  const isOperand = last === relation || last.image === 'and' || last.image === 'of' || wantsOperand(before);
  if (isOperand) {
    items.names();
    items.quantities(false);
    return;
  }
  if (relation.image === 'between' && !before.some((t) => t.image === 'and')) {
    items.words('and');
    return;
  }
  if (Object.hasOwn(quantities, last.image) || Object.hasOwn(facets, last.image)) {
    items.add({ label: 'at', kind: 'keyword', insert: 'at [$0]', isSnippet: true, retrigger: true });
  }
}
