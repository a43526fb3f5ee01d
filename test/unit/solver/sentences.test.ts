import assert from 'node:assert/strict';
import { filled, retold, say, templates, translatable } from '../../../src/solver/sentences.js';

describe('what runs say', () => {
  const shout = (template: string, values: readonly string[]): string => `«${filled(template, values)}»`;

  it('is found again by its template, each by its own', () => {
    for (const template of templates) {
      const values = ['1.5e-7', 'risk', '12', '3', '-4'];
      const asked: { template: string; values: readonly string[] }[] = [];
      retold(filled(template, values), (one, found) => {
        asked.push({ template: one, values: found });
        return one;
      });
      const places = new Set(template.match(/\{\d\}/g) ?? []).size;
      assert.deepEqual(asked, [{ template, values: values.slice(0, places) }]);
    }
  });

  it('is told with its parts, and with its ranges', () => {
    const what = say('reached {0}', 1e9);
    const sentence = say('Training diverged: the mini-batch loss {0} at step {1}. Lower the rate ({2}).', what, '10 to 20', 0.5);
    assert.equal(sentence, 'Training diverged: the mini-batch loss reached 1000000000 at step 10 to 20. Lower the rate (0.5).');
    assert.equal(
      retold(sentence, shout),
      '«Training diverged: the mini-batch loss «reached 1000000000» at step «10 to 20». Lower the rate (0.5).»',
    );
  });

  it('keeps an error of several lines, and what no template made', () => {
    assert.equal(
      retold(say('The solver stopped on an internal error: {0}', 'a\nb.'), shout),
      '«The solver stopped on an internal error: a\nb.»',
    );
    assert.equal(retold('Something else.', shout), 'Something else.');
  });

  it('has no two templates of which one could be taken for the other, and no gap in its places', () => {
    assert.equal(new Set(translatable).size, translatable.length);
    for (const template of templates) {
      const places = [...template.matchAll(/\{(\d)\}/g)].map(([, place]) => Number(place));
      assert.deepEqual(
        places,
        places.map((_, i) => i),
        template,
      );
    }
  });
});
