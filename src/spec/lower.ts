/** Lowers one run: settings with their defaults become a plain `Problem`. */

import type { Block, Expression } from '../language/generated/ast.js';
import { type Cost, costOf, estimateCost, type ProblemSize, sizeOf, whyNotExact } from '../solver/cost.js';
import type {
  Attention,
  Concentrate,
  DenseMatrix,
  ErrorQuantity,
  Facet,
  Init,
  Law,
  Problem,
  QuantityName,
  Query,
  Setting,
  SolverSettings,
  Train,
} from '../solver/problem.js';
import { quantityNames } from '../solver/problem.js';
import { type BlockReader, checkNumber, checkWord } from './blocks.js';
import { codes } from './codes.js';
import { lawOf, vectorOf } from './constructors.js';
import type { FileReference } from './experiment.js';
import type { FileStore } from './files/reader.js';
import { landLaw } from './laws.js';
import { bytesText, durationText, mostBytesPerRun, mostSecondsPerRun } from './limits.js';
import type { MatrixStore } from './matrices.js';
import { asMatrix } from './matrix-expression.js';
import { Mistake, type Report } from './mistake.js';
import { describe, type LawExpression, type MatrixValue, type Value } from './values.js';
import type { Wanted } from './wanted.js';

export const errorQuantities = ['output', 'value_gradient', 'key_query_gradient'] as const satisfies readonly ErrorQuantity[];

/** The quantity that measures an error. */
export const errorName: Readonly<Record<ErrorQuantity, QuantityName>> = {
  output: 'output_error',
  value_gradient: 'value_gradient_error',
  key_query_gradient: 'key_query_gradient_error',
};

export interface Stores {
  readonly matrices: MatrixStore;
  readonly files: FileStore;
}

export type BlockReaders = Partial<
  Record<'task' | 'tokens' | 'query' | 'prompt' | 'attention' | 'train' | 'concentrate' | 'solver', BlockReader>
>;

const identityMatrix: MatrixValue = { kind: 'matrix', matrix: { kind: 'identity' }, text: 'identity' };
const seedRule = { integer: true, min: 0, max: 4_294_967_295 } as const;

/** The problem of one run and its cost; null after a mistake, which is then in the report. */
export function lowerRun(
  blocks: BlockReaders,
  wanted: Wanted,
  stores: Stores,
  report: Report,
  repeat: number,
): { problem: Problem<FileReference>; cost: Cost } | null {
  const solver = readSolver(blocks.solver, repeat);
  const length =
    blocks.prompt === undefined ? Number.POSITIVE_INFINITY : blocks.prompt.number('length', { integer: true, min: 1, infinite: true });
  const dimension = (blocks.task ?? blocks.tokens)?.number('dimension', { integer: true, min: 1 });
  const train = readTrain(blocks.train, solver?.seed ?? 0, repeat, wanted);
  const concentrate = readConcentrate(blocks.concentrate, wanted);
  const tokenDimension = dimension === undefined ? undefined : blocks.task === undefined ? dimension : dimension + 1;
  const layer = readAttention(blocks.attention, tokenDimension ?? 1, solver?.seed ?? 0, repeat);
  if (
    solver === undefined ||
    length === undefined ||
    dimension === undefined ||
    tokenDimension === undefined ||
    train === undefined ||
    concentrate === undefined ||
    layer === undefined
  ) {
    return null;
  }
  const measures = measuresOf(wanted, train, concentrate, layer.parameters);
  if (!withinReach(blocks, report, { tokenDimension, length, layer, train, concentrate, measures, solver })) {
    return null;
  }

  const setting = blocks.task === undefined ? readTokens(blocks.tokens, dimension, stores) : readTask(blocks.task, dimension, stores);
  const query = blocks.task === undefined ? readQuery(blocks.query, dimension, stores) : null;
  const keyQuery = readMatrixSetting(blocks.attention, 'key_query', tokenDimension, tokenDimension, stores);
  const value = readValue(blocks.attention, tokenDimension, blocks.task !== undefined, stores);
  if (setting === undefined || query === undefined || keyQuery === undefined || value === undefined) {
    return null;
  }
  const problem: Problem<FileReference> = {
    setting,
    query,
    length,
    attention: { ...layer, keyQuery, value },
    train,
    concentrate,
    solver,
    measures,
    facets: facetsOf(wanted, train, concentrate),
  };
  const sound = report.attempt(() => {
    checkWhole(problem, blocks, stores);
    return true;
  });
  return sound === undefined ? null : { problem, cost: estimateCost(problem) };
}

