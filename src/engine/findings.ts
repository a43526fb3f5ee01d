/** What the runs found out, as marks on the spec: one for each code and place, however many runs say it. */
import * as l10n from '@vscode/l10n';
import type { Experiment, SourceRange } from '../spec/experiment.js';
import type { ExperimentResult, RunFailure, RunOutcome } from './results.js';

/** Like a diagnostic of the text, but known only after solving. */
export interface Finding {
  /** `attn.W510`. */
  readonly code: string;
  /** A run that failed is an error. */
  readonly severity: 'error' | 'warning';
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

/** `tell`: what a run says, in the language of the reader. */
export function findingsOf({ experiment, runs }: ExperimentResult, tell: (sentence: string) => string = String): Finding[] {
  const found = new Map<string, { code: string; setting: string; told: string[] }>();
  runs.forEach((outcome, i) => {
    for (const { code, message, setting } of saidBy(outcome)) {
      const key = `${code} ${setting}`;
      const entry = found.get(key) ?? { code, setting, told: [] };
      found.set(key, entry);
      const { at } = experiment.runs[i]!;
      const where = Object.entries(at).map(([name, { text }]) => `${name} = ${text}`);
      entry.told.push(where.length === 0 ? tell(message) : `${where.join(', ')}: ${tell(message)}`);
    }
  });
  return [...found.values()].map(({ code, setting, told }) => {
    const more = told.length - 1;
    const others = more === 0 ? [] : [more === 1 ? l10n.t('One more run says so too.') : l10n.t('{0} more runs say so too.', more)];
    const severity = code.startsWith('E') ? 'error' : 'warning';
    return {
      code: `attn.${code}`,
      severity,
      message: [told[0]!, ...others].join(' '),
      setting,
      range: placeOfSetting(experiment, setting),
    };
  });
}

/** Failures by their codes in the catalogue. */
export const failureCodes: Readonly<Record<RunFailure['code'], string>> = {
  diverged: 'E601',
  no_limit: 'E602',
  tolerance: 'E603',
  memory: 'E604',
  unsupported: 'E605',
  crashed: 'E606',
  cancelled: 'E607',
};

function saidBy(outcome: RunOutcome): readonly { readonly code: string; readonly message: string; readonly setting: string }[] {
  if (outcome.status === 'done') return outcome.result.warnings ?? [];
  if (outcome.status !== 'failed') return [];
  const { code, message, setting } = outcome.failure;
  return [{ code: failureCodes[code], message, setting: setting ?? '' }];
}
