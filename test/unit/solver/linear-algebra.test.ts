import assert from 'node:assert/strict';
import * as linear from '../../../src/solver/linear-algebra.js';

const near = (a: readonly (readonly number[])[], b: readonly (readonly number[])[], tolerance = 1e-12): void => {
  a.forEach((row, i) => {
    row.forEach((x, j) => {
      assert.ok(Math.abs(x - b[i][j]) < tolerance, `entry ${i}, ${j}: ${x} is not ${b[i][j]}`);
    });
  });
};

describe('linear algebra', () => {
  const kms = Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => 0.5 ** Math.abs(i - j)));
  const general = [
    [2, -1, 0.5],
    [0.25, 3, 1],
    [-1, 0, 1.5],
  ];

  it('puts a symmetric matrix back together from its eigenvectors, in ascending order', () => {
    const { values, vectors } = linear.symmetricEigen(kms);
    near(linear.matmul(vectors, linear.matmul(linear.diagonal(values), linear.transpose(vectors))), kms);
    near(linear.matmul(linear.transpose(vectors), vectors), linear.identity(5));
    for (let i = 1; i < 5; i++) assert.ok(values[i] >= values[i - 1]);
  });

  it('has square roots that square to the matrix, singular ones included', () => {
    const root = linear.symmetricSqrt(kms);
    near(linear.matmul(root, root), kms);
    const rankOne = linear.outer([1, 2, -1], [1, 2, -1]);
    const half = linear.symmetricSqrt(rankOne);
    near(linear.matmul(half, half), rankOne, 1e-7);
    const inverseRoot = linear.inverseSquareRoot(kms);
    near(linear.matmul(inverseRoot, linear.matmul(kms, inverseRoot)), linear.identity(5));
    assert.throws(() => linear.inverseSquareRoot(rankOne), RangeError);
  });

  it('inverts, solves and factors', () => {
    near(linear.matmul(general, linear.inverse(general)), linear.identity(3));
    const x = linear.solve(general, [1, 2, 3]);
    near([[...linear.matvec(general, x)]], [[1, 2, 3]]);
    const lower = linear.cholesky(kms);
    near(linear.matmul(lower, linear.transpose(lower)), kms);
    assert.throws(() => linear.inverse([[1, 2], [2, 4]]), RangeError); // biome-ignore format: a matrix
    assert.throws(() => linear.cholesky([[1, 2], [2, 1]]), RangeError); // biome-ignore format: a matrix
  });

  it('tells positive semi-definite matrices', () => {
    assert.equal(linear.isPositiveSemidefinite(kms), true);
    assert.equal(linear.isPositiveSemidefinite(linear.outer([1, 2], [1, 2])), true);
    assert.equal(linear.isPositiveSemidefinite([[1, 2], [2, 1]]), false); // biome-ignore format: a matrix
    assert.equal(linear.isPositiveSemidefinite([[0]]), true);
  });

  it('agrees with itself between matrix and vector forms', () => {
    const x = [1, -2, 0.5];
    const y = [0.25, 3, -1];
    const direct = linear.bilinear(x, general, y);
    assert.ok(Math.abs(direct - linear.dot(x, linear.matvec(general, y))) < 1e-14);
    assert.ok(Math.abs(direct - linear.dot(y, linear.transposedMatvec(general, x))) < 1e-14);
    assert.ok(
      Math.abs(
        linear.traceOfProduct(
          general,
          kms.slice(0, 3).map((row) => row.slice(0, 3)),
        ) - 6.5,
      ) < 1e-14,
    );
    assert.ok(Math.abs(linear.frobenius(general) - Math.sqrt(18.5625)) < 1e-14);
  });
});
