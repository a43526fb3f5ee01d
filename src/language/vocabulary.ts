/**
 * Every word of the language with its meaning: the checks, the meaning of a spec (defaults and ranges), hovers, completion and the
 * documentation read it.
 */
import { blocks } from './vocabulary/blocks.js';
import { functions } from './vocabulary/functions.js';

export { type BlockInfo, blocks, type SettingInfo, type ValueKind } from './vocabulary/blocks.js';
export { type FunctionInfo, functions } from './vocabulary/functions.js';
export { errorFacets, facets, type QuantityInfo, quantities } from './vocabulary/quantities.js';

/** Words that are values wherever a setting takes them. */
export const constants: Readonly<Record<string, string>> = {
  inf: 'Infinity, as a prompt length.',
  pi: 'π.',
  true: 'True.',
  false: 'False.',
};

export const valueWords: Readonly<Record<string, string>> = {
  identity: 'The identity matrix; as a link, f(u) = u.',
  rademacher: 'Signs ±1 with equal chances, for each coordinate.',
  bayes: 'Start at the Bayes solution.',
};

/** Laws and starts that are written as a bare word. A bare `gaussian` is gaussian(1). */
export const bareWords: ReadonlySet<string> = new Set(['identity', 'rademacher', 'bayes', 'gaussian', 'random']);

export const axes: Readonly<Record<string, string>> = { time: 'Training time, rate × step.', step: 'Training step.' };

/** Words that begin a statement of an experiment, with the form of the statement. */
export const statements: Readonly<Record<string, string>> = {
  let: 'let NAME = EXPRESSION',
  sweep: 'sweep NAME over LIST',
  repeat: 'repeat N',
  measure: 'measure QUANTITY, …',
  plot: 'plot QUANTITY, … against AXIS by SWEEP, … log x log y',
  overlay: 'overlay "LABEL" = file("run.csv", x: COLUMN, y: COLUMN)',
  expect: 'expect QUANTITY below VALUE',
};

/** Words inside statements. */
export const clauseWords: ReadonlySet<string> = new Set([
  'over',
  'against',
  'by',
  'log',
  'rate',
  'fitted',
  'trust_length',
  'of',
  'to',
  'at',
  'below',
  'above',
  'between',
  'and',
  'within',
  'decreasing',
  'increasing',
  'in',
]);

export const settingWords: ReadonlySet<string> = new Set(
  Object.values(blocks).flatMap((b) => Object.values(b.settings).flatMap((s) => s.words ?? [])),
);

/** What a name is, when it cannot be defined by a spec. */
export function builtIn(name: string): 'function' | 'constant' | 'axis' | 'value' | undefined {
  if (Object.hasOwn(functions, name)) return 'function';
  if (Object.hasOwn(constants, name)) return 'constant';
  if (Object.hasOwn(axes, name)) return 'axis';
  if (Object.hasOwn(valueWords, name) || settingWords.has(name)) return 'value';
  return undefined;
}
