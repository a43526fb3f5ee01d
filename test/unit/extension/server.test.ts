import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type {
  CodeAction,
  CompletionItem,
  DocumentSymbol,
  Hover,
  InitializeResult,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver/node';
import { parseSpec } from '../../../src/language/index.js';
import {
  type Sliders,
  slidersRequest,
  type TrialPlan,
  trialPlanRequest,
  unpacked,
  type ValueAt,
  valueRequest,
} from '../../../src/protocol/language.js';
import type { Plan } from '../../../src/spec/experiment.js';
import { buildPlan, noFiles } from '../../../src/spec/index.js';
import { build, program, project } from '../../support/cli/attn.js';
import { TestClient } from '../../support/language/client.js';

const example = readFileSync(join(project, 'examples', 'icl-gradient-flow.attn'), 'utf8');

describe('the language server as a process', function () {
  this.timeout(120_000);
  let client: TestClient;
  let initialized: InitializeResult;
  let folder: string;
  let n = 0;
  const fresh = (): string => pathToFileURL(join(folder, `spec${n++}.attn`)).href;

  before(async () => {
    build();
    folder = mkdtempSync(join(tmpdir(), 'attn-server-'));
    client = new TestClient(join(dirname(program), 'server.js'));
    initialized = await client.start(pathToFileURL(folder).href);
  });
  after(async () => {
    const status = await client.stop();
    rmSync(folder, { recursive: true, force: true });
    assert.equal(status, 0);
    assert.equal(client.errors, '');
  });

  it('says what it can', () => {
    const { capabilities } = initialized;
    for (const provider of [
      'completion',
      'hover',
      'signatureHelp',
      'definition',
      'references',
      'rename',
      'foldingRange',
      'codeAction',
      'semanticTokens',
    ])
      assert.ok(`${provider}Provider` in capabilities, provider);
  });

  it('sends the plan of a whole spec, infinity included', async () => {
    const uri = fresh();
    const { diagnostics, plan } = await client.open(uri, example);
    assert.deepEqual(diagnostics, []);
    const expected = buildPlan(parseSpec(example), { file: uri, reader: noFiles }).plan;
    assert.deepEqual(unpacked(plan.plan), expected);
    assert.equal((unpacked(plan.plan) as Plan).experiments[0]!.runs.at(-1)!.problem.length, Number.POSITIVE_INFINITY);
    assert.equal(plan.outline[0]!.runs, 8);
  });

  it('sends no plan while there is an error, and the places all the same', async () => {
    const uri = fresh();
    await client.open(uri, example);
    await client.edit(uri, 'points = 65', 'points = ');
    const { diagnostics, plan } = await client.answer(uri);
    assert.equal(plan.plan, null);
    assert.equal(diagnostics.length, 1);
    assert.equal(plan.diagnostics[0]!.code, diagnostics[0]!.code);
    assert.equal(plan.diagnostics[0]!.line, diagnostics[0]!.range.start.line + 1);
    assert.equal(plan.outline[0]!.expectations.length, 2);
    await client.edit(uri, 'points = ', 'points = 9');
    assert.notEqual((await client.answer(uri)).plan.plan, null);
  });

  it('says once that a text has no mistakes', async () => {
    const uri = fresh();
    await client.open(uri, example);
    assert.equal(client.published(uri), 1);
    await client.edit(uri, 'points = 65', 'points = 66');
    assert.deepEqual((await client.answer(uri)).diagnostics, []);
    assert.equal(client.published(uri), 1);
    await client.edit(uri, 'points = 66', 'points = ');
    assert.equal((await client.answer(uri)).diagnostics.length, 1);
    await client.edit(uri, 'points = ', 'points = 67');
    assert.deepEqual((await client.answer(uri)).diagnostics, []);
    assert.equal(client.published(uri), 3);
  });

  it('links a code to its place in the documentation', async () => {
    const uri = fresh();
    const { diagnostics } = await client.open(uri, 'let d = 5 7\n');
    const [page, line] = diagnostics[0]!.codeDescription!.href.split('#L');
    assert.equal(page, 'file:///extension/docs/diagnostics.md');
    const heading = readFileSync(join(project, 'docs', 'diagnostics.md'), 'utf8').split('\n')[Number(line) - 1];
    assert.ok(heading?.startsWith(`### ${diagnostics[0]!.code}: `), heading);
  });

  it('answers for the newest of many changes, and skips others', async () => {
    const uri = fresh();
    await client.open(uri, example);
    let version = 1;
    let last = 'rho = 0.5';
    for (let i = 10; i < 60; i++) {
      const next = `rho = 0.${i}`;
      version = await client.edit(uri, last, next);
      last = next;
    }
    const { plan } = await client.answer(uri);
    assert.equal(plan.version, version);
    const { experiments } = unpacked(plan.plan) as Plan;
    const { setting } = experiments[0]!.runs[0]!.problem;
    assert.equal(setting.kind === 'task' && setting.task.covariance[0]![1], 0.59);
  });

  it('forgets a closed file', async () => {
    const uri = fresh();
    await client.open(uri, 'let d = 5 7\n');
    await client.notify('textDocument/didClose', { textDocument: { uri } });
    assert.equal(await client.request('textDocument/hover', { textDocument: { uri }, position: { line: 0, character: 0 } }), null);
  });

  it('completes, right after a change', async () => {
    const uri = fresh();
    await client.open(uri, 'experiment "t" {\n  task linear_regression { dimension = 2 }\n  \n}\n');
    await client.edit(uri, '\n  \n', '\n  prompt { le }\n');
    const items = await client.request<CompletionItem[]>('textDocument/completion', client.position(uri, 'le }', 2));
    assert.deepEqual(
      items.map((item) => item.label),
      ['length'],
    );
    assert.deepEqual(items[0]!.textEdit, {
      range: { start: { line: 2, character: 11 }, end: { line: 2, character: 13 } },
      newText: `length = \${1:100}`,
    });
  });

  it('hovers', async () => {
    const uri = fresh();
    await client.open(uri, example);
    const hover = await client.request<Hover>('textDocument/hover', client.position(uri, 'gaussian(1/d)', 2));
    assert.match(JSON.stringify(hover.contents), /Gaussian law.*gaussian\(0\.2\)/);
  });

  it('renames, and refuses in words', async () => {
    const uri = fresh();
    await client.open(uri, example);
    const edit = await client.request<WorkspaceEdit>('textDocument/rename', { ...client.position(uri, 'rho'), newName: 'ρ' });
    assert.equal(edit.changes![uri]!.length, 2);
    await assert.rejects(client.request('textDocument/rename', { ...client.position(uri, 'rho'), newName: 'sweep' }), /reserved/);
  });

  it('puts right what has an obvious fix', async () => {
    const uri = fresh();
    const { diagnostics } = await client.open(uri, example.replace('measure', 'mesure'));
    const [action] = await client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: diagnostics[0]!.range,
      context: { diagnostics },
    });
    assert.equal(action!.title, 'Write `measure`');
    assert.deepEqual(action!.edit!.changes![uri], [{ range: diagnostics[0]!.range, newText: 'measure' }]);
  });

  it('formats', async () => {
    const uri = fresh();
    await client.open(uri, 'let   d=5');
    const edits = await client.request<TextEdit[]>('textDocument/formatting', {
      textDocument: { uri },
      options: { tabSize: 2, insertSpaces: true },
    });
    assert.equal(edits[0]!.newText, 'let d = 5\n');
  });

  it('outlines', async () => {
    const uri = fresh();
    await client.open(uri, example);
    const symbols = await client.request<DocumentSymbol[]>('textDocument/documentSymbol', { textDocument: { uri } });
    assert.deepEqual(
      symbols.map((symbol) => symbol.name),
      ['d', 'rho', 'Softmax follows its infinite-prompt limit'],
    );
  });

  it('offers sliders and their trial plans', async () => {
    const uri = fresh();
    await client.open(uri, example);
    const offset = example.indexOf('rho');
    const sliders = await client.request<Sliders>(slidersRequest, { uri, version: 1, offset });
    const rho = sliders.find((slider) => slider.id === 'rho')!;
    const replacements = [{ ...rho.span, text: '0.25' }];
    const trial = await client.request<TrialPlan>(trialPlanRequest, { uri, version: 1, replacements });
    const { setting } = (unpacked(trial!.plan) as Plan).experiments[0]!.runs[0]!.problem;
    assert.equal(setting.kind === 'task' && setting.task.covariance[0]![1], 0.25);
    assert.equal(await client.request(trialPlanRequest, { uri, version: 7, replacements }), null);
    assert.equal(
      (await client.request<TrialPlan>(trialPlanRequest, { uri, version: 1, replacements: [{ ...rho.span, text: '2' }] }))!.plan,
      null,
    );
  });

  it('tells the value at a place', async () => {
    const uri = fresh();
    await client.open(uri, example);
    const value = await client.request<ValueAt>(valueRequest, { uri, version: 1, offset: example.indexOf('kms(rho)') });
    assert.equal(value?.text, 'kms(0.5)');
  });

  it('goes on with a path inside a file name, and links the files that are there', async () => {
    const inner = join(folder, 'paths');
    mkdirSync(join(inner, 'data', 'deep'), { recursive: true });
    for (const name of ['data/run.csv', 'data/tokens.npy', 'data/notes.txt', 'data/.hidden.csv', 'top.csv'])
      writeFileSync(join(inner, name), 'x\n1\n');
    const uri = pathToFileURL(join(inner, 'spec.attn')).href;
    await client.open(uri, 'let law = file("data/run.csv")\nlet half = 1/2\nlet other = file("missing.csv")\nlet m = file("\n');
    const offered = async (line: number, character: number, triggerCharacter?: string) => {
      const context = triggerCharacter === undefined ? { triggerKind: 1 } : { triggerKind: 2, triggerCharacter };
      const params = { textDocument: { uri }, position: { line, character }, context };
      return client.request<{ label: string; textEdit: { range: { start: { character: number }; end: { character: number } } } }[]>(
        'textDocument/completion',
        params,
      );
    };
    const inFolder = await offered(0, 'let law = file("data/r'.length, '/');
    assert.deepEqual(inFolder.map(({ label }) => label).sort(), ['deep/', 'run.csv', 'tokens.npy']);
    const { start, end } = inFolder[0]!.textEdit.range;
    assert.deepEqual([start.character, end.character], ['let law = file("data/'.length, 'let law = file("data/run.csv'.length]);
    const labels = async (...at: Parameters<typeof offered>) => (await offered(...at)).map(({ label }) => label).sort();
    assert.deepEqual(await labels(0, 'let law = file("'.length, '"'), ['../', 'data/', 'top.csv']);
    assert.deepEqual(await labels(3, 'let m = file("'.length, '"'), ['../', 'data/', 'top.csv'], 'the string is still open');
    assert.deepEqual(await labels(1, 'let half = 1/'.length, '/'), [], 'a division');
    const links = await client.request<{ target: string; range: { start: { line: number; character: number } } }[]>(
      'textDocument/documentLink',
      { textDocument: { uri } },
    );
    assert.deepEqual(
      links.map(({ target, range }) => [target, range.start]),
      [[pathToFileURL(join(inner, 'data', 'run.csv')).href, { line: 0, character: 'let law = file("'.length }]],
    );
  });

  it('reads data files of the workspace alone, and again when they change', async () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    const text =
      'experiment "t" {\n  tokens { dimension = 1, law = file("../tokens.csv") }\n  query { at = [1] }\n  attention { key_query = identity, value = identity }\n  prompt { length = 10 }\n  concentrate { }\n}\n';
    const uri = pathToFileURL(join(inner, 'spec.attn')).href;
    const missing = await client.open(uri, text);
    assert.match(missing.plan.diagnostics[0]?.message ?? '', /no file/);
    writeFileSync(join(folder, 'tokens.csv'), 'x\n1\n2\n4\n');
    await client.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: pathToFileURL(join(folder, 'tokens.csv')).href, type: 1 }] });
    await client.edit(uri, 'length = 10', 'length = 11');
    assert.notEqual((await client.answer(uri)).plan.plan, null);
    await client.edit(uri, '../tokens.csv', '../../tokens.csv');
    assert.match((await client.answer(uri)).plan.diagnostics[0]?.message ?? '', /outside/);
  });
});
