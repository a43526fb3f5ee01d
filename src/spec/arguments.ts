/** Arguments of a call, by position or by key. */

import * as l10n from '@vscode/l10n';
import { nearest } from '../language/distance.js';
import type { Call, Expression } from '../language/generated/ast.js';
import { listed } from '../language/wording.js';
import { codes } from './codes.js';
import { Damaged, Mistake, oneOf } from './mistake.js';

/** Finds each argument's expression. `order` names the parameters in their positional order; those in `optional` may be left out. */
export function bindArguments(call: Call, order: readonly string[], optional: readonly string[] = []): ReadonlyMap<string, Expression> {
  const bound = new Map<string, Expression>();
  let position = 0;
  for (const argument of call.arguments) {
    if (argument.value === undefined) {
      throw new Damaged();
    }
    const name = argument.key ?? order[position++];
    if (name === undefined) {
      throw new Mistake(
        codes.arguments,
        argument,
        l10n.t('`{0}` takes {1}, as in `{2}`.', call.callee, count(order.length), signature(call.callee, order, optional)),
      );
    }
    if (!order.includes(name)) {
      const guess = nearest(name, order);
      throw new Mistake(
        codes.arguments,
        argument,
        l10n.t(
          '`{0}` is not an argument of `{1}`; {2}',
          name,
          call.callee,
          guess === undefined ? l10n.t('it takes {0}.', oneOf(order)) : l10n.t('did you mean `{0}`?', guess),
        ),
      );
    }
    if (bound.has(name)) {
      throw new Mistake(codes.arguments, argument, l10n.t('`{0}` is given twice to `{1}`.', name, call.callee));
    }
    bound.set(name, argument.value);
  }
  const missing = order.filter((name) => !bound.has(name) && !optional.includes(name));
  if (missing.length > 0) {
    const text = signature(call.callee, order, optional);
    throw new Mistake(codes.arguments, call, l10n.t('`{0}` needs {1}, as in `{2}`.', call.callee, listed(missing), text));
  }
  return bound;
}

function count(n: number): string {
  return n === 0 ? l10n.t('no arguments') : n === 1 ? l10n.t('one argument') : l10n.t('at most {0} arguments', n);
}

function signature(callee: string, order: readonly string[], optional: readonly string[]): string {
  return `${callee}(${order.map((name) => (optional.includes(name) ? `${name}: …` : name)).join(', ')})`;
}
