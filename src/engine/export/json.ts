/** The results as one JSON document; docs/result.schema.json is its contract. */

import type { RunResult, Series } from '../../solver/result.js';
import type { RunSpec, SweepValue } from '../../spec/experiment.js';
import type { RunOutcome } from '../results.js';
import { type Finished, provenanceOf } from './source.js';

type JsonNumber = number | 'inf' | '-inf' | null;

function number(value: number): JsonNumber {
  if (Number.isNaN(value)) return null;
  if (Number.isFinite(value)) return value;
  return value > 0 ? 'inf' : '-inf';
}

function sweepValue({ text, value }: SweepValue): number | string {
  return value !== null && Number.isFinite(value) ? value : text;
}

/** Name of the quantity an entry is about and of the field it fills: `rate of output_error` is `rate` of `output_error`. */
interface Place {
  readonly quantity: string;
  readonly field: string;
  readonly threshold: number | null;
}

export function placeOf(key: string): Place {
  const trust = /^trust_length of (\S+) to (.+)$/.exec(key);
  if (trust !== null) return { quantity: trust[1]!, field: 'trust_length', threshold: Number(trust[2]) };
  const rate = /^(fitted )?rate of (\S+)$/.exec(key);
  if (rate !== null) return { quantity: rate[2]!, field: rate[1] === undefined ? 'rate' : 'fitted_rate', threshold: null };
  const facet = /^(\w+)\.(\w+)$/.exec(key);
  return facet === null ? { quantity: key, field: 'value', threshold: null } : { quantity: facet[1]!, field: facet[2]!, threshold: null };
}

function fill(target: Record<string, unknown>, reasons: Record<string, string>, key: string, series: Series): void {
  const { field, threshold } = placeOf(key);
  const single = series.against === null;
  const values = (of: readonly number[]) => (single ? number(of[0] ?? Number.NaN) : of.map(number));
  if (field === 'trust_length') {
    target.trust_length = [...((target.trust_length as object[] | undefined) ?? []), { below: threshold, value: values(series.value) }];
  } else {
    target[field] = values(series.value);
    const prefix = field === 'value' ? '' : `${field}_`;
    if (series.lower !== undefined && series.upper !== undefined) {
      target[`${prefix}lower`] = values(series.lower);
      target[`${prefix}upper`] = values(series.upper);
    }
    if (field === 'value') {
      if (series.against !== null) target.against = series.against;
      target.method = series.method;
      if (series.samples !== undefined) target.samples = series.samples;
      if (series.carriers !== undefined) target.carriers = series.carriers;
      if (series.error !== undefined && Number.isFinite(series.error)) target.error = series.error;
    } else if (series.against !== null) target.against ??= series.against;
    if (series.fit !== undefined) {
      const { c1, c2, sigma2 } = series.fit;
      target.paper_constants = { c1: values(c1), c2: values(c2), sigma2 };
    }
  }
  const shown = single ? series.value.slice(0, 1) : series.value;
  if (shown.length === 0 || shown.some(Number.isNaN)) reasons[field] = series.reason ?? 'The value does not exist here.';
}

function quantities(found: RunResult): object {
  const result: Record<string, Record<string, unknown>> = {};
  const reasons: Record<string, Record<string, string>> = {};
  for (const [key, series] of Object.entries(found.quantities)) {
    const { quantity } = placeOf(key);
    result[quantity] ??= {};
    reasons[quantity] ??= {};
    fill(result[quantity], reasons[quantity], key, series);
  }
  for (const [quantity, fields] of Object.entries(reasons)) {
    const entries = Object.entries(fields);
    // One reason is a sentence; several are named by their fields.
    if (entries.length === 1) result[quantity]!.reason = entries[0]![1];
    else if (entries.length > 1) result[quantity]!.reason = entries.map(([field, reason]) => `${field}: ${reason}`).join(' ');
  }
  return result;
}

function shown(found: RunResult): object {
  const axes = Object.fromEntries(Object.entries(found.axes).map(([axis, values]) => [axis, values.map(number)]));
  return { method: found.method, axes, quantities: quantities(found) };
}

function run(spec: RunSpec, outcome: RunOutcome, repeated: boolean): object {
  const at = Object.fromEntries(Object.entries(spec.at).map(([name, value]) => [name, sweepValue(value)]));
  const head = { at, ...(repeated ? { repeat: spec.repeat } : {}), hash: spec.hash };
  if (outcome.status === 'failed') {
    const { code, message, setting, line } = outcome.failure;
    const { partial } = outcome;
    const found = partial === undefined ? { method: null, axes: {}, quantities: {} } : shown(partial);
    return { ...head, ...found, failure: { code, message, setting, line } };
  }
  if (outcome.status !== 'done') {
    return {
      ...head,
      method: null,
      axes: {},
      quantities: {},
      failure: { code: 'cancelled', message: 'The run was not finished.', setting: null, line: null },
    };
  }
  const { notes, warnings = [] } = outcome.result;
  return {
    ...head,
    ...shown(outcome.result),
    ...(notes.length === 0 ? {} : { notes }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

function experiment({ file, result }: Finished, version: string): object {
  const { experiment: spec, runs, expectations } = result;
  const { seed, tolerance } = provenanceOf(result, version);
  return {
    title: spec.title,
    file,
    hash: spec.hash,
    seed,
    tolerance: tolerance === '' ? null : tolerance,
    runs: runs.map((outcome, i) => run(spec.runs[i]!, outcome, spec.repeats > 1)),
    expectations: expectations.map(({ expectation, verdict, detail }) => ({
      line: expectation.range.line,
      text: expectation.text,
      verdict,
      holds: verdict === 'holds',
      detail,
    })),
  };
}

export function jsonDocument(experiments: readonly Finished[], version: string): object {
  return { version, experiments: experiments.map((finished) => experiment(finished, version)) };
}

export function jsonText(experiments: readonly Finished[], version: string): string {
  return `${JSON.stringify(jsonDocument(experiments, version))}\n`;
}
