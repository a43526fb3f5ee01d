/** All experiments of a text in a few numbers. Knows no editor. */
import type { Study } from '../studies/study.js';

export interface Summary {
  readonly total: number;
  readonly done: number;
  readonly fraction: number;
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
  const [holds, fails, undecided] = [count('holds'), count('fails'), count('undecided')];
  return {
    total,
    done: sum(({ runs }) => runs.done),
    fraction: total === 0 ? 0 : sum(({ runs }) => runs.fraction * runs.total) / total,
    held: sum(({ held }) => held?.runs ?? 0),
    heldSeconds: sum(({ held }) => held?.seconds ?? 0),
    holds,
    fails,
    undecided,
    verdicts: holds + fails + undecided,
  };
}
