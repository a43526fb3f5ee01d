import assert from 'node:assert/strict';
import { complete } from '../../../../src/language/features/completion.js';
import { experiments } from '../../../../src/language/features/snippets.js';
import { parseSpec } from '../../../../src/language/index.js';
import { buildPlan, noFiles } from '../../../../src/spec/index.js';
import { inside, type Marked, open } from './marked.js';

const labels = ({ document, offset }: Marked): string[] => complete(document, offset).map((item) => item.label);

/** `with`: among the suggestions; `without`: not among them; `only`: all of them, in any order. */
function suggests(marked: Marked, wanted: { with?: string; without?: string; only?: string }): void {
  const found = labels(marked);
  const words = (text: string | undefined): string[] => (text === undefined ? [] : text.split(/, /));
  for (const word of words(wanted.with)) assert.ok(found.includes(word), `no ${word} among ${found.join(', ')}`);
  for (const word of words(wanted.without)) assert.ok(!found.includes(word), `${word} among ${found.join(', ')}`);
  if (wanted.only !== undefined) assert.deepEqual([...found].sort(), words(wanted.only === '' ? undefined : wanted.only).sort());
}

const whole = (lines: string): string =>
  `sweep L over [10, inf]\nsweep kind over [softmax, linear]\ntask linear_regression { dimension = d }\nprompt { length = L }\ntrain gradient_flow { time = 8 }\n${lines}`;

