import { fitInverseLength, fitPaperForm } from '../solver/bounds.js';
import type { ErrorQuantity } from '../solver/problem.js';
import type { Series } from '../solver/result.js';
import { type Sentence, say } from '../solver/sentences.js';
import { type QuantityRef, quantityKey } from '../spec/experiment.js';
import { type LengthGroup, undefinedSeries } from './derive.js';

const forms: Readonly<Record<string, ErrorQuantity>> = {
  output_error: 'output',
  value_gradient_error: 'value_gradient',
  key_query_gradient_error: 'key_query_gradient',
};
/** Uniformly over a ball of queries the literature has C(R)²/L (Bohbot, Letrouit, Peyré and Vialard). */
const uniform = 'uniform_error';

/**
 * The paper's form (Boursier and Boyer, Propositions 3.1 and 3.4) with the constants that dominate the curve over the lengths of the sweep:
 * its upper confidence bound where it is sampled. Fitted at every recorded point of a training.
 */
export function paperSeries(quantity: QuantityRef, group: LengthGroup): Series[] {
  const name = quantityKey({ ...quantity, facet: null, form: 'value', threshold: null });
  const nothing = (reason: string) => group.runs.map(() => undefinedSeries(reason));
  const form = forms[quantity.name];
  if (form === undefined && quantity.name !== uniform) return nothing(`The paper has no form for \`${name}\`.`);
  const curves = group.results.map((result) => result.quantities[name]);
  const first = curves[0];
  if (first === undefined || curves.some((curve) => curve?.value.length !== first.value.length))
    return nothing(`\`${name}\` was not measured at every length.`);
  const sigma2 = first.varianceProxy !== undefined && first.varianceProxy > 0 ? first.varianceProxy : 1;
  const values: number[][] = curves.map(() => []);
  const constants = { c1: [] as number[], c2: [] as number[] };
  for (let k = 0; k < first.value.length; k++) {
    const measured = curves.map((curve) => curve!.upper?.[k] ?? curve!.value[k]!);
    const fit = form === undefined ? fitInverseLength(group.lengths, measured) : fitPaperForm(group.lengths, measured, form, sigma2);
    constants.c1.push(fit?.c1 ?? Number.NaN);
    constants.c2.push(fit?.c2 ?? Number.NaN);
    values.forEach((column, i) => {
      column.push(fit?.values[i] ?? Number.NaN);
    });
  }
  const few = "The paper's form is fitted to two or more finite lengths from 2 up.";
  const fit = { ...constants, sigma2 };
  return values.map(
    (value): Series => ({ against: first.against, value, method: 'fitted', fit, ...(value.some(Number.isNaN) ? { reason: few } : {}) }),
  );
}

/** The form with its constants, for the reader; null along a training, where every point has its own. */
export function paperNote(quantity: QuantityRef, { fit }: Series): Sentence | null {
  const [c1, c2] = [fit?.c1[0] ?? Number.NaN, fit?.c2[0] ?? Number.NaN];
  if (fit === undefined || fit.c1.length !== 1 || Number.isNaN(c1)) return null;
  const short = (x: number) => String(Number(x.toPrecision(3)));
  if (quantity.name === uniform)
    return say('The form of {0} is C²/L with C = {1}, fitted: the least that lies above the curve.', uniform, short(Math.sqrt(c1)));
  const form = forms[quantity.name] === 'key_query_gradient' ? 'c₁ σ¹² (ln L)²' : 'c₁ σ⁶ ln L';
  return say(
    "The paper's form of {0} is {1} / L^(c₂/σ²) with c₁ = {2}, c₂ = {3} and σ² = {4}, fitted: above the curve, with the least mean excess in log.",
    quantity.name,
    form,
    short(c1),
    short(c2),
    short(fit.sigma2),
  );
}
