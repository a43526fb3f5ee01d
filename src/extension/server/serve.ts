/** Wires a connection to the specs and their features. */
import * as l10n from '@vscode/l10n';
import {
  type Connection,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
  TextDocuments,
  TextEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { slidersAt } from '../../language/features/sliders.js';
import { valueAt } from '../../language/features/values.js';
import { formatSpec } from '../../language/index.js';
import {
  type PlanParams,
  planNotification,
  type Sliders,
  type SlidersParams,
  slidersRequest,
  type TrialPlan,
  type TrialPlanParams,
  trialPlanRequest,
  type ValueAt,
  type ValueParams,
  valueRequest,
} from '../../protocol/language.js';
import { Latest } from '../latest.js';
import { diagnosticOf, rangeOf } from './convert.js';
import { featureCapabilities, registerFeatures } from './features.js';
import { type Spec, Specs } from './specs.js';
import { told } from './told.js';
import { warmUp } from './warm-up.js';

export function serve(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  const specs = new Specs();
  let docs: string | null = null;
  let watchesFiles = false;
  let hasFolders = false;

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    const strings = optionOf(params, 'strings');
    if (typeof strings === 'object' && strings !== null) l10n.config({ contents: JSON.stringify(strings) });
    docs = diagnosticsPage(params);
    hasFolders = params.capabilities.workspace?.workspaceFolders === true;
    watchesFiles = params.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    specs.setFolders((params.workspaceFolders ?? []).map((folder) => folder.uri));
    return {
      serverInfo: { name: 'attn' },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        documentFormattingProvider: true,
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
        ...featureCapabilities,
      },
    };
  });

  connection.onInitialized(() => {
    if (watchesFiles)
      void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers: [{ globPattern: '**/*.{csv,npy}' }] });
    if (!hasFolders) return;
    connection.workspace.onDidChangeWorkspaceFolders(async () => {
      specs.setFolders(((await connection.workspace.getWorkspaceFolders()) ?? []).map((folder) => folder.uri));
      for (const document of documents.all()) pending.ask(document.uri);
    });
  });

  connection.onDidChangeWatchedFiles(() => {
    specs.forgetFiles();
    for (const document of documents.all()) pending.ask(document.uri);
  });

  /** Texts of which the editor knows that they have no diagnostics. Told so again it would go through all its marks, while charts wait to be drawn. */
  const clean = new Set<string>();
  const publish = (uri: string): void => {
    const source = documents.get(uri);
    if (source === undefined) return;
    const spec = specs.of(source);
    // The plan first: the charts wait for it.
    const params: PlanParams = { uri, version: spec.version, ...told(spec, spec) };
    void connection.sendNotification(planNotification, params);
    const diagnostics = spec.diagnostics.map((diagnostic) => diagnosticOf(source, diagnostic, docs));
    if (diagnostics.length === 0 && clean.has(uri)) return;
    if (diagnostics.length === 0) clean.add(uri);
    else clean.delete(uri);
    void connection.sendDiagnostics({ uri, version: spec.version, diagnostics });
  };
  let isWarm = false;
  const warm = (uri: string): void => {
    if (isWarm) return;
    isWarm = true;
    const read = (): void => {
      const source = documents.get(uri);
      if (source === undefined) return;
      told(specs.trial(uri, source.getText()), { source });
    };
    // Further apart than keys and requests: those come first, and other processes that start have the processor in between.
    warmUp(
      read,
      (turn) => setTimeout(turn, 15),
      () => performance.now(),
    );
  };
  const answer = (uri: string): void => {
    publish(uri);
    warm(uri);
  };
  const pending = new Latest(answer, (uri, error) => connection.console.error(`${uri}: ${error instanceof Error ? error.stack : error}`));

  documents.onDidChangeContent(({ document }) => pending.ask(document.uri));
  documents.onDidClose(({ document }) => {
    pending.drop(document.uri);
    specs.close(document.uri);
    clean.delete(document.uri);
    void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
  });

  const specAt = (uri: string, version?: number): Spec | null => {
    const source = documents.get(uri);
    return source === undefined || (version !== undefined && version !== source.version) ? null : specs.of(source);
  };

  connection.onDocumentFormatting(({ textDocument }) => {
    const source = documents.get(textDocument.uri);
    const text = source?.getText();
    const formatted = text === undefined ? null : formatSpec(text);
    if (source === undefined || text === undefined || formatted === null || formatted === text) return [];
    return [TextEdit.replace(rangeOf(source, { start: 0, end: text.length }), formatted)];
  });

  connection.onRequest(trialPlanRequest, ({ uri, version, replacements }: TrialPlanParams): TrialPlan => {
    const spec = specAt(uri, version);
    if (spec === null) return null;
    let text = spec.source.getText();
    for (const { start, end, text: inserted } of [...replacements].sort((a, b) => b.start - a.start)) {
      text = text.slice(0, start) + inserted + text.slice(end);
    }
    const lowered = specs.trial(uri, text);
    const changed = TextDocument.create(uri, 'attn', version, text);
    const { plan, diagnostics } = told(lowered, { source: changed });
    return { version, plan, diagnostics };
  });
  connection.onRequest(slidersRequest, ({ uri, version, offset }: SlidersParams): Sliders => {
    const spec = specAt(uri, version);
    return spec === null ? [] : slidersAt(spec.document, offset);
  });
  connection.onRequest(valueRequest, ({ uri, version, offset }: ValueParams): ValueAt => {
    const spec = specAt(uri, version);
    return spec === null ? null : valueAt(spec.document, offset);
  });

  registerFeatures(
    connection,
    (uri) => specAt(uri),
    (uri) => specs.reader(uri),
  );
  documents.listen(connection);
  connection.listen();
}

/** The documentation that the extension brings along. */
function diagnosticsPage(params: InitializeParams): string | null {
  const address = optionOf(params, 'extensionUri');
  return typeof address === 'string' ? `${address.replace(/\/$/, '')}/docs/diagnostics.md` : null;
}

/** What the editor handed over at the start, if it is one that does. */
function optionOf(params: InitializeParams, name: 'extensionUri' | 'strings'): unknown {
  const options: unknown = params.initializationOptions;
  return typeof options === 'object' && options !== null && name in options ? (options as Record<string, unknown>)[name] : undefined;
}
