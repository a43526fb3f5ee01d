/** Every code of the project. `docs/diagnostics.md` is made from this table; each `wrong` example has a test that triggers its code. */
export interface CatalogueEntry {
  readonly title: string;
  /** Why it is refused and what would be right. */
  readonly explanation: string;
  /** A file, or lines of an experiment, that give this code and no other. Empty where the mistake is not in the text. */
  readonly wrong: string;
  /** The same, put right. */
  readonly right: string;
}

const entry = (title: string, explanation: string, wrong: string, right: string): CatalogueEntry => ({ title, explanation, wrong, right });

const syntax = {
  E101: entry(
    'Unexpected text',
    'Something stands here that does not belong: the statement would be whole without it, or a word, sign or value is missing before it.',
    'sweep L over [10, 100] 7',
    'sweep L over [10, 100]',
  ),
  E102: entry(
    'Bracket or brace never closed',
    'Every `(`, `[` and `{` needs its `)`, `]` or `}`.',
    'sweep L over [10, 100',
    'sweep L over [10, 100]',
  ),
  E103: entry(
    'Bracket or brace never opened',
    'A `)`, `]`, `}` or `{` stands here without its partner.',
    'sweep L over [10, 100]]',
    'sweep L over [10, 100]',
  ),
  E104: entry(
    'A value is missing',
    'After `=`, an operator or a word such as `over` or `below` an expression is needed.',
    'prompt { length = }',
    'prompt { length = 100 }',
  ),
  E105: entry(
    'A comma or a new line is missing',
    'Two settings on one line are separated by a comma, and so are the items of a list; statements stand on lines of their own.',
    'train gradient_flow { time = 8 points = 33 }',
    'train gradient_flow { time = 8, points = 33 }',
  ),
  E106: entry(
    'Misspelt word of the language',
    'A word such as `sweep`, `measure` or `against` is needed here and a similar one is written.',
    'mesure risk',
    'measure risk',
  ),
  E107: entry(
    'Malformed number',
    'A number has digits on both sides of its point (`0.5`, not `.5` or `5.`), single underscores between digits (`300_000`), an exponent with digits (`1e-3`), and no letters after it (`2 * d`, not `2d`).',
    'train gradient_flow { time = .5 }',
    'train gradient_flow { time = 0.5 }',
  ),
  E108: entry(
    'Text never closed',
    'A string ends with `"` on the line where it begins.',
    'experiment "Unclosed {\n  task linear_regression { dimension = 3 }\n  prompt { length = 10 }\n  train gradient_flow { time = 1 }\n}',
    'experiment "Closed" {\n  task linear_regression { dimension = 3 }\n  prompt { length = 10 }\n  train gradient_flow { time = 1 }\n}',
  ),
  E109: entry('Comment never closed', 'A comment that begins with `/*` ends with `*/`.', '/* a note', '/* a note */'),
  E110: entry(
    'Character that means nothing here',
    'The language is made of names, numbers, strings and + - * / ^ % = , . : ( ) [ ] { }.',
    'prompt { length = 100; }',
    'prompt { length = 100 }',
  ),
  E111: entry(
    'Expression too deep or too long',
    'An expression may be nested 32 deep and hold 1000 tokens. Name its parts with `let`, or read long lists from a file.',
    'prompt { length = ((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))) }',
    'prompt { length = 1 }',
  ),
  E112: entry('A name is missing', '`let`, `sweep`, `measure`, `plot` and settings begin with a name.', 'let = 3', 'let d = 3'),
  E113: entry(
    'Reserved word used as a name',
    '`let`, `experiment` and `sweep` are the only reserved words.',
    'let sweep = 3',
    'let sweeps = 3',
  ),
  E114: entry('Too many mistakes', 'Only the first hundred mistakes of a file are shown.', '', ''),
  E115: entry(
    'Not a statement',
    'A line of an experiment begins with `let`, `sweep`, `repeat`, `measure`, `plot`, `overlay`, `expect` or the name of a block; a file holds `let` and `experiment`.',
    'dimension = 3',
    'task linear_regression { dimension = 3 }',
  ),
};

