import assert from 'node:assert/strict';
import { hoverAt } from '../../../../src/language/features/hover.js';
import { semanticTokens } from '../../../../src/language/features/semantic-tokens.js';
import { signatureAt } from '../../../../src/language/features/signature.js';
import { folds, type SpecSymbol, selections, symbols } from '../../../../src/language/features/symbols.js';
import { valueAt } from '../../../../src/language/features/values.js';
import { inside, type Marked, open } from './marked.js';

function says({ document, offset }: Marked, ...wanted: readonly RegExp[]): void {
  const hover = hoverAt(document, offset, document.parsed.diagnostics);
  for (const pattern of wanted) assert.match(hover?.markdown ?? '', pattern);
}
const silent = ({ document, offset }: Marked): void => assert.equal(hoverAt(document, offset), null);

describe('hover', () => {
  it('tells a setting with formula, range and default', () =>
    says(inside('attention { temp|erature = 2 }'), /Scores are divided by it/, /Formula: `T`/, /x > 0/, /Default: `1`/));
  it('tells what is required', () => says(inside('prompt { len|gth = 2 }'), /Required/, /or `inf`/));
  it('tells the words of a setting', () => says(inside('attention { ker|nel = softmax }'), /one of `softmax`, `linear`/));
  it('tells the value that a setting has', () => says(inside('train gradient_flow { ti|me = 4 * d }'), /Value: `20`/));
  it('does not repeat a number', () => assert.doesNotMatch(hoverOf(inside('train gradient_flow { ti|me = 4 }')), /Value/));
  it('tells the value of a let', () => says(open('let d = 5\nlet w|idth = 2 * d'), /let width = 2 \* d/, /Value: `10`/));
  it('tells the value of a name', () => says(inside('task linear_regression { dimension = |d }'), /let d = 5/, /Value: `5`/));
  it('tells the value of an expression at its operator', () => says(inside('prompt { length = 2 |* d }'), /Value: `10`/));
  it('tells the value of a call', () => says(inside('task linear_regression { noise = sq|rt(d - 1) }'), /Square root/, /Value: `2`/));
  it('tells the values of a sweep', () => says(inside('sweep |L over 1..3'), /3 values: `1`, `2`, `3`/));
  it('tells what follows a sweep, case by case', () =>
    says(inside('sweep L over [1, 2]\nlet t|wice = 2 * L\nprompt { length = L }'), /`2` at L = 1\n- `4` at L = 2/));
  it('tells quantities', () => says(inside('measure ri|sk'), /Population risk/, /R_L/));
  it('tells facets', () => says(inside('measure output_error.cert|ified'), /bound that holds/));
  it('tells variants', () => says(inside('train sg|d { rate = 1 }'), /fresh prompts/));
  it('tells blocks', () => says(inside('tra|in sgd { rate = 1 }'), /`adam`: Adam/));
  it('tells statements', () => says(inside('exp|ect risk below 1'), /expect QUANTITY below VALUE/));
  it('tells axes', () => says(inside('plot risk against ti|me'), /Training time/));
  it('tells a word of the language from a function', () => says(inside('plot risk against time l|og y'), /logarithmic axis/));
  it('tells what is wrong and why', () => says(inside('prompt { len|ght = 3 }'), /attn\.E203: Unknown setting/));
  it('says nothing of a number', () => silent(inside('prompt { length = 1|0 }')));
  it('says nothing in a comment', () => silent(inside('// the ri|sk')));
  it('says nothing of space', () => silent(inside('  |  measure risk')));
});

const hoverOf = ({ document, offset }: Marked): string => hoverAt(document, offset)?.markdown ?? '';

describe('values at a place', () => {
  const value = ({ document, offset }: Marked): string | undefined => valueAt(document, offset)?.text;
  it('are those of the innermost expression', () =>
    assert.equal(value(inside('task linear_regression { covariance = km|s(rho) }')), 'kms(0.5)'));
  it('follow the sweeps', () => assert.equal(value(inside('sweep L over [1, 2]\nprompt { length = |L }')), '1 at L = 1; 2 at L = 2'));
  it('are absent where there is no expression', () => assert.equal(value(inside('mea|sure risk')), undefined));
});

