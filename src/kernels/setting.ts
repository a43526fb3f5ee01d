/** What a batch kernel is asked: plain data in working coordinates, and the sums it gives back. */

/** Laws that are drawn directly; `normal`, `rademacher` and `uniform` (on [−1, 1]) have independent coordinates. */
export type BaseLaw = 'normal' | 'rademacher' | 'uniform' | 'sphere' | 'points';

/** mean + factor · b, with b drawn from `base` in R^baseDimension. */
export interface LawComponent {
  /** Its share of the mixture; the shares add up to 1. */
  readonly share: number;
  readonly base: BaseLaw;
  readonly baseDimension: number;
  /** dimension numbers. */
  readonly mean: Float64Array;
  /** dimension × baseDimension, row-major; null is the identity. */
  readonly factor: Float64Array | null;
  /** Rows of baseDimension numbers for `points`, each equally likely. */
  readonly points?: Float64Array;
}

/** A mixture of affine images of base laws: every law that a spec can name is one. */
export type LawForm = readonly LawComponent[];

export type KernelLink = 'identity' | 'tanh' | 'relu' | 'sign' | 'square';

/**
 * Prompts of an in-context task. Working coordinates: a token is c = (g, y) in R^D, D = d + 1, with x = S g, y = f(uᵀg) + noise · ε, u = Sᵀ w;
 * the query is (g_q, 0), the label f(uᵀg_q) + labelNoise · ε_q. Scores are (W_h g_q)ᵀ c, values v_hᵀ c.
 */
export interface PromptSetting {
  readonly kernel: 'softmax' | 'linear';
  readonly heads: number;
  /** d ≥ 1. */
  readonly dimension: number;
  /** L ≥ 1, an integer. */
  readonly length: number;
  /** Law of g. */
  readonly tokens: LawForm;
  /** Law of u = Sᵀ w. */
  readonly weights: LawForm;
  /** Law of g_q, where it is not that of the tokens. */
  readonly queries?: LawForm;
  readonly noise: number;
  /** Deviation of the label's noise, where it is not that of the tokens. */
  readonly labelNoise?: number;
  readonly link: KernelLink;
  /** Every prompt leaves a record; a call is for `blockPrompts` prompts at most. Softmax is then drawn token by token. */
  readonly records?: boolean;
}

/** Where the numbers of a prompt's record are: u, the query, mean (heads × D), and for softmax the largest score of each head and the sum of exponentials beside it. */
export function recordShape({ dimension: d, heads }: PromptSetting): {
  readonly weights: number;
  readonly query: number;
  readonly mean: number;
  readonly largest: number;
  readonly total: number;
  readonly length: number;
} {
  const mean = 2 * d;
  const largest = mean + heads * (d + 1);
  return { weights: 0, query: d, mean, largest, total: largest + heads, length: largest + 2 * heads };
}

export type Precision = 'single' | 'double';

/**
 * Sums over the prompts of a call. With e the error (prediction minus label) and m_h, n_h the derivatives of the prediction in v_h and in
 * the tilt W_h g_q, `value` holds Σ e m_h (heads × D) and `keyQuery` Σ e n_h g_qᵀ (heads × D × d): gradients of Σ e²/2 in working coordinates.
 */
export interface PromptSums {
  errorSquares: number;
  errorFourths: number;
  /** Σ label². */
  labelSquares: number;
  /** The largest standard deviation of the scores of a prompt seen (plane forms) or the largest |score| (explicit tokens); 0 for linear attention. */
  sharpest: number;
  readonly keyQuery: Float64Array;
  readonly value: Float64Array;
}

export function emptySums({ heads, dimension }: PromptSetting): PromptSums {
  return {
    errorSquares: 0,
    errorFourths: 0,
    labelSquares: 0,
    sharpest: 0,
    keyQuery: new Float64Array(heads * (dimension + 1) * dimension),
    value: new Float64Array(heads * (dimension + 1)),
  };
}

/**
 * Prompts are summed in blocks of this many, and blocks one after the other: a call over several blocks gives the bits of calls over each of
 * them, added in order, on any number of workers.
 */
