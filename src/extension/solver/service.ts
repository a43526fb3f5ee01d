/**
 * The solver of an editor: holds a session of the engine for each study and says how far it is, seldom enough that drawing keeps up. Knows
 * neither its process nor a clock of its own.
 */
import { chartModels, toPgfplots, toSvg } from '../../chart/index.js';
import { draftOf } from '../../engine/drafts.js';
import { csvLines } from '../../engine/export/csv.js';
import { jsonText } from '../../engine/export/json.js';
import { fileName } from '../../engine/export/name.js';
import { provenanceOf } from '../../engine/export/source.js';
import type { EngineHost } from '../../engine/host.js';
import type { ExperimentResult } from '../../engine/results.js';
import { type EngineEvent, EngineSession, type PlanResult } from '../../engine/session.js';
import { unpacked } from '../../protocol/language.js';
import type { Exported, ExportRequest, FromSolver, StudyId, ToSolver, Watched } from '../../protocol/solver.js';
import type { Plan } from '../../spec/experiment.js';
import { snapshotOf } from './snapshot.js';

/** A new plan leaves the old curves on the screen for so long, unless all new ones are there before. */
const firstDelay = 80;
/**
 * Threads of a study that are there before its first plan. The engine starts one only where that pays within a plan; here the next keystroke brings
 * another plan, and what a plan takes is what the reader waits.
 */
const readyThreads = 4;
const laterDelay = 60;
/** The plan itself is solved when no key has come for so long after its draft: while somebody types, drafts are all that is solved. */
const refineDelay = 150;

export interface ServiceHost {
  readonly version: string;
  post(message: FromSolver): void;
  /** A host of workers for one study. `expect` is told the cost of each run before the run is looked up. */
  engine(): EngineHost;
  expect(hash: string, seconds: number): void;
  /** Bytes that were freed, as far as known. */
  clearCache(): Promise<number>;
  /** Calls back after so many milliseconds; returns what undoes it. */
  later(milliseconds: number, callback: () => void): () => void;
}

interface Study {
  readonly id: StudyId;
  readonly session: EngineSession;
  revision: number;
  plan: Plan | null;
  budget: number | null;
  watched: readonly Watched[];
  /** Experiments with news, by index. */
  readonly dirty: Set<number>;
  readonly settled: Set<number>;
  stopTimer: (() => void) | null;
  /** Experiments whose draft is shown until all of their own runs are there. */
  drafted: ReadonlySet<number>;
  /** The drafts are being solved, and not the plan itself. */
  isDrafting: boolean;
  /** Nothing more will come for the plan. */
  isEnded: boolean;
  /** Undoes what will solve the plan after its draft. */
  stopRefining: (() => void) | null;
  /** Who waits for the plan itself to be solved. */
  readonly whenWhole: (() => void)[];
}

export class SolverService {
  private readonly studies = new Map<StudyId, Study>();

  constructor(private readonly host: ServiceHost) {}

  async receive(message: Exclude<ToSolver, { type: 'configure' }>): Promise<void> {
    switch (message.type) {
      case 'solve':
        return this.solve(message);
      case 'watch':
        return this.watch(message.study, message.watched);
      case 'cancel':
        return this.cancel(message.study);
      case 'close':
        return this.close(message.study);
      case 'export':
        return this.export(message.request, message.study, message.what);
      case 'clearCache':
        this.host.post({ type: 'cleared', request: message.request, bytes: await this.host.clearCache() });
    }
  }

  dispose(): void {
    for (const id of [...this.studies.keys()]) this.close(id);
  }

  /** As `dispose`, when unfinished trainings have said how far they are. */
  async stop(): Promise<void> {
    await Promise.all([...this.studies.values()].map(({ session }) => session.stop()));
    this.dispose();
  }

  private solve({ study: id, revision, plan: packedPlan, keep, budget }: Extract<ToSolver, { type: 'solve' }>): void {
    const study = this.studies.get(id) ?? this.open(id);
    // The language server made it, and both are of one build.
    const plan = keeping(unpacked(packedPlan) as Plan, study.plan, keep);
    study.stopRefining?.();
    study.stopRefining = null;
    study.revision = revision;
    study.plan = plan;
    study.budget = budget;
    const wants = ({ title }: { title: string }): boolean => {
      const watched = study.watched.find(({ experiment }) => experiment === title);
      return watched?.charts === true && !watched.table && !watched.parameters;
    };
    const isKnown = (hash: string): boolean => study.session.isKnown(hash);
    // What is asked for by name is solved at once.
    const draft = budget === null ? null : draftOf(plan, { wants, isKnown, budget });
    study.drafted = draft?.places ?? new Set();
    study.isDrafting = draft !== null;
    study.isEnded = false;
    this.update(study, draft?.plan ?? plan);
  }

