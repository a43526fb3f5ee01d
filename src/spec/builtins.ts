/** Functions of numbers, and the two that make lists. */
import * as l10n from '@vscode/l10n';
import type { Call, Expression } from '../language/generated/ast.js';
import { bindArguments } from './arguments.js';
import { codes } from './codes.js';
import type { Environment } from './environment.js';
import { longestList } from './limits.js';
import { Mistake } from './mistake.js';
import { describe, listValue, numberText, numberValue, type Value } from './values.js';

export type Evaluate = (node: Expression | undefined, env: Environment) => Value;
export type BuiltIn = (call: Call, env: Environment, evaluate: Evaluate) => Value;

function numberOf(node: Expression, env: Environment, evaluate: Evaluate, callee: string): number {
  const value = evaluate(node, env);
  if (value.kind !== 'number') {
    throw new Mistake(codes.type, node, l10n.t('`{0}` takes numbers, not {1}.', callee, describe(value)));
  }
  return value.value;
}

function checked(value: number, call: Call, argumentsText: string): Value {
  if (Number.isNaN(value)) {
    throw new Mistake(codes.notANumber, call, `${call.callee}(${argumentsText}) is not a number.`);
  }
  return numberValue(value);
}

function unary(apply: (x: number) => number, refuse: (x: number) => string | null = () => null): BuiltIn {
  return (call, env, evaluate) => {
    const node = bindArguments(call, ['x']).get('x')!;
    const x = numberOf(node, env, evaluate, call.callee);
    const why = refuse(x);
    if (why !== null) {
      throw new Mistake(codes.notANumber, call, `${call.callee}(${numberText(x)}) does not exist: ${why}.`);
    }
    const value = apply(x);
    if (!Number.isFinite(value) && Number.isFinite(x)) {
      throw new Mistake(codes.notANumber, call, `${call.callee}(${numberText(x)}) is too large for a number.`);
    }
    return checked(value, call, numberText(x));
  };
}

function extremum(pick: (...values: number[]) => number): BuiltIn {
  return (call, env, evaluate) => {
    const keyed = call.arguments.find((argument) => argument.key !== undefined);
    if (keyed !== undefined) {
      throw new Mistake(codes.arguments, keyed, l10n.t('`{0}` takes numbers without keys, as in `{1}(2, x)`.', call.callee, call.callee));
    }
    if (call.arguments.length === 0) {
      throw new Mistake(codes.arguments, call, l10n.t('`{0}` needs at least one number, as in `{1}(2, x)`.', call.callee, call.callee));
    }
    const values = call.arguments.map((argument) => numberOf(argument.value, env, evaluate, call.callee));
    return checked(pick(...values), call, values.map(numberText).join(', '));
  };
}

function spaced(geometric: boolean): BuiltIn {
  return (call, env, evaluate) => {
    const bound = bindArguments(call, ['from', 'to', 'points']);
    const [fromNode, toNode, countNode] = [bound.get('from')!, bound.get('to')!, bound.get('points')!];
    const from = numberOf(fromNode, env, evaluate, call.callee);
    const to = numberOf(toNode, env, evaluate, call.callee);
    const count = numberOf(countNode, env, evaluate, call.callee);
    for (const [value, node] of [
      [from, fromNode],
      [to, toNode],
    ] as const) {
      if (!Number.isFinite(value) || (geometric && value <= 0)) {
        const need = geometric ? l10n.t('positive and finite') : l10n.t('finite');
        throw new Mistake(codes.range, node, l10n.t('The ends of `{0}` must be {1}, not {2}.', call.callee, need, numberText(value)));
      }
    }
    if (!Number.isInteger(count) || count < 1) {
      throw new Mistake(
        codes.integer,
        countNode,
        l10n.t('`{0}` makes a whole number of points, at least 1, not {1}.', call.callee, numberText(count)),
      );
    }
    if (count > longestList) {
      throw new Mistake(
        codes.runs,
        countNode,
        l10n.t('`{0}` is asked for {1} points; at most {2} are possible.', call.callee, numberText(count), longestList),
      );
    }
    const at = (i: number): number => {
      if (i === 0 || count === 1) {
        return from;
      }
      if (i === count - 1) {
        return to;
      }
      const t = i / (count - 1);
      const value = geometric ? Math.exp(Math.log(from) * (1 - t) + Math.log(to) * t) : from * (1 - t) + to * t;
      // 0.8 and not 0.7999999999999999: what rounding adds would stand in every table and legend.
      return Number(value.toPrecision(14));
    };
    const values = Array.from({ length: count }, (_, i) => at(i));
    const made = env.scope.file.rounded.has(call) ? values.map((value) => Math.round(value)) : values;
    return listValue([...new Set(made)].map(numberValue), true, null);
  };
}

export const numericFunctions: ReadonlyMap<string, BuiltIn> = new Map<string, BuiltIn>([
  ['sqrt', unary(Math.sqrt, (x) => (x < 0 ? l10n.t('a square root needs a number of at least 0') : null))],
  ['exp', unary(Math.exp)],
  ['log', unary(Math.log, (x) => (x <= 0 ? l10n.t('a logarithm needs a positive number') : null))],
  ['abs', unary(Math.abs)],
  ['round', unary(Math.round)],
  ['floor', unary(Math.floor)],
  ['ceil', unary(Math.ceil)],
  ['min', extremum(Math.min)],
  ['max', extremum(Math.max)],
  ['linspace', spaced(false)],
  ['logspace', spaced(true)],
]);
