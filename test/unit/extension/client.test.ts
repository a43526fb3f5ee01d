import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SolverClient } from '../../../src/extension/solver/client.js';

/** A solver that answers a request with its own process id, and dies of a message about a study. */
const script = `
process.on('message', (message) => {
  if (message.type === 'clearCache') process.send({ type: 'cleared', request: message.request, bytes: process.pid });
  if (message.type === 'export') process.send({ type: 'failed', request: message.request, message: 'no such study' });
  if (message.type === 'close') process.exit(7);
  if (message.type === 'watch') process.send({ type: 'ended', study: message.study, revision: Infinity, status: 'finished' });
});
process.on('disconnect', () => process.exit(0));
`;

const what = { experiment: 'A', format: 'csv', chart: null, theme: 'print', transparent: false } as const;

describe('the process that solves', () => {
  const folder = mkdtempSync(join(tmpdir(), 'attn-solver-'));
  const path = join(folder, 'solver.mjs');
  writeFileSync(path, script);
  after(() => rmSync(folder, { recursive: true }));

  function started() {
    const heard: unknown[] = [];
    const deaths: (readonly [string, boolean])[] = [];
    let restarts = 0;
    let wake = () => {};
    const client = new SolverClient(path, {
      message: (message) => {
        heard.push(message);
        wake();
      },
      restarted: () => {
        restarts++;
        wake();
      },
      died: (reason, givenUp) => {
        deaths.push([reason, givenUp]);
        wake();
      },
      output: () => {},
    });
    const next = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    return { client, heard, deaths, next, restarts: () => restarts };
  }

  it('is started by the first message, and numbers that JSON does not know arrive', async () => {
    const { client, heard, next } = started();
    assert.equal(client.running, false);
    client.post({ type: 'watch', study: 'a', watched: [] });
    await next();
    assert.deepEqual(heard, [{ type: 'ended', study: 'a', revision: Number.POSITIVE_INFINITY, status: 'finished' }]);
    client.dispose();
  });

  it('answers each request, or says why not', async () => {
    const { client } = started();
    assert.ok((await client.clearCache()) > 0);
    await assert.rejects(client.export('a', what), /no such study/);
    client.dispose();
    await assert.rejects(client.clearCache(), /stopped/);
  });

  it('is started again when it dies, says so, and rejects what was open', async () => {
    const { client, deaths, restarts } = started();
    const first = await client.clearCache();
    client.post({ type: 'close', study: 'a' });
    await assert.rejects(
      client.export('a', what).then(() => client.clearCache()),
      /no such study|exit code 7|stopped/,
    );
    while (deaths.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(deaths, [['it ended with exit code 7', false]]);
    assert.equal(restarts(), 1);
    assert.notEqual(await client.clearCache(), first);
    client.dispose();
  });

  it('is not started for ever when it keeps dying', async () => {
    const { client, deaths, restarts } = started();
    for (let death = 1; death <= 3; death++) {
      client.post({ type: 'close', study: 'a' });
      while (deaths.length < death) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.deepEqual(
      deaths.map(([, givenUp]) => givenUp),
      [false, false, true],
    );
    assert.equal(restarts(), 2);
    client.dispose();
  });
});
