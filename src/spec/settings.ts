/** The settings of every block, with their defaults and domains, as parts of a `Problem`. */
import * as l10n from '@vscode/l10n';
import type { Expression } from '../language/generated/ast.js';
import type {
  Attention,
  Concentrate,
  DenseMatrix,
  ErrorQuantity,
  Init,
  Law,
  QuantityName,
  Query,
  Setting,
  SolverSettings,
  Train,
} from '../solver/problem.js';
import { type BlockReader, checkNumber, checkWord } from './blocks.js';
import { codes } from './codes.js';
import { lawOf, vectorOf } from './constructors.js';
import type { FileReference } from './experiment.js';
import type { FileStore } from './files/reader.js';
import { landLaw } from './laws.js';
import type { MatrixStore } from './matrices.js';
import { asMatrix } from './matrix-expression.js';
import { Mistake } from './mistake.js';
import { describe, type LawExpression, type MatrixValue, type Value } from './values.js';
import type { Wanted } from './wanted.js';

export const errorQuantities = ['output', 'value_gradient', 'key_query_gradient'] as const satisfies readonly ErrorQuantity[];

/** The quantity that measures an error. */
export const errorName: Readonly<Record<ErrorQuantity, QuantityName>> = {
  output: 'output_error',
  value_gradient: 'value_gradient_error',
  key_query_gradient: 'key_query_gradient_error',
};

/** The error that a quantity measures; null for any other quantity. */
export function errorOf(name: QuantityName): ErrorQuantity | null {
  return errorQuantities.find((error) => errorName[error] === name) ?? null;
}

export interface Stores {
  readonly matrices: MatrixStore;
  readonly files: FileStore;
}

export type BlockReaders = Partial<
  Record<'task' | 'tokens' | 'query' | 'prompt' | 'attention' | 'train' | 'concentrate' | 'solver', BlockReader>
>;

const identityMatrix: MatrixValue = { kind: 'matrix', matrix: { kind: 'identity' }, text: 'identity' };
const seedRule = { integer: true, min: 0, max: 4_294_967_295 } as const;

export function readSolver(block: BlockReader | undefined, repeat: number): SolverSettings | undefined {
  if (block === undefined) {
    return { method: 'auto', samples: null, precision: 'auto', seed: repeat };
  }
  const method = block.word('method', ['auto', 'exact', 'monte_carlo'], 'auto');
  const samples = readSamples(block);
  const precision = block.word('precision', ['auto', 'single', 'double'], 'auto');
  const seed = block.number('seed', seedRule, 0);
  return method === undefined || samples === undefined || precision === undefined || seed === undefined
    ? undefined
    : { method, samples, precision, seed: seed + repeat };
}

function readSamples(block: BlockReader): number | null | undefined {
  return block.read<number | null>(
    'samples',
    (value, node) =>
      value.kind === 'word' && value.word === 'auto' ? null : checkNumber(value, node, '`samples`', { integer: true, min: 2 }),
    () => null,
  );
}

export function readTrain(block: BlockReader | undefined, seed: number, repeat: number, wanted: Wanted): Train | null | undefined {
  if (block === undefined) {
    return null;
  }
  const kind = block.block.variant;
  if (kind === 'gradient_flow') {
    const time = block.number('time', { above: 0 });
    const points = block.number('points', { integer: true, min: 2 }, 101);
    const tolerance = block.number('tolerance', { min: 1e-14, max: 1 }, 1e-8);
    return time === undefined || points === undefined || tolerance === undefined
      ? undefined
      : { kind, time, points, tolerance, extraTimes: wanted.times.filter((t) => t <= time) };
  }
  if (kind !== 'gradient_descent' && kind !== 'sgd' && kind !== 'adam') {
    return undefined;
  }
  const rate = block.number('rate', { above: 0 });
  const steps = block.number('steps', { integer: true, min: 1 });
  const record = block.number('record', { integer: true, min: 1 }, Math.max(1, Math.floor((steps ?? 1) / 100)));
  const momentum = kind === 'sgd' ? block.number('momentum', { min: 0, under: 1 }, 0) : 0;
  const beta1 = kind === 'adam' ? block.number('beta1', { min: 0, under: 1 }, 0.9) : 0.9;
  const beta2 = kind === 'adam' ? block.number('beta2', { min: 0, under: 1 }, 0.999) : 0.999;
  const batch = kind === 'gradient_descent' ? 1 : block.number('batch', { integer: true, min: 1 }, 128);
  const written = kind === 'gradient_descent' ? 0 : block.has('seed') ? block.number('seed', seedRule) : seed - repeat;
  if (
    rate === undefined ||
    steps === undefined ||
    record === undefined ||
    momentum === undefined ||
    beta1 === undefined ||
    beta2 === undefined
  ) {
    return undefined;
  }
  const fromTimes = wanted.times.map((t) => Math.round(t / rate));
  const extraSteps = [...new Set([...wanted.steps, ...fromTimes])].filter((step) => step <= steps).sort((a, b) => a - b);
  if (kind === 'gradient_descent') {
    return { kind, rate, steps, record: Math.min(record, steps), extraSteps };
  }
  return batch === undefined || written === undefined
    ? undefined
    : { kind, rate, batch, steps, record: Math.min(record, steps), seed: written + repeat, momentum, beta1, beta2, extraSteps };
}

