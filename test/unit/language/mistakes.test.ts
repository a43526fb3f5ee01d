import { expectClean, expectMistake } from './marked.js';

describe('one mistake, one message', () => {
  const cases: [what: string, text: string, code: string, ...words: string[]][] = [
    ['a number without its first digit', 'train gradient_flow { time = «.5» }', 'E107', '0.5'],
    ['a number without its last digit', 'train gradient_flow { time = «5.» }', 'E107', 'write `5`'],
    ['a number with a letter behind it', 'let d = 3\ntask linear_regression { dimension = «2d» }', 'E107', '2 * d'],
    ['two underscores', 'train gradient_flow { time = «3__0» }', 'E107', '3_0'],
    ['a misspelt statement', '«mesure» risk', 'E106', '`measure`'],
    ['a misspelt sweep', '«swep» L over [1, 2]\nprompt { length = L }', 'E106', '`sweep`'],
    [
      'a misspelt experiment',
      '«experimnt» "t" {\n  task linear_regression { dimension = 3 }\n  prompt { length = 1 }\n  train gradient_flow { time = 1 }\n}',
      'E106',
      '`experiment`',
    ],
    ['a misspelt clause', 'plot risk «agianst» time', 'E106', '`against`'],
    ['a misspelt relation', 'expect risk «belwo» 3', 'E106', '`below`'],
    ['a setting without its value', 'prompt { length «=» }', 'E104', 'value'],
    ['an operator without its right side', 'let a = 3 «+»\nprompt { length = a }', 'E104', '`+`'],
    ['a relation without its value', 'expect risk «below»\nmeasure risk', 'E104', '`below`'],
    ['two settings without a comma', 'train gradient_flow { time = 8 «points» = 33 }', 'E105', 'comma'],
    ['two items without a comma', 'sweep L over [10 «100»]\nprompt { length = L }', 'E105', 'comma'],
    ['a let without its name', '«let» = 3', 'E112', 'name'],
    ['a let with a reserved name', 'let «sweep» = 3', 'E113', 'reserved'],
    ['an open list', 'sweep L over «[»10, 100\nprompt { length = L }', 'E102', '`]`'],
    ['an open block', 'prompt { length = «10»\nmeasure risk', 'E102', '`}`', 'prompt'],
    ['a brace too many in a list', 'sweep L over [10, «}» 100]\nprompt { length = L }', 'E103', '`}`'],
    ['a bracket too many', 'prompt { length = 10«)» }', 'E103', '`)`'],
    ['an unknown character', 'prompt { length = 100«;» }', 'E110', '`,`'],
    ['a minus from a word processor', 'let a = 2 «−» 1\nprompt { length = a }', 'E110', 'write `-`'],
    ['a keyword that is missing', 'sweep L «[»10, 100]\nprompt { length = L }', 'E101', '`over` is missing'],
    ['a word too many', 'plot risk «foo» against time', 'E101', '`foo`'],
    ['a setting outside of its block', '«noise» = 3', 'E115', '`task`'],
    ['an expression that is too deep', `let a = ${'('.repeat(32)}«(»1${')'.repeat(33)}\nprompt { length = a }`, 'E111', '32'],
    ['a chain of powers that is too deep', `let a = ${'2^'.repeat(32)}2«^»2\nprompt { length = a }`, 'E111', '32'],
    ['a misspelt setting', 'prompt { «lenght» = 3 }', 'E203', '`lenght` is not a setting of `prompt`; did you mean `length`?'],
    ['a setting of another block', 'prompt { length = 3, «noise» = 2 }', 'E203', '`task`'],
    ['a misspelt block', '«promt» { length = 3 }\n// prompt', 'E201', '`prompt`'],
    [
      'a variant without its block',
      '«linear_regression» { dimension = 3 }\n// task\ntrain gradient_flow { time = 1 }',
      'E201',
      'task linear_regression',
    ],
    ['a missing setting', '«train sgd» { rate = 0.1 }', 'E218', '`steps`'],
    [
      'a missing prompt',
      'experiment «"t"» {\n  task linear_regression { dimension = 3 }\n  train gradient_flow { time = 1 }\n}',
      'E218',
      '`prompt`',
    ],
    ['a name that is used before and never defined', 'let a = «b» + 1\nlet c = b\nprompt { length = a + c }', 'E207', '`b` is not defined'],
    ['a misspelt name', 'let width = 3\nprompt { length = «widht» }', 'E207', '`width`'],
    ['a misspelt word', 'attention { kernel = «sofmax» }', 'E208', '`softmax`'],
    ['a name defined twice', 'let a = 1\nlet «a» = 2\nprompt { length = a }', 'E209', 'twice'],
    ['a cycle through three lets', 'let «a» = b\nlet b = c\nlet c = a\nprompt { length = a }', 'E220', '`a` → `b` → `c` → `a`'],
    ['a let defined by itself', 'let «a» = a + 1\nprompt { length = a }', 'E220', 'itself'],
    [
      'a sweep over another through a let',
      'sweep n over [1, 2]\nlet m = 2 * n\nsweep L over [«m», 10]\nprompt { length = n + L }',
      'E221',
      '`n`',
    ],
    ['`at` on a let', 'let d = 3\nsweep L over [d, 10]\nprompt { length = L }\nexpect risk at [«d» = 3] below 1', 'E222', '`let`'],
    ['a facet of a quantity that has none', 'measure risk.«certified»', 'E205', 'output_error'],
    ['a trust length of the risk', 'measure trust_length of «risk» to 0.1', 'E228', 'output_error'],
    ['a trust length without its threshold', 'concentrate { of = output }\nmeasure trust_length of «output_error»', 'E228', 'threshold'],
    ['a function without its arguments', 'task linear_regression { dimension = 3, covariance = «kms» }', 'E223', 'kms(rho)'],
  ];
  for (const [what, text, code, ...words] of cases) it(`${what}: ${code}`, () => expectMistake(text, code, ...words));
});

