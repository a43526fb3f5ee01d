/** Evaluates expressions to typed values with a canonical text (docs/language.md, "Text"). */
import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import { nearest } from '../language/distance.js';
import type { BinaryExpression, Call, Expression, Let, RangeLiteral } from '../language/generated/ast.js';
import { numericFunctions } from './builtins.js';
import { codes } from './codes.js';
import { constructors } from './constructors.js';
import { type Environment, isDamaged } from './environment.js';
import { longestList } from './limits.js';
import { isMatrixLike, productOf, sumOf } from './matrix-expression.js';
import { Damaged, Mistake } from './mistake.js';
import { describe, listValue, type NumberValue, numberText, numberValue, stringValue, type Value, wordValue } from './values.js';

/** Words that some setting, function or law takes as they stand. */
export const keywordValues: ReadonlySet<string> = new Set([
  ...['softmax', 'linear', 'merged', 'factored', 'half_squared', 'squared', 'identity', 'tanh', 'relu', 'sign', 'square'],
  ...[
    'rademacher',
    'bayes',
    'output',
    'value_gradient',
    'key_query_gradient',
    'auto',
    'exact',
    'monte_carlo',
    'single',
    'double',
    'gaussian',
    'random',
  ],
]);

/** The value of `node`. Throws `Mistake` at the node that is wrong, `Damaged` where the text has its own message. */
export function evaluate(node: Expression | undefined, env: Environment): Value {
  if (node === undefined) {
    throw new Damaged();
  }
  switch (node.$type) {
    case 'NumberLiteral': {
      const value = Number(node.text.replaceAll('_', ''));
      if (!Number.isFinite(value)) {
        throw new Mistake(
          codes.notANumber,
          node,
          l10n.t('{0} is too large for a number; the largest is about 1.8e308. Infinity is written `inf`.', node.text),
        );
      }
      return numberValue(value);
    }
    case 'StringLiteral':
      return stringValue(node.value);
    case 'BooleanLiteral':
      return { kind: 'boolean', value: node.text === 'true', text: node.text };
    case 'ListLiteral':
      return listValue(
        node.items.map((item) => evaluate(item, env)),
        false,
        node.items,
      );
    case 'RangeLiteral':
      return evaluateRange(node, env);
    case 'UnaryExpression': {
      const operand = evaluate(node.operand, env);
      if (operand.kind === 'number') {
        return node.operator === '-' ? numberValue(-operand.value) : operand;
      }
      if (isMatrixLike(operand)) {
        return node.operator === '-' ? productOf(-1, operand) : operand;
      }
      throw new Mistake(codes.type, node, l10n.t('`{0}` takes a number or a matrix, not {1}.', node.operator, describe(operand)));
    }
    case 'BinaryExpression':
      return evaluateBinary(node, env);
    case 'NameExpression':
      if (node.facet !== undefined) {
        throw new Mistake(
          codes.type,
          node,
          l10n.t('`{0}.{1}` is a measured quantity and has no value here; it can stand in `expect`.', node.name, node.facet),
        );
      }
      return evaluateName(node.name, node, env);
    case 'RateExpression':
      throw new Mistake(
        codes.type,
        node,
        l10n.t('A rate is measured and has no value here; it can stand in `measure`, `plot` and `expect`.'),
      );
    case 'Call':
      return evaluateCall(node, env);
  }
}

/** The value of `node`, which must be a number (infinity included). */
export function evaluateNumber(node: Expression | undefined, env: Environment, what: string): number {
  const value = evaluate(node, env);
  if (value.kind !== 'number') {
    throw new Mistake(codes.type, node!, l10n.t('{0} must be a number, not {1}.', what, describe(value)));
  }
  return value.value;
}

function evaluateName(name: string, node: Expression, env: Environment): Value {
  if (name !== env.listOf) {
    const swept = env.sweeps.get(name);
    if (swept !== undefined) {
      return swept;
    }
    if (env.scope.sweeps.has(name)) {
      if (env.scope.damagedSweeps.has(name) || isDamaged(env.scope.file, env.scope.sweeps.get(name)!)) {
        throw new Damaged();
      }
      throw new Mistake(codes.type, node, l10n.t('`{0}` is swept, so it has no single value here.', name));
    }
  }
  const definition = env.scope.letNamed(name, node);
  if (definition !== undefined) {
    return evaluateLet(definition, node, env);
  }
  if (name === 'inf') {
    return numberValue(Number.POSITIVE_INFINITY);
  }
  if (name === 'pi') {
    return numberValue(Math.PI);
  }
  if (keywordValues.has(name)) {
    return wordValue(name);
  }
  if (env.scope.file.damage.length > 0) {
    throw new Damaged();
  }
  const known = [...env.scope.sweeps.keys(), ...env.scope.lets.keys(), ...env.scope.file.lets.keys(), ...keywordValues];
  const guess = nearest(name, known);
  const suggestion = guess === undefined ? l10n.t('define it by `let {0} = …`.', name) : l10n.t('did you mean `{0}`?', guess);
  throw new Mistake(
    codes.undefinedName,
    node,
    l10n.t('`{0}` is not defined; {1}', name, suggestion),
    guess === undefined ? undefined : { title: l10n.t('Write `{0}`', guess), node, text: guess },
  );
}

