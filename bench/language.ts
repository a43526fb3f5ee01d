/**
 * How long the language takes: a spec of 1000 lines parsed and checked, beside TypeScript's parser on as many characters of its own
 * language in turn with it, and a keystroke in the first example until the language server has answered with diagnostics and plan.
 * `npm run build && node --import tsx bench/language.ts`
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { parseSpec } from '../src/language/index.js';
import { buildPlan, noFiles } from '../src/spec/index.js';
import { TestClient } from '../test/support/language/client.js';

const root = new URL('..', import.meta.url);
const example = readFileSync(new URL('examples/icl-gradient-flow.attn', root), 'utf8');
const rho = (text: string, i: number): string => text.replace(/rho = 0\.\d+/, `rho = 0.${100 + i}`);

function report(what: string, milliseconds: readonly number[]): void {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  console.log(`${what.padEnd(58)} least ${at(0)} ms, median ${at(0.5)} ms, 95th percentile ${at(0.95)} ms`);
}

function thousandLines(): string {
  const begin = example.indexOf('experiment');
  let text = example.slice(0, begin);
  for (let i = 0; text.split('\n').length < 1000; i++) text += `${example.slice(begin).replace('Softmax', `Softmax ${i}`)}\n`;
  return text;
}

const warmUp = 30;

function duration(work: () => void): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

/** Times of the rounds after the first ones, which compile. */
function timed(text: string, work: (text: string) => void): number[] {
  return Array.from({ length: warmUp + 50 }, (_, i) => {
    const changed = rho(text, i);
    return duration(() => work(changed));
  }).slice(warmUp);
}

/** TypeScript as long as a text, different each time. */
function typescriptAsLongAs(text: string, i: number): string {
  const source = readFileSync(new URL('src/language/structure.ts', root), 'utf8');
  return `// ${i}\n${source.repeat(Math.ceil(text.length / source.length)).slice(0, text.length)}`;
}

const long = thousandLines();
const lines = long.split('\n').length - 1;
const ours: number[] = [];
const theirs: number[] = [];
for (let i = 0; i < warmUp + 50; i++) {
  const [spec, program] = [rho(long, i), typescriptAsLongAs(long, i)];
  const [own, other] = [
    duration(() => parseSpec(spec)),
    duration(() => ts.createSourceFile('program.ts', program, ts.ScriptTarget.Latest, true)),
  ];
  if (i < warmUp) continue;
  ours.push(own);
  theirs.push(other);
}
report(`${lines} lines: parse and check`, ours);
report('TypeScript of as many characters: parse', theirs);
const ratios = ours.map((own, i) => own / theirs[i]!).sort((a, b) => a - b);
console.log(`${'ratio, median of rounds'.padEnd(58)} ${ratios[ratios.length >> 1]!.toFixed(2)}`);
report(
  `${lines} lines: parse, check and plan`,
  timed(long, (text) => buildPlan(parseSpec(text), { file: 'bench', reader: noFiles })),
);
report('first example: parse and check', timed(example, parseSpec));
report(
  'first example: parse, check and plan',
  timed(example, (text) => buildPlan(parseSpec(text), { file: 'bench', reader: noFiles })),
);

const client = new TestClient(fileURLToPath(new URL('dist/server.js', root)));
const started = performance.now();
await client.start();
report('language server: start', [performance.now() - started]);
const uri = 'file:///bench.attn';
await client.open(uri, example);
const keystrokes: number[] = [];
for (let i = 0; i < 150; i++) {
  const old = /rho = [\d.]+/.exec(client.textOf(uri).getText())![0];
  const begin = performance.now();
  await client.edit(uri, old, `rho = 0.${100 + i}`);
  await client.answer(uri);
  if (i >= 30) keystrokes.push(performance.now() - begin);
}
report('language server: keystroke to diagnostics and plan', keystrokes);
await client.stop();
