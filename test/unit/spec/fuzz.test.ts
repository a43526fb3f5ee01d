import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { files, spec } from '../../support/spec/random-spec.js';
import { planOf } from './support.js';

const runs = Number(process.env.FUZZ_RUNS ?? 1000);
const seed = 20261122;

/** Every spec either has an error or runs, with finite costs and numbers where numbers must be. */
function check(text: string): number {
  const { plan, diagnostics } = planOf(text, { files });
  const errors = diagnostics.filter((d) => d.severity === 'error');
  assert.ok(plan.experiments.length > 0 || errors.length > 0 || !text.includes('experiment'), text);
  for (const d of diagnostics) {
    assert.ok(0 <= d.start && d.start <= d.end && d.end <= text.length, `${d.message}\n${text}`);
    assert.ok(!d.message.includes('no rule says why'), text);
  }
  for (const experiment of plan.experiments) {
    const product = experiment.sweeps.reduce((n, sweep) => n * sweep.values.length, experiment.repeats);
    assert.equal(experiment.runs.length, product);
    for (const run of experiment.runs) {
      assert.ok(Number.isFinite(run.cost.seconds) && run.cost.seconds > 0 && run.cost.bytes < 2e9);
      assert.ok(
        !/null|NaN/.test(
          JSON.stringify([run.at, run.problem.setting], (_, x: unknown) => (x === Number.POSITIVE_INFINITY ? 'inf' : x))
            .replace('"value":null', '')
            .replace(/"(tokens|value)":null/g, ''),
        ),
      );
    }
  }
  return plan.experiments.length;
}

describe('fuzzing the meaning', () => {
  it(`a spec that checks lowers without exception (${runs} specs)`, function () {
    this.timeout(0);
    let lowered = 0;
    fc.assert(
      fc.property(spec, (text) => {
        lowered += check(text);
      }),
      { numRuns: runs, seed },
    );
    assert.ok(lowered > runs / 100, `${lowered} of ${runs} specs had no mistake`);
  });

  it('survives examples with words replaced', function () {
    this.timeout(0);
    const texts = ['icl-gradient-flow', 'concentration', 'paper-grid', 'rademacher-limit'].map((name) =>
      readFileSync(`examples/${name}.attn`, 'utf8'),
    );
    const words = texts.flatMap((text) => text.match(/[\p{L}_]\w*|[\d.]+|"[^"]*"|[^\s\w]/gu) ?? []);
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(), fc.constantFrom(...words), (text, position, word) => {
        const spots = [...text.matchAll(/[\p{L}_]\w*|[\d.]+|"[^"]*"|[^\s\w]/gu)];
        const spot = spots[position % spots.length]!;
        check(text.slice(0, spot.index) + word + text.slice(spot.index + spot[0].length));
      }),
      { numRuns: runs / 4, seed },
    );
  });
});
