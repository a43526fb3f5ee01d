/**
 * Raw words of the sampling kernels on standard output, without end, for a battery of tests outside:
 *
 *     node --import tsx bench/kernels/words.ts | dieharder -a -g 200
 *     node --import tsx bench/kernels/words.ts --across | dieharder -a -g 200
 *
 * The four lanes of one group take turns; with `--across`, every stream of a family gives its first eight words only.
 */
import { readFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { streamName } from '../../src/kernels/index.js';
import { Parts } from '../../test/unit/kernels/parts.js';

declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

const { values } = parseArgs({ options: { across: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } } });
const parts = new Parts(new WebAssembly.Module(readFileSync(new URL('../../dist/kernels.wasm', import.meta.url))));
const seed = Number(values.seed);
parts.start(streamName(seed, 'words', 0), 0);

/** Writes all of it: a pipe takes part of a write when its reader is behind, or none. */
function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit();
      if (code !== 'EAGAIN') throw error;
    }
  }
}

for (let lane = 0, step = 0; ; ) {
  const out = new Int32Array(1 << 16);
  for (let at = 0; at < out.length; ) {
    let words: Int32Array;
    if (values.across) {
      if (lane + 4 > 2 ** 31) {
        lane = 0;
        step++;
      }
      parts.start(streamName(seed, 'words', step), lane);
      lane += 4;
      words = parts.words(8);
    } else words = parts.words(4096);
    out.set(words, at);
    at += words.length;
  }
  write(new Uint8Array(out.buffer));
}
