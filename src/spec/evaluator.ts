/** Values of expressions for a reader of the text, outside any run. */

import type { Evaluated, Evaluator, PlacedValue } from '../language/features/evaluator.js';
import type { Experiment as ExperimentNode, Expression, Let, Sweep as SweepNode } from '../language/generated/ast.js';
import { experimentOf, type ParsedSpec } from '../language/index.js';
import { ExperimentScope, environment } from './environment.js';
import { evaluate } from './evaluate.js';
import { fileContextOf } from './file-context.js';
import { extent, Report } from './mistake.js';
import { dimensionBlock, subGaussianText } from './sub-gaussian.js';
import { forEachCombination, type SweepValues, sweepValues } from './sweeps.js';
import type { Value } from './values.js';

/** Cases shown of a value that follows the sweeps. */
const mostCases = 6;

/** Evaluates on demand, and remembers: one for each version of a text. Reads no files. */
export function createEvaluator(parsed: ParsedSpec): Evaluator {
  const file = fileContextOf(parsed);
  const scopes = new Map<ExperimentNode | null, ExperimentScope>();
  const scopeOf = (node: ExperimentNode | null): ExperimentScope => {
    let scope = scopes.get(node);
    if (scope === undefined) {
      scope = new ExperimentScope(file, node);
      scopes.set(node, scope);
    }
    return scope;
  };
  const attempt = <T>(part: () => T): T | undefined => new Report().attempt(part);
  const sweepOf = (node: SweepNode): SweepValues | undefined =>
    attempt(() => sweepValues(node, scopeOf(experimentOf(node) ?? null), new Map()));

  /** A text that some sweeps may change, for each of their values. */
  const following = (
    behind: Iterable<string>,
    scope: ExperimentScope,
    textOf: (values: ReadonlyMap<string, Value>) => string | undefined,
  ): Evaluated | null => {
    const names = [...behind];
    if (names.length === 0) {
      const text = textOf(new Map());
      return text === undefined ? null : { text, cases: [], more: false };
    }
    const sweeps = names.map((name) => sweepOf(scope.sweeps.get(name)!));
    const known = sweeps.filter((sweep) => sweep !== undefined);
    if (known.length < sweeps.length) {
      return null;
    }
    const cases: { where: string; text: string }[] = [];
    let more = false;
    forEachCombination(known, (values) => {
      if (cases.length === mostCases) {
        more = true;
        return false;
      }
      const text = textOf(values);
      const where = [...values].map(([name, swept]) => `${name} = ${swept.text}`).join(', ');
      if (text !== undefined) {
        cases.push({ where, text });
      }
      return true;
    });
    return cases.length === 0 ? null : { text: null, cases, more };
  };

  const valueIn = (node: Expression, scope: ExperimentScope): Evaluated | null => {
    const fixed = new Map<Let, Value>();
    return following(scope.sweepsBehind(node), scope, (values) => attempt(() => evaluate(node, environment(scope, values, fixed)))?.text);
  };

  return {
    value: (node) => valueIn(node, scopeOf(experimentOf(node) ?? null)),
    letValue: (node) => (node.value === undefined ? null : valueIn(node.value, scopeOf(experimentOf(node) ?? null))),
    subGaussian(setting) {
      const experiment = experimentOf(setting);
      const owner = dimensionBlock(setting);
      if (experiment === undefined || owner === undefined) {
        return null;
      }
      const scope = scopeOf(experiment);
      const settings = new Set([...owner.settings, setting]);
      const behind = new Set([...settings].flatMap((one) => (one.value === undefined ? [] : [...scope.sweepsBehind(one.value)])));
      const fixed = new Map<Let, Value>();
      return following(behind, scope, (values) => subGaussianText(setting, environment(scope, values, fixed)));
    },
    sweepValues(node): readonly PlacedValue[] {
      const swept = sweepOf(node);
      return swept?.values.map((value, i) => ({ text: value.text, ...extent(swept.places[i]!) })) ?? [];
    },
    runs(node) {
      let product = 1;
      for (const sweep of scopeOf(node).sweeps.values()) {
        const swept = sweepOf(sweep);
        if (swept === undefined) {
          return null;
        }
        product *= swept.values.length;
      }
      for (const member of node.members) {
        if (member.$type !== 'Repeat') {
          continue;
        }
        const count = attempt(() => evaluate(member.count, environment(scopeOf(node), new Map(), new Map())));
        if (count?.kind !== 'number' || !Number.isInteger(count.value) || count.value < 1) {
          return null;
        }
        product *= count.value;
      }
      return product;
    },
  };
}
