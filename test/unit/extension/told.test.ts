import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { Specs } from '../../../src/extension/server/specs.js';
import { told } from '../../../src/extension/server/told.js';
import { scan } from '../../../src/language/tokens.js';
import { unpacked } from '../../../src/protocol/language.js';
import type { Plan } from '../../../src/spec/experiment.js';

const uri = 'untitled:a.attn';

function read(text: string) {
  const source = TextDocument.create(uri, 'attn', 1, text);
  const { plan, diagnostics, outline } = told(new Specs().of(source), { source });
  return { experiments: (unpacked(plan) as Plan | null)?.experiments ?? null, diagnostics, outline };
}

const titles = ({ experiments }: ReturnType<typeof read>): string[] => experiments?.map(({ title }) => title) ?? [];

function experiment(title: string, dimension: string, rho: string): string {
  return `experiment "${title}" {
  sweep L over [10, inf]
  task linear_regression { dimension = ${dimension}, covariance = kms(${rho}) }
  prompt { length = L }
  train gradient_flow { time = 1, points = 3 }
}
`;
}

const lets = 'let d = 5\nlet rho = 0.5\nlet twice = 2 * d\n';
const both = lets + experiment('A', 'twice', 'rho') + experiment('B', 'd', '0.25');

describe('what the editor is told', () => {
  it('is a plan of every experiment of a text without errors', () => {
    const all = read(both);
    assert.deepEqual(titles(all), ['A', 'B']);
    assert.ok(all.outline.every(({ stale }) => stale === null));
  });

  it('names the error that keeps an experiment out of the plan, and no other is kept out', () => {
    const broken = read(both.replace('kms(rho)', 'kms(rho, 3)'));
    assert.deepEqual(titles(broken), ['B']);
    const [a, b] = broken.outline;
    assert.deepEqual([a?.stale?.line, a?.stale?.errors, b?.stale], [6, 1, null]);
    assert.equal(a?.stale?.message, broken.diagnostics[0]?.message);
  });

  it('lets a broken let touch only what uses it, directly or through another', () => {
    const stale = (text: string): (number | null)[] => read(text).outline.map((place) => place.stale?.line ?? null);
    assert.deepEqual(stale(both.replace('rho = 0.5', 'rho = ')), [2, null], 'does not parse');
    assert.deepEqual(stale(both.replace('rho = 0.5', 'rho = 1/0')), [2, null], 'has no value');
    assert.deepEqual(stale(both.replace('let rho', 'let other = nothing\nlet rho')), [null, null], 'is used by nobody');
    assert.deepEqual(stale(both.replace('d = 5', 'd = five')), [1, 1]);
    assert.deepEqual(stale(both.replace('let twice', 'let rho = 0.25\nlet twice')), [3, null], 'is given twice');
  });

  it('is no plan when errors leave no experiment', () => {
    const none = read(both.replace('d = 5', 'd ='));
    assert.equal(none.experiments, null);
    assert.deepEqual(
      none.outline.map(({ stale }) => stale?.line),
      [1, 1],
    );
    assert.deepEqual(read('').experiments, []);
  });

  it('plans an experiment as ever, whatever is lost from another', () => {
    const example = readFileSync(new URL('../../../examples/icl-gradient-flow.attn', import.meta.url), 'utf8');
    const first = experiment('First', '3', '0.5');
    const last = experiment('Last', '4', '0.25');
    const inner = example.slice(example.indexOf('experiment'));
    const head = example.slice(0, example.indexOf('experiment')) + first;
    const hashes = (text: string) => new Map(read(text).experiments?.map((one) => [one.title, one.hash]) ?? []);
    const whole = hashes(head + inner + last);
    assert.ok(whole.size === 3);
    let wrong = 0;
    for (const token of scan(inner).tokens) {
      const text = head + inner.slice(0, token.start) + inner.slice(token.end) + last;
      const now = hashes(text);
      if (now.size < whole.size) wrong++;
      for (const title of ['First', 'Last']) assert.equal(now.get(title), whole.get(title), `${token.image} in line ${token.line}`);
    }
    assert.ok(wrong > 40, `${wrong} of the texts have an error`);
  });
});
