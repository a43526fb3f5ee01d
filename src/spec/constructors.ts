/** Calls that make laws, matrices, starts and file references. */
import * as l10n from '@vscode/l10n';
import type { Call, Expression } from '../language/generated/ast.js';
import { bindArguments } from './arguments.js';
import type { BuiltIn, Evaluate } from './builtins.js';
import { codes } from './codes.js';
import type { Environment } from './environment.js';
import { asMatrix } from './matrix-expression.js';
import { Mistake } from './mistake.js';
import {
  describe,
  type FileValue,
  type InitValue,
  type LawExpression,
  type LawValue,
  type MatrixExpression,
  numberText,
  type Value,
} from './values.js';

/** Reads the arguments of one call. */
class Reader {
  private readonly bound: ReadonlyMap<string, Expression>;
  constructor(
    readonly call: Call,
    private readonly env: Environment,
    private readonly evaluate: Evaluate,
    order: readonly string[],
    optional: readonly string[] = [],
  ) {
    this.bound = bindArguments(call, order, optional);
  }

  node(name: string): Expression {
    return this.bound.get(name) ?? this.call;
  }

  has(name: string): boolean {
    return this.bound.has(name);
  }

  value(name: string): Value {
    return this.evaluate(this.bound.get(name), this.env);
  }

  number(name: string, accept: (x: number) => boolean, need: string): number {
    const value = this.value(name);
    if (value.kind !== 'number') {
      throw new Mistake(
        codes.type,
        this.node(name),
        l10n.t('`{0}` takes {1} as its {2}, not {3}.', this.call.callee, need, name, describe(value)),
      );
    }
    if (!Number.isFinite(value.value)) {
      throw new Mistake(
        codes.infinite,
        this.node(name),
        l10n.t('`{0}` takes {1} as its {2}, not {3}.', this.call.callee, need, name, value.text),
      );
    }
    if (!accept(value.value)) {
      throw new Mistake(
        codes.range,
        this.node(name),
        l10n.t('`{0}` takes {1} as its {2}, not {3}.', this.call.callee, need, name, value.text),
      );
    }
    return value.value;
  }

  text(name: string): string {
    const value = this.value(name);
    if (value.kind !== 'string') {
      throw new Mistake(
        codes.type,
        this.node(name),
        l10n.t('`{0}` takes a text such as "tokens.csv" as its {1}, not {2}.', this.call.callee, name, describe(value)),
      );
    }
    return value.value;
  }

  vector(name: string): readonly number[] {
    return vectorOf(this.value(name), this.node(name), l10n.t('The {0} of `{1}`', name, this.call.callee));
  }
}

/** A list of finite numbers. */
export function vectorOf(value: Value, node: Expression, what: string): readonly number[] {
  if (value.kind !== 'list') {
    throw new Mistake(codes.type, node, l10n.t('{0} must be a list of numbers, as in `[1, 0]`, not {1}.', what, describe(value)));
  }
  return value.items.map((item, i) => {
    const place = value.nodes?.[i] ?? node;
    if (item.kind !== 'number') {
      throw new Mistake(codes.type, place, l10n.t('{0} must hold numbers, not {1}.', what, describe(item)));
    }
    if (!Number.isFinite(item.value)) {
      throw new Mistake(codes.infinite, place, l10n.t('{0} must hold finite numbers, not {1}.', what, item.text));
    }
    return item.value;
  });
}

/** The law a value stands for. */
export function lawOf(value: Value, node: Expression, what: string): LawValue {
  if (value.kind === 'law') {
    return value;
  }
  if (value.kind === 'file') {
    return { kind: 'law', law: { kind: 'file', file: value }, text: value.text };
  }
  if (value.kind === 'word' && value.word === 'rademacher') {
    return { kind: 'law', law: { kind: 'rademacher' }, text: 'rademacher' };
  }
  if (value.kind === 'word' && value.word === 'gaussian') {
    return { kind: 'law', law: { kind: 'gaussian', variance: 1 }, text: 'gaussian(1)' };
  }
  throw new Mistake(codes.type, node, l10n.t('{0} must be a law such as `gaussian(1)` or `rademacher`, not {1}.', what, describe(value)));
}

const matrix = (expression: MatrixExpression, text: string): Value => ({ kind: 'matrix', matrix: expression, text });
const law = (expression: LawExpression, text: string): Value => ({ kind: 'law', law: expression, text });
const init = (start: InitValue['init'], text: string): Value => ({ kind: 'init', init: start, text });
const listText = (values: readonly number[]): string => `[${values.map(numberText).join(', ')}]`;

