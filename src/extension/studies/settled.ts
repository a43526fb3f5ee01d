/** Waiting for a study. Knows no editor. */
import type { Study } from './study.js';

type OnStop = (stop: () => void) => unknown;

/** Resolves when no run is under way any more and, if it is named, an experiment has something to show; rejects when it is told to stop. */
export function settled(study: Study, experiment: string | null, onStop: OnStop = () => {}): Promise<void> {
  return until(study, () => !study.busy && (experiment === null || study.snapshot(experiment) !== null), onStop);
}

/** Resolves when the study is one of this version of its text, or a newer one, and no run is under way; rejects when it is told to stop. */
export function settledAt(study: Study, version: number, onStop: OnStop): Promise<void> {
  return until(study, () => study.version >= version && !study.busy, onStop);
}

function until(study: Study, isThere: () => boolean, onStop: OnStop): Promise<void> {
  return new Promise((resolve, reject) => {
    if (isThere()) {
      resolve();
      return;
    }
    const subscription = study.onChange(() => {
      if (!isThere()) return;
      subscription.dispose();
      resolve();
    });
    onStop(() => {
      subscription.dispose();
      reject(new Error('cancelled'));
    });
  });
}
