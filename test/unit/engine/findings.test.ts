import assert from 'node:assert/strict';
import { findingsOf, placeOfSetting } from '../../../src/engine/findings.js';
import type { RunOutcome } from '../../../src/engine/results.js';
import type { RunWarning } from '../../../src/solver/result.js';
import { type Sentence, say } from '../../../src/solver/sentences.js';
import { experiment, numberValue, result } from '../../support/engine/experiments.js';

const range = (line: number) => ({ start: 10 * line, end: 10 * line + 5, line, column: 3 });
const warned = (...warnings: RunWarning[]): RunOutcome => ({ status: 'done', cached: false, result: { ...result({}), warnings } });
const condensed = (message: Sentence, setting = 'train'): RunWarning => ({ code: 'W510', message, setting });
const spec = experiment({ sweeps: { L: [2, 4, 8].map(numberValue) }, settings: { train: range(5), 'attention.temperature': range(3) } });

describe('findings', () => {
  it('say the same of several runs once, at the setting, with the first of them', () => {
    const runs = [warned(condensed(say('until time {0}', 1))), warned(condensed(say('until time {0}', 2))), warned()];
    const [one, ...more] = findingsOf({ experiment: spec, runs, expectations: [] });
    assert.equal(more.length, 0);
    assert.deepEqual(one, {
      code: 'attn.W510',
      severity: 'warning',
      setting: 'train',
      range: range(5),
      message: 'L = 2: until time 1 One more run says so too.',
    });
  });

  it('keep places apart, and stand at the experiment where a setting is not written', () => {
    const runs = [warned(condensed('until the end'), condensed('at no recorded time', 'attention.key_query')), warned(), warned()];
    const found = findingsOf({ experiment: spec, runs, expectations: [] });
    assert.deepEqual(
      found.map(({ setting, range: place }) => [setting, place]),
      [
        ['train', range(5)],
        ['attention.key_query', spec.range],
      ],
    );
    assert.deepEqual(placeOfSetting(spec, 'train.rate'), range(5));
  });

  it('come from finished runs alone', () => {
    const running: RunOutcome = { status: 'running', fraction: 0.5, partial: { ...result({}), warnings: [condensed('until the end')] } };
    assert.deepEqual(findingsOf({ experiment: spec, runs: [running, warned(), warned()], expectations: [] }), []);
  });
});
