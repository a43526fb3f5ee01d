/** Waiting for a study. Knows no editor. */
import type { Study } from './study.js';

/** Resolves when no run is under way any more; rejects when it is told to stop. */
export function settled(study: Study, onStop: (stop: () => void) => unknown = () => {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!study.busy) {
      resolve();
      return;
    }
    const subscription = study.onChange(() => {
      if (study.busy) return;
      subscription.dispose();
      resolve();
    });
    onStop(() => {
      subscription.dispose();
      reject(new Error('cancelled'));
    });
  });
}
