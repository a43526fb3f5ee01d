import * as l10n from '@vscode/l10n';
import { type Diagnostic, diagnostic } from './diagnostic.js';
import { nearest } from './distance.js';
import type { Leaf } from './structure-parts.js';
import { type Token, virtual } from './tokens.js';
import { blocks, clauseWords, quantities, statements } from './vocabulary.js';
import { listed } from './wording.js';

/** Index of the first token that does not fit, −1 when the tokens are a whole statement. */
export type Trial = (tokens: readonly Token[], rule: 'Let' | 'Member' | 'Setting') => number;

export interface Explained {
  readonly diagnostic: Diagnostic;
  /** The statement with the mistake put right, when there is no doubt about it. */
  readonly repaired: Token[] | null;
}

const words = [...clauseWords];
const needsValue = new Set([
  '=',
  '+',
  '-',
  '*',
  '/',
  '^',
  '..',
  ':',
  '(',
  '[',
  ',',
  'over',
  'below',
  'above',
  'between',
  'and',
  'within',
  'of',
  'to',
  'repeat',
]);
const namesFirst = new Set(['let', 'sweep', 'measure', 'plot', 'against', 'by', 'in', '.', 'log']);
/** What may be missing, tried in this order. */
const insertions = ['=', 'over', 'against', 'of', 'at', 'in', 'and', 'by', '%', '[', '(', ':', 'below', ']', ')', 'decreasing'];

function usage(tokens: readonly Token[], kind: Leaf['kind']): string {
  if (kind === 'Setting') return l10n.t('A setting reads `NAME = EXPRESSION`.');
  const form = statements[tokens[0]!.image];
  return form === undefined ? '' : l10n.t('It reads `{0}`.', form);
}

/**
 * Says what is wrong in a statement that does not parse, by trying what would put it right: a misspelt word, a missing comma, a token
 * too many, a word or sign that is missing.
 */
