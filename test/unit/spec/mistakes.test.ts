import assert from 'node:assert/strict';
import { experimentOf, fixed, mistake, planOf, tokensWith, whole } from './support.js';

/** Lines of an experiment with one mistake, its code, and a part of its message. */
type Row = readonly [lines: string, code: string, says: string | RegExp];

function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [lines, code, says] of rows)
      it(`${code}: ${lines.replace(/\s+/g, ' ').slice(0, 110)}`, () => mistake(whole(lines), code, says));
  });
}

describe('mistakes in the meaning of a spec', () => {
  table('numbers', [
    ['prompt { length = «2.5» }', 'E302', 'an integer of at least 1, or `inf`, not 2.5'],
    ['prompt { length = «0» }', 'E303', 'of at least 1'],
    ['prompt { length = «-inf» }', 'E304', '-inf'],
    ['prompt { length = «1e300» }', 'E303', 'at most 9007199254740991, or `inf`, not 1e300'],
    ['prompt { length = «"ten"» }', 'E301', 'not the text "ten"'],
    ['prompt { length = «1 / 0» }', 'E305', 'divides 1 by zero'],
    ['prompt { length = «inf - inf» }', 'E305', 'not a number'],
    ['prompt { length = «0 * inf» }', 'E305', 'not a number'],
    ['prompt { length = 3 + «10 ^ 400» }', 'E305', 'too large'],
    ['prompt { length = «0 ^ -1» }', 'E305', 'divides by zero'],
    ['prompt { length = «1e999» }', 'E305', 'too large'],
    ['prompt { length = «sqrt(-1)» }', 'E305', 'at least 0'],
    ['prompt { length = «log(0)» }', 'E305', 'positive'],
    ['prompt { length = «exp(1000)» }', 'E305', 'too large'],
    ['prompt { length = «true» }', 'E301', '`true`'],
    [
      'prompt { length = 10 + «identity» * 2 }'.replace('10 + «identity» * 2', '«10 + identity * 2»'),
      'E301',
      'a number may multiply a matrix',
    ],
    ['prompt { length = «[1] + 1» }', 'E301', 'the list [1]'],
    ['let x = «1 / 0»\nprompt { length = x }', 'E305', 'zero'],
    ['task linear_regression { dimension = «inf» }', 'E304', 'only a prompt length can be infinite'],
    ['task linear_regression { dimension = 3, noise = «-1» }', 'E303', 'at least 0'],
    ['train gradient_flow { time = «0» }', 'E303', 'above 0'],
    ['train gradient_flow { time = 1, points = «1» }', 'E303', 'at least 2'],
    ['train gradient_flow { time = 1, tolerance = «2» }', 'E303', 'at most 1'],
    ['train sgd { rate = 1, steps = «0» }', 'E303', 'at least 1'],
    ['train sgd { rate = 1, steps = 10, record = «0» }', 'E303', 'at least 1'],
    ['train sgd { rate = 1, steps = 10, momentum = «1» }', 'E303', 'below 1'],
    ['train sgd { rate = 1, steps = 10, seed = «-1» }', 'E303', 'at least 0'],
    ['train sgd { rate = 1, steps = 10, batch = «1.5» }', 'E302', 'integer'],
    ['train adam { rate = 1, steps = 10, beta2 = «1» }', 'E303', 'below 1'],
    ['attention { heads = «0» }', 'E303', 'at least 1'],
    ['attention { temperature = «0» }', 'E303', 'above 0'],
    ['concentrate { confidence = «1» }', 'E303', 'below 1'],
    ['concentrate { confidence = «0» }', 'E303', 'above 0'],
    ['solver { samples = «1» }', 'E303', 'at least 2'],
    ['attention { init = balanced(«0») }', 'E303', 'positive'],
    ['attention { init = random(seed: «1.5») }', 'E302', 'seed'],
    ['attention { init = «identity» }', 'E301', '`balanced(0.1)`'],
    ['repeat «0»', 'E303', '`repeat`'],
    ['repeat «2.5»', 'E302', '`repeat`'],
  ]);

  table('matrices and laws', [
    ['task linear_regression { dimension = 3, covariance = «diagonal([1, 2])» }', 'E308', '3 × 3, and this matrix is 2 × 2'],
    ['task linear_regression { dimension = 3, covariance = «3» }', 'E301', 'a matrix such as'],
    ['task linear_regression { dimension = 3, covariance = «identity + diagonal([1, 2])» }', 'E308', '2 × 2'],
    ['task linear_regression { dimension = 2, covariance = «diagonal([1, -1])» }', 'E307', 'smallest eigenvalue is -1'],
    ['task linear_regression { dimension = 2, covariance = «identity - 2 * kms(0.5)» }', 'E307', 'smallest eigenvalue is -2'],
    [
      'task linear_regression { dimension = 2, covariance = «matrix([[1, 1], [0, 1]])» }',
      'E306',
      '1 in row 1, column 2 and 0 in row 2, column 1',
    ],
    ['task linear_regression { dimension = 2, covariance = matrix([[1, 0], «[0]»]) }', 'E321', 'Row 2'],
    ['task linear_regression { dimension = 2, covariance = matrix(«[]») }', 'E311', 'at least one row'],
    ['task linear_regression { dimension = 2, covariance = matrix(«[1, 2]») }', 'E301', 'a list of rows'],
    ['task linear_regression { dimension = 2, covariance = diagonal([1, «inf»]) }', 'E304', 'finite'],
    ['task linear_regression { dimension = 2, covariance = kms(«2») }', 'E303', 'between -1 and 1'],
    ['task linear_regression { dimension = 2, covariance = condition(«0.5») }', 'E303', 'at least 1'],
    ['task linear_regression { dimension = 2, covariance = «identity / 0» }', 'E305', 'divided by 0'],
    ['task linear_regression { dimension = 2, weights = «identity» }', 'E301', 'a law such as'],
    ['task linear_regression { dimension = 2, weights = gaussian(«-1») }', 'E303', 'at least 0'],
    ['task linear_regression { dimension = 2, tokens = «gaussian(0)» }', 'E322', 'whitened'],
    ['task linear_regression { dimension = 2, covariance = «diagonal([1, 0])» }\nattention { init = bayes }', 'E322', '`bayes`'],
    ['attention { key_query = «matrix([[1]])» }', 'E308', '4 × 4'],
    ['attention { value = «[1, 2]» }', 'E308', 'a vector of 4 entries'],
    ['attention { value = «identity» }', 'E301', '[0, 0, 0, 1]'],
  ]);

  describe('plain tokens', () => {
    const rows: readonly [text: string, code: string, says: string][] = [
      [tokensWith('«uniform(2, -2)»'), 'E309', 'write `uniform(-2, 2)`'],
      [tokensWith('«uniform(0, 1)»'), 'E303', 'centred'],
      [tokensWith('«uniform(0, 0)»'), 'E303', 'positive length'],
      [tokensWith('sphere(«0»)'), 'E303', 'positive'],
      [tokensWith('«2»'), 'E301', 'a law such as'],
      [tokensWith('mixture([gaussian(1)], weights: «[0.5]»)'), 'E310', 'sum to 0.5'],
      [tokensWith('mixture([gaussian(1), rademacher], weights: «[1.5, -0.5]»)'), 'E310', 'negative'],
      [tokensWith('mixture(«[]», weights: [])'), 'E311', 'at least one law'],
      [tokensWith('mixture([«3»], weights: [1])'), 'E301', 'Each part'],
      [tokensWith('«gaussian(covariance: identity, mean: [1, 2])»'), 'E308', 'mean has 2 entries'],
      [tokensWith('gaussian(covariance: «diagonal([1, 2, 3])»)'), 'E308', '1 × 1'],
      [tokensWith('rademacher', 'query { at = «[1, 2]» }'), 'E308', '2 entries'],
      [tokensWith('rademacher', 'query { at = [«softmax»] }'), 'E301', 'numbers'],
      [tokensWith('rademacher', 'solver { method = «exact» }'), 'E315', 'not Gaussian'],
      [tokensWith('gaussian(1)', 'query { law = rademacher }\nsolver { method = «exact» }'), 'E315', 'the query is not Gaussian'],
      [tokensWith('rademacher', 'attention { key_query = identity, value = «matrix([[1, 0]])» }'), 'E308', '1 column'],
      [tokensWith('rademacher', 'measure «risk»'), 'E314', 'needs a `task`'],
      [tokensWith('rademacher', 'measure «fitted rate of output_error»'), 'E314', 'sweep of the prompt length'],
    ];
    for (const [text, code, says] of rows) it(`${code}: ${says}`, () => mistake(text, code, says));
  });

  table('lists and sweeps', [
    ['sweep L over «[]»\nprompt { length = L }', 'E311', 'at least one value'],
    ['sweep L over [10, «10»]\nprompt { length = L }', 'E312', '10 twice'],
    ['sweep L over [10, 20, «1e1»]\nprompt { length = L }', 'E312', '10 twice'],
    ['sweep L over «10»\nprompt { length = L }', 'E301', 'needs a list'],
    ['sweep L over «16..1»\nprompt { length = L }', 'E309', '`1..16`'],
    ['sweep L over 1..«2.5»\nprompt { length = L }', 'E302', 'integers'],
    ['sweep L over «1..1e9»\nprompt { length = L }', 'E410', '1000000000 values'],
    ['sweep L over logspace(1, 10, «1e9»)\nprompt { length = L }', 'E410', '1000000000 points'],
    ['sweep L over logspace(«0», 10, 3)\nprompt { length = L }', 'E303', 'positive'],
    ['sweep L over linspace(0, 10, «2.5»)\nprompt { length = L }', 'E302', 'whole number'],
    ['sweep L over [10, 2.5]\nprompt { length = «L» }', 'E302', 'not 2.5'],
    ['sweep L over [10, 20]\nprompt { length = «L / 4» }', 'E302', 'where L = 10'],
    [
      'sweep shape over [identity, diagonal([1, -1, 1])]\ntask linear_regression { dimension = 3, covariance = «shape» }',
      'E307',
      'where shape = diagonal([1, -1, 1])',
    ],
  ]);

  table('what does not apply', [
    ['measure «training_loss»', 'E314', 'mini-batches'],
    ['measure risk, «output_error»', 'E314', 'concentrate'],
    ['expect «gains» below 1', 'E314', '`largest_gain` or `least_gain`'],
    ['«plot risk against step»', 'E316', 'no steps'],
    ['sweep L over [10, 20]\nprompt { length = L }\n«plot risk against L by L»', 'E316', 'is the axis'],
    ['sweep k over [softmax, linear]\nattention { kernel = k }\n«plot risk against k log x»', 'E316', 'needs numbers'],
    ['plot «bayes_risk» against time', 'E316', 'one value for a run'],
    ['expect risk at [«step = 3»] below 1', 'E316', 'no steps'],
    ['expect risk at [«time = 9»] below 1', 'E318', 'ends at time 8'],
    ['expect risk at [«time = -1»] below 1', 'E318', 'before'],
    ['train sgd { rate = 0.1, steps = 10 }\nexpect risk at [step = «1.5»] below 1', 'E302', 'integer'],
    ['train sgd { rate = 0.1, steps = 10 }\nexpect risk at [«step = 11»] below 1', 'E318', 'step 10'],
    ['train sgd { rate = 0.1, steps = 10 }\nexpect risk at [«time = 0.25»] below 1', 'E318', 'nearest'],
    ['sweep L over [10, 100]\nprompt { length = L }\nexpect risk at [«L = 50»] below 1', 'E313', '`10` and `100`'],
    ['sweep k over [softmax, linear]\nattention { kernel = k }\nexpect risk at [«k = merged»] below 1', 'E313', '`softmax` and `linear`'],
    ['sweep L over [10]\nprompt { length = L }\nexpect risk «decreasing in L»', 'E317', 'single value'],
    ['sweep k over [softmax, linear]\nattention { kernel = k }\nexpect risk «decreasing in k»', 'E317', 'compares numbers'],
    ['sweep L over [10, 20]\nprompt { length = L }\nexpect risk at [L = 10] «increasing in L»', 'E317', 'picks one value'],
    ['expect risk at [time = 1] «decreasing in time»', 'E317', 'one point'],
    ['expect risk «between 2 and 1»', 'E309', 'between 1 and 2'],
    ['expect risk within «0»% of 1', 'E303', 'positive'],
    ['expect risk below «inf»', 'E304', 'finite'],
    ['expect risk below «softmax»', 'E301', 'must be a number'],
    ['expect risk below 1 + «risk»', 'E228', 'NUMBER * QUANTITY'],
    ['expect risk below «3» at [time = 2]', 'E228', '`at` picks'],
    ['solver { method = «exact» }\nattention { heads = 2 }', 'E315', 'several heads'],
    [
      'task single_index { dimension = 2, link = square }\nprompt { length = «inf» }\nattention { init = random(seed: 1) }',
      'E319',
      'random start',
    ],
    ['task single_index { dimension = 2, link = «square» }\ntrain sgd { rate = 0.1, steps = 10 }\nmeasure gradient_gap', 'E319', '`sgd`'],
    ['sweep L over [10, 20]\nexpect risk within «L»% of 1\nprompt { length = L }', 'E301', 'the sweep `L`'],
    ['sweep L over [10, 20]\nprompt { length = L }\nrepeat «L»', 'E301', 'the sweep `L`'],
  ]);

  table('out of reach', [
    ['task linear_regression { dimension = «1e6» }', 'E412', 'TB'],
    ['solver { samples = «1e12», method = monte_carlo }', 'E411', 'days'],
    ['task single_index { dimension = 3 }\nsolver { samples = «1e15» }', 'E411', 'years'],
    ['«sweep L over 1..5000»\nsweep s over 1..2000\nprompt { length = L }\nsolver { seed = s }', 'E410', '10000000 runs'],
    ['«repeat 1e7»', 'E410', '10000000 runs'],
    ['train sgd { rate = 1e-3, steps = «1e12» }', 'E411', 'One run would take'],
    ['train sgd { rate = 1e-3, steps = 1000 }\nprompt { length = «1e12» }', 'E411', 'One run would take'],
    ['train gradient_flow { time = 1, points = «1e9» }', 'E412', 'GB'],
  ]);

  it('gives one message where several runs make the same mistake', () => {
    mistake(whole('sweep L over [10, 20, 30]\nprompt { length = «L / 7» }'), 'E302', 'where L = 10');
  });

  it('finds a mistake in a let that nothing uses', () => {
    const { diagnostics } = planOf('let unused = 1 / 0\n');
    assert.ok(diagnostics.some((d) => d.code === 'attn.E305'));
  });

  it('lets an experiment without mistakes run beside one that has them', () => {
    const text = `${whole('prompt { length = 0 }').replace('"t"', '"bad"')}\n${whole('prompt { length = 5 }')}`;
    const { plan, diagnostics } = planOf(text);
    assert.deepEqual(
      plan.experiments.map((e) => e.title),
      ['t'],
    );
    assert.equal(diagnostics.length, 1);
  });

  it('says nothing about what a damaged let leaves unknown', () => {
    const { diagnostics } = planOf(`let d = \nlet e = d + 1\n${whole('task linear_regression { dimension = e }')}`);
    assert.equal(diagnostics.length, 1, diagnostics.map((d) => d.message).join('\n'));
  });

  describe('fixes', () => {
    const cases: readonly string[] = [
      tokensWith('uniform(2, -2)'),
      tokensWith('mixture([gaussian(1), rademacher], weights: [1, 3])'),
      whole('task linear_regression { dimension = 2, covariance = matrix([[1, 2], [2, 1]]) }'),
      whole('sweep L over 16..1\nprompt { length = L }'),
      whole('expect risk between 2 and 1'),
    ];
    for (const text of cases)
      it(`mends ${text.replace(/\s+/g, ' ').slice(17, 90)}`, () => assert.ok(experimentOf(fixed(text)).runs.length > 0));
  });
});
