/** What of a chart its axes can show: a model has every value, and a log axis leaves out those that are not above 0. */
import { showable } from './axis.js';
import { standsFor } from './legend-keys.js';
import { describe, leftOutNotes } from './notes.js';
import { plainText } from './text.js';
import type { Axis, ChartModel, LegendEntry, LegendGroup, Panel, Series } from './types.js';

export interface Scales {
  readonly x: Axis['scale'];
  readonly y: Axis['scale'];
}

/**
 * The chart with null for what axes of these scales (default: its own) cannot show, without lines of which nothing is left and their entries in the
 * legend; its notes say so. The same model when all of it can be shown.
 */
export function onScales(model: ChartModel, scales: Scales = { x: model.x.scale, y: model.y.scale }): ChartModel {
  const lost: string[] = [];
  let leftOut = 0;
  const panels = model.panels.map((panel): Panel => {
    const series = panel.series.flatMap((whole) => {
      const { shown, missing } = seriesOn(whole, scales);
      const main = whole.role === 'value' || whole.role === 'overlay';
      if (main && missing > 0 && shown === null) lost.push(plainText(whole.label));
      else if (main) leftOut += missing;
      return shown ?? [];
    });
    return series.length === panel.series.length && series.every((one, i) => one === panel.series[i]) ? panel : { ...panel, series };
  });
  if (panels.every((panel, i) => panel === model.panels[i])) return model;
  const drawn = panels.flatMap(({ series, references }) => [...series, ...references]);
  const legend = model.legend.flatMap((group) => groupOf(group, (entry) => drawn.some((line) => standsFor(entry.lines, line))));
  const infinity = panels.some(({ series }) => series.some(({ atInfinity }) => atInfinity !== null));
  const notes = [...model.notes, ...leftOutNotes(lost, leftOut)];
  const shown = { ...model, panels, legend, notes, x: { ...model.x, infinity } };
  return { ...shown, description: describe(shown) };
}

/** Null when nothing of it is left. */
function seriesOn(series: Series, scales: Scales): { readonly shown: Series | null; readonly missing: number } {
  let missing = 0;
  const y = series.y.map((value, i) => {
    if (value === null || (showable(series.x[i]!, scales.x) && showable(value, scales.y))) return value;
    missing++;
    return null;
  });
  const end = series.atInfinity;
  const endShown = end !== null && showable(end.y, scales.y);
  if (end !== null && !endShown) missing++;
  if (missing === 0) return { shown: series, missing };
  if (!endShown && y.every((value) => value === null)) return { shown: null, missing };
  const where = (list: Series['lower']): Series['lower'] => list?.map((value, i) => (y[i] === null ? null : value)) ?? null;
  const shown = { ...series, y, lower: where(series.lower), upper: where(series.upper), atInfinity: endShown ? end : null };
  return { shown, missing };
}

/** None when none of its entries is left. */
function groupOf(group: LegendGroup, kept: (entry: LegendEntry) => boolean): LegendGroup[] {
  const all = group.all.filter(kept);
  if (all.length === 0) return [];
  if (group.kind === 'ramp') return [{ ...group, all, limit: group.limit !== null && kept(group.limit) ? group.limit : null }];
  const entries = group.entries.filter(kept);
  return [{ ...group, all, entries, omitted: all.length - entries.length }];
}