export function readConcentrate(block: BlockReader | undefined, wanted: Wanted): Concentrate | null | undefined {
  if (block === undefined) {
    return null;
  }
  const written = block.read<ErrorQuantity[]>(
    'of',
    (value, node) => {
      const words = value.kind === 'list' ? value.items : [value];
      if (words.length === 0) {
        throw new Mistake(codes.emptyList, node, l10n.t('`of` needs at least one of `output`, `value_gradient` and `key_query_gradient`.'));
      }
      return words.map((word, i) =>
        checkWord(
          word,
          ((value.kind === 'list' ? value.nodes?.[i] : undefined) as Expression | undefined) ?? node,
          '`of`',
          errorQuantities,
        ),
      );
    },
    () => [],
  );
  const confidence = block.number('confidence', { above: 0, under: 1 }, 0.95);
  const samples = readSamples(block);
  const radius = block.has('radius') ? block.number('radius', { above: 0 }) : null;
  if (written === undefined || confidence === undefined || samples === undefined || radius === undefined) {
    return undefined;
  }
  const named = errorQuantities.filter((error) => wanted.quantities.has(errorName[error]));
  const of =
    written.length === 0 && named.length === 0
      ? ['output' as const]
      : errorQuantities.filter((error) => written.includes(error) || named.includes(error));
  return { of, confidence, samples, ...(radius === null ? {} : { radius }) };
}

export type Layer = Omit<Attention, 'keyQuery' | 'value'>;

export function readAttention(block: BlockReader | undefined, tokenDimension: number, seed: number, repeat: number): Layer | undefined {
  if (block === undefined) {
    return {
      kernel: 'softmax',
      heads: 1,
      parameters: 'merged',
      keyDimension: tokenDimension,
      temperature: 1,
      init: { kind: 'balanced', alpha: 0.1 },
    };
  }
  const kernel = block.word('kernel', ['softmax', 'linear'], 'softmax');
  const heads = block.number('heads', { integer: true, min: 1, max: 1024 }, 1);
  const parameters = block.word('parameters', ['merged', 'factored'], 'merged');
  const keyDimension = block.number('key_dimension', { integer: true, min: 1 }, tokenDimension);
  const temperature = block.number('temperature', { above: 0 }, 1);
  const init = block.read<Init>(
    'init',
    (value, node) => startOf(value, node, seed, repeat),
    () => ({ kind: 'balanced', alpha: 0.1 }),
  );
  return kernel === undefined ||
    heads === undefined ||
    parameters === undefined ||
    keyDimension === undefined ||
    temperature === undefined ||
    init === undefined
    ? undefined
    : { kernel, heads, parameters, keyDimension, temperature, init };
}

function startOf(value: Value, node: Expression, seed: number, repeat: number): Init {
  if (value.kind === 'word' && value.word === 'bayes') {
    return { kind: 'bayes' };
  }
  if (value.kind === 'word' && value.word === 'random') {
    return { kind: 'random', seed, scale: 1 };
  }
  if (value.kind !== 'init') {
    throw new Mistake(
      codes.type,
      node,
      l10n.t('`init` must be `balanced(0.1)`, `random(seed: 1)`, `small_identity(0.1)` or `bayes`, not {0}.', describe(value)),
    );
  }
  const init = value.init;
  // `seed` is the solver's, already shifted by the repeat.
  return init.kind === 'random' ? { kind: 'random', seed: init.seed === null ? seed : init.seed + repeat, scale: init.scale } : init;
}

export function readTask(block: BlockReader, d: number, stores: Stores): Setting<FileReference> | undefined {
  const { matrices, files } = stores;
  const covariance = block.read(
    'covariance',
    (value, node) => matrices.covariance(matrixOf(value, node, '`covariance`'), d, node, l10n.t('The covariance')),
    () => matrices.build(identityMatrix, d, d, block.block, l10n.t('The covariance')),
  );
  const weights = block.read(
    'weights',
    (value, node) => landLaw(lawOf(value, node, '`weights`').law, d, matrices, files, node, l10n.t('The law of the weights')),
    () => landLaw({ kind: 'gaussian', variance: 1 }, d, matrices, files, block.block, l10n.t('The law of the weights')),
  );
  const tokens = block.read<Law<FileReference> | null>(
    'tokens',
    (value, node) => taskTokens(lawOf(value, node, '`tokens`').law, d, stores, node),
    () => null,
  );
  const noise = block.number('noise', { min: 0 }, 0);
  const loss = block.word('loss', ['half_squared', 'squared'], 'half_squared');
  const link =
    block.block.variant === 'single_index' ? block.word('link', ['tanh', 'relu', 'sign', 'square', 'identity'], 'tanh') : 'identity';
  if (
    covariance === undefined ||
    weights === undefined ||
    tokens === undefined ||
    noise === undefined ||
    loss === undefined ||
    link === undefined
  ) {
    return undefined;
  }
  return { kind: 'task', task: { dimension: d, covariance, tokens, weights, noise, link, loss } };
}

