/**
 * What is known of one text: the newest plan, the results as far as they are, and whether they are older than the text. Decides what is asked
 * of the solver; newest text wins, and a text that says the same asks for nothing. Knows no editor.
 */
import type { ChartModel, ParametersModel, TableModel } from '../../chart/index.js';
import { secondsLeft } from '../../engine/time-left.js';
import type { DiagnosticNote, ExperimentOutline, PlanParams } from '../../protocol/language.js';
import type { StaleNote } from '../../protocol/messages.js';
import type { Snapshot, ToSolver, Watched } from '../../protocol/solver.js';
import type { SolverMessage } from '../solver/client.js';

export type StudySnapshot = Snapshot<ChartModel, TableModel, ParametersModel>;

/** A result that has stood for so long is one that the reader has seen, and may want to compare with. */
const seenAfter = 1000;

export interface StudyServices {
  post(message: ToSolver): void;
  now(): number;
  /** Seconds that may be spent without being asked; with 0 only the cache answers. */
  budget(): number;
}

interface Result {
  readonly snapshot: StudySnapshot;
  /** Its charts are those of the result before, as it has no curve of its own yet. */
  readonly replacing: boolean;
  readonly since: number;
}

export class Study {
  version = -1;
  outline: readonly ExperimentOutline[] = [];
  diagnostics: readonly DiagnosticNote[] = [];
  /** The first error of the text, whichever experiment it is in. */
  stale: StaleNote | null = null;
  paused = false;
  /** The text has experiments without an error, or none at all. */
  meansSomething = false;
  private plan: unknown = null;
  /** Titles that the plan lacks because of errors. */
  private kept: readonly string[] = [];
  /** Of the plan that was sent last, to tell a plan that says nothing new. */
  private sent = '';
  private sentBudget: number | null = 0;
  /** A run was asked for before there was a plan. */
  private asked = false;
  /** What was asked for last has started over because the solver ended. */
  private startedOver = false;
  /** What was asked for last was cancelled. */
  cancelled = false;
  /** When the runs under way began, and what was done then: seconds of the estimate. */
  private began: { readonly at: number; readonly done: number } | null = null;
  private revision = 0;
  /** When that was asked for. */
  private askedAt = 0;
  private ended = 0;
  private results = new Map<string, Result>();
  private before = new Map<string, readonly ChartModel[]>();
  /** Experiments of which a new solver has not given as much as was there, with the number of runs that were done. */
  private readonly recovering = new Map<string, number>();
  private watched: readonly Watched[] = [];
  private readonly interests = new Set<object>();
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly uri: string,
    private readonly services: StudyServices,
  ) {}

  /** True while runs are under way. */
  get busy(): boolean {
    return this.revision > this.ended;
  }

  /** When the runs under way were asked for; null where none are. */
  get busySince(): number | null {
    return this.busy ? this.askedAt : null;
  }

  /** Until the runs under way are done, rounded; null where none are, and while nothing can be told. */
  get secondsLeft(): number | null {
    const { began } = this;
    if (!this.busy || began === null) return null;
    const { done, left } = this.work();
    const seconds = secondsLeft(this.services.now() - began.at, done - began.done, left);
    return seconds === null ? null : Math.ceil(seconds / 5) * 5;
  }

  /** Titles in the order of the text. */
  get titles(): readonly string[] {
    return this.outline.map(({ title }) => title);
  }

  /** Why an experiment is older than the text; null when it is not. Without a title: why the whole text is. */
  staleOf(title: string | null): StaleNote | null {
    const place = this.outline.find((one) => one.title === title);
    return place === undefined ? this.stale : place.stale;
  }

  snapshot(title: string): StudySnapshot | null {
    return this.results.get(title)?.snapshot ?? null;
  }

  /** True while the charts are older than the plan that is being solved, which has no curve yet. */
  replacing(title: string): boolean {
    return this.results.get(title)?.replacing ?? false;
  }

  /** The charts that stood before the present ones. */
  previous(title: string): readonly ChartModel[] | null {
    return this.before.get(title) ?? null;
  }

  onChange(listener: () => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  /** While nobody is interested nothing is solved, and the solver forgets the study. */
  addInterest(who: object): void {
    const first = this.interests.size === 0;
    this.interests.add(who);
    if (first) this.solveLive();
  }

  dropInterest(who: object): void {
    if (!this.interests.delete(who) || this.interests.size > 0) return;
    this.sent = '';
    this.ended = this.revision;
    this.services.post({ type: 'close', study: this.uri });
    this.changed();
  }

  watch(watched: readonly Watched[]): void {
    if (JSON.stringify(watched) === JSON.stringify(this.watched)) return;
    this.watched = watched;
    if (this.interests.size > 0) this.services.post({ type: 'watch', study: this.uri, watched });
  }

  /** What the language server found in a version of the text. An older version than the last is dropped. */
  receivePlan({ version, plan, diagnostics, outline }: PlanParams): void {
    if (version < this.version) return;
    this.version = version;
    this.diagnostics = diagnostics;
    this.followTitles(outline);
    this.outline = outline;
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const [first] = errors;
    this.stale = first === undefined ? null : { message: first.message, code: first.code, line: first.line, errors: errors.length };
    this.meansSomething = plan !== null;
    if (plan === null) {
      this.changed();
      return;
    }
    this.plan = plan;
    this.kept = outline.flatMap(({ title, stale }) => (stale === null ? [] : [title]));
    // An experiment that is not there while the text has an error may be there again when it has none.
    if (first === undefined) this.forgetAllBut(new Set(this.titles));
    if (this.asked) this.run();
    else this.solveLive();
    this.changed();
  }

  /** What is known of an experiment whose title was edited is known of it under its new one. */
  private followTitles(outline: readonly ExperimentOutline[]): void {
    if (outline.length !== this.outline.length) return;
    const known = new Set(this.titles);
    outline.forEach(({ title }, i) => {
      const old = this.outline[i]!.title;
      const result = this.results.get(old);
      if (known.has(title) || result === undefined || outline.some((one) => one.title === old)) return;
      this.results.set(title, { ...result, snapshot: { ...result.snapshot, title } });
      const before = this.before.get(old);
      if (before !== undefined) this.before.set(title, before);
    });
  }

  private forgetAllBut(titles: ReadonlySet<string>): void {
    for (const title of this.results.keys()) if (!titles.has(title)) this.results.delete(title);
    for (const title of this.before.keys()) if (!titles.has(title)) this.before.delete(title);
  }

  /**
   * Solves the plan as the text has it, however long that takes; as soon as there is one. Also one that was solved already: what was cancelled goes
   * on, what failed for want of memory is tried again, and the rest is known.
   */
  run(): void {
    this.asked = this.plan === null;
    this.startedOver = false;
    if (this.plan !== null) this.solve(this.plan, null, !this.busy);
  }

  /** Solves a plan that is not that of the text, within the budget, as while a slider is dragged. */
  tryPlan(plan: unknown): void {
    if (this.interests.size > 0) this.solve(plan, this.services.budget());
  }

  /** Back to what the text says. */
  endTrial(): void {
    this.solveLive();
  }

  cancel(): void {
    if (!this.busy) return;
    this.services.post({ type: 'cancel', study: this.uri });
  }

  setPaused(paused: boolean): void {
    if (this.paused === paused) return;
    this.paused = paused;
    this.solveLive();
    this.changed();
  }

  /** The solver knows nothing any more. What was under way starts over; what was asked for, once: after that it may be what ends the solver. */
  solverRestarted(): void {
    const again = this.busy && this.sentBudget === null && !this.startedOver;
    this.sent = '';
    this.ended = this.revision;
    for (const [title, { snapshot }] of this.results)
      this.recovering.set(title, Math.max(snapshot.runs.done, this.recovering.get(title) ?? 0));
    if (this.interests.size === 0) return;
    this.services.post({ type: 'watch', study: this.uri, watched: this.watched });
    if (again) this.run();
    else this.solveLive();
    this.startedOver = again;
  }

  receive(message: Extract<SolverMessage, { study: string }>): void {
    if (message.revision !== this.revision) return;
    if (message.type === 'ended') {
      this.ended = message.revision;
      this.cancelled = message.status === 'cancelled';
    } else {
      this.keep(message.snapshot);
      // What the cache answers at once says nothing about the rest.
      if (message.snapshot.runs.running > 0) this.began ??= { at: this.services.now(), done: this.work().done };
    }
    this.changed();
  }

  private keep(snapshot: StudySnapshot): void {
    const old = this.results.get(snapshot.title);
    const same = old?.snapshot.hash === snapshot.hash;
    const now = this.services.now();
    if (old !== undefined && !same && old.snapshot.settled && now - old.since >= seenAfter && old.snapshot.charts !== null) {
      this.before.set(snapshot.title, old.snapshot.charts);
    }
    // A view that is not watched any more keeps what it showed last.
    const kept = same ? old.snapshot : null;
    const own = snapshot.charts ?? kept?.charts ?? null;
    // An empty frame between two sets of curves would be a flicker, and so would a tab that goes and comes back.
    const shown = old?.snapshot.charts ?? null;
    const replacing = !snapshot.settled && own !== null && !hasCurve(own) && shown !== null && hasCurve(shown);
    // The same runs again, for a new solver: what they give is known already.
    const again = same && !snapshot.settled && old.snapshot.runs.done > snapshot.runs.done;
    const { done, total } = snapshot.runs;
    if (snapshot.settled || done >= Math.min(total, this.recovering.get(snapshot.title) ?? 0)) this.recovering.delete(snapshot.title);
    const recovering = this.recovering.has(snapshot.title) && shown !== null && hasCurve(shown);
    const standing = replacing || again || recovering ? old?.snapshot : null;
    const charts = standing?.charts ?? own;
    const table = standing?.table ?? snapshot.table ?? kept?.table ?? null;
    const parameters = standing?.parameters ?? snapshot.parameters ?? kept?.parameters ?? null;
    const hasParameters = standing?.hasParameters ?? snapshot.hasParameters;
    this.results.set(snapshot.title, {
      snapshot: { ...snapshot, charts, table, parameters, hasParameters },
      replacing: replacing || (recovering && !same),
      since: same ? old.since : now,
    });
  }

  /** What is done and left of the runs, in seconds of the estimate. */
  private work(): { readonly done: number; readonly left: number } {
    let done = 0;
    let all = 0;
    for (const title of this.titles) {
      const { seconds = 0, fraction = 0 } = this.snapshot(title)?.runs ?? {};
      done += seconds * fraction;
      all += seconds;
    }
    return { done, left: all - done };
  }

  private solveLive(): void {
    if (this.plan === null || this.paused || this.interests.size === 0 || !this.meansSomething) return;
    this.solve(this.plan, this.services.budget());
  }

  private solve(plan: unknown, budget: number | null, again = false): void {
    const text = JSON.stringify([plan, this.kept]);
    if (!again && text === this.sent && (budget === this.sentBudget || this.sentBudget === null)) return;
    const fresh = this.sent === '';
    this.sent = text;
    this.sentBudget = budget;
    if (fresh && this.watched.length > 0) this.services.post({ type: 'watch', study: this.uri, watched: this.watched });
    this.revision++;
    this.askedAt = this.services.now();
    this.cancelled = false;
    this.began = null;
    this.services.post({ type: 'solve', study: this.uri, revision: this.revision, plan, keep: this.kept, budget });
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** Curves of results: overlays and lines across a panel are there without any. */
function hasCurve(charts: readonly ChartModel[]): boolean {
  return charts.some(({ panels }) => panels.some(({ series }) => series.some(({ role }) => role !== 'overlay')));
}
