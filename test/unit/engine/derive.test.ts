import assert from 'node:assert/strict';
import { derive } from '../../../src/engine/derive.js';
import type { RunOutcome } from '../../../src/engine/results.js';
import type { QuantityRef } from '../../../src/spec/experiment.js';
import { done, experiment, numberValue, quantity, sampled, single, wordValue } from '../../support/engine/experiments.js';

const inf = Number.POSITIVE_INFINITY;
const rate = quantity('output_error', { form: 'rate' });
const fitted = quantity('output_error', { form: 'fitted_rate' });

function series(outcomes: readonly RunOutcome[], run: number, key: string) {
  const outcome = outcomes[run]!;
  assert.ok(outcome.status === 'done');
  return outcome.result.quantities[key]!;
}
const over = (lengths: readonly number[], ...measures: QuantityRef[]) => experiment({ sweeps: { L: lengths.map(numberValue) }, measures });

describe('derived quantities', () => {
  it('give a power law its exponent at every length, and none at infinity', () => {
    const lengths = [2, 3, 10, 100, 1000, inf];
    const runs = lengths.map((L) => done({ output_error: single(L === inf ? 0 : 7 * L ** -1.3) }));
    const derived = derive(over(lengths, rate, fitted), runs);
    for (let i = 0; i < 5; i++) {
      assert.ok(Math.abs(series(derived, i, 'rate of output_error').value[0]! + 1.3) < 1e-12);
      assert.ok(Math.abs(series(derived, i, 'fitted rate of output_error').value[0]! + 1.3) < 1e-12);
    }
    assert.ok(Number.isNaN(series(derived, 5, 'rate of output_error').value[0]));
    assert.match(series(derived, 5, 'rate of output_error').reason!, /finite length/);
    assert.ok(Math.abs(series(derived, 5, 'fitted rate of output_error').value[0]! + 1.3) < 1e-12);
  });

  it('follow a bent curve: exactly where it is a parabola in log–log', () => {
    const lengths = [1, 4, 10, 50, 120];
    const runs = lengths.map((L) => done({ output_error: single(Math.exp(-0.2 * Math.log(L) ** 2 - 0.5 * Math.log(L))) }));
    const derived = derive(over(lengths, rate), runs);
    for (const i of [1, 2, 3]) {
      const wanted = -0.4 * Math.log(lengths[i]!) - 0.5;
      assert.ok(Math.abs(series(derived, i, 'rate of output_error').value[0]! - wanted) < 1e-12);
    }
  });

  it('leave alone what the solver gives itself', () => {
    const runs = [1, 2].map((L) => done({ output_error: single(1 / L), 'rate of output_error': single(-5) }));
    assert.equal(series(derive(over([1, 2], rate), runs), 0, 'rate of output_error').value[0], -5);
  });

  it('keep the other sweeps apart', () => {
    const spec = experiment({ sweeps: { L: [1, 10].map(numberValue), kind: ['a', 'b'].map(wordValue) }, measures: [fitted] });
    const runs = [1, 1, 0.1, 0.01].map((value) => done({ output_error: single(value) }));
    const derived = derive(spec, runs);
    assert.deepEqual(
      [0, 1, 2, 3].map((run) => Math.round(series(derived, run, 'fitted rate of output_error').value[0]!)),
      [-1, -2, -1, -2],
    );
  });

  it('carry the errors of sampled values', () => {
    // Equal relative errors e at log L = 0, 1, 2: the slope's standard error is e/√2.
    const lengths = [1, Math.E, Math.E ** 2];
    const runs = lengths.map((L) => done({ output_error: sampled(1 / L, 0.01 / L) }));
    const found = series(derive(over(lengths, fitted), runs), 0, 'fitted rate of output_error');
    assert.ok(Math.abs(found.standardError![0]! - 0.01 / Math.SQRT2) < 1e-12);
    assert.ok(found.lower![0]! < found.value[0]! && found.value[0]! < found.upper![0]!);
  });

  it('are taken at each point of a trajectory', () => {
    const runs = [1, 10, 100].map((L) =>
      done({ output_error: { against: 'time', value: [1 / L, 1 / L ** 2], method: 'exact' } }, { time: [0, 1] }),
    );
    const found = series(derive(over([1, 10, 100], rate), runs), 1, 'rate of output_error');
    assert.equal(found.against, 'time');
    assert.deepEqual(
      found.value.map((value) => Math.round(value * 1e9) / 1e9),
      [-1, -2],
    );
  });

  it('fit the paper’s form above the curve, touching it', () => {
    const lengths = [2, 10, 100, 1000, inf];
    const runs = lengths.map((L) => done({ output_error: single(L === inf ? 0 : 3 / L) }));
    const paper = quantity('output_error', { facet: 'paper' });
    const derived = derive(over(lengths, paper), runs);
    const excess = [0, 1, 2, 3].map((i) => series(derived, i, 'output_error.paper').value[0]! / (3 / lengths[i]!));
    assert.ok(excess.every((ratio) => ratio >= 1));
    assert.ok(Math.min(...excess) < 1 + 1e-9);
    assert.ok(Number.isNaN(series(derived, 4, 'output_error.paper').value[0]));
  });

  it('state the constants of the paper’s form with the variance proxy that they belong to', () => {
    const lengths = [2, 10, 100, 1000];
    const paper = quantity('output_error', { facet: 'paper' });
    const sigma2 = 2;
    const runs = lengths.map((L) => {
      const value = (5 * sigma2 ** 3 * Math.log(L)) / L ** (0.7 / sigma2);
      return done({ output_error: { ...single(value), varianceProxy: sigma2 } });
    });
    const [first] = derive(over(lengths, paper), runs);
    assert.ok(first?.status === 'done');
    const { fit } = first.result.quantities['output_error.paper']!;
    assert.ok(Math.abs(fit!.c1[0]! - 5) < 1e-6 && Math.abs(fit!.c2[0]! - 0.7) < 1e-6 && fit!.sigma2 === 2, JSON.stringify(fit));
    assert.match(first.result.notes.join(), /c₁ = 5, c₂ = 0\.7 and σ² = 2, fitted/);
  });

  it('tell which queries carry the error at the longest finite prompts alone', () => {
    const carriers = { tau2: 7.312, probability: 0.00204, exponent: 0.25, profile: { tau2: [7, 8], queries: [0.1, 0], error: [1, 0.2] } };
    const runs = [10, 1000, inf].map((L) => done({ output_error: { ...single(1), ...(L === inf ? {} : { carriers }) } }));
    const derived = derive(over([10, 1000, inf], quantity('output_error')), runs);
    const told = derived.map((run) => (run.status === 'done' ? run.result.notes.join() : ''));
    const who = 'queries whose scores have a variance above 7.3: 0.2 % of all queries';
    assert.deepEqual(told, ['', `At L = 1000 half of the mean output error comes from ${who}.`, '']);
  });

  it('do without runs that failed', () => {
    const failed: RunOutcome = { status: 'failed', failure: { code: 'diverged', message: '', setting: null, line: null } };
    const runs = [done({ output_error: single(1) }), failed, done({ output_error: single(0.01) })];
    const derived = derive(over([1, 10, 100], rate), runs);
    assert.equal(derived[1], failed);
    assert.ok(Math.abs(series(derived, 0, 'rate of output_error').value[0]! + 1) < 1e-12);
  });
});
