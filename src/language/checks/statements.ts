import * as l10n from '@vscode/l10n';
import {
  type Experiment,
  type Expression,
  isExpect,
  isMeasure,
  isNameExpression,
  isNumberLiteral,
  isOperand,
  isPlot,
  isRateExpression,
  isSweep,
  type Operand,
  type Quantity,
} from '../generated/ast.js';
import { definitions, resolveName } from '../scope.js';
import { axes, errorFacets, quantities } from '../vocabulary.js';
import { everyNode } from '../walk.js';
import { listed } from '../wording.js';
import { type Context, type Range, rangeOfProperty } from './context.js';

const errorQuantities = Object.keys(quantities).filter((q) => quantities[q]!.isError);

/** What is measured, drawn and expected: names of quantities, facets, axes and sweeps. */
export function checkStatements(context: Context, experiment: Experiment): void {
  for (const member of experiment.members) {
    if (isMeasure(member) || isPlot(member)) for (const q of member.quantities) checkQuantity(context, q);
    if (isPlot(member)) {
      checkAxis(context, experiment, member.axis, rangeOfProperty(member, 'axis'), 'against', true);
      member.by.forEach((name, i) => {
        checkAxis(context, experiment, name, rangeOfProperty(member, 'by', i), 'by', false);
      });
      member.logAxes.forEach((axis, i) => {
        if (axis !== 'x' && axis !== 'y')
          context.report(
            'E208',
            l10n.t('`log {0}` is no axis of a plot; write `log x` or `log y`.', axis),
            rangeOfProperty(member, 'logAxes', i),
          );
      });
    } else if (isExpect(member)) {
      checkSubject(context, member.left);
      if (member.relation.$type === 'Monotone')
        checkAxis(context, experiment, member.relation.axis, rangeOfProperty(member.relation, 'axis'), 'in', true);
      for (const node of everyNode(member)) if (isOperand(node)) checkOperand(context, experiment, node, node !== member.left);
    }
  }
}

function checkQuantity(context: Context, q: Quantity): void {
  const form = q.prefix === undefined ? undefined : q.prefix === 'fitted' ? 'fitted rate' : q.prefix;
  if (!checkNameAndFacet(context, q, form)) return;
  if (q.prefix === 'trust_length' && q.threshold === undefined) {
    context.report(
      'E228',
      l10n.t('`trust_length of {0}` needs its threshold: `trust_length of {1} to VALUE`.', q.name, q.name),
      rangeOfProperty(q, 'name'),
    );
  } else if (q.prefix !== 'trust_length' && q.threshold !== undefined) {
    context.report('E228', l10n.t('Only `trust_length of Q to V` takes a threshold.'), rangeOfProperty(q, 'threshold'));
  }
}

/** Reports the first thing wrong; true when all is right. */
function checkNameAndFacet(
  context: Context,
  node: { readonly name: string; readonly facet?: string; readonly $type: string } & Parameters<typeof rangeOfProperty>[0],
  form: string | undefined,
): boolean {
  const { name, facet } = node;
  if (!Object.hasOwn(quantities, name)) {
    context.unknownWord(
      'E204',
      name,
      l10n.t('`{0}` is not a quantity', name),
      rangeOfProperty(node, 'name'),
      Object.keys(quantities),
      l10n.t('the quantities are {0}', listed(Object.keys(quantities))),
    );
    return false;
  }
  const { isError, facets } = quantities[name]!;
  if (facet !== undefined && facets.length === 0) {
    context.report(
      'E205',
      l10n.t(
        '`{0}` has no `.{1}`; only {2} have {3}, and `parameter_gap` has `.envelope`.',
        name,
        facet,
        listed(errorQuantities),
        listed(errorFacets.map((f) => `.${f}`)),
      ),
      rangeOfProperty(node, 'facet'),
    );
    return false;
  }
  if (facet !== undefined && !facets.includes(facet)) {
    context.unknownWord(
      'E205',
      facet,
      l10n.t('`{0}` has no `.{1}`', name, facet),
      rangeOfProperty(node, 'facet'),
      facets,
      facets.length === 1
        ? l10n.t('there is {0}', listed([`.${facets[0]!}`]))
        : l10n.t('there are {0}', listed(facets.map((f) => `.${f}`))),
    );
    return false;
  }
  if (form === 'trust_length' && !isError) {
    context.report(
      'E228',
      l10n.t('`trust_length` is of an error that has a certified bound: {0}.', listed(errorQuantities, 'or')),
      rangeOfProperty(node, 'name'),
    );
    return false;
  }
  return true;
}

