/**
 * How far the machine's limit is: the two-normals-per-token kernel in WebAssembly against the same in C++ (`pairs.cpp`) at 4, 8 and 16 lanes, in turns within one run.
 *
 *     npm run build && node --import tsx bench/kernels/compare.ts
 *
 * Needs g++; widths that the machine lacks are left out. Each figure is the least over many short runs, the spread that over the rounds.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBatchKernel, type PromptSetting, streamName } from '../../src/kernels/index.js';

declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

const rounds = 5;
const length = 1024;
const prompts = 32;
const dimension = 5;

const normal = [
  { share: 1, base: 'normal', baseDimension: dimension, mean: new Float64Array(dimension), factor: null },
] as const satisfies PromptSetting['tokens'];
const setting: PromptSetting = {
  kernel: 'softmax',
  heads: 1,
  dimension,
  length,
  tokens: normal,
  weights: normal,
  noise: 0.3,
  link: 'identity',
};

const module = new WebAssembly.Module(readFileSync(new URL('../../dist/kernels.wasm', import.meta.url)));
const kernel = createBatchKernel(setting, 'single', module);
const keyQuery = Float64Array.from({ length: (dimension + 1) * dimension }, (_, i) => 0.2 * Math.sin(i + 1));
const value = Float64Array.from({ length: dimension + 1 }, (_, i) => Math.cos(i));

function wasm(): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 2000; run++) {
    const start = process.hrtime.bigint();
    kernel.begin(streamName(1, 'bench', run), 0, prompts, keyQuery, value);
    while (!kernel.advance(1e9));
    best = Math.min(best, Number(process.hrtime.bigint() - start) / (length * prompts));
  }
  return best;
}

const folder = mkdtempSync(join(tmpdir(), 'attn-kernels-'));
const source = fileURLToPath(new URL('pairs.cpp', import.meta.url));
const contenders: { readonly title: string; readonly run: () => number }[] = [{ title: 'WebAssembly, 4 lanes', run: wasm }];
try {
  for (const [title, flags, feature] of [
    ['C++, SSE4.2, 4 lanes', ['-msse4.2', '-ffp-contract=off'], 'sse4_2'],
    ['C++, AVX encoding, 4 lanes', ['-mavx', '-ffp-contract=off'], 'avx'],
    ['C++, AVX2, 8 lanes', ['-mavx2', '-mfma'], 'avx2'],
    ['C++, AVX-512, 16 lanes', ['-mavx512f', '-mavx512dq'], 'avx512dq'],
  ] as const) {
    if (!readFileSync('/proc/cpuinfo', 'utf8').includes(` ${feature} `)) continue;
    const program = join(folder, feature);
    execFileSync('g++', ['-O3', ...flags, '-o', program, source]);
    contenders.push({
      title,
      run: () =>
        (JSON.parse(execFileSync(program, [String(length)], { encoding: 'utf8' })) as { nanoseconds_per_token: number })
          .nanoseconds_per_token,
    });
  }
  const figures = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) for (const [i, { run }] of contenders.entries()) figures[i]!.push(run());
  const median = (x: readonly number[]): number => [...x].sort((a, b) => a - b)[x.length >> 1]!;
  console.log('| kernel | ns per token | WebAssembly takes |\n| --- | --- | --- |');
  contenders.forEach(({ title }, i) => {
    const ratios = figures[i]!.map((x, round) => figures[0]![round]! / x);
    const spread = `${Math.min(...figures[i]!).toFixed(2)}–${Math.max(...figures[i]!).toFixed(2)}`;
    console.log(`| ${title} | ${median(figures[i]!).toFixed(2)} [${spread}] | ${median(ratios).toFixed(2)} times as long |`);
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
