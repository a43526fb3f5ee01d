/** What a worker does with a batch, whatever thread or process it lives in. */
import type { EmpiricalTokens, Law, Problem, Query, Setting, Task } from '../solver/problem.js';
import { type RunResult, type SolveEvent, SolverFailure } from '../solver/result.js';
import { say } from '../solver/sentences.js';
import type { TrainingMeans } from '../solver/sgd.js';
import { warmUps } from '../solver/warm-up.js';
import type { FileReference } from '../spec/experiment.js';
import type { Assist, Batch, FromWorker, Job, WorkerFailure } from './messages.js';
import { assist, TeamLeader } from './team.js';

export interface WorkerServices {
  solve(problem: Problem, means?: TrainingMeans): Generator<SolveEvent, RunResult>;
  /** The compiled sampling kernels, loaded when they are first asked for; null where there are none. */
  readonly kernels: NonNullable<TrainingMeans['kernels']>;
  /** The tokens of a data file whose content still has the digest of the reference; throws where it has not. */
  readTokens(reference: FileReference): Promise<EmpiricalTokens>;
  post(message: FromWorker): void;
  cancelled(batch: number): boolean;
  /** Told before a job starts, and with null after it, so that whoever watches the worker knows what it died of. */
  busyWith(job: number | null): void;
  /** True when the last report is old enough for another one. */
  reportDue(): boolean;
  /** True when the last curves of an unfinished run are old enough for new ones, measured by what they took. */
  curvesDue(): boolean;
  /** Makes them. */
  makeCurves(soFar: () => RunResult): RunResult;
  /** True when so much was done since the last checkpoint, or since the job began, that it would be a pity to lose it. `ending`: the job is cancelled. */
  checkpointDue(ending: boolean): boolean;
}

/** Often enough that all of the solver that a trajectory needs is compiled to its fastest form. */
const warmUpRounds = 30;

/** Compiles the solver by solving runs that nobody asked for, one between two yields: milliseconds each, but for the very first. */
export function* getReady({ solve, kernels }: Pick<WorkerServices, 'solve' | 'kernels'>): Generator<void, void, void> {
  for (let round = 0; round < warmUpRounds; round++) {
    for (const problem of warmUps) {
      const steps = solve(problem, { kernels });
      while (!steps.next().done);
      yield;
    }
  }
}

export async function runBatch(message: Batch, services: WorkerServices): Promise<void> {
  for (const job of message.jobs) {
    if (services.cancelled(message.batch)) break;
    services.busyWith(job.id);
    try {
      const result = await runJob(message.batch, job, services);
      if (result !== null) services.post({ kind: 'done', job: job.id, result });
    } catch (error) {
      const partial = error instanceof SolverFailure ? error.partial : null;
      services.post({ kind: 'failed', job: job.id, failure: failureOf(error), partial });
    }
    services.busyWith(null);
  }
  services.post({ kind: 'ended', batch: message.batch });
}

/** Helps with a training until it is over or the batch is cancelled. */
export async function runAssist({ batch, problem, team }: Assist, services: WorkerServices): Promise<void> {
  try {
    const resolved = isResolved(problem) ? problem : await resolveTokens(problem, services.readTokens);
    assist(resolved, team, services.kernels, () => services.cancelled(batch));
  } finally {
    // What went wrong here goes wrong in the training itself, which says so.
    services.post({ kind: 'ended', batch });
  }
}

/** Null when the batch was cancelled on the way. */
async function runJob(batch: number, { id: job, problem, state, team }: Job, services: WorkerServices): Promise<RunResult | null> {
  services.post({ kind: 'started', job });
  const resolved = isResolved(problem) ? problem : await resolveTokens(problem, services.readTokens);
  const steps = services.solve(resolved, { state, kernels: services.kernels, help: team === null ? null : new TeamLeader(team, resolved) });
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    const cancelled = services.cancelled(batch);
    if (step.value.kind === 'progress' && step.value.state !== undefined && services.checkpointDue(cancelled))
      services.post({ kind: 'checkpoint', job, state: step.value.state() });
    if (cancelled) {
      steps.return(undefined as never);
      return null;
    }
    if (!services.reportDue()) continue;
    if (step.value.kind === 'partial') {
      services.post({ kind: 'partial', job, result: step.value.result });
      continue;
    }
    const { fraction, step: taken, soFar } = step.value;
    services.post({ kind: 'progress', job, fraction, step: taken ?? null });
    if (soFar !== undefined && services.curvesDue()) services.post({ kind: 'partial', job, result: services.makeCurves(soFar) });
  }
}

/** A failure of any kind as data. Out of memory shows itself as a RangeError of an allocation. */
export function failureOf(error: unknown): WorkerFailure {
  if (error instanceof SolverFailure) return { code: error.code, message: error.message, setting: error.setting };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError && /alloc|invalid (typed )?array( buffer)? length/i.test(message)) {
    return { code: 'memory', message: say('The run needs more memory than there is ({0}).', message), setting: null };
  }
  return { code: 'crashed', message: say('The solver stopped on an internal error: {0}', message), setting: null };
}

function lawNamesFile(law: Law<FileReference> | null): boolean {
  if (law === null) return false;
  switch (law.kind) {
    case 'empirical':
      return true;
    case 'affine':
      return lawNamesFile(law.base);
    case 'mixture':
      return law.components.some(lawNamesFile);
    default:
      return false;
  }
}

function isResolved(problem: Problem<FileReference>): problem is Problem<FileReference> & Problem<never> {
  const { setting, query } = problem;
  const named =
    setting.kind === 'tokens' ? lawNamesFile(setting.law) : lawNamesFile(setting.task.tokens) || lawNamesFile(setting.task.weights);
  return !named && !(query !== null && query.kind === 'law' && lawNamesFile(query.law));
}

type ReadTokens = WorkerServices['readTokens'];

/** The same problem with every data file replaced by its tokens. */
export async function resolveTokens(problem: Problem<FileReference>, read: ReadTokens): Promise<Problem> {
  const setting: Setting =
    problem.setting.kind === 'tokens'
      ? { kind: 'tokens', law: await resolveLaw(problem.setting.law, read) }
      : { kind: 'task', task: await resolveTask(problem.setting.task, read) };
  const query: Query | null =
    problem.query !== null && problem.query.kind === 'law'
      ? { kind: 'law', law: await resolveLaw(problem.query.law, read) }
      : problem.query;
  return { ...problem, setting, query };
}

async function resolveTask(task: Task<FileReference>, read: ReadTokens): Promise<Task> {
  const tokens = task.tokens === null ? null : await resolveLaw(task.tokens, read);
  return { ...task, tokens, weights: await resolveLaw(task.weights, read) };
}

async function resolveLaw(law: Law<FileReference>, read: ReadTokens): Promise<Law> {
  switch (law.kind) {
    case 'empirical':
      return { ...law, tokens: await read(law.tokens) };
    case 'affine':
      return { ...law, base: await resolveLaw(law.base, read) };
    case 'mixture': {
      const components: Law[] = [];
      for (const component of law.components) components.push(await resolveLaw(component, read));
      return { ...law, components };
    }
    default:
      return law;
  }
}
