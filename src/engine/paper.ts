import { fitPaperForm } from '../solver/bounds.js';
import type { ErrorQuantity } from '../solver/problem.js';
import type { Series } from '../solver/result.js';
import { type QuantityRef, quantityKey } from '../spec/experiment.js';
import { type LengthGroup, undefinedSeries } from './derive.js';

const forms: Readonly<Record<string, ErrorQuantity>> = {
  output_error: 'output',
  value_gradient_error: 'value_gradient',
  key_query_gradient_error: 'key_query_gradient',
};

/**
 * The paper's form (Boursier and Boyer, Propositions 3.1 and 3.4) with the constants that dominate the curve over the lengths of the sweep:
 * its upper confidence bound where it is sampled. Fitted at every recorded point of a training.
 */
export function paperSeries(quantity: QuantityRef, group: LengthGroup): Series[] {
  const name = quantityKey({ ...quantity, facet: null, form: 'value', threshold: null });
  const nothing = (reason: string) => group.runs.map(() => undefinedSeries(reason));
  const form = forms[quantity.name];
  if (form === undefined) return nothing(`The paper has no form for \`${name}\`.`);
  const curves = group.results.map((result) => result.quantities[name]);
  const first = curves[0];
  if (first === undefined || curves.some((curve) => curve?.value.length !== first.value.length))
    return nothing(`\`${name}\` was not measured at every length.`);
  const values: number[][] = curves.map(() => []);
  for (let k = 0; k < first.value.length; k++) {
    // The variance proxy only rescales the two constants, not the curve.
    const fit = fitPaperForm(
      group.lengths,
      curves.map((curve) => curve!.upper?.[k] ?? curve!.value[k]!),
      form,
      1,
    );
    values.forEach((column, i) => {
      column.push(fit?.values[i] ?? Number.NaN);
    });
  }
  const few = "The paper's form is fitted to two or more finite lengths from 2 up.";
  return values.map(
    (value): Series => ({ against: first.against, value, method: 'fitted', ...(value.some(Number.isNaN) ? { reason: few } : {}) }),
  );
}
