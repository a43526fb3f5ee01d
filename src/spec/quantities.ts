/** Quantities that statements name, and whether they apply to the experiment. */
import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import { nearest } from '../language/distance.js';
import type { Expression, Quantity } from '../language/generated/ast.js';
import { quantities } from '../language/vocabulary.js';
import { facetNames, type QuantityName, quantityNames } from '../solver/problem.js';
import { codes } from './codes.js';
import type { QuantityRef } from './experiment.js';
import { Damaged, Mistake } from './mistake.js';
import { constantNumber, type Study } from './study.js';

export const errorNames: readonly QuantityName[] = ['output_error', 'value_gradient_error', 'key_query_gradient_error'];
/** One value for a run, whatever the training. */
export const singleValued: readonly QuantityName[] = ['bayes_risk', 'one_step_risk', 'zero_risk', 'sub_gaussian'];
/** Of plain tokens too, with or without errors. */
const ofAnyLaw: readonly QuantityName[] = ['limit_norm', 'gaussian_gap', 'sub_gaussian'];
/** A value for each head: drawn and tabled, with extremes to compare. */
export const perHead: readonly QuantityName[] = ['gains', 'head_weights'];
const onlyWhileTraining: readonly QuantityName[] = ['parameter_gap', 'merged_parameter_gap', 'gradient_gap', 'flow_risk'];

/** How a quantity is written: `name`, `name.facet`, `rate of name`. */
export interface QuantityForm {
  readonly name: string;
  readonly facet: string | undefined;
  readonly form: QuantityRef['form'];
  readonly threshold: Expression | undefined;
}

export function formOf(node: Quantity): QuantityForm {
  const form = { rate: 'rate', fitted: 'fitted_rate', trust_length: 'trust_length' } as const;
  return { name: node.name, facet: node.facet, form: node.prefix === undefined ? 'value' : form[node.prefix], threshold: node.threshold };
}

/** The quantity at `node`; throws a `Mistake` when it is unknown or does not apply. */
export function quantityRef(study: Study, form: QuantityForm, node: AstNode): QuantityRef {
  const damaged = study.scope.file.damage.length > 0;
  const name = quantityNames.find((candidate) => candidate === form.name);
  if (name === undefined) {
    if (damaged || form.name === undefined) {
      throw new Damaged();
    }
    const guess = nearest(form.name, quantityNames);
    throw new Mistake(
      codes.quantity,
      node,
      l10n.t('`{0}` is not a quantity{1}', form.name, guess === undefined ? '.' : l10n.t('; did you mean `{0}`?', guess)),
    );
  }
  const isError = errorNames.includes(name);
  const facet = form.facet === undefined ? null : facetNames.find((candidate) => candidate === form.facet);
  const own = quantities[name]!.facets;
  if (facet === undefined || (facet !== null && !own.includes(facet))) {
    throw new Mistake(
      codes.facet,
      node,
      l10n.t(
        '`.{0}` does not apply to `{1}`{2}.',
        form.facet ?? '',
        name,
        own.length === 0 ? '' : l10n.t(', which has {0}', own.map((one) => `\`.${one}\``).join(', ')),
      ),
    );
  }
  if (form.form === 'trust_length' && !isError) {
    throw new Mistake(
      codes.form,
      node,
      l10n.t('`trust_length of` applies to the error quantities, such as `output_error`, not to `{0}`.', name),
    );
  }
  if (form.form === 'trust_length' && facet !== null) {
    throw new Mistake(
      codes.form,
      node,
      l10n.t('`trust_length` is of an error quantity and uses its certified bound; leave the facet out.'),
    );
  }
  checkApplies(study, name, node);
  let threshold: number | null = null;
  if (form.form === 'trust_length') {
    threshold = constantNumber(study, form.threshold, l10n.t('The threshold of `trust_length`'));
    if (threshold <= 0) {
      throw new Mistake(codes.range, form.threshold!, l10n.t('The threshold of `trust_length` must be positive, not {0}.', threshold));
    }
  }
  return { name, facet, form: form.form, threshold };
}

function checkApplies(study: Study, name: QuantityName, node: AstNode): void {
  const has = (kind: string): boolean => study.blocks.has(kind);
  const variant = study.blocks.get('train')?.variant;
  const refuse = (why: string): never => {
    if (study.scope.file.damage.length > 0) {
      throw new Damaged();
    }
    throw new Mistake(codes.measure, node, l10n.t('`{0}` does not apply here: {1}.', name, why));
  };
  if (errorNames.includes(name)) {
    if (!has('concentrate')) {
      refuse(l10n.t('it compares finite and infinite prompts, which a block `concentrate { … }` asks for'));
    }
    return;
  }
  if (name === 'uniform_error') {
    if (!has('tokens') || !has('concentrate')) {
      refuse(l10n.t('it compares finite and infinite prompts of plain `tokens`, which a block `concentrate { radius = R }` asks for'));
    }
    if (!study.blocks.get('concentrate')!.settings.some((setting) => setting.name === 'radius')) {
      refuse(l10n.t('it is the largest error over a ball of queries, whose `radius` in `concentrate` is missing'));
    }
    return;
  }
  if (name === 'effective_tokens' || name === 'condensation') {
    return;
  }
  if (ofAnyLaw.includes(name)) {
    return;
  }
  if (!has('task')) {
    refuse(l10n.t('it needs a `task`'));
  }
  if (name === 'training_loss' && variant !== 'sgd' && variant !== 'adam') {
    refuse(l10n.t('only `train sgd` and `train adam` have mini-batches; `risk` is the population risk'));
  }
  if (onlyWhileTraining.includes(name) && !has('train')) {
    refuse(l10n.t('it follows a training, and there is no `train` block'));
  }
}

/** True when a plot against time or step makes sense. */
export function isTrajectory(quantity: QuantityRef): boolean {
  return !singleValued.includes(quantity.name) && (quantity.form === 'value' || quantity.form === 'rate');
}
