/** A slider that is being dragged: plans are asked for one at a time, and the newest value wins. Knows no editor. */
import type { Replacement, TrialPlan } from '../../protocol/language.js';
import type { Study } from '../studies/study.js';

export interface TrialPlanner {
  trialPlan(uri: string, version: number, replacements: readonly Replacement[]): Promise<TrialPlan>;
}

export class SliderDrag {
  private wanted: { readonly replacement: Replacement; readonly version: number } | null = null;
  private asking = false;
  /** Grows with each end of a drag: an answer that comes after it is dropped. */
  private turn = 0;

  constructor(
    private readonly planner: TrialPlanner,
    private readonly study: () => Study,
  ) {}

  /** `version`: of the text that the replacement counts in. */
  move(replacement: Replacement, version: number): void {
    this.wanted = { replacement, version };
    if (!this.asking) void this.ask();
  }

  /** The drag ends without the text going back to what it was before: an edit will follow. */
  abandon(): void {
    this.turn++;
    this.wanted = null;
  }

  revert(): void {
    this.abandon();
    this.study().endTrial();
  }

  private async ask(): Promise<void> {
    this.asking = true;
    try {
      while (this.wanted !== null) {
        const { turn } = this;
        const study = this.study();
        const { replacement, version } = this.wanted;
        this.wanted = null;
        if (study.version !== version) continue;
        const trial = await this.planner.trialPlan(study.uri, version, [replacement]).catch(() => null);
        if (turn !== this.turn || trial === null || trial.plan === null || study.version !== version) continue;
        study.tryPlan(trial.plan);
      }
    } finally {
      this.asking = false;
    }
  }
}