function readSolver(block: BlockReader | undefined, repeat: number): SolverSettings | undefined {
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

function readTrain(block: BlockReader | undefined, seed: number, repeat: number, wanted: Wanted): Train | null | undefined {
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

function readConcentrate(block: BlockReader | undefined, wanted: Wanted): Concentrate | null | undefined {
  if (block === undefined) {
    return null;
  }
  const written = block.read<ErrorQuantity[]>(
    'of',
    (value, node) => {
      const words = value.kind === 'list' ? value.items : [value];
      if (words.length === 0) {
        throw new Mistake(codes.emptyList, node, '`of` needs at least one of `output`, `value_gradient` and `key_query_gradient`.');
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
  if (written === undefined || confidence === undefined || samples === undefined) {
    return undefined;
  }
  const named = errorQuantities.filter((error) => wanted.quantities.has(errorName[error]));
  const of =
    written.length === 0 && named.length === 0
      ? ['output' as const]
      : errorQuantities.filter((error) => written.includes(error) || named.includes(error));
  return { of, confidence, samples };
}

type Layer = Omit<Attention, 'keyQuery' | 'value'>;

function readAttention(block: BlockReader | undefined, tokenDimension: number, seed: number, repeat: number): Layer | undefined {
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
      `\`init\` must be \`balanced(0.1)\`, \`random(seed: 1)\`, \`small_identity(0.1)\` or \`bayes\`, not ${describe(value)}.`,
    );
  }
  const init = value.init;
  // `seed` is the solver's, already shifted by the repeat.
  return init.kind === 'random' ? { kind: 'random', seed: init.seed === null ? seed : init.seed + repeat, scale: init.scale } : init;
}

function readTask(block: BlockReader, d: number, stores: Stores): Setting<FileReference> | undefined {
  const { matrices, files } = stores;
  const covariance = block.read(
    'covariance',
    (value, node) => matrices.covariance(matrixOf(value, node, '`covariance`'), d, node, 'The covariance'),
    () => matrices.build(identityMatrix, d, d, block.block, 'The covariance'),
  );
  const weights = block.read(
    'weights',
    (value, node) => landLaw(lawOf(value, node, '`weights`').law, d, matrices, files, node, 'The law of the weights'),
    () => landLaw({ kind: 'gaussian', variance: 1 }, d, matrices, files, block.block, 'The law of the weights'),
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
  const landed = landLaw(law, d, stores.matrices, stores.files, node, 'The law of the tokens');
  if (landed.kind === 'gaussian') {
    if (!stores.matrices.isInvertible(landed.covariance)) {
      throw new Mistake(
        codes.singular,
        node,
        'The tokens of a task are whitened, which a law with a singular covariance does not allow; `covariance` may be singular.',
      );
    }
    return null;
  }
  if (landed.kind === 'empirical' && landed.tokens.rows <= d) {
    throw new Mistake(
      codes.singular,
      node,
      `The tokens of a task are whitened, which needs more than ${d} tokens in dimension ${d}; the file holds ${landed.tokens.rows}.`,
    );
  }
  return landed;
}

function readTokens(block: BlockReader | undefined, d: number, stores: Stores): Setting<FileReference> | undefined {
  const law = block?.read('law', (value, node) =>
    landLaw(lawOf(value, node, '`law`').law, d, stores.matrices, stores.files, node, 'The law of the tokens'),
  );
  return law === undefined ? undefined : { kind: 'tokens', law };
}

function readQuery(block: BlockReader | undefined, d: number, stores: Stores): Query<FileReference> | null | undefined {
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
          `The query has dimension ${d}, and \`at\` has ${vector.length} entr${vector.length === 1 ? 'y' : 'ies'}.`,
        );
      }
      return vector;
    });
    return at === undefined ? undefined : { kind: 'at', at };
  }
  const law = block.read(
    'law',
    (value, node) => landLaw(lawOf(value, node, '`law`').law, d, stores.matrices, stores.files, node, 'The law of the query'),
    () => landLaw({ kind: 'gaussian', variance: 1 }, d, stores.matrices, stores.files, block.block, 'The law of the query'),
  );
  return law === undefined ? undefined : { kind: 'law', law };
}

