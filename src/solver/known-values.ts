/** What is measured of a run before it ends and must not be measured again at its end. */
import type { KernelLoader } from '../kernels/index.js';
import type { Baseline } from './baselines.js';
import { DiagonalPoint, type TrainedPoint } from './gradient-fields.js';
import type { Merged } from './parameters.js';
import { type PopulationRisk, populationRisk, type RiskValue } from './population.js';
import type { Problem } from './problem.js';
import type { Method } from './result.js';
import { largestScoreVariance, requirePrecision } from './score-variance.js';

export class KnownValues {
  private readonly risks = new WeakMap<TrainedPoint, RiskValue>();
  private readonly baselines = new Map<(problem: Problem, kernels?: KernelLoader) => Baseline, Baseline>();
  private made: PopulationRisk | null = null;

  constructor(
    private readonly problem: Problem,
    readonly kernels?: KernelLoader,
  ) {}

  private get population(): PopulationRisk {
    this.made ??= populationRisk(this.problem, this.kernels);
    return this.made;
  }

  /** Method of the risk at the parameters that the problem starts from. */
  get method(): Method {
    return this.population.method;
  }

  /**
   * Risk of a recorded point, `merged` its merged form. The point itself is what it is known by. Throws
   * SolverFailure where double precision does not do.
   */
  risk(point: TrainedPoint, merged: () => Merged): RiskValue {
    if (point instanceof DiagonalPoint) {
      requirePrecision(this.problem, () => point.scoreVariance);
      return { value: point.risk, standardError: 0, method: 'exact' };
    }
    const known = this.risks.get(point);
    if (known !== undefined) return known;
    const at = merged();
    const value = this.population.risk(at);
    if ((value.method ?? this.method) !== 'sampled') requirePrecision(this.problem, () => largestScoreVariance(this.problem, at));
    this.risks.set(point, value);
    return value;
  }

  baseline(of: (problem: Problem, kernels?: KernelLoader) => Baseline): Baseline {
    const known = this.baselines.get(of) ?? of(this.problem, this.kernels);
    this.baselines.set(of, known);
    return known;
  }
}
