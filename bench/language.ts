/**
 * How long the language takes: a spec of 1000 lines parsed and checked, and a keystroke in the first example until the language server has
 * answered with diagnostics and plan. `npm run build && node --import tsx bench/language.ts`
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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

/** Times of the rounds after the first ones, which compile. */
function timed(text: string, work: (text: string) => void): number[] {
  return Array.from({ length: 80 }, (_, i) => {
    const changed = rho(text, i);
    const begin = performance.now();
    work(changed);
    return performance.now() - begin;
  }).slice(30);
}

const long = thousandLines();
report(`${long.split('\n').length - 1} lines: parse and check`, timed(long, parseSpec));
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
