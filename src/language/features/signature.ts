import * as l10n from '@vscode/l10n';
import { functions } from '../vocabulary.js';
import type { SpecDocument } from './document.js';

export interface Signature {
  readonly label: string;
  readonly meaning: string;
  /** Offsets within `label`. */
  readonly parameters: readonly { readonly start: number; readonly end: number }[];
}

export interface SignatureHelp {
  readonly signatures: readonly Signature[];
  readonly active: number;
  /** Index into the parameters of the active one, or −1. */
  readonly parameter: number;
}

/** The call around an offset: the ways to write it, and which argument stands there. */
export function signatureAt(document: SpecDocument, offset: number): SignatureHelp | null {
  if (document.isComment(offset)) return null;
  const call = callAround(document, offset);
  if (call === null || !Object.hasOwn(functions, call.name)) return null;
  const info = functions[call.name]!;
  const signatures = info.usage.split(/,? or |, (?=\w+\()/).map((label) => signatureOf(label.trim(), l10n.t(info.meaning)));
  const active = Math.max(0, call.key === null ? 0 : signatures.findIndex((one) => one.label.includes(`${call.key}:`)));
  const { label, parameters } = signatures[active]!;
  const byKey = call.key === null ? -1 : parameters.findIndex((one) => label.slice(one.start, one.end).startsWith(`${call.key}:`));
  const isOpen = label.includes('…)') && parameters.length > 0;
  const byPlace = call.argument < parameters.length ? call.argument : isOpen ? parameters.length - 1 : -1;
  return { signatures, active, parameter: byKey >= 0 ? byKey : byPlace };
}

interface OpenCall {
  readonly name: string;
  readonly argument: number;
  readonly key: string | null;
}

function callAround(document: SpecDocument, offset: number): OpenCall | null {
  const { tokens } = document;
  let depth = 0;
  let argument = 0;
  let key: string | null = null;
  for (let i = document.tokenIndexBehind(offset) - 1; i >= 0; i--) {
    const token = tokens[i]!;
    if (token.end > offset) continue;
    if (token.kind === 'symbol') {
      if (token.image === '{' || token.image === '}') return null;
      if (token.image === ')' || token.image === ']') depth++;
      else if (token.image === '[') {
        if (depth > 0) depth--;
        else {
          // Within a list that is an argument: commas so far were those of the list.
          argument = 0;
          key = null;
        }
      } else if (token.image === '(') {
        if (depth > 0) depth--;
        else if (tokens[i - 1]?.kind === 'word') return { name: tokens[i - 1]!.image, argument, key };
        else argument = 0;
      } else if (token.image === ',' && depth === 0) argument++;
      else if (token.image === ':' && depth === 0 && argument === 0) key ??= tokens[i - 1]?.image ?? null;
    } else if (token.kind === 'word' && depth === 0 && ['let', 'sweep', 'experiment'].includes(token.image)) return null;
  }
  return null;
}

/** `uniform(-h, h)` with the places of its parameters. */
function signatureOf(label: string, meaning: string): Signature {
  const parameters: { start: number; end: number }[] = [];
  const open = label.indexOf('(') + 1;
  let depth = 0;
  let start = open;
  const push = (end: number): void => {
    const text = label.slice(start, end);
    const from = start + text.length - text.trimStart().length;
    if (text.trim() !== '' && text.trim() !== '…') parameters.push({ start: from, end: from + text.trim().length });
    start = end + 1;
  };
  for (let i = open; i < label.length; i++) {
    const c = label[i]!;
    if (c === '(' || c === '[') depth++;
    else if ((c === ')' || c === ']') && depth > 0) depth--;
    else if (c === ')') {
      push(i);
      break;
    } else if (c === ',' && depth === 0) push(i);
  }
  return { label, meaning, parameters };
}