describe('completion', () => {
  describe('at the top of a file', () => {
    it('begins', () =>
      suggests(open('|'), { with: 'let, experiment, experiment: concentration', without: 'sweep, task linear_regression' }));
    it('goes on behind a let', () => suggests(open('let d = 5\nexp|'), { with: 'experiment, let' }));
    it('writes values', () => suggests(open('let a = 1\nlet b = |'), { with: 'a, sqrt, kms, pi, softmax', without: 'b, let' }));
    it('is silent where a name is made up', () => suggests(open('let |'), { only: '' }));
    it('is silent in comments', () => suggests(open('// let a|'), { only: '' }));
    it('is silent in texts', () => suggests(open('experiment "a|" {'), { only: '' }));
    it('is silent in numbers', () => suggests(open('let a = 12|'), { only: '' }));
  });

  describe('in an experiment', () => {
    it('offers statements and blocks', () =>
      suggests(inside('|'), {
        with: 'sweep, measure, expect, repeat, task linear_regression, train sgd, prompt, query',
        without: 'experiment, risk',
      }));
    it('leaves out blocks that are given', () =>
      suggests(inside('prompt { length = 10 }\n|'), { with: 'task single_index', without: 'prompt' }));
    it('leaves out what plain tokens exclude', () =>
      suggests(inside('tokens { dimension = 2, law = gaussian(1) }\n|'), {
        with: 'query, concentrate',
        without: 'task linear_regression, train sgd',
      }));
    it('leaves out what a task excludes', () =>
      suggests(inside('task linear_regression { dimension = d }\n|'), { without: 'tokens, query' }));
    it('offers one repeat', () => suggests(inside('repeat 3\n|'), { without: 'repeat' }));
    it('offers variants', () => suggests(inside('train |'), { only: 'gradient_flow, gradient_descent, sgd, adam' }));
    it('works when the experiment is not closed', () => suggests(open('experiment "t" {\n  |'), { with: 'sweep, prompt' }));
    it('works under an unfinished line', () => suggests(inside('sweep L over [10, \nprompt { length = 1 }\n|'), { with: 'measure' }));
  });

  describe('in a block', () => {
    it('offers settings that are not given', () =>
      suggests(inside('prompt { length = 1 }\ntask linear_regression { dimension = d, | }'), {
        with: 'covariance, noise',
        without: 'dimension, link, length',
      }));
    it('offers settings of the variant alone', () =>
      suggests(inside('train sgd {\n  |\n}'), { with: 'rate, momentum, batch', without: 'time, beta1' }));
    it('keeps the one that is being written', () => suggests(inside('train sgd { ra| }'), { with: 'rate' }));
    it('offers words', () => suggests(inside('attention { kernel = | }'), { with: 'softmax, linear, d', without: 'kms, balanced' }));
    it('offers matrices', () =>
      suggests(inside('task linear_regression { covariance = | }'), {
        with: 'kms, identity, file',
        without: 'balanced, rademacher, sqrt',
      }));
    it('offers laws', () => suggests(inside('tokens { law = | }'), { with: 'rademacher, gaussian, mixture', without: 'kms' }));
    it('offers starts', () => suggests(inside('attention { init = b| }'), { with: 'balanced, bayes, random', without: 'kms' }));
    it('offers numbers', () =>
      suggests(inside('train gradient_flow { time = | }'), { with: 'd, rho, sqrt, pi', without: 'inf, kms, time' }));
    it('offers infinity where it means something', () => suggests(inside('prompt { length = | }'), { with: 'inf, d' }));
    it('is silent behind a value', () => suggests(inside('prompt { length = d | }'), { only: '' }));
    it('offers the words of a list', () => suggests(inside('concentrate { of = [output, | }'), { with: 'value_gradient' }));
    it('offers sweeps of the same experiment', () => suggests(inside('sweep L over [1, 2]\nprompt { length = | }'), { with: 'L' }));
    it('does not offer names of other experiments', () =>
      suggests(open('experiment "a" {\n  let x = 1\n}\nexperiment "b" {\n  prompt { length = | }\n}'), { without: 'x' }));
    it('offers arguments', () => suggests(inside('tokens { law = gaussian(| }'), { with: 'covariance, mean, kms, rho' }));
    it('offers keys that are not given', () =>
      suggests(inside('attention { init = random(seed: 1, | }'), { with: 'scale', without: 'seed' }));
    it('inserts a setting with its default', () => {
      const { document, offset } = inside('attention { tem| }');
      assert.equal(complete(document, offset).find((item) => item.label === 'temperature')?.insert, `temperature = \${1:1}`);
    });
    it('renames a setting in front of its value', () => {
      const { document, offset } = inside('attention { tem| = 2 }');
      assert.equal(complete(document, offset).find((item) => item.label === 'temperature')?.insert, 'temperature');
    });
  });

  describe('in a statement', () => {
    it('offers over', () => suggests(inside('sweep L |'), { only: 'over' }));
    it('offers lists', () => suggests(inside('sweep L over |'), { with: 'logspace, linspace, […]', without: 'L, kms' }));
    it('offers values in a list', () => suggests(inside('sweep kind over [softmax, |'), { with: 'linear, kms', without: 'kind' }));
    it('offers quantities that apply', () =>
      suggests(inside(whole('measure |')), { with: 'risk, balance, rate of', without: 'output_error, L' }));
    it('offers errors with concentrate', () => suggests(inside(whole('concentrate { }\nmeasure risk, |')), { with: 'output_error' }));
    it('offers errors alone for a rate', () =>
      suggests(inside(whole('concentrate { }\nmeasure rate of |')), { with: 'output_error', without: 'risk' }));
    it('offers facets', () =>
      suggests(inside(whole('concentrate { }\nmeasure output_error.|')), {
        only: 'certified, asymptote, paper, quantile, certified_quantile, rare',
      }));
    it('offers the facets of the quantity before the dot', () => suggests(inside(whole('measure parameter_gap.|')), { only: 'envelope' }));
    it('offers against', () => suggests(inside(whole('plot risk |')), { only: 'against' }));
    it('offers axes', () => suggests(inside(whole('plot risk against |')), { only: 'L, kind, time, step' }));
    it('offers by and log', () => suggests(inside(whole('plot risk against time |')), { only: 'by, log x, log y' }));
    it('offers the other sweeps', () => suggests(inside(whole('plot risk against time by L, |')), { only: 'kind' }));
    it('offers the other axis', () => suggests(inside(whole('plot risk against time by L log x |')), { only: 'log y' }));
    it('offers relations', () =>
      suggests(inside(whole('expect risk |')), { only: 'at, below, above, between, within, decreasing in, increasing in' }));
    it('offers what can be picked', () => suggests(inside(whole('expect risk at [L = 10, |')), { only: 'kind, time, step' }));
    it('offers values to pick', () => suggests(inside(whole('expect risk at [L = |')), { only: '10, inf' }));
    it('offers relations behind a pick', () => suggests(inside(whole('expect risk at [L = 10] |')), { with: 'below', without: 'at' }));
    it('offers bounds', () => suggests(inside(whole('expect risk below |')), { with: 'd, risk', without: 'below' }));
    it('offers sweeps to follow', () => suggests(inside(whole('expect risk decreasing in |')), { only: 'L, kind' }));
    it('offers and', () => suggests(inside(whole('expect risk between 0 |')), { only: 'and' }));
    it('offers of', () => suggests(inside(whole('expect risk within 20% |')), { only: 'of' }));
    it('comes unbidden behind a space only where something is wanted', () => {
      const wanted = inside(whole('expect risk below |'));
      assert.ok(complete(wanted.document, wanted.offset, ' ').length > 0);
      const unwanted = inside(whole('expect risk |'));
      assert.deepEqual(complete(unwanted.document, unwanted.offset, ' '), []);
    });
  });

  it('replaces the word that is being written', () => {
    const { document, offset } = inside('mea|');
    assert.equal(document.text.slice(complete(document, offset)[0]!.replace.start, offset), 'mea');
  });

  for (const { label, text } of experiments) {
    it(`inserts an experiment that runs as it stands: ${label}`, () => {
      const filled = text.replace(/\$\{\d+:([^}]*)\}/g, '$1').replace(/\$\d/g, '');
      const { plan, diagnostics } = buildPlan(parseSpec(filled), { file: 'snippet', reader: noFiles });
      assert.deepEqual(diagnostics, []);
      assert.equal(plan.experiments.length, 1);
    });
  }
});