export const blockPrompts = 32;

/** A training by first-order steps on one batch of fresh prompts each; all of it plain data, in the layouts and formulas of docs/mathematics.md, section 5, "Optimisers". */
export interface DescentSetting {
  /** θ holds, head after head, U (D × D) and v (D) when merged; K, Q (k × D each), V (D × D) and O (D) when factored; row-major. */
  readonly parameters: 'merged' | 'factored';
  /** k. */
  readonly keyDimension: number;
  /** U is divided by it. */
  readonly temperature: number;
  /** S (d × d): tokens are x = S g. */
  readonly root: Float64Array;
  /** The prompts of step n are those of `streamName(seed, purpose, n)`. */
  readonly seed: number;
  readonly purpose: string;
  readonly batch: number;
  readonly rule: {
    readonly kind: 'sgd' | 'adam';
    readonly rate: number;
    readonly momentum: number;
    readonly beta1: number;
    readonly beta2: number;
  };
  /** ε of Adam. */
  readonly epsilon: number;
  /** The loss is this times the sum of error² over a batch, … */
  readonly lossScale: number;
  /** … and its gradient this times the gradient of half that sum. */
  readonly gradientScale: number;
  /** E|u|² + noise². */
  readonly labelPower: number;
  /** No step is taken where a head's mean squared score deviation is above the first, or `sharpest` of its batch above the second; Infinity for any. */
  readonly sharpestOnAverage: number;
  readonly sharpest: number;
}

/** θ and what its optimiser carries: momentum or first moment, and second moment (empty for SGD). */
export interface DescentState {
  readonly theta: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** Takes whole steps, with the bits of single ones. */
export interface Descent {
  /**
   * Takes steps step … step + count − 1 from `state`, which it changes, unless one of them is not to be taken or its loss is above `ceiling` or no number; it stops
   * there, before that step has changed anything. Answers how many were taken.
   */
  take(state: DescentState, step: number, count: number, ceiling: number): number;
}

/** Throws a RangeError for a call that a kernel cannot keep its promises in. */
export function requireCall({ records }: PromptSetting, first: number, count: number): void {
  if (first % blockPrompts !== 0) throw new RangeError(`prompts start at a multiple of ${blockPrompts}, not at ${first}`);
  if (records === true && count > blockPrompts)
    throw new RangeError(`${count} prompts are more than the ${blockPrompts} of one call with records`);
}

/** Draws and sums the prompts of a step. One call is under way at a time. */
export interface BatchKernel {
  readonly setting: PromptSetting;
  /** How it computes: `single` and `double` are WebAssembly; `portable` is plain TypeScript in double precision. */
  readonly arithmetic: Precision | 'portable';
  readonly sums: PromptSums;
  /** Records of the call under way (`recordShape`), one after the other, of which the first `recorded` are there. */
  readonly records: Float64Array;
  readonly recorded: number;
  /**
   * Starts on the prompts first … first + count − 1 of the family `name` (`streamName`): prompt b draws from stream b of the family, w, x_q, ε_q first, whatever the
   * length and the kernel. `first` is a multiple of `blockPrompts`. keyQuery: heads × D × d (W_h); value: heads × D (v_h).
   */
  begin(name: Int32Array, first: number, count: number, keyQuery: Float64Array, value: Float64Array): void;
  /** Works on for about `tokens` tokens at most; true when `sums` is complete. */
  advance(tokens: number): boolean;
  /** Whole steps with batches of this kernel's prompts, in calls that nothing interrupts; null where steps are taken by parts only. */
  descent(setting: DescentSetting): Descent | null;
}

/** True for N(0, I). */
export function isStandardNormal(law: LawForm): boolean {
  const [component] = law;
  return law.length === 1 && component.base === 'normal' && component.factor === null && component.mean.every((m) => m === 0);
}

/** True when a prompt is drawn without its tokens: (x, y) is Gaussian, and one head. */
export function hasPlaneForm({ kernel, heads, tokens, link, records }: PromptSetting): boolean {
  if (records === true && kernel === 'softmax') return false;
  return heads === 1 && link === 'identity' && isStandardNormal(tokens);
}
