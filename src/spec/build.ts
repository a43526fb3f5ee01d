/** One experiment: its sweeps multiplied out, its statements read, every run lowered. */
import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import type { Diagnostic } from '../language/diagnostic.js';
import type { Block, Experiment as ExperimentNode, Expression, Let, Member } from '../language/generated/ast.js';
import type { Facet, Problem, QuantityName } from '../solver/problem.js';
import { BlockReader, checkNumber } from './blocks.js';
import { codes } from './codes.js';
import { type Environment, ExperimentScope, environment, type FileContext, isDamaged } from './environment.js';
import { evaluate, evaluateLet } from './evaluate.js';
import { type PendingExpectation, readExpectation } from './expectations.js';
import {
  type Experiment,
  type Plot,
  type QuantityRef,
  quantityKey,
  type RunSpec,
  type SourceRange,
  type Sweep,
  type SweepValue,
} from './experiment.js';
import type { FileStore } from './files/reader.js';
import { experimentHash, runHash } from './hash.js';
import { durationText, mostRuns, mostSecondsPerExperiment } from './limits.js';
import { lowerRun } from './lower.js';
import type { MatrixStore } from './matrices.js';
import { Damaged, extent, Mistake, Report } from './mistake.js';
import { readOverlay } from './overlays.js';
import { defaultPlots, readPlot } from './plots.js';
import { checkPoints } from './points.js';
import { errorNames, formOf, quantityRef } from './quantities.js';
import { type BlockReaders, errorName, errorOf } from './settings.js';
import { constantsOf, type Study } from './study.js';
import { forEachCombination, type SweepValues, sweepValue, sweepValues } from './sweeps.js';
import { numberText, type Value } from './values.js';
import type { Wanted } from './wanted.js';

export interface BuildContext {
  readonly file: FileContext;
  readonly files: FileStore;
  readonly matrices: MatrixStore;
  readonly rangeOf: (node: AstNode) => SourceRange;
}

/** Runs with a mistake after which the rest is not looked at. */
const mostFailingRuns = 100;

export function buildExperiment(
  node: ExperimentNode,
  context: BuildContext,
): { experiment: Experiment | null; diagnostics: readonly Diagnostic[] } {
  const report = new Report();
  const { start, end } = extent(node);
  const within = context.file.damage.filter((d) => d.start < end && d.end > start);
  if (node.$cstNode === undefined || context.file.broken(node)) {
    return { experiment: null, diagnostics: [] };
  }
  const experiment = new Builder(node, context, report).build();
  if (experiment === null && report.diagnostics.length === 0 && context.file.damage.length === 0) {
    report.add(new Mistake(codes.unsupported, node, l10n.t('This experiment has no meaning, and no rule says why.')));
  }
  return { experiment: report.failed || within.length > 0 ? null : experiment, diagnostics: report.diagnostics };
}

/** Evaluates the lets that no sweep touches, so that a mistake is found in one that nothing uses. */
export function checkLets(lets: Iterable<Let>, env: Environment, report: Report): void {
  for (const definition of lets) {
    if (definition.value !== undefined && env.scope.sweepsBehind(definition.value).size === 0) {
      report.attempt(() => evaluateLet(definition, definition, env));
    }
  }
}

class Builder {
  private readonly study: Study;
  private readonly scope: ExperimentScope;
  private readonly fixed = new Map<Let, Value>();

  constructor(
    private readonly node: ExperimentNode,
    private readonly context: BuildContext,
    private readonly report: Report,
  ) {
    this.scope = new ExperimentScope(context.file, node);
    const blocks = new Map<string, Block>();
    for (const member of node.members) {
      if (member.$type === 'Block' && !blocks.has(member.kind)) {
        blocks.set(member.kind, member);
      }
    }
    const sweeps = [...this.scope.sweeps.values()].flatMap((sweep): SweepValues[] => {
      const values = report.attempt(() => sweepValues(sweep, this.scope, this.fixed));
      if (values === undefined) {
        this.scope.damagedSweeps.add(sweep.name);
        return [];
      }
      return [values];
    });
    this.study = { node, scope: this.scope, sweeps, blocks, fixed: this.fixed, report, files: context.files, rangeOf: context.rangeOf };
  }

