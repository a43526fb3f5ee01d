/** Points of a diagonal field against what θ itself tells, and flows that are drawn from drafts against exact ones. */
import assert from 'node:assert/strict';
import { blockOf } from '../../../src/solver/balanced.js';
import { trainDescent, trainFlow } from '../../../src/solver/flow.js';
import { type DiagonalPoint, gradientOf, infinitePrompt, onDiagonal } from '../../../src/solver/gradient-fields.js';
import { frobenius } from '../../../src/solver/linear-algebra.js';
import { layoutOf, merge, taskOf } from '../../../src/solver/parameters.js';
import { populationRisk } from '../../../src/solver/population.js';
import type { Problem, Train } from '../../../src/solver/problem.js';
import { meanScoreVariance } from '../../../src/solver/score-variance.js';
import { solve } from '../../../src/solver/solve.js';
import { drain, kms, problem } from './training-problem.js';

const flow = (tolerance: number): Train => ({ kind: 'gradient_flow', time: 16, points: 17, tolerance, extraTimes: [] });
const descent: Train = { kind: 'gradient_descent', rate: 0.02, steps: 60, record: 15, extraSteps: [] };
const measures = ['risk', 'parameter_gap', 'gradient_gap', 'balance'] as const;

function near(actual: number, expected: number, relative: number, size = Math.abs(expected)): void {
  assert.ok(Math.abs(actual - expected) <= relative * size, `${actual} against ${expected}`);
}

function pointsOf(p: Problem): readonly DiagonalPoint[] {
  const points = onDiagonal(drain(p.train!.kind === 'gradient_flow' ? trainFlow(p) : trainDescent(p)));
  assert.ok(points !== null && points.length > 1);
  return points;
}

describe('points of a diagonal field', () => {
  for (const kernel of ['softmax', 'linear'] as const)
    for (const train of [flow(1e-9), descent])
      for (const length of [3, 200])
        it(`say what their parameters say: ${kernel}, ${train.kind}, L = ${length}`, () => {
          const base = problem({ length, train, measures: [...measures] });
          const p: Problem = { ...base, attention: { ...base.attention, kernel, temperature: 1.7 } };
          const layout = layoutOf(p);
          const risk = populationRisk(p);
          const own = gradientOf(layout, risk);
          const other = gradientOf(layout, populationRisk(infinitePrompt(p)));
          const points = pointsOf(p);
          const field = points[0]!.fieldOf(infinitePrompt(p));
          for (const point of points) {
            const { theta } = point;
            const merged = merge(layout, theta);
            near(point.risk, risk.risk(merged).value, 1e-11);
            const g = new Float64Array(layout.size);
            const h = new Float64Array(layout.size);
            own(theta, g);
            other(theta, h);
            near(point.gradientGap(field), Math.hypot(...g.map((x, i) => x - h[i]!)), 1e-9, Math.hypot(...h) + 1);
            near(point.distance!, Math.hypot(...theta.map((x, i) => x - point.reference![i]!)), 1e-12, Math.hypot(...theta));
            near(point.scoreVariance, meanScoreVariance(taskOf(p), merged.U), 1e-12);
            const before = merge({ ...layout, temperature: 1 }, theta);
            const b = before.v[layout.D - 1]!;
            near(point.balance, frobenius(blockOf(before, layout.D)) ** 2 - b ** 2, 1e-12, b ** 2);
          }
        });

  it('are not made where A leaves the eigenvectors of Σ, and one such point is enough', () => {
    const p = problem({ length: 20, train: flow(1e-6), measures: [...measures] });
    assert.equal(onDiagonal([]), null);
    assert.equal(onDiagonal([...pointsOf(p), { time: 1, theta: new Float64Array(layoutOf(p).size) }]), null);
    const factored: Problem = { ...p, attention: { ...p.attention, parameters: 'factored', keyDimension: 4 } };
    assert.equal(onDiagonal(drain(trainFlow({ ...factored, train: { ...flow(1e-4), time: 1, points: 2 } as Train }))), null);
  });

  it('share what a task decides with the same task come by another way', () => {
    const p = problem({ length: 20, train: flow(1e-6), measures: [...measures] });
    const q = problem({ length: 20, train: flow(1e-6), measures: [...measures], covariance: kms(3, 0.4) });
    const theta = (one: Problem): Float64Array => pointsOf(structuredClone(one)).at(-1)!.theta;
    const first = theta(p);
    assert.notDeepEqual(theta(q), first);
    assert.deepEqual(theta(p), first);
  });
});

describe('a coarse flow', () => {
  for (const length of [2, 10, 1000, 1e4, 1e6, 1e12])
    it(`is the exact one to four digits of what it moves by, L = ${length}`, () => {
      const result = (tolerance: number) => drain(solve(problem({ length, train: flow(tolerance), measures: [...measures] })));
      const fine = result(1e-11);
      const coarse = result(1e-5);
      for (const name of measures) {
        const expected = fine.quantities[name]!.value;
        const size = Math.max(...expected.map(Math.abs));
        // Balanced starts have no balance but for what a finite prompt gives them.
        const scale = name === 'balance' ? Math.max(size, 1e-3) : size;
        for (const [i, x] of coarse.quantities[name]!.value.entries()) near(x, expected[i]!, 1e-4, scale);
      }
    });
});