  /** Solves the plan of the study, or the drafts that stand for it. */
  private update(study: Study, plan: Plan): void {
    const { revision, budget, id } = study;
    study.dirty.clear();
    study.settled.clear();
    for (const experiment of plan.experiments) for (const run of experiment.runs) this.host.expect(run.hash, run.cost.seconds);
    this.schedule(study, firstDelay);
    void study.session.update(plan, budget === null ? {} : { budget }).then(({ status }) => {
      if (study.revision !== revision || status === 'superseded' || this.studies.get(id) !== study) return;
      if (!study.isDrafting || status === 'cancelled') this.end(study, status);
    });
  }

  /** The drafts are there: they are shown, and the plan itself is solved when no key comes. What else is under way in the plan goes on. */
  private refine(study: Study): void {
    this.flush(study);
    const { plan } = study;
    if (plan === null || study.stopRefining !== null) return;
    study.stopRefining = this.host.later(study.whenWhole.length > 0 ? 0 : refineDelay, () => {
      study.stopRefining = null;
      study.isDrafting = false;
      this.update(study, plan);
    });
  }

  /** Resolves when no draft stands for the plan any more. */
  private async whole(study: Study): Promise<void> {
    if (study.drafted.size === 0) return;
    const done = new Promise<void>((resolve) => study.whenWhole.push(resolve));
    if (study.stopRefining !== null) {
      study.stopRefining();
      study.stopRefining = null;
      this.refine(study);
    }
    await done;
  }

  /** What was held or cancelled has not been told as settled yet. A draft stands where what it is a draft of was cancelled. */
  private end(study: Study, status: Exclude<PlanResult['status'], 'superseded'>): void {
    if (study.isEnded) return;
    study.isEnded = true;
    if (study.isDrafting) {
      study.isDrafting = false;
      study.drafted = new Set();
    }
    study.plan?.experiments.forEach((_, index) => {
      if (status === 'cancelled' && study.drafted.has(index)) return;
      if (!study.settled.has(index)) study.dirty.add(index);
      study.settled.add(index);
    });
    this.flush(study);
    this.host.post({ type: 'ended', study: study.id, revision: study.revision, status });
    study.drafted = new Set();
    for (const resolve of study.whenWhole.splice(0)) resolve();
  }

  private cancel(id: StudyId): void {
    const study = this.studies.get(id);
    if (study === undefined) return;
    const isWaiting = study.stopRefining !== null;
    study.stopRefining?.();
    study.stopRefining = null;
    study.session.cancel();
    // Otherwise the session says so.
    if (isWaiting && study.isDrafting) this.end(study, 'cancelled');
  }

  private open(id: StudyId): Study {
    const session: EngineSession = new EngineSession(this.host.engine(), (event) => this.onEvent(study, event));
    const study: Study = {
      id,
      session,
      revision: 0,
      plan: null,
      budget: null,
      watched: [],
      dirty: new Set(),
      settled: new Set(),
      stopTimer: null,
      drafted: new Set(),
      isDrafting: false,
      isEnded: true,
      stopRefining: null,
      whenWhole: [],
    };
    this.studies.set(id, study);
    session.warm(readyThreads);
    return study;
  }

  private close(id: StudyId): void {
    const study = this.studies.get(id);
    this.studies.delete(id);
    study?.stopTimer?.();
    study?.stopRefining?.();
    study?.session.dispose();
    for (const resolve of study?.whenWhole.splice(0) ?? []) resolve();
  }

  private watch(id: StudyId, watched: readonly Watched[]): void {
    const study = this.studies.get(id) ?? this.open(id);
    const before = new Map(study.watched.map((one) => [one.experiment, one]));
    study.watched = watched;
    study.plan?.experiments.forEach(({ title }, index) => {
      const now = watched.find((one) => one.experiment === title);
      const old = before.get(title);
      if (now !== undefined && (!old || now.charts > old.charts || now.table > old.table || now.parameters > old.parameters)) {
        study.dirty.add(index);
      }
    });
    if (study.dirty.size > 0 && study.stopTimer === null) this.flush(study);
  }