function readMatrixSetting(
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

function readValue(block: BlockReader | undefined, D: number, inTask: boolean, stores: Stores): DenseMatrix | null | undefined {
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
            ? `a vector of ${D} entries (the dimension and one for y)`
            : `a vector of ${D} entries or a matrix of ${D} columns`;
          throw new Mistake(codes.dimension, node, `\`value\` must be ${why}, and this one has ${vector.length}.`);
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
          `In a task \`value\` must be a vector of ${D} entries, as in \`[${[...stores.matrices.zeros(Math.min(D, 8) - 1), 1].join(', ')}]\`, not ${describe(value)}.`,
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
    throw new Mistake(codes.type, node, `${what} must be a matrix such as \`identity\` or \`kms(0.5)\`, not ${describe(value)}.`);
  }
  return matrix;
}

function measuresOf(
  wanted: Wanted,
  train: Train | null,
  concentrate: Concentrate | null,
  parameters: 'merged' | 'factored',
): QuantityName[] {
  const names = new Set<QuantityName>(wanted.quantities);
  if (!wanted.hasMeasure) {
    if (train !== null) {
      names.add('risk');
    }
  }
  for (const error of concentrate?.of ?? []) {
    names.add(errorName[error]);
  }
  if (names.has('parameter_gap') && parameters === 'factored') {
    names.add('merged_parameter_gap');
  }
  return quantityNames.filter((name) => names.has(name));
}

function facetsOf(wanted: Wanted, train: Train | null, concentrate: Concentrate | null): Facet[] {
  const all = ['certified', 'asymptote', 'paper', 'rate'] as const satisfies readonly Facet[];
  // One point for each run: every facet is cheap. Along a training only what is asked for.
  return concentrate === null ? [] : all.filter((facet) => train === null || wanted.facets.has(facet));
}

/** Refuses, before any matrix is built, what the sizes alone put out of reach. */
function withinReach(
  blocks: BlockReaders,
  report: Report,
  given: {
    tokenDimension: number;
    length: number;
    layer: Layer;
    train: Train | null;
    concentrate: Concentrate | null;
    measures: readonly QuantityName[];
    solver: SolverSettings;
  },
): boolean {
  const { tokenDimension, length, layer, train, concentrate, measures, solver } = given;
  const empty: Law<FileReference> = { kind: 'gaussian', dimension: tokenDimension, mean: [], covariance: [] };
  const setting: Setting<FileReference> =
    blocks.task === undefined
      ? { kind: 'tokens', law: empty }
      : {
          kind: 'task',
          task: {
            dimension: tokenDimension - 1,
            covariance: [],
            tokens: null,
            weights: empty,
            noise: 0,
            link: 'identity',
            loss: 'half_squared',
          },
        };
  const size = sizeOf({
    setting,
    query: null,
    length,
    attention: { ...layer, keyQuery: null, value: null },
    train,
    concentrate,
    solver,
    measures,
    facets: [],
  });
  const cost = costOf(size);
  if (cost.bytes > mostBytesPerRun) {
    report.add(
      new Mistake(
        codes.bytes,
        blame(blocks, size, 'bytes'),
        `One run would hold about ${bytesText(cost.bytes)}; at most ${bytesText(mostBytesPerRun)} are possible.`,
      ),
    );
    return false;
  }
  if (cost.seconds > mostSecondsPerRun) {
    report.add(tooLong(blocks, size, cost.seconds));
    return false;
  }
  return true;
}

function tooLong(blocks: BlockReaders, size: ProblemSize, seconds: number): Mistake {
  return new Mistake(
    codes.seconds,
    blame(blocks, size, 'seconds'),
    `One run would take about ${durationText(seconds)} of one core; at most ${durationText(mostSecondsPerRun)} are possible.`,
  );
}

