/** Gradients of a risk by differences. */
import assert from 'node:assert/strict';
import type { PopulationRisk } from '../../../src/solver/population.js';
import { slope } from './training-problem.js';

type Parameters = { readonly U: Float64Array; readonly v: Float64Array };

/** The gradient is that of differences of the value beside it, to `tolerance` · (1 + its size); `isFixed` names entries that must be 0 instead. */
export function assertSlopes(
  risk: PopulationRisk,
  m: Parameters,
  tolerance: number,
  isFixed: (name: 'U' | 'v', i: number) => boolean = () => false,
): void {
  const empty = (): Parameters => ({ U: new Float64Array(m.U.length), v: new Float64Array(m.v.length) });
  const g = empty();
  const scratch = empty();
  const value = risk.gradient(m, g.U, g.v);
  assert.ok(Math.abs(value - risk.risk(m).value) <= 1e-12 * value);
  for (const name of ['U', 'v'] as const) {
    const x = m[name];
    for (let i = 0; i < x.length; i++) {
      if (isFixed(name, i)) {
        assert.equal(g[name][i], 0);
        continue;
      }
      const at = x[i]!;
      const expected = slope((t) => {
        x[i] = at + t;
        const result = risk.gradient(m, scratch.U, scratch.v);
        x[i] = at;
        return result;
      });
      assert.ok(
        Math.abs(g[name][i]! - expected) <= tolerance * (1 + Math.abs(expected)),
        `${name}[${i}]: ${g[name][i]} against ${expected}`,
      );
    }
  }
}
