/** Names of quantities, sweeps and methods as a figure shows them. */
import type { QuantityRef, Sweep, SweepValue } from '../spec/experiment.js';
import { abbreviate, concat, isVariable, numberText, plain, rich } from './text.js';
import type { FacetName, MethodName, SeriesRole, Text } from './types.js';

interface Names {
  readonly name: string;
  readonly symbol: string;
}

const quantities: Readonly<Record<QuantityRef['name'], Names>> = {
  risk: { name: 'population risk', symbol: '$R_L$' },
  training_loss: { name: 'mini-batch loss', symbol: '' },
  excess_risk: { name: 'risk above the noise floor', symbol: '$R_L − R_{noise}$' },
  bayes_gap: { name: 'risk above the Bayes risk', symbol: '$R_L − R_L^{Bayes}$' },
  bayes_risk: { name: 'Bayes risk', symbol: '' },
  flow_risk: { name: 'risk of the gradient flow', symbol: '' },
  one_step_risk: { name: 'risk after one gradient step', symbol: '' },
  zero_risk: { name: 'risk of predicting 0', symbol: '' },
  parameter_gap: { name: 'parameter gap', symbol: '$‖θ_L − θ_∞‖$' },
  merged_parameter_gap: { name: 'gap of the merged parameters', symbol: '$‖(U, v)_L − (U, v)_∞‖$' },
  gradient_gap: { name: 'gradient gap', symbol: '$‖∇R_L(θ_L) − ∇R_∞(θ_L)‖$' },
  balance: { name: 'balance', symbol: '$‖A‖_F² − b²$' },
  alignment: { name: 'alignment', symbol: '$cos(A, Σ^{−1})$' },
  effective_tokens: { name: 'effective tokens', symbol: '1/E$\u2009P_2$' },
  condensation: { name: 'condensation', symbol: 'E$\u2009τ²/(2 log L)$' },
  output_error: { name: 'output error', symbol: 'E$\u2009‖T[μ̂_L] − T[μ]‖²$' },
  value_gradient_error: { name: 'V-gradient error', symbol: '' },
  key_query_gradient_error: { name: 'U-gradient error', symbol: '' },
  uniform_error: { name: 'uniform output error', symbol: 'E$\u2009sup ‖T[μ̂_L] − T[μ]‖²$' },
  limit_norm: { name: 'squared norm of the limit', symbol: 'E$\u2009‖T[μ]‖²$' },
  gaussian_gap: { name: 'distance from the Gaussian limit', symbol: 'E$\u2009‖T[μ] − T[N(m, Γ)]‖²$' },
  sub_gaussian: { name: 'variance proxy', symbol: '$σ²$' },
  gains: { name: 'gains of the heads', symbol: '$γ_h$' },
  head_weights: { name: 'weights of the heads', symbol: '$μ_h$' },
  largest_gain: { name: 'largest gain', symbol: '$γ_h$' },
  least_gain: { name: 'least gain', symbol: '$γ_h$' },
  largest_head_weight: { name: 'largest head weight', symbol: '$μ_h$' },
  least_head_weight: { name: 'least head weight', symbol: '$μ_h$' },
  approximate_risk: { name: 'approximate risk', symbol: '' },
};

export const facetNames = {
  certified: 'certified bound',
  asymptote: 'asymptote',
  paper: "paper's form (fitted)",
  quantile: 'sampled quantile',
  certified_quantile: 'certified quantile',
  rare: 'share of rare queries',
  envelope: 'Grönwall envelope',
} as const satisfies Record<FacetName, string>;

/** "population risk", "rate of output error": what a legend or a title calls it. */
export function quantityName(q: QuantityRef): string {
  const name = quantities[q.name].name + (q.facet === null ? '' : `, ${facetNames[q.facet]}`);
  switch (q.form) {
    case 'value':
      return name;
    case 'rate':
      return `rate of ${name}`;
    case 'fitted_rate':
      return `fitted rate of ${name}`;
    case 'trust_length':
      return `trust length of ${name}`;
  }
}

/** The name with its symbol: what an axis calls it. */
export function quantityLabel(q: QuantityRef): Text {
  const symbol = {
    value: q.facet === 'rare' ? '' : quantities[q.name].symbol,
    rate: '$d log E/d log L$',
    fitted_rate: '$d log E/d log L$',
    trust_length: '',
  }[q.form];
  const name = plain(quantityName(q));
  if (q.form === 'trust_length') return concat(name, plain(' to '), numberText(q.threshold ?? Number.NaN));
  return symbol === '' ? name : concat(name, plain(' '), rich(symbol));
}

const baselines: readonly QuantityRef['name'][] = ['bayes_risk', 'one_step_risk', 'zero_risk', 'flow_risk'];

/** Several quantities on one axis; baselines drawn beside a quantity are of its kind and need no mention. */
export function quantitiesLabel(refs: readonly QuantityRef[]): Text {
  const told = refs.filter((q) => !baselines.includes(q.name));
  const [first, ...rest] = told.length > 0 ? told : refs;
  if (first === undefined) return plain('value');
  if (rest.length === 0) return quantityLabel(first);
  return rest.length > 2 ? plain('value') : plain([first, ...rest].map(quantityName).join(', '));
}

export function sweepSymbol(name: string): Text {
  return isVariable(name) ? [{ text: name, italic: true }] : plain(name.replaceAll('_', ' '));
}

export function againstLabel(against: string, sweep: Sweep | undefined): Text {
  if (against === 'time') return rich('time $t$');
  if (against === 'step') return plain('training step');
  const symbol = sweepSymbol(against);
  return sweep?.isLength === true ? concat(plain('prompt length '), symbol) : symbol;
}

/** The value alone: `10`, `∞`, `softmax`, `kms(0.5)`. */
export function valueText(value: SweepValue): Text {
  return value.value === null ? plain(abbreviate(value.text)) : numberText(value.value);
}

/** The value as it stands alone: `L = 10`; a word needs no name. */
export function namedValue(name: string, value: SweepValue): Text {
  return value.value === null ? valueText(value) : concat(sweepSymbol(name), plain('\u00a0=\u00a0'), valueText(value));
}

export function methodLabel(method: MethodName, samples: number | null, repeats: number): string {
  const base = {
    exact: 'exact',
    approximate: 'approximation',
    quasi_monte_carlo: 'quasi-Monte Carlo',
    sampled: samples === null ? 'sampled' : `sampled, n = ${samples}`,
    fitted: 'fitted',
  }[method];
  return repeats > 1 ? `${base}, mean of ${repeats} repeats` : base;
}

export function roleName(role: SeriesRole): string {
  return role === 'value' || role === 'overlay' ? '' : facetNames[role];
}
