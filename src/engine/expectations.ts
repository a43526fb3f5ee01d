/**
 * Verdicts on what a spec expects (docs/language.md, "What is measured, drawn and expected"). An expectation is a list of comparisons, one
 * for every value that its left side leaves free. Confidence bands decide for sampled values; they hold together (Bonferroni over all
 * sampled values of the expectation), so that the verdict as a whole has the confidence asked for.
 */
import { normalQuantile, studentHalfWidth } from '../solver/statistics.js';
import type { AtEntry, Expectation, Experiment, Operand, QuantityOperand } from '../spec/experiment.js';
import { atMost, type Band, both, order, within } from './bands.js';
import { type Cell, cellsOf, type Measured, matches, measured, nothing, numberOf, same, short } from './measured.js';
import type { ExpectationOutcome, RunOutcome, Verdict } from './results.js';

/** Runs and the quantity of which more samples would help an undecided expectation. */
export interface WantedSamples {
  readonly runs: readonly number[];
  readonly key: string;
}

interface Comparison {
  readonly left: Measured;
  readonly right: readonly Measured[];
  readonly decide: (left: Band, right: readonly Band[]) => Verdict;
  /** Reads after the left value: "is 0.07, not below 0.063". */
  readonly wanted: (right: readonly string[]) => string;
}

const confidenceDefault = 0.95;
const overLengths = /^(\S+ \* )?fitted rate of /;
const finiteOnly = /^rate of |\.(certified|asymptote|paper)$/;

export function judge(experiment: Experiment, runs: readonly RunOutcome[]): { outcomes: ExpectationOutcome[]; wanted: WantedSamples[] } {
  const cells = cellsOf(experiment);
  const wanted: WantedSamples[] = [];
  const outcomes = experiment.expectations.map((expectation): ExpectationOutcome => {
    const comparisons = comparisonsOf(expectation, experiment, cells, runs);
    const judged = judgeComparisons(comparisons, experiment);
    wanted.push(...judged.wanted);
    return { expectation, verdict: judged.verdict, detail: judged.detail };
  });
  return { outcomes, wanted };
}

type SweepEntry = Extract<AtEntry, { kind: 'sweep' }>;

function comparisonsOf(
  expectation: Expectation,
  experiment: Experiment,
  cells: readonly Cell[],
  runs: readonly RunOutcome[],
): Comparison[] {
  const { left, relation } = expectation;
  const chosen = cells.filter((cell) => matches(cell, left.at));
  const measure = (operand: Operand, cell: Cell): Measured => {
    if (operand.kind === 'number') return numberOf(operand.perRun[cell.runs[0]!]!);
    const named = new Map(
      operand.at.filter((entry): entry is SweepEntry => entry.kind === 'sweep').map((entry) => [entry.name, entry.value]),
    );
    const other = cells.find((candidate) =>
      experiment.sweeps.every((sweep) => same(candidate.at[sweep.name]!, named.get(sweep.name) ?? cell.at[sweep.name]!)),
    );
    return other === undefined ? nothing(operand, 'No run has these sweep values.') : measured(operand, other, runs);
  };
  switch (relation.kind) {
    case 'below':
    case 'above':
      return chosen.map((cell) => ({
        left: measure(left, cell),
        right: [measure(relation.right, cell)],
        decide: relation.kind === 'below' ? (l, [r]) => order(l, r!) : (l, [r]) => order(r!, l),
        wanted: ([r]) => `${relation.kind} ${r}`,
      }));
    case 'between':
      return chosen.map((cell) => ({
        left: measure(left, cell),
        right: [measure(relation.low, cell), measure(relation.high, cell)],
        decide: (l, [low, high]) => both(atMost(low!, l), atMost(l, high!)),
        wanted: ([low, high]) => `between ${low} and ${high}`,
      }));
    case 'within':
      return chosen.map((cell) => ({
        left: measure(left, cell),
        right: [measure(relation.right, cell)],
        decide: (l, [r]) => within(l, r!, relation.fraction),
        wanted: ([r]) => `within ${short(100 * relation.fraction)}% of ${r}`,
      }));
    case 'decreasing':
    case 'increasing': {
      const pairs =
        relation.axis === 'time' || relation.axis === 'step'
          ? chosen.flatMap((cell) => alongTrajectory(left, relation.axis as 'time' | 'step', cell, runs))
          : alongSweep(relation.axis, chosen).map(([a, b]) => [measure(left, a), measure(left, b)] as const);
      return pairs.map(([before, after]) => ({
        left: after,
        right: [before],
        decide: relation.kind === 'decreasing' ? (l, [r]) => order(l, r!) : (l, [r]) => order(r!, l),
        wanted: ([r]) => `${relation.kind === 'decreasing' ? 'below' : 'above'} ${r}`,
      }));
    }
  }
}

