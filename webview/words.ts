/** Sentences of the panel: how far the runs are, what is held back, how an expectation came out. */
import type { ExpectationNote, ExpectationVerdict, HeldBack, RunsState, StaleNote } from '../src/protocol/messages.js';

export function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'a very long time';
  if (seconds < 1) return 'under a second';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return many(Math.round(seconds / 86_400), 'day');
}

export function isBusy(runs: RunsState): boolean {
  return runs.running > 0;
}

/** "8 runs", "3 of 8 runs, 41 %", "8 runs, 1 failed". */
export function runsText(runs: RunsState, held: HeldBack | null): string {
  if (runs.total === 0) return '';
  const settled = runs.done + runs.failed;
  const failed = runs.failed > 0 ? `, ${runs.failed} failed` : '';
  if (settled >= runs.total) return many(runs.total, 'run') + failed;
  const share = isBusy(runs) ? `, ${Math.floor(Math.min(0.999, Math.max(0, runs.fraction)) * 100)} %` : '';
  const waits = held !== null && !isBusy(runs) ? ', waiting' : '';
  return `${settled} of ${many(runs.total, 'run')}${share}${waits}${failed}`;
}

export function heldText({ runs, seconds, budget }: HeldBack): string {
  return `${many(runs, 'run')} would take about ${duration(seconds)}, more than the ${duration(budget)} allowed while typing.`;
}

export function staleText({ errors, line }: StaleNote): string {
  const more = errors > 1 ? ` and ${many(errors - 1, 'more error')}` : '';
  return `The charts show the last text without errors. Line ${line}${more}:`;
}

const verdictWords: Readonly<Record<ExpectationVerdict, string>> = {
  holds: 'holds',
  fails: 'fails',
  undecided: 'undecided',
  pending: 'not yet known',
};

export function verdictText(verdict: ExpectationVerdict): string {
  return verdictWords[verdict];
}

/** "3 hold, 1 fails". */
export function verdictsText(expectations: readonly ExpectationNote[]): string {
  const count = (verdict: ExpectationVerdict): number => expectations.filter((one) => one.verdict === verdict).length;
  const [holds, fails, undecided, pending] = [count('holds'), count('fails'), count('undecided'), count('pending')];
  return [
    holds > 0 ? `${holds} ${holds === 1 ? 'holds' : 'hold'}` : '',
    fails > 0 ? `${fails} ${fails === 1 ? 'fails' : 'fail'}` : '',
    undecided > 0 ? `${undecided} undecided` : '',
    pending > 0 ? `${pending} not yet known` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}
