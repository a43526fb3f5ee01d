/** The two processes that an edit goes through, by themselves: the language server and the solver, spoken to as the extension does. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type PlanParams, planNotification } from '../src/protocol/language.js';
import { type FromSolver, isFromSolver, type ToSolver } from '../src/protocol/solver.js';

export interface PipelineTimes {
  /** From the change of the text to its plan. */
  readonly plan: readonly number[];
  /** From the plan to the first chart without a missing curve, a draft as a rule. */
  readonly charts: readonly number[];
}

const uri = 'file:///pipeline.attn';

class Server {
  private readonly child: ChildProcess;
  private onPlan: (plan: PlanParams) => void = () => {};

  constructor(dist: string) {
    this.child = fork(join(dist, 'server.js'), ['--node-ipc'], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', (message: { method?: string; params?: unknown }) => {
      if (message.method === planNotification) this.onPlan(message.params as PlanParams);
    });
  }

  say(method: string, params: unknown, id?: number): void {
    this.child.send({ jsonrpc: '2.0', method, params, ...(id === undefined ? {} : { id }) });
  }

  plan(): Promise<PlanParams> {
    return new Promise((resolve) => {
      this.onPlan = resolve;
    });
  }

  stop(): void {
    this.child.kill();
  }
}

class Solver {
  private readonly child: ChildProcess;
  private hear: (message: FromSolver) => void = () => {};
  private revision = 0;

  constructor(dist: string) {
    this.child = fork(join(dist, 'solver.js'), [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child.on('message', (message) => {
      if (isFromSolver(message)) this.hear(message);
    });
    this.say({ type: 'configure', workers: null, strings: null });
  }

  say(message: ToSolver): void {
    this.child.send(message);
  }

  /** Resolves when the plan is solved, with the time until every curve of it had been sent for the first time. */
  solve(plan: unknown): Promise<number> {
    const revision = ++this.revision;
    const start = performance.now();
    let whole: number | null = null;
    return new Promise((resolve, reject) => {
      this.hear = (message) => {
        if (!('revision' in message) || message.revision !== revision) return;
        if (message.type === 'snapshot') {
          const { charts, runs } = message.snapshot;
          if (charts !== null && runs.done === runs.total) whole ??= performance.now() - start;
        } else if (message.status === 'finished' && whole !== null) resolve(whole);
        else reject(new Error(`the plan was ${message.status}`));
      };
      this.say({ type: 'solve', study: uri, revision, plan, keep: [], budget: 10 });
    });
  }

  stop(): void {
    this.child.disconnect();
  }
}

/** Every edit replaces `old` by a number that was not there before, and comes when the one before is drawn, `pause` milliseconds later. */
export async function pipeline(
  dist: string,
  { text, old, edits, pause }: { readonly text: string; readonly old: string; readonly edits: number; readonly pause: number },
): Promise<PipelineTimes> {
  const server = new Server(dist);
  const solver = new Solver(dist);
  try {
    server.say('initialize', { processId: process.pid, capabilities: {}, rootUri: null, workspaceFolders: null }, 1);
    server.say('initialized', {});
    let version = 1;
    const opened = server.plan();
    server.say('textDocument/didOpen', { textDocument: { uri, languageId: 'attn', version, text } });
    const first = await opened;
    const watched = first.outline.map(({ title }) => ({ experiment: title, charts: true, table: false, parameters: false }));
    solver.say({ type: 'watch', study: uri, watched });
    await solver.solve(first.plan);
    const at = text.indexOf(old);
    const line = text.slice(0, at).split('\n').length - 1;
    const start = at - (text.lastIndexOf('\n', at) + 1);
    const plans: number[] = [];
    const charts: number[] = [];
    let length = old.length;
    for (let edit = 0; edit < edits; edit += 1) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      const value = `${old}${String(Math.imul(edit + 1, 0x9e3779b1) >>> 8).slice(0, 4)}`;
      const range = { start: { line, character: start }, end: { line, character: start + length } };
      length = value.length;
      version += 1;
      const planned = server.plan();
      const keyed = performance.now();
      server.say('textDocument/didChange', { textDocument: { uri, version }, contentChanges: [{ range, text: value }] });
      const { plan } = await planned;
      plans.push(performance.now() - keyed);
      charts.push(await solver.solve(plan));
    }
    return { plan: plans, charts };
  } finally {
    server.stop();
    solver.stop();
  }
}
