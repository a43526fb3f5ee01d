/** Waiting for a study. Knows no editor. */
import type { Study } from './study.js';

/** Resolves when no run is under way any more and, if it is named, an experiment has something to show; rejects when it is told to stop. */
export function settled(study: Study, experiment: string | null, onStop: (stop: () => void) => unknown = () => {}): Promise<void> {
  const isSettled = (): boolean => !study.busy && (experiment === null || study.snapshot(experiment) !== null);
  return new Promise((resolve, reject) => {
    if (isSettled()) {
      resolve();
      return;
    }
    const subscription = study.onChange(() => {
      if (!isSettled()) return;
      subscription.dispose();
      resolve();
    });
    onStop(() => {
      subscription.dispose();
      reject(new Error('cancelled'));
    });
  });
}