/** Neighbours along a sweep, other sweep values equal: by growing number, or as listed where the values are words. */
function alongSweep(name: string, cells: readonly Cell[]): (readonly [Cell, Cell])[] {
  const chains = new Map<string, Cell[]>();
  for (const cell of cells) {
    const rest = Object.entries(cell.at).filter(([other]) => other !== name);
    const key = rest.map(([, value]) => value.text).join('\n');
    const chain = chains.get(key);
    if (chain === undefined) chains.set(key, [cell]);
    else chain.push(cell);
  }
  return [...chains.values()].flatMap((chain) => {
    const value = (cell: Cell) => cell.at[name]?.value ?? Number.NaN;
    const sorted = chain.every((cell) => !Number.isNaN(value(cell))) ? [...chain].sort((a, b) => value(a) - value(b)) : chain;
    return sorted.slice(1).map((cell, i) => [sorted[i]!, cell] as const);
  });
}

function alongTrajectory(
  left: QuantityOperand,
  axis: 'time' | 'step',
  cell: Cell,
  runs: readonly RunOutcome[],
): (readonly [Measured, Measured])[] {
  const first = runs[cell.runs[0]!]!;
  const points = first.status === 'done' ? (first.result.axes[axis] ?? []) : [];
  if (points.length < 2) return [[nothing(left, `There are no two points along ${axis}.`), nothing(left, '')]];
  const at = (value: number): Measured => measured({ ...left, at: [...left.at, { kind: 'axis', axis, value }] }, cell, runs);
  return points.slice(1).map((point, i) => [at(points[i]!), at(point)] as const);
}

