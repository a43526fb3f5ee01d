/** Arguments of a call, by position or by key. */

import { nearest } from '../language/distance.js';
import type { Call, Expression } from '../language/generated/ast.js';
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
        `\`${call.callee}\` takes ${count(order.length)}, as in \`${signature(call.callee, order, optional)}\`.`,
      );
    }
    if (!order.includes(name)) {
      const guess = nearest(name, order);
      throw new Mistake(
        codes.arguments,
        argument,
        `\`${name}\` is not an argument of \`${call.callee}\`; ${guess === undefined ? `it takes ${oneOf(order)}.` : `did you mean \`${guess}\`?`}`,
      );
    }
    if (bound.has(name)) {
      throw new Mistake(codes.arguments, argument, `\`${name}\` is given twice to \`${call.callee}\`.`);
    }
    bound.set(name, argument.value);
  }
  const missing = order.filter((name) => !bound.has(name) && !optional.includes(name));
  if (missing.length > 0) {
    const text = signature(call.callee, order, optional);
    throw new Mistake(codes.arguments, call, `\`${call.callee}\` needs ${oneOf(missing).replace(' or ', ' and ')}, as in \`${text}\`.`);
  }
  return bound;
}

function count(n: number): string {
  return n === 0 ? 'no arguments' : n === 1 ? 'one argument' : `at most ${n} arguments`;
}

function signature(callee: string, order: readonly string[], optional: readonly string[]): string {
  return `${callee}(${order.map((name) => (optional.includes(name) ? `${name}: …` : name)).join(', ')})`;
}
