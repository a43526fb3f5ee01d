/** A few words on a result, for a place beside the block that made it. */
import * as l10n from '@vscode/l10n';
import { short } from '../../engine/expectations.js';
import type { ExperimentResult } from '../../engine/results.js';
import type { ResultNote } from '../../protocol/solver.js';
import type { RunResult } from '../../solver/result.js';
import type { Experiment } from '../../spec/experiment.js';

const digits = 3;
const mostDetails = 12;

interface Named {
  readonly name: string;
  readonly result: RunResult;
}

export function resultNotes(result: ExperimentResult): ResultNote[] {
  const done = result.runs.flatMap((run, i): Named[] =>
    run.status === 'done' ? [{ name: runName(result.experiment, i), result: run.result }] : [],
  );
  if (done.length === 0) return [];
  return [trainNote(done), concentrateNote(done)].filter((note) => note !== null);
}

/** `L = 10, softmax`: the value alone where it is a word. */
export function runName(experiment: Experiment, run: number): string {
  const spec = experiment.runs[run]!;
  const at = Object.entries(spec.at).map(([name, value]) => (value.value === null ? value.text : `${name} = ${value.text}`));
  return [...at, ...(experiment.repeats > 1 ? [`repeat ${spec.repeat}`] : [])].join(', ');
}

/** The risk where the training ends. */
function trainNote(done: readonly Named[]): ResultNote | null {
  const ends = done.flatMap(({ name, result }) => {
    const series = result.quantities.risk ?? result.quantities.training_loss;
    return series === undefined || series.against === null ? [] : [{ name, value: series.value.at(-1) ?? Number.NaN }];
  });
  return ends.length === 0 ? null : note('train', l10n.t('final risk'), ends);
}

/** The exponent that was fitted over the lengths, else the error at the last length. */
function concentrateNote(done: readonly Named[]): ResultNote | null {
  for (const [prefix, label] of [
    ['fitted rate of ', 'fitted rate'],
    ['', ''],
  ] as const) {
    for (const name of ['output_error', 'value_gradient_error', 'key_query_gradient_error']) {
      const values = done.flatMap((run) => {
        const series = run.result.quantities[`${prefix}${name}`];
        return series === undefined ? [] : [{ name: run.name, value: series.value.at(-1) ?? Number.NaN }];
      });
      const distinct = values.filter(({ value }) => Number.isFinite(value));
      if (distinct.length > 0)
        return note('concentrate', label === '' ? name.replaceAll('_', ' ') : l10n.t('fitted rate of {0}', name), distinct);
    }
  }
  return null;
}

function note(block: string, label: string, values: readonly { readonly name: string; readonly value: number }[]): ResultNote {
  const finite = values.map(({ value }) => value).filter(Number.isFinite);
  const low = short(Math.min(...finite), digits);
  const high = short(Math.max(...finite), digits);
  const text = finite.length === 0 ? l10n.t('undefined') : low === high ? low : `${low} … ${high}`;
  const details = values.slice(0, mostDetails).map(({ name, value }) => `${name === '' ? label : name}: ${short(value, 5)}`);
  if (values.length > mostDetails) details.push(l10n.t('… {0} more', values.length - mostDetails));
  return { block, text: `${label} ${text}`, details };
}