  build(): Experiment | null {
    const { study, report } = this;
    checkLets(this.scope.lets.values(), constantsOf(study), report);
    const repeats = this.repeats();
    const runCount = study.sweeps.reduce((product, sweep) => product * sweep.values.length, repeats ?? 1);
    if (runCount > mostRuns) {
      report.add(
        new Mistake(
          codes.runs,
          this.runsPlace(),
          l10n.t('This experiment has {0} runs; at most {1} are possible.', numberText(runCount), mostRuns),
        ),
      );
      return null;
    }
    const asked = this.statements('Measure', (member) =>
      member.quantities.map((quantity) => quantityRef(study, formOf(quantity), quantity)),
    ).flat();
    const plots = this.statements('Plot', (member) => readPlot(study, member));
    const overlays = this.statements('Overlay', (member) => readOverlay(study, member));
    const pending = this.statements('Expect', (member) => readExpectation(study, member));
    const wanted = this.wanted(asked, plots, pending);
    if (study.sweeps.length < this.scope.sweeps.size || repeats === undefined) {
      // Runs would be incomplete; the settings that no sweep touches are still checked once.
      this.lower(wanted, 1, true);
      return null;
    }
    const { runs, environments } = this.lower(wanted, repeats, false);
    if (report.failed) {
      return null;
    }
    this.checkTotal(runs);
    checkPoints(pending, runs, this.report);
    const lengthSweep = this.lengthSweep(runs);
    this.checkLengthForms(lengthSweep);
    const expectations = pending.flatMap((one) => report.attempt(() => one.finish(environments)) ?? []);
    if (report.failed) {
      return null;
    }
    const measures = this.measures(asked, runs);
    const sweeps = study.sweeps.map(
      (sweep): Sweep => ({
        name: sweep.name,
        values: sweep.values.map(sweepValue),
        range: study.rangeOf(sweep.node),
        isLength: sweep.name === lengthSweep,
      }),
    );
    const content = {
      sweeps: sweeps.map((sweep) => [sweep.name, sweep.values.map((value) => value.text).join('|')].join('=')),
      repeats,
      measures: measures.map(quantityKey),
      expectations: expectations.map((expectation) => expectation.text),
    };
    return {
      title: this.node.title,
      range: study.rangeOf(this.node),
      hash: experimentHash(
        runs.map((run) => run.hash),
        content,
      ),
      sweeps,
      repeats,
      runs,
      measures,
      plots: plots.length > 0 ? plots : defaultPlots(study, measures, lengthSweep),
      overlays,
      expectations,
      settings: this.settingRanges(),
    };
  }

  private statements<T extends Member['$type'], R>(type: T, read: (member: Extract<Member, { $type: T }>) => R): R[] {
    return this.node.members.flatMap((member): R[] => {
      if (member.$type !== type) {
        return [];
      }
      const result = this.report.attempt(() => {
        if (isDamaged(this.context.file, member)) {
          throw new Damaged();
        }
        return read(member as Extract<Member, { $type: T }>);
      });
      return result === undefined ? [] : [result];
    });
  }

  private repeats(): number | undefined {
    const [count, ...more] = this.statements('Repeat', (member) => {
      for (const sweep of this.scope.sweepsBehind(member.count)) {
        throw new Mistake(
          codes.type,
          member.count,
          l10n.t('`repeat` must be the same for all runs, and this depends on the sweep `{0}`.', sweep),
        );
      }
      return checkNumber(evaluate(member.count, constantsOf(this.study)), member.count, '`repeat`', { integer: true, min: 1 });
    });
    const written = this.node.members.some((member) => member.$type === 'Repeat');
    return more.length > 0 || (written && count === undefined) ? undefined : (count ?? 1);
  }

  /** The sweep with the most values, to blame for too many runs. */
  private runsPlace(): AstNode {
    const longest = [...this.study.sweeps].sort((a, b) => b.values.length - a.values.length)[0];
    const repeat = this.node.members.find((member) => member.$type === 'Repeat');
    return longest === undefined || (repeat !== undefined && longest.values.length === 1) ? (repeat ?? this.node) : longest.node;
  }

  private wanted(asked: readonly QuantityRef[], plots: readonly Plot[], pending: readonly PendingExpectation[]): Wanted {
    const refs = [
      ...asked,
      ...plots.flatMap((plot) => plot.quantities),
      ...pending.flatMap((one) => one.quantities.map((operand) => operand.quantity)),
    ];
    const facets = new Set<Facet>();
    const trust = new Map<string, NonNullable<Problem['trust']>[number]>();
    for (const ref of refs) {
      if (ref.facet !== null) {
        facets.add(ref.facet);
      }
      if (ref.form === 'rate') {
        facets.add('rate');
      } else if (ref.form === 'trust_length') {
        facets.add('certified');
        const of = errorOf(ref.name);
        if (of !== null && ref.threshold !== null) {
          trust.set(quantityKey(ref), { of, threshold: ref.threshold });
        }
      }
    }
    const points = (axis: 'time' | 'step'): number[] =>
      [...new Set(pending.flatMap((one) => one.points.filter((point) => point.axis === axis).map((point) => point.value)))].sort(
        (a, b) => a - b,
      );
    return {
      quantities: new Set(refs.map((ref) => ref.name)),
      facets,
      trust: [...trust.keys()].sort().map((key) => trust.get(key)!),
      hasMeasure: this.node.members.some((member) => member.$type === 'Measure'),
      times: points('time'),
      steps: points('step'),
    };
  }

