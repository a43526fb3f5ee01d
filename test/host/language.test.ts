import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, openExample, openSpec, until } from '../support/vscode/host.js';

const valid = `let rho = 0.5

experiment "Small" {
  sweep L over [10, 100, inf]
  task linear_regression { dimension = 3, covariance = kms(rho) }
  prompt { length = L }
  attention { kernel = softmax }
  train gradient_flow { time = 4, points = 9 }
  plot risk against time by L
}
`;

/** The spec above with a piece replaced; the place of the cursor is marked in it. */
const spec = (from: string, to: string): string => {
  assert.ok(valid.includes(from));
  return valid.replace(from, to);
};

const diagnosed = (uri: vscode.Uri, count: number): Promise<vscode.Diagnostic[]> =>
  until(`${count} diagnostics`, () => {
    const found = vscode.languages.getDiagnostics(uri);
    return found.length === count && found;
  });

function ask<T>(command: string, ...args: readonly unknown[]): Promise<T> {
  return until(`an answer of ${command}`, async () => {
    const answer = await vscode.commands.executeCommand<T | undefined>(command, ...args);
    return (Array.isArray(answer) ? answer.length > 0 : answer !== undefined && answer !== null) && (answer as T);
  });
}

describe('the language in the editor', () => {
  afterEach(closeAll);

  it('is told by the file name', async () => {
    const { document } = await openSpec(valid);
    assert.equal(document.languageId, 'attn');
  });

  it('finds nothing wrong with the examples', async () => {
    for (const name of ['icl-gradient-flow.attn', 'concentration.attn', 'paper-grid.attn', 'rademacher-limit.attn']) {
      const { document } = await openExample(name);
      await ask('vscode.executeDocumentSymbolProvider', document.uri);
      assert.deepEqual(
        vscode.languages.getDiagnostics(document.uri).map(({ message }) => message),
        [],
        name,
      );
    }
  });

  it('gives one message for one mistake, with a code that links to its documentation, and takes it back', async () => {
    const { document, editor } = await openSpec(spec('kernel = softmax', 'kernel = sofmax'));
    const [mistake] = await diagnosed(document.uri, 1);
    assert.equal(mistake!.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(document.getText(mistake!.range), 'sofmax');
    const code = mistake!.code as { value: string; target: vscode.Uri };
    assert.match(code.value, /^attn\.E\d+$/);
    assert.ok(code.target, 'the code is a link');
    await editor.edit((edit) => edit.replace(mistake!.range, 'softmax'));
    await diagnosed(document.uri, 0);
  });

  it('offers a quick fix that mends a misspelt name', async () => {
    const { document } = await openSpec(spec('kernel = softmax', 'kernel = sofmax'));
    const [mistake] = await diagnosed(document.uri, 1);
    const fixes = await ask<vscode.CodeAction[]>('vscode.executeCodeActionProvider', document.uri, mistake!.range);
    const fix = fixes.find(({ title }) => title.includes('softmax'))!;
    assert.ok(await vscode.workspace.applyEdit(fix.edit!));
    await diagnosed(document.uri, 0);
    assert.equal(document.getText(), valid);
  });

  it('completes the settings of the block that the cursor stands in, without those that are given', async () => {
    const { document, at } = await openSpec(spec('time = 4, points = 9', 'time = 4, ¦'));
    const list = await until('a list of settings', async () => {
      const answer = await vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', document.uri, at);
      return answer.items.some(({ label }) => String(typeof label === 'string' ? label : label.label).startsWith('points')) && answer;
    });
    const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(labels.some((label) => label.startsWith('tolerance')));
    assert.ok(!labels.some((label) => /^(kernel|dimension|time)\b/.test(label)), labels.join());
  });

  it('says in a hover what a setting means and what a name is worth', async () => {
    const { document } = await openSpec(valid);
    const hover = async (word: string): Promise<string> => {
      const at = document.positionAt(document.getText().indexOf(word) + 1);
      const found = await ask<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, at);
      return found.flatMap(({ contents }) => contents.map((content) => (typeof content === 'string' ? content : content.value))).join('\n');
    };
    assert.match(await hover('points'), /101/);
    assert.match(await hover('rho)'), /0\.5/);
  });

  it('renames a name everywhere', async () => {
    const { document } = await openSpec(valid);
    const at = document.positionAt(document.getText().indexOf('rho') + 1);
    const edit = await ask<vscode.WorkspaceEdit>('vscode.executeDocumentRenameProvider', document.uri, at, 'ρ');
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.equal(document.getText(), valid.replaceAll('rho', 'ρ'));
  });

  it('goes from a use to the definition, and from there to all uses', async () => {
    const { document } = await openSpec(valid);
    const use = document.positionAt(document.getText().indexOf('(rho)') + 2);
    const found = await ask<(vscode.Location | vscode.LocationLink)[]>('vscode.executeDefinitionProvider', document.uri, use);
    const range = 'targetRange' in found[0]! ? found[0].targetRange : found[0]!.range;
    assert.equal(range.start.line, 0);
    const uses = await ask<vscode.Location[]>('vscode.executeReferenceProvider', document.uri, use);
    assert.deepEqual(uses.map((place) => place.range.start.line).sort(), [0, 4]);
  });

  it('formats a document, and leaves a formatted one alone', async () => {
    const { document } = await openSpec(valid.replace('  sweep', 'sweep').replace('rho = 0.5', 'rho=0.5'));
    const options = { tabSize: 2, insertSpaces: true };
    const edits = await ask<vscode.TextEdit[]>('vscode.executeFormatDocumentProvider', document.uri, options);
    const change = new vscode.WorkspaceEdit();
    change.set(document.uri, edits);
    assert.ok(await vscode.workspace.applyEdit(change));
    const once = document.getText();
    assert.match(once, /^ {2}sweep L/m);
    assert.match(once, /^let rho = 0\.5$/m);
    const again = await vscode.commands.executeCommand<vscode.TextEdit[] | undefined>(
      'vscode.executeFormatDocumentProvider',
      document.uri,
      options,
    );
    assert.deepEqual(again ?? [], []);
  });

  it('outlines experiments with their blocks', async () => {
    const { document } = await openSpec(valid);
    const symbols = await ask<vscode.DocumentSymbol[]>('vscode.executeDocumentSymbolProvider', document.uri);
    const experiment = symbols.find(({ name }) => name.includes('Small'))!;
    assert.ok(experiment, symbols.map(({ name }) => name).join());
    assert.ok(experiment.children.some(({ name }) => name.includes('train') || name.includes('gradient_flow')));
    assert.equal(
      symbols.some(({ name }) => name.includes('rho')),
      true,
    );
  });

  it('folds blocks, widens selections, explains arguments', async () => {
    const { document } = await openSpec(valid);
    const folds = await ask<vscode.FoldingRange[]>('vscode.executeFoldingRangeProvider', document.uri);
    assert.ok(folds.some(({ start, end }) => start === 2 && end >= 8));
    const inside = document.positionAt(document.getText().indexOf('(rho)') + 2);
    const [selection] = await ask<vscode.SelectionRange[]>('vscode.executeSelectionRangeProvider', document.uri, [inside]);
    assert.equal(document.getText(selection!.range), 'rho');
    assert.ok(selection!.parent);
    const after = document.positionAt(document.getText().indexOf('(rho)') + 1);
    const help = await ask<vscode.SignatureHelp>('vscode.executeSignatureHelpProvider', document.uri, after, '(');
    assert.match(help.signatures[0]!.label, /kms\(/);
  });

  it('colours words by what they are here', async () => {
    const { document } = await openSpec(valid);
    const tokens = await ask<vscode.SemanticTokens>('vscode.provideDocumentSemanticTokens', document.uri);
    assert.ok(tokens.data.length / 5 > 10);
  });

  it('shows lenses over each experiment', async () => {
    const { document } = await openSpec(valid);
    const lenses = await until('lenses', async () => {
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri, 20);
      return found.length >= 3 && found;
    });
    const titles = lenses.filter(({ range }) => range.start.line === 2).map(({ command }) => command?.title.replace(/\$\([^)]*\)\s*/g, ''));
    for (const title of ['Run', 'Preview', 'Export'])
      assert.ok(
        titles.some((shown) => shown?.startsWith(title)),
        `${title} among ${titles.join()}`,
      );
    const implemented = new Set(await vscode.commands.getCommands(true));
    for (const { command } of lenses) assert.ok(implemented.has(command!.command), command!.command);
  });

  it('tells the number of runs beside a sweep, and results beside a train after a run', async () => {
    const { document } = await openSpec(valid);
    const all = new vscode.Range(0, 0, document.lineCount, 0);
    const label = ({ label: text }: vscode.InlayHint): string =>
      typeof text === 'string' ? text : text.map(({ value }) => value).join('');
    const hints = (): Thenable<vscode.InlayHint[]> => vscode.commands.executeCommand('vscode.executeInlayHintProvider', document.uri, all);
    await until('the number of runs', async () => (await hints()).some((hint) => hint.position.line === 3 && /3/.test(label(hint))));
  });

  it('answers at once in a text that changes with every key', async () => {
    const { document, editor } = await openSpec(valid);
    for (let round = 0; round < 40; round += 1) {
      const end = new vscode.Position(0, document.lineAt(0).text.length);
      await editor.edit((edit) => edit.insert(end, String(round % 10)), { undoStopBefore: false, undoStopAfter: false });
    }
    await editor.edit((edit) => edit.replace(document.lineAt(0).range, 'let rho = 2'));
    const found = await until('the diagnostic of the last text', () => {
      const present = vscode.languages.getDiagnostics(document.uri);
      return present.length > 0 && present;
    });
    assert.equal(found.length, 1);
  });

  it('is coloured in fences of Markdown, in its preview too', async () => {
    const html = await ask<string>('markdown.api.render', '```attn\nsweep L over [1, 2]\n```\n\n```python\nx = 1\n```\n');
    assert.match(html, /<span class="hljs-keyword">sweep<\/span>/);
    assert.match(html, /x = <span class="hljs-number">1<\/span>/);
  });
});
