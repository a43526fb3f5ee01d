/** Builds matrices once for each canonical text and shape, and checks covariances. */

import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { DenseMatrix } from '../solver/problem.js';
import { codes } from './codes.js';
import type { FileStore } from './files/reader.js';
import { bytesText, mostMatrixBytes } from './limits.js';
import { fixedShape, isPositiveByConstruction } from './matrix-expression.js';
import { Mistake } from './mistake.js';
import { type MatrixExpression, type MatrixValue, numberText } from './values.js';

export class MatrixStore {
  private readonly built = new Map<string, DenseMatrix>();
  private readonly positive = new Map<string, number>();
  private readonly vectors = new Map<number, readonly number[]>();
  private bytes = 0;

  constructor(private readonly files: FileStore) {}

  zeros(length: number): readonly number[] {
    let vector = this.vectors.get(length);
    if (vector === undefined) {
      vector = new Array<number>(length).fill(0);
      this.vectors.set(length, vector);
    }
    return vector;
  }

  /** rows × columns entries of `value`; `rows` null takes the rows that the matrix has (`columns` for one without a shape). Throws at `node`. */
  build(value: MatrixValue, rows: number | null, columns: number, node: AstNode, what: string): DenseMatrix {
    const shape = this.shape(value.matrix) ?? { rows: columns, columns };
    if ((rows !== null && shape.rows !== rows) || shape.columns !== columns) {
      const ofColumns = columns === 1 ? l10n.t('a matrix of 1 column') : l10n.t('a matrix of {0} columns', columns);
      const need = rows === null ? ofColumns : `${rows} × ${columns}`;
      throw new Mistake(
        codes.dimension,
        node,
        l10n.t('{0} must be {1}, and this matrix is {2} × {3}.', what, need, shape.rows, shape.columns),
      );
    }
    const key = `${shape.rows}x${columns} ${value.text}`;
    let matrix = this.built.get(key);
    if (matrix === undefined) {
      this.bytes += 8 * shape.rows * columns;
      if (this.bytes > mostMatrixBytes) {
        throw new Mistake(
          codes.bytes,
          node,
          l10n.t('The matrices up to this one take {0}; at most {1} are possible.', bytesText(this.bytes), bytesText(mostMatrixBytes)),
        );
      }
      matrix = this.entries(value.matrix, shape.rows, columns, node, what);
      if (matrix.some((row) => row.some((entry) => !Number.isFinite(entry)))) {
        throw new Mistake(
          codes.notANumber,
          node,
          l10n.t('{0} has an entry that is too large for a number in dimension {1}.', what, columns),
        );
      }
      this.built.set(key, matrix);
    }
    return matrix;
  }

  /** A symmetric positive semidefinite d × d matrix; throws a `Mistake` with the smallest eigenvalue otherwise. */
  covariance(value: MatrixValue, d: number, node: AstNode, what: string): DenseMatrix {
    const matrix = this.build(value, d, d, node, what);
    if (isPositiveByConstruction(value.matrix)) {
      return matrix;
    }
    const key = `${d} ${value.text}`;
    let smallest = this.positive.get(key);
    if (smallest === undefined) {
      checkSymmetric(matrix, node, what);
      smallest = smallestEigenvalueBelowZero(matrix);
      this.positive.set(key, smallest);
    }
    if (smallest < 0) {
      const lift = roundedUp(-smallest);
      const text = `${node.$cstNode?.text ?? value.text} + ${numberText(lift)} * identity`;
      const direct = node.$type === 'NameExpression' || node.$type === 'Call';
      throw new Mistake(
        codes.notPositive,
        node,
        l10n.t(
          '{0} must be positive semidefinite, and its smallest eigenvalue is {1}; adding `{2} * identity` would make it so.',
          what,
          numberText(Number(smallest.toPrecision(4))),
          numberText(lift),
        ),
        direct ? { title: l10n.t('Write `{0}`', text), node, text } : undefined,
      );
    }
    return matrix;
  }

  /** True when a covariance of this text and dimension has an inverse (largest over smallest eigenvalue below 1e13). */
  isInvertible(matrix: DenseMatrix): boolean {
    let diagonal = true;
    for (let i = 0; i < matrix.length && diagonal; i++) {
      diagonal = matrix[i]!.every((entry, j) => i === j || entry === 0);
    }
    const values = diagonal ? matrix.map((row, i) => row[i]!) : eigenvalues(matrix);
    return Math.min(...values) > 1e-13 * Math.max(...values);
  }

  private shape(matrix: MatrixExpression): { rows: number; columns: number } | null {
    if (matrix.kind === 'file') {
      const { table } = this.files.load(matrix.file);
      return { rows: table.rows, columns: table.columns };
    }
    if (matrix.kind === 'scaled') {
      return this.shape(matrix.matrix);
    }
    if (matrix.kind === 'sum') {
      for (const term of matrix.terms) {
        const shape = this.shape(term);
        if (shape !== null) {
          return shape;
        }
      }
      return null;
    }
    return fixedShape(matrix);
  }

