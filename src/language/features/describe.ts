/** Entries of the vocabulary in Markdown, for hovers and completion. */
import * as l10n from '@vscode/l10n';
import {
  axes,
  type BlockInfo,
  blocks,
  constants,
  facets,
  functions,
  quantities,
  type SettingInfo,
  statements,
  valueWords,
} from '../vocabulary.js';

const code = (text: string): string => `\`${text}\``;
const attn = (text: string): string => `\`\`\`attn\n${text}\n\`\`\``;

const kindNames: Readonly<Record<SettingInfo['kind'], () => string>> = {
  number: () => l10n.t('a number'),
  integer: () => l10n.t('an integer'),
  word: () => l10n.t('one of'),
  words: () => l10n.t('one or a list of'),
  matrix: () => l10n.t('a matrix'),
  vector: () => l10n.t('a vector'),
  matrix_or_vector: () => l10n.t('a matrix or a vector'),
  law: () => l10n.t('a law'),
  init: () => l10n.t('a start'),
};

/** What a setting takes: `a number, 0 < x ≤ 1`. */
export function takes(info: SettingInfo): string {
  if (info.words !== undefined) return `${kindNames[info.kind]()} ${info.words.map(code).join(', ')}`;
  const symbol = info.kind === 'integer' ? 'n' : 'x';
  const strictMin = info.excludes === 'min' || info.excludes === 'both';
  const strictMax = info.excludes === 'max' || info.excludes === 'both';
  const low = info.min === undefined ? '' : `${info.min} ${strictMin ? '<' : '≤'} `;
  const high = info.max === undefined ? '' : ` ${strictMax ? '<' : '≤'} ${info.max}`;
  const range =
    low === '' && high === ''
      ? ''
      : low !== '' && high === ''
        ? `, ${symbol} ${strictMin ? '>' : '≥'} ${info.min}`
        : `, ${low}${symbol}${high}`;
  return `${kindNames[info.kind]()}${range}${info.infinite === true ? ` ${l10n.t('or {0}', code('inf'))}` : ''}`;
}

export function describeSetting(kind: string, name: string, info: SettingInfo): string {
  const only = info.variants === undefined ? '' : `${info.variants.map((variant) => code(`${kind} ${variant}`)).join(', ')}`;
  const facts = [
    ...(info.formula === undefined ? [] : [`- ${l10n.t('Formula: {0}', code(info.formula))}`]),
    `- ${l10n.t('Takes: {0}', takes(info))}`,
    ...(info.required === true
      ? [`- ${l10n.t('Required')}`]
      : info.default === null
        ? []
        : [`- ${l10n.t('Default: {0}', code(info.default))}`]),
    ...(only === '' ? [] : [`- ${l10n.t('Only in: {0}', only)}`]),
  ];
  return [l10n.t('**{0}**, setting of {1}', name, code(kind)), l10n.t(info.meaning), facts.join('\n')].join('\n\n');
}

export function describeBlock(kind: string, info: BlockInfo): string {
  const variants = Object.entries(info.variants).map(([name, meaning]) => `- ${code(name)}: ${l10n.t(meaning)}`);
  return [l10n.t('**{0}**, block', kind), l10n.t(info.meaning), ...(variants.length === 0 ? [] : [variants.join('\n')])].join('\n\n');
}

export function describeVariant(kind: string, variant: string): string | null {
  const meaning = blocks[kind]?.variants[variant];
  return meaning === undefined ? null : [`**${kind} ${variant}**`, l10n.t(meaning)].join('\n\n');
}

export function describeFunction(name: string): string | null {
  const info = Object.hasOwn(functions, name) ? functions[name] : undefined;
  return info === undefined ? null : [attn(info.usage), l10n.t(info.meaning)].join('\n\n');
}

export function describeQuantity(name: string): string | null {
  const info = Object.hasOwn(quantities, name) ? quantities[name] : undefined;
  if (info === undefined) return null;
  const beside = [
    ...info.facets.map((facet) => `\`.${facet}\``),
    ...(info.isError ? ['`rate of`', '`fitted rate of`', '`trust_length of`'] : []),
  ];
  const more = beside.length === 0 ? [] : [l10n.t('Has {0}.', beside.join(', '))];
  return [
    l10n.t('**{0}**, quantity', name),
    l10n.t(info.meaning),
    ...(info.formula === undefined ? [] : [`- ${l10n.t('Formula: {0}', code(info.formula))}`]),
    ...more,
  ].join('\n\n');
}

const words: readonly (readonly [Readonly<Record<string, string>>, (name: string) => string])[] = [
  [facets, (name) => l10n.t('**{0}**, beside a quantity', name)],
  [constants, (name) => l10n.t('**{0}**, constant', name)],
  [axes, (name) => l10n.t('**{0}**, axis', name)],
  [valueWords, (name) => l10n.t('**{0}**, value', name)],
];

export function describeWord(name: string): string | null {
  for (const [table, what] of words) if (Object.hasOwn(table, name)) return [what(name), l10n.t(table[name]!)].join('\n\n');
  return null;
}

export const describeFacet = (name: string): string | null => (Object.hasOwn(facets, name) ? l10n.t(facets[name]!) : null);

const keywords: Readonly<Record<string, () => string>> = {
  experiment: () =>
    l10n.t('One study: what the tokens are, how the layer is trained or compared with its limit, what is measured, drawn and expected.'),
  let: () => l10n.t('Names a value. At the top of the file it is seen by every experiment.'),
  sweep: () => l10n.t('Gives a name every value of a list in turn; several sweeps make their product.'),
  repeat: () => l10n.t('Repeats every run with seeds seed, seed + 1, …; results are shown as mean and band.'),
  measure: () => l10n.t('What is computed. Without it: the risk, or the errors in `of`.'),
  plot: () => l10n.t('A chart: the first name after `by` is told by colour, the second by dash, other sweeps as small multiples.'),
  overlay: () => l10n.t('Draws a curve of a file over the plots.'),
  expect: () => l10n.t('What should hold. It is checked by every run and shown as a test.'),
  rate: () => l10n.t('Local slope d log Q / d log L at every L.'),
  fitted: () => l10n.t('One regression of log Q on log L.'),
  trust_length: () => l10n.t('The smallest L from which the certified bound stays below the value.'),
  at: () => l10n.t('Picks sweep values, or a point of a trajectory by `time` or `step` (the last if absent).'),
  within: () => l10n.t('`within P% of V`: the relative difference is at most P percent.'),
  decreasing: () => l10n.t('Strictly decreasing along a sweep.'),
  increasing: () => l10n.t('Strictly increasing along a sweep.'),
  log: () => l10n.t('A logarithmic axis; values ≤ 0 leave the chart, with a note.'),
};

const forms: Readonly<Record<string, string>> = { ...statements, experiment: 'experiment "TITLE" { … }' };

export function describeKeyword(word: string): string | null {
  if (!Object.hasOwn(keywords, word)) return null;
  return Object.hasOwn(forms, word)
    ? [attn(forms[word]!), keywords[word]!()].join('\n\n')
    : [`**${word}**`, keywords[word]!()].join('\n\n');
}
