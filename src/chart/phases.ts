/** Lines across a chart of the condensation, where one phase of softmax attention ends and the next begins. */
import type { QuantityRef } from '../spec/experiment.js';
import { plain } from './text.js';
import type { Reference } from './types.js';

/** Errors fall as 1/L below the first; at the second softmax condenses on a few tokens (docs/mathematics.md, section 3). */
const phases = [
  { y: 1 / 3, label: 'the 1/L decay ends' },
  { y: 1, label: 'condensed' },
] as const;

export const phaseNote = 'Dotted: errors fall as 1/L below 1/3, slower above; from 1 on softmax condenses on a few tokens.';

export function drawsPhases(quantities: readonly QuantityRef[]): boolean {
  return quantities.some(({ name, form }) => name === 'condensation' && form === 'value');
}

export function phaseReferences(quantities: readonly QuantityRef[]): Reference[] {
  if (!drawsPhases(quantities)) return [];
  return phases.map(({ y, label }) => ({
    label: plain(label),
    quantity: 'condensation',
    at: {},
    y,
    style: { colour: { kind: 'neutral' }, dash: 2, weight: 'thin', muted: true, markers: false },
  }));
}
