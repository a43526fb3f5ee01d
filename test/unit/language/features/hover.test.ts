import assert from 'node:assert/strict';
import { takes } from '../../../../src/language/features/describe.js';
import { hoverAt } from '../../../../src/language/features/hover.js';
import { blocks, type SettingInfo } from '../../../../src/language/vocabulary.js';
import { type Marked, open } from './marked.js';

const hoverOf = ({ document, offset }: Marked): string => hoverAt(document, offset)?.markdown ?? '';

/** A value for each kind of setting that is no literal, and its canonical text. */
const values: Readonly<Record<SettingInfo['kind'], readonly [string, string] | null>> = {
  number: ['n / 4', '0.5'],
  integer: ['n + 1', '3'],
  word: null,
  words: null,
  matrix: ['n * kms(n / 4)', '2 * kms(0.5)'],
  vector: ['[n, 1]', '[2, 1]'],
  matrix_or_vector: ['n * identity', '2 * identity'],
  law: ['gaussian(n)', 'gaussian(2)'],
  init: ['balanced(n)', 'balanced(2)'],
};

describe('the hover of every setting', () => {
  for (const [kind, { settings }] of Object.entries(blocks)) {
    for (const [name, info] of Object.entries(settings)) {
      it(`${kind}.${name} tells meaning, formula, range, default and value`, () => {
        const variant = info.variants?.[0] ?? Object.keys(blocks[kind]!.variants)[0] ?? '';
        const [written, value] = values[info.kind] ?? [info.words![0]!, null];
        const hover = hoverOf(open(`let n = 2\nexperiment "t" {\n  ${kind} ${variant} { |${name} = ${written} }\n}\n`));
        assert.ok(hover.includes(info.meaning), hover);
        assert.ok(hover.includes(`Takes: ${takes(info)}`), hover);
        if (info.formula !== undefined) assert.ok(hover.includes(`Formula: \`${info.formula}\``), hover);
        if (info.required === true) assert.match(hover, /Required/);
        else if (info.default !== null) assert.ok(hover.includes(`Default: \`${info.default}\``), hover);
        // What happens without it is told then.
        else assert.match(info.meaning, /absent|in place of|it needs one/);
        if (info.words !== undefined) for (const word of info.words) assert.ok(hover.includes(`\`${word}\``), hover);
        if (info.min !== undefined) assert.match(takes(info), new RegExp(`(${info.min} [<≤] .|[>≥] ${info.min})`));
        if (info.max !== undefined) assert.match(takes(info), new RegExp(`[<≤] ${info.max}`));
        if (info.infinite === true) assert.match(hover, /or `inf`/);
        if (info.variants !== undefined) for (const one of info.variants) assert.ok(hover.includes(`\`${kind} ${one}\``), hover);
        if (value !== null) assert.ok(hover.includes(`Value: \`${value}\``), hover);
      });
    }
  }
});

describe('the hover of a law', () => {
  const tokens = (law: string, lines = ''): Marked =>
    open(`let data = file("words.npy")\nexperiment "t" {\n${lines}\n tokens { dimension = 4, ${law} }\n}\n`);
  const tells = (marked: Marked, text: string): void => assert.ok(hoverOf(marked).includes(text), hoverOf(marked));
  const silent = (marked: Marked): void => assert.doesNotMatch(hoverOf(marked), /Sub-Gaussian/);

  it('tells its sub-Gaussian parameter', () => {
    tells(tokens('l|aw = gaussian(9)'), 'Sub-Gaussian parameter: σ = 3 (σ² = 9)');
    tells(tokens('law = unif|orm(-3, 3)'), 'σ = 1.732 (σ² = 3)');
    tells(tokens('law = rademach|er'), 'σ = 1 (σ² = 1)');
    // Of the sphere each coordinate has r²/D.
    tells(tokens('law = sph|ere(6)'), 'σ = 3 (σ² = 9)');
    tells(tokens('law = gaus|sian(diagonal([1, 2, 3, 4]))'), 'σ = 2 (σ² = 4)');
  });

  it('of a mixture is that of its widest part, at least', () =>
    tells(tokens('l|aw = mixture([gaussian(1), gaussian(4)], weights: [0.5, 0.5])'), 'σ = 2 (σ² = 4), found by ascent'));

  it('of the tokens of a task is that of x', () =>
    tells(
      open('experiment "t" { task linear_regression { dimension = 2, covariance = diagonal([4, 1]), tokens = rademach|er } }'),
      'σ = 2 (σ² = 4)',
    ));

  it('of a query has the dimension of the tokens', () =>
    tells(open('experiment "t" { tokens { dimension = 4, law = gaussian(1) }\n query { l|aw = sphere(2) } }'), 'σ = 1 (σ² = 1)'));

  it('follows the sweeps', () =>
    tells(
      tokens('l|aw = gaussian(v)', 'sweep v over [1, 4]'),
      'Sub-Gaussian parameter σ:\n- `1 (σ² = 1)` at v = 1\n- `2 (σ² = 4)` at v = 4',
    ));

  it('is silent of files, mistakes and parts of a law', () => {
    silent(tokens('l|aw = data'));
    silent(tokens('l|aw = mixture([data, gaussian(1)], weights: [1, 1])'));
    silent(tokens('l|aw = gaussian(diagonal([1, 2]))'));
    silent(tokens('law = mixture([gau|ssian(1), gaussian(4)], weights: [1, 1])'));
    silent(open('experiment "t" { tokens { l|aw = sphere(1) } }'));
    silent(open('experiment "t" { tokens { dimension = 100_000, l|aw = sphere(1) } }'));
  });
});
