/**
 * What the solver solves: one run, with every value resolved. Plain data (numbers, strings, arrays), so that it can cross
 * threads and be hashed. `Infinity` is a prompt length. `E` stands for how an empirical law names its tokens: a file
 * reference in a spec, the tokens themselves in the solver.
 */

export type Vector = readonly number[];
/** Row-major, `rows` arrays of equal length. */
export type DenseMatrix = readonly (readonly number[])[];

/** Tokens of an empirical law: `rows` tokens of `columns` coordinates, row-major. */
export interface EmpiricalTokens {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Law of one real coordinate, always centred. `gaussian` has variance `variance`; `uniform` lives on [−halfWidth, halfWidth]. */
export type CoordinateLaw =
  | { readonly kind: 'gaussian'; readonly variance: number }
  | { readonly kind: 'rademacher' }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number };

/** A law on R^dimension (docs/mathematics.md, section 2). */
export type Law<E = EmpiricalTokens> =
  | { readonly kind: 'gaussian'; readonly dimension: number; readonly mean: Vector; readonly covariance: DenseMatrix }
  | { readonly kind: 'independent'; readonly dimension: number; readonly coordinate: CoordinateLaw }
  | { readonly kind: 'sphere'; readonly dimension: number; readonly radius: number }
  | { readonly kind: 'mixture'; readonly dimension: number; readonly components: readonly Law<E>[]; readonly weights: Vector }
  | { readonly kind: 'empirical'; readonly dimension: number; readonly tokens: E }
  /** z = mean + factor · g, with g drawn from `base` (factor: dimension × base.dimension). */
  | { readonly kind: 'affine'; readonly dimension: number; readonly mean: Vector; readonly factor: DenseMatrix; readonly base: Law<E> };

export type Link = 'identity' | 'tanh' | 'relu' | 'sign' | 'square';
export type Loss = 'half_squared' | 'squared';
export type Kernel = 'softmax' | 'linear';

/** In-context task (section 5, section 7): z_l = (x_l, y_l), y = link(wᵀx) + noise · ε. D = dimension + 1. */
export interface Task<E = EmpiricalTokens> {
  readonly dimension: number;
  /** Σ, dimension × dimension. */
  readonly covariance: DenseMatrix;
  /** Law of x before it is centred, whitened and multiplied by the symmetric square root of Σ; null is N(0, I). */
  readonly tokens: Law<E> | null;
  /** Law of w in R^dimension. */
  readonly weights: Law<E>;
  /** Standard deviation s of y given x. */
  readonly noise: number;
  readonly link: Link;
  readonly loss: Loss;
}

export type Setting<E = EmpiricalTokens> =
  | { readonly kind: 'task'; readonly task: Task<E> }
  | { readonly kind: 'tokens'; readonly law: Law<E> };

export type Init =
  | { readonly kind: 'balanced'; readonly alpha: number }
  | { readonly kind: 'random'; readonly seed: number; readonly scale: number }
  | { readonly kind: 'small_identity'; readonly scale: number }
  | { readonly kind: 'bayes' };

export interface Attention {
  readonly kernel: Kernel;
  readonly heads: number;
  readonly parameters: 'merged' | 'factored';
  /** Rows k of K and Q when factored; scores are divided by √k. */
  readonly keyDimension: number;
  /** Scores are divided by it. */
  readonly temperature: number;
  readonly init: Init;
  /** U (D × D, before the temperature), overriding `init`. With several heads every head starts from it. */
  readonly keyQuery: DenseMatrix | null;
  /** V: D_out × D for plain tokens; 1 × D (the vector v) in a task. Overrides `init`. */
  readonly value: DenseMatrix | null;
}

export type Train =
  | {
      readonly kind: 'gradient_flow';
      readonly time: number;
      readonly points: number;
      readonly tolerance: number;
      readonly extraTimes: Vector;
    }
  | {
      readonly kind: 'gradient_descent';
      readonly rate: number;
      readonly steps: number;
      readonly record: number;
      readonly extraSteps: Vector;
    }
  | {
      readonly kind: 'sgd' | 'adam';
      readonly rate: number;
      readonly batch: number;
      readonly steps: number;
      readonly record: number;
      readonly seed: number;
      readonly momentum: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly extraSteps: Vector;
    };

export type ErrorQuantity = 'output' | 'value_gradient' | 'key_query_gradient';

export interface Concentrate {
  readonly of: readonly ErrorQuantity[];
  readonly confidence: number;
  readonly samples: number | null;
  /** R of the ball of queries over which `uniform_error` is the supremum; absent without one. */
  readonly radius?: number;
}

/** The query: a law on R^D, or one fixed vector. In a task it is (x_q, 0) with x_q of the law of x, and this is null. */
export type Query<E = EmpiricalTokens> = { readonly kind: 'law'; readonly law: Law<E> } | { readonly kind: 'at'; readonly at: Vector };

export interface SolverSettings {
  readonly method: 'auto' | 'exact' | 'monte_carlo';
  readonly samples: number | null;
  readonly precision: 'auto' | 'single' | 'double';
  readonly seed: number;
}

export const quantityNames = [
  'risk',
  'training_loss',
  'excess_risk',
  'bayes_gap',
  'bayes_risk',
  'one_step_risk',
  'zero_risk',
  'flow_risk',
  'parameter_gap',
  'merged_parameter_gap',
  'gradient_gap',
  'balance',
  'alignment',
  'effective_tokens',
  'condensation',
  'output_error',
  'value_gradient_error',
  'key_query_gradient_error',
  'uniform_error',
  'limit_norm',
  'gaussian_gap',
  'sub_gaussian',
  'gains',
  'head_weights',
  'largest_gain',
  'least_gain',
  'largest_head_weight',
  'least_head_weight',
  'approximate_risk',
] as const;
export type QuantityName = (typeof quantityNames)[number];

export interface Problem<E = EmpiricalTokens> {
  readonly setting: Setting<E>;
  readonly query: Query<E> | null;
  /** L: an integer ≥ 1, or Infinity. */
  readonly length: number;
  readonly attention: Attention;
  readonly train: Train | null;
  readonly concentrate: Concentrate | null;
  readonly solver: SolverSettings;
  /** What is to be computed; facets and rates are named in `facets`. */
  readonly measures: readonly QuantityName[];
  /** Nobody will look at the trained layer itself: its snapshots, which there would be, are left out of the result. */
  readonly withoutSnapshots?: true;
  /** Extra series of the error quantities that a measure, plot or expectation asks for. */
  readonly facets: readonly Facet[];
  /** Trust lengths that are asked for: the smallest L from which the certified bound of `of` stays below `threshold`. */
  readonly trust?: readonly { readonly of: ErrorQuantity; readonly threshold: number }[];
}

/** What stands beside a quantity: bounds and quantiles of an error, who carries it, the envelope of the parameter gap. */
export const facetNames = ['certified', 'asymptote', 'paper', 'quantile', 'certified_quantile', 'rare', 'envelope'] as const;
export type FacetName = (typeof facetNames)[number];
export type Facet = FacetName | 'rate';