/** The value of a `let`, evaluated once; `user` is where a cycle is reported. */
export function evaluateLet(definition: Let, user: AstNode, env: Environment): Value {
  const known = env.fixed.get(definition) ?? env.varying.get(definition);
  if (known !== undefined) {
    return known;
  }
  if (isDamaged(env.scope.file, definition)) {
    throw new Damaged();
  }
  if (env.active.has(definition)) {
    throw new Mistake(codes.cycle, user, l10n.t('`{0}` is defined by itself.', definition.name));
  }
  env.active.add(definition);
  try {
    const value = evaluate(definition.value, env);
    const varies = env.listOf !== null || env.scope.sweepsBehind(definition.value).size > 0;
    (varies ? env.varying : env.fixed).set(definition, value);
    return value;
  } finally {
    env.active.delete(definition);
  }
}

function evaluateBinary(node: BinaryExpression, env: Environment): Value {
  const left = evaluate(node.left, env);
  const right = evaluate(node.right, env);
  if (left.kind === 'number' && right.kind === 'number') {
    return arithmetic(node, left, right);
  }
  if (isMatrixLike(left) && isMatrixLike(right) && (node.operator === '+' || node.operator === '-')) {
    return sumOf(left, node.operator === '+' ? right : productOf(-1, right));
  }
  const [factor, matrix] = left.kind === 'number' ? [left, right] : [right, left];
  if (factor.kind === 'number' && isMatrixLike(matrix)) {
    if (node.operator === '*' && Number.isFinite(factor.value)) {
      return productOf(factor.value, matrix);
    }
    if (node.operator === '/' && factor === right && factor.value !== 0) {
      return productOf(1 / factor.value, matrix);
    }
    if (node.operator === '*' || (node.operator === '/' && factor === right)) {
      throw new Mistake(
        codes.notANumber,
        node,
        node.operator === '*'
          ? l10n.t('A matrix cannot be multiplied by {0}.', factor.text)
          : l10n.t('A matrix cannot be divided by {0}.', factor.text),
      );
    }
    throw new Mistake(
      codes.type,
      node,
      l10n.t(
        '`{0}` does not combine {1} and {2}; a number may multiply a matrix, as in `2 * identity`.',
        node.operator,
        describe(left),
        describe(right),
      ),
    );
  }
  throw new Mistake(codes.type, node, l10n.t('`{0}` does not combine {1} and {2}.', node.operator, describe(left), describe(right)));
}

function arithmetic(node: BinaryExpression, left: NumberValue, right: NumberValue): NumberValue {
  const [a, b] = [left.value, right.value];
  if (node.operator === '/' && b === 0) {
    throw new Mistake(codes.notANumber, node, l10n.t('This divides {0} by zero.', left.text));
  }
  const value = { '+': a + b, '-': a - b, '*': a * b, '/': a / b, '^': a ** b }[node.operator];
  if (Number.isNaN(value)) {
    throw new Mistake(codes.notANumber, node, l10n.t('{0} {1} {2} is not a number.', left.text, node.operator, right.text));
  }
  if (!Number.isFinite(value) && Number.isFinite(a) && Number.isFinite(b)) {
    const why = node.operator === '^' && a === 0 ? l10n.t('divides by zero') : l10n.t('is too large for a number');
    throw new Mistake(codes.notANumber, node, `${left.text} ${node.operator} ${right.text} ${why}.`);
  }
  return numberValue(value);
}

function evaluateRange(node: RangeLiteral, env: Environment): Value {
  const from = evaluateNumber(node.from, env, l10n.t('The start of a range'));
  const to = evaluateNumber(node.to, env, l10n.t('The end of a range'));
  for (const [value, place] of [
    [from, node.from],
    [to, node.to],
  ] as const) {
    if (!Number.isSafeInteger(value)) {
      throw new Mistake(codes.integer, place, l10n.t('A range `a..b` runs over integers, and {0} is not one.', numberText(value)));
    }
  }
  if (from > to) {
    const text = `${numberText(to)}..${numberText(from)}`;
    throw new Mistake(
      codes.wrongWay,
      node,
      l10n.t('The range {0}..{1} is the wrong way round; write `{2}`.', numberText(from), numberText(to), text),
      {
        title: l10n.t('Write `{0}`', text),
        node,
        text,
      },
    );
  }
  if (to - from + 1 > longestList) {
    throw new Mistake(
      codes.runs,
      node,
      l10n.t('This range has {0} values; at most {1} are possible.', numberText(to - from + 1), longestList),
    );
  }
  return listValue(
    Array.from({ length: to - from + 1 }, (_, i) => numberValue(from + i)),
    true,
    null,
  );
}

function evaluateCall(node: Call, env: Environment): Value {
  const numeric = numericFunctions.get(node.callee);
  if (numeric !== undefined) {
    return numeric(node, env, evaluate);
  }
  const construct = constructors.get(node.callee);
  if (construct !== undefined) {
    return construct(node, env, evaluate);
  }
  if (env.scope.file.damage.length > 0) {
    throw new Damaged();
  }
  const guess = nearest(node.callee, [...numericFunctions.keys(), ...constructors.keys()]);
  throw new Mistake(
    codes.unknownFunction,
    node,
    l10n.t('`{0}` is not a function{1}', node.callee, guess === undefined ? '.' : l10n.t('; did you mean `{0}`?', guess)),
  );
}
