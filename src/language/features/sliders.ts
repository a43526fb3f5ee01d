import { type AstNode, AstUtils } from 'langium';
import {
  type Call,
  type Expression,
  isBinaryExpression,
  isBlock,
  isCall,
  isExperiment,
  isExpression,
  isLet,
  isListLiteral,
  isNameExpression,
  isNumberLiteral,
  isSetting,
  isSpec,
  isUnaryExpression,
  type Let,
  type Setting,
} from '../generated/ast.js';
import { experimentOf, rangeOf } from '../index.js';
import { resolveName } from '../scope.js';
import { blocks, type SettingInfo } from '../vocabulary.js';
import type { Span, SpecDocument } from './document.js';
import { argumentRange, type NumberRange, rangeOfSetting, type SliderScale, sliderScale } from './slider-range.js';

export interface SliderPlace extends SliderScale {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly span: Span;
}

/** More than these would not fit beside a chart. */
const mostSliders = 8;

/** The numbers that can be dragged at an offset: the one under it, those of its block, then the lets that its experiment uses. */
export function slidersAt(document: SpecDocument, offset: number): SliderPlace[] {
  const found = new Map<string, SliderPlace>();
  const add = (nodes: Iterable<AstNode>): void => {
    for (const node of nodes) {
      if (found.size >= mostSliders) return;
      const slider = sliderOf(document, node);
      if (slider !== null && !found.has(slider.id)) found.set(slider.id, slider);
    }
  };
  const under = document.nodeAt(offset, isNumberLiteral);
  if (under !== undefined) add([under]);
  const name = document.nodeAt(offset, isNameExpression);
  if (name !== undefined) add(numbersOf(resolveName(name, name.name)));
  const block = document.nodeAt(offset, isBlock);
  const setting = document.nodeAt(offset, isSetting);
  if (setting !== undefined) {
    add(numbersOf(setting));
    add(letsBehind(setting));
  }
  if (block !== undefined) add(numbersOf(block));
  const experiment = document.nodeAt(offset, isExperiment) ?? document.experiments()[0];
  const behind = experiment === undefined ? literalsOf(document.parsed.tree.elements.filter(isLet)) : letsBehind(experiment);
  add(behind);
  return [...found.values()];
}

function numbersOf(node: AstNode | undefined): AstNode[] {
  return node === undefined ? [] : AstUtils.streamAst(node).filter(isNumberLiteral).toArray();
}

/** The number of every let that a part of the text depends on, in the order of use. */
function letsBehind(node: AstNode): AstNode[] {
  const experiment = experimentOf(node);
  const lets = new Set<Let>();
  const visit = (part: AstNode): void => {
    for (const use of AstUtils.streamAst(part)) {
      if (!isNameExpression(use)) continue;
      const target = resolveName(use, use.name, experiment);
      if (!isLet(target) || lets.has(target)) continue;
      lets.add(target);
      if (target.value !== undefined) visit(target.value);
    }
  };
  visit(node);
  return literalsOf(lets);
}

/** The numbers of those lets that are one. */
function literalsOf(lets: Iterable<Let>): AstNode[] {
  return [...lets].flatMap((one) => (one.value === undefined ? [] : (literalOf(one.value) ?? [])));
}

/** The literal of a number with its sign, or null. */
function literalOf(expression: Expression): Expression | null {
  if (isNumberLiteral(expression)) return expression;
  return isUnaryExpression(expression) && isNumberLiteral(expression.operand) ? expression : null;
}

function sliderOf(document: SpecDocument, node: AstNode): SliderPlace | null {
  if (!isExpression(node)) return null;
  const signed = isUnaryExpression(node.$container) ? literalOf(node.$container) : null;
  const literal = signed ?? literalOf(node);
  if (literal === null || document.parsed.isDamaged(literal)) return null;
  const span = rangeOf(literal);
  const value = Number(document.text.slice(span.start, span.end).replace(/[_\s]/g, ''));
  if (!Number.isFinite(value)) return null;
  const place = nameOf(literal);
  if (place === null) return null;
  const title = experimentOf(literal)?.title;
  return {
    id: title === undefined ? place.path : `${title}/${place.path}`,
    label: place.label,
    value,
    span,
    ...sliderScale(value, place.range),
  };
}