  private entries(matrix: MatrixExpression, rows: number, columns: number, node: AstNode, what: string): number[][] {
    const fill = (entry: (i: number, j: number) => number): number[][] =>
      Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => entry(i, j)));
    switch (matrix.kind) {
      case 'identity':
        return fill((i, j) => (i === j ? 1 : 0));
      case 'kms':
        return fill((i, j) => (i === j ? 1 : matrix.rho ** Math.abs(i - j)));
      case 'diagonal':
        return fill((i, j) => (i === j ? matrix.entries[i]! : 0));
      case 'power_law':
        return fill((i, j) => (i === j ? (i + 1) ** -matrix.exponent : 0));
      case 'condition':
        return fill((i, j) => (i === j ? (rows === 1 ? 1 : matrix.condition ** (-i / (rows - 1))) : 0));
      case 'rows':
        return fill((i, j) => matrix.rows[i]![j]!);
      case 'file': {
        const { data } = this.files.load(matrix.file).table;
        return fill((i, j) => data[i * columns + j]!);
      }
      case 'scaled': {
        const inner = this.entries(matrix.matrix, rows, columns, node, what);
        return fill((i, j) => matrix.factor * inner[i]![j]! + 0);
      }
      case 'sum': {
        const total = fill(() => 0);
        for (const term of matrix.terms) {
          const shape = this.shape(term);
          if (shape !== null && (shape.rows !== rows || shape.columns !== columns)) {
            throw new Mistake(
              codes.dimension,
              node,
              l10n.t('{0} adds matrices of {1} × {2} and {3} × {4}.', what, rows, columns, shape.rows, shape.columns),
            );
          }
          const inner = this.entries(term, rows, columns, node, what);
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) {
              total[i]![j]! += inner[i]![j]!;
            }
          }
        }
        return total;
      }
    }
  }
}

function checkSymmetric(matrix: DenseMatrix, node: AstNode, what: string): void {
  let scale = 0;
  for (const row of matrix) {
    for (const entry of row) {
      scale = Math.max(scale, Math.abs(entry));
    }
  }
  for (let i = 0; i < matrix.length; i++) {
    for (let j = 0; j < i; j++) {
      const [below, above] = [matrix[i]![j]!, matrix[j]![i]!];
      if (Math.abs(below - above) > 1e-10 * scale) {
        const entries = l10n.t(
          '{0} in row {1}, column {2} and {3} in row {4}, column {5}',
          numberText(above),
          j + 1,
          i + 1,
          numberText(below),
          i + 1,
          j + 1,
        );
        throw new Mistake(codes.notSymmetric, node, l10n.t('{0} must be symmetric, and it has {1}.', what, entries));
      }
    }
  }
}

/** The smallest eigenvalue when it is negative beyond rounding, else 0. */
function smallestEigenvalueBelowZero(matrix: DenseMatrix): number {
  const d = matrix.length;
  const largest = Math.max(...matrix.map((row) => row.reduce((sum, entry) => sum + Math.abs(entry), 0)));
  if (hasCholesky(matrix, 1e-12 * d * largest)) {
    return 0;
  }
  // Beyond this size the eigenvalues would take too long for an editor; Gershgorin's bound says how far to lift.
  const smallest = d <= 400 ? Math.min(...eigenvalues(matrix)) : Math.min(...matrix.map(gershgorin));
  return smallest < -1e-12 * d * largest ? smallest : 0;
}

/** The next number of three significant digits. */
function roundedUp(x: number): number {
  const unit = 10 ** (Math.floor(Math.log10(x)) - 2);
  return Number((Math.ceil(x / unit - 1e-9) * unit).toPrecision(4));
}

/** Left end of the i-th Gershgorin disc. */
function gershgorin(row: readonly number[], i: number): number {
  return row.reduce((bound, entry, j) => (j === i ? bound : bound - Math.abs(entry)), row[i]!);
}

function hasCholesky(matrix: DenseMatrix, lift: number): boolean {
  const d = matrix.length;
  const factor = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i]![j]! + (i === j ? lift : 0);
      for (let k = 0; k < j; k++) {
        sum -= factor[i * d + k]! * factor[j * d + k]!;
      }
      if (i === j) {
        if (sum < 0) {
          return false;
        }
        factor[i * d + i] = Math.sqrt(sum);
      } else {
        const pivot = factor[j * d + j]!;
        factor[i * d + j] = pivot === 0 ? 0 : sum / pivot;
      }
    }
  }
  return true;
}

function eigenvalues(matrix: DenseMatrix): number[] {
  return new EigenvalueDecomposition(new Matrix(matrix.map((row) => [...row])), { assumeSymmetric: true }).realEigenvalues;
}
