import type { Series } from '../solver/result.js';
import type { Experiment, QuantityRef } from '../spec/experiment.js';
import { type LengthGroup, undefinedSeries } from './derive.js';

export function paperSeries(_experiment: Experiment, quantity: QuantityRef, group: LengthGroup): Series[] {
  return group.runs.map(() => undefinedSeries(`The paper's form of ${quantity.name} was not fitted.`));
}