const structure = {
  E201: entry(
    'Unknown block',
    'The blocks are `task`, `tokens`, `query`, `prompt`, `attention`, `train`, `concentrate` and `solver`.',
    'solvr { seed = 1 }',
    'solver { seed = 1 }',
  ),
  E202: entry(
    'Unknown variant of a block',
    '`task` and `train` come in variants: `task linear_regression`, `task single_index`; `train gradient_flow`, `gradient_descent`, `sgd`, `adam`.',
    'train gradientflow { time = 8 }',
    'train gradient_flow { time = 8 }',
  ),
  E203: entry('Unknown setting', 'Each block has its own settings.', 'prompt { lenght = 100 }', 'prompt { length = 100 }'),
  E204: entry(
    'Unknown quantity',
    'Only the quantities that the solver knows can be measured, drawn and expected.',
    'measure rsk',
    'measure risk',
  ),
  E205: entry(
    'Unknown or unsuitable facet',
    'The error quantities have `.certified`, `.asymptote`, `.paper`, `.quantile`, `.certified_quantile` and `.rare`; `parameter_gap` has `.envelope`; no other quantity has a facet.',
    'measure risk.certified',
    'measure risk',
  ),
  E206: entry(
    'Unknown function',
    'The functions, laws and matrices are a closed set.',
    'prompt { length = flor(10.5) }',
    'prompt { length = floor(10.5) }',
  ),
  E207: entry(
    'Unknown name',
    'A name is defined by a `let` (in the file or in the experiment) or by a `sweep` of the experiment.',
    'prompt { length = n }',
    'let n = 100\nprompt { length = n }',
  ),
  E208: entry(
    'Unknown word for a setting',
    'This setting takes one of a closed set of words.',
    'attention { kernel = sofmax }',
    'attention { kernel = softmax }',
  ),
  E209: entry('Name given twice', 'A name is defined once in each scope.', 'let d = 3\nlet d = 4', 'let d = 3\nlet e = 4'),
  E210: entry('Title given twice', 'Experiments are told apart by their titles.', '', ''),
  E211: entry(
    'Setting given twice',
    'A setting is given once in its block.',
    'prompt { length = 10, length = 20 }',
    'prompt { length = 10 }',
  ),
  E212: entry(
    'Block given twice',
    'A block stands once in an experiment; so does `repeat`.',
    'prompt { length = 10 }\nprompt { length = 20 }',
    'prompt { length = 10 }',
  ),
  E213: entry(
    'Both a task and plain tokens',
    'The tokens come from a `task` or from a `tokens` block, not from both.',
    'task linear_regression { dimension = 3 }\ntokens { dimension = 3, law = rademacher }',
    'task linear_regression { dimension = 3 }',
  ),
  E214: entry(
    'Neither a task nor tokens',
    'An experiment needs a `task` or a `tokens` block, which say what the tokens are.',
    'experiment "t" {\n  prompt { length = 10 }\n  train gradient_flow { time = 1 }\n}',
    'experiment "t" {\n  task linear_regression { dimension = 3 }\n  prompt { length = 10 }\n  train gradient_flow { time = 1 }\n}',
  ),
  E215: entry(
    'Nothing to compute',
    'An experiment needs `train`, `concentrate` or both.',
    'experiment "t" {\n  task linear_regression { dimension = 3 }\n  prompt { length = 10 }\n}',
    'experiment "t" {\n  task linear_regression { dimension = 3 }\n  prompt { length = 10 }\n  train gradient_flow { time = 1 }\n}',
  ),
  E216: entry(
    'Training without a task',
    '`train` needs a `task`: plain tokens have no target to learn.',
    'tokens { dimension = 3, law = rademacher }\ntrain gradient_flow { time = 1 }',
    'task linear_regression { dimension = 3 }\ntrain gradient_flow { time = 1 }',
  ),
  E217: entry(
    'Concentration without a layer',
    'With plain tokens, `concentrate` needs a `query` block and, in `attention`, `key_query` and `value`.',
    'tokens { dimension = 1, law = rademacher }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }',
    'tokens { dimension = 1, law = rademacher }\nquery { at = [2] }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }',
  ),
  E218: entry(
    'Missing setting or block',
    'This setting or block has no default.',
    'task linear_regression { noise = 0.1 }',
    'task linear_regression { dimension = 3, noise = 0.1 }',
  ),
  E219: entry(
    'Built-in name redefined',
    'The names of built-in values, functions, constants and axes cannot be defined again.',
    'let pi = 3',
    'let ratio = 3',
  ),
  E220: entry('Circular definition', 'A `let` may not depend on itself.', 'let a = b\nlet b = a', 'let a = 2\nlet b = a'),
  E221: entry(
    'Sweep over another sweep',
    "A sweep's list may use lets, not other sweeps: the sweeps make their product.",
    'sweep n over [1, 2]\nsweep L over [n, 10]',
    'sweep n over [1, 2]\nsweep L over [1, 10]',
  ),
  E222: entry(
    'Not a sweep',
    '`at`, `by`, `against` and `in` name sweeps of the experiment, or the axes `time` and `step` where these make sense.',
    'sweep L over [10, 100]\nplot risk against time by K',
    'sweep L over [10, 100]\nplot risk against time by L',
  ),
  E223: entry('Wrong arguments', 'The function takes other arguments.', 'prompt { length = sqrt(4, 2) }', 'prompt { length = sqrt(4) }'),
  E224: entry(
    'Block that does not apply',
    'In a task the query is (x_q, 0) with x_q of the law of x: a `query` block stands with plain `tokens` only.',
    'task linear_regression { dimension = 3 }\nquery { at = [1, 2, 3] }',
    'task linear_regression { dimension = 3 }',
  ),
  E225: entry(
    'Setting of another variant',
    'This setting belongs to another variant of the block.',
    'train adam { rate = 0.1, steps = 10, momentum = 0.9 }',
    'train adam { rate = 0.1, steps = 10, beta1 = 0.9 }',
  ),
  E226: entry(
    'Missing or needless variant',
    '`task` and `train` need a variant; no other block has one.',
    'train { time = 8 }',
    'train gradient_flow { time = 8 }',
  ),
  E227: entry(
    'Settings that exclude each other',
    'A query has a `law` or stands at one vector, not both.',
    'tokens { dimension = 1, law = rademacher }\nquery { law = gaussian(1), at = [2] }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }',
    'tokens { dimension = 1, law = rademacher }\nquery { at = [2] }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }',
  ),
  E228: entry(
    'Wrong form of a quantity',
    '`trust_length of Q to V` needs its threshold and no other form takes one, and Q is an error quantity. The left side of `expect` is a quantity.',
    'expect 3 below 4',
    'expect risk below 4',
  ),
};

