/** What begins at a token, told from it and the next few of its line. */
import { nearest } from './distance.js';
import type { Token } from './tokens.js';
import { blocks, clauseWords, statements } from './vocabulary.js';

export const blockKinds = Object.keys(blocks);
export const statementWords: ReadonlySet<string> = new Set(Object.keys(statements));
export const reserved: ReadonlySet<string> = new Set(['let', 'sweep', 'experiment']);
/** Words that name no block and no variant. */
export const notNames: ReadonlySet<string> = new Set([...reserved, 'true', 'false']);

export class LookAhead {
  constructor(private readonly tokens: readonly Token[]) {}

  at(k: number): Token | undefined {
    return this.tokens[k];
  }

  is(k: number, image: string): boolean {
    const t = this.tokens[k];
    return t !== undefined && t.image === image && (t.kind === 'symbol' || t.kind === 'word');
  }

  isWord(k: number): boolean {
    return this.tokens[k]?.kind === 'word';
  }

  sameLine(k: number): boolean {
    const t = this.tokens[k];
    return t !== undefined && !t.first;
  }

  /** `WORD =` */
  isAssignment(k: number): boolean {
    return this.isWord(k) && this.is(k + 1, '=');
  }

  isExperiment(k: number): boolean {
    if (!this.isWord(k)) return false;
    if (this.is(k, 'experiment')) return this.at(k + 1)?.kind === 'string' || this.is(k + 1, '{') || this.at(k)!.first;
    return this.at(k + 1)?.kind === 'string' && this.is(k + 2, '{') && nearest(this.at(k)!.image, ['experiment']) !== undefined;
  }

  /** Kind of block named by a word, exactly or nearly. */
  blockKind(k: number): string | undefined {
    if (!this.isWord(k)) return undefined;
    const image = this.at(k)!.image;
    return Object.hasOwn(blocks, image) ? image : nearest(image, blockKinds);
  }

  /** `WORD {` or `WORD WORD {`, with settings or nothing inside. */
  isBlock(k: number): boolean {
    if (!this.isWord(k) || statementWords.has(this.at(k)!.image) || notNames.has(this.at(k)!.image)) return false;
    const brace = this.is(k + 1, '{') ? k + 1 : this.isWord(k + 1) && this.is(k + 2, '{') ? k + 2 : -1;
    return brace > 0 && (this.is(brace + 1, '}') || this.isAssignment(brace + 1) || this.blockKind(k) !== undefined);
  }

  /** What surely begins a member of an experiment: a reserved word, a block, a statement word with what follows it. */
  startsMember(k: number): boolean {
    const t = this.at(k);
    if (t?.kind !== 'word') return false;
    if (t.image === 'let') return this.isWord(k + 1) || this.is(k + 1, '=');
    if (t.image === 'sweep') return this.isWord(k + 1);
    if (this.isExperiment(k)) return true;
    if (this.isBlock(k)) return true;
    const next = this.at(k + 1);
    if (!statementWords.has(t.image) || next === undefined || next.first) return false;
    if (t.image === 'overlay') return next.kind === 'string';
    if (t.image === 'repeat') return next.kind === 'number' || (next.kind === 'word' && !clauseWords.has(next.image));
    return next.kind === 'word' && (!clauseWords.has(next.image) || ['rate', 'fitted', 'trust_length'].includes(next.image));
  }

  /** A member that begins here or one token later in this line: the token here is in the way. */
  isInTheWay(k: number): boolean {
    if (!this.sameLine(k + 1)) return false;
    const t = this.at(k)!;
    if (t.kind === 'word' && Object.hasOwn(blocks, t.image)) return false;
    if (t.kind === 'word' && nearest(t.image, [...statementWords, ...blockKinds]) !== undefined && !this.isBlock(k + 1)) return false;
    return this.startsMember(k + 1);
  }

  closesExperiment(k: number): boolean {
    const next = this.at(k + 1);
    return (
      next === undefined ||
      this.is(k + 1, '}') ||
      this.isExperiment(k + 1) ||
      // Something in the way of the next experiment.
      (next.first && this.sameLine(k + 2) && this.isExperiment(k + 2)) ||
      (this.is(k + 1, 'let') && next.first) ||
      (next.first && next.kind === 'word' && this.isAssignment(k + 1)) ||
      (next.kind === 'string' && this.is(k + 2, '{'))
    );
  }

  /** A `}` in a block that more of the block follows. */
  isStrayInBlock(k: number): boolean {
    if (this.isAssignment(k + 1)) {
      // `prompt = {` and `measure = risk` are members with a sign too many.
      const next = this.at(k + 1)!;
      return !(
        next.first &&
        (statementWords.has(next.image) || ((this.is(k + 3, '{') || this.is(k + 4, '{')) && Object.hasOwn(blocks, next.image)))
      );
    }
    const next = this.at(k + 1);
    if (next === undefined || next.first || next.image === '}') return false;
    return !this.startsMember(k + 1) && !(next.kind === 'word' && (statementWords.has(next.image) || this.blockKind(k + 1) !== undefined));
  }

  /** True when the brackets open at `k` are closed later in the line. */
  closesInLine(k: number, stack: readonly Token[]): boolean {
    let open = stack.length;
    for (let j = k; j < this.tokens.length && (j === k || !this.at(j)!.first); j++) {
      const image = this.at(j)!.image;
      if (image === '(' || image === '[') open++;
      else if (image === ')' || image === ']') open--;
      if (open === 0) return true;
    }
    return false;
  }
}
