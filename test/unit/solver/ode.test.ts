import assert from 'node:assert/strict';
import { integrate } from '../../../src/solver/ode.js';
import { SolverFailure } from '../../../src/solver/result.js';

describe('integrate', () => {
  it('follows an oscillator at steps and between them', () => {
    const times = Array.from({ length: 101 }, (_, i) => i / 5);
    const points = [
      ...integrate(
        {
          evaluate(y, out) {
            out[0] = y[1]!;
            out[1] = -y[0]!;
          },
        },
        Float64Array.of(1, 0),
        { times, tolerance: 1e-10 },
      ),
    ];
    assert.deepEqual(
      points.map((p) => p.time),
      times,
    );
    for (const { time, state } of points) assert.ok(Math.abs(state[0]! - Math.cos(time)) < 5e-9, `${time}: ${state[0]! - Math.cos(time)}`);
  });

  it('meets a coarser tolerance with fewer evaluations', () => {
    const evaluations = [1e-4, 1e-10].map((tolerance) => {
      let count = 0;
      const field = (y: Float64Array, out: Float64Array): void => {
        count++;
        out[0] = -y[0]! * Math.cos(y[0]!);
      };
      for (const { state } of integrate({ evaluate: field }, Float64Array.of(1), { times: [3], tolerance })) assert.ok(state[0]! > 0);
      return count;
    });
    assert.ok(evaluations[0]! < evaluations[1]!);
  });

  it('stops where nothing moves any more, and not at a saddle it is leaving', () => {
    let count = 0;
    const decay = (y: Float64Array, out: Float64Array): void => {
      count++;
      out[0] = 1 - y[0]!;
    };
    const [last] = [...integrate({ evaluate: decay }, Float64Array.of(0), { times: [1e6], tolerance: 1e-8 })];
    assert.ok(Math.abs(last!.state[0]! - 1) < 1e-9);
    assert.ok(count < 3000, `${count} evaluations`);
    const grow = (y: Float64Array, out: Float64Array): void => {
      out[0] = y[0]! * (1 - y[0]!);
    };
    const [top] = [...integrate({ evaluate: grow }, Float64Array.of(1e-12), { times: [60], tolerance: 1e-8 })];
    assert.ok(Math.abs(top!.state[0]! - 1 / (1 + (1e12 - 1) * Math.exp(-60))) < 1e-6);
  });

  it('says that a solution blows up, and where', () => {
    const square = (y: Float64Array, out: Float64Array): void => {
      out[0] = y[0]! * y[0]!;
    };
    assert.throws(
      () => [...integrate({ evaluate: square }, Float64Array.of(1), { times: [2], tolerance: 1e-8 })],
      (e) => e instanceof SolverFailure && e.code === 'diverged' && e.setting === 'train.time',
    );
    const bad = (_: Float64Array, out: Float64Array): void => {
      out[0] = Number.NaN;
    };
    assert.throws(() => [...integrate({ evaluate: bad }, Float64Array.of(1), { times: [2], tolerance: 1e-8 })], SolverFailure);
  });

  it('yields the start for time 0 and nothing for no times', () => {
    const still = (_: Float64Array, out: Float64Array): void => {
      out[0] = 0;
    };
    assert.deepEqual(
      [...integrate({ evaluate: still }, Float64Array.of(2), { times: [0, 5], tolerance: 1e-8 })].map((p) => p.state[0]),
      [2, 2],
    );
    assert.deepEqual([...integrate({ evaluate: still }, Float64Array.of(2), { times: [], tolerance: 1e-8 })], []);
  });
});
