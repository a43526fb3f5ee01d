/**
 * Every word of the language with its meaning, in one table: the checks, the meaning of a spec (defaults and ranges),
 * hovers, completion and the documentation read it.
 */

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

/** `of` and `axis` quantities: an error quantity has facets and a rate over L. */
export interface QuantityInfo {
  readonly meaning: string;
  readonly formula?: string;
  readonly isError: boolean;
  /** What may follow its name and a dot. */
  readonly facets: readonly string[];
}

export const errorFacets: readonly string[] = ['certified', 'asymptote', 'paper', 'quantile', 'certified_quantile', 'rare'];

const quantity = (meaning: string, formula?: string, isError = false, facets = isError ? errorFacets : []): QuantityInfo =>
  formula === undefined ? { meaning, isError, facets } : { meaning, formula, isError, facets };

export const quantities: Readonly<Record<string, QuantityInfo>> = {
  risk: quantity('Population risk at the recorded parameters.', 'R_L(θ)'),
  training_loss: quantity('Loss of the mini-batch.'),
  excess_risk: quantity('Risk minus the noise floor.', 'R − ½ s² (or s²)'),
  bayes_gap: quantity('Risk minus the Bayes risk at that prompt length.'),
  bayes_risk: quantity('Bayes risk at that prompt length.'),
  one_step_risk: quantity('Risk of one step of gradient descent on the prompt.'),
  zero_risk: quantity('Risk of predicting 0.'),
  flow_risk: quantity(
    'Risk of the gradient flow on the population risk, from the same start at time rate × step: what SGD follows but for its noise and its steps.',
  ),
  parameter_gap: quantity('Distance to the parameters of the infinite-prompt solution from the same start.', '‖θ_L(t) − θ_∞(t)‖', false, [
    'envelope',
  ]),
  merged_parameter_gap: quantity('The same for the merged U and v.'),
  gradient_gap: quantity('Distance of the gradient to that of the infinite-prompt risk at the same parameters.', '‖∇R_L(θ_L) − ∇R_∞(θ_L)‖'),
  balance: quantity('Imbalance of the layers.', '‖A‖²_F − b²'),
  alignment: quantity('Cosine between A and Σ⁻¹.'),
  effective_tokens: quantity('Effective number of attended tokens.', '1 / E P₂'),
  condensation: quantity(
    'How near softmax is to condensing on a few tokens: the mean variance of the scores over 2 log L. Errors fall as 1/L below 1/3 and slower above; from 1 on the infinite-prompt limit says nothing.',
    'E τ² / (2 log L)',
  ),
  output_error: quantity(
    'Squared error of the output against its infinite-prompt limit, averaged over the query law.',
    'E‖T[μ̂_L](z) − T[μ](z)‖²',
    true,
  ),
  value_gradient_error: quantity('Squared error of the gradient with respect to V.', undefined, true),
  key_query_gradient_error: quantity('Squared error of the gradient with respect to U.', undefined, true),
  uniform_error: quantity(
    'Largest squared error of the output over a ball of queries, one prompt for all of them; sampled, with plain tokens.',
    'E sup_{‖z‖ ≤ R} ‖T[μ̂_L](z) − T[μ](z)‖²',
    false,
    ['paper'],
  ),
  limit_norm: quantity(
    'Squared norm of the infinite-prompt limit, averaged over the query law; in a task, of the prediction.',
    'E‖T[μ](z)‖²',
  ),
  gaussian_gap: quantity(
    'Squared distance of the infinite-prompt limit from that of Gaussian tokens with the same mean and covariance; 0 for Gaussian tokens.',
    'E‖T[μ](z) − V(m + ΓUz)‖²',
  ),
  sub_gaussian: quantity(
    'Variance proxy of the tokens (in a task, of x): the square of their sub-Gaussian parameter.',
    'least σ² with E exp(aᵀ(z − Ez)) ≤ exp(½ σ² ‖a‖²)',
  ),
  gains: quantity('Gain of each head, those of positive heads and of negative ones apart; for charts and tables.', 'γ_h = tr A_h / d'),
  head_weights: quantity('Output weight of each head, in the order of `gains`; for charts and tables.', 'μ_h'),
  largest_gain: quantity('Largest gain of a head.', 'max γ_h, γ_h = tr A_h / d'),
  least_gain: quantity('Least gain of a head.', 'min γ_h, γ_h = tr A_h / d'),
  largest_head_weight: quantity('Largest output weight of a head.', 'max μ_h'),
  least_head_weight: quantity('Least output weight of a head.', 'min μ_h'),
  approximate_risk: quantity(
    'Known approximation of the risk of heads with gains γ and weights μ, for Σ = I and w ~ N(0, I/d).',
    '½(1 + s² − 2μᵀγ + μᵀ(γγᵀ + (1+s²)/L · exp(d γγᵀ))μ)',
  ),
};

