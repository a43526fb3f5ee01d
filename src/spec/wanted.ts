/** What measures, plots and expectations of an experiment ask every run for. */
import type { Facet, Problem, QuantityName } from '../solver/problem.js';

export interface Wanted {
  readonly quantities: ReadonlySet<QuantityName>;
  readonly facets: ReadonlySet<Facet>;
  readonly trust: NonNullable<Problem['trust']>;
  /** A `measure` statement is there, so that nothing is measured by default. */
  readonly hasMeasure: boolean;
  /** Times and steps named by expectations, in increasing order. */
  readonly times: readonly number[];
  readonly steps: readonly number[];
}
