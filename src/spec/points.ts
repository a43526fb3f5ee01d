/** Points of a training that expectations name. */
import * as l10n from '@vscode/l10n';
import { codes } from './codes.js';
import type { PendingExpectation } from './expectations.js';
import type { RunSpec } from './experiment.js';
import { Mistake, type Report } from './mistake.js';
import { numberText } from './values.js';

/** Points of trajectories that expectations name must lie within every run that they pick. */
export function checkPoints(pending: readonly PendingExpectation[], runs: readonly RunSpec[], report: Report): void {
  for (const { points } of pending) {
    for (const point of points) {
      for (const run of runs) {
        const train = run.problem.train;
        const picked = point.at.every((entry) => entry.kind === 'axis' || run.at[entry.name]?.text === entry.value.text);
        if (train === null || !picked) {
          continue;
        }
        const end = train.kind === 'gradient_flow' ? train.time : point.axis === 'step' ? train.steps : train.steps * train.rate;
        if (point.value > end * (1 + 1e-12)) {
          report.add(
            new Mistake(
              codes.outside,
              point.node,
              l10n.t('The training ends at {0} {1}, before {2}.', point.axis, numberText(end), numberText(point.value)),
            ),
          );
          break;
        }
        if (train.kind === 'gradient_flow' || point.axis === 'step') {
          continue;
        }
        const step = point.value / train.rate;
        if (Math.abs(step - Math.round(step)) > 1e-6) {
          const near = numberText(Number((Math.round(step) * train.rate).toPrecision(12)));
          const message = l10n.t(
            'With rate {0} there is no step at time {1}; the nearest is at {2}.',
            numberText(train.rate),
            numberText(point.value),
            near,
          );
          report.add(new Mistake(codes.outside, point.node, message));
          break;
        }
      }
    }
  }
}