const unwrapped = (e: Expression): { readonly quantity: Expression; readonly scaled: boolean } =>
  e.$type === 'BinaryExpression' && e.operator === '*' && isNumberLiteral(e.left)
    ? { quantity: e.right, scaled: true }
    : { quantity: e, scaled: false };

function checkSubject(context: Context, left: Operand): void {
  const { quantity } = unwrapped(left.value);
  if (isRateExpression(quantity)) return;
  if (!isNameExpression(quantity)) {
    context.report(
      'E228',
      l10n.t('The left side of `expect` is a quantity: `expect QUANTITY below VALUE`.'),
      rangeOfProperty(left, 'value'),
    );
  } else if (!Object.hasOwn(quantities, quantity.name)) checkNameAndFacet(context, quantity, undefined);
}

function checkOperand(context: Context, experiment: Experiment, operand: Operand, mayBeNumber: boolean): void {
  const { quantity } = unwrapped(operand.value);
  let isQuantity = false;
  if (isRateExpression(quantity)) isQuantity = checkNameAndFacet(context, quantity, quantity.fitted ? 'fitted rate' : 'rate') || true;
  else if (isNameExpression(quantity)) {
    isQuantity = Object.hasOwn(quantities, quantity.name) && !resolveName(quantity, quantity.name);
    if (isQuantity || (mayBeNumber && quantity.facet !== undefined && !resolveName(quantity, quantity.name)))
      checkNameAndFacet(context, quantity, undefined);
  }
  if (!isQuantity) {
    for (const node of everyNode(operand.value)) {
      if ((isNameExpression(node) && Object.hasOwn(quantities, node.name) && !resolveName(node, node.name)) || isRateExpression(node)) {
        if (node === quantity) continue;
        context.report('E228', l10n.t('A quantity on the right stands alone or as `NUMBER * QUANTITY`.'), rangeOfProperty(node, 'name'));
        return;
      }
    }
  }
  if (!operand.at) return;
  const isName = isNameExpression(quantity) && !Object.hasOwn(quantities, quantity.name);
  if (!isQuantity && mayBeNumber && !isName)
    context.report('E228', l10n.t('`at` picks values of a quantity, and this is none.'), rangeOfProperty(operand, 'value'));
  const seen = new Set<string>();
  for (const entry of operand.at.entries) {
    const range = rangeOfProperty(entry, 'name');
    if (seen.has(entry.name)) context.report('E211', l10n.t('`{0}` is given twice.', entry.name), range);
    seen.add(entry.name);
    checkAxis(context, experiment, entry.name, range, 'at', true);
  }
}

function checkAxis(context: Context, experiment: Experiment, name: string, range: Range, word: string, orAxis: boolean): void {
  if (orAxis && Object.hasOwn(axes, name)) return;
  const defined = definitions(experiment).get(name);
  if (defined && isSweep(defined)) return;
  const sweeps = [...definitions(experiment).values()].filter(isSweep).map((s) => s.name);
  if (defined || definitions(context.syntax.tree).has(name)) {
    context.report(
      'E222',
      l10n.t(
        '`{0}` is a `let` and has one value; `{1}` takes {2}.',
        name,
        word,
        sweeps.length > 0 ? l10n.t('a sweep: {0}', listed(sweeps, 'or')) : l10n.t('a sweep'),
      ),
      range,
    );
    return;
  }
  if (!context.isNewUnknown(name, experiment)) return;
  const candidates = orAxis ? [...sweeps, ...Object.keys(axes)] : sweeps;
  context.unknownWord(
    'E222',
    name,
    l10n.t('`{0}` is not a sweep of this experiment', name),
    range,
    candidates,
    candidates.length > 0 ? l10n.t('`{0}` takes {1}', word, listed(candidates, 'or')) : l10n.t('add `sweep {0} over …`', name),
  );
}
