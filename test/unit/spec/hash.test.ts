import assert from 'node:assert/strict';
import type { Experiment } from '../../../src/spec/experiment.js';
import { experimentOf, whole } from './support.js';

const base =
  'sweep L over [10, 20]\nprompt { length = L }\nlet rho = 0.5\ntask linear_regression { dimension = 3, covariance = kms(rho) }\nmeasure risk';
const hashes = (e: Experiment): string[] => e.runs.map((run) => run.hash);

describe('hashes', () => {
  it('are SHA-256 in hex, one for each run', () => {
    const e = experimentOf(whole(base));
    for (const hash of [...hashes(e), e.hash]) assert.match(hash, /^[0-9a-f]{64}$/);
    assert.equal(new Set(hashes(e)).size, 2);
  });

  const same: readonly [string, string][] = [
    ['a title', whole(base).replace('"t"', '"another title"')],
    ['the name of a let', whole(base.replaceAll('rho', 'r'))],
    ['a number written otherwise', whole(base.replace('0.5', '1/2'))],
    ['a log scale of a plot', whole(`${base}\nplot risk against time log y`)],
    ['white space and comments', whole(`// a remark\n${base.replaceAll(', ', ',   ')}`)],
    ['a setting at its default', whole(`${base}\nattention { kernel = softmax, heads = 1 }`)],
    ['a measure named twice', whole(`${base}, risk`)],
  ];
  for (const [what, text] of same)
    it(`do not change with ${what}`, () => assert.deepEqual(hashes(experimentOf(text)), hashes(experimentOf(whole(base)))));

  const different: readonly [string, string][] = [
    ['the seed', whole(`${base}\nsolver { seed = 1 }`)],
    ['a measure', whole(`${base}, balance`)],
    ['a matrix entry', whole(base.replace('0.5', '0.51'))],
    ['the kernel', whole(`${base}\nattention { kernel = linear }`)],
    ['a point of the trajectory that is named', whole(`${base}\nexpect risk at [time = 1.234] below 9`)],
  ];
  for (const [what, text] of different) {
    it(`change with ${what}`, () => {
      const before = new Set(hashes(experimentOf(whole(base))));
      assert.ok(hashes(experimentOf(text)).every((hash) => !before.has(hash)));
    });
  }

  it('of the runs that are there stay when a sweep takes a new value', () => {
    const before = hashes(experimentOf(whole(base)));
    const after = hashes(experimentOf(whole(base.replace('[10, 20]', '[10, 15, 20, inf]'))));
    assert.deepEqual([after[0], after[2]], before);
    assert.equal(new Set(after).size, 4);
  });

  it('cover the content of a file and not its path', () => {
    const hash = (path: string, content: string): string =>
      experimentOf(whole(`task linear_regression { dimension = 1, tokens = file("${path}") }`), { files: { [path]: content } }).runs[0]!
        .hash;
    assert.equal(hash('a.csv', '1\n2\n-3\n'), hash('b.csv', '1\n2\n-3\n'));
    assert.notEqual(hash('a.csv', '1\n2\n-3\n'), hash('a.csv', '1\n2\n-3.5\n'));
  });

  it('of an experiment changes with its expectations and runs, and not with its title', () => {
    const e = experimentOf(whole(base)).hash;
    assert.equal(experimentOf(whole(base).replace('"t"', '"u"')).hash, e);
    assert.notEqual(experimentOf(whole(`${base}\nexpect risk below 3`)).hash, e);
    assert.notEqual(experimentOf(whole(base.replace('20]', '30]'))).hash, e);
  });
});