export const facets: Readonly<Record<string, string>> = {
  certified: 'Explicit bound that holds at every length.',
  asymptote: 'Leading term as L grows.',
  paper: 'Form of the published bound with fitted constants.',
  quantile: "What one prompt's error stays below with probability `confidence`, sampled.",
  certified_quantile: "Explicit bound that one prompt's error stays below with probability `confidence`.",
  rare: 'Share of the average that the hundredth of the queries with the widest scores carries.',
  envelope: "Grönwall's bound of the parameter gap, from the gradient gap and the curvature of the infinite-prompt risk.",
};

export interface FunctionInfo {
  /** What the value is. */
  readonly gives: 'number' | 'list' | 'law' | 'matrix' | 'init' | 'data';
  /** Number of arguments without a key, least and most. */
  readonly least: number;
  readonly most: number;
  readonly keys: readonly string[];
  readonly usage: string;
  readonly meaning: string;
}

const fn = (
  gives: FunctionInfo['gives'],
  usage: string,
  least: number,
  most: number,
  meaning: string,
  keys: readonly string[] = [],
): FunctionInfo => ({ gives, least, most, keys, usage, meaning });

export const functions: Readonly<Record<string, FunctionInfo>> = {
  sqrt: fn('number', 'sqrt(x)', 1, 1, 'Square root.'),
  exp: fn('number', 'exp(x)', 1, 1, 'Exponential.'),
  log: fn('number', 'log(x)', 1, 1, 'Natural logarithm.'),
  abs: fn('number', 'abs(x)', 1, 1, 'Absolute value.'),
  min: fn('number', 'min(x, y, …)', 1, Number.POSITIVE_INFINITY, 'Least of its arguments.'),
  max: fn('number', 'max(x, y, …)', 1, Number.POSITIVE_INFINITY, 'Largest of its arguments.'),
  round: fn('number', 'round(x)', 1, 1, 'Nearest integer.'),
  floor: fn('number', 'floor(x)', 1, 1, 'Largest integer that is not larger.'),
  ceil: fn('number', 'ceil(x)', 1, 1, 'Least integer that is not smaller.'),
  linspace: fn('list', 'linspace(a, b, n)', 3, 3, 'n numbers from a to b, equally spaced.'),
  logspace: fn('list', 'logspace(a, b, n)', 3, 3, 'n numbers from a to b with equal ratios.'),
  gaussian: fn('law', 'gaussian(variance), gaussian(matrix) or gaussian(covariance: M, mean: v)', 0, 1, 'Gaussian law.', [
    'covariance',
    'mean',
    'variance',
  ]),
  uniform: fn('law', 'uniform(-h, h)', 2, 2, 'Uniform law on an interval, for each coordinate.'),
  sphere: fn('law', 'sphere(radius)', 1, 1, 'Uniform law on a sphere.', ['radius']),
  mixture: fn('law', 'mixture([law, …], weights: […])', 1, 1, 'Mixture of laws.', ['weights']),
  file: fn('data', 'file("path")', 1, 1, 'Data from a file: an empirical law, a matrix, or a curve of an overlay.', ['x', 'y']),
  kms: fn('matrix', 'kms(rho)', 1, 1, 'Kac-Murdock-Szegő matrix, rho^|i−j|.', ['rho']),
  diagonal: fn('matrix', 'diagonal([…])', 1, 1, 'Diagonal matrix.'),
  power_law: fn('matrix', 'power_law(exponent)', 1, 1, 'Diagonal matrix with eigenvalues i^−exponent.', ['exponent']),
  condition: fn('matrix', 'condition(k)', 1, 1, 'Diagonal matrix with a geometric spectrum from 1 to 1/k.', ['k']),
  matrix: fn('matrix', 'matrix([[…], …])', 1, 1, 'Matrix by its rows.'),
  balanced: fn('init', 'balanced(alpha)', 1, 1, 'Balanced start: A = alpha I/√d, b = alpha.', ['alpha']),
  random: fn('init', 'random(seed: …, scale: …)', 0, 0, 'Random start; factored: uniform on ±1/√fan_in, merged: N(0, scale²/(d+1)).', [
    'seed',
    'scale',
  ]),
  small_identity: fn('init', 'small_identity(scale)', 1, 1, 'A multiple of the identity.', ['scale']),
};

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
