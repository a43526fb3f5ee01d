/** A few words on a result, for a place beside the block that made it. */
import * as l10n from '@vscode/l10n';
import { derive } from '../../engine/derive.js';
import { short } from '../../engine/measured.js';
import type { ExperimentResult, RunOutcome } from '../../engine/results.js';
import type { ResultNote } from '../../protocol/solver.js';
import type { RunResult } from '../../solver/result.js';
import type { Experiment, QuantityRef } from '../../spec/experiment.js';

const digits = 3;
const mostDetails = 12;

interface Named {
  readonly name: string;
  readonly result: RunResult;
}

interface Valued {
  readonly name: string;
  readonly value: number;
}

export function resultNotes(result: ExperimentResult): ResultNote[] {
  const done = withRates(result).flatMap((run, i): Named[] =>
    run.status === 'done' ? [{ name: runName(result.experiment, i), result: run.result }] : [],
  );
  if (done.length === 0) return [];
  return [trainNote(done), concentrateNote(result.experiment, done)].filter((note) => note !== null);
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

/** The exponent fitted over the lengths where there are several, else the errors; behind it the lengths from which an error is small enough. */
function concentrateNote(experiment: Experiment, done: readonly Named[]): ResultNote | null {
  const valuesOf = (key: string): Valued[] =>
    done.flatMap(({ name, result }) => {
      const value = result.quantities[key]?.value.at(-1) ?? Number.NaN;
      return Number.isFinite(value) ? [{ name, value }] : [];
    });
  const errors = (experiment.runs[0]?.problem.concentrate?.of ?? []).map((of) => `${of}_error` as const);
  const trusts = [
    ...new Set(done.flatMap(({ result }) => Object.keys(result.quantities).filter((key) => key.startsWith('trust_length of ')))),
  ];
  const notes = [
    ...errors.map((name) => [l10n.t('fitted rate of {0}', name), valuesOf(`fitted rate of ${name}`)] as const),
    ...errors.map((name) => [name.replaceAll('_', ' '), valuesOf(name)] as const),
  ];
  const [main] = notes.filter(([, values]) => values.length > 0);
  const made = [...(main === undefined ? [] : [main]), ...trusts.map((key) => [key, valuesOf(key)] as const)]
    .filter(([, values]) => values.length > 0)
    .map(([label, values]) => note('concentrate', label, values));
  if (made.length === 0) return null;
  return { block: 'concentrate', text: made.map(({ text }) => text).join('; '), details: made.flatMap(({ details }) => details) };
}

/** The results with the fitted rates of the errors, asked for or not, where the lengths allow a fit. */
function withRates({ experiment, runs }: ExperimentResult): readonly RunOutcome[] {
  const lengths = experiment.sweeps.find(({ isLength }) => isLength)?.values.filter(({ value }) => Number.isFinite(value)) ?? [];
  const of = experiment.runs[0]?.problem.concentrate?.of ?? [];
  if (lengths.length < 2 || of.length === 0) return runs;
  const rates = of.map((error): QuantityRef => ({ name: `${error}_error`, facet: null, form: 'fitted_rate', threshold: null }));
  return derive({ ...experiment, measures: [...experiment.measures, ...rates] }, runs);
}

function note(block: string, label: string, values: readonly Valued[]): ResultNote {
  const finite = values.map(({ value }) => value).filter(Number.isFinite);
  const low = short(Math.min(...finite), digits);
  const high = short(Math.max(...finite), digits);
  const text = finite.length === 0 ? l10n.t('undefined') : low === high ? low : `${low} … ${high}`;
  const details = values.slice(0, mostDetails).map(({ name, value }) => `${name === '' ? label : name}: ${short(value, 5)}`);
  if (values.length > mostDetails) details.push(l10n.t('… {0} more', values.length - mostDetails));
  return { block, text: `${label} ${text}`, details };
}
