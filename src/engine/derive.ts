/**
 * What only the whole sweep can tell: rates over the prompt length where a run alone does not give them, fitted rates, the paper's form. Derived values go beside the runs' own, under `quantityKey`.
 */
import type { RunResult, Series } from '../solver/result.js';
import { type Sentence, say } from '../solver/sentences.js';
import { fitLine } from '../solver/statistics.js';
import { type Experiment, type QuantityRef, quantityKey } from '../spec/experiment.js';
import { paperNote, paperSeries } from './paper.js';
import type { RunOutcome } from './results.js';
import { groupOf } from './schedule.js';

/** Half width of the 95 % band in standard errors. */
const z95 = 1.959963984540054;

/** Runs that differ in length alone, by growing length. */
export interface LengthGroup {
  readonly lengths: readonly number[];
  readonly results: readonly RunResult[];
  /** Indices of the runs. */
  readonly runs: readonly number[];
}

/** Every quantity that is measured, drawn or expected, once each. */
export function wantedQuantities(experiment: Experiment): QuantityRef[] {
  const wanted = new Map<string, QuantityRef>();
  const add = (quantity: QuantityRef) => {
    wanted.set(quantityKey(quantity), quantity);
  };
  experiment.measures.forEach(add);
  for (const plot of experiment.plots) plot.quantities.forEach(add);
  for (const { left, relation } of experiment.expectations) {
    add(left.quantity);
    const operands = 'right' in relation ? [relation.right] : 'low' in relation ? [relation.low, relation.high] : [];
    for (const operand of operands) if (operand.kind === 'quantity') add(operand.quantity);
  }
  return [...wanted.values()];
}

/** The paper's form and the local rate of every error whose runs were asked for these facets, beside what the spec names. */
function facetsOfRuns(experiment: Experiment): QuantityRef[] {
  const problem = experiment.runs[0]?.problem;
  if (problem === undefined || problem.concentrate === null || experiment.sweeps.every((sweep) => !sweep.isLength)) return [];
  const asked: QuantityRef[] = [];
  for (const of of problem.concentrate.of) {
    const name = `${of}_error` as const;
    if (problem.facets.includes('paper')) asked.push({ name, facet: 'paper', form: 'value', threshold: null });
    if (problem.facets.includes('rate')) asked.push({ name, facet: null, form: 'rate', threshold: null });
  }
  return asked;
}

/** The same outcomes with the derived quantities added to the runs that are done. */
export function derive(experiment: Experiment, outcomes: readonly RunOutcome[]): RunOutcome[] {
  const groups = lengthGroups(experiment, outcomes);
  const added: Record<string, Series>[] = outcomes.map(() => ({}));
  const notes: Set<Sentence>[] = outcomes.map(() => new Set());
  const wanted = wantedQuantities(experiment);
  for (const quantity of [...wanted, ...facetsOfRuns(experiment)]) {
    if (quantity.form === 'value' && quantity.facet !== 'paper') continue;
    const key = quantityKey(quantity);
    for (const group of groups) {
      if (group.results.every((result) => result.quantities[key] !== undefined)) continue;
      const series = derivedSeries(quantity, group);
      group.runs.forEach((run, i) => {
        if (group.results[i]!.quantities[key] === undefined) added[run]![key] = series[i]!;
        // What a chart draws of itself is told in the data alone.
        const note = quantity.facet === 'paper' && wanted.includes(quantity) ? paperNote(quantity, series[i]!) : null;
        if (note !== null) notes[run]!.add(note);
      });
    }
  }
  for (const group of groups) {
    const last = group.lengths.findLastIndex(Number.isFinite);
    if (last >= 0) for (const note of carrierNotes(group.results[last]!, group.lengths[last]!)) notes[group.runs[last]!]!.add(note);
  }
  return outcomes.map((outcome, run) => {
    if (outcome.status !== 'done' || (Object.keys(added[run]!).length === 0 && notes[run]!.size === 0)) return outcome;
    const { result } = outcome;
    return {
      ...outcome,
      result: { ...result, quantities: { ...result.quantities, ...added[run] }, notes: [...new Set([...result.notes, ...notes[run]!])] },
    };
  });
}

/** Which queries carry half of an error, where rare ones govern: told at the longest prompts, where they are rarest. */
function carrierNotes({ quantities }: RunResult, length: number): Sentence[] {
  return Object.entries(quantities).flatMap(([key, { carriers }]) => {
    if (carriers === undefined) return [];
    const [percent, tau2] = [100 * carriers.probability, carriers.tau2].map((x) => Number(x.toPrecision(2)));
    return [
      say(
        'At L = {0} half of the mean {1} comes from queries whose scores have a variance above {2}: {3} % of all queries.',
        length,
        key.replaceAll('_', ' '),
        tau2!,
        percent!,
      ),
    ];
  });
}

function lengthGroups(experiment: Experiment, outcomes: readonly RunOutcome[]): LengthGroup[] {
  const groups = new Map<string, number[]>();
  outcomes.forEach((outcome, run) => {
    if (outcome.status !== 'done') return;
    const name = groupOf(experiment, run, '');
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [run]);
    else members.push(run);
  });
  const lengthOf = (run: number) => experiment.runs[run]!.problem.length;
  return [...groups.values()].map((members) => {
    const runs = members.sort((a, b) => (lengthOf(a) === lengthOf(b) ? a - b : lengthOf(a) - lengthOf(b)));
    const results = runs.map((run) => (outcomes[run] as Extract<RunOutcome, { status: 'done' }>).result);
    return { lengths: runs.map(lengthOf), results, runs };
  });
}

