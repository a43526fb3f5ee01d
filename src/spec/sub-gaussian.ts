/** The sub-Gaussian parameter of a law as it stands in a block, which gives it its dimension: for a reader of the text. */
import * as l10n from '@vscode/l10n';
import type { Block, Setting } from '../language/generated/ast.js';
import type { Law } from '../solver/problem.js';
import { varianceProxy } from '../solver/sub-gaussian.js';
import { lawOfX } from '../solver/task-nodes.js';
import { BlockReader } from './blocks.js';
import { lawOf } from './constructors.js';
import type { Environment } from './environment.js';
import { evaluate } from './evaluate.js';
import type { FileReference } from './experiment.js';
import { FileStore, noFiles } from './files/reader.js';
import { landLaw } from './laws.js';
import { MatrixStore } from './matrices.js';
import { Report } from './mistake.js';
import { readTask } from './settings.js';
import { numberText } from './values.js';

/** Dimension up to which a reader is made to wait for the spectrum of a covariance. */
const largestDimension = 64;

/** The block that says in which dimension the setting's law lands. */
export function dimensionBlock(setting: Setting): Block | undefined {
  const block = setting.$container;
  if (block.kind !== 'query') return block;
  return block.$container.members.find((member): member is Block => member.$type === 'Block' && member.kind === 'tokens');
}

/** `0.577 (σ² = 0.333)`, σ of the law that the setting gives: in a task `tokens` gives that of x. Undefined for a file, which is not read, and for a mistake. */
export function subGaussianText(setting: Setting, env: Environment): string | undefined {
  const owner = dimensionBlock(setting);
  if (owner === undefined) return undefined;
  const report = new Report();
  return report.attempt(() => {
    const files = new FileStore(noFiles);
    const stores = { files, matrices: new MatrixStore(files) };
    const reader = new BlockReader(owner, env, report, () => '');
    const dimension = reader.number('dimension', { integer: true, min: 1, max: largestDimension });
    if (dimension === undefined) return undefined;
    const law =
      owner.kind === 'task' && setting.name === 'tokens' ? ofX(reader, dimension, stores) : landed(setting, dimension, stores, env);
    if (law === null) return undefined;
    const { value, exact } = varianceProxy(law);
    const [deviation, variance] = [Math.sqrt(value), value].map((x) => numberText(Number(x.toPrecision(4))));
    return exact ? `${deviation} (σ² = ${variance})` : l10n.t('{0} (σ² = {1}), found by ascent', deviation!, variance!);
  });
}

type Stores = Parameters<typeof readTask>[2];

function landed(setting: Setting, dimension: number, { matrices, files }: Stores, env: Environment): Law | null {
  const what = `\`${setting.name}\``;
  return withoutFiles(
    landLaw(lawOf(evaluate(setting.value, env), setting.value, what).law, dimension, matrices, files, setting.value, what),
  );
}

function ofX(reader: BlockReader, dimension: number, stores: Stores): Law | null {
  const read = readTask(reader, dimension, stores);
  if (read?.kind !== 'task') return null;
  const { covariance, tokens } = read.task;
  if (tokens === null) return lawOfX({ dimension, covariance, tokens });
  const plain = withoutFiles(tokens);
  return plain === null ? null : lawOfX({ dimension, covariance, tokens: plain });
}

function withoutFiles(law: Law<FileReference>): Law | null {
  switch (law.kind) {
    case 'empirical':
      return null;
    case 'affine': {
      const base = withoutFiles(law.base);
      return base === null ? null : { ...law, base };
    }
    case 'mixture': {
      const components = law.components.flatMap((part) => withoutFiles(part) ?? []);
      return components.length < law.components.length ? null : { ...law, components };
    }
    default:
      return law;
  }
}
