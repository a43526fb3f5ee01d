/** Limits of an expression, which are checked before it is parsed. */
import type { Token } from './tokens.js';

const maximumDepth = 32;
const maximumTokens = 1000;

/** The token at which an expression becomes too deep or too long, and a sentence about it; null within the limits. Nesting counts brackets, signs and powers, which is what the parser recurses on. */
export function beyondLimits(tokens: readonly Token[]): { readonly token: Token; readonly message: string } | null {
  if (tokens.length <= maximumDepth) return null;
  const depths = [0];
  let depth = 0;
  let deepest = 0;
  let count = 0;
  let operand = false;
  for (const t of tokens) {
    count++;
    if (t.image === '(' || t.image === '[') {
      depths.push(0);
      depth++;
      operand = false;
    } else if ((t.image === ')' || t.image === ']') && depths.length > 1) {
      depth -= 1 + depths.pop()!;
      operand = true;
    } else if (t.kind === 'symbol') {
      if (t.image === '^' || ((t.image === '-' || t.image === '+') && !operand)) {
        depths[depths.length - 1]!++;
        depth++;
      } else {
        depth -= depths[depths.length - 1]!;
        depths[depths.length - 1] = 0;
        if (t.image === ',' && depths.length === 1) count = 0;
      }
      operand = false;
    } else operand = true;
    deepest = Math.max(deepest, depth);
    if (deepest > maximumDepth || count > maximumTokens) {
      const message =
        deepest > maximumDepth
          ? `This expression is nested more than ${maximumDepth} deep; name its parts with \`let\`.`
          : `This expression has more than ${maximumTokens} tokens; name its parts with \`let\`, or use a range, \`linspace\` or a file.`;
      return { token: t, message };
    }
  }
  return null;
}
