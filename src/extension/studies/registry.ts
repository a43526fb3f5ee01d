/** The studies of all open texts, by their address, between the language server and the solver. Knows no editor. */
import type { PlanParams } from '../../protocol/language.js';
import { Latest } from '../latest.js';
import type { SolverMessage } from '../solver/client.js';
import { Study, type StudyServices } from './study.js';

/** Milliseconds in which the charts of a change have as a rule been drawn, also on a slow machine. */
const untilCharts = 200;

export class StudyRegistry {
  private readonly studies = new Map<string, Study>();
  private readonly listeners = new Set<(study: Study) => void>();
  private readonly changed: Latest<Study>;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly services: StudyServices,
    failed: (error: unknown) => void,
  ) {
    this.changed = new Latest<Study>(
      (study) => {
        for (const listener of [...this.listeners]) listener(study);
      },
      (_, error) => failed(error),
      (run) => {
        this.timer = setTimeout(run, untilCharts);
      },
    );
  }

  /** The study of a text, made if it is not there yet. */
  of(uri: string): Study {
    const known = this.studies.get(uri);
    if (known !== undefined) return known;
    const study = new Study(uri, this.services);
    study.onChange(() => this.changed.ask(study));
    this.studies.set(uri, study);
    return study;
  }

  find(uri: string): Study | undefined {
    return this.studies.get(uri);
  }

  all(): readonly Study[] {
    return [...this.studies.values()];
  }

  /**
   * Something about some study is new. Said once for all changes of a moment, as what is shown beside the charts would stand in their way: the
   * editor takes one message after the other.
   */
  onChange(listener: (study: Study) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  receivePlan(params: PlanParams): void {
    this.of(params.uri).receivePlan(params);
  }

  receiveResults(message: Extract<SolverMessage, { study: string }>): void {
    this.studies.get(message.study)?.receive(message);
  }

  solverRestarted(): void {
    for (const study of this.studies.values()) study.solverRestarted();
  }

  /** The text is closed: a version counts from the beginning when it is opened again. */
  closed(uri: string): void {
    const study = this.studies.get(uri);
    if (study !== undefined) study.version = -1;
  }

  dispose(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.listeners.clear();
  }
}