export function explainFailure(leaf: Leaf, failure: number, trial: Trial | null): Explained {
  const { tokens } = leaf;
  const rule = leaf.kind === 'unknown' ? 'Member' : leaf.kind;
  const say = (
    code: Parameters<typeof diagnostic>[0],
    message: string,
    range: { start: number; end: number },
    fix?: Diagnostic['fix'],
    repaired: Token[] | null = null,
  ): Explained => ({ diagnostic: diagnostic(code, message, range, fix), repaired });
  const parses = (candidate: readonly Token[]): boolean => trial !== null && trial(candidate, rule) < 0;
  const replace = (t: Token, text: string): NonNullable<Diagnostic['fix']> => ({
    title: l10n.t('Write `{0}`', text),
    start: t.start,
    end: t.end,
    text,
  });
  const insert = (t: Token, text: string): NonNullable<Diagnostic['fix']> => ({
    title: l10n.t('Insert `{0}`', text),
    start: t.start,
    end: t.start,
    text: `${text} `,
  });
  const without = (k: number): Token[] => tokens.filter((_, j) => j !== k);
  const form = usage(tokens, leaf.kind);

  if (leaf.kind === 'unknown') {
    const first = tokens[0]!;
    const owners = tokens[1]?.image === '=' ? Object.keys(blocks).filter((b) => Object.hasOwn(blocks[b]!.settings, first.image)) : [];
    if (owners.length > 0)
      return say('E115', l10n.t('`{0}` is a setting of {1}; it stands inside that block.', first.image, listed(owners)), first);
    for (const keyword of ['sweep', 'plot', 'expect', 'measure', 'overlay', 'repeat', 'let']) {
      if (keyword === 'measure' && tokens.length === 1 && first.kind !== 'word') continue;
      const candidate = [{ ...virtual('word', keyword, first), start: first.start, end: first.start }, ...tokens];
      if (tokens.length > 1 && parses(candidate))
        return say('E115', l10n.t('`{0}` is missing before `{1}`.', keyword, first.image), first, insert(first, keyword), candidate);
    }
    const text =
      first.kind === 'word'
        ? l10n.t('`{0}` begins no statement', first.image)
        : l10n.t('A statement does not begin with `{0}`', first.image);
    return say(
      'E115',
      l10n.t('{0}; an experiment holds settings in blocks, and `let`, `sweep`, `repeat`, `measure`, `plot`, `overlay` and `expect`.', text),
      first,
    );
  }

  const t = tokens[failure];
  const before = tokens[failure - 1];
  // A misspelt word, at the place or just before it (an unknown word may have been taken for a name).
  for (const k of [failure, failure - 1, failure + 1]) {
    const candidate = tokens[k];
    if (candidate?.kind !== 'word' || k === 0 || (clauseWords.has(candidate.image) && k !== failure)) continue;
    const right = nearest(candidate.image, words);
    if (right === undefined) continue;
    const repaired = tokens.map((x, j) => (j === k ? { ...x, image: right } : x));
    if (parses(repaired))
      return say(
        'E106',
        l10n.t('`{0}` cannot stand here; did you mean `{1}`?', candidate.image, right),
        candidate,
        replace(candidate, right),
        repaired,
      );
  }
  if (t?.kind === 'word' && ['let', 'sweep', 'experiment'].includes(t.image))
    return say('E113', l10n.t('`{0}` is a reserved word and cannot be a name.', t.image), t);
  if (tokens[failure]?.image === '=' && failure === 0) return say('E112', l10n.t('The name of the setting is missing before `=`.'), t!);
  if (
    before &&
    namesFirst.has(before.image) &&
    before.kind !== 'string' &&
    t?.kind !== 'word' &&
    (before === tokens[0] || parses([...tokens.slice(0, failure), virtual('word', 'x', before), ...tokens.slice(failure)]))
  ) {
    const expected = before.image === 'measure' || before.image === 'plot' ? l10n.t('A quantity') : l10n.t('A name');
    return say('E112', l10n.t('{0} is missing after `{1}`. {2}', expected, before.image, form).trim(), before);
  }
  if (before && t && t.image === before.image && (t.image === ',' || t.kind === 'symbol') && parses(without(failure)))
    return say(
      'E101',
      l10n.t('This `{0}` stands twice.', t.image),
      t,
      { title: l10n.t('Remove `{0}`', t.image), start: t.start, end: t.end, text: '' },
      without(failure),
    );
  const bracketed =
    tokens
      .slice(0, failure)
      .reduce((n, x) => n + (x.image === '[' || x.image === '(' ? 1 : x.image === ']' || x.image === ')' ? -1 : 0), 0) > 0;
  if (
    before &&
    needsValue.has(before.image) &&
    before.kind !== 'string' &&
    (t === undefined ||
      [',', ')', ']', '*', '/', '^', '=', '%', ':', '.'].includes(t.image) ||
      (t.kind === 'word' && clauseWords.has(t.image)))
  ) {
    if (t && t.kind === 'symbol' && parses(without(failure)))
      return say('E101', l10n.t('`{0}` does not belong after `{1}`.', t.image, before.image), t, {
        title: l10n.t('Remove `{0}`', t.image),
        start: t.start,
        end: t.end,
        text: '',
      });
    return say('E104', l10n.t('A value is missing after `{0}`.', before.image), before);
  }
  if (
    t &&
    before &&
    (bracketed || Object.hasOwn(quantities, t.image) || ['rate', 'fitted', 'trust_length'].includes(t.image)) &&
    (t.kind !== 'symbol' || t.image === '[' || t.image === '(')
  ) {
    const candidate = [...tokens.slice(0, failure), virtual('symbol', ',', before), ...tokens.slice(failure)];
    if (parses(candidate))
      return say(
        'E105',
        l10n.t('A comma is missing before `{0}`.', t.image),
        t,
        { title: l10n.t('Insert `,`'), start: before.end, end: before.end, text: ',' },
        candidate,
      );
  }
  for (const k of [failure, failure - 1]) {
    const extra = tokens[k];
    if (extra && k > 0 && parses(without(k)))
      return say('E101', l10n.t('`{0}` does not belong here.', extra.image), extra, {
        title: l10n.t('Remove `{0}`', extra.image),
        start: extra.start,
        end: extra.end,
        text: '',
      });
  }
  const place = t ?? before!;
  for (const image of insertions) {
    const kind = /\w/.test(image) ? 'word' : 'symbol';
    const candidate = [...tokens.slice(0, failure), virtual(kind, image, before ?? place), ...tokens.slice(failure)];
    if (parses(candidate)) {
      if (t) return say('E101', l10n.t('`{0}` is missing before `{1}`. {2}', image, t.image, form).trim(), t, insert(t, image));
      return say('E101', l10n.t('`{0}` is missing at the end. {1}', image, form).trim(), place);
    }
  }
  if (t === undefined) return say('E101', l10n.t('More is needed after `{0}`. {1}', place.image, form).trim(), place);
  return say('E101', l10n.t('`{0}` cannot stand here. {1}', t.image, form).trim(), t);
}
