import assert from 'node:assert/strict';
import { gradientOf, infinitePrompt } from '../../../src/solver/gradient-fields.js';
import { initialParameters, layoutOf } from '../../../src/solver/parameters.js';
import { populationRisk } from '../../../src/solver/population.js';
import type { Problem } from '../../../src/solver/problem.js';
import { solve } from '../../../src/solver/solve.js';
import { gronwallEnvelope, informativeHorizon } from '../../../src/solver/stability.js';
import { problem as trainingProblem } from './training-problem.js';

function solved(problem: Problem) {
  const steps = solve(problem);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

const flow = { kind: 'gradient_flow', time: 4, points: 21, tolerance: 1e-8, extraTimes: [] } as const;

describe('the Grönwall envelope of the parameter gap', () => {
  const starts: readonly [string, Partial<Problem['attention']>, Problem['length']][] = [
    ['balanced', {}, 100],
    ['at a temperature', { temperature: 1.7 }, 100],
    ['factored', { parameters: 'factored', init: { kind: 'random', seed: 2, scale: 1 } }, 100],
  ];
  for (const [name, attention, length] of starts) {
    it(`lies above the gap along the whole training: ${name}`, () => {
      const base = trainingProblem({ length, attention, train: flow, measures: ['parameter_gap'] });
      const { quantities, notes } = solved({ ...base, facets: ['envelope'] });
      const gap = quantities.parameter_gap.value;
      const { value, method } = quantities['parameter_gap.envelope'];
      assert.equal(value[0], 0);
      gap.forEach((x, i) => {
        assert.ok(x <= value[i] * (1 + 1e-6) + 1e-12, `point ${i}: ${x} above ${value[i]}`);
      });
      assert.match(notes.join(' '), attention.parameters === 'factored' ? /largest curvature found/ : /proved bound/);
      assert.equal(method === 'exact', attention.parameters !== 'factored');
    });
  }

  it('rests on a curvature that no direction exceeds', () => {
    const base = trainingProblem({ length: 100, loss: 'squared', attention: { temperature: 1.3 } });
    const layout = layoutOf(base);
    const first = initialParameters(base);
    const second = initialParameters({ ...base, attention: { ...base.attention, init: { kind: 'balanced', alpha: 1.2 } } });
    // With a gap of 1/e at time 1 the envelope is e^{β − 1}.
    const { value, isProved } = gronwallEnvelope(base, [1], [Math.exp(-1)], [first], [second])!;
    assert.ok(isProved);
    const beta = Math.log(value[0]) + 1;
    const gradient = gradientOf(layout, populationRisk(infinitePrompt(base)));
    const [plus, minus] = [new Float64Array(layout.size), new Float64Array(layout.size)];
    // The Hessian between the ends, in the coordinates of the block form, by differences.
    const D = layout.D;
    const coordinates = [...Array(layout.size).keys()].filter((i) =>
      i < D * D ? i % D < D - 1 && i < D * (D - 1) : i === layout.size - 1,
    );
    let largest = 0;
    for (const share of [0, 0.3, 0.6, 1]) {
      const theta = first.map((x, i) => x + share * (second[i] - x));
      let direction = coordinates.map((_, i) => 1 + (i % 3));
      for (let step = 0; step < 60; step++) {
        const size = Math.hypot(...direction);
        const shifted = (sign: number, out: Float64Array): void => {
          const point = theta.slice();
          coordinates.forEach((c, i) => {
            point[c] += (sign * 1e-5 * direction[i]) / size;
          });
          gradient(point, out);
        };
        shifted(1, plus);
        shifted(-1, minus);
        direction = coordinates.map((c) => (plus[c] - minus[c]) / 2e-5);
      }
      largest = Math.max(largest, Math.hypot(...direction));
    }
    assert.ok(beta >= largest * (1 - 1e-6), `${beta} below ${largest}`);
    assert.ok(beta < 4 * largest, `${beta} far above ${largest}`);
  });

  it('does not exist for sampled trainings and is 0 in the limit', () => {
    const train = { kind: 'sgd', rate: 0.01, batch: 16, steps: 4, record: 2, seed: 0, momentum: 0, beta1: 0.9, beta2: 0.999, extraSteps: [] } as const; // biome-ignore format: one line
    const sgd = solved({ ...trainingProblem({ train, measures: ['parameter_gap'] }), facets: ['envelope'] });
    assert.ok(sgd.quantities['parameter_gap.envelope'].value.every(Number.isNaN));
    const limit = trainingProblem({ length: Number.POSITIVE_INFINITY, train: flow, measures: ['parameter_gap'] });
    assert.ok(solved({ ...limit, facets: ['envelope'] }).quantities['parameter_gap.envelope'].value.every((x) => x === 0));
  });

  it('is informative while it is below the distance that is moved', () => {
    const reference = [0, 1, 2, 3].map((x) => Float64Array.of(x));
    assert.equal(informativeHorizon([0, 0.5, 1.9, 10], [0, 1, 2, 3], reference), 2);
    assert.equal(informativeHorizon([0, 0.5, 1.9, 2.5], [0, 1, 2, 3], reference), null);
    assert.equal(informativeHorizon([0, 5, 1.9, 2.5], [0, 1, 2, 3], reference), 0);
  });
});
