/** An editor that speaks to the bundled language server over its standard streams. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  createProtocolConnection,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { type PlanParams, planNotification, valueRequest } from '../../../src/protocol/language.js';

export interface Answered {
  readonly diagnostics: PublishDiagnosticsParams['diagnostics'];
  readonly plan: PlanParams;
}

export class TestClient {
  readonly #child: ChildProcess;
  readonly #connection: ProtocolConnection;
  readonly #documents = new Map<string, TextDocument>();
  readonly #diagnostics = new Map<string, PublishDiagnosticsParams>();
  readonly #published = new Map<string, number>();
  readonly #plans = new Map<string, PlanParams>();
  #waiting: (() => void)[] = [];
  errors = '';

  constructor(program: string) {
    this.#child = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.#connection = createProtocolConnection(new StreamMessageReader(this.#child.stdout!), new StreamMessageWriter(this.#child.stdin!));
    const wake = (): void => {
      for (const resume of this.#waiting.splice(0)) resume();
    };
    this.#connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      this.#diagnostics.set(params.uri, params);
      this.#published.set(params.uri, this.published(params.uri) + 1);
    });
    this.#connection.onNotification(planNotification, (params: PlanParams) => {
      this.#plans.set(params.uri, params);
      wake();
    });
    this.#connection.onNotification('window/logMessage', ({ message }: { message: string }) => {
      this.errors += message;
    });
    this.#connection.listen();
  }

  async start(folder: string | null = null): Promise<InitializeResult> {
    const result: InitializeResult = await this.request('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
      workspaceFolders: folder === null ? null : [{ uri: folder, name: 'folder' }],
      initializationOptions: { extensionUri: 'file:///extension' },
    });
    await this.#connection.sendNotification('initialized', {});
    return result;
  }

  request<R>(method: string, params: object): Promise<R> {
    return this.#connection.sendRequest<R>(method, params);
  }

  notify(method: string, params: object): Promise<void> {
    return this.#connection.sendNotification(method, params);
  }

  async open(uri: string, text: string): Promise<Answered> {
    this.#documents.set(uri, TextDocument.create(uri, 'attn', 1, text));
    await this.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'attn', version: 1, text } });
    return this.answer(uri);
  }

  /** Replaces the first `from` by `to`, as an edit of just that range. */
  async edit(uri: string, from: string, to: string): Promise<number> {
    const before = this.#documents.get(uri)!;
    const start = before.getText().indexOf(from);
    const range = { start: before.positionAt(start), end: before.positionAt(start + from.length) };
    const after = TextDocument.update(before, [{ range, text: to }], before.version + 1);
    this.#documents.set(uri, after);
    await this.notify('textDocument/didChange', { textDocument: { uri, version: after.version }, contentChanges: [{ range, text: to }] });
    return after.version;
  }

  /** How often diagnostics of a text were sent. */
  published(uri: string): number {
    return this.#published.get(uri) ?? 0;
  }

  /** Diagnostics and plan of the newest version. */
  async answer(uri: string): Promise<Answered> {
    const { version } = this.#documents.get(uri)!;
    for (;;) {
      const plan = this.#plans.get(uri);
      if (plan?.version === version) {
        // Diagnostics that are none, as before, are not sent again: what is sent with the plan is here before the answer to a question that comes after it.
        await this.request(valueRequest, { uri, version, offset: 0 });
        return { diagnostics: this.#diagnostics.get(uri)?.diagnostics ?? [], plan };
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  textOf(uri: string): TextDocument {
    return this.#documents.get(uri)!;
  }

  position(uri: string, text: string, delta = 0) {
    const document = this.#documents.get(uri)!;
    return { textDocument: { uri }, position: document.positionAt(document.getText().indexOf(text) + delta) };
  }

  /** The exit status of the server. */
  async stop(): Promise<number | null> {
    await this.request('shutdown', {});
    const ended = new Promise<number | null>((resolve) => this.#child.once('exit', resolve));
    await this.notify('exit', {});
    this.#connection.dispose();
    return ended;
  }
}