  private onEvent(study: Study, event: EngineEvent): void {
    study.dirty.add(event.experiment);
    if (event.kind === 'experiment' && event.final) {
      study.settled.add(event.experiment);
      const isDrafted = study.isDrafting && [...study.drafted].every((index) => study.settled.has(index));
      if (isDrafted || study.settled.size === study.plan?.experiments.length) {
        // Within this turn, but behind the events that came with it.
        study.stopTimer?.();
        const { revision } = study;
        study.stopTimer = this.host.later(0, () => (isDrafted && study.revision === revision ? this.refine(study) : this.flush(study)));
        return;
      }
    }
    this.schedule(study, laterDelay);
  }

  private schedule(study: Study, delay: number): void {
    study.stopTimer ??= this.host.later(delay, () => this.flush(study));
  }

  private flush(study: Study): void {
    study.stopTimer?.();
    study.stopTimer = null;
    if (study.dirty.size === 0) return;
    const results = study.session.results();
    for (const index of study.dirty) {
      const result = results[index];
      const isDrafted = study.drafted.has(index);
      // Runs that come in one by one would take curves away from a draft.
      if (result === undefined || (isDrafted && !study.isDrafting && !study.settled.has(index))) continue;
      const watched = study.watched.find((one) => one.experiment === result.experiment.title) ?? null;
      const isDraft = isDrafted && study.isDrafting;
      const snapshot = snapshotOf(result, {
        // Numbers are read digit by digit.
        watched: isDraft && watched !== null ? { ...watched, table: false, parameters: false } : watched,
        held: study.session.heldIn(index),
        budget: study.budget,
        settled: !isDraft && study.settled.has(index),
        isDraft,
      });
      this.host.post({ type: 'snapshot', study: study.id, revision: study.revision, snapshot });
    }
    study.dirty.clear();
  }

  private async export(request: number, id: StudyId, what: ExportRequest): Promise<void> {
    const study = this.studies.get(id);
    if (study !== undefined) await this.whole(study);
    const result = study?.session.results().find(({ experiment }) => experiment.title === what.experiment);
    if (study === undefined || study.plan === null || result === undefined) {
      this.host.post({ type: 'failed', request, message: `There are no results of “${what.experiment}”.` });
      return;
    }
    try {
      this.host.post({ type: 'exported', request, ...this.exported(result, bareName(study.plan.file), what) });
    } catch (error) {
      this.host.post({ type: 'failed', request, message: error instanceof Error ? error.message : String(error) });
    }
  }

  private exported(result: ExperimentResult, file: string, what: ExportRequest): Exported {
    const { version } = this.host;
    const name = fileName(result.experiment.title);
    const origin = provenanceOf(result, version);
    switch (what.format) {
      case 'csv':
        return { name, text: [...csvLines([{ file, result }], { version, provenance: true })].join(''), origin };
      case 'json':
        return { name, text: jsonText([{ file, result }], version), origin };
      case 'svg':
      case 'pgfplots': {
        const models = chartModels(result);
        const model = models.find(({ id }) => id === what.chart) ?? models[0];
        if (model === undefined) throw new Error('This experiment has no figure.');
        const text =
          what.format === 'pgfplots'
            ? toPgfplots(model, { metadata: origin })
            : toSvg(model, { theme: what.theme, background: what.transparent ? 'transparent' : 'theme', metadata: origin });
        return { name: `${name}.${fileName(model.id)}`, text, origin };
      }
    }
  }
}

/** Exported files are passed on: they name the spec, and not where it lies. */
function bareName(uri: string): string {
  return decodeURIComponent(/[^/:]*$/.exec(uri)![0]);
}

/** A plan with those experiments of the plan before it that are named and that it lacks. */
function keeping(plan: Plan, before: Plan | null, titles: readonly string[]): Plan {
  const own = new Set(plan.experiments.map(({ title }) => title));
  const kept = (before?.experiments ?? []).filter(({ title }) => titles.includes(title) && !own.has(title));
  return kept.length === 0 ? plan : { ...plan, experiments: [...plan.experiments, ...kept] };
}
