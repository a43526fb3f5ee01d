/** The studies of all open texts, by their address, between the language server and the solver. Knows no editor. */
import type { PlanParams } from '../../protocol/language.js';
import type { SolverMessage } from '../solver/client.js';
import { Study, type StudyServices } from './study.js';

export class StudyRegistry {
  private readonly studies = new Map<string, Study>();
  private readonly listeners = new Set<(study: Study) => void>();

  constructor(private readonly services: StudyServices) {}

  /** The study of a text, made if it is not there yet. */
  of(uri: string): Study {
    const known = this.studies.get(uri);
    if (known !== undefined) return known;
    const study = new Study(uri, this.services);
    study.onChange(() => {
      for (const listener of [...this.listeners]) listener(study);
    });
    this.studies.set(uri, study);
    return study;
  }

  find(uri: string): Study | undefined {
    return this.studies.get(uri);
  }

  all(): readonly Study[] {
    return [...this.studies.values()];
  }

  /** Something about some study is new. */
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
}
