/** Expectations: what is compared, at which runs, with values that may depend on the sweeps. */
import * as l10n from '@vscode/l10n';
import type { Expect, Expression, Operand as OperandNode, SelectorEntry } from '../language/generated/ast.js';
import { listed } from '../language/wording.js';
import { quantityNames } from '../solver/problem.js';
import { codes } from './codes.js';
import type { Environment } from './environment.js';
import { evaluate, evaluateNumber } from './evaluate.js';
import type { AtEntry, Expectation, Operand, QuantityOperand, SweepValue } from './experiment.js';
import { Damaged, Mistake } from './mistake.js';
import { checkAxis } from './plots.js';
import { isTrajectory, perHead, type QuantityForm, quantityRef } from './quantities.js';
import { constantNumber, constantsOf, type Study, sweepNamed } from './study.js';
import { sweepValue } from './sweeps.js';
import type { Value } from './values.js';

/** An expectation whose numbers wait for the runs. */
export interface PendingExpectation {
  readonly node: Expect;
  /** Quantity operands, for the measures. */
  readonly quantities: readonly QuantityOperand[];
  /** Points of trajectories that are named, with their place. */
  readonly points: readonly {
    readonly axis: 'time' | 'step';
    readonly value: number;
    readonly node: SelectorEntry;
    readonly at: readonly AtEntry[];
  }[];
  /** Evaluates the numbers in every run's environment. */
  finish(runs: readonly Environment[]): Expectation;
}

type Side = { readonly operand: QuantityOperand } | { readonly number: Expression };

export function readExpectation(study: Study, node: Expect): PendingExpectation {
  const relation = node.relation;
  if (node.left === undefined || relation === undefined) {
    throw new Damaged();
  }
  const points: PendingExpectation['points'][number][] = [];
  const left = readOperand(study, node.left, points);
  if (!('operand' in left) || left.operand.factor !== 1) {
    throw new Mistake(codes.form, node.left, l10n.t('The left side of `expect` is a quantity, as in `expect risk below 0.1`.'));
  }
  const sides: Side[] = [];
  const side = (operand: OperandNode | undefined): number => {
    if (operand === undefined) {
      throw new Damaged();
    }
    return sides.push(readOperand(study, operand, points)) - 1;
  };
  const relationOf = ((): ((operands: readonly Operand[]) => Expectation['relation']) => {
    switch (relation.$type) {
      case 'Bound': {
        side(relation.right);
        const kind = relation.direction;
        return ([right]) => ({ kind, right: right! });
      }
      case 'Between':
        side(relation.low);
        side(relation.high);
        return ([low, high]) => {
          checkOrder(low!, high!, relation);
          return { kind: 'between', low: low!, high: high! };
        };
      case 'Within': {
        const percent = constantNumber(study, relation.percent, l10n.t('A percentage'));
        if (percent <= 0) {
          throw new Mistake(codes.range, relation.percent, l10n.t('A percentage must be positive, not {0}.', percent));
        }
        side(relation.right);
        return ([right]) => ({ kind: 'within', fraction: percent / 100, right: right! });
      }
      case 'Monotone':
        checkMonotone(study, node, left.operand);
        return () => ({ kind: relation.direction, axis: relation.axis });
    }
  })();
  const quantities = [left.operand, ...sides.flatMap((one) => ('operand' in one ? [one.operand] : []))];
  const text = (node.$cstNode?.text ?? '')
    .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return {
    node,
    quantities,
    points,
    finish: (runs) => ({
      range: study.rangeOf(node),
      text: text.replace(/^expect /, ''),
      left: left.operand,
      relation: relationOf(sides.map((one) => ('operand' in one ? one.operand : { kind: 'number', perRun: numbersOf(one.number, runs) }))),
    }),
  };
}

function numbersOf(node: Expression, runs: readonly Environment[]): number[] {
  const varies = runs.length > 0 && runs[0]!.scope.sweepsBehind(node).size > 0;
  const values: number[] = [];
  for (const run of runs) {
    if (!varies && values.length > 0) {
      values.push(values[0]!);
      continue;
    }
    const value = evaluateNumber(node, run, l10n.t('A bound'));
    if (!Number.isFinite(value)) {
      throw new Mistake(codes.infinite, node, l10n.t('A bound must be finite.'));
    }
    values.push(value);
  }
  return values;
}