describe('what the language allows', () => {
  const cases: Record<string, string> = {
    'words of the language as names': 'let plot = 3\nlet measure = plot\nlet over = measure\nlet below = over\nprompt { length = below }',
    'unicode names': 'let ρ = 0.5\ntask linear_regression { dimension = 3, covariance = kms(ρ) }',
    numbers: 'let a = 300_000 * 1e-3 + 0.5\ntrain gradient_flow { time = a }',
    'trailing commas': 'prompt { length = max(1, 2,), }\nmeasure risk,\n',
    'settings on lines of their own, values behind operators':
      'train gradient_flow {\n  time = 1 +\n    2\n  points = max(\n    3,\n    4\n  )\n}',
    'comments anywhere': '/* a */ prompt /* b */ { // c\n length = /* d */ 10 // e\n}',
    'clauses on lines of their own': 'sweep L over [1, 2]\nprompt { length = L }\nplot risk\n  against time\n  by L\n  log y',
    'powers above signs': 'let a = -2^-3^2\ntrain gradient_flow { time = abs(a) }',
    ranges: 'sweep L over 1..16\nprompt { length = L }',
    'all forms of quantities':
      'sweep L over [10, 100]\nprompt { length = L }\nconcentrate { of = output }\nmeasure rate of output_error, trust_length of output_error.certified to 0.1, fitted rate of output_error\nexpect fitted rate of output_error at [L = 10] below -1\nexpect output_error below 2 * output_error.certified at [L = 10]\nexpect output_error within 20% of output_error.paper\nexpect output_error between 0 and output_error.asymptote\nexpect output_error decreasing in L',
    'several blocks on one line': 'task linear_regression { dimension = 3 } prompt { length = 1 }\ntrain gradient_flow { time = 1 }',
  };
  for (const [what, text] of Object.entries(cases)) it(what, () => expectClean(text));
});
