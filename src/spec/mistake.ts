/** Mistakes in the meaning of a spec, thrown where they are found and turned into diagnostics at the setting they spoil. */
import type { AstNode } from 'langium';
import type { Diagnostic } from '../language/diagnostic.js';
import { listed } from '../language/wording.js';

/** A replacement of the whole range of `node`. */
export interface Fix {
  readonly title: string;
  readonly node: AstNode;
  readonly text: string;
}

/** A mistake at `node`. `message` is a full sentence that says what is wrong and what would be right. */
export class Mistake extends Error {
  constructor(
    readonly code: string,
    readonly node: AstNode,
    message: string,
    readonly fix?: Fix,
  ) {
    super(message);
    this.name = 'Mistake';
  }
}

/** Nothing can be said here because the text is damaged in a way that has its own message. */
export class Damaged extends Error {
  constructor() {
    super('damaged');
    this.name = 'Damaged';
  }
}

/** Collects diagnostics: one for each place, in the order found. */
export class Report {
  private readonly seen = new Set<string>();
  readonly diagnostics: Diagnostic[] = [];
  /** True once anything, a `Damaged` included, kept a part from its meaning. */
  failed = false;

  add(mistake: Mistake, detail = '', severity: Diagnostic['severity'] = 'error'): void {
    if (severity === 'error') {
      this.failed = true;
    }
    const { start, end } = extent(mistake.node);
    const key = `${mistake.code} ${start} ${end}`;
    if (this.seen.has(key)) {
      return;
    }
    this.seen.add(key);
    const message = detail === '' ? mistake.message : mistake.message.replace(/\.$/, ` (${detail}).`);
    const fix = mistake.fix;
    this.diagnostics.push({
      code: mistake.code,
      severity,
      message,
      start,
      end,
      ...(fix === undefined ? {} : { fix: { title: fix.title, ...extent(fix.node), text: fix.text } }),
    });
  }

  /** Runs `part`; a mistake in it is recorded and gives undefined. Anything else is a defect and goes on. */
  attempt<T>(part: () => T, detail: () => string = () => ''): T | undefined {
    try {
      return part();
    } catch (error) {
      this.failed = true;
      if (error instanceof Mistake) {
        this.add(error, detail());
        return undefined;
      }
      if (error instanceof Damaged) {
        return undefined;
      }
      throw error;
    }
  }
}

/** UTF-16 offsets of a node; an empty range at 0 when it has no text. */
export function extent(node: AstNode): { start: number; end: number } {
  const cst = node.$cstNode;
  return cst === undefined ? { start: 0, end: 0 } : { start: cst.offset, end: cst.end };
}

/** `a, b or c`, each in backquotes. */
export const oneOf = (words: readonly string[]): string => listed(words, 'or');
