/** What a panel is sent about a spec, from the solver itself. */
import { chartModels, hasParameters, parametersModel, type TableModel, tableModel } from '../../../src/chart/index.js';
import type { ParametersModel } from '../../../src/chart/parameters.js';
import type { ChartModel } from '../../../src/chart/types.js';
import { derive } from '../../../src/engine/derive.js';
import { judge } from '../../../src/engine/expectations.js';
import type { ExperimentResult, RunOutcome } from '../../../src/engine/results.js';
import { parseSpec } from '../../../src/language/index.js';
import type { PanelContent } from '../../../src/protocol/messages.js';
import type { Problem } from '../../../src/solver/problem.js';
import { solve } from '../../../src/solver/solve.js';
import { buildPlan, noFiles } from '../../../src/spec/index.js';

export type TestContent = PanelContent<ChartModel, TableModel, ParametersModel>;

export function solved(text: string): ExperimentResult[] {
  const { plan, diagnostics } = buildPlan(parseSpec(text), { file: 'test.attn', reader: noFiles });
  const wrong = diagnostics.find(({ severity }) => severity === 'error');
  if (wrong !== undefined) throw new Error(`${wrong.code} ${wrong.message}`);
  return plan.experiments.map((experiment) => {
    const done = experiment.runs.map(({ problem }): RunOutcome => {
      // Without files, the tokens of a problem are laws alone.
      const steps = solve(problem as unknown as Problem);
      for (let step = steps.next(); ; step = steps.next()) if (step.done) return { status: 'done', result: step.value, cached: false };
    });
    const runs = derive(experiment, done);
    return { experiment, runs, expectations: judge(experiment, runs).outcomes };
  });
}

export function contentOf(results: readonly ExperimentResult[], shown = 0, changes: Partial<TestContent> = {}): TestContent {
  const result = results[shown]!;
  const total = result.runs.length;
  return {
    identity: { resource: 'file:///test.attn', locked: false },
    file: 'test.attn',
    experiments: results.map(({ experiment }) => ({ title: experiment.title, line: experiment.range.line })),
    experiment: shown,
    charts: chartModels(result),
    previous: null,
    table: tableModel(result),
    parameters: parametersModel(result),
    hasParameters: hasParameters(result),
    hasPrevious: false,
    runs: { total, done: total, running: 0, failed: 0, cached: 0, fraction: 1, seconds: 1, steps: null, failures: [] },
    expectations: result.expectations.map(({ expectation, verdict, detail }) => ({
      text: expectation.text,
      verdict,
      detail,
      line: expectation.range.line,
    })),
    stale: null,
    held: null,
    cancelled: false,
    secondsLeft: null,
    sliders: [],
    locked: false,
    paused: false,
    replacing: false,
    ...changes,
  };
}
