import * as l10n from '@vscode/l10n';
import { explain } from '../catalogue.js';
import type { Diagnostic } from '../diagnostic.js';
import { isBinaryExpression, isCall, isExpression, isLet, isSetting, isSweep, isUnaryExpression } from '../generated/ast.js';
import { rangeOf } from '../index.js';
import { blocks } from '../vocabulary.js';
import {
  describeBlock,
  describeFunction,
  describeKeyword,
  describeQuantity,
  describeSetting,
  describeVariant,
  describeWord,
} from './describe.js';
import type { Span, SpecDocument } from './document.js';
import type { Evaluated } from './evaluator.js';
import { type Definition, settingOf, type Word, wordAt } from './words.js';

export interface Hover extends Span {
  readonly markdown: string;
}

/** What the word at an offset means, what it is worth, and what is wrong with it. */
export function hoverAt(document: SpecDocument, offset: number, diagnostics: readonly Diagnostic[] = []): Hover | null {
  if (document.isComment(offset)) return null;
  const word = wordAt(document, offset);
  const parts = word === undefined ? [] : [aboutWord(document, word), aboutValue(document, word, offset), aboutLaw(document, word, offset)];
  const mistakes = diagnostics.filter((d) => d.start <= offset && offset <= d.end);
  const markdown = [...parts, ...mistakes.map((d) => aboutCode(d.code))].filter((part) => part !== null).join('\n\n---\n\n');
  const place = word?.token ?? mistakes[0];
  return markdown === '' || place === undefined ? null : { start: place.start, end: place.end, markdown };
}

function aboutWord(document: SpecDocument, word: Word): string | null {
  const name = word.token.image;
  switch (word.role) {
    case 'keyword':
      return describeKeyword(name);
    case 'block':
      return Object.hasOwn(blocks, name) ? describeBlock(name, blocks[name]!) : null;
    case 'variant':
      return word.block === null ? null : describeVariant(word.block.kind, name);
    case 'setting': {
      const info = settingOf(word);
      return info === undefined || word.block === null ? null : describeSetting(word.block.kind, name, info);
    }
    case 'function':
      return describeFunction(name);
    case 'quantity':
      return describeQuantity(name);
    case 'facet':
    case 'constant':
    case 'axis':
      return describeWord(name);
    case 'value': {
      const info = settingOf(word);
      const isOwn = info?.words?.includes(name) === true;
      return isOwn
        ? l10n.t('**{0}**, value of `{1}`\n\n{2}', name, word.owner ?? '', l10n.t(info.meaning))
        : (describeWord(name) ?? describeFunction(name));
    }
    case 'definition':
    case 'reference':
      return word.definition === null ? null : aboutDefinition(document, word.definition);
    default:
      return null;
  }
}

function aboutDefinition(document: SpecDocument, definition: Definition): string {
  const where = definition.experiment < 0 ? '' : l10n.t(', in this experiment');
  const source = document.text.slice(definition.start, definition.end).replace(/\s+/g, ' ');
  return [`\`\`\`attn\n${source}\n\`\`\``, definition.kind === 'let' ? l10n.t('A name{0}', where) : l10n.t('A sweep{0}', where)].join('\n');
}

/** The value of what the word names or stands in; nothing for what already says it, such as a number. */
function aboutValue(document: SpecDocument, word: Word, offset: number): string | null {
  const { evaluator } = document;
  if (word.role === 'definition') {
    const sweep = document.nodeAt(offset, isSweep);
    if (sweep !== undefined) {
      const values = evaluator.sweepValues(sweep);
      return values.length === 0 ? null : l10n.t('{0} values: {1}', values.length, listed(values.map((value) => value.text)));
    }
    const definition = document.nodeAt(offset, isLet);
    return definition === undefined ? null : aboutEvaluated(evaluator.letValue(definition), textOf(document, definition.value));
  }
  if (word.role === 'setting') {
    const setting = document.nodeAt(offset, isSetting);
    return setting === undefined ? null : aboutEvaluated(evaluator.value(setting.value), textOf(document, setting.value));
  }
  const node = document.nodeAt(offset, isExpression);
  if (node === undefined) return null;
  const says = word.role === 'reference' || word.role === 'function' || word.role === 'constant' || word.role === 'symbol';
  if (!says || !(word.role !== 'symbol' || isBinaryExpression(node) || isUnaryExpression(node) || isCall(node))) return null;
  return aboutEvaluated(evaluator.value(node), textOf(document, node));
}

const textOf = (document: SpecDocument, node: Parameters<typeof rangeOf>[0] | undefined): string => {
  if (node === undefined) return '';
  const { start, end } = rangeOf(node);
  return document.text.slice(start, end);
};

/** Of the law that a setting gives, at the setting and at the whole of its value. */
function aboutLaw(document: SpecDocument, word: Word, offset: number): string | null {
  if (settingOf(word)?.kind !== 'law') return null;
  const setting = document.nodeAt(offset, isSetting);
  if (setting === undefined || (word.role !== 'setting' && document.nodeAt(offset, isExpression) !== setting.value)) return null;
  return told(
    document.evaluator.subGaussian(setting),
    (text) => l10n.t('Sub-Gaussian parameter: σ = {0}', text),
    () => l10n.t('Sub-Gaussian parameter σ:'),
  );
}

/** `written` says the same already when the value is a literal. */
function aboutEvaluated(value: Evaluated | null, written: string): string | null {
  return value?.text === written
    ? null
    : told(
        value,
        (text) => l10n.t('Value: `{0}`', text),
        () => l10n.t('Value:'),
      );
}

/** `one` makes a sentence of a value that all runs share, `several` stands before those that follow the sweeps. */
function told(value: Evaluated | null, one: (text: string) => string, several: () => string): string | null {
  if (value === null) return null;
  if (value.text !== null) return one(shortened(value.text));
  const lines = value.cases.map(({ where, text }) => l10n.t('- `{0}` at {1}', shortened(text), where));
  return [several(), ...lines, ...(value.more ? ['- …'] : [])].join('\n');
}

const longest = 200;
const shortened = (text: string): string => (text.length <= longest ? text : `${text.slice(0, longest)}…`);

function listed(values: readonly string[]): string {
  const shown = values.slice(0, 20).map((value) => `\`${shortened(value)}\``);
  return `${shown.join(', ')}${values.length > shown.length ? ', …' : ''}`;
}

function aboutCode(code: string): string | null {
  const entry = explain(code);
  return entry === undefined ? null : `**attn.${entry.code}: ${entry.title}**\n\n${entry.explanation}`;
}