const values = {
  E301: entry(
    'Value of the wrong kind',
    'A number, list, word, matrix or law is needed here and something else is given.',
    'prompt { length = [1, 2] }',
    'prompt { length = 1 }',
  ),
  E302: entry(
    'Not an integer',
    'A whole number is meant here. A number written by hand is never rounded; a `linspace` or `logspace` list is.',
    'prompt { length = 10.5 }',
    'prompt { length = 10 }',
  ),
  E303: entry(
    'Out of range',
    'The number lies outside the range where the setting means something.',
    'prompt { length = 0 }',
    'prompt { length = 1 }',
  ),
  E304: entry(
    'Infinite where no limit exists',
    '`inf` is a prompt length. Elsewhere, and where the infinite-prompt limit does not exist, it is refused.',
    'train gradient_flow { time = inf }',
    'train gradient_flow { time = 32 }',
  ),
  E305: entry(
    'Not a number',
    'The expression divides by zero, overflows, or has no real value.',
    'prompt { length = 1 / 0 }',
    'prompt { length = 1 / 1 }',
  ),
  E306: entry(
    'Matrix not symmetric',
    'A covariance is symmetric.',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 0.5], [0.2, 1]]) }',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 0.5], [0.5, 1]]) }',
  ),
  E307: entry(
    'Matrix not positive semidefinite',
    'A covariance has no negative eigenvalue.',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 2], [2, 1]]) }',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 0.5], [0.5, 1]]) }',
  ),
  E308: entry(
    'Dimensions do not agree',
    'Matrices, vectors and laws have the dimension of the block they stand in.',
    'task linear_regression { dimension = 3, covariance = diagonal([1, 2]) }',
    'task linear_regression { dimension = 2, covariance = diagonal([1, 2]) }',
  ),
  E309: entry('Bounds the wrong way round', 'The lower bound comes first.', 'expect risk between 2 and 1', 'expect risk between 1 and 2'),
  E310: entry(
    'Weights of a mixture',
    'A mixture has one weight for each law, none negative, with sum 1.',
    'tokens { dimension = 1, law = mixture([gaussian(1), gaussian(2)], weights: [0.5]) }\nquery { at = [1] }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }',
    'tokens { dimension = 1, law = mixture([gaussian(1), gaussian(2)], weights: [0.5, 0.5]) }\nquery { at = [1] }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }',
  ),
  E311: entry(
    'Empty list',
    'A list of at least one value is needed.',
    'sweep L over []\nprompt { length = L }',
    'sweep L over [10]\nprompt { length = L }',
  ),
  E312: entry(
    'Value given twice',
    'A sweep takes each value once.',
    'sweep L over [10, 10]\nprompt { length = L }',
    'sweep L over [10, 20]\nprompt { length = L }',
  ),
  E313: entry(
    'No such sweep value',
    '`at` picks among the values that the sweep takes.',
    'sweep L over [10, 100]\nprompt { length = L }\nexpect risk at [L = 50] below 1',
    'sweep L over [10, 100]\nprompt { length = L }\nexpect risk at [L = 100] below 1',
  ),
  E314: entry(
    'Quantity that does not apply',
    'The quantity needs a block or an optimiser that the experiment does not have.',
    'measure training_loss',
    'measure risk',
  ),
  E315: entry(
    'No exact form',
    '`method = exact` is possible for Gaussian tokens and a linear target. Leave `method` out to get the best there is.',
    'tokens { dimension = 1, law = rademacher }\nquery { at = [1] }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }\nsolver { method = exact }',
    'tokens { dimension = 1, law = rademacher }\nquery { at = [1] }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }',
  ),
  E316: entry(
    'Axis that does not apply',
    'There is no such axis for these quantities: `time` and `step` come from `train`, `step` from the discrete optimisers.',
    'plot risk against step',
    'plot risk against time',
  ),
  E317: entry(
    'Monotone in a single value',
    '`decreasing in` and `increasing in` compare at least two numbers.',
    'sweep L over [10]\nprompt { length = L }\nexpect risk decreasing in L',
    'sweep L over [10, 100]\nprompt { length = L }\nexpect risk decreasing in L',
  ),
  E318: entry(
    'Outside the trajectory',
    'A time or step named by `at` lies between 0 and the end of the training.',
    'expect risk at [time = 1000] below 1',
    'expect risk at [time = 1] below 1',
  ),
  E319: entry('No infinite-prompt limit', 'A link that grows too fast has no limit at `inf`.', '', ''),
  E320: entry('Combination that is not supported', 'These settings cannot go together.', '', ''),
  E321: entry(
    'Ragged matrix',
    'The rows of a matrix have equal length.',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 0], [0]]) }',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 0], [0, 1]]) }',
  ),
  E322: entry(
    'Covariance without an inverse',
    'The Bayes start and the alignment need the inverse of the covariance, and the tokens of a task are whitened.',
    'task linear_regression { dimension = 2, covariance = diagonal([1, 0]) }\nmeasure alignment',
    'task linear_regression { dimension = 2, covariance = diagonal([1, 0.1]) }\nmeasure alignment',
  ),
};