  private lower(wanted: Wanted, repeats: number, once: boolean): { runs: RunSpec[]; environments: Environment[] } {
    const runs: RunSpec[] = [];
    const environments: Environment[] = [];
    let failing = 0;
    const stores = { matrices: this.context.matrices, files: this.context.files };
    forEachCombination(this.study.sweeps, (values) => {
      const env = environment(this.scope, values, this.fixed);
      const detail = (expression: Expression): string => this.detail(expression, values);
      const blocks: BlockReaders = Object.fromEntries(
        [...this.study.blocks].map(([kind, block]) => [kind, new BlockReader(block, env, this.report, detail)]),
      );
      if ((blocks.task === undefined) === (blocks.tokens === undefined)) {
        this.report.failed = true;
        return false;
      }
      const at: Record<string, SweepValue> = Object.fromEntries([...values].map(([name, value]) => [name, sweepValue(value)]));
      for (let repeat = 0; repeat < repeats; repeat++) {
        const lowered = lowerRun(blocks, wanted, stores, this.report, repeat);
        if (lowered === null) {
          failing++;
          break;
        }
        environments.push(env);
        runs.push({ at, repeat, hash: runHash(lowered.problem), problem: lowered.problem, cost: lowered.cost });
      }
      return !once && failing < mostFailingRuns;
    });
    return { runs, environments };
  }

  /** Which sweep values made a setting wrong: `where L = 10`. */
  private detail(expression: Expression, values: ReadonlyMap<string, Value>): string {
    const behind = [...this.scope.sweepsBehind(expression)].filter((name) => values.has(name));
    // A number is in the message itself.
    const isPlain = expression.$type === 'NameExpression' && values.get(expression.name)?.kind === 'number';
    return behind.length === 0 || isPlain
      ? ''
      : l10n.t('where {0}', behind.map((name) => `${name} = ${values.get(name)!.text}`).join(', '));
  }

  private checkTotal(runs: readonly RunSpec[]): void {
    const seconds = runs.reduce((sum, run) => sum + run.cost.seconds, 0);
    if (seconds > mostSecondsPerExperiment) {
      const message = l10n.t(
        'The {0} runs would take about {1} of one core; at most {2} are possible.',
        runs.length,
        durationText(seconds),
        durationText(mostSecondsPerExperiment),
      );
      this.report.add(new Mistake(codes.seconds, this.runsPlace(), message));
    }
  }

  /** The sweep whose values are the prompt lengths. */
  private lengthSweep(runs: readonly RunSpec[]): string | null {
    const setting = this.study.blocks.get('prompt')?.settings.find((candidate) => candidate.name === 'length');
    const behind = setting === undefined ? new Set<string>() : this.scope.sweepsBehind(setting.value);
    for (const name of behind) {
      if (runs.every((run) => run.at[name]!.value === run.problem.length)) {
        return name;
      }
    }
    return null;
  }

  /** Fits over the length need lengths to fit over. */
  private checkLengthForms(lengthSweep: string | null): void {
    if (!this.study.blocks.has('prompt') && this.context.file.damage.length > 0) {
      return;
    }
    const sweep = this.study.sweeps.find((candidate) => candidate.name === lengthSweep);
    const finite = sweep?.values.filter((value) => value.kind === 'number' && Number.isFinite(value.value)).length ?? 0;
    if (finite >= 2) {
      return;
    }
    // An error's local rate and its trust length are found at one length too.
    const check = (form: QuantityRef['form'], name: string, place: AstNode): void => {
      const isError = errorNames.some((error) => error === name);
      if (form === 'fitted_rate' || (form === 'rate' && !isError)) {
        const what = form === 'fitted_rate' ? 'fitted rate' : 'rate';
        this.report.add(
          new Mistake(
            codes.measure,
            place,
            l10n.t('`{0} of {1}` needs a sweep of the prompt length over at least two finite values.', what, name),
          ),
        );
      }
    };
    for (const member of this.node.members) {
      if (member.$type === 'Measure' || member.$type === 'Plot') {
        for (const quantity of member.quantities) {
          check(formOf(quantity).form, quantity.name, quantity);
        }
      } else if (member.$type === 'Expect' && member.left.value.$type === 'RateExpression') {
        check(member.left.value.fitted ? 'fitted_rate' : 'rate', member.left.value.name, member.left);
      }
    }
  }

  /** As asked, or the risk and the errors of `of`. */
  private measures(asked: readonly QuantityRef[], runs: readonly RunSpec[]): QuantityRef[] {
    const distinct = new Map(asked.map((ref) => [quantityKey(ref), ref]));
    if (asked.length === 0) {
      const names: QuantityName[] = this.study.blocks.has('train') ? ['risk'] : [];
      names.push(...(runs[0]?.problem.concentrate?.of ?? []).map((error) => errorName[error]));
      for (const name of names) {
        distinct.set(name, { name, facet: null, form: 'value', threshold: null });
      }
    }
    return [...distinct.values()];
  }

  private settingRanges(): Record<string, SourceRange> {
    const ranges: Record<string, SourceRange> = {};
    for (const [kind, block] of this.study.blocks) {
      ranges[kind] = this.study.rangeOf(block);
      for (const setting of block.settings) {
        ranges[`${kind}.${setting.name}`] = this.study.rangeOf(setting);
      }
    }
    return ranges;
  }
}
