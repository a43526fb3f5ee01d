import assert from 'node:assert/strict';
import { chartModels, toPgfplots } from '../../../src/chart/index.js';
import { escapeLatex } from '../../../src/chart/pgfplots.js';
import * as fixtures from './fixtures.js';

const figures = () =>
  Object.values(fixtures as Record<string, unknown>)
    .filter((value): value is () => Parameters<typeof chartModels>[0] => typeof value === 'function' && value.length === 0)
    .flatMap((make) => {
      const result: unknown = make();
      return typeof result === 'object' && result !== null && 'runs' in result && 'experiment' in result
        ? chartModels(result as Parameters<typeof chartModels>[0])
        : [];
    });

describe('a figure for LaTeX', () => {
  it('is balanced, for every figure of the tests', () => {
    const models = figures();
    assert.ok(models.length > 5, `${models.length} figures`);
    for (const model of models) {
      const text = toPgfplots(model)
        .replace(/^%.*$/gm, '')
        .replace(/\\[{}]/g, '');
      let depth = 0;
      for (const character of text) {
        if (character === '{') depth++;
        if (character === '}') depth--;
        assert.ok(depth >= 0, model.title);
      }
      assert.equal(depth, 0, model.title);
      assert.equal(text.match(/\\begin/g)?.length, text.match(/\\end/g)?.length);
      assert.doesNotMatch(text, /NaN|Infinity|undefined|null/);
    }
  });

  it('has a curve for every series, with its method, and names what made it', () => {
    const model = figures().find(({ panels }) => panels.some(({ series }) => series.length > 1))!;
    const text = toPgfplots(model, { metadata: { hash: 'abc', seed: 3 } });
    for (const panel of model.panels) {
      for (const series of panel.series) if (series.methodLabel !== '') assert.ok(text.includes(series.methodLabel));
    }
    assert.match(text, /^% hash: abc$/m);
    assert.match(text, /^% seed: 3$/m);
  });

  it('escapes what LaTeX reads as its own', () => {
    assert.equal(escapeLatex('50% of {a_b} \\ #1'), '50\\% of \\{a\\_b\\} \\textbackslash{} \\#1');
    assert.equal(escapeLatex('L = ∞'), 'L = \\ensuremath{\\infty}');
  });
});