const files = {
  E401: entry('File not found', 'Paths are relative to the spec.', '', ''),
  E402: entry('Path outside the folder', "A path stays inside the spec's folder or `--root`.", '', ''),
  E403: entry(
    'File that cannot be read',
    'Data files are CSV (numbers, with or without a header) or NumPy `.npy` (little-endian floats or integers, C order).',
    '',
    '',
  ),
  E404: entry('Ragged file', 'The rows of a file have equal length.', '', ''),
  E405: entry('Value in a file that is not a finite number', 'Every value is a finite number.', '', ''),
  E406: entry('File too large', 'The file holds more values than are read.', '', ''),
  E407: entry('No such column', 'The column is not in the header of the file.', '', ''),
  E410: entry(
    'Too many runs',
    'The product of the sweeps and repeats is out of reach.',
    'sweep L over 1..1000\nsweep n over 1..1000\nprompt { length = L }\ntrain gradient_flow { time = n }',
    'sweep L over 1..10\nprompt { length = L }',
  ),
  E411: entry(
    'Computation out of reach',
    'The estimated time is out of reach. The estimate is made before anything is allocated.',
    'solver { samples = 1e12, method = monte_carlo }',
    'solver { samples = 1e4, method = monte_carlo }',
  ),
  E412: entry(
    'Memory out of reach',
    'The estimated memory is out of reach. The estimate is made before anything is allocated.',
    'task linear_regression { dimension = 1e6 }',
    'task linear_regression { dimension = 10 }',
  ),
  E420: entry('Nothing to set', '`--set` replaces a top-level `let` or a setting of a block that the spec has.', '', ''),
  E421: entry('Malformed `--set`', '`--set` takes NAME=EXPRESSION or block.setting=EXPRESSION.', '', ''),
};

