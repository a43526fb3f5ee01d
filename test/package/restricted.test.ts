import assert from 'node:assert/strict';
import { join } from 'node:path';
import { example, first } from '../support/vscode/specs.js';
import { inWorkbench } from '../support/vscode/suite.js';
import { root } from '../support/vscode/versions.js';
import type { Workbench } from '../support/vscode/workbench.js';

describe('a folder that is not trusted', function () {
  let workbench: Workbench;

  inWorkbench(this, { vsix: join(root, 'attn-lab.vsix'), files: { [first]: example(first) }, asksForTrust: true }, async (opened) => {
    workbench = opened;
  });

  it('still gives charts beside the text', async () => {
    await workbench.page.locator('.statusbar', { hasText: 'Restricted Mode' }).waitFor();
    await workbench.openFile(first);
    await workbench.openPreview();
    await workbench.until('all curves are there', async () => /L = ∞: from/.test(await workbench.spoken()));
    await workbench.screenshot('restricted');
    assert.deepEqual(await workbench.panel().locator('.banner.failed').count(), 0);
  });
});
