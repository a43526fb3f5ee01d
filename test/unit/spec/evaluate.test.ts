import assert from 'node:assert/strict';
import { experimentOf, whole } from './support.js';

/** Canonical texts of the values that a sweep over `list` takes. */
function swept(list: string, lets = ''): string[] {
  const spec = `${lets}\n${whole(`sweep v over ${list}`)}`;
  return experimentOf(spec).sweeps[0]!.values.map((value) => value.text);
}

const value = (expression: string, lets = ''): string => swept(`[${expression}]`, lets)[0]!;
const number = (expression: string): number => {
  const spec = whole(`sweep v over [${expression}]`);
  return experimentOf(spec).sweeps[0]!.values[0]!.value!;
};

describe('expressions', () => {
  const numbers: readonly [string, number][] = [
    ['300_000', 300000],
    ['1e-3', 0.001],
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['7 - 2 - 1', 4],
    ['8 / 4 / 2', 1],
    ['sqrt(2)', Math.SQRT2],
    ['exp(1)', Math.E],
    ['log(exp(2))', 2],
    ['abs(-3)', 3],
    ['min(3, 1, 2)', 1],
    ['max(3, 1, 2)', 3],
    ['round(2.5)', 3],
    ['floor(-1.5)', -2],
    ['ceil(1.2)', 2],
    ['2 * pi', 2 * Math.PI],
    ['inf', Number.POSITIVE_INFINITY],
    ['-0', 0],
  ];
  for (const [expression, expected] of numbers) it(`${expression} = ${expected}`, () => assert.ok(Object.is(number(expression), expected)));

  const texts: readonly [string, string][] = [
    ['1e21', '1e21'],
    ['0.1 + 0.2', '0.30000000000000004'],
    ['1e-7', '1e-7'],
    ['100000', '100000'],
    ['inf', 'inf'],
    ['softmax', 'softmax'],
    ['true', 'true'],
    ['identity', 'identity'],
    ['kms(1/2)', 'kms(0.5)'],
    ['kms(rho: 0.5)', 'kms(0.5)'],
    ['2 * kms(0.5)', '2 * kms(0.5)'],
    ['kms(0.5) * 2', '2 * kms(0.5)'],
    ['3 * (2 * identity)', '6 * identity'],
    ['identity / 4', '0.25 * identity'],
    ['identity + kms(0.5)', 'identity + kms(0.5)'],
    ['2 * (identity + kms(0.5))', '2 * (identity + kms(0.5))'],
    ['identity - kms(0.5)', 'identity + -1 * kms(0.5)'],
    ['diagonal([1, 2])', 'diagonal([1, 2])'],
    ['matrix([[1, 0], [0, 1]])', 'matrix([[1, 0], [0, 1]])'],
    ['gaussian(1/4)', 'gaussian(0.25)'],
    ['gaussian(variance: 2)', 'gaussian(2)'],
    ['gaussian(covariance: kms(0.5), mean: [1, 2])', 'gaussian(kms(0.5), mean: [1, 2])'],
    ['uniform(-1, 1)', 'uniform(-1, 1)'],
    ['mixture([gaussian(1), rademacher], weights: [0.5, 0.5])', 'mixture([gaussian(1), rademacher], weights: [0.5, 0.5])'],
    ['balanced(0.1)', 'balanced(0.1)'],
    ['[1, 2]', '[1, 2]'],
  ];
  for (const [expression, expected] of texts) it(`${expression} is written ${expected}`, () => assert.equal(value(expression), expected));

  it('evaluates lets in any order, at the top and inside', () => {
    assert.equal(value('c', 'let c = a + b\nlet a = 2 * b\nlet b = 3'), '9');
    const inside = experimentOf(`let a = b + 1\nlet b = 1\n${whole('let b = 10\nprompt { length = a }')}`);
    // A let of an experiment is for its own text; only sweeps reach the lets of the file.
    assert.equal(inside.runs[0]!.problem.length, 2);
    const own = experimentOf(`let b = 1\n${whole('let b = 10\nlet a = b + 1\nprompt { length = a }')}`);
    assert.equal(own.runs[0]!.problem.length, 11);
  });

  it('lets a sweep override an outer let, and lets that depend on it follow', () => {
    const e = experimentOf(`let d = 3\nlet D = 2 * d\n${whole('sweep d over [2, 5]\nprompt { length = D }')}`);
    assert.deepEqual(
      e.runs.map((run) => [run.at.d!.text, run.problem.length]),
      [
        ['2', 4],
        ['5', 10],
      ],
    );
  });

  it('makes ranges and spaced lists', () => {
    assert.deepEqual(swept('1..4'), ['1', '2', '3', '4']);
    assert.deepEqual(swept('linspace(0, 1, 5)'), ['0', '0.25', '0.5', '0.75', '1']);
    assert.deepEqual(
      swept('logspace(1, 1000, 4)').map((text) => Number(Number(text).toPrecision(12))),
      [1, 10, 100, 1000],
    );
    assert.deepEqual(swept('[1..3, 10, inf]'), ['1', '2', '3', '10', 'inf']);
  });

  it('rounds a spaced list that is used as an integer, drops repeats, and shows the rounded value everywhere', () => {
    const e = experimentOf(
      `let lengths = logspace(1, 20, 12)\n${whole('sweep L over lengths\nlet n = L\nprompt { length = n }\nattention { temperature = L }')}`,
    );
    const expected = [...new Set(Array.from({ length: 12 }, (_, i) => Math.round(20 ** (i / 11))))];
    assert.deepEqual(
      e.sweeps[0]!.values.map((v) => v.value),
      expected,
    );
    assert.deepEqual(
      e.runs.map((run) => run.problem.attention.temperature),
      expected,
    );
    assert.equal(e.sweeps[0]!.isLength, true);
  });

  it('rounds when the use is a sum or a product, and not when it is a division or an explicit rounding', () => {
    const lengths = (use: string): number[] =>
      experimentOf(whole(`sweep L over linspace(1, 4, 3)\nprompt { length = ${use} }`)).runs.map((run) => run.at.L!.value!);
    assert.deepEqual(lengths('2 * L + 1'), [1, 3, 4]);
    assert.deepEqual(lengths('ceil(L)'), [1, 2.5, 4]);
  });

  it('does not round a spaced list that is used as a real number', () => {
    const e = experimentOf(whole('sweep t over linspace(0.5, 1, 2)\nattention { temperature = t }'));
    assert.deepEqual(
      e.runs.map((run) => run.problem.attention.temperature),
      [0.5, 1],
    );
  });
});
