/** Symbolic matrices: how they combine, and what is known of them before they have a dimension. */
import { type MatrixExpression, type MatrixValue, numberText, type Value } from './values.js';

/** True for values that can stand for a matrix: matrices, `identity` and files. */
export function isMatrixLike(value: Value): boolean {
  return value.kind === 'matrix' || value.kind === 'file' || (value.kind === 'word' && value.word === 'identity');
}

/** The matrix a value stands for; undefined when it stands for none. */
export function asMatrix(value: Value): MatrixValue | undefined {
  if (value.kind === 'matrix') {
    return value;
  }
  if (value.kind === 'file') {
    return { kind: 'matrix', matrix: { kind: 'file', file: value }, text: value.text };
  }
  if (value.kind === 'word' && value.word === 'identity') {
    return { kind: 'matrix', matrix: { kind: 'identity' }, text: 'identity' };
  }
  return undefined;
}

/** factor · matrix; `value` is like a matrix. */
export function productOf(factor: number, value: Value): MatrixValue {
  const { matrix, text } = asMatrix(value)!;
  if (matrix.kind === 'scaled') {
    return scaled(factor * matrix.factor, matrix.matrix, matrix.text);
  }
  return scaled(factor, matrix, matrix.kind === 'sum' ? `(${text})` : text);
}

function scaled(factor: number, matrix: MatrixExpression, text: string): MatrixValue {
  return { kind: 'matrix', matrix: { kind: 'scaled', factor, matrix, text }, text: `${numberText(factor)} * ${text}` };
}

/** a + b; both are like a matrix. */
export function sumOf(a: Value, b: Value): MatrixValue {
  const [left, right] = [asMatrix(a)!, asMatrix(b)!];
  const terms = [left, right].flatMap(({ matrix }) => (matrix.kind === 'sum' ? matrix.terms : [matrix]));
  return { kind: 'matrix', matrix: { kind: 'sum', terms }, text: `${left.text} + ${right.text}` };
}

/** True when the construction alone makes the matrix symmetric and positive semidefinite in every dimension. */
export function isPositiveByConstruction(matrix: MatrixExpression): boolean {
  switch (matrix.kind) {
    case 'identity':
    case 'kms':
    case 'power_law':
    case 'condition':
      return true;
    case 'diagonal':
      return matrix.entries.every((entry) => entry >= 0);
    case 'scaled':
      return matrix.factor >= 0 && isPositiveByConstruction(matrix.matrix);
    case 'sum':
      return matrix.terms.every(isPositiveByConstruction);
    default:
      return false;
  }
}

/** Rows and columns that the construction fixes; null where the block decides. */
export function fixedShape(matrix: MatrixExpression): { rows: number; columns: number } | null {
  switch (matrix.kind) {
    case 'diagonal':
      return { rows: matrix.entries.length, columns: matrix.entries.length };
    case 'rows':
      return { rows: matrix.rows.length, columns: matrix.rows[0]!.length };
    case 'scaled':
      return fixedShape(matrix.matrix);
    case 'sum':
      for (const term of matrix.terms) {
        const shape = fixedShape(term);
        if (shape !== null) {
          return shape;
        }
      }
      return null;
    default:
      return null;
  }
}
