/** Blocks and their settings. */

export type ValueKind = 'number' | 'integer' | 'word' | 'words' | 'matrix' | 'vector' | 'matrix_or_vector' | 'law' | 'init';

export interface SettingInfo {
  readonly kind: ValueKind;
  /** As it would be written; null when the setting is required or its absence has its own meaning (`meaning` says which). */
  readonly default: string | null;
  readonly required?: boolean;
  /** Closed set of words for `word` and `words`. */
  readonly words?: readonly string[];
  /** Bounds of a number; a bound is excluded when `excludes` names it. */
  readonly min?: number;
  readonly max?: number;
  readonly excludes?: 'min' | 'max' | 'both';
  /** True where `inf` has a meaning. */
  readonly infinite?: boolean;
  /** Variants of the block that have the setting; absent when all have it. */
  readonly variants?: readonly string[];
  readonly meaning: string;
  readonly formula?: string;
}

export interface BlockInfo {
  readonly meaning: string;
  readonly variants: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, SettingInfo>>;
}

const positive = { min: 0, excludes: 'min' } as const;
const discrete = ['gradient_descent', 'sgd', 'adam'] as const;
const stochastic = ['sgd', 'adam'] as const;

export const blocks: Readonly<Record<string, BlockInfo>> = {
  task: {
    meaning: 'In-context regression: each prompt holds pairs (x, y) of its own random weights w, and the layer predicts y of the query.',
    variants: { linear_regression: 'y = wᵀx + noise · ε', single_index: 'y = f(wᵀx) + noise · ε with a link f' },
    settings: {
      dimension: {
        kind: 'integer',
        default: null,
        required: true,
        min: 1,
        meaning: 'Dimension d of x; tokens (x, y) have d + 1 coordinates.',
        formula: 'd',
      },
      covariance: { kind: 'matrix', default: 'identity', meaning: 'Covariance of x, d × d.', formula: 'Σ' },
      weights: {
        kind: 'law',
        default: 'gaussian(1)',
        meaning: 'Law of the weights w, one draw for each prompt.',
        formula: 'w ~ N(0, ω I)',
      },
      noise: { kind: 'number', default: '0', min: 0, meaning: 'Standard deviation of y given x.', formula: 's' },
      tokens: {
        kind: 'law',
        default: 'gaussian(1)',
        meaning: 'Law of one coordinate of x or of the vector x; centred, whitened and multiplied by the symmetric root of the covariance.',
        formula: 'x = Σ^½ g',
      },
      loss: {
        kind: 'word',
        default: 'half_squared',
        words: ['half_squared', 'squared'],
        meaning: 'The risk, and so every gradient and rate.',
        formula: '½ E(ŷ − y)² or E(ŷ − y)²',
      },
      link: {
        kind: 'word',
        default: 'tanh',
        words: ['tanh', 'relu', 'sign', 'square', 'identity'],
        variants: ['single_index'],
        meaning: 'The link f of y = f(wᵀx) + noise.',
        formula: 'f',
      },
    },
  },
  tokens: {
    meaning: 'Plain tokens z with no task.',
    variants: {},
    settings: {
      dimension: { kind: 'integer', default: null, required: true, min: 1, meaning: 'Dimension D of a token.', formula: 'D' },
      law: {
        kind: 'law',
        default: null,
        required: true,
        meaning: 'Law μ of a token; a law of one coordinate makes independent coordinates.',
        formula: 'z ~ μ',
      },
    },
  },
  query: {
    meaning: 'The query token, with plain tokens.',
    variants: {},
    settings: {
      law: { kind: 'law', default: 'gaussian(identity)', meaning: 'Law ν of the query; errors are averaged over it.', formula: 'z ~ ν' },
      at: { kind: 'vector', default: null, meaning: 'One fixed query, in place of a law.', formula: 'z' },
    },
  },
  prompt: {
    meaning: 'The prompt.',
    variants: {},
    settings: {
      length: {
        kind: 'integer',
        default: null,
        required: true,
        min: 1,
        infinite: true,
        meaning: 'Number of tokens in the prompt, or `inf` for the infinite-prompt limit.',
        formula: 'L',
      },
    },
  },
  attention: {
    meaning: 'The attention layer.',
    variants: {},
    settings: {
      kernel: {
        kind: 'word',
        default: 'softmax',
        words: ['softmax', 'linear'],
        meaning: 'Softmax attention, or linear attention with scores divided by L.',
        formula: 'V Σ p_l z_l or V (1/L) Σ (aᵀz_l) z_l',
      },
      heads: { kind: 'integer', default: '1', min: 1, meaning: 'Number of heads, whose outputs add up.' },
      parameters: {
        kind: 'word',
        default: 'merged',
        words: ['merged', 'factored'],
        meaning: 'Trained parameters: merged U and v, or the factors K, Q, V, O.',
        formula: 'U = KᵀQ',
      },
      key_dimension: {
        kind: 'integer',
        default: null,
        min: 1,
        meaning: 'Rows k of K and Q; factored scores are divided by √k. The token dimension when absent.',
        formula: 'k',
      },
      temperature: { kind: 'number', default: '1', ...positive, meaning: 'Scores are divided by it.', formula: 'T' },
      init: { kind: 'init', default: 'balanced(0.1)', meaning: 'Parameters at the start of training.' },
      key_query: {
        kind: 'matrix',
        default: null,
        meaning: 'Merged key-query matrix U, D × D ((d+1) × (d+1) in a task); with `train`, its start. From `init` when absent.',
        formula: 'U',
      },
      value: {
        kind: 'matrix_or_vector',
        default: null,
        meaning: 'Value matrix V; in a task a vector v of d + 1. With `train`, its start. From `init` when absent.',
        formula: 'V',
      },
    },
  },
  train: {
    meaning: 'How the layer is trained on the task.',
    variants: {
      gradient_flow: 'Gradient flow on the population risk, dθ/dt = −∇R(θ).',
      gradient_descent: 'Gradient descent on the population risk.',
      sgd: 'Stochastic gradient descent on fresh prompts.',
      adam: 'Adam on fresh prompts.',
    },
    settings: {
      time: {
        kind: 'number',
        default: null,
        required: true,
        ...positive,
        variants: ['gradient_flow'],
        meaning: 'End of the flow.',
        formula: 't',
      },
      points: { kind: 'integer', default: '101', min: 2, variants: ['gradient_flow'], meaning: 'Recorded points, both ends included.' },
      tolerance: {
        kind: 'number',
        default: '1e-8',
        ...positive,
        max: 1,
        variants: ['gradient_flow'],
        meaning: 'Relative tolerance of the solution.',
      },
      rate: {
        kind: 'number',
        default: null,
        required: true,
        ...positive,
        variants: discrete,
        meaning: 'Learning rate; time = rate × step.',
        formula: 'η',
      },
      batch: { kind: 'integer', default: '128', min: 1, variants: stochastic, meaning: 'Fresh prompts for each step.' },
      steps: { kind: 'integer', default: null, required: true, min: 1, variants: discrete, meaning: 'Number of steps.' },
      record: {
        kind: 'integer',
        default: null,
        min: 1,
        variants: discrete,
        meaning: 'Every how many steps a point is recorded; a hundredth of `steps`, at least 1, when absent.',
      },
      seed: {
        kind: 'integer',
        default: null,
        min: 0,
        max: 4294967295,
        variants: stochastic,
        meaning: "Seed of the prompts; the solver's when absent.",
      },
      momentum: { kind: 'number', default: '0', min: 0, max: 1, excludes: 'max', variants: ['sgd'], meaning: 'Momentum.' },
      beta1: {
        kind: 'number',
        default: '0.9',
        min: 0,
        max: 1,
        excludes: 'max',
        variants: ['adam'],
        meaning: 'Decay of the mean gradient.',
        formula: 'β₁',
      },
      beta2: {
        kind: 'number',
        default: '0.999',
        min: 0,
        max: 1,
        excludes: 'max',
        variants: ['adam'],
        meaning: 'Decay of the mean squared gradient.',
        formula: 'β₂',
      },
    },
  },
  concentrate: {
    meaning: 'Finite against infinite prompt; with `train`, at every recorded point.',
    variants: {},
    settings: {
      of: {
        kind: 'words',
        default: 'output',
        words: ['output', 'value_gradient', 'key_query_gradient'],
        meaning: 'Which errors; taken from `measure` when absent, else `output`.',
      },
      confidence: {
        kind: 'number',
        default: '0.95',
        min: 0,
        max: 1,
        excludes: 'both',
        meaning: 'Level of confidence bands, and the probability of `.quantile` and `.certified_quantile`.',
      },
      samples: { kind: 'integer', default: null, min: 2, meaning: 'Sampled prompts; chosen automatically when absent.' },
      radius: {
        kind: 'number',
        default: null,
        ...positive,
        meaning: 'Radius of the ball of queries over which `uniform_error` is the supremum; it needs one.',
        formula: 'R',
      },
    },
  },
  solver: {
    meaning: 'Overrides of what the solver would choose.',
    variants: {},
    settings: {
      method: {
        kind: 'word',
        default: 'auto',
        words: ['auto', 'exact', 'monte_carlo'],
        meaning: '`auto` is exact where an exact form exists.',
      },
      samples: { kind: 'integer', default: null, min: 2, meaning: 'Sampled prompts; chosen automatically when absent.' },
      precision: { kind: 'word', default: 'auto', words: ['auto', 'single', 'double'], meaning: 'Floating-point precision of sampling.' },
      seed: { kind: 'integer', default: '0', min: 0, max: 4294967295, meaning: 'Seed of every random stream.' },
    },
  },
};