const gaussian: BuiltIn = (call, env, evaluate) => {
  const key =
    call.arguments[0]?.key === 'variance' || call.arguments.some((argument) => argument.key === 'variance') ? 'variance' : 'covariance';
  const read = new Reader(call, env, evaluate, [key, 'mean'], ['mean']);
  const value = read.value(key);
  const mean = read.has('mean') ? read.vector('mean') : null;
  const meanText = mean === null ? '' : `, mean: ${listText(mean)}`;
  if (value.kind === 'number') {
    const variance = read.number(key, (x) => x >= 0, l10n.t('a variance of at least 0 or a covariance matrix'));
    return mean === null
      ? law({ kind: 'gaussian', variance }, `gaussian(${value.text})`)
      : law({ kind: 'gaussian_mean', variance, mean, node: call }, `gaussian(${value.text}${meanText})`);
  }
  const covariance = key === 'covariance' ? asMatrix(value) : undefined;
  if (covariance === undefined) {
    throw new Mistake(codes.type, read.node(key), l10n.t('`gaussian` takes a variance or a covariance matrix, not {0}.', describe(value)));
  }
  return law({ kind: 'gaussian_matrix', covariance, mean, node: read.node(key) }, `gaussian(${covariance.text}${meanText})`);
};

const uniform: BuiltIn = (call, env, evaluate) => {
  const read = new Reader(call, env, evaluate, ['low', 'high']);
  const low = read.number('low', () => true, l10n.t('a finite number'));
  const high = read.number('high', () => true, l10n.t('a finite number'));
  const refuse = (code: string, why: string, h: number): Mistake => {
    const text = `uniform(${numberText(-h)}, ${numberText(h)})`;
    return new Mistake(code, call, l10n.t('{0}; write `{1}`.', why, text), { title: l10n.t('Write `{0}`', text), node: call, text });
  };
  if (low > high) {
    throw refuse(codes.wrongWay, l10n.t('The bounds of `uniform` are the wrong way round'), low === -high ? low : (low - high) / 2);
  }
  if (low === high) {
    throw refuse(codes.range, l10n.t('`uniform` needs an interval of positive length'), low === 0 ? 1 : Math.abs(low));
  }
  if (Math.abs(low + high) > 1e-12 * (high - low)) {
    throw refuse(codes.range, l10n.t('`uniform` is centred at 0 here'), (high - low) / 2);
  }
  return law({ kind: 'uniform', low: -high, high }, `uniform(${numberText(-high)}, ${numberText(high)})`);
};

const mixture: BuiltIn = (call, env, evaluate) => {
  const read = new Reader(call, env, evaluate, ['laws', 'weights']);
  const list = read.value('laws');
  if (list.kind !== 'list') {
    throw new Mistake(
      codes.type,
      read.node('laws'),
      l10n.t('`mixture` takes a list of laws, as in `mixture([gaussian(1), gaussian(4)], weights: [0.5, 0.5])`, not {0}.', describe(list)),
    );
  }
  if (list.items.length === 0) {
    throw new Mistake(codes.emptyList, read.node('laws'), l10n.t('A mixture needs at least one law.'));
  }
  const laws = list.items.map((item, i) =>
    lawOf(item, (list.nodes?.[i] as Expression | undefined) ?? read.node('laws'), l10n.t('Each part of a mixture')),
  );
  const weights = read.vector('weights');
  const place = read.node('weights');
  if (weights.length !== laws.length) {
    throw new Mistake(
      codes.weights,
      place,
      l10n.t(
        'This mixture has {0} and {1}; give one weight for each law.',
        laws.length === 1 ? l10n.t('1 law') : l10n.t('{0} laws', laws.length),
        weights.length === 1 ? l10n.t('1 weight') : l10n.t('{0} weights', weights.length),
      ),
    );
  }
  const negative = weights.find((weight) => weight < 0);
  if (negative !== undefined) {
    throw new Mistake(
      codes.weights,
      place,
      l10n.t('The weights of a mixture are probabilities, and {0} is negative.', numberText(negative)),
    );
  }
  const sum = weights.reduce((a, b) => a + b, 0);
  if (Math.abs(sum - 1) > 1e-9) {
    const text = listText(weights.map((weight) => Number((weight / sum).toPrecision(12))));
    const fix = sum > 0 && Number.isFinite(sum) ? { title: l10n.t('Divide by the sum: {0}', text), node: place, text } : undefined;
    throw new Mistake(
      codes.weights,
      place,
      l10n.t('The weights of a mixture sum to 1, and these sum to {0}.', numberText(Number(sum.toPrecision(12)))),
      fix,
    );
  }
  return law(
    { kind: 'mixture', components: laws.map((part) => part.law), weights },
    `mixture([${laws.map((part) => part.text).join(', ')}], weights: ${listText(weights)})`,
  );
};

const diagonal: BuiltIn = (call, env, evaluate) => {
  const read = new Reader(call, env, evaluate, ['entries']);
  const entries = read.vector('entries');
  if (entries.length === 0) {
    throw new Mistake(codes.emptyList, read.node('entries'), l10n.t('A diagonal needs at least one entry.'));
  }
  return matrix({ kind: 'diagonal', entries }, `diagonal(${listText(entries)})`);
};