function derivedSeries(quantity: QuantityRef, group: LengthGroup): Series[] {
  const base: QuantityRef = { ...quantity, form: 'value', threshold: null };
  const values = group.results.map((result) => result.quantities[quantityKey(base)]);
  switch (quantity.form) {
    case 'value':
      return paperSeries(quantity, group);
    case 'rate':
      return alongLengths(group, values, quantityKey(base), localRates);
    case 'fitted_rate':
      return alongLengths(group, values, quantityKey(base), fittedRates);
    case 'trust_length':
      return group.runs.map(() => undefinedSeries('The run did not search for its trust length.'));
  }
}

/** A series that says why it has no value. */
export function undefinedSeries(reason: string): Series {
  return { against: null, value: [Number.NaN], method: 'fitted', reason };
}

/** One point of the curve against L: log L, log Q and the error of log Q. */
interface Point {
  readonly x: number;
  readonly y: number;
  readonly error: number;
}
interface Rate {
  readonly value: number;
  readonly standardError: number;
}
type RatesOf = (points: readonly (Point | null)[]) => (Rate | string)[];

/** Applies a rule to the curve against L at every recorded point of the trajectories, or to the single values. */
function alongLengths(group: LengthGroup, values: readonly (Series | undefined)[], name: string, rule: RatesOf): Series[] {
  const usable = values.filter((series) => series !== undefined);
  if (usable.length === 0) return group.runs.map(() => undefinedSeries(`\`${name}\` was not measured.`));
  const width = usable[0]!.value.length;
  if (usable.some((series) => series.value.length !== width || series.against !== usable[0]!.against)) {
    return group.runs.map(() => undefinedSeries(`The runs do not record \`${name}\` at the same points.`));
  }
  const columns = group.runs.map(() => ({ value: [] as number[], error: [] as number[], reason: '' }));
  for (let k = 0; k < width; k++) {
    const points = values.map((series, i): Point | null => {
      const value = series?.value[k] ?? Number.NaN;
      if (series === undefined || !Number.isFinite(group.lengths[i]!) || !(value > 0 && Number.isFinite(value))) return null;
      return { x: Math.log(group.lengths[i]!), y: Math.log(value), error: (series.standardError?.[k] ?? 0) / value };
    });
    rule(points).forEach((rate, i) => {
      const column = columns[i]!;
      if (typeof rate === 'string') column.reason = rate;
      column.value.push(typeof rate === 'string' ? Number.NaN : rate.value);
      column.error.push(typeof rate === 'string' ? Number.NaN : rate.standardError);
    });
  }
  return columns.map(({ value, error, reason }): Series => {
    const series: Series = { against: usable[0]!.against, value, method: 'fitted', ...(reason === '' ? {} : { reason }) };
    if (!error.some((e) => e > 0)) return series;
    return {
      ...series,
      standardError: error,
      lower: value.map((v, k) => v - z95 * error[k]!),
      upper: value.map((v, k) => v + z95 * error[k]!),
    };
  });
}

/** Slope of log Q in log L from the neighbours: the parabola through three points inside, the chord at both ends. */
function localRates(points: readonly (Point | null)[]): (Rate | string)[] {
  const there = points.flatMap((point, i) => (point === null ? [] : [{ ...point, i }]));
  return points.map((point, i) => {
    if (point === null) return 'A local rate needs a finite length and a positive value.';
    const at = there.findIndex((other) => other.i === i);
    const near = there.slice(Math.max(0, at - 1), at + 2).filter((other) => other.i === i || other.x !== point.x);
    if (near.length < 2) return 'A local rate needs a neighbouring length.';
    // Lagrange weights of the derivative at this point.
    const weights = near.map((a) => {
      const others = near.filter((b) => b !== a);
      if (a.i === i) return others.reduce((sum, b) => sum + 1 / (a.x - b.x), 0);
      const rest = others.filter((b) => b.i !== i);
      return rest.reduce((product, b) => (product * (point.x - b.x)) / (a.x - b.x), 1 / (a.x - point.x));
    });
    const value = near.reduce((sum, a, j) => sum + weights[j]! * a.y, 0);
    return { value, standardError: Math.hypot(...near.map((a, j) => weights[j]! * a.error)) };
  });
}

/** One regression over all finite lengths with a positive value, the same for every run; weighted by the errors when all are sampled. */
function fittedRates(points: readonly (Point | null)[]): (Rate | string)[] {
  const there = points.filter((point) => point !== null);
  const sampled = there.length > 0 && there.every((point) => point.error > 0);
  const line = fitLine(
    there.map((point) => point.x),
    there.map((point) => point.y),
    sampled ? there.map((point) => point.error) : null,
  );
  const rate = line === null ? 'A fitted rate needs positive values at two or more finite lengths.' : line;
  return points.map(() => (typeof rate === 'string' ? rate : { value: rate.slope, standardError: rate.standardError ?? 0 }));
}
