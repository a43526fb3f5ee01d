/** One line on a terminal that says how far the runs are; nothing where the output is not a terminal. */
import type { EngineEvent } from '../engine/session.js';
import { secondsLeft } from '../engine/time-left.js';
import type { Experiment } from '../spec/experiment.js';

type RunEvent = Extract<EngineEvent, { kind: 'run' }>;

const barWidth = 24;
const redrawMilliseconds = 80;

export class Progress {
  private fractions: Float64Array[] = [];
  private weights: Float64Array[] = [];
  private settled = 0;
  private total = 0;
  private drawn = 0;
  private visible = false;
  private experiments: readonly Experiment[] = [];
  private started = 0;
  /** What was done when the clock began: results of the cache take no time. */
  private doneAtStart: number | null = null;
  private readonly shown: boolean;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    wanted: boolean,
  ) {
    this.shown = wanted && stream.isTTY === true && process.env.TERM !== 'dumb';
  }

  start(experiments: readonly Experiment[]): void {
    this.experiments = experiments;
    this.fractions = experiments.map(({ runs }) => new Float64Array(runs.length));
    // A run counts by its estimated cost, and a little for being one.
    this.weights = experiments.map(({ runs }) => Float64Array.from(runs, (run) => run.cost.seconds + 1e-3));
    this.settled = 0;
    this.total = experiments.reduce((sum, { runs }) => sum + runs.length, 0);
    this.drawn = performance.now();
    this.started = this.drawn;
    this.doneAtStart = null;
  }

  /** A line of its own. */
  say(text: string): void {
    this.clear();
    this.stream.write(`${text}\n`);
  }

  update(event: EngineEvent): void {
    if (!this.shown || event.kind !== 'run') return;
    const { outcome } = event;
    const fractions = this.fractions[event.experiment]!;
    const before = fractions[event.run]!;
    const ended = outcome.status === 'done' || outcome.status === 'failed';
    fractions[event.run] = ended ? 1 : outcome.status === 'running' ? Math.min(outcome.fraction, 0.999) : 0;
    if (ended && before < 1) this.settled++;
    const now = performance.now();
    if (now - this.drawn < redrawMilliseconds) return;
    this.drawn = now;
    let done = 0;
    let all = 0;
    this.weights.forEach((weights, e) => {
      weights.forEach((weight, r) => {
        all += weight;
        done += weight * this.fractions[e]![r]!;
      });
    });
    if (this.doneAtStart === null) {
      this.doneAtStart = done;
      this.started = now;
    }
    const left = remaining(now - this.started, done - this.doneAtStart, all - done);
    const filled = Math.floor((barWidth * done) / all);
    const percent = String(Math.floor((100 * done) / all)).padStart(3);
    this.stream.write(
      `\r\u001b[2K${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${percent}%  ${Math.min(this.settled, this.total)} of ${this.total} runs${this.steps(event)}${left}`,
    );
    this.visible = true;
  }

  /** `, step 300 of 2000` of a training by steps that is alone. */
  private steps({ experiment, run, outcome }: RunEvent): string {
    const train = this.experiments[experiment]?.runs[run]?.problem.train;
    if (this.total !== 1 || outcome.status !== 'running' || outcome.step === undefined) return '';
    return train !== null && train !== undefined && 'steps' in train ? `, step ${outcome.step} of ${train.steps}` : '';
  }

  clear(): void {
    if (this.visible) this.stream.write('\r\u001b[2K');
    this.visible = false;
  }
}

/** `, about 3 min left`, from what was done in so many milliseconds; nothing while that says little. */
export function remaining(milliseconds: number, done: number, left: number): string {
  const seconds = secondsLeft(milliseconds, done, left);
  if (seconds === null) return '';
  if (seconds < 90) return `, about ${Math.round(seconds)} s left`;
  return seconds < 5400 ? `, about ${Math.round(seconds / 60)} min left` : `, about ${(seconds / 3600).toPrecision(2)} h left`;
}
