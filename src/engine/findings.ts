/** What the runs found out, as marks on the spec: one for each code and place, however many runs say it. */
import type { Experiment, SourceRange } from '../spec/experiment.js';
import type { ExperimentResult } from './results.js';

/** Like a diagnostic of the text, but known only after solving. Always a warning. */
export interface Finding {
  /** `attn.W510`. */
  readonly code: string;
  readonly message: string;
  /** Path of the setting. */
  readonly setting: string;
  readonly range: SourceRange;
}

/** The place of a setting, its block where it is not written, the experiment where that is not either. */
export function placeOfSetting(experiment: Experiment, setting: string | null): SourceRange {
  for (let path = setting; path !== null; ) {
    const range = experiment.settings[path];
    if (range !== undefined) return range;
    const dot = path.lastIndexOf('.');
    path = dot < 0 ? null : path.slice(0, dot);
  }
  return experiment.range;
}

export function findingsOf({ experiment, runs }: ExperimentResult): Finding[] {
  const found = new Map<string, { code: string; setting: string; told: string[] }>();
  runs.forEach((outcome, i) => {
    if (outcome.status !== 'done') return;
    for (const { code, message, setting } of outcome.result.warnings ?? []) {
      const key = `${code} ${setting}`;
      const entry = found.get(key) ?? { code, setting, told: [] };
      found.set(key, entry);
      const { at } = experiment.runs[i]!;
      const where = Object.entries(at).map(([name, { text }]) => `${name} = ${text}`);
      entry.told.push(where.length === 0 ? message : `${where.join(', ')}: ${message}`);
    }
  });
  return [...found.values()].map(({ code, setting, told }) => {
    const more = told.length - 1;
    const rest = more === 0 ? '' : more === 1 ? ' One more run says so too.' : ` ${more} more runs say so too.`;
    return { code: `attn.${code}`, message: `${told[0]!}${rest}`, setting, range: placeOfSetting(experiment, setting) };
  });
}
