/** What the editor is told of a version: its plan, its mistakes, and where things stand. */
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Diagnostic } from '../../language/diagnostic.js';
import { mistakesOf } from '../../language/features/mistakes.js';
import { outline } from '../../language/features/outline.js';
import { type DiagnosticNote, type PlanParams, packed } from '../../protocol/language.js';
import type { StaleNote } from '../../protocol/messages.js';
import type { Lowered } from './specs.js';

/** Experiments with an error, or that use a let with one, are left out of the plan and say which error that is. */
export function told(
  { document, diagnostics, plan }: Lowered,
  { source }: { readonly source: TextDocument },
): Pick<PlanParams, 'plan' | 'diagnostics' | 'outline'> {
  const note = ({ code, severity, message, start, end }: Diagnostic): DiagnosticNote => {
    return { code, severity, message, start, end, line: source.positionAt(start).line + 1 };
  };
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const mistakes = errors.length === 0 ? [] : mistakesOf(document, errors);
  const elsewhere = errors.filter((error) => !mistakes.some((own) => own.includes(error)));
  const planned = new Map(plan.experiments.map((experiment) => [experiment.range.start, experiment]));
  const places = outline(document).map((place, i) => {
    const own = mistakes[i] ?? [];
    const isPlanned = planned.has(place.start);
    if (errors.length === 0 || (own.length === 0 && isPlanned)) return { ...place, stale: null };
    // What was lost with a part that could not be made out is missing because of that part.
    return { ...place, stale: staleNote([own, elsewhere, errors].find((list) => list.length > 0)!.map(note)) };
  });
  const live = places.flatMap(({ start, stale }) => (stale === null ? (planned.get(start) ?? []) : []));
  return {
    plan: packed(errors.length > 0 && live.length === 0 ? null : { ...plan, experiments: live }),
    diagnostics: diagnostics.map(note),
    outline: places,
  };
}

function staleNote(errors: readonly DiagnosticNote[]): StaleNote {
  const { message, code, line } = errors[0]!;
  return { message, code, line, errors: errors.length };
}
