/** Specs at random: mostly what the language allows, now and then anything at all. */
import fc from 'fast-check';

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
export const spec = fc
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

/** The data files that the specs name. */
export const files = { 'm.csv': '2,1\n1,2\n', 't.csv': '1,2\n3,4\n5,7\n' };
