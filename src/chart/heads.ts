/** Quantities with a value for each head: one line each, those of positive heads apart from those of negative ones. */
import type { RunOutcome } from '../engine/results.js';
import { type QuantityRef, quantityKey } from '../spec/experiment.js';
import { type Curve, resultOf } from './collect.js';
import type { ColourRole } from './types.js';

export type Sign = 'positive' | 'negative';

export const signColours = {
  positive: { kind: 'category', index: 0 },
  negative: { kind: 'category', index: 1 },
} as const satisfies Record<Sign, ColourRole>;

/** Keys of the values of all heads, by their numbers; none for a quantity with one value. */
export function headKeys(quantity: QuantityRef, runs: readonly RunOutcome[]): string[] {
  const stem = `${quantityKey(quantity)}[`;
  const keys = new Set(runs.flatMap((run) => Object.keys(resultOf(run)?.quantities ?? {}).filter((key) => key.startsWith(stem))));
  return [...keys].sort((a, b) => numberOf(a) - numberOf(b));
}

export function headName(key: string): string {
  return `head ${numberOf(key)}`;
}

function numberOf(key: string): number {
  return Number(/\[(\d+)\]$/.exec(key)?.[1] ?? 0);
}

/** By where a head ends. */
export function signOf({ y }: Curve): Sign {
  return (y.findLast((value) => value !== null) ?? 0) < 0 ? 'negative' : 'positive';
}
