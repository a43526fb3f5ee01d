/** Sentences of the panel: how far the runs are, what is held back, how an expectation came out. */

import type { ExpectationNote, ExpectationVerdict, HeldBack, RunsState, StaleNote } from '../src/protocol/messages.js';
import * as l10n from './l10n.js';

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return l10n.t('a very long time');
  if (seconds < 1) return l10n.t('under a second');
  if (seconds < 90) return l10n.t('{0} s', Math.round(seconds));
  if (seconds < 5400) return l10n.t('{0} min', Math.round(seconds / 60));
  if (seconds < 172_800) return l10n.t('{0} h', Math.round(seconds / 3600));
  return l10n.t('{0} days', Math.round(seconds / 86_400));
}

export const rowsText = (count: number): string => (count === 1 ? l10n.t('1 row') : l10n.t('{0} rows', count));
const countText = (count: number): string => (count === 1 ? l10n.t('1 run') : l10n.t('{0} runs', count));

export const failedText = (count: number): string => (count === 1 ? l10n.t('1 more run failed.') : l10n.t('{0} more runs failed.', count));

export function isBusy(runs: RunsState): boolean {
  return runs.running > 0;
}

/** "8 runs", "3 of 8 runs, 41 %", "3 of 8 runs, cancelled", "8 runs, 1 failed". */
export function runsText(runs: RunsState, held: HeldBack | null, cancelled = false): string {
  if (runs.total === 0) return '';
  const settled = runs.done + runs.failed;
  const isDone = settled >= runs.total;
  const parts = [isDone ? countText(runs.total) : l10n.t('{0} of {1}', settled, countText(runs.total))];
  if (!isDone && isBusy(runs)) parts.push(`${Math.floor(Math.min(0.999, Math.max(0, runs.fraction)) * 100)} %`);
  if (!isDone && !isBusy(runs) && (cancelled || held !== null)) parts.push(cancelled ? l10n.t('cancelled') : l10n.t('waiting'));
  if (runs.failed > 0) parts.push(runs.failed === 1 ? l10n.t('1 failed') : l10n.t('{0} failed', runs.failed));
  return parts.join(', ');
}

/** "1200 of 300 000 steps, about 6 min left", as far as it is known. */
export function progressText({ steps }: RunsState, secondsLeft: number | null): string {
  const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, count < 10_000 ? '' : '\u202f');
  return [
    ...(steps === null ? [] : [l10n.t('{0} of {1} steps', grouped(steps.done), grouped(steps.total))]),
    ...(secondsLeft === null ? [] : [l10n.t('about {0} left', duration(secondsLeft))]),
  ].join(', ');
}

export function cancelledText({ total, done, failed }: RunsState): string {
  const open = total - done - failed;
  return open === 1
    ? l10n.t('Cancelled with 1 run open. What is done is kept; a long training goes on from where it was.')
    : l10n.t('Cancelled with {0} runs open. What is done is kept; a long training goes on from where it was.', open);
}

export function heldText({ runs, seconds, budget }: HeldBack): string {
  // Together with the other experiments of the text.
  if (seconds <= budget) {
    return runs === 1
      ? l10n.t('1 run would go beyond the {0} allowed while typing, with all that this text asks for.', duration(budget))
      : l10n.t('{0} runs would go beyond the {1} allowed while typing, with all that this text asks for.', runs, duration(budget));
  }
  if (budget === 0) {
    return runs === 1
      ? l10n.t('1 run waits to be asked for: nothing is solved while typing.')
      : l10n.t('{0} runs wait to be asked for: nothing is solved while typing.', runs);
  }
  return runs === 1
    ? l10n.t('1 run would take about {0}, more than the {1} allowed while typing.', duration(seconds), duration(budget))
    : l10n.t('{0} runs would take about {1}, more than the {2} allowed while typing.', runs, duration(seconds), duration(budget));
}

/** `hasCharts`: there was a text without errors before. */
export function staleText({ errors, line }: StaleNote, hasCharts: boolean): string {
  if (!hasCharts) return l10n.t('There is nothing to show before the text is without errors. Line {0}:', line);
  if (errors <= 1) return l10n.t('The charts show the last text without errors. Line {0}:', line);
  return errors === 2
    ? l10n.t('The charts show the last text without errors. Line {0} and 1 more error:', line)
    : l10n.t('The charts show the last text without errors. Line {0} and {1} more errors:', line, errors - 1);
}

export function verdictText(verdict: ExpectationVerdict): string {
  switch (verdict) {
    case 'holds':
      return l10n.t('holds');
    case 'fails':
      return l10n.t('fails');
    case 'undecided':
      return l10n.t('undecided');
    case 'pending':
      return l10n.t('not yet known');
  }
}

/** "3 hold, 1 fails". */
export function verdictsText(expectations: readonly ExpectationNote[]): string {
  const count = (verdict: ExpectationVerdict): number => expectations.filter((one) => one.verdict === verdict).length;
  const [holds, fails, undecided, pending] = [count('holds'), count('fails'), count('undecided'), count('pending')];
  return [
    ...(holds === 0 ? [] : [holds === 1 ? l10n.t('1 holds') : l10n.t('{0} hold', holds)]),
    ...(fails === 0 ? [] : [fails === 1 ? l10n.t('1 fails') : l10n.t('{0} fail', fails)]),
    ...(undecided === 0 ? [] : [l10n.t('{0} undecided', undecided)]),
    ...(pending === 0 ? [] : [l10n.t('{0} not yet known', pending)]),
  ].join(', ');
}
