/** Exact errors of output and gradients against prompts whose tokens are all drawn, over seeded random cases. */
import assert from 'node:assert/strict';
import { errorAverages, type LayerParameters } from '../../../src/solver/concentration.js';
import type { Merged } from '../../../src/solver/parameters.js';
import type { Kernel, Law, Query } from '../../../src/solver/problem.js';
import { type RandomStream, stream } from '../../../src/solver/random.js';
import { errorQuantities, sampleErrors } from '../../../src/solver/sampled-errors.js';
import { itAgrees, lengths, positiveCovariance, type Tally } from './agreement.js';
import { gaussianLaw, identityMatrix, randomCovariance, randomMatrix, randomVector, taskOfDimension, taskProblem } from './problems.js';
import { pick } from './random-laws.js';

/** Squared errors of output and gradients on Gaussian tokens: at a query, averaged over a query law, or in a task. */
function compareErrors(index: number, tally: Tally): void {
  const rng = stream(2026, 'error case', index);
  const D = 1 + Math.floor(4 * rng.uniform());
  const kernel: Kernel = index % 2 === 0 ? 'softmax' : 'linear';
  const inTask = index % 3 === 0 && D > 1;
  const length = pick(rng, lengths);
  const temperature = pick(rng, [1, 1, 2]);
  const size = (kernel === 'softmax' ? 0.6 : 0.4) / Math.sqrt(D);
  const base = taskProblem(
    taskOfDimension(Math.max(1, D - 1), { covariance: positiveCovariance(rng, Math.max(1, D - 1)), noise: pick(rng, [0, 0.5]) }),
    length,
    { kernel, temperature },
    { solver: { method: 'auto', samples: null, precision: 'auto', seed: index } },
  );
  let problem = base;
  let merged: Merged | null = null;
  let layer: LayerParameters | undefined;
  if (inTask) {
    const U = randomMatrix(rng, D, D, size);
    const v = randomVector(rng, D, 1);
    if (index % 2 === 0) {
      // Block form: averages over w and x_q are then exact.
      U[D - 1].fill(0);
      for (const row of U) row[D - 1] = 0;
      v.fill(0, 0, D - 1);
    }
    merged = { U: Float64Array.from(U.flat()), v };
    layer = { U, V: [Array.from(v)] };
  } else {
    const law: Law = gaussianLaw(
      randomCovariance(rng, D, 1 + Math.floor((D + 2) * rng.uniform())),
      Array.from({ length: D }, () => pick(rng, [0, 1]) * rng.normal()),
    );
    problem = {
      ...base,
      setting: { kind: 'tokens', law },
      query: queryOf(rng, D),
      attention: {
        ...base.attention,
        keyQuery: randomMatrix(rng, D, D, size * temperature),
        value: randomMatrix(rng, 1 + Math.floor(3 * rng.uniform()), D, 1),
      },
    };
  }
  const averages = errorAverages(problem, errorQuantities, layer);
  assert.ok(averages !== null);
  const samples = Math.round(Math.min(8000, Math.max(4000, 80_000 / length)));
  const generator = sampleErrors(problem, merged, { of: errorQuantities, confidence: 0.95, samples });
  let next = generator.next();
  while (!next.done) next = generator.next();
  for (const quantity of errorQuantities) {
    const exact = averages.at(quantity, length, false);
    const what = `errors ${index}: ${kernel}, D = ${D}, L = ${length}, ${inTask ? 'task' : problem.query?.kind}, ${averages.method}: ${quantity}`;
    const numerical = exact.relativeError * exact.value;
    tally.compare(next.value.estimates[quantity]!, exact.value, Math.hypot(exact.standardError, numerical), what);
  }
  tally.cases++;
}

function queryOf(rng: RandomStream, D: number): Query {
  switch (pick(rng, ['at', 'isotropic', 'gaussian', 'shifted', 'rademacher'])) {
    case 'at':
      return { kind: 'at', at: Array.from({ length: D }, () => rng.normal()) };
    case 'gaussian':
      return { kind: 'law', law: gaussianLaw(randomCovariance(rng, D, 1 + Math.floor(D * rng.uniform()), 0.7)) };
    case 'shifted':
      return {
        kind: 'law',
        law: gaussianLaw(
          randomCovariance(rng, D, D, 0.5),
          Array.from({ length: D }, () => 0.5),
        ),
      };
    case 'rademacher':
      return { kind: 'law', law: { kind: 'independent', dimension: D, coordinate: { kind: 'rademacher' } } };
    default:
      return { kind: 'law', law: gaussianLaw(identityMatrix(D).map((row) => row.map((x) => 0.7 * x))) };
  }
}

describe('exact against sampled', () => {
  itAgrees('errors of output and gradients', 120, compareErrors);
});
