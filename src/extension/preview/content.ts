/** What a preview shows of a study: everything at once for a panel that was loaded, else what has changed. Knows no editor. */
import type { ChartModel, ParametersModel, TableModel } from '../../chart/index.js';
import type { SliderPlace } from '../../protocol/language.js';
import type { PanelContent, PanelTab, RunsState, ToPanel } from '../../protocol/messages.js';
import { patchBetween } from '../../protocol/patch.js';
import type { Study } from '../studies/study.js';

export type Content = PanelContent<ChartModel, TableModel, ParametersModel>;

/** What belongs to one preview and not to its study. */
export interface ViewState {
  readonly file: string;
  readonly selected: string | null;
  /** Where the selected experiment stood, for when its title changes. */
  readonly index: number;
  readonly tab: PanelTab;
  readonly compared: readonly ChartModel[] | null;
  readonly sliders: readonly SliderPlace[];
  readonly locked: boolean;
}

const noRuns: RunsState = { total: 0, done: 0, running: 0, failed: 0, cached: 0, fraction: 0, seconds: 0, steps: null, failures: [] };

/** The experiment that is shown: by its title, else by its place, else the first. */
export function shownIndex(titles: readonly string[], { selected, index }: Pick<ViewState, 'selected' | 'index'>): number {
  const named = selected === null ? -1 : titles.indexOf(selected);
  return named >= 0 ? named : Math.max(0, Math.min(index, titles.length - 1));
}

export function contentOf(study: Study, view: ViewState): Content {
  const experiment = shownIndex(study.titles, view);
  const title = study.titles[experiment];
  const snapshot = title === undefined ? null : study.snapshot(title);
  return {
    identity: { resource: study.uri, locked: view.locked },
    file: view.file,
    experiments: study.outline.map(({ title: name, line }) => ({ title: name, line })),
    experiment,
    charts: snapshot?.charts ?? [],
    replacing: title !== undefined && study.replacing(title),
    previous: view.compared,
    table: snapshot?.table ?? null,
    parameters: snapshot?.parameters ?? null,
    hasParameters: snapshot?.hasParameters ?? false,
    hasPrevious: title !== undefined && study.previous(title) !== null,
    runs: snapshot?.runs ?? noRuns,
    expectations: snapshot?.expectations ?? [],
    stale: study.outline[experiment]?.stale ?? (title === undefined ? study.stale : null),
    held: snapshot?.held ?? null,
    cancelled: study.cancelled && snapshot !== null && snapshot.runs.done + snapshot.runs.failed < snapshot.runs.total,
    secondsLeft: study.secondsLeft,
    sliders: view.sliders.map(({ span: _, ...slider }) => slider),
    locked: view.locked,
    paused: study.paused,
  };
}

/** The fields that differ. Models are compared as they are, the rest by what they say. */
export function changesBetween(before: Content, after: Content): Partial<Content> {
  const changes: Record<string, unknown> = {};
  for (const key of Object.keys(after) as (keyof Content)[]) {
    const [old, now] = [before[key], after[key]];
    if (old === now) continue;
    const isModel = key === 'charts' || key === 'previous' || key === 'table' || key === 'parameters';
    if (isModel || JSON.stringify(old) !== JSON.stringify(now)) changes[key] = now;
  }
  return changes as Partial<Content>;
}

type Update = Omit<Extract<ToPanel<ChartModel, TableModel, ParametersModel>, { type: 'update' }>, 'type' | 'sequence'>;

/** What a panel that shows the one is told to show the other; null when that is the same. Of charts that stay, what differs in them. */
export function updateBetween(before: Content, after: Content): Update | null {
  const { charts, ...others } = changesBetween(before, after);
  const curves = charts === undefined ? null : patchBetween(before.charts, charts);
  const isAnew = curves !== null && 'whole' in curves;
  const changes = isAnew ? { ...others, charts: after.charts } : others;
  if (curves !== null && !isAnew) return { changes, curves };
  return Object.keys(changes).length === 0 ? null : { changes };
}