/** Why a run failed. The mistake is not in the text alone, so there are no examples. */
const runs = {
  E601: entry(
    'Training diverged',
    'The loss or the parameters grew without bound. For gradient descent, SGD and Adam the step is too long: lower `rate`, or enlarge `batch` where the noise is at fault. For a gradient flow the risk has no minimum in reach: shorten `time`. The curve up to there is kept.',
    '',
    '',
  ),
  E602: entry(
    'No infinite-prompt limit',
    'With this link or law the output of attention has no limit as the prompt grows, or none at these parameters.',
    '',
    '',
  ),
  E603: entry(
    'Beyond double precision',
    'The accuracy that was asked for cannot be reached: the scores are too sharp or the flow too stiff. Use a higher temperature, smaller parameters, a shorter time or a coarser `tolerance`.',
    '',
    '',
  ),
  E604: entry('Out of memory', 'The run needs more memory than its worker has: make `points`, `samples` or the dimension smaller.', '', ''),
  E605: entry('Not supported', 'The solver has no method for this combination of settings.', '', ''),
  E606: entry(
    'Solver stopped',
    'An internal error, or the end of its worker, stopped the run. Its text and the log are worth a report.',
    '',
    '',
  ),
  E607: entry('Cancelled', 'The run was stopped before it was finished.', '', ''),
};

const warnings = {
  W501: entry('Unused definition', 'Nothing uses this name.', 'let n = 3', 'let n = 3\nprompt { length = n }'),
  W502: entry(
    'Sweep without effect',
    'No setting depends on this sweep, so that its runs are all alike.',
    'sweep n over [1, 2]',
    'sweep n over [1, 2]\nprompt { length = n }',
  ),
  W510: entry(
    'Softmax condenses',
    'The mean variance of the scores has passed 2 log L: softmax attends to a few tokens, and the infinite-prompt limit says nothing about a prompt of this length. Known after solving; during a training the message gives the time. Longer prompts, a higher temperature or a shorter training stay within. `condensation` draws how near it is.',
    '',
    '',
  ),
};

export const catalogue = { ...syntax, ...structure, ...values, ...files, ...runs, ...warnings } as const satisfies Record<
  string,
  CatalogueEntry
>;

export type Code = keyof typeof catalogue;

/** The entry of a code written as `attn.E102`, `E102` or `e102`; undefined for a code that does not exist. */
export function explain(code: string): (CatalogueEntry & { readonly code: Code }) | undefined {
  const short = code
    .trim()
    .replace(/^attn\./i, '')
    .toUpperCase();
  if (!Object.hasOwn(catalogue, short)) return undefined;
  return { code: short as Code, ...catalogue[short as Code] };
}
