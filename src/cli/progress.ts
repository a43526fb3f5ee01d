/** One line on a terminal that says how far the runs are; nothing where the output is not a terminal. */
import type { EngineEvent } from '../engine/session.js';
import type { Experiment } from '../spec/experiment.js';

const barWidth = 24;
const redrawMilliseconds = 80;

export class Progress {
  private fractions: Float64Array[] = [];
  private weights: Float64Array[] = [];
  private settled = 0;
  private total = 0;
  private drawn = 0;
  private visible = false;
  private readonly shown: boolean;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    wanted: boolean,
  ) {
    this.shown = wanted && stream.isTTY === true && process.env.TERM !== 'dumb';
  }

  start(experiments: readonly Experiment[]): void {
    this.fractions = experiments.map(({ runs }) => new Float64Array(runs.length));
    // A run counts by its estimated cost, and a little for being one.
    this.weights = experiments.map(({ runs }) => Float64Array.from(runs, (run) => run.cost.seconds + 1e-3));
    this.settled = 0;
    this.total = experiments.reduce((sum, { runs }) => sum + runs.length, 0);
    this.drawn = performance.now();
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
    const filled = Math.floor((barWidth * done) / all);
    const percent = String(Math.floor((100 * done) / all)).padStart(3);
    this.stream.write(
      `\r\u001b[2K${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${percent}%  ${Math.min(this.settled, this.total)} of ${this.total} runs`,
    );
    this.visible = true;
  }

  clear(): void {
    if (this.visible) this.stream.write('\r\u001b[2K');
    this.visible = false;
  }
}
