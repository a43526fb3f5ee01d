import * as l10n from '@vscode/l10n';
import { AstUtils } from 'langium';
import { isArgument, isCall, isExpect, isNameExpression, isSetting, type NameExpression } from '../generated/ast.js';
import { experimentOf, resolveName } from '../scope.js';
import { bareWords, blocks, constants, functions, quantities, settingWords, valueWords } from '../vocabulary.js';
import { everyNode } from '../walk.js';
import { type Context, rangeOfProperty } from './context.js';
import { visibleNames } from './definitions.js';

/** Names and functions in expressions. */
export function checkExpressions(context: Context): void {
  for (const node of everyNode(context.syntax.tree)) {
    if (isCall(node) && !Object.hasOwn(functions, node.callee)) {
      const range = rangeOfProperty(node, 'callee');
      if (resolveName(node, node.callee))
        context.report(
          'E206',
          l10n.t('`{0}` is a value and not a function; write `{1} * (…)` for a product.', node.callee, node.callee),
          range,
        );
      else
        context.unknownWord(
          'E206',
          node.callee,
          l10n.t('`{0}` is not a function', node.callee),
          range,
          Object.keys(functions),
          l10n.t(
            'the functions are {0}',
            Object.keys(functions)
              .map((f) => `\`${f}\``)
              .join(', '),
          ),
        );
    } else if (isNameExpression(node)) checkName(context, node);
  }
}

function checkName(context: Context, node: NameExpression): void {
  const { name } = node;
  if (resolveName(node, name)) {
    if (node.facet !== undefined)
      context.report('E205', l10n.t('`{0}` is not a quantity and has no `.{1}`.', name, node.facet), rangeOfProperty(node, 'facet'));
    return;
  }
  const isQuantity = Object.hasOwn(quantities, name);
  const inExpect = AstUtils.getContainerOfType(node, isExpect) !== undefined;
  if (inExpect && (isQuantity || node.facet !== undefined || isSubject(node))) return;
  if (isColumn(node) || isCheckedWord(node)) return;
  const range = rangeOfProperty(node, 'name');
  if (Object.hasOwn(constants, name) || Object.hasOwn(valueWords, name) || settingWords.has(name) || bareWords.has(name)) {
    if (node.facet !== undefined) context.report('E205', l10n.t('`{0}` has no `.{1}`.', name, node.facet), rangeOfProperty(node, 'facet'));
    return;
  }
  if (Object.hasOwn(functions, name)) {
    context.report('E223', l10n.t('`{0}` is a function; write `{1}`.', name, functions[name]!.usage), range);
    return;
  }
  const experiment = experimentOf(node);
  if (!context.isNewUnknown(name, experiment)) return;
  if (isQuantity) {
    context.report('E207', l10n.t('`{0}` is a quantity that is measured; its value cannot be used here.', name), range);
    return;
  }
  const candidates = [
    ...visibleNames(context, experiment),
    ...Object.keys(constants),
    ...Object.keys(valueWords),
    ...settingWords,
    ...(inExpect ? Object.keys(quantities) : []),
  ];
  context.unknownWord(
    'E207',
    name,
    l10n.t('`{0}` is not defined', name),
    range,
    candidates,
    l10n.t('define it by `let {0} = …` or sweep over it', name),
  );
}

/** The left side of an expectation is a quantity and has its own message. */
function isSubject(node: NameExpression): boolean {
  return node.$container.$type === 'Operand' && node.$container.$container.$type === 'Expect';
}

/** Columns of a data file are named freely. */
function isColumn(node: NameExpression): boolean {
  const argument = node.$container;
  return isArgument(argument) && argument.key !== undefined && argument.$container.callee === 'file';
}

/** Words of a setting with a closed set are checked with the setting. */
function isCheckedWord(node: NameExpression): boolean {
  const parent = node.$container;
  const setting = parent.$type === 'ListLiteral' ? parent.$container : parent;
  return isSetting(setting) && blocks[setting.$container.kind]?.settings[setting.name]?.words !== undefined;
}
