import { rangeOfProperty } from '../checks/context.js';
import { type Block, type Experiment, isBlock, isExpect, isSweep, type Sweep } from '../generated/ast.js';
import { rangeOf } from '../index.js';
import type { Span, SpecDocument } from './document.js';
import type { PlacedValue } from './evaluator.js';

export interface SweepPlace extends Span {
  readonly name: string;
  readonly line: number;
  readonly values: readonly PlacedValue[];
  readonly hint: number;
}

export interface BlockPlace extends Span {
  readonly kind: string;
  readonly line: number;
  readonly hint: number;
}

export interface ExpectationPlace extends Span {
  readonly text: string;
  readonly line: number;
}

export interface ExperimentOutline extends Span {
  readonly title: string;
  readonly line: number;
  readonly titleSpan: Span;
  readonly sweeps: readonly SweepPlace[];
  readonly runs: number | null;
  readonly blocks: readonly BlockPlace[];
  readonly expectations: readonly ExpectationPlace[];
}

/** Where lenses, live results and verdicts belong, experiment by experiment. Statements with a mistake are left out. */
export function outline(document: SpecDocument): ExperimentOutline[] {
  return document
    .experiments()
    .filter((experiment) => experiment.$cstNode !== undefined)
    .map((experiment, i) => outlineOf(document, experiment, countsRuns(document, experiment, i)));
}

/** False when a sweep or `repeat` may be missing from the tree. */
function countsRuns({ parsed }: SpecDocument, experiment: Experiment, index: number): boolean {
  const { start, end } = rangeOf(experiment);
  const { names, ranges } = parsed.damage;
  const isRepeat = (range: Span): boolean => /^repeat\b/.test(parsed.text.slice(range.start, range.end));
  return !names.has(index) && !ranges.some((range) => range.start >= start && range.end <= end && isRepeat(range));
}

function outlineOf(document: SpecDocument, experiment: Experiment, counts: boolean): ExperimentOutline {
  const span = document.clip(rangeOf(experiment));
  return {
    ...span,
    title: experiment.title,
    line: document.lineAt(span.start),
    titleSpan: document.clip(rangeOfProperty(experiment, 'title')),
    sweeps: experiment.members.filter(isSweep).map((sweep) => sweepPlace(document, sweep)),
    runs: counts ? document.evaluator.runs(experiment) : null,
    blocks: experiment.members
      .filter(isBlock)
      .filter((block) => block.kind === 'train' || block.kind === 'concentrate')
      .map((block) => blockPlace(document, block)),
    expectations: experiment.members.filter(isExpect).map((expect) => {
      const place = rangeOf(expect);
      return { ...place, text: expectationText(document.text.slice(place.start, place.end)), line: document.lineAt(place.start) };
    }),
  };
}

function sweepPlace(document: SpecDocument, sweep: Sweep): SweepPlace {
  const span = rangeOf(sweep);
  return {
    ...span,
    name: sweep.name,
    line: document.lineAt(span.start),
    values: document.evaluator.sweepValues(sweep),
    hint: span.end,
  };
}

function blockPlace(document: SpecDocument, block: Block): BlockPlace {
  const span = rangeOf(block);
  const line = document.lineAt(span.start);
  const brace = document.text.indexOf('{', rangeOfProperty(block, block.variant === undefined ? 'kind' : 'variant').end) + 1;
  return { ...span, kind: block.kind, line, hint: document.lineAt(span.end) === line ? span.end : brace };
}

/** As results name an expectation. */
const expectationText = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^expect /, '');
