import assert from 'node:assert/strict';
import { bayesSolution } from '../../../src/solver/closed-form.js';
import { initialParameters, layoutOf, merge, pullBack } from '../../../src/solver/parameters.js';
import type { Init } from '../../../src/solver/problem.js';
import { SolverFailure } from '../../../src/solver/result.js';
import { kms, numbers, problem, slope } from './training-problem.js';

function close(x: ArrayLike<number>, y: ArrayLike<number>, tolerance: number): void {
  assert.equal(x.length, y.length);
  for (let i = 0; i < x.length; i++) assert.ok(Math.abs(x[i]! - y[i]!) <= tolerance, `${i}: ${x[i]} against ${y[i]}`);
}

describe('initialParameters', () => {
  const starts: [string, Init][] = [
    ['balanced', { kind: 'balanced', alpha: 0.3 }],
    ['small_identity', { kind: 'small_identity', scale: 0.2 }],
    ['bayes', { kind: 'bayes' }],
  ];
  for (const [name, init] of starts)
    it(`${name}: factors merge to the merged start`, () => {
      const [merged, factored] = (['merged', 'factored'] as const).map((parameters) => {
        const p = problem({ attention: { init, parameters, temperature: 1.5 } });
        return merge(layoutOf(p), initialParameters(p));
      });
      close(factored!.U, merged!.U, 1e-14);
      close(factored!.v, merged!.v, 1e-14);
    });

  it('balanced has ‖A‖_F = b, bayes solves b²ΣA = bI with the temperature in', () => {
    const p = problem({ attention: { init: { kind: 'balanced', alpha: 0.3 } } });
    const theta = initialParameters(p);
    assert.ok(Math.abs(Math.hypot(...theta.subarray(0, 16)) - 0.3) < 1e-15);
    assert.equal(theta[19], 0.3);
    const covariance = kms(3, 0.5);
    const { A, b } = bayesSolution(covariance);
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        const value = b * covariance[i]!.reduce((sum, x, k) => sum + x * A[k]![j]!, 0);
        assert.ok(Math.abs(value - (i === j ? 1 : 0)) < 1e-13);
      }
    const hot = problem({ attention: { init: { kind: 'bayes' }, temperature: 2 } });
    const m = merge(layoutOf(hot), initialParameters(hot));
    assert.ok(Math.abs(m.U[0]! - A[0]![0]!) < 1e-14);
  });

  it('random starts are shared by kernels and lengths and differ between heads and seeds', () => {
    const init = { kind: 'random', seed: 7, scale: 1 } as const;
    const start = (o: object, length = 10): Float64Array => initialParameters(problem({ length, attention: { init, heads: 2, ...o } }));
    assert.deepEqual(start({ kernel: 'linear' }), start({ kernel: 'softmax' }, 1000));
    const theta = start({});
    assert.notDeepEqual(theta.subarray(0, 20), theta.subarray(20));
    assert.notDeepEqual(theta, start({ init: { ...init, seed: 8 } }));
    const factored = start({ parameters: 'factored' });
    assert.ok(
      factored.every((x) => Math.abs(x) <= 0.5),
      'uniform on ±1/√4',
    );
    const variance = factored.reduce((a, x) => a + x * x, 0) / factored.length;
    // Var of a uniform variable 1/12, standard error about 0.075/√104.
    assert.ok(Math.abs(variance - 1 / 12) < 5 * 0.0075, `${variance}`);
  });

  it('factors an explicit start and refuses a rank above the key dimension', () => {
    const U = [
      [1, 2, 0, 0],
      [0, -1, 3, 0],
      [0.5, 0, 0, 1],
      [0, 0, 0, 0.2],
    ];
    const v = [[0.1, -0.2, 0.3, 2]];
    const p = problem({ attention: { parameters: 'factored', keyQuery: U, value: v } });
    const m = merge(layoutOf(p), initialParameters(p));
    close(m.U, U.flat(), 1e-13);
    close(m.v, v[0]!, 1e-14);
    const narrow = problem({ attention: { parameters: 'factored', keyQuery: U, keyDimension: 2 } });
    assert.throws(
      () => initialParameters(narrow),
      (e) => e instanceof SolverFailure && e.setting === 'attention.key_dimension',
    );
  });
});

describe('pullBack', () => {
  const shapes = [
    ['merged', 2],
    ['factored', 2],
    ['factored', 3],
  ] as const;
  for (const [parameters, keyDimension] of shapes)
    it(`is the chain rule through merge, ${parameters}, two heads, keys of dimension ${keyDimension}, a temperature`, () => {
      const layout = layoutOf(problem({ d: 2, attention: { parameters, heads: 2, keyDimension, temperature: 1.7 } }));
      const theta = numbers(layout.size, 0.8);
      const wU = numbers(2 * 9, 1, 40);
      const wv = numbers(2 * 3, 1, 80);
      const value = (): number => {
        const m = merge(layout, theta);
        return m.U.reduce((a, x, i) => a + wU[i]! * x ** 2, 0) + m.v.reduce((a, x, i) => a + wv[i]! * x ** 2, 0);
      };
      const m = merge(layout, theta);
      const gradient = new Float64Array(layout.size);
      pullBack(
        layout,
        theta,
        m.U.map((x, i) => 2 * wU[i]! * x),
        m.v.map((x, i) => 2 * wv[i]! * x),
        gradient,
      );
      for (let i = 0; i < layout.size; i++) {
        const at = theta[i]!;
        const expected = slope((t) => {
          theta[i] = at + t;
          const result = value();
          theta[i] = at;
          return result;
        });
        assert.ok(Math.abs(gradient[i]! - expected) < 1e-9, `${i}: ${gradient[i]} against ${expected}`);
      }
    });
});
