/** How far an experiment is, as those who show it want to know. */
import {
  type ChartModel,
  chartModels,
  hasParameters,
  type ParametersModel,
  parametersModel,
  roundedModel,
  type TableModel,
  tableModel,
} from '../../chart/index.js';
import { findingsOf } from '../../engine/findings.js';
import type { ExperimentResult } from '../../engine/results.js';
import type { Held } from '../../engine/session.js';
import type { ExpectationNote, RunsState } from '../../protocol/messages.js';
import type { Snapshot, Watched } from '../../protocol/solver.js';
import { resultNotes, runName } from './notes.js';
import { tell } from './tell.js';

/** A snapshot with its models. */
export type Models = Snapshot<ChartModel, TableModel, ParametersModel>;

const mostFailures = 20;

export interface SnapshotOptions {
  readonly watched: Watched | null;
  readonly held: Held;
  readonly budget: number | null;
  readonly settled: boolean;
  /** Of a draft, which is looked at for a moment: its curves have as many digits as a screen shows. */
  readonly isDraft?: boolean;
}

export function snapshotOf(result: ExperimentResult, { watched, held, budget, settled, isDraft = false }: SnapshotOptions): Models {
  const { experiment } = result;
  return {
    title: experiment.title,
    hash: experiment.hash,
    charts: watched?.charts ? chartsOf(result, isDraft) : null,
    table: watched?.table ? tableModel(result) : null,
    parameters: watched?.parameters ? parametersModel(result) : null,
    hasParameters: hasParameters(result),
    runs: runsState(result, settled),
    expectations: expectationNotes(result),
    held: held.runs.length === 0 ? null : { runs: held.runs.length, seconds: held.seconds, budget: budget ?? Number.POSITIVE_INFINITY },
    notes: resultNotes(result),
    findings: findingsOf(result, tell).map(({ code, message, setting }) => ({ code, message, block: setting.split('.')[0] ?? null })),
    settled,
  };
}

function chartsOf(result: ExperimentResult, isDraft: boolean): ChartModel[] {
  const models = chartModels(result).map(withRemarksTold);
  return isDraft ? models.map(roundedModel) : models;
}

/** Remarks stand beside a figure, not in it. */
function withRemarksTold(model: ChartModel): ChartModel {
  return model.remarks.length === 0 ? model : { ...model, remarks: model.remarks.map(tell) };
}

/** A run that was under way when everything was cancelled waits again. */
export function runsState({ experiment, runs }: ExperimentResult, settled: boolean): RunsState {
  let done = 0;
  let running = 0;
  let failed = 0;
  let cached = 0;
  let fraction = 0;
  let total = 0;
  let steps = 0;
  let stepsDone = 0;
  let stepping = false;
  const failures: RunsState['failures'][number][] = [];
  runs.forEach((run, i) => {
    const seconds = Math.max(experiment.runs[i]!.cost.seconds, 1e-6);
    total += seconds;
    const ofRun = stepsOf(experiment.runs[i]!.problem);
    steps += ofRun;
    switch (run.status) {
      case 'done':
        done++;
        stepsDone += ofRun;
        fraction += seconds;
        if (run.cached) cached++;
        break;
      case 'running':
        if (settled) break;
        running++;
        fraction += seconds * run.fraction;
        stepsDone += run.step ?? Math.round(run.fraction * ofRun);
        stepping ||= run.step !== undefined;
        break;
      case 'failed':
        failed++;
        stepsDone += ofRun;
        fraction += seconds;
        if (failures.length < mostFailures)
          failures.push({ name: runName(experiment, i), message: tell(run.failure.message), line: run.failure.line });
        break;
      case 'waiting':
        break;
    }
  });
  return {
    total: runs.length,
    done,
    running,
    failed,
    cached,
    fraction: total === 0 ? 1 : Math.min(1, fraction / total),
    seconds: total,
    steps: stepping ? { done: Math.min(stepsDone, steps), total: steps } : null,
    failures,
  };
}

function stepsOf({ train }: ExperimentResult['experiment']['runs'][number]['problem']): number {
  return train !== null && 'steps' in train ? train.steps : 0;
}

/** Verdicts are there when the runs are; until then each expectation is pending. */
function expectationNotes({ experiment, expectations }: ExperimentResult): ExpectationNote[] {
  if (expectations.length === 0) {
    return experiment.expectations.map(({ text, range }) => ({ text, verdict: 'pending', detail: '', line: range.line }));
  }
  return expectations.map(({ expectation, verdict, detail }) => ({
    text: expectation.text,
    verdict,
    detail,
    line: expectation.range.line,
  }));
}