interface Named {
  /** Where the number stands, down to the side of an operator: no other number has it. */
  readonly path: string;
  /** What a reader calls it: the let or the setting, and the function it is an argument of. */
  readonly label: string;
  readonly range: NumberRange;
}

/** What a number is called where it stands: the let or setting whose value it is, or the argument of a call in one. */
function nameOf(literal: Expression): Named | null {
  const steps: string[] = [];
  const words: string[] = [];
  let range: NumberRange = {};
  let child: AstNode = literal;
  for (let parent = literal.$container as AstNode | undefined; parent !== undefined; child = parent, parent = parent.$container) {
    if (isLet(parent)) {
      const wanted = parent.value === literal ? { ...range, ...rangeOfUses(parent) } : range;
      return { path: [parent.name, ...steps].join('.'), label: [parent.name, ...words].join(' '), range: wanted };
    }
    if (isSetting(parent)) {
      const own = infoOf(parent);
      const wanted = parent.value === literal && own !== undefined ? rangeOfSetting(own) : range;
      const path = [parent.$container.kind, parent.name, ...steps].join('.');
      return { path, label: [parent.name, ...words].join(' '), range: wanted };
    }
    if (isCall(parent)) {
      const index = parent.arguments.findIndex((one) => Object.is(one, child));
      const argument = parent.arguments[index];
      if (argument?.value === literal) range = argumentRange(parent.callee, argument.key ?? null, index);
      const several = parent.arguments.length > 1 ? [argument?.key ?? String(index + 1)] : [];
      steps.unshift(parent.callee, ...several);
      words.unshift(parent.callee, ...several);
    } else if (isListLiteral(parent)) {
      steps.unshift(String(parent.items.findIndex((one) => Object.is(one, child)) + 1));
    } else if (isBinaryExpression(parent)) {
      steps.unshift(parent.left === child ? 'left' : 'right');
    } else if (parent.$type === 'Sweep' || parent.$type === 'Expect' || parent.$type === 'Repeat') return null;
  }
  return null;
}

const infoOf = (setting: Setting): SettingInfo | undefined => blocks[setting.$container.kind]?.settings[setting.name];

/** What the uses of a let ask of its value: those that take it whole. */
function rangeOfUses(definition: Let): NumberRange {
  let range: NumberRange = {};
  const root = AstUtils.getContainerOfType(definition, isSpec);
  for (const node of root === undefined ? [] : AstUtils.streamAst(root)) {
    if (!isNameExpression(node) || node.name !== definition.name || resolveName(node, node.name) !== definition) continue;
    const parent: AstNode | undefined = node.$container;
    const wanted = isSetting(parent) ? infoOf(parent) : undefined;
    if (wanted !== undefined) range = narrowed(range, rangeOfSetting(wanted));
    else if (parent?.$type === 'Argument') range = narrowed(range, rangeInCall(parent, node));
  }
  return range;
}

function rangeInCall(argument: AstNode, value: Expression): NumberRange {
  const call: Call | undefined = isCall(argument.$container) ? argument.$container : undefined;
  const index = call?.arguments.findIndex((one) => one.value === value) ?? -1;
  return call === undefined || index < 0 ? {} : argumentRange(call.callee, call.arguments[index]!.key ?? null, index);
}

function narrowed(a: NumberRange, b: NumberRange): NumberRange {
  const min = Math.max(a.min ?? Number.NEGATIVE_INFINITY, b.min ?? Number.NEGATIVE_INFINITY);
  const max = Math.min(a.max ?? Number.POSITIVE_INFINITY, b.max ?? Number.POSITIVE_INFINITY);
  return {
    ...(min > Number.NEGATIVE_INFINITY ? { min } : {}),
    ...(max < Number.POSITIVE_INFINITY ? { max } : {}),
    integer: a.integer === true || b.integer === true,
    positive: a.positive === true || b.positive === true,
  };
}
