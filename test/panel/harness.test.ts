import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { processesOf } from '../support/vscode/processes.js';
import { root } from '../support/vscode/versions.js';

async function until(what: string, probe: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!probe()) {
    assert.ok(Date.now() < deadline, what);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('a workbench of the tests', function () {
  this.timeout(120_000);

  it('leaves no process behind when its test run is killed', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', join('test', 'fixtures', 'editor', 'hold.ts')], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const line = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
        child.once('close', (code) => reject(new Error(`ended with ${code}`)));
      });
      const group = Number(line.split(' ')[0]);
      const folder = line.slice(line.indexOf(' ') + 1);
      await until('the server runs with an extension host', () => processesOf(group).length > 1);
      child.kill('SIGKILL');
      await until('every process of the server ends', () => processesOf(group).length === 0);
      await until('the folders are removed', () => !existsSync(folder));
    } finally {
      child.kill('SIGKILL');
    }
  });
});