const rowsMatrix: BuiltIn = (call, env, evaluate) => {
  const read = new Reader(call, env, evaluate, ['rows']);
  const value = read.value('rows');
  const place = read.node('rows');
  if (value.kind !== 'list' || value.items.some((item) => item.kind !== 'list')) {
    throw new Mistake(
      codes.type,
      place,
      l10n.t('`matrix` takes a list of rows, as in `matrix([[1, 0], [0, 1]])`, not {0}.', describe(value)),
    );
  }
  const rows = value.items.map((item, i) =>
    vectorOf(item, (value.nodes?.[i] as Expression | undefined) ?? place, l10n.t('A row of a matrix')),
  );
  const columns = rows[0]?.length ?? 0;
  if (columns === 0) {
    throw new Mistake(codes.emptyList, place, l10n.t('A matrix needs at least one row and one column.'));
  }
  const odd = rows.findIndex((row) => row.length !== columns);
  if (odd >= 0) {
    throw new Mistake(
      codes.ragged,
      value.nodes?.[odd] ?? place,
      l10n.t('Row {0} of this matrix has length {1}, and row 1 has length {2}.', odd + 1, rows[odd]!.length, columns),
    );
  }
  return matrix({ kind: 'rows', rows }, `matrix([${rows.map(listText).join(', ')}])`);
};

const file: BuiltIn = (call, env, evaluate) => {
  const read = new Reader(call, env, evaluate, ['path', 'x', 'y'], ['x', 'y']);
  const path = read.text('path');
  const column = (name: string): string | null => {
    if (!read.has(name)) {
      return null;
    }
    const node = read.node(name);
    return node.$type === 'NameExpression' && node.facet === undefined ? node.name : read.text(name);
  };
  const value: FileValue = { kind: 'file', path, node: call, x: column('x'), y: column('y'), text: `file(${JSON.stringify(path)})` };
  return value;
};

const anyNumber = (): boolean => true;

function scaleOf(name: 'alpha' | 'scale', make: (x: number) => InitValue['init']): BuiltIn {
  return (call, env, evaluate) => {
    const x = new Reader(call, env, evaluate, [name]).number(name, (value) => value > 0, l10n.t('a positive number'));
    return init(make(x), `${call.callee}(${numberText(x)})`);
  };
}

const random: BuiltIn = (call, env, evaluate) => {
  const read = new Reader(call, env, evaluate, ['seed', 'scale'], ['seed', 'scale']);
  let seed: number | null = null;
  if (read.has('seed')) {
    seed = read.number('seed', anyNumber, l10n.t('an integer of at least 0'));
    if (!Number.isInteger(seed) || seed < 0 || seed > 4_294_967_295) {
      const code = Number.isInteger(seed) ? codes.range : codes.integer;
      throw new Mistake(code, read.node('seed'), l10n.t('A seed is an integer from 0 to 4294967295, not {0}.', numberText(seed)));
    }
  }
  const scale = read.has('scale') ? read.number('scale', (x) => x > 0, l10n.t('a positive number')) : 1;
  return init({ kind: 'random', seed, scale }, `random(${seed === null ? '' : `seed: ${seed}, `}scale: ${numberText(scale)})`);
};

export const constructors: ReadonlyMap<string, BuiltIn> = new Map<string, BuiltIn>([
  ['gaussian', gaussian],
  ['uniform', uniform],
  [
    'sphere',
    (call, env, evaluate) => {
      const radius = new Reader(call, env, evaluate, ['radius']).number('radius', (x) => x > 0, l10n.t('a positive number'));
      return law({ kind: 'sphere', radius }, `sphere(${numberText(radius)})`);
    },
  ],
  ['mixture', mixture],
  ['file', file],
  [
    'kms',
    (call, env, evaluate) => {
      const rho = new Reader(call, env, evaluate, ['rho']).number('rho', (x) => Math.abs(x) <= 1, l10n.t('a number between -1 and 1'));
      return matrix({ kind: 'kms', rho }, `kms(${numberText(rho)})`);
    },
  ],
  ['diagonal', diagonal],
  [
    'power_law',
    (call, env, evaluate) => {
      const exponent = new Reader(call, env, evaluate, ['exponent']).number(
        'exponent',
        (x) => Math.abs(x) <= 50,
        l10n.t('a number between -50 and 50'),
      );
      return matrix({ kind: 'power_law', exponent }, `power_law(${numberText(exponent)})`);
    },
  ],
  [
    'condition',
    (call, env, evaluate) => {
      const condition = new Reader(call, env, evaluate, ['k']).number('k', (x) => x >= 1, l10n.t('a condition number of at least 1'));
      return matrix({ kind: 'condition', condition }, `condition(${numberText(condition)})`);
    },
  ],
  ['matrix', rowsMatrix],
  ['balanced', scaleOf('alpha', (alpha) => ({ kind: 'balanced', alpha }))],
  ['small_identity', scaleOf('scale', (scale) => ({ kind: 'small_identity', scale }))],
  ['random', random],
]);
