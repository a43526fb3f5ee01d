import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { example, first } from '../support/vscode/specs.js';
import { Workbench } from '../support/vscode/workbench.js';

describe('exports of the panel', function () {
  this.timeout(120_000);
  let workbench: Workbench;

  before(async () => {
    workbench = await Workbench.open({ files: { [first]: example(first) } });
    await workbench.openFile(first);
    await workbench.openPreview();
    await workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken()));
  });
  after(() => workbench?.close());

  async function exported(item: string, ending: string): Promise<Buffer> {
    const panel = workbench.panel();
    await panel.getByRole('button', { name: 'Export' }).first().click();
    await panel.locator('[role=menuitem]', { hasText: item }).first().click();
    const path = await workbench.saveWhereProposed(ending);
    let content: Buffer = Buffer.alloc(0);
    await workbench.until(`${path} is written`, async () => {
      try {
        content = readFileSync(path);
        return content.length > 0;
      } catch {
        return false;
      }
    });
    return content;
  }

  /** Where every exported text says what it was made from. */
  const origin = /[0-9a-f]{16,}/;

  it('SVG, in the print theme, with its origin', async () => {
    const text = (await exported('SVG', '.svg')).toString('utf8');
    assert.match(text, /^(<\?xml[^>]*>\s*)?<svg[\s\S]*<\/svg>\s*$/);
    assert.match(text, origin);
    assert.doesNotMatch(text, /--vscode/);
  });

  it('PNG, drawn by the panel', async () => {
    const bytes = await exported('PNG', '.png');
    assert.deepEqual([...bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    assert.ok(bytes.readUInt32BE(16) >= 600, `${bytes.readUInt32BE(16)} pixels wide`);
    assert.ok(bytes.length > 5000);
  });

  it('pgfplots', async () => {
    const text = (await exported('pgfplots', '.tex')).toString('utf8');
    assert.match(text.slice(0, 20_000), /\\begin\{(axis|groupplot)\}/);
    assert.match(text, origin);
  });

  it('CSV, with one row for each run, time and quantity', async () => {
    const text = (await exported('CSV', '.csv')).toString('utf8');
    const rows = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(rows.length, 1 + 8 * 65 * 4);
    assert.match(text, origin);
  });

  it('JSON', async () => {
    const data = JSON.parse((await exported('JSON', '.json')).toString('utf8')) as object;
    assert.match(JSON.stringify(data), origin);
  });
});
