import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { planOf } from './support.js';

const runs = Number(process.env.FUZZ_RUNS ?? 500);
const seed = 20261122;

const number = fc.oneof(
  fc.integer({ min: -3, max: 12 }).map(String),
  fc.constantFrom('0.5', '1e-3', '1e6', '1e12', '1e308', 'inf', 'pi', '0', '2.5', '1 / 0', '0 * inf', '-1', '300_000', 'L', 'd', 'a', 'k'),
);
const vector = fc.array(number, { maxLength: 4 }).map((items) => `[${items.join(', ')}]`);
const matrix = fc.letrec<{ any: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    fc.constant('identity'),
    number.map((x) => `kms(${x})`),
    vector.map((v) => `diagonal(${v})`),
    number.map((x) => `power_law(${x})`),
    number.map((x) => `condition(${x})`),
    fc.array(vector, { maxLength: 3 }).map((rows) => `matrix([${rows.join(', ')}])`),
    fc.constant('file("m.csv")'),
    fc.constant('shape'),
  ),
  any: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    fc.tuple(number, tie('any')).map(([x, m]) => `${x} * (${m})`),
    fc.tuple(tie('any'), fc.constantFrom('+', '-', '*', '/'), tie('any')).map(([a, op, b]) => `(${a} ${op} ${b})`),
  ),
})).any;
const law = fc.letrec<{ any: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    number.map((x) => `gaussian(${x})`),
    matrix.map((m) => `gaussian(${m})`),
    fc.tuple(matrix, vector).map(([m, v]) => `gaussian(covariance: ${m}, mean: ${v})`),
    fc.constantFrom('rademacher', 'gaussian', 'file("t.csv")', 'file("none.npy")'),
    fc.tuple(number, number).map(([a, b]) => `uniform(${a}, ${b})`),
    number.map((x) => `sphere(${x})`),
  ),
  any: fc.oneof(
    { maxDepth: 2 },
    tie('leaf'),
    fc.tuple(fc.array(tie('any'), { maxLength: 3 }), vector).map(([laws, weights]) => `mixture([${laws.join(', ')}], weights: ${weights})`),
  ),
})).any;
const list = fc.oneof(
  vector,
  fc.tuple(number, number).map(([a, b]) => `${a}..${b}`),
  fc.tuple(fc.constantFrom('linspace', 'logspace'), number, number, number).map(([f, a, b, n]) => `${f}(${a}, ${b}, ${n})`),
  fc.constant('[softmax, linear]'),
  fc.array(matrix, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
);
const quantity = fc.constantFrom(
  ...[
    'risk',
    'excess_risk',
    'parameter_gap',
    'gradient_gap',
    'balance',
    'alignment',
    'output_error',
    'output_error.certified',
    'value_gradient_error',
  ],
  ...['rate of output_error', 'fitted rate of output_error', 'effective_tokens', 'training_loss', 'bayes_gap', 'bayes_risk'],
);
const anything = fc.oneof(
  { weight: 3, arbitrary: number },
  matrix,
  law,
  vector,
  list,
  fc.constantFrom('softmax', 'linear', 'true', '"text"', 'bayes', 'random(seed: 3)', 'balanced(0.1)'),
);
const at = fc.oneof(
  fc.constant(''),
  number.map((x) => ` at [L = ${x}]`),
  number.map((x) => ` at [time = ${x}]`),
  fc.constant(' at [kind = softmax]'),
);

/** Settings as they should be, each now and then replaced by anything. */
const settings = (parts: readonly (readonly [string, fc.Arbitrary<string>])[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      ...parts.map(([name, value]) =>
        fc.oneof({ weight: 12, arbitrary: value }, { weight: 1, arbitrary: anything }).map((text) => `${name} = ${text}`),
      ),
      fc.constant(''),
    )
    .map((lines) => lines.filter((line) => line !== '').join(', '));

const mostly = (good: fc.Arbitrary<string>, wild: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: wild });
const lengths = mostly(fc.constantFrom('[10, 100]', 'logspace(2, 100, 3)', '1..3', '[5, inf]'), list);
const shapes = mostly(fc.constantFrom('[identity]', '[identity, kms(0.5)]', '[2 * power_law(1)]'), list);
const goodLaw = fc.constantFrom(
  'gaussian(1)',
  'gaussian(kms(0.5))',
  'rademacher',
  'uniform(-1, 1)',
  'sphere(2)',
  'mixture([gaussian(1), rademacher], weights: [0.5, 0.5])',
);
const goodNumber = fc.constantFrom('0.5', '2', '8', 'd');

const size = fc.constantFrom('2', 'd');
const task = fc.oneof(
  settings([
    ['dimension', size],
    ['covariance', mostly(fc.constantFrom('identity', 'kms(0.5)', 'shape'), matrix)],
    ['weights', mostly(fc.constant('gaussian(1/d)'), law)],
    ['tokens', mostly(goodLaw, law)],
  ]).map((s) => `task linear_regression { ${s} }`),
  fc
    .tuple(settings([['dimension', size]]), fc.constantFrom('tanh', 'relu', 'sign', 'square', 'identity'))
    .map(([s, link]) => `task single_index { ${s}, link = ${link} }`),
);
const plain = fc
  .tuple(
    settings([
      ['dimension', size],
      ['law', mostly(goodLaw, law)],
    ]),
    fc.oneof(
      mostly(fc.constant('[1, 2]'), vector).map((v) => `at = ${v}`),
      mostly(goodLaw, law).map((l) => `law = ${l}`),
    ),
    matrix,
  )
  .map(([s, query, value]) => `tokens { ${s} }\nquery { ${query} }\nattention { key_query = identity, value = ${value} }`);
const train = fc.oneof(
  settings([
    ['time', mostly(goodNumber, number)],
    ['points', fc.constantFrom('5', '101')],
  ]).map((s) => `train gradient_flow { ${s} }`),
  fc
    .tuple(
      fc.constantFrom('sgd', 'adam', 'gradient_descent'),
      settings([
        ['rate', fc.constant('0.1')],
        ['steps', mostly(fc.constantFrom('10', '200'), number)],
      ]),
    )
    .map(([kind, s]) => `train ${kind} { ${s} }`),
);
const statements = fc.array(
  fc.oneof(
    quantity.map((q) => `measure ${q}`),
    fc.tuple(quantity, fc.constantFrom('time', 'step', 'L', 'kind')).map(([q, axis]) => `plot ${q} against ${axis}`),
    fc.tuple(quantity, at, number).map(([q, a, x]) => `expect ${q}${a} below ${x}`),
    fc.tuple(quantity, number, quantity, at).map(([q, x, r, a]) => `expect ${q} above ${x} * ${r}${a}`),
    fc.tuple(quantity, number, number).map(([q, x, y]) => `expect ${q} between ${x} and ${y}`),
    fc.tuple(quantity, fc.constantFrom('L', 'time', 'kind')).map(([q, axis]) => `expect ${q} decreasing in ${axis}`),
    mostly(fc.constant('2'), number).map((x) => `repeat ${x}`),
  ),
  { maxLength: 2 },
);
const spec = fc
  .tuple(
    lengths,
    shapes,
    fc.oneof(
      fc.tuple(task, train).map((two) => two.join('\n')),
      plain.map((p) => `${p}\nconcentrate { }`),
    ),
    statements,
    mostly(goodNumber, anything),
    mostly(fc.constant('L'), fc.constantFrom('inf', '2 * L', 'ceil(L)', 'a', '2.5')),
  )
  .map(
    ([lengthList, shapeList, body, rest, a, length]) =>
      `let d = 2\nlet a = ${a}\nexperiment "fuzz" {\nsweep L over ${lengthList}\nsweep shape over ${shapeList}\nsweep kind over [softmax, linear]\n${body}\nprompt { length = ${length} }\n${rest.join('\n')}\n}`,
  );

const files = { 'm.csv': '2,1\n1,2\n', 't.csv': '1,2\n3,4\n5,7\n' };

/** Every spec either has an error or runs, with finite costs and numbers where numbers must be. */
function check(text: string): number {
  const { plan, diagnostics } = planOf(text, { files });
  const errors = diagnostics.filter((d) => d.severity === 'error');
  assert.ok(plan.experiments.length > 0 || errors.length > 0 || !text.includes('experiment'), text);
  for (const d of diagnostics) {
    assert.ok(0 <= d.start && d.start <= d.end && d.end <= text.length, `${d.message}\n${text}`);
    assert.ok(!d.message.includes('no rule says why'), text);
  }
  for (const experiment of plan.experiments) {
    const product = experiment.sweeps.reduce((n, sweep) => n * sweep.values.length, experiment.repeats);
    assert.equal(experiment.runs.length, product);
    for (const run of experiment.runs) {
      assert.ok(Number.isFinite(run.cost.seconds) && run.cost.seconds > 0 && run.cost.bytes < 2e9);
      assert.ok(
        !/null|NaN/.test(
          JSON.stringify([run.at, run.problem.setting], (_, x: unknown) => (x === Number.POSITIVE_INFINITY ? 'inf' : x))
            .replace('"value":null', '')
            .replace(/"(tokens|value)":null/g, ''),
        ),
      );
    }
  }
  return plan.experiments.length;
}

describe('fuzzing the meaning', () => {
  it(`a spec that checks lowers without exception (${runs} specs)`, function () {
    this.timeout(0);
    let lowered = 0;
    fc.assert(
      fc.property(spec, (text) => {
        lowered += check(text);
      }),
      { numRuns: runs, seed },
    );
    assert.ok(lowered > runs / 100, `${lowered} of ${runs} specs had no mistake`);
  });

  it('survives examples with words replaced', function () {
    this.timeout(0);
    const texts = ['icl-gradient-flow', 'concentration', 'paper-grid', 'rademacher-limit'].map((name) =>
      readFileSync(`examples/${name}.attn`, 'utf8'),
    );
    const words = texts.flatMap((text) => text.match(/[\p{L}_]\w*|[\d.]+|"[^"]*"|[^\s\w]/gu) ?? []);
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(), fc.constantFrom(...words), (text, position, word) => {
        const spots = [...text.matchAll(/[\p{L}_]\w*|[\d.]+|"[^"]*"|[^\s\w]/gu)];
        const spot = spots[position % spots.length]!;
        check(text.slice(0, spot.index) + word + text.slice(spot.index + spot[0].length));
      }),
      { numRuns: runs / 4, seed },
    );
  });
});
