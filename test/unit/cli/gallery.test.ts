import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartModels, toSvg } from '../../../src/chart/index.js';
import { derive } from '../../../src/engine/derive.js';
import { judge } from '../../../src/engine/expectations.js';
import { folderReader } from '../../../src/engine/node/reader.js';
import { readTokens } from '../../../src/engine/node/tokens.js';
import type { RunOutcome } from '../../../src/engine/results.js';
import { resolveTokens } from '../../../src/engine/worker-core.js';
import { parseSpec } from '../../../src/language/index.js';
import type { Problem } from '../../../src/solver/problem.js';
import { solve } from '../../../src/solver/solve.js';
import type { Experiment, FileReference, Plan } from '../../../src/spec/experiment.js';
import { buildPlan } from '../../../src/spec/index.js';

const folder = 'examples';
const specs = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.attn'))
  .sort();
const statements = specs.filter((name) => name.startsWith('statements/'));

function planOf(name: string): Plan {
  const path = join(folder, name);
  const parsed = parseSpec(readFileSync(path, 'utf8'));
  const { plan, diagnostics } = buildPlan(parsed, { file: path, reader: folderReader(join(path, '..'), folder) });
  assert.deepEqual(
    diagnostics.map(({ code, message }) => `${code} ${message}`),
    [],
  );
  return plan;
}

/** The same run with fewer samples and steps. */
function reduced(problem: Problem<FileReference>): Problem<FileReference> {
  const { train, concentrate, solver } = problem;
  const fewer = { ...solver, samples: Math.min(solver.samples ?? 64, 64) };
  const shorter =
    train === null
      ? null
      : train.kind === 'gradient_flow'
        ? { ...train, time: Math.min(train.time, 2), points: 3, extraTimes: [] }
        : { ...train, steps: Math.min(train.steps, 4), record: 2, extraSteps: [] };
  return { ...problem, solver: fewer, train: shorter, concentrate: concentrate === null ? null : { ...concentrate, samples: 64 } };
}

async function outcomeOf(problem: Problem<FileReference>): Promise<RunOutcome> {
  const steps = solve(await resolveTokens(problem, readTokens));
  for (;;) {
    const step = steps.next();
    if (step.done) return { status: 'done', result: step.value, cached: false };
  }
}

/** All runs, or about `most` of them spread evenly: the others wait. */
async function outcomesOf(
  experiment: Experiment,
  change: (problem: Problem<FileReference>) => Problem<FileReference>,
  most = Number.POSITIVE_INFINITY,
): Promise<RunOutcome[]> {
  const every = Math.max(1, Math.round(experiment.runs.length / most));
  const outcomes: RunOutcome[] = [];
  for (const [i, { problem }] of experiment.runs.entries()) {
    outcomes.push(i % every === 0 ? await outcomeOf(change(problem)) : { status: 'waiting' });
  }
  return derive(experiment, outcomes);
}

describe('the examples', function () {
  this.timeout(300_000);

  it('are the gallery and the statements', () => {
    assert.ok(specs.length - statements.length >= 10);
    assert.deepEqual(
      statements.map((name) => name.slice('statements/'.length, -'.attn'.length)),
      ['lemma-2-1', 'proposition-3-1', 'proposition-3-4', 'theorem-4-3', 'theorem-5-1'],
    );
    const index = readFileSync(join(folder, 'README.md'), 'utf8');
    for (const name of specs) assert.ok(index.includes(`(${name})`), `${name} is not in examples/README.md`);
  });

  for (const name of specs) {
    it(`${name} says what to see, and is solved at reduced size`, async () => {
      assert.match(readFileSync(join(folder, name), 'utf8'), /^\/\/ .{40,}\n/);
      for (const experiment of planOf(name).experiments) {
        const runs = await outcomesOf(experiment, reduced, 12);
        const charts = chartModels({ experiment, runs, expectations: [] });
        assert.ok(charts.length > 0 || experiment.plots.length === 0);
        for (const chart of charts) {
          assert.ok(
            chart.panels.some((panel) => panel.series.length > 0),
            `${experiment.title}: nothing is drawn in ${chart.id}`,
          );
          assert.match(toSvg(chart), /^<svg/);
        }
      }
    });
  }

  for (const name of statements) {
    it(`${name} holds`, async () => {
      for (const experiment of planOf(name).experiments) {
        const { outcomes } = judge(experiment, await outcomesOf(experiment, (problem) => problem));
        assert.ok(outcomes.length > 0);
        outcomes.forEach((outcome, i) => {
          assert.equal(outcome.verdict, 'holds', `${experiment.expectations[i]!.text}: ${JSON.stringify(outcome)}`);
        });
      }
    });
  }
});
