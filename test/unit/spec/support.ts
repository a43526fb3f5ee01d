import assert from 'node:assert/strict';
import { parseSpec } from '../../../src/language/index.js';
import type { Experiment, RunSpec } from '../../../src/spec/experiment.js';
import { buildPlan, type FileReader } from '../../../src/spec/index.js';

/** A reader of files held in memory, by path. */
export function memoryReader(files: Readonly<Record<string, string | Uint8Array>>): FileReader {
  return {
    resolve: (path) => (path.startsWith('..') ? { error: 'outside' } : path),
    read: (path, limit) => {
      const content = files[path];
      if (content === undefined) return { error: 'missing' };
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      return bytes.length > limit ? { error: 'too_large' } : bytes;
    },
  };
}

export interface Options {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly sets?: readonly string[];
}

export function planOf(text: string, options: Options = {}) {
  return buildPlan(parseSpec(text), { file: 'test.attn', reader: memoryReader(options.files ?? {}), sets: options.sets ?? [] });
}

/** The only experiment of a spec without errors. */
export function experimentOf(text: string, options: Options = {}): Experiment {
  const { plan, diagnostics } = planOf(text, options);
  assert.deepEqual(
    diagnostics.filter((d) => d.severity === 'error').map((d) => `${d.code} ${d.message}`),
    [],
  );
  assert.equal(plan.experiments.length, 1);
  return plan.experiments[0]!;
}

/** Lines of an experiment made whole: what is missing of task, prompt and train is added. */
export function whole(lines: string): string {
  const has = (word: string): boolean => new RegExp(`^\\s*${word}\\b`, 'm').test(lines);
  const added = [
    has('task') || has('tokens') ? '' : 'task linear_regression { dimension = 3 }',
    has('prompt') ? '' : 'prompt { length = 10 }',
    has('train') || has('concentrate') ? '' : 'train gradient_flow { time = 8 }',
  ];
  return `experiment "t" {\n${lines}\n${added.filter((line) => line !== '').join('\n')}\n}\n`;
}

/** Plain tokens with a query and a layer, for tests of laws and concentration. */
export function tokensWith(law: string, more = '', dimension = 1): string {
  return whole(
    [
      `tokens { dimension = ${dimension}, law = ${law} }`,
      /^query/m.test(more) ? '' : 'query { law = gaussian(identity) }',
      /^attention/m.test(more) ? '' : 'attention { key_query = identity, value = identity }',
      /^concentrate/m.test(more) ? '' : 'concentrate { of = output }',
      more,
    ].join('\n'),
  );
}

export function runOf(lines: string, options: Options = {}): RunSpec {
  return experimentOf(whole(lines), options).runs[0]!;
}

/** `text` holds one mistake between « and »: exactly one diagnostic, there, with this code and a message that contains `says`. */
export function mistake(text: string, code: string, says: string | RegExp, options: Options = {}): void {
  const start = text.indexOf('«');
  const end = text.indexOf('»') - 1;
  const plain = text.replace('«', '').replace('»', '');
  const { plan, diagnostics } = planOf(plain, options);
  const shown = diagnostics.map((d) => `${d.code} at ${JSON.stringify(plain.slice(d.start, d.end))}: ${d.message}`).join('\n');
  assert.equal(diagnostics.length, 1, `one message expected for\n${text}\n${shown}`);
  const [only] = diagnostics;
  assert.equal(only!.code, `attn.${code}`, shown);
  assert.equal(plain.slice(only!.start, only!.end), plain.slice(start, end), shown);
  assert.ok(typeof says === 'string' ? only!.message.includes(says) : says.test(only!.message), shown);
  assert.ok(!/undefined|\[object/.test(only!.message), shown);
  assert.match(only!.message, /[.?]$/, shown);
  assert.equal(plan.experiments.length, 0, 'an experiment with a mistake has no runs');
}

/** Applies the fix of the only diagnostic. */
export function fixed(text: string): string {
  const { diagnostics } = planOf(text);
  assert.equal(diagnostics.length, 1);
  const fix = diagnostics[0]!.fix;
  assert.ok(fix !== undefined, diagnostics[0]!.message);
  return text.slice(0, fix.start) + fix.text + text.slice(fix.end);
}
