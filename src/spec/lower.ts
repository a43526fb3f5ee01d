/** Lowers one run: settings with their defaults become a plain `Problem`, within reach and sound as a whole. */
import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import { type Cost, costOf, estimateCost, type ProblemSize, sizeOf, whyNotExact } from '../solver/cost.js';
import {
  type Concentrate,
  type Facet,
  facetNames,
  type Law,
  type Problem,
  type QuantityName,
  quantityNames,
  type Setting,
  type SolverSettings,
  type Train,
} from '../solver/problem.js';
import type { BlockReader } from './blocks.js';
import { codes } from './codes.js';
import type { FileReference } from './experiment.js';
import { bytesText, durationText, mostBytesPerRun, mostSecondsPerRun } from './limits.js';
import { Mistake, type Report } from './mistake.js';
import {
  type BlockReaders,
  errorName,
  type Layer,
  readAttention,
  readConcentrate,
  readMatrixSetting,
  readQuery,
  readSolver,
  readTask,
  readTokens,
  readTrain,
  readValue,
  type Stores,
} from './settings.js';
import type { Wanted } from './wanted.js';

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
    ...(wanted.trust.length === 0 ? {} : { trust: wanted.trust }),
  };
  const sound = report.attempt(() => {
    checkWhole(problem, blocks, stores);
    return true;
  });
  return sound === undefined ? null : { problem, cost: estimateCost(problem) };
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
  const cheap: readonly Facet[] = ['certified', 'asymptote', 'paper', 'rate'];
  const all: readonly Facet[] = [...cheap, ...facetNames.filter((facet) => !cheap.includes(facet))];
  // One point for each run: bounds and the rate cost next to nothing. Along a training only what is asked for, as is what needs samples.
  const atOnce = concentrate !== null && train === null;
  return all.filter((facet) => wanted.facets.has(facet) || (atOnce && cheap.includes(facet)));
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
        blame(blocks, size, train, 'bytes'),
        l10n.t('One run would hold about {0}; at most {1} are possible.', bytesText(cost.bytes), bytesText(mostBytesPerRun)),
      ),
    );
    return false;
  }
  if (cost.seconds > mostSecondsPerRun) {
    report.add(tooLong(blocks, size, train, cost.seconds));
    return false;
  }
  return true;
}

function tooLong(blocks: BlockReaders, size: ProblemSize, train: Train | null, seconds: number): Mistake {
  return new Mistake(
    codes.seconds,
    blame(blocks, size, train, 'seconds'),
    l10n.t('One run would take about {0} of one core; at most {1} are possible.', durationText(seconds), durationText(mostSecondsPerRun)),
  );
}

/** The setting that drives the cost: the one whose fall to a usual value lowers it most. */
function blame(blocks: BlockReaders, size: ProblemSize, train: Train | null, part: keyof Cost): AstNode {
  const steps = train === null || train.kind === 'gradient_flow' ? 1 : train.steps;
  const batch = train !== null && 'batch' in train ? train.batch : 1;
  const lower = (value: number, usual: number): number => Math.min(value, usual);
  const usual: [string, BlockReader | undefined, Partial<ProblemSize>][] = [
    ['dimension', blocks.task ?? blocks.tokens, { tokenDimension: lower(size.tokenDimension, 6), parameters: lower(size.parameters, 42) }],
    ['samples', blocks.concentrate?.has('samples') ? blocks.concentrate : blocks.solver, { samples: lower(size.samples ?? 4096, 4096) }],
    [
      'steps',
      blocks.train,
      {
        trainingPrompts: size.trainingPrompts * lower(1, 1000 / steps),
        evaluations: lower(size.evaluations, 1000),
        points: lower(size.points, 101),
      },
    ],
    ['points', blocks.train, { points: lower(size.points, 101), evaluations: lower(size.evaluations, 500) }],
    ['batch', blocks.train, { trainingPrompts: size.trainingPrompts * lower(1, 128 / batch) }],
    ['key_dimension', blocks.attention, { parameters: lower(size.parameters, 42) }],
    ['length', blocks.prompt, { length: lower(size.length, 1000) }],
  ];
  let best: AstNode = (blocks.task ?? blocks.tokens ?? blocks.prompt)!.block;
  let least = Number.POSITIVE_INFINITY;
  for (const [name, reader, change] of usual) {
    const setting = reader?.block.settings.find((candidate) => candidate.name === name);
    const left = costOf({ ...size, ...change })[part];
    if (setting !== undefined && left < 0.99 * least) {
      best = setting.value;
      least = left;
    }
  }
  return best;
}

/** Rules that need the whole problem. */
function checkWhole(problem: Problem<FileReference>, blocks: BlockReaders, stores: Stores): void {
  const { setting, attention, solver, train } = problem;
  const place = (reader: BlockReader | undefined, name: string): AstNode =>
    reader?.block.settings.find((candidate) => candidate.name === name)?.value ?? reader?.block ?? (blocks.task ?? blocks.tokens)!.block;
  if (solver.method === 'exact') {
    const why = whyNotExact(problem);
    if (why !== null) {
      throw new Mistake(
        codes.noExactForm,
        place(blocks.solver, 'method'),
        l10n.t('There is no exact form here because {0}; leave `method` out to sample prompts.', why),
      );
    }
  }
  const seconds = estimateCost(problem).seconds;
  if (seconds > mostSecondsPerRun) {
    throw tooLong(blocks, sizeOf(problem), train, seconds);
  }
  if (setting.kind !== 'task') {
    return;
  }
  const needsInverse =
    attention.init.kind === 'bayes' ? l10n.t('The start `bayes`') : problem.measures.includes('alignment') ? '`alignment`' : null;
  if (needsInverse !== null && !stores.matrices.isInvertible(setting.task.covariance)) {
    throw new Mistake(
      codes.singular,
      place(blocks.task, 'covariance'),
      l10n.t('{0} needs the inverse of the covariance, and this covariance is singular.', needsInverse),
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
        l10n.t('With the link `square` the infinite-prompt limit exists only while the scores do not see y, and {0}.', leaves),
      );
    }
  }
}

/** Why scores may depend on y, as a clause; null when the symmetry x → −x keeps them from it. */
function leavesTheBlockForm(problem: Problem<FileReference>): string | null {
  const { attention, train } = problem;
  if (train?.kind === 'sgd' || train?.kind === 'adam') {
    return l10n.t('`{0}` makes them do so', train.kind);
  }
  if (attention.keyQuery !== null) {
    const last = attention.keyQuery[attention.keyQuery.length - 1]!;
    return last.slice(0, -1).some((entry) => entry !== 0) ? l10n.t('the last row of `key_query` makes them do so') : null;
  }
  return attention.init.kind === 'random' ? l10n.t('a random start makes them do so') : null;
}
