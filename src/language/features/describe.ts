/** Entries of the vocabulary in Markdown, for hovers and completion. */
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

const kindNames: Readonly<Record<SettingInfo['kind'], string>> = {
  number: 'a number',
  integer: 'an integer',
  word: 'one of',
  words: 'one or a list of',
  matrix: 'a matrix',
  vector: 'a vector',
  matrix_or_vector: 'a matrix or a vector',
  law: 'a law',
  init: 'a start',
};

/** What a setting takes: `a number, 0 < x ≤ 1`. */
export function takes(info: SettingInfo): string {
  if (info.words !== undefined) return `${kindNames[info.kind]} ${info.words.map(code).join(', ')}`;
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
  return `${kindNames[info.kind]}${range}${info.infinite === true ? `, or ${code('inf')}` : ''}`;
}

export function describeSetting(kind: string, name: string, info: SettingInfo): string {
  const only = info.variants === undefined ? '' : ` ${info.variants.map((variant) => code(`${kind} ${variant}`)).join(', ')}`;
  const facts = [
    ...(info.formula === undefined ? [] : [`- Formula: ${code(info.formula)}`]),
    `- Takes: ${takes(info)}`,
    ...(info.required === true ? ['- Required'] : info.default === null ? [] : [`- Default: ${code(info.default)}`]),
    ...(only === '' ? [] : [`- Only in:${only}`]),
  ];
  return [`**${name}**, setting of ${code(kind)}`, info.meaning, facts.join('\n')].join('\n\n');
}

export function describeBlock(kind: string, info: BlockInfo): string {
  const variants = Object.entries(info.variants).map(([name, meaning]) => `- ${code(name)}: ${meaning}`);
  return [`**${kind}**, block`, info.meaning, ...(variants.length === 0 ? [] : [variants.join('\n')])].join('\n\n');
}

export function describeVariant(kind: string, variant: string): string | null {
  const meaning = blocks[kind]?.variants[variant];
  return meaning === undefined ? null : [`**${kind} ${variant}**`, meaning].join('\n\n');
}

export function describeFunction(name: string): string | null {
  const info = Object.hasOwn(functions, name) ? functions[name] : undefined;
  return info === undefined ? null : [attn(info.usage), info.meaning].join('\n\n');
}

export function describeQuantity(name: string): string | null {
  const info = Object.hasOwn(quantities, name) ? quantities[name] : undefined;
  if (info === undefined) return null;
  const beside = [
    ...info.facets.map((facet) => `\`.${facet}\``),
    ...(info.isError ? ['`rate of`', '`fitted rate of`', '`trust_length of`'] : []),
  ];
  const more = beside.length === 0 ? [] : [`Has ${beside.join(', ')}.`];
  return [`**${name}**, quantity`, info.meaning, ...(info.formula === undefined ? [] : [`- Formula: ${code(info.formula)}`]), ...more].join(
    '\n\n',
  );
}

const words: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [facets, 'beside a quantity'],
  [constants, 'constant'],
  [axes, 'axis'],
  [valueWords, 'value'],
];

export function describeWord(name: string): string | null {
  for (const [table, what] of words) if (Object.hasOwn(table, name)) return [`**${name}**, ${what}`, table[name]!].join('\n\n');
  return null;
}

export const describeFacet = (name: string): string | null => (Object.hasOwn(facets, name) ? facets[name]! : null);

const keywords: Readonly<Record<string, string>> = {
  experiment: 'One study: what the tokens are, how the layer is trained or compared with its limit, what is measured, drawn and expected.',
  let: 'Names a value. At the top of the file it is seen by every experiment.',
  sweep: 'Gives a name every value of a list in turn; several sweeps make their product.',
  repeat: 'Repeats every run with seeds seed, seed + 1, …; results are shown as mean and band.',
  measure: 'What is computed. Without it: the risk, or the errors in `of`.',
  plot: 'A chart: the first name after `by` is told by colour, the second by dash, other sweeps as small multiples.',
  overlay: 'Draws a curve of a file over the plots.',
  expect: 'What should hold. It is checked by every run and shown as a test.',
  rate: 'Local slope d log Q / d log L at every L.',
  fitted: 'One regression of log Q on log L.',
  trust_length: 'The smallest L from which the certified bound stays below the value.',
  at: 'Picks sweep values, or a point of a trajectory by `time` or `step` (the last if absent).',
  within: '`within P% of V`: the relative difference is at most P percent.',
  decreasing: 'Strictly decreasing along a sweep.',
  increasing: 'Strictly increasing along a sweep.',
  log: 'A logarithmic axis; values ≤ 0 leave the chart, with a note.',
};

const forms: Readonly<Record<string, string>> = { ...statements, experiment: 'experiment "TITLE" { … }' };

export function describeKeyword(word: string): string | null {
  if (!Object.hasOwn(keywords, word)) return null;
  return Object.hasOwn(forms, word) ? [attn(forms[word]!), keywords[word]!].join('\n\n') : [`**${word}**`, keywords[word]!].join('\n\n');
}
