/**
 * The editor's end of the solving process: started when something is to be solved, started again when it dies. Who asked is asked to ask again;
 * what a dead process knew and the cache does not, is solved once more.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { ChartModel, ParametersModel, TableModel } from '../../chart/index.js';
import { type Exported, type ExportRequest, type FromSolver, isFromSolver, type ToSolver } from '../../protocol/solver.js';

export type SolverMessage = FromSolver<ChartModel, TableModel, ParametersModel>;

/** Deaths within this time count together. */
const window = 60_000;
const mostDeaths = 3;

export interface SolverEvents {
  message(message: Extract<SolverMessage, { study: string }>): void;
  /** A new process is there and knows nothing. */
  restarted(): void;
  /** It died for the `deaths`-th time in a minute; `givenUp` when it is not started again before somebody asks. */
  died(reason: string, givenUp: boolean): void;
  output(text: string): void;
}

interface Pending {
  resolve(message: Extract<SolverMessage, { request: number }>): void;
  reject(error: Error): void;
}

export class SolverClient {
  private child: ChildProcess | null = null;
  private workers: number | null = null;
  private nextRequest = 1;
  private readonly pending = new Map<number, Pending>();
  private deaths: number[] = [];
  private disposed = false;

  constructor(
    private readonly script: string,
    private readonly events: SolverEvents,
    /** Translations by the English text; null where the editor speaks English. */
    private readonly strings: Readonly<Record<string, string>> | null = null,
    private readonly now: () => number = Date.now,
  ) {}

  get running(): boolean {
    return this.child !== null;
  }

  /** Studies opened from now on use so many threads; one for each core when null. */
  configure(workers: number | null): void {
    this.workers = workers;
    this.child?.send({ type: 'configure', workers, strings: this.strings } satisfies ToSolver);
  }

  /** Starts the process ahead of the first message. */
  warm(): void {
    if (!this.disposed && this.child === null && this.deaths.length === 0) this.start();
  }

  post(message: ToSolver): void {
    if (this.disposed) return;
    (this.child ?? this.start()).send(message, (error) => {
      if (error !== null) this.events.output(`A message to the solver was lost: ${error.message}`);
    });
  }

  export(study: string, what: ExportRequest): Promise<Exported> {
    return this.request((request) => ({ type: 'export', request, study, what })).then((message) => {
      if (message.type !== 'exported') throw new Error('The solver answered something else.');
      return message;
    });
  }

  /** Bytes that were freed. */
  clearCache(): Promise<number> {
    return this.request((request) => ({ type: 'clearCache', request })).then((message) => (message.type === 'cleared' ? message.bytes : 0));
  }

  /** Ends the process; the next message starts another. */
  stop(): void {
    const child = this.child;
    this.child = null;
    this.rejectAll('The solver was stopped.');
    child?.removeAllListeners();
    child?.disconnect();
  }

  dispose(): void {
    this.disposed = true;
    this.stop();
  }

  private request(make: (request: number) => ToSolver): Promise<Extract<SolverMessage, { request: number }>> {
    if (this.disposed) return Promise.reject(new Error('The solver was stopped.'));
    const request = this.nextRequest++;
    return new Promise((resolve, reject) => {
      this.pending.set(request, { resolve, reject });
      this.post(make(request));
    });
  }

  private start(): ChildProcess {
    // The extension host of a desktop editor is Electron, which has to be told that it is Node here.
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', ELECTRON_NO_ASAR: '1' };
    const child = fork(this.script, [], { env, execArgv: [], serialization: 'advanced', stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.child = child;
    let tail = '';
    const hear = (chunk: Buffer): void => {
      tail = `${tail}${chunk}`.slice(-2000);
      this.events.output(String(chunk).trimEnd());
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('message', (message) => {
      if (this.child === child && isFromSolver(message)) this.receive(message as SolverMessage);
    });
    child.on('error', (error) => this.onDeath(child, error.message));
    child.on('exit', (code, signal) => this.onDeath(child, deathOf(code, signal, tail)));
    child.send({ type: 'configure', workers: this.workers, strings: this.strings } satisfies ToSolver);
    return child;
  }

  private receive(message: SolverMessage): void {
    if ('study' in message) {
      this.events.message(message);
      return;
    }
    const pending = this.pending.get(message.request);
    this.pending.delete(message.request);
    if (message.type === 'failed') pending?.reject(new Error(message.message));
    else pending?.resolve(message);
  }

  private onDeath(child: ChildProcess, reason: string): void {
    if (this.child !== child) return;
    this.child = null;
    this.rejectAll(`The solver stopped: ${reason}`);
    const now = this.now();
    this.deaths = [...this.deaths.filter((time) => now - time < window), now];
    const givenUp = this.deaths.length >= mostDeaths;
    this.events.died(reason, givenUp);
    if (!givenUp) this.events.restarted();
  }

  private rejectAll(reason: string): void {
    for (const { reject } of this.pending.values()) reject(new Error(reason));
    this.pending.clear();
  }
}

function deathOf(code: number | null, signal: string | null, tail: string): string {
  if (/heap out of memory|allocation failed/i.test(tail)) return 'it ran out of memory';
  return signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
}
