/** The requests of the protocol, each answered by one feature of the language. */
import {
  CodeActionKind,
  type CompletionItem,
  CompletionItemKind,
  type Connection,
  DocumentHighlightKind,
  type DocumentSymbol,
  ErrorCodes,
  type FoldingRange,
  FoldingRangeKind,
  InsertTextFormat,
  MarkupKind,
  ResponseError,
  type SelectionRange,
  SemanticTokensBuilder,
  type ServerCapabilities,
  SymbolKind,
  type TextDocumentPositionParams,
} from 'vscode-languageserver/node';
import { complete, type Item, triggerCharacters } from '../../language/features/completion.js';
import type { SpecDocument } from '../../language/features/document.js';
import { hoverAt } from '../../language/features/hover.js';
import { definitionAt, highlightsAt, occurrencesAt, rename, renamePlace } from '../../language/features/names.js';
import { namedFiles, type PathPlace, pathAt } from '../../language/features/paths.js';
import { semanticTokens, tokenModifiers, tokenTypes } from '../../language/features/semantic-tokens.js';
import { signatureAt } from '../../language/features/signature.js';
import { folds, type SpecSymbol, selections, symbols } from '../../language/features/symbols.js';
import type { FileReader } from '../../spec/index.js';
import { diagnosticOf, rangeOf } from './convert.js';
import { addressOf, entriesOf, type FolderEntry } from './files.js';
import type { Spec } from './specs.js';

/** Characters after which a path goes on; elsewhere they ask for nothing. */
const pathTriggers: readonly string[] = ['"', '/'];

export const featureCapabilities: ServerCapabilities = {
  completionProvider: { triggerCharacters: [...triggerCharacters, ...pathTriggers] },
  documentLinkProvider: {},
  hoverProvider: true,
  signatureHelpProvider: { triggerCharacters: ['(', ','], retriggerCharacters: [')'] },
  definitionProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  renameProvider: { prepareProvider: true },
  documentSymbolProvider: true,
  foldingRangeProvider: true,
  selectionRangeProvider: true,
  codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
  semanticTokensProvider: { legend: { tokenTypes: [...tokenTypes], tokenModifiers: [...tokenModifiers] }, full: true },
};

const itemKinds: Readonly<Record<Item['kind'], CompletionItemKind>> = {
  keyword: CompletionItemKind.Keyword,
  snippet: CompletionItemKind.Snippet,
  block: CompletionItemKind.Struct,
  setting: CompletionItemKind.Property,
  value: CompletionItemKind.EnumMember,
  function: CompletionItemKind.Function,
  let: CompletionItemKind.Variable,
  sweep: CompletionItemKind.Variable,
  quantity: CompletionItemKind.Field,
  property: CompletionItemKind.Property,
  axis: CompletionItemKind.Constant,
  constant: CompletionItemKind.Constant,
};

const symbolKinds: Readonly<Record<SpecSymbol['kind'], SymbolKind>> = {
  experiment: SymbolKind.Module,
  block: SymbolKind.Struct,
  setting: SymbolKind.Property,
  let: SymbolKind.Variable,
  sweep: SymbolKind.Array,
  expect: SymbolKind.Event,
  measure: SymbolKind.Field,
  plot: SymbolKind.Field,
  statement: SymbolKind.Object,
};