/** The setting that drives the cost: the one whose fall to a small value lowers it most. */
function blame(blocks: BlockReaders, size: ProblemSize, part: keyof Cost): Block['settings'][number] | Block {
  const shrunk: [string, BlockReader | undefined, Partial<ProblemSize>][] = [
    ['dimension', blocks.task ?? blocks.tokens, { tokenDimension: 2, parameters: 6 }],
    ['samples', blocks.concentrate?.has('samples') ? blocks.concentrate : blocks.solver, { samples: 2 }],
    ['steps', blocks.train, { trainingPrompts: 0, evaluations: 1, points: 1 }],
    ['points', blocks.train, { points: 2, evaluations: 400 }],
    ['batch', blocks.train, { trainingPrompts: 0 }],
    ['key_dimension', blocks.attention, { parameters: 6 }],
    ['length', blocks.prompt, { length: 1 }],
  ];
  let best: Block['settings'][number] | Block = (blocks.task ?? blocks.tokens ?? blocks.prompt)!.block;
  let least = Number.POSITIVE_INFINITY;
  for (const [name, reader, change] of shrunk) {
    const setting = reader?.block.settings.find((candidate) => candidate.name === name);
    const left = costOf({ ...size, ...change })[part];
    if (setting !== undefined && left < 0.99 * least) {
      best = setting;
      least = left;
    }
  }
  return best;
}

/** Rules that need the whole problem. */
function checkWhole(problem: Problem<FileReference>, blocks: BlockReaders, stores: Stores): void {
  const { setting, attention, solver, train } = problem;
  const place = (reader: BlockReader | undefined, name: string): Block['settings'][number] | Block =>
    reader?.block.settings.find((candidate) => candidate.name === name) ?? reader?.block ?? (blocks.task ?? blocks.tokens)!.block;
  if (solver.method === 'exact') {
    const why = whyNotExact(problem);
    if (why !== null) {
      throw new Mistake(
        codes.noExactForm,
        place(blocks.solver, 'method'),
        `There is no exact form here because ${why}; leave \`method\` out to sample prompts.`,
      );
    }
  }
  const seconds = estimateCost(problem).seconds;
  if (seconds > mostSecondsPerRun) {
    throw tooLong(blocks, sizeOf(problem), seconds);
  }
  if (setting.kind !== 'task') {
    return;
  }
  const needsInverse =
    attention.init.kind === 'bayes' ? 'The start `bayes`' : problem.measures.includes('alignment') ? '`alignment`' : null;
  if (needsInverse !== null && !stores.matrices.isInvertible(setting.task.covariance)) {
    throw new Mistake(
      codes.singular,
      place(blocks.task, 'covariance'),
      `${needsInverse} needs the inverse of the covariance, and this covariance is singular.`,
    );
  }
  if (setting.task.link === 'square' && attention.kernel === 'softmax') {
    const gap = problem.measures.find((name) => name === 'parameter_gap' || name === 'gradient_gap');
    const leaves = leavesTheBlockForm(problem);
    if (
      leaves !== null &&
      (problem.length === Number.POSITIVE_INFINITY || gap !== undefined || (problem.concentrate !== null && train === null))
    ) {
      const [reader, name] =
        problem.length === Number.POSITIVE_INFINITY ? ([blocks.prompt, 'length'] as const) : ([blocks.task, 'link'] as const);
      throw new Mistake(
        codes.noLimit,
        place(reader, name),
        `With the link \`square\` the infinite-prompt limit exists only while the scores do not see y, and ${leaves}.`,
      );
    }
  }
}

/** Why scores may depend on y, as a clause; null when the symmetry x → −x keeps them from it. */
function leavesTheBlockForm(problem: Problem<FileReference>): string | null {
  const { attention, train } = problem;
  if (train?.kind === 'sgd' || train?.kind === 'adam') {
    return `\`${train.kind}\` makes them do so`;
  }
  if (attention.keyQuery !== null) {
    const last = attention.keyQuery[attention.keyQuery.length - 1]!;
    return last.slice(0, -1).some((entry) => entry !== 0) ? 'the last row of `key_query` makes them do so' : null;
  }
  return attention.init.kind === 'random' ? 'a random start makes them do so' : null;
}
