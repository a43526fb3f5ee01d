import assert from 'node:assert/strict';
import { experimentOf, planOf, whole } from './support.js';

const text = `let d = 3\nlet twice = 2 * d\n${whole('let inner = 1\nsweep L over [10, 20]\ntask linear_regression { dimension = d, noise = 0.1 * inner }\nprompt { length = L + twice }\ntrain sgd { rate = 0.1, steps = 10 }')}`;

function refused(sets: string[], code: string, says: string): void {
  const { plan, diagnostics } = planOf(text, { sets });
  const shown = diagnostics.map((d) => `${d.code}: ${d.message}`).join('\n');
  assert.equal(diagnostics.length, 1, shown);
  assert.equal(diagnostics[0]!.code, `attn.${code}`, shown);
  assert.ok(diagnostics[0]!.message.startsWith('--set '), shown);
  assert.ok(diagnostics[0]!.message.includes(says), shown);
  const { start, end } = diagnostics[0]!;
  assert.ok(0 <= start && start <= end && end <= text.length);
  if (/E42/.test(code)) assert.ok(plan.experiments.length > 0);
  else assert.equal(plan.experiments.length, 0);
}

describe('--set', () => {
  it('replaces a let, and what depends on it follows', () => {
    const { problem } = experimentOf(text, { sets: ['d=5'] }).runs[0]!;
    assert.ok(problem.setting.kind === 'task');
    assert.deepEqual([problem.setting.task.dimension, problem.length], [5, 20]);
  });

  it('replaces a setting, or adds it', () => {
    const train = (sets: string[]) => {
      const t = experimentOf(text, { sets }).runs[0]!.problem.train;
      assert.ok(t?.kind === 'sgd');
      return t;
    };
    assert.equal(train(['train.steps=2000']).steps, 2000);
    assert.equal(train(['train.batch = 2 ^ 4']).batch, 16);
    assert.deepEqual([train(['train.steps=5', 'train.batch=d', 'd=7']).batch, train(['train.steps=5', 'train.steps=6']).steps], [7, 6]);
    assert.equal(train(['train.seed=3', 'train.momentum=0.5']).momentum, 0.5);
  });

  it('sets a block of every experiment that has it', () => {
    const two = `${text}\n${text.slice(text.indexOf('experiment')).replace('"t"', '"u"')}`;
    const { plan } = planOf(two, { sets: ['train.steps=77'] });
    assert.deepEqual(
      plan.experiments.map((e) => e.runs[0]!.problem.train!.kind === 'sgd' && e.runs[0]!.problem.train),
      plan.experiments.map((e) => ({ ...e.runs[0]!.problem.train, steps: 77 })),
    );
    assert.equal(plan.experiments.length, 2);
  });

  it('is part of the hash, exactly as text is', () => {
    const bySet = experimentOf(text, { sets: ['d=4'] });
    const byText = experimentOf(text.replace('let d = 3', 'let d = 4'));
    assert.deepEqual(
      bySet.runs.map((run) => run.hash),
      byText.runs.map((run) => run.hash),
    );
    assert.equal(bySet.hash, byText.hash);
  });

  it('leaves the places of the text as they are', () => {
    const before = experimentOf(text);
    const after = experimentOf(text, { sets: ['d=1 + 1 + 1', 'train.batch=64'] });
    assert.deepEqual(after.settings['prompt.length'], before.settings['prompt.length']);
    assert.deepEqual(after.range, before.range);
  });

  it('is checked like text, and the message says which option', () => {
    refused(['d=2.5'], 'E302', 'd=2.5');
    refused(['train.steps=0'], 'E303', 'at least 1');
    refused(['train.batch=1/0'], 'E305', 'zero');
    refused(['train.stepz=3'], 'E203', 'stepz');
    refused(['d=nothing_known'], 'E207', 'nothing_known');
    refused(['d=2 +'], 'E421', 'd=2 +');
    refused(['d=2 } experiment "x" {'], 'E421', 'd=2 }');
    refused(['d=2\nlet q = 3'], 'E421', 'one line');
    refused(['d=2 // note'], 'E421', 'without comments');
    refused(['d='], 'E421', 'missing');
    refused(['3=4'], 'E421', 'NAME=EXPRESSION');
    refused(['d'], 'E421', 'NAME=EXPRESSION');
    refused(['D=4'], 'E420', 'did you mean `d`?');
    refused(['L=4'], 'E420', 'is swept');
    refused(['inner=4'], 'E420', 'inside an experiment');
    refused(['trian.steps=3'], 'E420', 'did you mean `train.steps`?');
    refused(['concentrate.samples=3'], 'E420', 'no `concentrate` block');
  });
});
