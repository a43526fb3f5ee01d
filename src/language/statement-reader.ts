import * as l10n from '@vscode/l10n';
import type { Code } from './catalogue.js';
import { type Diagnostic, diagnostic, type Fix } from './diagnostic.js';
import { beyondLimits } from './expression-limits.js';
import { LookAhead, reserved, statementWords } from './look-ahead.js';
import type { BlockPart, Leaf, StatementKind } from './structure-parts.js';
import type { Token } from './tokens.js';
import { blocks, clauseWords } from './vocabulary.js';

const opening: Readonly<Record<string, string>> = { '(': ')', '[': ']' };
const operators = new Set(['+', '-', '*', '/', '^', '..', ',', '=', ':', '(', '[', '.', '%']);

/** Goes through the tokens of a text, statement by statement: knows where one ends, and reports its brackets without a partner. */
export class StatementReader {
  protected readonly ahead: LookAhead;
  protected readonly diagnostics: Diagnostic[] = [];
  /** Index of the token that comes next. */
  protected i = 0;
  /** Index of the experiment that is being read, or −1. */
  protected experiment = -1;
  /** True between the braces of an experiment. */
  protected inside = false;

  constructor(protected readonly tokens: readonly Token[]) {
    this.ahead = new LookAhead(tokens);
  }

  protected report(code: Code, message: string, range: { start: number; end: number }, fix?: Fix): void {
    this.diagnostics.push(diagnostic(code, message, range, fix));
  }

  protected leaf(kind: StatementKind, tokens: Token[], block: BlockPart | null = null): Leaf {
    const leaf: Leaf = { kind, tokens, reported: false, damaged: false, experiment: this.experiment, block };
    const excess = beyondLimits(tokens);
    if (excess !== null) {
      this.report('E111', excess.message, excess.token);
      leaf.reported = true;
      leaf.damaged = true;
    }
    return leaf;
  }

  protected removal(t: Token): Fix {
    return { title: l10n.t('Remove `{0}`', t.image), start: t.start, end: t.end, text: '' };
  }

  /** Collects the tokens of a statement or setting and leaves `i` behind them. */
  protected collect(what: 'statement' | 'setting', tokens: Token[]): { tokens: Token[]; reported: boolean; damaged: boolean } {
    const stack: Token[] = [];
    const begin = this.i;
    let reported = false;
    let damaged = false;
    const stray = (t: Token, message: string): void => {
      if (!reported) this.report('E103', message, t, this.removal(t));
      reported = true;
    };
    const clauses =
      what === 'statement' && ['measure', 'plot', 'expect', 'sweep'].includes((tokens[0] ?? this.ahead.at(begin))?.image ?? '');
    while (this.i < this.tokens.length) {
      const k = this.i;
      const t = this.ahead.at(k)!;
      const previous = tokens[tokens.length - 1];
      if (k > begin) {
        if (
          t.first &&
          (this.ahead.startsMember(k) ||
            (what === 'setting' && this.ahead.isAssignment(k)) ||
            (what === 'statement' && stack.length === 0 && this.ahead.isAssignment(k)))
        )
          break;
        if (stack.length === 0) {
          if (t.first && t.image !== '}' && t.image !== '{') {
            const open = previous !== undefined && previous.kind === 'symbol' && operators.has(previous.image);
            const clause =
              clauses &&
              previous !== undefined &&
              ((previous.kind === 'word' && clauseWords.has(previous.image) && tokens.length > 1) ||
                (t.kind === 'word' && clauseWords.has(t.image)));
            if (!(open || clause) || (t.kind === 'word' && statementWords.has(t.image))) break;
          }
          if (what === 'setting' && t.image === ',' && t.kind === 'symbol' && !(k === begin)) {
            // A comma inside a setting that goes on behind it is the mistake of that setting.
            break;
          }
          if (
            what === 'setting' &&
            this.ahead.isAssignment(k) &&
            previous !== undefined &&
            previous.image !== '=' &&
            !operators.has(previous.image)
          )
            break;
          if (what === 'statement' && this.ahead.isBlock(k) && Object.hasOwn(blocks, t.image)) break;
          if (what === 'statement' && !t.first && reserved.has(t.image) && this.ahead.startsMember(k)) break;
        } else if (what === 'setting' && this.ahead.isAssignment(k) && !this.ahead.closesInLine(k, stack)) break;
      }
      if (t.kind === 'symbol' && (t.image === '{' || t.image === '}')) {
        if (t.image === '}') {
          const strayBrace =
            stack.length > 0 && !t.first
              ? this.ahead.closesInLine(k, stack)
              : what === 'setting'
                ? this.ahead.isStrayInBlock(k)
                : !t.first && !(this.inside && this.ahead.closesExperiment(k));
          if (!strayBrace) break;
          stray(t, l10n.t('This `}` closes nothing.'));
        } else if (t.first && what === 'statement') break;
        else stray(t, l10n.t('This `{` opens nothing.'));
        this.i++;
        continue;
      }
      if (t.kind === 'symbol' && (t.image === '(' || t.image === '[')) stack.push(t);
      else if (t.kind === 'symbol' && (t.image === ')' || t.image === ']')) {
        const top = stack[stack.length - 1];
        if (top === undefined || (opening[top.image] !== t.image && !stack.some((s) => opening[s.image] === t.image))) {
          stray(t, l10n.t('This `{0}` closes nothing.', t.image));
          this.i++;
          continue;
        }
        while (opening[stack[stack.length - 1]!.image] !== t.image) {
          const inner = stack.pop()!;
          if (!reported)
            this.report('E102', l10n.t('This `{0}` is never closed; a `{1}` is missing.', inner.image, opening[inner.image]), inner);
          reported = true;
          damaged = true;
        }
        stack.pop();
      }
      tokens.push(t);
      this.i++;
    }
    const open = stack[stack.length - 1];
    if (open !== undefined) {
      if (!reported) this.report('E102', l10n.t('This `{0}` is never closed; a `{1}` is missing.', open.image, opening[open.image]), open);
      reported = true;
      damaged = true;
      // The comma before the next setting separates; it is not part of this one.
      if (what === 'setting' && tokens[tokens.length - 1]?.image === ',') tokens.pop();
    }
    if (this.i === begin && tokens.length === 0 && begin < this.tokens.length) {
      // Nothing was taken: never stand still.
      tokens.push(this.ahead.at(this.i)!);
      this.i++;
    }
    return { tokens, reported, damaged };
  }
}