function judgeComparisons(
  comparisons: readonly Comparison[],
  experiment: Experiment,
): { verdict: Verdict; detail: string; wanted: WantedSamples[] } {
  if (comparisons.length === 0) return { verdict: 'undecided', detail: 'There is nothing to compare.', wanted: [] };
  // Neither a rate nor a bound says anything at an infinite length: the expectation is about the lengths where they do.
  const isInfinite = (cell: Cell) => cell.runs.every((run) => experiment.runs[run]!.problem.length === Number.POSITIVE_INFINITY);
  const absent = (m: Measured) => m.cell !== null && finiteOnly.test(m.key) && isInfinite(m.cell);
  const present = comparisons.filter(({ left, right }) => ![left, ...right].some(absent));
  const used = distinct(present.length > 0 ? present : comparisons);
  const missing = used.flatMap(({ left, right }) => [left, ...right]).find((m) => m.reason !== null);
  // A fitted rate stands in every run of its group: the same numbers are the same value.
  const sampled = new Set(
    used.flatMap(({ left, right }) =>
      [left, ...right].filter((m) => m.sampled).map((m) => `${m.name}|${m.value}|${m.normal}|${m.student}`),
    ),
  );
  const confidence = experiment.runs[0]?.problem.concentrate?.confidence ?? confidenceDefault;
  const tail = (1 - confidence) / Math.max(1, sampled.size);
  const z = normalQuantile(1 - tail / 2);
  const band = (m: Measured): Band => {
    const half = m.fixed + Math.max(z * m.normal, m.student > 0 ? studentHalfWidth(1 - tail, m.degrees) * m.student : 0);
    return { value: m.value, lower: m.value - half, upper: m.value + half };
  };
  const judged = used
    .filter((comparison) => [comparison.left, ...comparison.right].every((m) => m.reason === null))
    .map((comparison) => ({ comparison, verdict: comparison.decide(band(comparison.left), comparison.right.map(band)) }));
  const sentence = (
    { left, right, wanted }: Comparison,
    link: (right: string) => string,
    side: (right: readonly string[]) => string = wanted,
  ) => {
    const digits = tellingDigits([left, ...right].map((m) => m.value));
    const say = (m: Measured) => describe(m, band(m), digits);
    return `${say(left)}${link(side(right.map(say)))}`;
  };
  const failed = judged.filter(({ verdict }) => verdict === 'fails');
  if (failed.length > 0) {
    const others = failed.length > 1 ? ` ${failed.length} of ${used.length} comparisons fail.` : '';
    return { verdict: 'fails', detail: `${sentence(failed[0]!.comparison, (right) => `, not ${right}`)}.${others}`, wanted: [] };
  }
  if (missing !== undefined) {
    return {
      verdict: 'undecided',
      detail: `${missing.name}${place(missing)} has no value: ${missing.reason!.replace(/\.$/, '')}.`,
      wanted: [],
    };
  }
  const open = judged.filter(({ verdict }) => verdict === 'undecided');
  if (open.length > 0) {
    const first = open[0]!.comparison;
    const sides = open.flatMap(({ comparison }) => [comparison.left, ...comparison.right]).filter((m) => m.sampled);
    const why =
      sides.length > 0
        ? `The confidence bands do not decide whether ${sentence(first, (right) => ` is ${right}`)}`
        : `${sentence(
            first,
            (right) => ` is too close to ${right} for the accuracy of the solution`,
            (right) => right.join(' and '),
          )}`;
    const others = open.length > 1 ? ` ${open.length} of ${used.length} comparisons are undecided.` : '';
    const more = new Map<string, Set<number>>();
    for (const side of sides) {
      if (side.samples === 0) continue;
      const runs = more.get(side.key) ?? new Set();
      for (const run of side.cell?.runs ?? []) runs.add(run);
      more.set(side.key, runs);
    }
    return {
      verdict: 'undecided',
      detail: `${capital(why)}.${others}`,
      wanted: [...more].map(([key, runs]) => ({ key, runs: [...runs] })),
    };
  }
  // The comparison that came closest speaks for the others.
  const all =
    used.length > 1
      ? ` ${used.length === 2 ? 'Both' : `All ${used.length}`} comparisons hold; this one is the ${used.length === 2 ? 'closer' : 'closest'}.`
      : '';
  const nearest = closest(judged.map(({ comparison }) => comparison));
  return { verdict: 'holds', detail: `${sentence(nearest, (right) => `, ${right}`)}.${all}`, wanted: [] };
}

/** A fitted rate is one number for all lengths: the same comparison is made once. */
function distinct(comparisons: readonly Comparison[]): readonly Comparison[] {
  const seen = new Set<string>();
  return comparisons.filter(({ left, right }) => {
    if (![left, ...right].every((m) => m.cell === null || overLengths.test(m.name))) return true;
    const key = [left, ...right].map((m) => `${m.name}${place(m)} ${m.value}`).join('|');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function closest(comparisons: readonly Comparison[]): Comparison {
  const distance = ({ left, right }: Comparison) =>
    Math.min(...right.map((r) => Math.abs(left.value - r.value) / Math.max(Math.abs(left.value), Math.abs(r.value), Number.MIN_VALUE)));
  return comparisons.reduce((best, comparison) => (distance(comparison) < distance(best) ? comparison : best));
}

function place(m: Measured): string {
  const named = Object.entries(m.cell?.at ?? {}).filter(([name]) => !(overLengths.test(m.name) && m.cell!.lengths.has(name)));
  const parts = named.map(([name, value]) => `${name} = ${value.text}`);
  if (m.point !== '') parts.push(m.point);
  return parts.length === 0 ? '' : ` at [${parts.join(', ')}]`;
}

function describe(m: Measured, band: Band, digits: number): string {
  if (m.cell === null) return short(m.value, digits);
  const range = m.sampled ? ` (${short(band.lower, digits)} to ${short(band.upper, digits)})` : '';
  return `${m.name}${place(m)} = ${short(m.value, digits)}${range}`;
}

/** Five significant digits, or as many as it takes to tell values apart that differ. */
function tellingDigits(values: readonly number[]): number {
  const different = new Set(values).size;
  let digits = 5;
  while (digits < 15 && new Set(values.map((value) => value.toPrecision(digits))).size < different) digits++;
  return digits;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