function checkOrder(low: Operand, high: Operand, node: Expect['relation'] & { $type: 'Between' }): void {
  if (low.kind !== 'number' || high.kind !== 'number') {
    return;
  }
  const wrong = low.perRun.findIndex((value, i) => value > high.perRun[i]!);
  if (wrong >= 0) {
    const [a, b] = [node.low.$cstNode?.text ?? '', node.high.$cstNode?.text ?? ''];
    const text = `between ${b} and ${a}`;
    throw new Mistake(
      codes.wrongWay,
      node,
      l10n.t('Nothing lies between {0} and {1}: the lower bound comes first; write `{2}`.', low.perRun[wrong], high.perRun[wrong], text),
      {
        title: l10n.t('Write `{0}`', text),
        node,
        text,
      },
    );
  }
}

function checkMonotone(study: Study, node: Expect, left: QuantityOperand): void {
  const relation = node.relation;
  if (relation.$type !== 'Monotone') {
    return;
  }
  const { axis, direction } = relation;
  if (axis === 'time' || axis === 'step') {
    checkAxis(study, axis, relation);
    if (!isTrajectory(left.quantity)) {
      throw new Mistake(
        codes.axis,
        relation,
        l10n.t('`{0}` has one value for a run and is not {1} in {2}.', left.quantity.name, direction, axis),
      );
    }
    const pinned = left.at.find((entry) => entry.kind === 'axis');
    if (pinned !== undefined) {
      throw new Mistake(
        codes.monotone,
        relation,
        l10n.t('`at` picks one point of the trajectory, so nothing is left to be {0} in {1}.', direction, axis),
      );
    }
    return;
  }
  const sweep = sweepNamed(study, axis, relation);
  if (left.at.some((entry) => entry.kind === 'sweep' && entry.name === axis)) {
    throw new Mistake(
      codes.monotone,
      relation,
      l10n.t('`at` picks one value of `{0}`, so nothing is left to be {1} in it.', axis, direction),
    );
  }
  if (sweep.values.length < 2) {
    throw new Mistake(
      codes.monotone,
      relation,
      l10n.t('`{0}` takes a single value, {1}; `{2} in` compares at least two.', axis, sweep.values[0]!.text, direction),
    );
  }
  const word = sweep.values.find((value) => value.kind !== 'number');
  if (word !== undefined) {
    throw new Mistake(
      codes.monotone,
      relation,
      l10n.t('`{0} in` compares numbers, and `{1}` takes the value `{2}`.', direction, axis, word.text),
    );
  }
}

function readOperand(study: Study, node: OperandNode, points: PendingExpectation['points'][number][]): Side {
  if (node.value === undefined) {
    throw new Damaged();
  }
  const found = quantityIn(study, node.value);
  if (found === null) {
    if (node.at !== undefined) {
      throw new Mistake(codes.form, node.at, l10n.t('`at` picks runs of a quantity, and this is a number.'));
    }
    return { number: node.value };
  }
  const quantity = quantityRef(study, found.form, found.node);
  if (perHead.includes(quantity.name)) {
    const [most, least] = quantity.name === 'gains' ? ['largest_gain', 'least_gain'] : ['largest_head_weight', 'least_head_weight'];
    throw new Mistake(
      codes.measure,
      found.node,
      l10n.t('`{0}` has a value for each head; expect something of `{1}` or `{2}`.', quantity.name, most!, least!),
    );
  }
  const at: AtEntry[] = [];
  for (const entry of node.at?.entries ?? []) {
    if (entry.value === undefined) {
      throw new Damaged();
    }
    if (at.some((other) => (other.kind === 'sweep' ? other.name : other.axis) === entry.name)) {
      throw new Mistake(codes.noSuchValue, entry, l10n.t('`{0}` is picked twice.', entry.name));
    }
    if (entry.name === 'time' || entry.name === 'step') {
      checkAxis(study, entry.name, entry);
      const value = constantNumber(study, entry.value, l10n.t('The {0}', entry.name));
      if (value < 0) {
        throw new Mistake(codes.outside, entry, l10n.t('The training starts at {0} 0, and {1} is before it.', entry.name, value));
      }
      if (entry.name === 'step' && !Number.isInteger(value)) {
        throw new Mistake(codes.integer, entry.value, l10n.t('A step is an integer, not {0}.', value));
      }
      if (!isTrajectory(quantity)) {
        throw new Mistake(codes.axis, entry, l10n.t('`{0}` has one value for a run, whatever the {1}.', quantity.name, entry.name));
      }
      at.push({ kind: 'axis', axis: entry.name, value });
      points.push({ axis: entry.name, value, node: entry, at });
    } else {
      at.push({ kind: 'sweep', name: entry.name, value: pick(study, entry) });
    }
  }
  return { operand: { kind: 'quantity', factor: found.factor, quantity, at } };
}

