/** Plots that a spec asks for, and sensible ones where it asks for none. */
import * as l10n from '@vscode/l10n';
import type { AstNode } from 'langium';
import type { Plot as PlotNode } from '../language/generated/ast.js';
import type { QuantityName } from '../solver/problem.js';
import { codes } from './codes.js';
import { type Plot, type QuantityRef, quantityKey } from './experiment.js';
import { Damaged, Mistake, oneOf } from './mistake.js';
import { errorNames, formOf, isTrajectory, quantityRef } from './quantities.js';
import { isDiscrete, type Study, sweepNamed } from './study.js';
import type { SweepValues } from './sweeps.js';

export function readPlot(study: Study, node: PlotNode): Plot {
  const quantities = node.quantities.map((quantity) => quantityRef(study, formOf(quantity), quantity));
  if (quantities.length === 0 || node.axis === undefined) {
    throw new Damaged();
  }
  if (node.axis === 'time' || node.axis === 'step') {
    checkAxis(study, node.axis, node);
    const flat = node.quantities.find((_, i) => !isTrajectory(quantities[i]!));
    if (flat !== undefined) {
      throw new Mistake(
        codes.axis,
        flat,
        l10n.t('`{0}` has one value for a run and cannot be drawn against {1}.', flat.$cstNode?.text ?? flat.name, node.axis),
      );
    }
  } else {
    sweepNamed(study, node.axis, node);
  }
  for (const name of node.by) {
    if (name === node.axis) {
      throw new Mistake(
        codes.axis,
        node,
        l10n.t('`{0}` is the axis of this plot and cannot also tell its lines apart; leave `by {1}` out.', name, name),
      );
    }
    sweepNamed(study, name, node);
  }
  const logX = node.logAxes.includes('x');
  const logY = node.logAxes.includes('y');
  const other = node.logAxes.find((axis) => axis !== 'x' && axis !== 'y');
  if (other !== undefined) {
    throw new Mistake(codes.axis, node, l10n.t('The axes of a plot are `x` and `y`: write `log x` or `log y`, not `log {0}`.', other));
  }
  if (logX && node.axis !== 'time' && node.axis !== 'step') {
    const sweep = sweepNamed(study, node.axis, node);
    if (sweep.values.some((value) => value.kind !== 'number')) {
      throw new Mistake(
        codes.axis,
        node,
        l10n.t('`log x` needs numbers, and `{0}` takes {1}.', node.axis, oneOf(sweep.values.slice(0, 3).map((value) => value.text))),
      );
    }
  }
  return { quantities, against: node.axis, by: [...new Set(node.by)], logX, logY, written: true, range: study.rangeOf(node) };
}

/** Throws unless the experiment has the axis. */
export function checkAxis(study: Study, axis: 'time' | 'step', node: AstNode): void {
  const train = study.blocks.get('train');
  if (train === undefined) {
    if (study.scope.file.damage.length > 0) {
      throw new Damaged();
    }
    throw new Mistake(codes.axis, node, l10n.t('There is no axis `{0}` without a `train` block.', axis));
  }
  if (axis === 'step' && !isDiscrete(study)) {
    if (train.variant !== 'gradient_flow') {
      throw new Damaged();
    }
    throw new Mistake(codes.axis, node, l10n.t('A gradient flow has no steps; use `time` in place of `step`.'));
  }
}

/** Quantities that are signed, or that are compared with fixed values. */
const linearScale: readonly QuantityName[] = ['balance', 'alignment', 'condensation'];

/** Charts that a reader would expect: trajectories by length, and errors against length. */
export function defaultPlots(study: Study, measures: readonly QuantityRef[], lengthSweep: string | null): Plot[] {
  const numeric = (sweep: SweepValues): boolean => sweep.values.length > 1 && sweep.values.every((value) => value.kind === 'number');
  const names = study.sweeps.filter((sweep) => sweep.values.length > 1).map((sweep) => sweep.name);
  const ordered = [...names].sort((a, b) => Number(b === lengthSweep) - Number(a === lengthSweep));
  const plots: Plot[] = [];
  const add = (quantities: readonly QuantityRef[], against: string, by: readonly string[], logX: boolean, logY: boolean): void => {
    plots.push({ quantities, against, by: by.slice(0, 2), logX, logY, written: false, range: null });
  };
  if (study.blocks.has('train')) {
    const axis = isDiscrete(study) ? 'step' : 'time';
    for (const quantity of measures.filter((measure) => isTrajectory(measure) && measure.facet === null && measure.form === 'value')) {
      add([quantity], axis, ordered, false, !linearScale.includes(quantity.name));
    }
    return plots;
  }
  const against = study.sweeps.find((sweep) => sweep.name === lengthSweep && sweep.values.length > 1) ?? study.sweeps.find(numeric);
  if (against === undefined) {
    return plots;
  }
  const seen = new Set<string>();
  for (const quantity of measures) {
    if (seen.has(quantityKey(quantity)) || quantity.form === 'fitted_rate' || quantity.form === 'trust_length') {
      continue;
    }
    seen.add(quantityKey(quantity));
    const positive = against.values.every((value) => value.kind === 'number' && value.value > 0);
    const logarithmic = errorNames.includes(quantity.name) && quantity.form === 'value';
    add(
      [quantity],
      against.name,
      ordered.filter((name) => name !== against.name),
      positive && (against.name === lengthSweep || logarithmic),
      logarithmic,
    );
  }
  return plots;
}
