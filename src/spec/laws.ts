/** Gives laws their dimension. */
import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import type { Law } from '../solver/problem.js';
import { codes } from './codes.js';
import type { FileReference } from './experiment.js';
import type { FileStore } from './files/reader.js';
import type { MatrixStore } from './matrices.js';
import { Mistake } from './mistake.js';
import { type LawExpression, type MatrixValue, numberText } from './values.js';

/** The law on R^dimension that `law` means there. Throws `Mistake` at `node` when it does not fit. */
export function landLaw(
  law: LawExpression,
  dimension: number,
  matrices: MatrixStore,
  files: FileStore,
  node: AstNode,
  what: string,
): Law<FileReference> {
  const checkMean = (mean: readonly number[]): void => {
    if (mean.length !== dimension) {
      throw new Mistake(
        codes.dimension,
        node,
        l10n.t('{0} has dimension {1}, and its mean has {2} entries.', what, dimension, mean.length),
      );
    }
  };
  switch (law.kind) {
    case 'gaussian':
      return {
        kind: 'gaussian',
        dimension,
        mean: matrices.zeros(dimension),
        covariance: matrices.build(scaledIdentity(law.variance), dimension, dimension, node, what),
      };
    case 'gaussian_mean':
      checkMean(law.mean);
      return {
        kind: 'gaussian',
        dimension,
        mean: law.mean,
        covariance: matrices.build(scaledIdentity(law.variance), dimension, dimension, node, what),
      };
    case 'gaussian_matrix':
      if (law.mean !== null) {
        checkMean(law.mean);
      }
      return {
        kind: 'gaussian',
        dimension,
        mean: law.mean ?? matrices.zeros(dimension),
        covariance: matrices.covariance(law.covariance, dimension, law.node, l10n.t('The covariance of {0}', lowerFirst(what))),
      };
    case 'rademacher':
      return { kind: 'independent', dimension, coordinate: { kind: 'rademacher' } };
    case 'uniform':
      return { kind: 'independent', dimension, coordinate: { kind: 'uniform', low: law.low, high: law.high } };
    case 'sphere':
      return { kind: 'sphere', dimension, radius: law.radius };
    case 'mixture': {
      const sum = law.weights.reduce((a, b) => a + b, 0);
      return {
        kind: 'mixture',
        dimension,
        components: law.components.map((part) => landLaw(part, dimension, matrices, files, node, what)),
        weights: law.weights.map((weight) => weight / sum),
      };
    }
    case 'file': {
      const { reference } = files.load(law.file);
      if (reference.columns !== dimension) {
        throw new Mistake(
          codes.dimension,
          node,
          l10n.t(
            '{0} has dimension {1}, and {2} holds tokens of {3} coordinate{4}.',
            what,
            dimension,
            JSON.stringify(law.file.path),
            reference.columns,
            reference.columns === 1 ? '' : 's',
          ),
        );
      }
      return { kind: 'empirical', dimension, tokens: reference };
    }
  }
}

function scaledIdentity(variance: number): MatrixValue {
  if (variance === 1) {
    return { kind: 'matrix', matrix: { kind: 'identity' }, text: 'identity' };
  }
  return {
    kind: 'matrix',
    matrix: { kind: 'scaled', factor: variance, matrix: { kind: 'identity' }, text: 'identity' },
    text: `${numberText(variance)} * identity`,
  };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
