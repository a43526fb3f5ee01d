import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeResult, encodeResult } from '../../../src/engine/codec.js';
import { cacheFolder, DiskCache } from '../../../src/engine/node/cache.js';
import { folderReader } from '../../../src/engine/node/reader.js';
import { result, single } from '../../support/engine/experiments.js';

const some = result(
  { output_error: single(1 / 3, { reason: 'A "reason".' }), risk: single(Number.NaN), gap: single(Number.POSITIVE_INFINITY) },
  { time: [0, 1e-300] },
);

describe('a result as text', () => {
  it('comes back as it was, with the values that JSON does not know', () => {
    assert.deepEqual(decodeResult(encodeResult(some, 'ab'), 'ab'), some);
  });

  it('is refused when a part is missing, wrong, or another’s', () => {
    const text = encodeResult(some, 'ab');
    for (let length = 0; length < text.length; length++) assert.equal(decodeResult(text.slice(0, length), 'ab'), null);
    assert.equal(decodeResult(text, 'cd'), null);
    for (const other of ['', 'null\nnull', '{}\n{}', '[]', '\u0000']) assert.equal(decodeResult(other, 'ab'), null);
  });
});

describe('files on disk', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'attn-storage-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('the cache lies where the XDG specification has it', () => {
    assert.equal(cacheFolder('1.2', { XDG_CACHE_HOME: '/x' }), '/x/attn-lab/1.2');
    assert.match(cacheFolder('1.2', { XDG_CACHE_HOME: 'relative' }), /\.cache\/attn-lab\/1\.2$/);
    assert.match(cacheFolder('1.2', {}), /\.cache\/attn-lab\/1\.2$/);
  });

  it('the cache keeps results, and throws away what is damaged', async () => {
    const cache = new DiskCache(join(folder, 'a', 'b'));
    assert.equal(await cache.get('ab'), null);
    await cache.put('ab', some);
    assert.deepEqual(await cache.get('ab'), some);
    assert.deepEqual(readdirSync(join(folder, 'a', 'b')), ['ab.json']);
    writeFileSync(join(folder, 'a', 'b', 'ab.json'), 'half of it');
    assert.equal(await cache.get('ab'), null);
    assert.deepEqual(readdirSync(join(folder, 'a', 'b')), []);
  });

  it('the cache takes no name for a path, and bears a folder that cannot be made', async () => {
    const cache = new DiskCache(folder);
    await cache.put('../escape', some);
    assert.deepEqual(readdirSync(folder), []);
    writeFileSync(join(folder, 'file'), '');
    const blocked = new DiskCache(join(folder, 'file', 'below'));
    await blocked.put('ab', some);
    assert.equal(await blocked.get('ab'), null);
  });

  it('the cache stays within its bound, the least recently used going first', async () => {
    const size = encodeResult(some, '00').length;
    const first = new DiskCache(folder, 10 * size);
    for (const name of ['00', '01', '02', '03']) await first.put(name, some);
    ['00', '01', '02', '03'].forEach((name, i) => {
      utimesSync(join(folder, `${name}.json`), 1000 + i, 1000 + i);
    });
    assert.notEqual(await first.get('00'), null);
    await new DiskCache(folder, Math.floor(3.5 * size)).put('04', some);
    assert.deepEqual(readdirSync(folder), ['00.json', '03.json', '04.json']);
  });

  it('a reader finds files below its root, and no others', () => {
    mkdirSync(join(folder, 'in'));
    writeFileSync(join(folder, 'out.csv'), '1');
    writeFileSync(join(folder, 'in', 'a.csv'), '1');
    symlinkSync(join(folder, 'out.csv'), join(folder, 'in', 'link.csv'));
    const reader = folderReader(join(folder, 'in'), join(folder, 'in'));
    assert.equal(reader.resolve('a.csv'), join(folder, 'in', 'a.csv'));
    assert.deepEqual(reader.resolve('none.csv'), { error: 'missing' });
    for (const path of ['../out.csv', '/etc/passwd', 'link.csv', '../none.csv'])
      assert.deepEqual(reader.resolve(path), { error: 'outside' }, path);
    assert.equal(folderReader(join(folder, 'in'), folder).resolve('../out.csv'), join(folder, 'out.csv'));
    assert.deepEqual(reader.read(join(folder, 'in', 'a.csv'), 0), { error: 'too_large' });
    assert.deepEqual(reader.read(join(folder, 'in'), 100), { error: 'unreadable', message: 'it is not a file' });
  });
});
