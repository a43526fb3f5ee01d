/** Source ranges with line and column, as results carry them. */
import type { AstNode } from 'langium';
import type { SourceRange } from './experiment.js';
import { extent } from './mistake.js';
import type { Relocation } from './options.js';

/** Gives nodes of a tree parsed from `text` their place in the text that the user sees. */
export function rangeIn(text: string, relocation: Relocation): (node: AstNode) => SourceRange {
  const original = relocation.text ?? text;
  const starts = [0];
  for (let at = original.indexOf('\n'); at >= 0; at = original.indexOf('\n', at + 1)) {
    starts.push(at + 1);
  }
  return (node) => {
    const here = extent(node);
    const start = relocation.offset(here.start);
    const end = Math.max(start, relocation.offset(here.end));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= start) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return { start, end, line: low + 1, column: start - starts[low]! + 1 };
  };
}
