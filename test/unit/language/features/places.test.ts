import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { outline } from '../../../../src/language/features/outline.js';
import { sliderScale } from '../../../../src/language/features/slider-range.js';
import { type SliderPlace, slidersAt } from '../../../../src/language/features/sliders.js';
import { parseSpec } from '../../../../src/language/index.js';
import { buildPlan, noFiles } from '../../../../src/spec/index.js';
import { inside, type Marked, open } from './marked.js';

const ids = ({ document, offset }: Marked): string[] => slidersAt(document, offset).map((slider) => slider.id);
const first = ({ document, offset }: Marked): SliderPlace => slidersAt(document, offset)[0]!;
const scale = ({ min, max, step, scale: kind, integer }: Omit<SliderPlace, 'id' | 'label' | 'value' | 'span'>): string =>
  `${min}..${max} by ${step} ${kind}${integer ? ' integer' : ''}`;

describe('sliders', () => {
  it('begin with the number under the cursor', () =>
    assert.equal(ids(inside('train gradient_flow { points = 9, time = |32 }'))[0], 't/train.time'));
  it('stand for the whole number', () => {
    const marked = inside('train gradient_flow { time = 3|2 }');
    const { span, value } = first(marked);
    assert.deepEqual([marked.document.text.slice(span.start, span.end), value], ['32', 32]);
  });
  it('take the sign along', () => {
    const marked = open('let a = -|2');
    assert.deepEqual([first(marked).value, first(marked).span], [-2, { start: 8, end: 10 }]);
  });
  it('follow a name to its let', () => assert.equal(ids(inside('task linear_regression { covariance = kms(|rho) }'))[0], 'rho'));
  it('hold the settings of the block, then the lets of the experiment', () =>
    assert.deepEqual(ids(inside('task linear_regression { dimension = d, |noise = 0.5 }\nattention { temperature = 2 }')), [
      't/task.noise',
      'd',
    ]));
  it('name arguments by their call', () => assert.equal(first(inside('attention { init = balanced(|0.1) }')).label, 'init balanced'));
  it('leave out the values of sweeps and expectations', () =>
    assert.deepEqual(ids(inside('sweep L over [|10, 100]\nexpect risk below 2')), []));
  it('are lets in a file without experiments', () => assert.deepEqual(ids(open('|let a = 1\nlet b = 2 * a')), ['a']));
  it('stay within what the uses of a let allow', () =>
    assert.equal(
      scale(first(open('let rh|o = 0.5\nexperiment "t" { task linear_regression { covariance = kms(rho) } }'))),
      '0..0.99 by 0.01 linear',
    ));
  it('are whole where integers are meant', () =>
    assert.equal(
      scale(first(open('let |d = 5\nexperiment "t" { task linear_regression { dimension = d } }'))),
      '1..15 by 1 linear integer',
    ));
  it('are logarithmic for positive numbers', () =>
    assert.equal(scale(first(inside('attention { temperature = |2 }'))), '0.2..20 by 0.02 log'));
  it('know closed ranges', () => assert.equal(scale(first(inside('concentrate { confidence = 0.9|5 }'))), '0.01..0.99 by 0.01 linear'));
  it('hold the value and have an order', () => {
    for (const value of [-1e6, -3, -0.2, 0, 1e-9, 0.3, 1, 7, 1234, 1e9])
      for (const range of [{}, { min: 0 }, { min: 0, positive: true }, { min: 1, integer: true }, { min: 0, max: 1 }, { max: 5 }]) {
        const { min, max, step } = sliderScale(value, range);
        assert.ok(
          Number.isFinite(min) && Number.isFinite(max) && min < max && step > 0,
          `${value} ${JSON.stringify(range)} ${min} ${max} ${step}`,
        );
        const isAllowed = value >= (range.min ?? -Infinity) && value <= ('max' in range ? (range.max ?? Infinity) : Infinity);
        if (isAllowed && !('positive' in range && value <= 0))
          assert.ok(min <= value && value <= max, `${value} in ${min}..${max} ${JSON.stringify(range)}`);
      }
  });
});

describe('where things stand', () => {
  it('agrees with the plan', () => {
    for (const name of ['icl-gradient-flow', 'concentration', 'paper-grid', 'rademacher-limit']) {
      const text = readFileSync(new URL(`../../../../examples/${name}.attn`, import.meta.url), 'utf8');
      const { plan } = buildPlan(parseSpec(text), { file: name, reader: noFiles });
      const places = outline(open(text.replace(/[«»|]/g, '')).document);
      assert.equal(places.length, plan.experiments.length);
      plan.experiments.forEach((experiment, i) => {
        const place = places[i]!;
        assert.equal(place.title, experiment.title);
        assert.equal(place.line, experiment.range.line);
        assert.equal(place.runs, experiment.runs.length);
        assert.deepEqual(
          place.sweeps.map((sweep) => sweep.values.map((value) => value.text)),
          experiment.sweeps.map((sweep) => sweep.values.map((value) => value.text)),
        );
        assert.deepEqual(
          place.expectations.map(({ text: words, line }) => [words, line]),
          experiment.expectations.map(({ text: words, range }) => [words, range.line]),
        );
      });
    }
  });
  it('names the place of each value', () => {
    const { document, ranges } = inside('sweep shape over [«identity», «kms(rho)»]');
    assert.deepEqual(outline(document)[0]!.sweeps[0]!.values, [
      { text: 'identity', ...ranges[0]! },
      { text: 'kms(0.5)', ...ranges[1]! },
    ]);
  });
  it('gives values of a range the place of the range', () => {
    const { document, ranges } = inside('sweep L over [1, «2..4»]');
    assert.deepEqual(outline(document)[0]!.sweeps[0]!.values[2], { text: '3', ...ranges[0]! });
  });
  it('puts a hint behind a block on one line, else behind its brace', () => {
    const { document, ranges } = inside('train sgd «{»\n  rate = 1\n}\nconcentrate { of = output «}»');
    assert.deepEqual(
      outline(document)[0]!.blocks.map((block) => block.hint),
      ranges.map((range) => range.end),
    );
  });
  it('counts no runs while a sweep is damaged', () => {
    for (const lines of ['sweep L over [1, 2\nsweep k over [3]', 'sweep k over [3]\nrepeat 2 2'])
      assert.equal(outline(inside(lines).document)[0]!.runs, null);
  });
  it('goes on where other lines are damaged', () => {
    const { document } = inside('sweep L over [1, 2]\nprompt { length = }\nrepeat 3');
    assert.equal(outline(document)[0]!.runs, 6);
  });
});
