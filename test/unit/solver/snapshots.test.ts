import assert from 'node:assert/strict';
import { symmetricEigen, symmetrise } from '../../../src/solver/linear-algebra.js';
import { solved } from '../../support/webview/content.js';

const spec = (train: string, attention = 'init = balanced(0.1)', length = 'inf'): string => `
experiment "snapshots" {
  task linear_regression { dimension = 3, covariance = kms(0.5), weights = gaussian(1/3) }
  prompt { length = ${length} }
  attention { ${attention} }
  train ${train}
  measure risk
}`;

const of = (text: string) => {
  const outcome = solved(text)[0]!.runs[0]!;
  assert.ok(outcome.status === 'done');
  return outcome.result.parameters;
};

describe('parameter snapshots', () => {
  it('tend to the inverse covariance along the infinite-prompt flow', () => {
    const found = of(spec('gradient_flow { time = 200, points = 11 }'))!;
    assert.equal(found.size, 3);
    assert.deepEqual([found.at.length, found.at[0], found.at.at(-1)], [11, 0, 200]);
    const last = found.eigenvalues.at(-1)!;
    // The inverse at ρ = 1/2 is 4/3 · [[1, −1/2, 0], [−1/2, 5/4, −1/2], [0, −1/2, 1]]: 4/3 · (9/8 ± √33/8) and 4/3.
    [2.45743, 1.33333, 0.54257].forEach((value, i) => {
      assert.ok(Math.abs(found.best![i]! - value) < 1e-3, `${found.best![i]} is not ${value}`);
      assert.ok(Math.abs(last[i]! - value) < 0.02 * value, `${last[i]} has not arrived at ${value}`);
    });
    // The balanced start is a multiple of the identity.
    const [a] = found.matrices[0]!;
    const start = [a!, 0, 0, 0, a!, 0, 0, 0, a!];
    assert.ok(found.matrices[0]!.every((value, i) => Math.abs(value - start[i]!) < 1e-14));
  });

  it('have the eigenvalues of their matrices, whether those share their eigenvectors or not', () => {
    for (const init of ['init = balanced(0.1)', 'init = random(seed: 3, scale: 0.2)']) {
      const found = of(spec('gradient_descent { rate = 0.05, steps = 40 }', `kernel = linear, ${init}`, '30'))!;
      found.matrices.forEach((entries, k) => {
        const rows = [0, 1, 2].map((i) => entries.slice(3 * i, 3 * i + 3));
        const wanted = Array.from(symmetricEigen(symmetrise(rows)).values, (value) => value * found.scales[k]!).sort((a, b) => b - a);
        const size = Math.max(...wanted.map(Math.abs));
        const worst = Math.max(...wanted.map((value, i) => Math.abs(found.eigenvalues[k]![i]! - value)));
        assert.ok(worst < 1e-12 * size, `${init}, ${k}`);
      });
    }
  });

  it('are thinned to at most 65, with both ends', () => {
    const found = of(spec('gradient_flow { time = 8, points = 301 }'))!;
    assert.deepEqual([found.at.length, found.at[0], found.at.at(-1)], [65, 0, 8]);
    assert.ok(found.at.every((t, i) => i === 0 || t > found.at[i - 1]!));
  });

  it('sum the heads, each by its scale', () => {
    const found = of(
      spec('gradient_descent { rate = 0.1, steps = 20 }', 'kernel = linear, heads = 2, init = random(seed: 1, scale: 0.1)', '20'),
    )!;
    assert.equal(found.against, 'step');
    assert.ok(found.scales.every((scale) => scale === 1));
  });

  it('know no limit for another link', () => {
    const text = spec('gradient_flow { time = 1, points = 3 }')
      .replace('linear_regression', 'single_index')
      .replace('1/3) }', '1/3), link = tanh }');
    const found = of(text.replace('length = inf', 'length = 20').replace('init', 'kernel = linear, init'));
    assert.equal(found?.best, null);
  });
});