/** `specOf` answers the newest version of an open spec, `readerOf` the files that it may read. */
export function registerFeatures(
  connection: Connection,
  specOf: (uri: string) => Spec | null,
  readerOf: (uri: string) => FileReader,
): void {
  /** Answers `empty` for a text that is not open, and passes the place as an offset. */
  const at = <P extends TextDocumentPositionParams, R>(
    feature: (document: SpecDocument, offset: number, spec: Spec, params: P) => R,
    empty: R,
  ) => {
    return (params: P): R => {
      const spec = specOf(params.textDocument.uri);
      return spec === null ? empty : feature(spec.document, spec.source.offsetAt(params.position), spec, params);
    };
  };

  connection.onCompletion(
    at((document, offset, spec, { context }) => {
      const path = pathAt(document, offset);
      if (path !== null) return entriesOf(readerOf(spec.uri), path.folder).map((entry) => pathItem(spec, path, entry));
      if (pathTriggers.includes(context?.triggerCharacter ?? '')) return [];
      return complete(document, offset, context?.triggerCharacter ?? null).map((item) => completionItem(spec, item));
    }, [] as CompletionItem[]),
  );

  connection.onHover(
    at((document, offset, spec) => {
      const hover = hoverAt(document, offset, spec.diagnostics);
      return hover === null ? null : { contents: { kind: MarkupKind.Markdown, value: hover.markdown }, range: rangeOf(spec.source, hover) };
    }, null),
  );

  connection.onSignatureHelp(
    at((document, offset) => {
      const help = signatureAt(document, offset);
      if (help === null) return null;
      const signatures = help.signatures.map(({ label, meaning, parameters }) => ({
        label,
        documentation: meaning,
        parameters: parameters.map(({ start, end }) => ({ label: [start, end] as [number, number] })),
      }));
      return { signatures, activeSignature: help.active, activeParameter: help.parameter < 0 ? undefined : help.parameter };
    }, null),
  );

  connection.onDefinition(
    at((document, offset, spec, { textDocument }) => {
      const definition = definitionAt(document, offset);
      return definition === null ? null : { uri: textDocument.uri, range: rangeOf(spec.source, definition.token) };
    }, null),
  );

  connection.onReferences(
    at((document, offset, spec, { textDocument, context }) => {
      return occurrencesAt(document, offset)
        .filter((place) => context.includeDeclaration || !place.isDefinition)
        .map((place) => ({ uri: textDocument.uri, range: rangeOf(spec.source, place) }));
    }, []),
  );

  connection.onDocumentHighlight(
    at((document, offset, spec) => {
      return highlightsAt(document, offset).map((place) => ({
        range: rangeOf(spec.source, place),
        kind: place.isDefinition ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
      }));
    }, []),
  );

  connection.onPrepareRename(
    at((document, offset, spec) => {
      const place = renamePlace(document, offset);
      return place === null ? null : { range: rangeOf(spec.source, place), placeholder: place.name };
    }, null),
  );

  connection.onRenameRequest(
    at((document, offset, spec, { newName, textDocument }) => {
      const renamed = rename(document, offset, newName);
      if ('refused' in renamed) throw new ResponseError(ErrorCodes.InvalidRequest, renamed.refused);
      const edits = renamed.edits.map((edit) => ({ range: rangeOf(spec.source, edit), newText: edit.text }));
      return { changes: { [textDocument.uri]: edits } };
    }, null),
  );

  connection.onDocumentLinks(({ textDocument }) => {
    const spec = specOf(textDocument.uri);
    return (spec === null ? [] : namedFiles(spec.document)).flatMap((file) => {
      const target = addressOf(readerOf(textDocument.uri), file.path);
      return target === null ? [] : [{ range: rangeOf(spec!.source, file), target }];
    });
  });

  connection.onDocumentSymbol(({ textDocument }) => {
    const spec = specOf(textDocument.uri);
    return spec === null ? [] : symbols(spec.document).map((symbol) => documentSymbol(spec, symbol));
  });

  connection.onFoldingRanges(({ textDocument }) => {
    const spec = specOf(textDocument.uri);
    return (spec === null ? [] : folds(spec.document)).map(
      ({ from, to, kind }): FoldingRange => ({
        startLine: from - 1,
        endLine: to - 1,
        ...(kind === 'comment' ? { kind: FoldingRangeKind.Comment } : {}),
      }),
    );
  });

  connection.onSelectionRanges(({ textDocument, positions }) => {
    const spec = specOf(textDocument.uri);
    if (spec === null) return [];
    return positions.map((position): SelectionRange => {
      const spans = selections(spec.document, spec.source.offsetAt(position));
      const around = spans.reduceRight<SelectionRange | undefined>(
        (parent, span) => ({ range: rangeOf(spec.source, span), ...(parent === undefined ? {} : { parent }) }),
        undefined,
      );
      return around ?? { range: { start: position, end: position } };
    });
  });

  connection.onCodeAction(({ textDocument, range, context }) => {
    const spec = specOf(textDocument.uri);
    if (spec === null || (context.only !== undefined && !context.only.some((kind) => CodeActionKind.QuickFix.startsWith(kind)))) return [];
    const start = spec.source.offsetAt(range.start);
    const end = spec.source.offsetAt(range.end);
    return spec.diagnostics.flatMap((diagnostic) => {
      const { fix } = diagnostic;
      if (fix === undefined || diagnostic.start > end || diagnostic.end < start) return [];
      const edit = { range: rangeOf(spec.source, fix), newText: fix.text };
      return [
        {
          title: fix.title,
          kind: CodeActionKind.QuickFix,
          diagnostics: [diagnosticOf(spec.source, diagnostic, null)],
          isPreferred: true,
          edit: { changes: { [textDocument.uri]: [edit] } },
        },
      ];
    });
  });

  connection.languages.semanticTokens.on(({ textDocument }) => {
    const spec = specOf(textDocument.uri);
    const builder = new SemanticTokensBuilder();
    for (const { start, end, type, modifiers } of spec === null ? [] : semanticTokens(spec.document)) {
      const { line, character } = spec!.source.positionAt(start);
      const bits = modifiers.reduce((sum, modifier) => sum | (1 << tokenModifiers.indexOf(modifier)), 0);
      builder.push(line, character, end - start, tokenTypes.indexOf(type), bits);
    }
    return builder.build();
  });
}

function pathItem(spec: Spec, { replace }: PathPlace, { name, isFolder }: FolderEntry): CompletionItem {
  const text = isFolder ? `${name}/` : name;
  return {
    label: text,
    kind: isFolder ? CompletionItemKind.Folder : CompletionItemKind.File,
    // Files before folders, and the folder above at the end.
    sortText: `${name === '..' ? 2 : isFolder ? 1 : 0}${name}`,
    filterText: name,
    textEdit: { range: rangeOf(spec.source, replace), newText: text },
    ...(isFolder ? { command: suggestAgain } : {}),
  };
}

const suggestAgain = { title: '', command: 'editor.action.triggerSuggest' };

function completionItem(spec: Spec, item: Item): CompletionItem {
  return {
    label: item.label,
    kind: itemKinds[item.kind],
    ...(item.detail === '' ? {} : { detail: item.detail }),
    ...(item.documentation === null ? {} : { documentation: { kind: MarkupKind.Markdown, value: item.documentation } }),
    sortText: `${String(item.rank).padStart(3, '0')}${item.label}`,
    insertTextFormat: item.isSnippet ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
    textEdit: { range: rangeOf(spec.source, item.replace), newText: item.insert },
    ...(item.retrigger ? { command: suggestAgain } : {}),
  };
}

function documentSymbol(spec: Spec, symbol: SpecSymbol): DocumentSymbol {
  return {
    name: symbol.name,
    detail: symbol.detail,
    kind: symbolKinds[symbol.kind],
    range: rangeOf(spec.source, symbol),
    selectionRange: rangeOf(spec.source, symbol.selection),
    children: symbol.children.map((child) => documentSymbol(spec, child)),
  };
}
