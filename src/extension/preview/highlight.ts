/** From a place in the text to the curves it is about. Knows no editor. */
import type { ExperimentOutline } from '../../protocol/language.js';
import type { At } from '../../protocol/messages.js';

/** The sweep value at a place of the experiment that is shown; null where there is none. */
export function highlightAt(outline: readonly ExperimentOutline[], experiment: string | null, offset: number): At | null {
  const shown = outline.find(({ title }) => title === experiment);
  for (const sweep of shown?.sweeps ?? []) {
    const here = sweep.values.filter(({ start, end }) => start <= offset && offset <= end);
    // Values made by one call share its place, and none of them is meant.
    if (here.length === 1) return { [sweep.name]: here[0]!.text };
  }
  return null;
}
