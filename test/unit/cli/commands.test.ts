import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { attn, folderForEach, quick } from '../../support/cli/attn.js';

describe('attn check, format and explain', function () {
  this.timeout(60_000);
  const folder = folderForEach();

  it('check says nothing but the count when all is well', async () => {
    assert.deepEqual(await attn(['check', folder.file('a.attn', quick)]), { status: 0, out: '', err: '0 errors in 1 file\n' });
  });

  it('check reports a mistake at its place, for people and for programs', async () => {
    const file = folder.file('a.attn', quick.replace('at = [1, 0]', 'at = [1, 0, 0]'));
    const { status, out } = await attn(['check', file]);
    assert.equal(status, 1);
    assert.match(out, /a\.attn:7:22: error attn\.E3\d\d: /);
    const json = await attn(['check', file, '--format', 'json']);
    assert.equal(json.status, 1);
    const [{ diagnostics }] = JSON.parse(json.out).files;
    assert.equal(diagnostics.length, 1);
    assert.deepEqual([diagnostics[0].severity, diagnostics[0].line, diagnostics[0].column], ['error', 7, 22]);
  });

  it('check refuses a file outside the folder of the spec, and takes it with --root', async () => {
    const outer = folder.file('tokens.csv', '1,2\n3,4\n5,7\n');
    const { mkdirSync } = await import('node:fs');
    mkdirSync(`${folder.path}/in`);
    const file = folder.file('in/a.attn', quick.replace('gaussian(identity) }\n  query', 'file("../tokens.csv") }\n  query'));
    assert.ok(outer);
    const { status, out } = await attn(['check', file]);
    assert.equal(status, 1);
    assert.match(out, /outside/);
    assert.equal((await attn(['check', file, '--root', folder.path])).status, 0);
  });

  it('format rewrites in place, and --check only says so', async () => {
    const ragged = quick.replace('  prompt      {', 'prompt {').replace('\n\n', '\n\n\n\n');
    const file = folder.file('a.attn', ragged);
    const checked = await attn(['format', '--check', file]);
    assert.deepEqual([checked.status, checked.out], [1, `${file}\n`]);
    assert.equal(readFileSync(file, 'utf8'), ragged);
    assert.equal((await attn(['format', file])).status, 0);
    assert.notEqual(readFileSync(file, 'utf8'), ragged);
    assert.equal((await attn(['format', '--check', file])).status, 0);
    const piped = await attn(['format', '-'], { input: ragged });
    assert.equal(piped.out, readFileSync(file, 'utf8'));
  });

  it('format leaves a file with a mistake as it is', async () => {
    const broken = quick.replace('[10, 100, inf]', '[10, 100, inf');
    const file = folder.file('a.attn', broken);
    const { status, err } = await attn(['format', file]);
    assert.equal(status, 1);
    assert.match(err, /attn\.E1\d\d/);
    assert.equal(readFileSync(file, 'utf8'), broken);
  });

  it('explain knows every code by either name, and the nearest to an unknown one', async () => {
    const { status, out } = await attn(['explain', 'attn.E102']);
    assert.equal(status, 0);
    assert.match(out, /^attn\.E102: /);
    assert.match(out, /\nWrong\n[\s\S]*\nRight\n/);
    assert.equal((await attn(['explain', 'e102'])).out, out);
    const unknown = await attn(['explain', 'E1022']);
    assert.equal(unknown.status, 1);
    assert.match(unknown.err, /did you mean `attn\.E102`/);
  });

  it('shows control characters of a file instead of obeying them', async () => {
    const { out } = await attn(['check', folder.file('a.attn', quick.replace('length = L', 'lenght\u001b[31m = L'))]);
    assert.ok(!out.includes('\u001b'));
  });
});
