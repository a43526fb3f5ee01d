import assert from 'node:assert/strict';
import { judge } from '../../../src/engine/expectations.js';
import type { RunOutcome, Verdict } from '../../../src/engine/results.js';
import type { Expectation, Experiment } from '../../../src/spec/experiment.js';
import {
  at,
  atTime,
  bound,
  done,
  expectation,
  experiment,
  numberValue,
  of,
  quantity,
  sampled,
  single,
  wordValue,
} from '../../support/engine/experiments.js';

const risk = quantity('output_error');
const inf = Number.POSITIVE_INFINITY;

function verdict(spec: Experiment, runs: readonly RunOutcome[]): Verdict {
  return judge(spec, runs).outcomes[0]!.verdict;
}
const overLengths = (lengths: readonly number[], ...expectations: Expectation[]) =>
  experiment({ sweeps: { L: lengths.map(numberValue) }, expectations });
const exact = (...values: number[]) => values.map((value) => done({ output_error: single(value) }));

describe('an expectation', () => {
  it('compares with a bound, strictly below and above, inclusively between', () => {
    const cases = [
      [{ kind: 'below', right: bound(2) }, [1, 'holds'], [2, 'undecided'], [3, 'fails']],
      [{ kind: 'above', right: bound(2) }, [3, 'holds'], [1, 'fails']],
      [{ kind: 'between', low: bound(1), high: bound(2) }, [1, 'holds'], [2, 'holds'], [2.1, 'fails'], [0.9, 'fails']],
      [{ kind: 'within', fraction: 0.2, right: bound(10) }, [12, 'holds'], [8, 'holds'], [12.1, 'fails'], [7.9, 'fails']],
      [{ kind: 'within', fraction: 0.2, right: bound(-10) }, [-12, 'holds'], [-12.1, 'fails']],
    ] as const;
    for (const [relation, ...values] of cases) {
      for (const [value, wanted] of values) {
        const found = verdict(experiment({ expectations: [expectation(of(risk), relation)] }), exact(value));
        // A strict comparison of equal numbers fails.
        assert.equal(found, wanted === 'undecided' ? 'fails' : wanted, `${relation.kind} ${value}`);
      }
    }
  });

  it('must hold for every value that its left side leaves free', () => {
    const below = expectation(of(risk), { kind: 'below', right: bound(2) });
    assert.equal(verdict(overLengths([10, 100, inf], below), exact(1.9, 1, 0)), 'holds');
    const judged = judge(overLengths([10, 100, inf], below), exact(1, 2.5, 0)).outcomes[0]!;
    assert.equal(judged.verdict, 'fails');
    assert.match(judged.detail, /^output_error at \[L = 100\] = 2\.5, not below 2\.$/);
  });

  it('shows as many digits as it takes to tell two values apart', () => {
    const below = expectation(of(risk), { kind: 'below', right: bound(0.0717513) });
    assert.match(judge(experiment({ expectations: [below] }), exact(0.07175129)).outcomes[0]!.detail, /= 0\.07175129, below 0\.0717513\.$/);
  });

  it('makes a comparison of fitted rates once, and names no length in it', () => {
    const slope = quantity('output_error', { form: 'fitted_rate' });
    const runs = [1, 2, 3].map(() => done({ 'fitted rate of output_error': single(-1) }));
    const spec = overLengths([10, 100, 1000], expectation(of(slope), { kind: 'below', right: bound(0) }));
    assert.equal(judge(spec, runs).outcomes[0]!.detail, 'fitted rate of output_error = -1, below 0.');
  });

  it('picks sweep values by value, infinity only by infinity', () => {
    const only = (length: number) => expectation(of(risk, [at('L', length)]), { kind: 'below', right: bound(2) });
    assert.equal(verdict(overLengths([10, 100, inf], only(10)), exact(1, 9, 9)), 'holds');
    assert.equal(verdict(overLengths([10, 100, inf], only(inf)), exact(9, 9, 1)), 'holds');
    assert.equal(verdict(overLengths([0.1 + 0.2], only(0.3)), exact(1)), 'holds');
  });

  it('takes over on its right side every sweep value that this side does not name', () => {
    const spec = experiment({
      sweeps: { L: [10, inf].map(numberValue), kind: ['softmax', 'linear'].map(wordValue) },
      expectations: [expectation(of(risk, [at('L', 10)]), { kind: 'above', right: of(risk, [at('L', inf)], 2) })],
    });
    // softmax 10, linear 10, softmax inf, linear inf
    assert.equal(verdict(spec, exact(3, 30, 1, 10)), 'holds');
    assert.equal(verdict(spec, exact(3, 19, 1, 10)), 'fails');
  });

  it('takes the last point of a trajectory, or the one it names', () => {
    const series = { against: 'time', value: [5, 3, 1], method: 'exact' } as const;
    const runs = [done({ output_error: series }, { time: [0, 1, 2] })];
    const with_ = (left: ReturnType<typeof of>) => experiment({ expectations: [expectation(left, { kind: 'below', right: bound(2) })] });
    assert.equal(verdict(with_(of(risk)), runs), 'holds');
    assert.equal(verdict(with_(of(risk, [atTime(1)])), runs), 'fails');
    assert.equal(verdict(with_(of(risk, [atTime(1.5)])), runs), 'undecided');
  });

  it('orders a sweep by its numbers, strictly, each of the others by itself', () => {
    const decreasing = expectation(of(risk), { kind: 'decreasing', axis: 'L' });
    assert.equal(verdict(overLengths([inf, 10, 100], decreasing), exact(0, 2, 1)), 'holds');
    assert.equal(verdict(overLengths([10, 100, inf], decreasing), exact(2, 2, 1)), 'fails');
    const increasing = expectation(of(risk), { kind: 'increasing', axis: 'L' });
    assert.equal(verdict(overLengths([10, 100, inf], increasing), exact(1, 2, 3)), 'holds');
    const spec = experiment({ sweeps: { L: [1, 2].map(numberValue), kind: ['a', 'b'].map(wordValue) }, expectations: [decreasing] });
    assert.equal(verdict(spec, exact(9, 3, 8, 2)), 'holds');
    assert.equal(verdict(spec, exact(9, 3, 8, 4)), 'fails');
  });

  it('follows a trajectory along time', () => {
    const spec = experiment({ expectations: [expectation(of(risk), { kind: 'decreasing', axis: 'time' })] });
    const along = (...value: number[]) => [
      done({ output_error: { against: 'time', value, method: 'exact' } }, { time: value.map((_, i) => i) }),
    ];
    assert.equal(verdict(spec, along(3, 2, 1)), 'holds');
    assert.equal(verdict(spec, along(3, 2, 2.5)), 'fails');
  });

  it('lets the confidence bands decide for sampled values', () => {
    const spec = experiment({ expectations: [expectation(of(risk), { kind: 'below', right: bound(2) })] });
    assert.equal(verdict(spec, [done({ output_error: sampled(1, 0.1) })]), 'holds');
    assert.equal(verdict(spec, [done({ output_error: sampled(1.9, 0.1) })]), 'undecided');
    assert.equal(verdict(spec, [done({ output_error: sampled(2.1, 0.1) })]), 'undecided');
    assert.equal(verdict(spec, [done({ output_error: sampled(3, 0.1) })]), 'fails');
  });

  it('takes the bands together: what one comparison decides, twenty of the kind do not', () => {
    const below = expectation(of(risk), { kind: 'below', right: bound(2) });
    // 2.4 standard errors: beyond 1.96, within the 3.02 of twenty simultaneous 95 % bands.
    const near = (i: number) => done({ output_error: sampled(1.76 + i * 1e-9, 0.1) });
    assert.equal(verdict(overLengths([1], below), [near(0)]), 'holds');
    const twenty = Array.from({ length: 20 }, (_, i) => i + 1);
    assert.equal(verdict(overLengths(twenty, below), twenty.map(near)), 'undecided');
    // One value that stands in twenty runs is one value.
    assert.equal(
      verdict(
        overLengths(twenty, below),
        twenty.map(() => near(0)),
      ),
      'holds',
    );
  });

  it('asks for more samples of the values that straddle, no others', () => {
    const below = expectation(of(risk), { kind: 'below', right: bound(2) });
    const { wanted } = judge(
      overLengths([1, 2, 3], below),
      [1, 1.99, 1.2].map((value) => done({ output_error: sampled(value, 0.1) })),
    );
    assert.deepEqual(wanted, [{ key: 'output_error', runs: [1] }]);
  });

  it('compares the mean of repeats by Student’s band', () => {
    const spec = experiment({ repeats: 3, expectations: [expectation(of(risk), { kind: 'below', right: bound(2) })] });
    // Mean 1, standard deviation 0.1: the half width is 4.303 · 0.1/√3 = 0.248.
    assert.equal(verdict(spec, exact(0.9, 1, 1.1)), 'holds');
    // Mean 1.8: 2.048 is beyond the bound.
    assert.equal(verdict(spec, exact(1.7, 1.8, 1.9)), 'undecided');
    assert.equal(verdict(spec, exact(1.65, 1.75, 1.85)), 'holds');
  });

  it('does not pretend to decide what the accuracy of the solution leaves open', () => {
    const spec = experiment({ expectations: [expectation(of(risk), { kind: 'below', right: bound(1) })] });
    assert.equal(verdict(spec, [done({ output_error: single(1 - 1e-9, { error: 1e-8 }) })]), 'undecided');
    assert.equal(verdict(spec, [done({ output_error: single(1 - 1e-7, { error: 1e-8 }) })]), 'holds');
  });

  it('is about finite lengths where it speaks of a rate', () => {
    const rate = quantity('output_error', { form: 'rate' });
    const spec = overLengths([10, 100, inf], expectation(of(rate), { kind: 'between', low: bound(-1.1), high: bound(-0.9) }));
    const runs = [-1, -1, Number.NaN].map((value) => done({ 'rate of output_error': single(value, { reason: 'There is none.' }) }));
    assert.equal(verdict(spec, runs), 'holds');
  });

  it('is about finite lengths where it speaks of a bound, which at infinity is no more than the error itself', () => {
    const certified = quantity('output_error', { facet: 'certified' });
    const spec = overLengths([10, inf], expectation(of(risk), { kind: 'below', right: of(certified) }));
    const runs = (bound: number) => [
      done({ output_error: single(1), 'output_error.certified': single(bound) }),
      done({ output_error: single(0), 'output_error.certified': single(0) }),
    ];
    assert.equal(verdict(spec, runs(2)), 'holds');
    assert.equal(verdict(spec, runs(0.5)), 'fails');
  });

  it('is undecided where a value is missing, and says why', () => {
    const below = expectation(of(risk), { kind: 'below', right: bound(2) });
    const failure = { code: 'diverged', message: 'It grew.', setting: null, line: 1 } as const;
    const runs: RunOutcome[] = [...exact(1), { status: 'failed', failure }];
    const judged = judge(overLengths([10, 100], below), runs).outcomes[0]!;
    assert.deepEqual([judged.verdict, judged.detail], ['undecided', 'output_error at [L = 100] has no value: the run failed: It grew.']);
    // One that fails already fails.
    assert.equal(verdict(overLengths([10, 100], below), [...exact(3), { status: 'failed', failure }]), 'fails');
  });
});
