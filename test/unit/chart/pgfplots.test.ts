import assert from 'node:assert/strict';
import { chartModels, toPgfplots } from '../../../src/chart/index.js';
import { quantityLabel } from '../../../src/chart/labels.js';
import { escapeLatex, latex } from '../../../src/chart/pgfplots.js';
import { onScales } from '../../../src/chart/shown.js';
import { quantities } from '../../../src/language/vocabulary.js';
import type { QuantityRef } from '../../../src/spec/experiment.js';
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
    assert.equal(escapeLatex('μ\u0302_L'), '\\ensuremath{\\hat{\\mu}}\\_L');
    assert.equal(escapeLatex('x\u0302'), '\\ensuremath{\\hat{\\mathit{x}}}');
    assert.equal(escapeLatex('L = ∞'), 'L = \\ensuremath{\\infty}');
    assert.equal(escapeLatex('a<b|c>d'), 'a\\textless{}b\\textbar{}c\\textgreater{}d');
  });

  it('has nothing that pdfLaTeX lacks in what axes are called, nor in Greek letters', () => {
    for (const name of Object.keys(quantities) as QuantityRef['name'][]) {
      for (const form of ['value', 'rate', 'fitted_rate'] as const) {
        assert.match(latex(quantityLabel({ name, facet: null, form, threshold: null })), /^[ -~]*$/, name);
      }
    }
    // Those that look like Latin letters are written as these in formulas.
    const greek = 'αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ';
    assert.match(escapeLatex(greek), /^(\\ensuremath\{\\[a-zA-Z]+\}){33}$/);
  });

  it('fills a band from gap to gap', () => {
    const [model] = chartModels(fixtures.flow());
    const panel = model!.panels[0]!;
    const line = panel.series[0]!;
    const at = Array.from({ length: 8 }, (_, i) => i + 1);
    const edge = (shift: number) => at.map((x) => ([3, 4, 7].includes(x) ? null : x + shift));
    const series = { ...line, x: at, y: edge(0), lower: edge(-0.5), upper: edge(0.5) };
    const text = toPgfplots({
      ...model!,
      x: { ...model!.x, scale: 'linear' },
      y: { ...model!.y, scale: 'linear' },
      panels: [{ ...panel, series: [series] }],
    });
    const paths = [...text.matchAll(/name path=(\w+)\] coordinates \{([^}]*)\}/g)].map(([, name, places]) => [
      name,
      places!.split(' ').length,
    ]);
    assert.deepEqual(paths, [
      ['lower0x0x0', 2],
      ['upper0x0x0', 2],
      ['lower0x0x4', 2],
      ['upper0x0x4', 2],
    ]);
    assert.doesNotMatch(text.replace(/^.*forget plot\] coordinates.*$/gm, ''), /nan/);
  });

  it('names some of two hundred curves, and thins them without a visible change', () => {
    const [model] = chartModels(fixtures.twoHundred());
    const text = toPgfplots(model!);
    assert.equal(text.match(/\\addplot/g)?.length, 200);
    assert.equal(text.match(/\\addlegendentry/g)?.length, 12);
    const { x, y } = model!.panels[0]!.series[0]!;
    const drawn = [.../coordinates \{([^}]*)\}/.exec(text)![1]!.matchAll(/\(([^,]+),([^)]+)\)/g)].map(
      (m) => [Number(m[1]), Number(m[2])] as const,
    );
    assert.ok(drawn.length < x.length);
    x.forEach((at, i) => {
      const next = drawn.findIndex(([other]) => other >= at);
      const [before, after] = [drawn[Math.max(0, next - 1)]!, drawn[next]!];
      const share = after[0] === before[0] ? 0 : (at - before[0]) / (after[0] - before[0]);
      assert.ok(Math.abs(before[1] + share * (after[1] - before[1]) - y[i]!) < 1e-3, `at ${at}`);
    });
  });

  it('has each colour, dash and facet in its legend once', () => {
    const entries = (model: Parameters<typeof toPgfplots>[0]): string[] =>
      [...toPgfplots(model).matchAll(/\\addlegendimage\{.*\}\\addlegendentry\{(.*)\}$/gm)].map((m) => m[1]!);
    const [three] = chartModels(fixtures.concentration());
    assert.ok(three!.panels[0]!.series.length > 6, 'lines with their bounds');
    assert.deepEqual(entries(three!), ['identity', 'kms(0.5)', 'condition(8)', 'certified bound', 'asymptote', "paper's form (fitted)"]);
    const [, , both] = chartModels(fixtures.flow());
    assert.equal(entries(both!).length, 6, 'four lengths and two kinds');
    const text = toPgfplots(both!);
    assert.equal(text.match(/\\addplot\[/g)?.length, text.match(/forget plot/g)?.length, 'no line adds an entry of its own');
  });

  it('breaks a line where a value is missing', () => {
    const broken = onScales(chartModels(fixtures.broken())[0]!);
    const missing = broken.panels.flatMap(({ series }) => series.flatMap(({ y }) => y.filter((value) => value === null))).length;
    assert.ok(missing > 0);
    const text = toPgfplots(broken);
    assert.equal(text.match(/,nan\)/g)?.length, missing);
    assert.match(text, /unbounded coords=jump/);
  });
});