describe('signature help', () => {
  const help = ({ document, offset }: Marked): string | null => {
    const found = signatureAt(document, offset);
    if (found === null) return null;
    const { label, parameters } = found.signatures[found.active]!;
    const parameter = parameters[found.parameter];
    return parameter === undefined
      ? label
      : `${label.slice(0, parameter.start)}«${label.slice(parameter.start, parameter.end)}»${label.slice(parameter.end)}`;
  };
  it('shows the first parameter', () => assert.equal(help(open('let a = logspace(|')), 'logspace(«a», b, n)'));
  it('follows the commas', () => assert.equal(help(open('let a = logspace(1, sqrt(4), |)')), 'logspace(a, b, «n»)'));
  it('looks at the innermost call', () => assert.equal(help(open('let a = logspace(1, sqrt(|4), 3)')), 'sqrt(«x»)'));
  it('stands still within a list', () => assert.equal(help(open('let a = mixture([gaussian(1), |')), 'mixture(«[law, …]», weights: […])'));
  it('follows keys', () => assert.equal(help(open('let a = random(scale: |')), 'random(seed: …, «scale: …»)'));
  it('repeats the last parameter', () => assert.equal(help(open('let a = max(1, 2, |')), 'max(x, «y», …)'));
  it('picks the form that has the key', () =>
    assert.equal(help(open('let a = gaussian(covariance: |')), 'gaussian(«covariance: M», mean: v)'));
  it('ends with the call', () => assert.equal(help(open('let a = sqrt(1)|')), null));
  it('shows nothing for what is no function', () => assert.equal(help(open('let a = (|')), null));
});

describe('the outline', () => {
  const tree = (all: readonly SpecSymbol[]): string =>
    all.map((s) => (s.children.length === 0 ? s.name : `${s.name}(${tree(s.children)})`)).join(' ');
  it('holds experiments, blocks, settings and names', () => {
    const { document } = inside('sweep L over [1]\nprompt { length = L }\nexpect risk below 1');
    assert.equal(tree(symbols(document)), 'd rho t(L prompt(length) expect risk below 1)');
  });
  it('keeps what is damaged', () =>
    assert.equal(
      tree(symbols(open('experiment "t" {\n  prompt { length = }\n  train sgd { rate = 1').document)),
      't(prompt(length) train(rate))',
    ));
  it('selects within the whole', () => {
    const all = (list: readonly SpecSymbol[]): readonly SpecSymbol[] => list.flatMap((s) => [s, ...all(s.children)]);
    for (const s of all(symbols(inside('task linear_regression {\n noise = 1\n}\nplot risk against time').document)))
      assert.ok(s.start <= s.selection.start && s.selection.end <= s.end, s.name);
  });
});

describe('folding', () => {
  it('folds braces, lists and runs of comments', () => {
    const { document } = open('// a\n// b\nexperiment "t" {\n  prompt {\n    length = 1\n  }\n  sweep L over [\n    1,\n  ]\n}\n');
    assert.deepEqual(
      folds(document).map(({ from, to, kind }) => `${from}-${to} ${kind}`),
      ['1-2 comment', '3-9 region', '4-5 region', '7-8 region'],
    );
  });
});

describe('selection', () => {
  it('grows from the word to the file', () => {
    const { document, offset } = open('experiment "t" { task linear_regression { noise = sqrt(1 + rh|o) } }');
    assert.deepEqual(
      selections(document, offset)
        .map(({ start, end }) => document.text.slice(start, end))
        .slice(0, 5),
      ['rho', '1 + rho', 'sqrt(1 + rho)', 'noise = sqrt(1 + rho)', 'task linear_regression { noise = sqrt(1 + rho) }'],
    );
  });
  it('grows in a damaged text', () => {
    const { document, offset } = open('let d = 5\nexperiment "t" { prompt { length = | } }');
    assert.equal(selections(document, offset).length, 3);
  });
});

describe('semantic tokens', () => {
  const coloured = (text: string): string =>
    semanticTokens(open(text).document)
      .map(({ start, end, type }) => `${text.slice(start, end)}:${type}`)
      .join(' ');
  it('tell words by their place', () => assert.equal(coloured('let log_rate = log(2)'), 'let:keyword log_rate:variable log:function'));
  it('tell sweeps from lets', () =>
    assert.equal(
      coloured('experiment "t" { sweep L over [1]\nlet a = L }'),
      'experiment:keyword sweep:keyword L:parameter over:keyword let:keyword a:variable L:parameter',
    ));
  it('tell blocks, variants, settings and values', () =>
    assert.equal(coloured('experiment "t" { train sgd { rate = 1 } }'), 'experiment:keyword train:type sgd:class rate:property'));
  it('tell quantities, facets and clauses', () =>
    assert.equal(
      coloured('experiment "t" { plot output_error.paper against time log y }'),
      'experiment:keyword plot:keyword output_error:variable paper:property against:keyword time:variable log:keyword y:keyword',
    ));
  it('let a name be what a word of a statement is elsewhere', () =>
    assert.equal(
      coloured('let at = 1\nexperiment "t" { expect risk below at }'),
      'let:keyword at:variable experiment:keyword expect:keyword risk:variable below:keyword at:variable',
    ));
  it('are in order and apart', () => {
    const tokens = semanticTokens(inside('mesure risk {\n sweep over\n expect at [').document);
    for (let i = 1; i < tokens.length; i++) assert.ok(tokens[i - 1]!.end <= tokens[i]!.start);
  });
});
