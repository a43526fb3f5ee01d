/** The newest version of every open spec, parsed, lowered and ready for the features of an editor. */
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Diagnostic } from '../../language/diagnostic.js';
import { SpecDocument } from '../../language/features/document.js';
import { parseSpec } from '../../language/index.js';
import type { Plan } from '../../spec/experiment.js';
import { buildPlan, createEvaluator, type FileReader, FileStore } from '../../spec/index.js';
import { readerFor } from './files.js';

export interface Spec {
  readonly uri: string;
  readonly version: number;
  readonly document: SpecDocument;
  readonly source: TextDocument;
  /** Of the language and of the meaning, in the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  readonly plan: Plan;
}

export type Lowered = Pick<Spec, 'document' | 'diagnostics' | 'plan'>;

export class Specs {
  readonly #specs = new Map<string, Spec>();
  readonly #files = new Map<string, FileStore>();
  #folders: readonly string[] = [];

  /** Folders of the workspace, as URIs. */
  setFolders(folders: readonly string[]): void {
    this.#folders = folders;
    this.forgetFiles();
  }

  /** Data files may have changed: they are read again. */
  forgetFiles(): void {
    this.#files.clear();
    this.#specs.clear();
  }

  close(uri: string): void {
    this.#specs.delete(uri);
    this.#files.delete(uri);
  }

  /** The spec at the version that the editor has now; computed once for each version. */
  of(source: TextDocument): Spec {
    const known = this.#specs.get(source.uri);
    if (known !== undefined && known.version === source.version) return known;
    const spec: Spec = { uri: source.uri, version: source.version, source, ...this.trial(source.uri, source.getText()) };
    this.#specs.set(source.uri, spec);
    return spec;
  }

  /** What a changed text would mean, without remembering it. */
  trial(uri: string, text: string): Lowered {
    const parsed = parseSpec(text);
    return { ...buildPlan(parsed, this.#options(uri)), document: new SpecDocument(parsed, createEvaluator(parsed)) };
  }

  /** Of the files that a spec may read. */
  reader(uri: string): FileReader {
    return readerFor(uri, this.#folders);
  }

  #options(uri: string) {
    const reader = this.reader(uri);
    let files = this.#files.get(uri);
    if (files === undefined) {
      files = new FileStore(reader);
      this.#files.set(uri, files);
    }
    return { file: uri, reader, files };
  }
}