/** Centred and whitened, every Gaussian is N(0, I), which is written null. */
function taskTokens(law: LawExpression, d: number, stores: Stores, node: Expression): Law<FileReference> | null {
  const landed = landLaw(law, d, stores.matrices, stores.files, node, l10n.t('The law of the tokens'));
  if (landed.kind === 'gaussian') {
    if (!stores.matrices.isInvertible(landed.covariance)) {
      throw new Mistake(
        codes.singular,
        node,
        l10n.t('The tokens of a task are whitened, which a law with a singular covariance does not allow; `covariance` may be singular.'),
      );
    }
    return null;
  }
  if (landed.kind === 'empirical' && landed.tokens.rows <= d) {
    throw new Mistake(
      codes.singular,
      node,
      l10n.t(
        'The tokens of a task are whitened, which needs more than {0} tokens in dimension {1}; the file holds {2}.',
        d,
        d,
        landed.tokens.rows,
      ),
    );
  }
  return landed;
}

export function readTokens(block: BlockReader | undefined, d: number, stores: Stores): Setting<FileReference> | undefined {
  const law = block?.read('law', (value, node) =>
    landLaw(lawOf(value, node, '`law`').law, d, stores.matrices, stores.files, node, l10n.t('The law of the tokens')),
  );
  return law === undefined ? undefined : { kind: 'tokens', law };
}

export function readQuery(block: BlockReader | undefined, d: number, stores: Stores): Query<FileReference> | null | undefined {
  if (block === undefined) {
    return null;
  }
  if (block.has('at')) {
    const at = block.read('at', (value, node) => {
      const vector = vectorOf(value, node, '`at`');
      if (vector.length !== d) {
        throw new Mistake(
          codes.dimension,
          node,
          vector.length === 1
            ? l10n.t('The query has dimension {0}, and `at` has 1 entry.', d)
            : l10n.t('The query has dimension {0}, and `at` has {1} entries.', d, vector.length),
        );
      }
      return vector;
    });
    return at === undefined ? undefined : { kind: 'at', at };
  }
  const law = block.read(
    'law',
    (value, node) => landLaw(lawOf(value, node, '`law`').law, d, stores.matrices, stores.files, node, l10n.t('The law of the query')),
    () => landLaw({ kind: 'gaussian', variance: 1 }, d, stores.matrices, stores.files, block.block, l10n.t('The law of the query')),
  );
  return law === undefined ? undefined : { kind: 'law', law };
}

export function readMatrixSetting(
  block: BlockReader | undefined,
  name: string,
  rows: number,
  columns: number,
  stores: Stores,
): DenseMatrix | null | undefined {
  return block === undefined
    ? null
    : block.read<DenseMatrix | null>(
        name,
        (value, node) => stores.matrices.build(matrixOf(value, node, `\`${name}\``), rows, columns, node, `\`${name}\``),
        () => null,
      );
}

export function readValue(block: BlockReader | undefined, D: number, inTask: boolean, stores: Stores): DenseMatrix | null | undefined {
  if (block === undefined) {
    return null;
  }
  return block.read<DenseMatrix | null>(
    'value',
    (value, node) => {
      if (value.kind === 'list') {
        const vector = vectorOf(value, node, '`value`');
        if (vector.length !== D) {
          const why = inTask
            ? l10n.t('a vector of {0} entries (the dimension and one for y)', D)
            : l10n.t('a vector of {0} entries or a matrix of {1} columns', D, D);
          throw new Mistake(codes.dimension, node, l10n.t('`value` must be {0}, and this one has {1}.', why, vector.length));
        }
        return [vector];
      }
      if (
        inTask &&
        (value.kind === 'word' || (value.kind === 'matrix' && value.matrix.kind === 'scaled' && value.matrix.matrix.kind === 'identity'))
      ) {
        throw new Mistake(
          codes.type,
          node,
          l10n.t(
            'In a task `value` must be a vector of {0} entries, as in `[{1}]`, not {2}.',
            D,
            [...stores.matrices.zeros(Math.min(D, 8) - 1), 1].join(', '),
            describe(value),
          ),
        );
      }
      return stores.matrices.build(matrixOf(value, node, '`value`'), inTask ? 1 : null, D, node, '`value`');
    },
    () => null,
  );
}

function matrixOf(value: Value, node: Expression, what: string): MatrixValue {
  const matrix = asMatrix(value);
  if (matrix === undefined) {
    throw new Mistake(codes.type, node, l10n.t('{0} must be a matrix such as `identity` or `kms(0.5)`, not {1}.', what, describe(value)));
  }
  return matrix;
}
