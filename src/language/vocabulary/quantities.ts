/** What is measured, and what stands beside it. */

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
