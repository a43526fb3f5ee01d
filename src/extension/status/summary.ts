/** All experiments of a text in a few numbers. Knows no editor. */
import type { Study } from '../studies/study.js';

export interface Summary {
  readonly total: number;
  readonly done: number;
  readonly fraction: number;
  /** Of trainings under way. */
  readonly steps: { readonly done: number; readonly total: number } | null;
  readonly held: number;
  readonly heldSeconds: number;
  readonly holds: number;
  readonly fails: number;
  readonly undecided: number;
  /** Expectations with a verdict. */
  readonly verdicts: number;
}

export function summaryOf(study: Study): Summary {
  const snapshots = study.titles.map((title) => study.snapshot(title)).filter((snapshot) => snapshot !== null);
  const sum = (of: (snapshot: (typeof snapshots)[number]) => number): number => snapshots.reduce((total, one) => total + of(one), 0);
  const count = (verdict: string): number => sum(({ expectations }) => expectations.filter((one) => one.verdict === verdict).length);
  const total = sum(({ runs }) => runs.total);
  const seconds = sum(({ runs }) => runs.seconds);
  const stepping = snapshots.filter(({ runs }) => runs.steps !== null);
  const [holds, fails, undecided] = [count('holds'), count('fails'), count('undecided')];
  return {
    total,
    done: sum(({ runs }) => runs.done),
    fraction: seconds === 0 ? 0 : sum(({ runs }) => runs.fraction * runs.seconds) / seconds,
    steps:
      stepping.length === 0 ? null : { done: sum(({ runs }) => runs.steps?.done ?? 0), total: sum(({ runs }) => runs.steps?.total ?? 0) },
    held: sum(({ held }) => held?.runs ?? 0),
    heldSeconds: sum(({ held }) => held?.seconds ?? 0),
    holds,
    fails,
    undecided,
    verdicts: holds + fails + undecided,
  };
}