function pick(study: Study, entry: SelectorEntry): SweepValue {
  const sweep = sweepNamed(study, entry.name, entry);
  const value = evaluate(entry.value, constantsOf(study));
  const match = sweep.values.find((candidate) => matches(candidate, value));
  if (match === undefined) {
    const texts = sweep.values.map((candidate) => candidate.text);
    const shown =
      texts.length > 6
        ? [...texts.slice(0, 3), '…', ...texts.slice(-2)].map((text) => (text === '…' ? text : `\`${text}\``)).join(', ')
        : listed(texts);
    throw new Mistake(codes.noSuchValue, entry, l10n.t('`{0}` never takes the value {1}; it takes {2}.', entry.name, value.text, shown));
  }
  return sweepValue(match);
}

function matches(candidate: Value, value: Value): boolean {
  if (candidate.kind === 'number' && value.kind === 'number' && Number.isFinite(candidate.value) && Number.isFinite(value.value)) {
    return Math.abs(candidate.value - value.value) <= 1e-12 * Math.max(Math.abs(candidate.value), Math.abs(value.value));
  }
  return candidate.text === value.text;
}

interface Found {
  readonly form: QuantityForm;
  readonly node: Expression;
  readonly factor: number;
}

/** The quantity an operand reads, with its factor; null when it is a number. A name that the spec defines is a number. */
function quantityIn(study: Study, node: Expression): Found | null {
  if (node.$type === 'RateExpression') {
    return {
      form: { name: node.name, facet: node.facet, form: node.fitted ? 'fitted_rate' : 'rate', threshold: undefined },
      node,
      factor: 1,
    };
  }
  if (node.$type === 'NameExpression') {
    const defined = study.scope.letNamed(node.name, node) !== undefined || study.scope.sweeps.has(node.name);
    const isQuantity = quantityNames.some((name) => name === node.name);
    return isQuantity && (!defined || node.facet !== undefined)
      ? { form: { name: node.name, facet: node.facet, form: 'value', threshold: undefined }, node, factor: 1 }
      : null;
  }
  if (node.$type === 'BinaryExpression') {
    const [left, right] = [quantityIn(study, node.left), quantityIn(study, node.right)];
    if (left === null && right === null) {
      return null;
    }
    if (left !== null && right !== null) {
      throw new Mistake(
        codes.form,
        node,
        l10n.t('A side of `expect` reads one quantity, with a number before it if need be, as in `2 * risk`.'),
      );
    }
    if (left !== null && (node.operator === '*' || node.operator === '/')) {
      const factor = constantNumber(study, node.right, l10n.t('The factor of a quantity'));
      return { ...left, factor: left.factor * checkFactor(node.operator === '*' ? factor : 1 / factor, node) };
    }
    if (right !== null && node.operator === '*') {
      return { ...right, factor: right.factor * checkFactor(constantNumber(study, node.left, l10n.t('The factor of a quantity')), node) };
    }
    throw new Mistake(
      codes.form,
      node,
      l10n.t('A side of `expect` reads one quantity, with a number before it if need be, as in `2 * risk`.'),
    );
  }
  return null;
}

function checkFactor(factor: number, node: Expression): number {
  if (!Number.isFinite(factor)) {
    throw new Mistake(codes.notANumber, node, l10n.t('This divides by zero.'));
  }
  return factor;
}
