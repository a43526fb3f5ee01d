import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Problem } from '../../../src/solver/problem.js';
import { type RunResult, SolverFailure } from '../../../src/solver/result.js';
import { solve } from '../../../src/solver/solve.js';
import type { RunSpec } from '../../../src/spec/experiment.js';
import { files, spec } from '../../support/spec/random-spec.js';
import { planOf } from '../spec/support.js';

const runs = Number(process.env.FUZZ_RUNS ?? 1000);
const seed = Number(process.env.FUZZ_SEED ?? 20261122);
/** Longer runs are left to the tests of each optimiser; here breadth counts. */
const mostSeconds = 0.5;
const mostEvents = 40;

/** Solves as far as the limits go; null when a run was left early. Anything thrown but a SolverFailure is a crash. */
function outcome(problem: Problem): RunResult | SolverFailure | null {
  const steps = solve(problem);
  try {
    for (let events = 0; events < mostEvents; events++) {
      const step = steps.next();
      if (step.done) return step.value;
    }
    steps.return(undefined as never);
    return null;
  } catch (error) {
    if (error instanceof SolverFailure) return error;
    throw error;
  }
}

function isSound(result: RunResult): void {
  for (const [key, series] of Object.entries(result.quantities)) {
    const axis = series.against === null ? null : result.axes[series.against];
    assert.equal(series.value.length, axis === null ? 1 : axis!.length, key);
    if (series.value.some(Number.isNaN))
      assert.ok(series.reason !== undefined && series.reason.length > 10, `${key}: NaN without a reason`);
    for (const bound of [series.lower, series.upper]) assert.ok(bound === undefined || bound.length === series.value.length, key);
  }
}

const usesFiles = ({ problem }: RunSpec): boolean => JSON.stringify(problem).includes('"digest"');

describe('fuzzing the solver', () => {
  it(`no spec that checks crashes it (${runs} specs)`, function () {
    this.timeout(0);
    let solved = 0;
    fc.assert(
      fc.property(spec, fc.nat(), (text, pick) => {
        const few = text.replace('sweep L', 'solver { samples = 64 }\nsweep L');
        for (const experiment of planOf(few, { files }).plan.experiments) {
          const run = experiment.runs[pick % experiment.runs.length];
          if (run === undefined || run.cost.seconds > mostSeconds || usesFiles(run)) continue;
          const found = outcome(run.problem as Problem<never>);
          if (found !== null && !(found instanceof SolverFailure)) isSound(found);
          solved++;
        }
      }),
      { numRuns: runs, seed },
    );
    assert.ok(solved > runs / 20, `${solved} of ${runs} specs had a run to solve`);
  });
});
