/** Texts with places to fill in, in the snippet syntax of editors. */
import { type BlockInfo, blocks, type SettingInfo } from '../vocabulary.js';

export interface Snippet {
  readonly label: string;
  readonly detail: string;
  readonly text: string;
}

/** Whole experiments that run as they stand. */
export const experiments: readonly Snippet[] = [
  {
    label: 'experiment: train against the limit',
    detail: 'Softmax attention on prompts of several lengths, and its infinite-prompt limit',
    text: `experiment "\${1:Training against the infinite-prompt limit}" {
  sweep L over [\${2:10, 100, 1000, inf}]

  task linear_regression {
    dimension  = \${3:5}
    covariance = kms(\${4:0.5})
    weights    = gaussian(1/\${3:5})
    noise      = sqrt(\${5:0.1})
  }
  prompt    { length = L }
  attention { kernel = softmax, init = balanced(0.1) }
  train gradient_flow { time = \${6:32}, points = 65 }

  measure risk, parameter_gap
  plot risk against time by L
  expect risk decreasing in L$0
}`,
  },
  {
    label: 'experiment: concentration',
    detail: 'How fast finite prompts approach the infinite-prompt limit, with certified bounds',
    text: `experiment "\${1:Concentration of the output}" {
  sweep L over logspace(\${2:2}, \${3:1e6}, \${4:25})

  tokens    { dimension = \${5:4}, law = gaussian(covariance: kms(\${6:0.5})) }
  query     { law = gaussian(identity) }
  attention { key_query = \${7:0.22} * identity, value = identity }
  prompt    { length = L }
  concentrate { of = output }

  measure output_error, rate of output_error
  plot output_error against L log x log y
  expect output_error below output_error.certified$0
}`,
  },
  {
    label: 'experiment: SGD on fresh prompts',
    detail: 'Training as in practice, over several prompt lengths',
    text: `experiment "\${1:SGD on fresh prompts}" {
  sweep L over [\${2:10, 100}]
  sweep kind over [softmax, linear]

  task linear_regression { dimension = \${3:5}, weights = gaussian(1/\${3:5}), noise = sqrt(0.1) }
  prompt    { length = L }
  attention { kernel = kind, parameters = factored, init = random(seed: \${4:1}) }
  train sgd { rate = \${5:1e-2}, steps = \${6:2000}, seed = \${4:1} }

  measure risk
  plot risk against step by L, kind log y$0
}`,
  },
];

const required: Readonly<Record<string, string>> = {
  dimension: '5',
  length: '100',
  time: '32',
  rate: '1e-2',
  steps: '1000',
  law: 'gaussian(1)',
};

/** A first value for a setting. */
function firstValue(name: string, info: SettingInfo): string {
  if (info.default !== null) return info.default;
  if (Object.hasOwn(required, name)) return required[name]!;
  return {
    number: '1',
    integer: '1',
    word: '',
    words: '',
    matrix: 'identity',
    vector: '[1]',
    matrix_or_vector: 'identity',
    law: 'gaussian(1)',
    init: 'bayes',
  }[info.kind];
}

const escaped = (text: string): string => text.replace(/[\\$}]/g, '\\$&');

/** `kernel = …` with its value to choose or to type. */
export function settingSnippet(name: string, info: SettingInfo, place = 1): string {
  if (info.kind === 'word' && info.words !== undefined) return `${name} = \${${place}|${info.words.join(',')}|}`;
  return `${name} = \${${place}:${escaped(firstValue(name, info))}}`;
}

/** A block with what it needs. */
export function blockSnippet(kind: string, variant: string | null, info: BlockInfo): string {
  const needed = Object.entries(info.settings).filter(
    ([, setting]) =>
      setting.required === true && (setting.variants === undefined || (variant !== null && setting.variants.includes(variant))),
  );
  const settings = needed.map(([name, setting], i) => settingSnippet(name, setting, i + 1)).join(', ');
  const header = variant === null ? kind : `${kind} ${variant}`;
  return `${header} { ${settings}$0 }`;
}

export const knownBlocks = Object.entries(blocks);
